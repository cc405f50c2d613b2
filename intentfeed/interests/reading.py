"""Rows of a model's answer → what they claim of a person: which interest, on which evidence; or why nothing [ours]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import SEPARATOR
from ..types import Settings
from .answer import MAX_CITED, MAX_ROWS, MinedInterest, verdict_of
from .dossier import Dossier
from .groups import Ints
from .queries import words
from .said import plain_name, terms

LITTLE = terms("and of for the with in a an film films movie movies product products item items things 的 与 和")
"""Words that name nothing."""


class ReadingConfig(Settings):
    """When a row of an answer counts."""

    min_apt: float = 0.5
    """Part of the cited lines that must hold an event of the listed interest they are cited for."""
    min_named: float = 0.5
    """Part of the cited events, or at least lines, that must share a word with the name of an extended interest; more
    than half of its words must be found among them."""
    max_inside: float = 0.8
    """Part of an extended interest's events in one that is listed, above which it says nothing new."""
    nearest: float = 0.6
    """Part of the cited events in one listed category from which an unfounded name is taken to mean that one (U28)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedInterest:
    """One interest that a model says a person has, in our terms."""

    key: str
    name: str
    number: int
    """In the pool; -1 for an extended one."""
    lines: tuple[int, ...]
    rows: Ints
    """Rows of the evidence: all that belong to a listed interest; what was cited for an extended one."""
    stage: str
    reason: str
    needed: bool
    """Whether the model itself takes it for a necessity."""
    doubted: bool
    """Whether the model itself finds the evidence wanting."""
    founded: bool = True
    """Whether the model named it itself; else it is what an unfounded name was taken to mean."""


def read_rows(
    rows: Iterable[MinedInterest], dossier: Dossier, brands: Set[str], config: ReadingConfig
) -> tuple[list[ClaimedInterest], Counter[str]]:
    """Return what holds of an answer, each interest once and in its order, and how many rows fell for which reason."""
    found: dict[str, ClaimedInterest] = {}
    dropped: Counter[str] = Counter()
    for row in list(rows)[:MAX_ROWS]:
        claim = _read(row, dossier, brands, config)
        if isinstance(claim, str):
            dropped[claim] += 1
        elif claim.key in found:
            dropped["said twice"] += 1
            found[claim.key] = _merged(found[claim.key], claim)
        else:
            found[claim.key] = claim
    return list(found.values()), dropped


def _read(row: MinedInterest, dossier: Dossier, brands: Set[str], config: ReadingConfig) -> ClaimedInterest | str:
    """Return what one row claims, or why it is dropped."""
    lines = tuple(sorted({line for line in row.evidence[:MAX_CITED] if 1 <= line <= len(dossier.cited.lines)}))
    cited = dossier.rows(lines)
    if not len(cited):
        return "cites nothing"
    free, reasonable = verdict_of(row)
    claim = ClaimedInterest(
        key="", name="", number=-1, lines=lines, rows=cited, stage=row.stage, reason=row.reason,
        needed=free != "spontaneity", doubted=reasonable != "strong",
    )  # fmt: skip
    number = _listed(row.name, dossier, cited)
    if number >= 0:
        return _of_pool(claim, number, dossier, config) or "cites something else"
    name = plain_name(row.name, brands)
    if name is None:
        return "no plain name"
    rows = _named(name, dossier, lines, cited, config.min_named)
    if not len(rows):
        number = _nearest(dossier, cited, config.nearest)
        meant = _of_pool(claim, number, dossier, config) if number >= 0 else None
        return "name without evidence" if meant is None else replace(meant, founded=False)
    return replace(claim, key=f"extended:{' '.join(words(name))}", name=name, rows=rows)


def _listed(name: str, dossier: Dossier, cited: Ints) -> int:
    """Return the pool's number of a name, or -1; of equal names the one that most of the cited events belong to."""
    wanted = " ".join(name.split()).casefold()
    same = [number for label, number in dossier.labels if label.casefold() == wanted]
    same = same or dossier.pool.numbers_of_name.get(wanted, [])
    return max(same, key=lambda number: (dossier.belongs(number)[cited].sum(), -number), default=-1)


def _of_pool(claim: ClaimedInterest, number: int, dossier: Dossier, config: ReadingConfig) -> ClaimedInterest | None:
    """Return the claim of a listed interest, with all events that belong to it; None where the cited ones do not.

    The lines show that the model looked at the right thing. Whatever else belongs to it is counted, not left to the
    model's diligence.
    """
    belongs = dossier.belongs(number)
    if _part_of_lines(dossier, claim.lines, belongs) < config.min_apt:
        return None
    entry = dossier.pool.entries[number]
    rows = np.flatnonzero(belongs & dossier.seen.for_it)
    return replace(claim, key=entry.key, name=entry.name, number=number, rows=rows)


def _part_of_lines(dossier: Dossier, lines: Sequence[int], apt: NDArray[np.bool_]) -> float:
    """Return the part of the lines with an event for something of which at least one row is `apt`."""
    hits = [bool(apt[rows].any()) for rows in (dossier.rows([line]) for line in lines) if len(rows)]
    return sum(hits) / len(hits) if hits else 0.0


def _named(name: str, dossier: Dossier, lines: Sequence[int], cited: Ints, least: float) -> Ints:
    """Return which of the cited events an extended interest rests on: all, where enough of them share a word with its
    name by item, query or category; those alone, where at least enough of the lines do; else none.

    None, too, where half of its words are nowhere among them: one true word does not make a phrase true. The top
    level of the categories is no evidence; nearly everything is of the home.
    """
    wanted = terms(name) - LITTLE
    seen, tree, titles = dossier.seen, dossier.pool.tree, dossier.pool.catalog.titles
    shares, held = np.zeros(len(seen), dtype=np.bool_), set[str]()
    for row in cited.tolist():
        item, path = int(seen.item[row]), tree.paths[int(seen.node[row])]
        said = titles[item] if item >= 0 else dossier.query_of.get(int(seen.event_id[row])) or ""
        shared = (terms(said) | terms(path.partition(SEPARATOR)[2] or path)) & wanted
        shares[row] = bool(shared)
        held |= shared
    if 2 * len(held) <= len(wanted):
        return cited[:0]
    if shares[cited].mean() >= least:
        return cited
    return cited[shares[cited]] if _part_of_lines(dossier, lines, shares) >= least else cited[:0]


def _nearest(dossier: Dossier, cited: Ints, least: float) -> int:
    """Return the narrowest listed category, below the top, that holds most of the cited events; -1 where none does."""
    tree, best = dossier.pool.tree, -1
    count: Counter[int] = Counter(up for node in dossier.seen.node[cited].tolist() for up in tree.lineage(node))
    for node, n in sorted(count.items()):
        number = dossier.pool.number_of_category.get(tree.paths[node], -1)
        deep = tree.depth_C[node] >= 2 or not tree.n_children_C[node]
        if number >= 0 and deep and n >= least * len(cited):
            old = tree.node_of[dossier.pool.entries[best].categories[0]] if best >= 0 else 0
            if tree.depth_C[node] > tree.depth_C[old]:
                best = number
    return best


def _merged(one: ClaimedInterest, other: ClaimedInterest) -> ClaimedInterest:
    """Return two claims of one interest as one: the first, on the evidence of both."""
    return replace(
        one,
        lines=tuple(sorted({*one.lines, *other.lines})),
        rows=np.union1d(one.rows, other.rows),
        needed=one.needed and other.needed,
        doubted=one.doubted and other.doubted,
        founded=one.founded or other.founded,
    )
