"""`intentfeed eval`: the referee. Without a subcommand it compares recommenders on a data set or a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from ..errors import ConfigError
from .output import Json, Set, emit

if TYPE_CHECKING:
    from ..data.split import How
    from ..evaluate.dataset import Dataset
    from ..evaluate.new_items import NewItemsReport
    from ..evaluate.report import Report

DEFAULT = "compare"
WIDTH = 110
"""Characters that a table needs; a narrower terminal breaks its lines rather than its words."""


class DefaultGroup(TyperGroup):
    """A group whose DEFAULT command runs when none is named: `eval WS` and `eval --data DIR` mean `eval compare …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command's name in front where no command is named."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=DefaultGroup,
    no_args_is_help=True,
    help="Compare recommenders on one split (`eval WS`, `eval --data DIR`), or score a stage against a known truth.",
)


Final = typer.Option(False, "--final", help="Score the test part, and write that into the ledger.")
LedgerPath = typer.Option(
    None, "--ledger", help="File that --final adds a line to; by default benchmarks/ledger.jsonl of the checkout."
)
Resume = typer.Option(
    None, "--resume", metavar="FOLDER", help="Keep finished lines there, and take over those that are."
)


@app.command(DEFAULT)
def compare(
    workspace: Path | None = typer.Argument(None, metavar="[WS]", help="A finished workspace, or give --data."),
    data: Path | None = typer.Option(None, "--data", help="Folder with interactions.parquet and items.parquet."),
    preset: str | None = typer.Option(
        None, "--preset", help="Of a known data set; by default as the folder says, or is named."
    ),
    split: str | None = typer.Option(
        None, "--split", help="loo, given, rows or time; by default what the data set calls for."
    ),
    repeats: bool | None = typer.Option(None, "--repeats/--no-repeats", help="May what was seen come again?"),
    train: str = typer.Option("all", "--train", help="What is learnt from: all, or another train set of the data set."),
    methods: str = typer.Option(
        "", "--methods", help="Comma-separated, as ease, ease:purchase, embedding-knn=ENCODER; by default all."
    ),
    reference: str | None = typer.Option(
        None, "--reference", help="What the others are divided by; by default the best baseline on validation."
    ),
    new_items: float | None = typer.Option(
        None, "--new-items", min=0.0, max=0.5, help="Hide this share of the items, and measure them apart."
    ),
    keep: bool = typer.Option(
        False, "--keep-in-histories", help="Hide the --new-items from what is learnt only, not from histories."
    ),
    final: bool = Final,
    ledger: Path | None = LedgerPath,
    resume: Path | None = Resume,
    tune: bool = typer.Option(True, "--tune/--no-tune", help="Try each method's few settings on validation."),
    seeds: int = typer.Option(1, "--seeds", min=1, max=100, help="Fit what has a seed so many times; 5 for tables."),
    trials: int = typer.Option(10, "--trials", min=1, max=10, help="Most settings that a method may try."),
    trial_seconds: float = typer.Option(
        300.0, "--trial-seconds", min=0.1, max=300.0, help="Most seconds that a trial may train."
    ),
    limit: int | None = typer.Option(None, "--limit", min=1, help="Ask only N, drawn by lot: for a quick look."),
    seed: int = typer.Option(0, "--seed", min=0, help="Of the bootstrap, and of the items that --new-items hides."),
    page: Path | None = typer.Option(None, "--page", help="Write the table, with plots, as one HTML file."),
    set_: list[str] = Set,
    json: bool = Json,
) -> None:
    """Rank the whole catalogue for each held-out event, by ours and by the baselines, on the same split (default)."""
    from ..evaluate.new_items import NewItemsConfig
    from ..evaluate.offline import EvalConfig
    from ..evaluate.sitting import Sitting, sit

    _check_new_items(new_items, keep, page)
    _check_ledger(ledger, final)
    sitting = Sitting(
        how=_how(split),
        exclude_seen=None if repeats is None else not repeats,
        train=train,
        methods=tuple(_names(methods)),
        limit=limit,
        new_items=None if new_items is None else NewItemsConfig(share=new_items, from_histories=not keep, seed=seed),
        final=final,
        ledger=ledger,
        lines=resume,
    )
    config = EvalConfig(
        tune=tune, trials=trials, trial_s=trial_seconds, seeds=tuple(range(seeds)), reference=reference, seed=seed
    )
    _show(sit(_dataset(workspace, data, preset, set_), sitting, config), page, json)


def _show(found: Report | NewItemsReport, page: Path | None, json: bool) -> None:
    """Write the page, where one is wanted, and print."""
    from ..evaluate.new_items import NewItemsReport

    if page is not None and not isinstance(found, NewItemsReport):
        found.write_page(page)
    if json:
        emit(found.to_json())
        return
    from rich.console import Console

    found.print(Console(width=max(Console().width, WIDTH)))


def _check_new_items(share: float | None, keep: bool, page: Path | None) -> None:
    if share is not None and not share > 0:
        raise ConfigError("--new-items hides a share of the items: give more than 0 and at most 0.5, such as 0.1")
    if keep and share is None:
        raise ConfigError("--keep-in-histories says where --new-items are hidden: add it, such as --new-items 0.1")
    if page is not None and share is not None:
        raise ConfigError("--page shows one table, and --new-items makes three: leave one of the two out")


def _dataset(workspace: Path | None, data: Path | None, preset: str | None, overrides: list[str]) -> Dataset:
    """Return the one that was named."""
    from ..evaluate.dataset import read_dataset, read_workspace

    if data is not None and workspace is None:
        return read_dataset(data, preset=preset, overrides=overrides)
    if workspace is not None and data is None:
        if overrides or preset is not None:
            raise ConfigError("--set and --preset go with --data: a workspace is asked with the settings of its run")
        return read_workspace(workspace)
    raise ConfigError("give either a workspace or --data DIR: `intentfeed eval WS`, `intentfeed eval --data DIR`")


def _check_ledger(ledger: Path | None, final: bool) -> None:
    if ledger is not None and not final:
        raise ConfigError("--ledger is written with --final only: add it, or leave --ledger out")


def _how(split: str | None) -> How | None:
    """Return the kind of split by its name."""
    from ..data.split import DESCRIBED

    if split is None:
        return None
    for how in DESCRIBED:
        if how == split:
            return how
    raise ConfigError(f"there is no split {split!r}: choose one of {', '.join(DESCRIBED)}")


def _names(methods: str) -> list[str]:
    return [name.strip() for name in methods.split(",") if name.strip()]


SHORT = {
    "precision": "P",
    "recall": "R",
    "f1": "F1",
    "macro_f1": "macro",
    "interests/user": "mined",
    "true/user": "true",
}
"""Heads of columns that would not fit a terminal of 80 characters."""


@app.command()
def interests(
    seed: list[int] = typer.Option([101], "--seed", help="Of the generated world; may be repeated. 0 to 4 are final."),
    users: int = typer.Option(600, "--users", min=1, help="People in it."),
    language: str = typer.Option("en", "--language", help="Of its shop: en or zh."),
    json: bool = Json,
) -> None:
    """Match mined interests, one to one, with the true ones of a generated world."""
    from ..evaluate.interests import eval_interests
    from ..simulate.world import WorldConfig, known_language

    rows = eval_interests(seed, config=WorldConfig(n_users=users, language=known_language(language)))
    if json:
        emit({"interests": rows})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    names = [name for name in rows[0] if not name.startswith("wrong/")]
    for name in names:
        short = SHORT.get(name, name)
        table.add_column(short, justify="left" if name == "method" else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(f"{row[name]:.3f}" if isinstance(row[name], float) else str(row[name]) for name in names))
    Console().print(table)


@app.command()
def tags(
    data: Path = typer.Option(..., "--data", help="Folder with interactions.parquet and items.parquet."),
    final: bool = Final,
    ledger: Path | None = LedgerPath,
    limit: int | None = typer.Option(None, "--limit", min=1, help="Ask only N, drawn by lot: for a quick look."),
    json: bool = Json,
) -> None:
    """Measure HR@30 of tags: is the next item's category among those of the first 30?"""
    from dataclasses import asdict

    from ..evaluate.dataset import read_dataset
    from ..evaluate.sitting import Sitting, sit_for_tags

    _check_ledger(ledger, final)
    report = sit_for_tags(read_dataset(data), Sitting(final=final, ledger=ledger, limit=limit))
    if json:
        emit(asdict(report))
    else:
        report.print()


@app.command()
def commands(
    data: list[Path] = typer.Option([], "--data", help="Folder of a data set; may be repeated."),
    world: list[int] = typer.Option([], "--world", help="Seed of a generated shop; may be repeated."),
    users: int = typer.Option(600, "--users", min=1, help="People in a generated shop."),
    language: str = typer.Option("en", "--language", help="Of a generated shop: en or zh."),
    scenario: list[str] = typer.Option([], "--scenario", help="single, multi or drift; by default all three."),
    loops: str = typer.Option("", "--loops", help="Separated by semicolons, as printed; by default all."),
    family: str = typer.Option("a", "--family", help="Clauses that people speak in: a, b or c; tune nothing on c."),
    limit: int | None = typer.Option(None, "--limit", min=1, help="Ask only N, drawn by lot: for a quick look."),
    torch: bool = typer.Option(False, "--sasrec/--no-sasrec", help="Train a SASRec as well; takes minutes."),
    active: bool = typer.Option(False, "--active/--no-active", help="Train our active-intent-aware score: 2 minutes."),
    samples: Path | None = typer.Option(None, "--samples", help="Folder for the round records, as JSON lines."),
    final: bool = Final,
    ledger: Path | None = LedgerPath,
    seed: int = typer.Option(0, "--seed", min=0, help="Of the people, and of the bootstrap."),
    json: bool = Json,
) -> None:
    """Play sessions of simulated people with our feed, its ablations and the baselines: pass rate, rounds, CSR."""
    from ..evaluate.commands.run import Wanted, reports

    _check_ledger(ledger, final)
    wanted = Wanted(
        data=tuple(data),
        worlds=tuple(world),
        users=users,
        language=language,
        scenarios=tuple(scenario),
        loops=tuple(name.strip() for name in loops.split(";") if name.strip()),
        family=family,
        limit=limit,
        with_torch=torch,
        active_s=120.0 if active else 0.0,
        samples=samples,
        final=final,
        ledger=ledger,
        seed=seed,
    )
    found = list(reports(wanted))
    if json:
        emit({"reports": [report.to_json() for report in found]})
        return
    from rich.console import Console

    console = Console(width=max(Console().width, WIDTH))
    for report in found:
        report.print(console)
