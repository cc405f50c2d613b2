"""What a split is made of: its rules, its questions, the events to learn from, and the hashes that name them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...types import RELIABLE, Action, History, Settings
from ..catalog import Catalog

Part = Literal["valid", "test"]
How = Literal["loo", "given", "rows", "time"]
DESCRIBED: dict[How, str] = {
    "loo": "leave-one-out",
    "given": "the data set's own split column",
    "rows": "the data set's own rows",
    "time": "global time cut",
}


class SplitConfig(Settings):
    """Which events are asked for, and what may be repeated."""

    exclude_seen: bool = True
    """Ask for items that are new to the user only; recommenders then leave out what the history holds."""
    actions: tuple[Action, ...] = tuple(sorted(RELIABLE - {"search"}))
    """Actions that count at all: what is neither learnt from nor asked for is as if it had not been logged."""
    targets: tuple[Action, ...] = ()
    """Actions that are asked for; empty means all of `actions`."""
    learn_valid: bool = True
    """The test part may also learn from what the valid part asked for."""
    valid_from: float = 0.8
    """Time cut: the share of events before the valid part."""
    test_from: float = 0.9
    """Time cut: the share of events before the test part."""
    seed: int = 0
    """Shuffles the events of a log that has neither time nor order."""


@dataclass(frozen=True, slots=True)
class Cases:
    """The questions: after this history, which item came next? One row a question, in user-id order."""

    users: list[str]
    histories: list[NDArray[np.int32]]
    """Catalogue rows, oldest first."""
    target: NDArray[np.int32]
    """Catalogue row that came next [P]."""
    events: list[History]
    """The histories with actions, times and values, where the split knows them: as many events, in the same order."""

    def __len__(self) -> int:
        return len(self.users)

    def digest(self, catalog: Catalog) -> str:
        """Return 16 hex digits over the sorted (user, history, target), whatever their order or the catalogue's."""
        ids = catalog.item_ids
        return digest(
            "\x1e".join([user, *(ids[item] for item in history), ids[target]])
            for user, history, target in zip(self.users, self.histories, self.target.tolist(), strict=True)
        )

    def take(self, rows: NDArray[np.int64]) -> Cases:
        """Return some of the questions, in the order given."""
        kept = rows.tolist()
        return replace(
            self,
            users=[self.users[row] for row in kept],
            histories=[self.histories[row] for row in kept],
            events=[self.events[row] for row in kept],
            target=self.target[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One part of a split: the events to learn from, the questions, and the hash of both."""

    how: How
    part: Part
    known: pl.DataFrame
    """All that happened before the questions, searches and clicks included; columns of schema.EVENTS, in order."""
    fit: pl.DataFrame
    """Those of it that count: what recommenders learn from."""
    cases: Cases
    exclude_seen: bool
    ordered: bool
    """False where the log has neither time nor order: then the held-out events were drawn by lot."""
    split_hash: str
    fit_hash: str
    notes: tuple[str, ...] = ()
    """What a reader of the scores must know of how this split came about, such as what could not be checked."""
    train: str = "all"
    """Which of the data set's train sets was learnt from."""


def sample(cases: Cases, n: int, *, seed: int = 0) -> Cases:
    """Return `n` of the questions, drawn by lot and kept in their order: for a quick look, never for a table."""
    if n >= len(cases):
        return cases
    return cases.take(np.sort(np.random.default_rng(seed).choice(len(cases), size=n, replace=False)))


def sampled(whole: Split, n: int, catalog: Catalog, *, seed: int = 0) -> Split:
    """Return the split with `n` of its questions, under a hash and a note of its own."""
    cases = sample(whole.cases, n, seed=seed)
    if cases is whole.cases:
        return whole
    note = f"only {n:,} of {len(whole.cases):,} questions, drawn by lot"
    return replace(whole, cases=cases, split_hash=cases.digest(catalog), notes=(*whole.notes, note))


def fit_digest(fit: pl.DataFrame) -> str:
    """Return 16 hex digits over the events to learn from, with their place `at` in each user's order."""
    columns = (fit[name].to_list() for name in ("user_id", "at", "item_id", "action"))
    return digest(f"{user}\x1e{at}\x1e{item}\x1e{action}" for user, at, item, action in zip(*columns, strict=True))


def digest(lines: Iterable[str]) -> str:
    """Return 16 hex digits over the sorted lines."""
    whole = hashlib.blake2b(digest_size=8)
    for line in sorted(lines):
        whole.update(line.encode())
        whole.update(b"\x1f")
    return whole.hexdigest()
