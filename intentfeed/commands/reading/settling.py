"""What was said, where one part depends on another: `cheap, under 40`, `no leather jackets`. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..fields import FieldRegistry
from ..records import Command
from .limits import Limits
from .roles import name_of
from .said import Said
from .tokens import phrase


@dataclass(frozen=True, slots=True)
class Settling:
    """Reads what was said once more, in front of the slate and the memory."""

    registry: FieldRegistry
    limits: Limits

    def of(self, said: Sequence[Said], command: Command, text: str) -> list[Said]:
        """Return what was said, with what only makes sense together put together."""
        return self._compounded(self._graded(said), command, text)

    def _graded(self, said: Sequence[Said]) -> list[Said]:
        """Return what was said without plain grades that an amount replaces or that no field can tell."""
        kept = []
        for one in said:
            if one.plain and one.grade is not None:
                role = one.grade.role
                if any(self._bounds(other, role) for other in said) or not self.limits.has(role):
                    if self.limits.has(role) or role == "price":
                        continue
                    one = _as_words(one)
            kept.append(one)
        return kept

    def _compounded(self, said: Sequence[Said], command: Command, text: str) -> list[Said]:
        """Return what was said with `leather jackets` as one thing where it is unwanted.

        Neither all leather is meant then, nor all jackets.
        Where the slate or the memory is about jackets already, the leather alone is meant.
        """
        kept: list[Said] = []
        for one in said:
            before = kept[-1] if kept else None
            beside = before is not None and before.negative and one.negative and before.mark.last == one.mark.first
            graded = before is not None and before.plain and before.grade is None and one.grade is None
            if before is not None and graded and before.mark.last == one.mark.first:
                mark = replace(one.mark, kind="words", start=before.mark.start, first=before.mark.first, entries=())
                kept[-1] = replace(one, mark=replace(mark, said=text[mark.start : mark.end].casefold()))
            elif before is None or not beside or before.mark.kind not in ("value", "words") or not _is_noun(one):
                kept.append(one)
            elif before.mark.kind == "value" and not self._is_topic(one, command):
                mark = replace(one.mark, kind="words", start=before.mark.start, first=before.mark.first, entries=())
                said_so = replace(mark, said=text[mark.start : mark.end].casefold())
                kept[-1] = replace(one, mark=said_so, compound=True)
            elif before.mark.kind == "words" and not before.mark.known:
                kept[-1] = one  # "no bloody candles"
        return kept

    def _is_topic(self, one: Said, command: Command) -> bool:
        words = set(phrase(one.mark.said)[-1:])
        asked = [demand.text for demand in command.memory.preferences if demand.polarity == "positive"]
        if any(words & set(phrase(wanted)) for wanted in asked):
            return True
        shown = [self._words_of(item.row) for item in command.slate]
        return 2 * sum(bool(words & held) for held in shown) > len(shown) > 0

    def _words_of(self, row: int) -> set[str]:
        names = [name for name in ("title", "category") if name in self.registry.fields]
        values = [self.registry.held(row, name) for name in names]
        return {word for value in values if isinstance(value, tuple) for text in value for word in phrase(text)}

    def _bounds(self, other: Said, role: str) -> bool:
        if other.amount is None:
            return False
        price = other.amount.money or not other.name
        return other.name == name_of(role) or (role == "price" and price)


def _as_words(one: Said) -> Said:
    return replace(one, grade=None, mark=replace(one.mark, kind="words"))


def _is_noun(one: Said) -> bool:
    """Return whether it names a thing: free words, or a category."""
    return one.mark.kind == "words" or all(entry.field == "category" for entry in one.entries)
