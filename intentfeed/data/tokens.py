"""How long is a text for a language model? One count, without a model, that every figure states beside it."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

TOKEN_RULE: Final = (
    "tokens are estimated without a model: a run of ASCII letters counts 1 per 6 or part of them, a run of digits 1 "
    "per 3, a CJK character 1, a run of other non-ASCII characters 1 per 3, any other visible "
    "character and a line break 1"
)
"""The rule, in one sentence, to be printed with every figure."""

WIDE: Final = (
    r"\x{1100}-\x{11FF}\x{2E80}-\x{2FFF}\x{3001}-\x{A4CF}\x{A960}-\x{A97F}\x{AC00}-\x{D7FF}"
    r"\x{F900}-\x{FAFF}\x{FE30}-\x{FE4F}\x{FF00}-\x{FFEF}\x{20000}-\x{3FFFF}"
)
"""Han, kana, Hangul and their punctuation, by code point, so that no engine's Unicode tables decide."""

_BLANK = r" \t\v\f\r\x{85}\x{A0}\x{1680}\x{2000}-\x{200D}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}"
_MARKS = r"\x{A1}-\x{BF}\x{D7}\x{F7}\x{2010}-\x{2027}\x{2030}-\x{205E}\x{2070}-\x{2BFF}"
TOKEN_PATTERN: Final = (
    rf"[A-Za-z]{{1,6}}|[0-9]{{1,3}}|[{WIDE}{_MARKS}]|[^\x{{00}}-\x{{7F}}{_BLANK}{WIDE}{_MARKS}]{{1,3}}"
    rf"|[^A-Za-z0-9{_BLANK}\x{{80}}-\x{{10FFFF}}]"
)
"""One match is one token. Written for Rust's engine; `for_python` says the same to Python's."""


def for_python(pattern: str) -> re.Pattern[str]:
    r"""Return a pattern whose code points are written \x{…} as a compiled Python one."""
    return re.compile(re.sub(r"\\x\{([0-9A-F]+)\}", lambda code: rf"\U{code[1]:0>8}", pattern))


_COUNTER = for_python(TOKEN_PATTERN)


def count_tokens(text: str) -> int:
    """Return the estimated number of tokens of a text, by TOKEN_RULE.

    Additive wherever the text is cut beside a blank, a line break or an ASCII punctuation mark, which is why a
    digest can be counted from its pieces: `count_tokens(a + ", " + b) == count_tokens(a) + 1 + count_tokens(b)`.

    >>> count_tokens("Hydration vest 5 L"), count_tokens("越野跑鞋")
    (5, 4)
    """
    return sum(1 for _ in _COUNTER.finditer(text))


def token_expr(text: pl.Expr) -> pl.Expr:
    """Return the same count as an expression over a column of texts; a null counts 0."""
    return text.str.count_matches(TOKEN_PATTERN).fill_null(0).cast(pl.Int64)
