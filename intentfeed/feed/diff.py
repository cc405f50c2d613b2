"""What changed on the screen, and which words changed it: for a person to read, not a log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..commands.records import Demand, Memory
from ..commands.witness import Met, Witness
from ..types import Slate, SlateItem
from .sentences import Sentences, sentences_in

MOST = 3
"""Demands that one line names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One item that left, came or moved."""

    item_id: str
    title: str
    rank: int | None = None
    """Where it stands now; None where it left."""
    was: int | None = None
    """Where it stood; None where it came."""
    caused_by: tuple[str, ...] = ()
    """Ids of the demands that moved it."""
    words: str = ""
    """Why, in one clause."""
    made_room: bool = False
    """Whether it left though it goes against nothing, since the person had it in front of them and passed it over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """The change from one slate to the next."""

    left: tuple[Change, ...] = ()
    came: tuple[Change, ...] = ()
    moved: tuple[Change, ...] = ()
    stayed: tuple[str, ...] = ()
    """Ids of items in the place where they were."""
    words: str = ""
    """All of it in one sentence."""


def diff(
    old: Slate,
    new: Slate,
    before: Memory,
    after: Memory,
    witness: Witness,
    *,
    seen: frozenset[int] = frozenset(),
    passed: Collection[str] = (),
) -> Diff:
    """Return what left, came, moved and stayed, each with the demands that did it.

    A demand that is new this round answers for a change before one that held already. `seen` are the rows that were
    taken up since: they leave for that reason; `passed` are the ids of items that were passed over.
    """
    reader = _Reader(before, after, witness, passed)
    was = {item.item_id: item.rank for item in old.items}
    now = {item.item_id: item.rank for item in new.items}
    left = [reader.left(item, seen) for item in old.items if item.item_id not in now]
    came = [reader.came(item) for item in new.items if item.item_id not in was]
    both = [item for item in new.items if item.item_id in was]
    moved = [reader.moved(item, was[item.item_id]) for item in both if item.rank != was[item.item_id]]
    stayed = tuple(item.item_id for item in both if item.rank == was[item.item_id])
    said = {demand.id: demand.quote for demand in (*before.demands, *after.demands)}
    words = _summary(left, came, moved, len(both), said, sentences_in(witness.catalog.language))
    return Diff(left=tuple(left), came=tuple(came), moved=tuple(moved), stayed=stayed, words=words)


