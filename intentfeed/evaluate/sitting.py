"""One sitting of the referee: what is asked, on which part, and the line in the ledger that a look at test costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..data.split import How, Part, Split, sampled
from ..types import Settings
from .baselines.text_knn import TextKnn
from .dataset import DEFAULT_TRAIN, Dataset
from .ledger import Kind, Ledger, default_path, ledger_line
from .lines import Lines
from .methods import methods
from .new_items import NewItemsConfig, NewItemsReport, compare_new_items, hide_items
from .offline import EvalConfig, compare
from .report import Report
from .tags import TagReport, hit_rate_at_30


class Sitting(Settings):
    """What is asked, beside what the data set itself says."""

    how: How | None = None
    """Another split than the data set's own."""
    exclude_seen: bool | None = None
    """May what was seen come again? None leaves it to the data set."""
    train: str = DEFAULT_TRAIN
    """Which of the data set's train sets is learnt from."""
    methods: tuple[str, ...] = ()
    """Names; none for all."""
    limit: int | None = None
    """Ask only so many, drawn by lot."""
    new_items: NewItemsConfig | None = None
    """Hide items, and measure those and the others apart."""
    final: bool = False
    """Score the test part, and write that down."""
    ledger: Path | None = None
    """Where; None takes the default."""
    lines: Path | None = None
    """Folder where finished lines are kept and found; None measures all of them."""


def sit(dataset: Dataset, sitting: Sitting, config: EvalConfig) -> Report | NewItemsReport:
    """Return what the methods score on the part asked for; test scores are in the ledger before anybody sees them.

    Raises:
        ConfigError: there is no such train set, method, metric or reference.
        DataError: nothing can be asked, what would be learnt leaks, or the ledger cannot be written.
    """
    chosen = methods(dataset, sitting.methods, how=sitting.how, exclude_seen=sitting.exclude_seen)
    valid = _part(dataset, sitting, "valid")
    test = _part(dataset, sitting, "test") if sitting.final else None
    hashes = [] if test is None else _hashes(dataset, sitting, test)
    before = _looks(sitting, hashes) if hashes else None
    lines = None if sitting.lines is None else Lines(sitting.lines)
    found: Report | NewItemsReport
    if sitting.new_items is not None:
        if config.reference is None and TextKnn.name in [method().name for method in chosen]:
            config = config.model_copy(update={"reference": TextKnn.name})
        found = compare_new_items(
            chosen, dataset, valid=valid, test=test, config=config, hiding=sitting.new_items, lines=lines
        )
    else:
        results = compare(chosen, dataset.catalog, valid=valid, test=test, config=config, lines=lines)
        found = Report(dataset=dataset, split=test or valid, config=config, results=results)
    if before is not None:
        found = noted(found, looked_at(before))
        _ledger(sitting).append(_line(found, sitting, before, hashes))
    return found


def sit_for_tags(dataset: Dataset, sitting: Sitting) -> TagReport:
    """Return HR@30 of tags on the part asked for; of the sitting only `limit`, `final` and `ledger` count.

    Raises:
        DataError: the catalogue has no categories, or the ledger cannot be written.
    """
    if not sitting.final:
        return hit_rate_at_30(dataset, part="valid", limit=sitting.limit)
    ledger = _ledger(sitting)
    ledger.check()
    report = hit_rate_at_30(dataset, part="test", limit=sitting.limit)
    before = ledger.looks([report.split_hash])
    report = replace(report, notes=(*report.notes, looked_at(before)))
    ledger.append(
        ledger_line(
            asdict(report),
            kind="tags",
            hashes=[report.split_hash],
            dataset=dataset.name,
            train=DEFAULT_TRAIN,
            limit=sitting.limit,
            partial=dataset.protocol.partial,
            notes=list(report.notes),
            looked_at_before=before,
        )
    )
    return report


def looked_at(before: int) -> str:
    """Return a sentence on how often a test split was looked at before."""
    if not before:
        return "by the ledger, nobody looked at this test split before"
    times = {1: "once", 2: "twice"}.get(before, f"{before} times")
    return f"this test split was looked at {times} before, by its hash in the ledger"


def noted(report: Report | NewItemsReport, note: str) -> Report | NewItemsReport:
    """Return the report with one more note in its tables."""
    if isinstance(report, Report):
        return replace(report, notes=(*report.notes, note))
    return replace(report, new=replace(report.new, notes=(*report.new.notes, note)))


def _part(dataset: Dataset, sitting: Sitting, part: Part) -> Split:
    """Return one part of the split, all of it or a sample."""
    found = dataset.cut(part, how=sitting.how, exclude_seen=sitting.exclude_seen, train=sitting.train)
    return found if sitting.limit is None else sampled(found, sitting.limit, dataset.catalog)


def _ledger(sitting: Sitting) -> Ledger:
    return Ledger(default_path() if sitting.ledger is None else sitting.ledger)


def _hashes(dataset: Dataset, sitting: Sitting, test: Split) -> list[str]:
    """Return the hash of every split that is looked at: a sample is a look at the whole, and so are hidden items."""
    found = [test.split_hash]
    if sitting.new_items is not None:
        found.append(hide_items(test, dataset.catalog, sitting.new_items).split.split_hash)
    if sitting.limit is not None:
        whole = sitting.model_copy(update={"limit": None})
        found.append(_part(dataset, whole, "test").split_hash)
    return list(dict.fromkeys(found))


def _looks(sitting: Sitting, hashes: Sequence[str]) -> int:
    """Return how often the test questions were looked at before; fails here rather than after hours."""
    ledger = _ledger(sitting)
    ledger.check()
    return ledger.looks(hashes)


def _line(report: Report | NewItemsReport, sitting: Sitting, before: int, hashes: Sequence[str]) -> dict[str, Any]:
    """Return the ledger's line, what a reader looks for first in front."""
    kind: Kind = "compare" if isinstance(report, Report) else "new-items"
    table = report if isinstance(report, Report) else report.new
    split = table.split if isinstance(report, Report) else report.hidden.whole
    protocol = table.dataset.protocol
    return ledger_line(
        report.to_json(),
        kind=kind,
        hashes=hashes,
        dataset=table.dataset.name,
        train=split.train,
        limit=sitting.limit,
        split={
            "how": split.how,
            "own": split.how == protocol.how and split.exclude_seen == protocol.split.exclude_seen,
            "hash": split.split_hash,
            "fit_hash": table.split.fit_hash,
            "exclude_seen": split.exclude_seen,
            "ranking": "full catalogue",
        },
        partial=protocol.partial,
        notes=table.all_notes,
        seeds=list(table.config.seeds),
        looked_at_before=before,
        config_hash=table.config_hash,
    )
