"""Prompts are data, and strict: one file each, versioned; a missing variable is an error, and so is one too many."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .client import Language, Message

DIVIDER = "\n=====\n"
"""Parts what is the same for everybody, the system message, from what is not."""
MAX_TEXT_CHARS = 400
"""Of one text from outside, as a title or a query, no more than this is shown."""

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
)
_TAG_LIKE = re.compile(r"[<>]")
_LINE_BREAKS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+\s*")


def quoted(text: object, max_chars: int = MAX_TEXT_CHARS) -> str:
    """Return a text from outside as data: one line, without control characters or anything that could close its tag."""
    line = _LINE_BREAKS.sub(" ", str(text))
    if not line.isprintable():
        line = "".join(each for each in line if unicodedata.category(each) not in ("Cc", "Cf", "Co", "Cs"))
    line = _TAG_LIKE.sub(lambda found: "‹" if found.group() == "<" else "›", line)
    return line if len(line) <= max_chars else line[: max_chars - 1] + "…"


_ENVIRONMENT.filters["quoted"] = quoted


@dataclass(frozen=True)
class Prompt:
    """One prompt file, read and checked.

    A file begins with a TOML head between lines of `+++`: id, version, returns, `needs` (names of the variable part).
    The fixed part follows, then a line `=====`, then the variable part. The fixed part knows the words of the domain
    and nothing else.
    """

    id: str
    version: int
    returns: str
    needs: tuple[str, ...]
    fixed: str
    variable: str
    hash: str

    def render(self, domain: str, language: Language, **values: Any) -> tuple[Message, Message]:
        """Return the two messages; `values` are exactly the names that the prompt needs.

        Raises:
            TypeError: a value is missing, or nobody needs it.
        """
        if set(values) != set(self.needs):
            missing, extra = sorted(set(self.needs) - set(values)), sorted(set(values) - set(self.needs))
            raise TypeError(
                f"prompt {self.id} misses {missing or 'nothing'} and was given {extra or 'nothing'} too much"
            )
        words = domain_words(domain, language)
        fixed = _template(self.fixed).render(domain=SimpleNamespace(**words))  # of a dict, `items` is a method
        return Message("system", fixed.strip()), Message("user", _template(self.variable).render(values).strip())


@lru_cache(maxsize=128)
def _template(text: str) -> Any:
    return _ENVIRONMENT.from_string(text)


@lru_cache(maxsize=64)
def load_prompt(prompt_id: str, language: Language = "en") -> Prompt:
    """Return the shipped prompt `interests.mine` from prompts/interests/mine.md, or its sibling mine.zh.md."""
    *folders, name = prompt_id.split(".")
    suffix = ".md" if language == "en" else f".{language}.md"
    return parse_prompt(files("intentfeed").joinpath("prompts", *folders, name + suffix).read_text(encoding="utf-8"))


def parse_prompt(text: str) -> Prompt:
    """Return the prompt that a file holds.

    Raises:
        ValueError: the head and the two parts do not agree.
    """
    _, head, body = text.split("+++\n", 2)
    about = tomllib.loads(head)
    fixed, divider, variable = body.partition(DIVIDER)
    needs = tuple(about["needs"])
    used = {part: meta.find_undeclared_variables(_ENVIRONMENT.parse(part)) for part in (fixed, variable)}
    if not divider or used[fixed] - {"domain"} or used[variable] != set(needs):
        raise ValueError(f"prompt {about['id']}: the fixed part uses {used[fixed]}, the variable one {used[variable]}")
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return Prompt(about["id"], about["version"], about["returns"], needs, fixed, variable, digest)


@lru_cache(maxsize=16)
def domain_words(domain: str, language: Language = "en") -> Mapping[str, str]:
    """Return how a domain names things: `place`, `guide`, `item`, `items`, `take` and so on, from prompts/domains.toml.

    Raises:
        KeyError: there is no such domain.
    """
    table = tomllib.loads(files("intentfeed").joinpath("prompts", "domains.toml").read_text(encoding="utf-8"))
    words: dict[str, str] = table[language][domain]
    return words
