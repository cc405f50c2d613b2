"""What happens on the day an item arrives: some items are hidden from all that is learnt, then ranked with the rest.

[ours] Questions stay as they are and are reported in two groups: those whose answer was hidden, and the others. What
hiding costs the others is measured against the same methods with nothing hidden, on the same questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import Catalog
from ..data.split import Cases, Split
from ..data.split.cases import digest, fit_digest
from ..errors import DataError
from ..types import History, Settings
from .lines import Lines
from .measure import drawn, parse
from .metrics import METRICS
from .offline import EvalConfig, Method, compare
from .report import Report, ratio_of
from .result import Result

if TYPE_CHECKING:
    from rich.console import Console

    from .dataset import Dataset


class NewItemsConfig(Settings):
    """Which items are hidden."""

    share: float = Field(default=0.1, gt=0, le=0.5)
    """Of the items that may be hidden."""
    min_targets: int = Field(default=0, ge=0)
    """Questions that must ask for an item before it may be hidden; 0 draws from the whole catalogue."""
    from_histories: bool = True
    """Hide them from the histories of the questions, too: what a person did with them is then lost to every method,
    also to those that learn nothing. Off, they are hidden from what is learnt, and stand in histories by their text."""
    seed: int = 0
    """Of the draw. The valid and the test part draw from different halves of the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """One part of a split with some items hidden, and the same part with nothing hidden."""

    items: NDArray[np.int32]
    """Catalogue rows that were hidden, ascending."""
    split: Split
    """All the questions; no event of a hidden item is learnt from, or stands in a history unless that was wanted."""
    is_new: NDArray[np.bool_]
    """Whether a question's answer was hidden [P]."""
    whole: Split
    """The split as it was."""
    hash: str
    """16 hex digits over the ids of the hidden items."""

    def group(self, split: Split, catalog: Catalog, *, new: bool) -> Split:
        """Return those questions of a split, of this or of the whole, whose answer was hidden here, or the others."""
        cases = split.cases.take(np.flatnonzero(self.is_new == new))
        name = "answers that were hidden" if new else "answers that were not hidden"
        note = f"only the {len(cases):,} questions with {name}, of {len(self.is_new):,}"
        return replace(split, cases=cases, split_hash=cases.digest(catalog), notes=(*split.notes, note))


def hide_items(split: Split, catalog: Catalog, config: NewItemsConfig) -> Hidden:
    """Return a split with some items hidden: from the log that may be learnt from, and from histories as configured.

    The draw depends on the ids, not on their order; the valid part never hides what the test part may.

    Raises:
        DataError: the hidden items leave one of the two groups without a question.
    """
    items = _drawn(split, catalog, config)
    hidden = np.zeros(len(catalog), dtype=bool)
    hidden[items] = True
    is_new = hidden[split.cases.target]
    if is_new.all() or not is_new.any():
        which = "all questions ask" if is_new.all() else "no question asks"
        raise DataError(
            f"{which} for one of the {len(items):,} hidden items, so that new and known ones cannot be compared: "
            "give --new-items another share"
        )
    ids = [catalog.item_ids[item] for item in items.tolist()]
    gone = pl.col("item_id").is_in(ids)
    known, fit = split.known.filter(gone.not_() | pl.col("item_id").is_null()), split.fit.filter(gone.not_())
    if fit.is_empty():
        raise DataError("nothing is left to learn from once items are hidden: give --new-items a smaller share")
    cases = _without(split.cases, hidden) if config.from_histories else split.cases
    name, where = digest(ids), "learnt and from histories" if config.from_histories else "learnt, not from histories"
    note = f"{len(items):,} of {len(catalog):,} items hidden from all that is {where} (hash {name})"
    found = replace(
        split,
        known=known,
        fit=fit,
        cases=cases,
        split_hash=cases.digest(catalog),
        fit_hash=fit_digest(fit.with_columns(at=pl.int_range(pl.len()).over("user_id"))),
        notes=(*split.notes, note),
    )
    return Hidden(items=items, split=found, is_new=is_new, whole=split, hash=name)