class _Reader:
    """Reads from the catalogue which demand speaks for or against an item."""

    def __init__(self, before: Memory, after: Memory, witness: Witness, passed: Collection[str]) -> None:
        held = {demand.id: demand for demand in before.demands}
        holding = {demand.id for demand in after.demands}
        self._witness, self._passed = witness, passed
        self._told = sentences_in(witness.catalog.language)
        self._by_age: tuple[list[Demand], list[Demand], list[Demand]] = (
            [demand for demand in after.demands if held.get(demand.id) != demand],
            [demand for demand in before.demands if demand.id not in holding],
            [demand for demand in after.demands if held.get(demand.id) == demand],
        )
        """Those that are new, those that hold no longer, and those that held already."""

    def left(self, item: SlateItem, seen: frozenset[int]) -> Change:
        row = self._witness.catalog.row_of.get(item.item_id)
        if row is None:
            return self._change(item, was=item.rank, words=self._told.gone)
        if row in seen:
            return self._change(item, was=item.rank, words=self._told.taken_up)
        fresh, gone, old = (self._met(demands, row, holds=at == 1) for at, demands in enumerate(self._by_age))
        if fresh or (old and not gone):
            return self._change(item, was=item.rank, demands=fresh or old, words=self._because(fresh or old))
        if gone:
            return self._change(
                item, was=item.rank, demands=gone, words=self._told.lapsed.format(quoted=self._quoted(gone))
            )
        if item.item_id in self._passed:
            return self._change(item, was=item.rank, words=self._told.passed_over, made_room=True)
        return self._change(item, was=item.rank, words=self._told.outdone)

    def came(self, item: SlateItem) -> Change:
        row = self._witness.catalog.row_of[item.item_id]
        fresh, gone, old = (self._met(demands, row, holds=at != 1) for at, demands in enumerate(self._by_age))
        if fresh or (old and not gone):
            words = self._told.meets.format(quoted=self._quoted(fresh or old))
            return self._change(item, rank=item.rank, demands=fresh or old, words=words)
        words = self._told.lapsed.format(quoted=self._quoted(gone)) if gone else self._told.next
        return self._change(item, rank=item.rank, demands=gone, words=words)

    def moved(self, item: SlateItem, was: int) -> Change:
        row, up = self._witness.catalog.row_of[item.item_id], item.rank < was
        met = self._met(self._by_age[0], row, holds=up)
        told = (self._told.up if up else self._told.down).format(was=was, now=item.rank)
        if met:
            why = self._told.meets.format(quoted=self._quoted(met)) if up else self._because(met)
            told += self._told.because.format(why=why)
        return self._change(item, rank=item.rank, was=was, demands=met, words=told)

    def _met(self, demands: Sequence[Demand], row: int, *, holds: bool) -> list[tuple[Demand, Met]]:
        """Return the first few demands that an item meets, or fails, with what it has there."""
        told: list[tuple[Demand, Met]] = []
        for one in demands:
            held_I = self._witness.held_I(one)
            if held_I is not None and (held_I[row] == (one.polarity == "positive")) == holds:
                met = self._witness.of(one, row)
                assert met is not None
                told.append((one, met))
            if len(told) == MOST:
                break
        return told

    def _quoted(self, demands: Sequence[tuple[Demand, Met]]) -> str:
        return self._told.both.join(self._told.quoted.format(text=demand.quote or demand.id) for demand, _ in demands)

    def _because(self, demands: Sequence[tuple[Demand, Met]]) -> str:
        """Return the words that an item goes against, each with what the item is: “under 50”: price 79."""
        return self._told.semicolon.join(
            self._told.against.format(quoted=self._quoted([one]), what=_what(one[1], self._told)) for one in demands
        )

    @staticmethod
    def _change(
        item: SlateItem,
        *,
        rank: int | None = None,
        was: int | None = None,
        demands: Sequence[tuple[Demand, Met]] = (),
        words: str,
        made_room: bool = False,
    ) -> Change:
        ids = tuple(demand.id for demand, _ in demands)
        return Change(
            item_id=item.item_id, title=item.title, rank=rank, was=was, caused_by=ids, words=words, made_room=made_room
        )


def _what(met: Met, told: Sentences) -> str:
    if not met.field:
        return told.unsaid
    field = told.named(met.field)
    return told.has.format(field=field, value=met.value) if met.value else told.lacks.format(field=field)


def _summary(
    left: Sequence[Change],
    came: Sequence[Change],
    moved: Sequence[Change],
    n_both: int,
    said: dict[str, str],
    told: Sentences,
) -> str:
    """Return the change in one sentence, naming what did most of it."""
    if not left and not came:
        return told.reordered if moved else told.unchanged
    against = [change for change in left if change.caused_by]
    room = sum(change.made_room for change in left)
    n_left, n_came = (len(changes) or told.none for changes in (left, came))
    if not room:
        why = _why((*left, *came), told.mostly_because_of, said, told)
        return told.changed.format(left=n_left, came=n_came, stayed=n_both, why=why)
    gone = ""  # told apart, lest it reads as if the words had turned away what suits them
    if others := len(left) - room:
        lead = told.because_of if len(against) == others else told.mostly_because_of
        gone = told.turned_away.format(left=others, why=_why(against, lead, said, told))
    made = told.made_room_one if room == 1 else told.made_room.format(n=room)
    return f"{gone}{made}{told.came.format(came=n_came, stayed=n_both)}"


def _why(changes: Sequence[Change], lead: str, said: dict[str, str], told: Sentences) -> str:
    """Return the words that did most of some changes, in the sentence `lead`; '' where none did."""
    counts: dict[str, int] = {}
    for change in changes:
        for demand_id in change.caused_by:
            counts[demand_id] = counts.get(demand_id, 0) + 1
    most = [one for one in sorted(counts, key=lambda one: (-counts[one], one))[:MOST] if said.get(one)]
    return lead.format(quoted=told.both.join(told.quoted.format(text=said[one]) for one in most)) if most else ""
