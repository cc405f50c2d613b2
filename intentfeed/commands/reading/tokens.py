"""Words, numbers and signs of a text with their places in it, so that every reading can be quoted. [ours]"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from ...data.script import clusters, is_spaceless, parts
from ..normal import singular

TokenKind = Literal["word", "number", "han", "sign", "break"]
BREAKS: Final = frozenset(".!?;\n。！？；…")
"""Ends of a sentence."""
PAUSES: Final = frozenset(',:()[]{}、，：（）【】|"“”')
_PIECE: Final = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+(?:['’`][^\W\d_]+)*|\n|\.{2,}|[^\w\s]|_+",
    re.UNICODE,
)
_APOSTROPHES: Final = re.compile(r"['’`]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number, a character of a script without blanks, or a sign."""

    start: int
    end: int
    key: str
    """The form in which cues are looked up: case-folded, without apostrophes."""
    stem: str
    """The form in which values are looked up: also without the ending of a plural or a possessive."""
    kind: TokenKind
    glued: bool = False
    """Follows the token before it without a blank."""
    upper: bool = False
    """Begins with a capital."""


def tokenise(text: str) -> list[Token]:
    """Return the tokens of a text in order; marks that nobody sees are left out.

    >>> [token.key for token in tokenise("Women's 4K, 登山鞋!")]
    ["womens", '4', 'k', ',', '登', '山', '鞋', '!']
    """
    found: list[Token] = []
    for match in _PIECE.finditer(text):
        start, end = match.span()
        piece = match.group()
        glued = bool(found) and found[-1].end == start
        if is_spaceless(piece):
            found += _characters(piece, start, glued=glued)
        else:
            found.append(_token(piece, start, end, glued=glued))
    return [token for token in found if token.key]


def _characters(piece: str, start: int, *, glued: bool) -> list[Token]:
    found = []
    for part, spaceless in parts(piece):
        for cluster in clusters(part) if spaceless else [part]:
            end = start + len(cluster)
            if spaceless:
                plain = unicodedata.normalize("NFKC", cluster).casefold()
                found.append(Token(start, end, plain, plain, "han", glued))
            else:
                found.append(_token(cluster, start, end, glued=glued))
            start, glued = end, True
    return found


def _token(piece: str, start: int, end: int, *, glued: bool) -> Token:
    plain = unicodedata.normalize("NFKC", piece).casefold()
    if piece[0].isdecimal():
        number = plain.replace(",", "")
        return Token(start, end, number, number, "number", glued)
    if piece[0] in BREAKS:
        return Token(start, end, piece[0], piece[0], "break", glued)
    if piece[0].isalpha():
        key = _APOSTROPHES.sub("", plain)
        return Token(start, end, key, stem_of(plain), "word", glued, piece[0].isupper())
    category = unicodedata.category(piece[0])
    if category.startswith("C") or piece[0] in "_*\\`'’":
        return Token(start, end, "", "", "sign", glued)
    return Token(start, end, plain if plain != "&" else "and", plain if plain != "&" else "and", "sign", glued)


def stem_of(word: str) -> str:
    """Return a word without the ending of a plural or a possessive, and without accents.

    >>> [stem_of(word) for word in ("women's", "boots", "kids'", "décor", "dresses")]
    ['women', 'boot', 'kid', 'decor', 'dress']
    """
    word = _APOSTROPHES.sub("'", word)
    word = word.removesuffix("'s") if word.endswith("'s") and len(word) > 3 else word
    if not word.isascii():
        split = unicodedata.normalize("NFD", word)
        word = "".join(char for char in split if unicodedata.category(char) != "Mn") if split[:1].isascii() else word
    return singular(word.replace("'", ""))


def phrase(text: str) -> tuple[str, ...]:
    """Return the stems of a phrase of the catalogue, as they are looked for; signs that part words are left out."""
    return tuple(token.stem for token in tokenise(text) if not _is_filler(token))


def ranged_phrase(text: str) -> tuple[str, ...]:
    """Return the stems of a phrase with the signs that stay in a command: those of ranges of numbers."""
    return tuple(token.stem for token in without_fillers(tokenise(text)))


def keys(text: str) -> tuple[str, ...]:
    """Return the keys of a phrase, as cues are looked for."""
    return tuple(token.key for token in tokenise(text))


def without_fillers(tokens: list[Token]) -> list[Token]:
    """Return the tokens without hyphens between words: `non-stick` is `non stick`; those between numbers stay."""
    kept: list[Token] = []
    for place, token in enumerate(tokens):
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        ranges = kept and kept[-1].kind in ("number", "han") and after is not None and after.kind in ("number", "han")
        money = after is not None and after.kind == "sign"
        if not _is_filler(token) or (ranges or money):
            kept.append(token)
    return kept


def _is_filler(token: Token) -> bool:
    return token.kind == "sign" and token.key in ("-", "‐", "‑", "·", "•", "™", "®", "©", "^", "=")
