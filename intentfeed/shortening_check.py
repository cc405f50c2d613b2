"""Does a short text say what the item's record says, in the record's own words? [ours]"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

_PIECE = re.compile(r"[㐀-䶿一-鿿豈-﫿぀-ヿ]+|[^\W_㐀-䶿一-鿿豈-﫿぀-ヿ]+(?:[.'’/-][^\W_㐀-䶿一-鿿豈-﫿぀-ヿ]+)*")
_WIDE = re.compile(r"[㐀-䶿一-鿿豈-﫿぀-ヿ]")
_MARKUP = re.compile(r"[<>{}\[\]\\^~`|‹›]|https?:|www\.", re.I)
_BREAK = re.compile(r"\s+[-–—/|]\s+|[,;:|()\[\]–—，；：（）【】]")
_NEGATORS = frozenset(["no", "non", "not", "without", "anti", "un"])
_UNDOING = frozenset(["free", "less", "resistant", "proof", "look", "style", "effect", "compatible"])
_ABOUT_ANOTHER = frozenset(["for", "with", "fits", "fit", "compatible", "replaces", "like"])
_NEGATORS_WIDE = "不无非未免没勿仿假伪"
_ADVERTISING = frozenset(
    re.findall(
        r"\S+",
        "free shipping sale discount off best buy now click order guaranteed cheap deal ignore instructions "
        "http https www",
    )
)


def _pieces(text: str) -> list[str]:
    return [piece.casefold().replace("’", "'") for piece in _PIECE.findall(text)]


class Record:
    """The words of one item's fields, as they stand there."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._texts = [re.sub(r"(\d),(\d{3})\b", r"\1\2", value) for _, value in fields]
        self._texts = [re.sub(r"(\d),(\d)", r"\1.\2", text) for text in self._texts]
        self._title = next((text for (name, _), text in zip(fields, self._texts, strict=True) if name == "title"), "")

    @cached_property
    def _words(self) -> frozenset[str]:
        """All words between signs, compounds also in their parts."""
        whole = {piece for text in self._texts for piece in _pieces(text)}
        return frozenset(whole | {part for piece in whole for part in re.split(r"[.'/-]", piece)})

    @cached_property
    def _runs(self) -> str:
        return "\n".join(text.casefold() for text in self._texts)

    def disproof(self, text: str) -> str:
        """Return why the words do not stand in the record; '' where they do, or there are none."""
        if _MARKUP.search(text):
            return "markup"
        for piece in _pieces(text):
            if _WIDE.match(piece):
                if not _is_made_of(piece, self._runs):
                    return "not in the record"
            elif piece not in self._words:
                return "not in the record"
        return "" if not set(_pieces(text)) & _ADVERTISING else "advertising"

    def names_title(self, name: str) -> bool:
        """Return whether the name has a word of the title, where there is one."""
        of_title = set(_pieces(self._title))
        return not of_title or any(
            piece in of_title or any(part in of_title for part in re.split(r"[.'/-]", piece))
            or (_WIDE.match(piece) and piece[:2] in self._title.casefold())
            for piece in _pieces(name)
        )  # fmt: skip

    def misleads(self, text: str) -> bool:
        """Return whether the cut turns what is left: waterproof of not waterproof, the phone of a case for it."""
        said = set(_pieces(text))
        for segment in _BREAK.split(self._title):
            words = _pieces(segment)
            for at, word in enumerate(words):
                if word in said:
                    continue
                after = words[at + 1 : at + 2]
                if word in _NEGATORS and set(after) & said and after[0] not in words[:at]:
                    return True
                if word in _UNDOING and at and words[at - 1] in said:
                    return True
                if word in _ABOUT_ANOTHER and set(words[at + 1 :]) & said and not set(words[:at]) & said:
                    return True
        title = self._title.casefold()
        return any(
            title[title.find(piece) - 1] in _NEGATORS_WIDE and title.find(piece) > 0
            for piece in said if _WIDE.match(piece) and title.count(piece) == 1
        )  # fmt: skip


def first_said(pieces: Iterable[str]) -> list[str]:
    """Return the pieces, each emptied where those before it say all its words."""
    said: set[str] = set()
    kept = []
    for piece in pieces:
        words = set(_pieces(piece))
        told = all(any(form in said for form in _forms(word)) or _in_run(word, said) for word in words)
        kept.append("" if words and told else piece if words else "")
        said |= {form for word in words for form in _forms(word)}
    return kept


def _forms(word: str) -> tuple[str, ...]:
    return (word, word[:-1]) if word.endswith("s") and len(word) > 3 else (word, f"{word}s")


def _in_run(word: str, said: set[str]) -> bool:
    return bool(_WIDE.match(word)) and any(word in each for each in said)


def _is_made_of(run: str, record: str) -> bool:
    """Return whether a run of a script without blanks is made of stretches of two and more that the record has."""
    reach = [True, *[False] * len(run)]
    for end in range(2, len(run) + 1):
        reach[end] = any(reach[start] and run[start:end] in record for start in range(end - 1))
    return reach[-1] if len(run) > 1 else run in record