def _drawn(split: Split, catalog: Catalog, config: NewItemsConfig) -> NDArray[np.int32]:
    """Return the rows of the items to hide, ascending."""
    n = len(catalog)
    by_id = np.argsort(np.array(catalog.item_ids))
    shuffled = by_id[np.random.default_rng(config.seed).permutation(n)]
    often = np.bincount(split.cases.target, minlength=n) >= config.min_targets
    half = shuffled[: n // 2] if split.part == "valid" else shuffled[n // 2 :]
    wanted = max(1, round(config.share * int(often.sum())))
    return np.sort(half[often[half]][:wanted]).astype(np.int32)


def _without(cases: Cases, hidden: NDArray[np.bool_]) -> Cases:
    """Return the questions with the hidden items taken from their histories."""
    kept = [~hidden[history] for history in cases.histories]
    return replace(
        cases,
        histories=[history[keep] for history, keep in zip(cases.histories, kept, strict=True)],
        events=[_of(history, keep) for history, keep in zip(cases.events, kept, strict=True)],
    )


def _of(history: History, keep: NDArray[np.bool_]) -> History:
    return replace(
        history,
        event_id=history.event_id[keep],
        action=history.action[keep],
        item=history.item[keep],
        time_s=history.time_s[keep],
        value=history.value[keep],
        query=[query for query, kept in zip(history.query, keep.tolist(), strict=True) if kept],
    )


@dataclass(frozen=True, kw_only=True)
class NewItemsReport:
    """Three tables of the same methods: hidden answers, the others, and the others with nothing hidden."""

    hiding: NewItemsConfig
    hidden: Hidden
    new: Report
    others: Report
    nothing_hidden: Report

    @property
    def final(self) -> bool:
        """Whether these are test scores."""
        return self.new.final

    def cost(self, metric: str) -> dict[str, dict[str, Any]]:
        """Return what each method scores on the others, over its own score with nothing hidden, with the interval."""
        found = {}
        for result, whole in zip(self.others.results, self.nothing_hidden.results, strict=True):
            ratio = ratio_of(result, whole, metric) if result.ran and whole.ran else None
            if ratio is not None:
                found[result.method] = ratio
        return found

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "kind": "new-items",
            "hiding": self.hiding.model_dump(mode="json"),
            "hidden_items": len(self.hidden.items),
            "hidden_hash": self.hidden.hash,
            "new": self.new.to_json(),
            "others": self.others.to_json(),
            "nothing_hidden": self.nothing_hidden.to_json(),
            "cost_of_hiding": {metric: self.cost(metric) for metric in ("hr@10", "ndcg@10")},
        }

    def print(self, console: Console) -> None:
        """Show the two groups and what hiding costs on a terminal."""
        for report in (self.new, self.others):
            report.print(console)
            console.print()
        console.print("hr@10 on the others, items hidden / nothing hidden, paired 95 %:")
        for method, ratio in self.cost("hr@10").items():
            ends = ratio["interval"]
            shown = "" if ends is None else f"  {ends[0]:.3f}–{ends[1]:.3f}"
            console.print(f"  {method}  × {ratio['ratio']:.3f}{shown}", highlight=False)


def compare_new_items(
    methods: Sequence[Method],
    dataset: Dataset,
    *,
    valid: Split,
    test: Split | None = None,
    config: EvalConfig,
    hiding: NewItemsConfig,
    lines: Lines | None = None,
) -> NewItemsReport:
    """Return what the methods score with items hidden, on `test` where there is one, else on `valid`.

    Settings are chosen on the valid part with other items hidden than on the test part. With nothing hidden, each
    method chooses anew on the valid part as it is.
    """
    catalog = dataset.catalog
    config = config.model_copy(update={"metrics": tuple(name for name in config.metrics if parse(name)[0] in METRICS)})
    on_valid = hide_items(valid, catalog, hiding)
    on_test = None if test is None else hide_items(test, catalog, hiding)
    asked = on_test or on_valid
    hidden = compare(
        methods,
        catalog,
        valid=on_valid.split,
        test=None if on_test is None else on_test.split,
        config=config,
        lines=lines,
    )
    whole = compare(methods, catalog, valid=valid, test=test, config=config, lines=lines)

    def report(split: Split, results: Sequence[Result], *, new: bool) -> Report:
        group = asked.group(split, catalog, new=new)
        rows = np.flatnonzero(asked.is_new == new)
        lines = [_on(result, rows, group.cases.users, config) for result in results]
        return Report(dataset=dataset, split=group, config=config, results=lines)

    return NewItemsReport(
        hiding=hiding,
        hidden=asked,
        new=report(asked.split, hidden, new=True),
        others=report(asked.split, hidden, new=False),
        nothing_hidden=report(asked.whole, whole, new=False),
    )


def _on(result: Result, rows: NDArray[np.int64], users: Sequence[str], config: EvalConfig) -> Result:
    """Return the result on some of the questions; what is said of all lists together is left out."""
    if not result.ran:
        return result
    values = {name: values_P[rows] for name, values_P in result.values.items()}
    return replace(
        result,
        values=values,
        weights={},
        draws=drawn(values, {}, users, n=config.draws, seed=config.seed),
        by_seed={name: (float(values_P.mean()),) for name, values_P in values.items()},
        groups_G=None,
        sources={},
        duplication=None,
    )
