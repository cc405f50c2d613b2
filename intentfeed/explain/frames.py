"""The sentence frames: data in `frames.toml`, read strictly, parsed once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from ..errors import DataError
from .words import length, tokens

Branch = Literal["interest", "item", "event"]
Domain = Literal["shop", "films", "articles", "generic"]
INTEREST_SLOTS = frozenset({"interest", "label", "same"})
ITEM_SLOTS = frozenset(
    {"noun", "kind", "shelf", "feature", "detail", "brand", "season",
     "director", "actor", "writer", "genre", "year"}
)  # fmt: skip
KIND_SLOTS = frozenset({"noun", "kind", "shelf"})
"""Slots that say only what an item is."""
EVENT_SLOTS = frozenset({"deed"})
PHRASE_FACTS = frozenset({"price:low", "price:high", "rare", "together"})
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Frame:
    """One sentence with holes. Its fixed words state nothing, but for the phrases that `phrases` names."""

    id: str
    branch: Branch
    text: str
    domains: frozenset[Domain]
    slots: tuple[str, ...]
    """In the order of the sentence, in small letters."""
    phrases: tuple[tuple[str, str], ...]
    """(words of the fixed text, the fact that they state)."""
    parts: tuple[str, ...]
    """The fixed text before, between and after the slots."""
    capital: tuple[bool, ...]
    """Whether each slot asks for a capital."""
    fixed: tuple[tuple[str, ...], ...]
    """The fixed words before, between and after the slots."""
    n_fixed: int
    """Fixed words as the length rule counts them."""
    rank: int
    """How much it tells: 3 what sets the item apart, 2 its brand, 1 what it is, 0 nothing of it. The frames of a lower
    rank come up only where none of a higher one can be filled."""
    weight: int
    """How often it is drawn beside the others of its rank: more often where it also says what the item is."""

    language: Language
    needs: frozenset[str]
    """What an item must have for the frame to be filled."""


class Frames:
    """The frames of one branch and domain, and each by its id."""

    def __init__(self, frames: tuple[Frame, ...]) -> None:
        self.all = frames
        self.by_id = {frame.id: frame for frame in frames}

    def of(self, branch: Branch, domain: Domain) -> tuple[Frame, ...]:
        """Return the frames of a branch that may be used in a domain."""
        return tuple(frame for frame in self.all if frame.branch == branch and domain in frame.domains)

    @property
    def phrases(self) -> dict[str, str]:
        """All phrases that state a fact by themselves, in small letters, with the fact."""
        return {" ".join(tokens(words)): fact for frame in self.all for words, fact in frame.phrases}


Language = Literal["en", "zh"]
_FILES: dict[Language, str] = {"en": "frames.toml", "zh": "frames.zh.toml"}


@lru_cache(maxsize=len(_FILES))
def shipped(language: Language = "en") -> Frames:
    """Return the frames of a language that ship with the package."""
    return parse((Path(__file__).parent / _FILES[language]).read_text(encoding="utf-8"), language)


@lru_cache(maxsize=1)
def all_shipped() -> Frames:
    """Return the frames of all languages that ship with the package."""
    return Frames(tuple(frame for language in _FILES for frame in shipped(language).all))


def parse(text: str, language: Language = "en") -> Frames:
    """Return the frames that a TOML text holds.

    Raises:
        DataError: an id occurs twice, or a frame names a slot, a domain or a fact that does not exist.
    """
    frames = tuple(_frame(row, language) for row in tomllib.loads(text)["frame"])
    seen: set[str] = set()
    for frame in frames:
        if frame.id in seen:
            raise DataError(f"frame {frame.id} is defined twice: give one of them another id")
        seen.add(frame.id)
    return Frames(frames)


def _frame(row: dict[str, object], language: Language) -> Frame:
    name, text = str(row.pop("id")), str(row.pop("text"))
    branch, domains = str(row.pop("branch")), row.pop("domains", list(get_args(Domain)))
    phrases = row.pop("phrases", {})
    if row or not isinstance(domains, list) or not isinstance(phrases, dict):
        raise DataError(f"frame {name} has a key or a value it may not have ({', '.join(row)}): see frames.toml's head")
    written = _SLOT.findall(text)
    slots = tuple(slot.casefold() for slot in written)
    unknown = (set(slots) - INTEREST_SLOTS - ITEM_SLOTS - EVENT_SLOTS) | (set(phrases.values()) - PHRASE_FACTS)
    unknown |= set(domains) - set(get_args(Domain)) | ({branch} - set(get_args(Branch)))
    if unknown or any(words not in text for words in phrases):
        raise DataError(f"frame {name} names {', '.join(sorted(unknown)) or 'a phrase that it does not hold'}: mend it")
    parts = _SLOT.split(text)[::2]
    capital = tuple(slot[0].isupper() for slot in written)
    telling = ITEM_SLOTS & set(slots) - KIND_SLOTS
    n_facts = len(telling - {"brand"}) + sum(fact != "together" for fact in phrases.values())
    names = bool((KIND_SLOTS | {"same"}) & set(slots))
    return Frame(
        id=name,
        branch=branch,  # type: ignore[arg-type]
        text=text,
        domains=frozenset(domains),
        slots=slots,
        phrases=tuple((str(words), str(fact)) for words, fact in phrases.items()),
        parts=tuple(parts),
        capital=capital,
        fixed=tuple(tokens(part) for part in parts),
        n_fixed=length(" ".join(parts)),
        rank=3 if n_facts else 2 if "brand" in telling and len(slots) > 1 else int(bool(telling or names)),
        weight=1 + names,
        language=language,
        needs=frozenset(slots) | set(phrases.values()),
    )
