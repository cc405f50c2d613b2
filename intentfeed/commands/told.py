"""One command while an answer about it is read: its words, its screen, and what has fallen so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..data.script import is_spaceless
from .phrases import shown, stems
from .quotes import own_words
from .records import Command

_SPEAKS = 3
"""A value of more words than this could tell a model something; shorter ones are what fields hold."""


@dataclass
class Told:
    """One command while it is read: its words, its screen, and what has fallen so far."""

    command: Command
    titles: Sequence[str]
    """Of the whole catalogue, by row."""
    cards: Callable[[int], dict[str, object]]
    """What of a row is shown beside its title."""
    named: frozenset[str] = frozenset()
    """Fields that any row of the answer is about."""
    ignored: list[str] = field(default_factory=list)
    n_fallen: int = 0
    """Rows of the answer that came to nothing."""

    @cached_property
    def rows(self) -> dict[int, int]:
        """The rows of the catalogue by their places on the screen."""
        return {each.position: each.row for each in self.command.slate}

    def own(self, quote: str) -> str:
        """Return the words of the command that a quote repeats; '' where it repeats none."""
        return own_words(self.command.text, quote)

    def meant(self, places: Sequence[int]) -> list[int]:
        """Return the rows of the catalogue that stand at these places of the screen."""
        return [self.rows[place] for place in dict.fromkeys(places) if place in self.rows]

    def is_an_items(self, text: str) -> bool:
        """Return whether none of the words is the person's and all are of texts on the screen: an item may speak
        through them."""
        words = stems(text)
        return bool(words) and words <= self._on_screen and not words & stems(self.command.text)

    def speaks_as(self, text: str) -> bool:
        """Return whether a person who writes as this command is written would write these words as they stand."""
        return is_spaceless(text) == is_spaceless(self.command.text)

    @cached_property
    def _on_screen(self) -> frozenset[str]:
        """The words of the titles on the screen, and of what else there is long enough to be more than a value."""
        texts = [self.titles[row] for row in self.rows.values()]
        for row in self.rows.values():
            held = [value for name, value in self.cards(row).items() if name not in ("title", "category")]
            single = (one for value in held for one in (value if isinstance(value, list) else [value]))
            texts += [one for one in single if isinstance(one, str) and len(stems(one)) > _SPEAKS]
        return frozenset(word for text in texts for word in stems(text))

    def falls(self, what: str, why: str) -> bool:
        """Note that something falls; False, for whoever asks whether it stands."""
        self.ignored.append(f"“{shown(what)}”: {why}")
        self.n_fallen += 1
        return False
