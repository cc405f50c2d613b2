"""What is put before a model about one person, and what its line numbers and names lead back to [ours]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..data.catalog import leaf_name, parent
from ..data.cite import Citations, citations
from ..data.facts import CompressConfig
from ..llm.prompt import quoted
from ..types import History
from .evidence import Evidence, evidence
from .grounded import GroundedMiner
from .groups import Ints
from .pool import InterestPool, PoolInterest

MAX_LABEL_CHARS = 80
MOST_ASKED = 11
"""More than 10 (3.3)."""


@dataclass(frozen=True)
class Dossier:
    """One person's evidence, numbered lines and matched interests."""

    history: History
    seen: Evidence
    cited: Citations
    pool: InterestPool
    labels: tuple[tuple[str, int], ...]
    """What each matched interest is called in the prompt, and its number in the pool; as a tree, parents first."""
    levels: tuple[int, ...]
    """How many of the matched interests each of them is a part of."""

    @classmethod
    def of(
        cls,
        history: History,
        digest: str,
        grounded: GroundedMiner,
        texts: Sequence[str],
        *,
        as_of: date,
        compress: CompressConfig,
        instead: Mapping[str, str] | None = None,
    ) -> Dossier:
        """Return what is known of a person; the parts of a line are those of one category."""
        pool = grounded.pool
        seen = evidence(history, as_of=as_of, tree=pool.tree, reader=grounded.reader)
        group_N = np.zeros(len(history), dtype=np.int32)
        group_N[np.flatnonzero(np.isin(history.event_id, seen.event_id))] = seen.node
        cited = citations(digest, history, texts, as_of=as_of, config=compress, group_N=group_N, instead=instead)
        labels, levels = _labels(pool, [entry for entry in pool.matched(history) if _is_named(entry, pool)])
        return cls(history, seen, cited, pool, labels, levels)

    def within(self, tokens: int) -> Dossier:
        """Return the same with the newest lines only, as many as fit into so many tokens."""
        return replace(self, cited=self.cited.newest(tokens))

    def rows(self, lines: Sequence[int]) -> Ints:
        """Return the rows of the evidence behind the lines that speak for something, in time order."""
        found = [row for line in lines for row in self._rows_L[line - 1]]
        return np.unique(np.array(found, dtype=np.int64))

    @cached_property
    def _rows_L(self) -> list[list[int]]:  # noqa: N802
        """Rows of the evidence behind each line that speak for something."""
        ids, for_it = self.seen.event_id.tolist(), self.seen.for_it.tolist()
        row_of = {event: row for row, event in enumerate(ids) if for_it[row]}
        return [[row_of[event] for event in line.event_ids if event in row_of] for line in self.cited.lines]

    def texts(self, lines: Sequence[int]) -> list[str]:
        """Return what the lines say."""
        return [text for line in lines for text in self.cited.lines[line - 1].texts]

    @cached_property
    def query_of(self) -> dict[int, str | None]:
        """What was searched at each event."""
        return dict(zip(self.history.event_id.tolist(), self.history.query, strict=True))

    @cached_property
    def _member_RE(self) -> sparse.csc_matrix:  # noqa: N802
        """1 where the row R of the evidence belongs to the pool's entry E: by its item, or by what was searched."""
        item = self.seen.item >= 0
        of_item = sparse.diags(item.astype(np.float32)) @ self.pool.member_IE[np.where(item, self.seen.item, 0)]
        of_node = sparse.diags((~item).astype(np.float32)) @ self.pool.member_NE[self.seen.node]
        return (of_item + of_node).tocsc()

    def belongs(self, number: int) -> NDArray[np.bool_]:
        """Return which rows of the evidence belong to a listed interest."""
        column = self._member_RE.indptr[number], self._member_RE.indptr[number + 1]
        found = np.zeros(len(self.seen), dtype=np.bool_)
        rows, weight = self._member_RE.indices[slice(*column)], self._member_RE.data[slice(*column)]
        found[rows[weight > 0]] = True
        return found

    @cached_property
    def ask(self) -> int:
        """How many interests the behaviour may hold: categories that the person was at twice, on two days if it can be
        told."""
        times = self.seen.day if self.seen.clock == "time" else np.arange(len(self.seen))
        at = np.unique(np.stack([self.seen.node, times], axis=1)[self.seen.for_it], axis=0)[:, 0]
        _, days = np.unique(at[at > 0], return_counts=True)
        return min(MOST_ASKED, max(1, int(np.count_nonzero(days >= 2))))


def _is_named(entry: PoolInterest, pool: InterestPool) -> bool:
    """Return whether an interest has a name; one of items is called by its first item, which may have an id only."""
    row = pool.catalog.row_of.get(entry.items[0], -1) if entry.items else -1
    return row < 0 or bool(pool.catalog.titles[row])


def _labels(pool: InterestPool, matched: Sequence[PoolInterest]) -> tuple[tuple[tuple[str, int], ...], tuple[int, ...]]:
    """Return the matched interests as a tree: categories by their path, then the others in order of their match."""
    single = (entry for entry in matched if entry.kind == "category" and len(entry.categories) == 1)
    path_of = {entry.categories[0]: pool.number_of[entry.key] for entry in single}
    labels: dict[str, int] = {}
    levels: list[int] = []
    for path in sorted(path_of):
        labels[_label(pool.entries[path_of[path]], labels)] = path_of[path]
        above, up = 0, parent(path)
        while up:
            above, up = above + (up in path_of), parent(up)
        levels.append(above)
    for entry in matched:
        if pool.number_of[entry.key] not in path_of.values():
            labels[_label(entry, labels)] = pool.number_of[entry.key]
            levels.append(0)
    return tuple(labels.items()), tuple(levels)


def _label(entry: PoolInterest, taken: dict[str, int]) -> str:
    """Return what an interest is called: its name, or, where another has that, its name and what it belongs to."""
    name = quoted(entry.name, MAX_LABEL_CHARS)
    if name.casefold() not in {label.casefold() for label in taken}:
        return name
    within = leaf_name(parent(entry.categories[0])) if entry.categories else entry.key.partition("=")[0]
    return quoted(f"{name} ({within or entry.kind} {len(taken)})", MAX_LABEL_CHARS + 40)
