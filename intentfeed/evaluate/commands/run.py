"""What is asked on the command line → reports: data sets and generated shops, scenarios, loops."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...data.store import fingerprint
from ...errors import ConfigError
from ...simulate.phrasing import FAMILIES, Family
from ...simulate.sessions import Loop
from ...simulate.shopper import SCENARIOS, Scenario
from ...simulate.world import WorldConfig, build_world, known_language
from ..dataset import Dataset, read_dataset
from ..ledger import Ledger, default_path, ledger_line
from ..sitting import looked_at
from .report import CommandsReport, report_of, table_of
from .sitting import Sitting, SittingConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be played."""

    data: tuple[Path, ...] = ()
    worlds: tuple[int, ...] = ()
    """Seeds of generated shops."""
    users: int = 600
    language: str = "en"
    scenarios: tuple[str, ...] = ()
    """All where none is named."""
    loops: tuple[str, ...] = ()
    """All where none is named."""
    family: str = "a"
    limit: int | None = None
    with_torch: bool = False
    """Train a SASRec, too."""
    active_s: float = 0.0
    """Seconds that our feed may train its active-intent-aware score; 0 leaves it without one."""
    samples: Path | None = None
    final: bool = False
    """Play with the test part's targets, and write that down."""
    ledger: Path | None = None
    """Where; None takes the default."""
    seed: int = 0


def reports(wanted: Wanted) -> Iterator[CommandsReport]:
    """Yield one report a data set, each as soon as it is there; of the test part once it is in the ledger.

    Raises:
        ConfigError: nothing is named, or something that there is not.
        DataError: the ledger cannot be read or written.
    """
    scenarios, family = known_scenarios(wanted.scenarios), known_family(wanted.family)
    if not wanted.data and not wanted.worlds:
        raise ConfigError("name what to play on: --data DIR for a data set, or --world SEED for a generated shop")
    with tempfile.TemporaryDirectory(prefix="intentfeed-") as scratch:
        for dataset in _datasets(wanted, Path(scratch)):
            config = SittingConfig(family=family, seed=wanted.seed, active_s=wanted.active_s)
            sitting = Sitting(
                dataset=dataset, part="test" if wanted.final else "valid", limit=wanted.limit, config=config
            )
            ledger = Ledger(default_path() if wanted.ledger is None else wanted.ledger) if wanted.final else None
            before = looks(ledger, sitting) if ledger is not None else 0  # fails here rather than after an hour
            loops = chosen(sitting.loops(with_torch=wanted.with_torch), wanted.loops)
            tables = []
            for scenario in scenarios:
                folder = wanted.samples / dataset.name if wanted.samples is not None else None
                outcomes, left = sitting.run(scenario, loops, samples=folder)
                tables.append(table_of(sitting, scenario, outcomes, left))
            report = report_of(sitting, tables)
            if ledger is not None:
                report = replace(report, notes=(*report.notes, looked_at(before)))
                ledger.append(line_of_final(report, sitting, wanted, before))
            yield report


def looks(ledger: Ledger, sitting: Sitting) -> int:
    """Return how often a sitting's questions were looked at before.

    Raises:
        DataError: a line could not be added.
    """
    ledger.check()
    return ledger.looks(sitting.split_hashes)


def line_of_final(report: CommandsReport, sitting: Sitting, wanted: Wanted, before: int) -> dict[str, Any]:
    """Return the ledger's line of a look at the test part, what a reader looks for first in front."""
    split = sitting.split
    return ledger_line(
        report.to_json(examples=False),
        kind="commands",
        hashes=sitting.split_hashes,
        dataset=report.dataset,
        train=split.train,
        limit=wanted.limit,
        split={
            "how": split.how,
            "hash": split.split_hash,
            "fit_hash": split.fit_hash,
            "exclude_seen": split.exclude_seen,
            "ranking": "full catalogue",
        },
        partial=sitting.dataset.protocol.partial,
        notes=list(report.notes),
        seeds=[wanted.seed],
        family=wanted.family,
        looked_at_before=before,
        config_hash=fingerprint(sitting.config.model_dump(mode="json")),
    )


def chosen(loops: Sequence[Loop], names: Sequence[str]) -> list[Loop]:
    """Return the loops of those names, all where none is named.

    Raises:
        ConfigError: there is no loop of a name.
    """
    by_name = {loop.name: loop for loop in loops}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise ConfigError(f"there is no loop {missing[0]!r}: choose among {'; '.join(by_name)}")
    return [by_name[name] for name in names] if names else list(loops)


def known_scenarios(names: Sequence[str]) -> list[Scenario]:
    """Return scenarios by name, all where none is named."""
    wrong = [name for name in names if name not in SCENARIOS]
    if wrong:
        raise ConfigError(f"there is no scenario {wrong[0]!r}: choose among {', '.join(SCENARIOS)}")
    return [scenario for scenario in SCENARIOS if not names or scenario in names]


def known_family(name: str) -> Family:
    """Return a family of clauses by name."""
    for family in FAMILIES:
        if family == name:
            return family
    raise ConfigError(f"there is no family of clauses {name!r}: choose among {', '.join(FAMILIES)}")


def world_dataset(seed: int, users: int, language: str, scratch: Path) -> Dataset:
    """Return a generated shop as a data set."""
    folder = scratch / f"world-{seed}-{language}"
    built = build_world(WorldConfig(seed=seed, n_users=users, language=known_language(language)), folder / "made")
    data = folder / f"world-{seed}"
    data.mkdir()
    for path in (built.events, built.items):
        (data / path.name).symlink_to(path)
    return read_dataset(data)


def _datasets(wanted: Wanted, scratch: Path) -> Iterator[Dataset]:
    for folder in wanted.data:
        yield read_dataset(folder)
    for seed in wanted.worlds:
        yield world_dataset(seed, wanted.users, wanted.language, scratch)
