"""Step 2 of compression: facts → lines of (time, actions) and items, in two readings (RecGPT-V1, 2.3 and 2.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .facts import VERBS, Facts
from .sorting import Ints, lengths, run_starts, sorted_by, spread

Mix = Callable[[NDArray[np.uint64]], NDArray[np.uint64]]


@dataclass(frozen=True)
class Lines:
    """The lines of all users, by user, then newest first [L], with their contexts [C] and items [K] in order."""

    user: Ints
    context_line: Ints
    context_bucket: Ints
    context_verbs: Ints
    """Bit v is set where VERBS[v] happened in the bucket."""
    item_line: Ints
    item_text: Ints

    def __len__(self) -> int:
        return len(self.user)


def find_lines(facts: Facts, reading: Literal["literal", "per_item"]) -> Lines:
    """Return the lines of a digest, newest first; within a line, contexts and items newest first.

    The literal reading merges (bucket, action) groups with equal item sets; an item may recur on several lines. The
    other merges items with equal sets of (bucket, action); each item stands on one line. Order of items in a line:
    that of the line's newest group, or by the newest event of each.
    """
    return _literal(facts) if reading == "literal" else _per_item(facts)


def _literal(facts: Facts) -> Lines:
    starts = run_starts(facts.user, facts.bucket, facts.verb)
    sizes = lengths(starts, len(facts))
    user, age = facts.user[starts], facts.age[starts]
    sets = equal_sets(user, starts, facts.text)
    newest, line = _order_lines(user, age, sets, facts)
    order = sorted_by((line, len(newest)))
    rows = starts[order]
    item_rows = spread(starts[newest], sizes[newest])
    return Lines(
        user[newest],
        *_contexts(line[order], facts.bucket[rows], facts.verb[rows]),
        item_line=np.repeat(np.arange(len(newest)), sizes[newest]),
        item_text=facts.text[item_rows],
    )


def _per_item(facts: Facts) -> Lines:
    by_item = sorted_by((facts.user, len(facts.users)), (facts.text, len(facts.texts)))
    starts = run_starts(facts.user[by_item], facts.text[by_item])
    sizes = lengths(starts, len(facts))
    user = facts.user[by_item][starts]
    age = np.minimum.reduceat(facts.age[by_item], starts) if len(starts) else facts.age
    moment = facts.bucket.astype(np.int64) * len(VERBS) + facts.verb
    sets = equal_sets(user, starts, moment[by_item])
    newest, line = _order_lines(user, age, sets, facts)
    order = sorted_by((line, len(newest)), (age, facts.n_ages))
    rows = by_item[spread(starts[newest], sizes[newest])]
    return Lines(
        user[newest],
        *_contexts(np.repeat(np.arange(len(newest)), sizes[newest]), facts.bucket[rows], facts.verb[rows]),
        item_line=line[order],
        item_text=facts.text[by_item][starts[order]],
    )


def _order_lines(user: Ints, age: Ints, sets: Ints, facts: Facts) -> tuple[Ints, Ints]:
    """Return the newest row of each set, in the order of lines, and the line of each row."""
    n_sets = int(sets.max()) + 1 if len(sets) else 0
    youngest = np.full(n_sets, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(youngest, sets, age)
    newest = np.flatnonzero(age == youngest[sets])  # ages are unique, so one row of each set
    newest = newest[sorted_by((user[newest], len(facts.users)), (age[newest], facts.n_ages))]
    line_of_set = np.empty(n_sets, dtype=np.int32)
    line_of_set[sets[newest]] = np.arange(n_sets)
    return newest, line_of_set[sets]


def _contexts(line: Ints, bucket: Ints, verb: Ints) -> tuple[Ints, Ints, Ints]:
    """Return line, bucket and verbs of each context; the rows come sorted by line, bucket, verb."""
    starts = run_starts(line, bucket)
    bits = np.left_shift(1, verb, dtype=np.int32)
    masks = np.bitwise_or.reduceat(bits, starts) if len(starts) else bits
    return line[starts], bucket[starts], masks


def _splitmix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a 64-bit mix of each number (Steele, Lea and Flood, 2014)."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def equal_sets(owner: Ints, starts: Ints, member: Ints, *, mix: Mix = _splitmix) -> Ints:
    """Return a number for each row, equal exactly where owner and set of members are equal.

    A row is a stretch of `member` without repeats, from its start to the next. Sums of mixed members, which know no
    order, find the equal ones; the members of those are then compared, so a collision costs time and no truth.
    """
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    sizes = lengths(starts, len(member))
    sums = np.add.reduceat(mix(member.astype(np.uint64)), starts)
    keys = mix(sums ^ mix(owner.astype(np.uint64) << np.uint64(32) | sizes.astype(np.uint64)))
    order = pl.Series(keys).arg_sort().to_numpy()
    heads = run_starts(keys[order])
    sets = np.empty(len(starts), dtype=np.int64)
    sets[order] = np.repeat(np.arange(len(heads)), lengths(heads, len(order)))
    first = order[heads][sets]
    twins = np.flatnonzero(first != np.arange(len(starts)))
    same = (owner[twins] == owner[first[twins]]) & (sizes[twins] == sizes[first[twins]])
    if same.all():
        ours, theirs = (_sorted_members(rows, starts, sizes, member) for rows in (twins, first[twins]))
        if np.array_equal(ours, theirs):
            return sets
    return _exactly(owner, starts, sizes, member)


def _sorted_members(rows: Ints, starts: Ints, sizes: Ints, member: Ints) -> Ints:
    """Return the members of the rows, one row after the other, each row's sorted."""
    values = member[spread(starts[rows], sizes[rows])]
    place = np.repeat(np.arange(len(rows)), sizes[rows])
    return values[sorted_by((place, len(rows)), (values, int(values.max()) + 1 if len(values) else 1))]


def _exactly(owner: Ints, starts: Ints, sizes: Ints, member: Ints) -> Ints:
    """Return what `equal_sets` does by comparing the sets themselves."""
    seen: dict[tuple[int, tuple[int, ...]], int] = {}
    stretches = zip(owner.tolist(), starts.tolist(), sizes.tolist(), strict=True)
    keys = ((who, tuple(sorted(member[start : start + size].tolist()))) for who, start, size in stretches)
    return np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)
