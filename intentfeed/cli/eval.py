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
    from ..evaluate.report import Report

DEFAULT = "compare"


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


@app.command(DEFAULT)
def compare(
    workspace: Path | None = typer.Argument(None, metavar="[WS]", help="A finished workspace, or give --data."),
    data: Path | None = typer.Option(None, "--data", help="Folder with interactions.parquet and items.parquet."),
    preset: str | None = typer.Option(
        None, "--preset", help="Of a known data set; by default the one named like the folder."
    ),
    split: str | None = typer.Option(
        None, "--split", help="loo, given, rows or time; by default what the data set calls for."
    ),
    repeats: bool | None = typer.Option(None, "--repeats/--no-repeats", help="May what was seen come again?"),
    methods: str = typer.Option("", "--methods", help="Comma-separated; by default all."),
    final: bool = typer.Option(False, "--final", help="Score the test part; choices are made on validation."),
    tune: bool = typer.Option(True, "--tune/--no-tune", help="Try each method's few settings on validation."),
    limit: int | None = typer.Option(None, "--limit", min=1, help="Ask only N, drawn by lot: for a quick look."),
    seed: int = typer.Option(0, "--seed", help="Of the bootstrap."),
    set_: list[str] = Set,
    json: bool = Json,
) -> None:
    """Rank the whole catalogue for each held-out event, by ours and by the baselines, on the same split (default)."""
    from ..evaluate.dataset import read_dataset, read_workspace

    if data is not None and workspace is None:
        dataset = read_dataset(data, preset=preset, overrides=set_)
    elif workspace is not None and data is None:
        dataset = read_workspace(workspace)
    else:
        raise ConfigError("give either a workspace or --data DIR: `intentfeed eval WS`, `intentfeed eval --data DIR`")
    exclude_seen = None if repeats is None else not repeats
    report = _report(dataset, _how(split), exclude_seen, _names(methods), final, tune=tune, limit=limit, seed=seed)
    if json:
        emit(report.to_json())
        return
    from rich.console import Console

    report.print(Console())


def _report(
    dataset: Dataset,
    how: How | None,
    exclude_seen: bool | None,
    names: list[str],
    final: bool,
    *,
    tune: bool,
    limit: int | None,
    seed: int,
) -> Report:
    """Return what the methods score on the part asked for."""
    from dataclasses import replace

    from ..data.split import sample
    from ..evaluate.methods import methods
    from ..evaluate.offline import EvalConfig, compare
    from ..evaluate.report import Report

    config = EvalConfig(tune=tune, seed=seed)
    chosen = methods(dataset, names)
    valid = dataset.cut("valid", how=how, exclude_seen=exclude_seen)
    test = dataset.cut("test", how=how, exclude_seen=exclude_seen) if final else None
    if limit is not None:
        valid = replace(valid, cases=sample(valid.cases, limit))
        test = replace(test, cases=sample(test.cases, limit)) if test else None
    results = compare(chosen, dataset.catalog, valid=valid, test=test, config=config)
    return Report(dataset=dataset, split=test or valid, config=config, results=results)


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
    final: bool = typer.Option(False, "--final", help="Score the test part; choices are made on validation."),
    limit: int | None = typer.Option(None, "--limit", min=1, help="Ask only N, drawn by lot: for a quick look."),
    json: bool = Json,
) -> None:
    """Measure HR@30 of tags: is the next item's category among those of the first 30?"""
    from dataclasses import asdict

    from ..evaluate.dataset import read_dataset
    from ..evaluate.tags import hit_rate_at_30

    report = hit_rate_at_30(read_dataset(data), part="test" if final else "valid", limit=limit)
    if json:
        emit(asdict(report))
    else:
        report.print()
