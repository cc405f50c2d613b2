"""`intentfeed simulate`: generated shops, for trying things out and for benchmarks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Generate a shop whose truth is known, or a log of any size.")


@app.command()
def world(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write; it must not exist yet.")],
    *,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another shop.")] = 0,
    users: Annotated[int, typer.Option(min=1, help="How many people.")] = 600,
    items: Annotated[int, typer.Option(min=600, help="How many items.")] = 8_400,
    events_per_user: Annotated[float, typer.Option(min=1, help="Mean events of an ordinary person.")] = 2_100.0,
    language: Annotated[str, typer.Option(help="Of titles, queries and categories: en or zh.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write a shop, its people, their three-year log, and apart from them the truth."""
    import polars as pl

    from ..errors import DataError
    from ..simulate.world import WorldConfig, build_world, known_language

    if output.exists():
        raise DataError(f"{output} exists already: name a folder that does not")
    config = WorldConfig(
        seed=seed, n_users=users, n_items=items, events_per_user=events_per_user, language=known_language(language)
    )
    built = build_world(config, output)
    counts = {
        "folder": str(output),
        "events": pl.scan_parquet(built.events).select(pl.len()).collect().item(),
        "items": items,
        "users": users,
        "interests": built.truth("interests").height,
    }
    typer.echo(json.dumps(counts) if as_json else "  ".join(f"{name} {value}" for name, value in counts.items()))


@app.command()
def biglog(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    *,
    events: Annotated[int, typer.Option(min=1, help="How many events.")] = 20_000_000,
    users: Annotated[int, typer.Option(min=1, help="How many people.")] = 200_000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write a large log for benchmarks: several Parquet files, 40 % plain clicks, no truth."""
    from ..simulate.biglog import big_log

    log, catalogue = big_log(output, n_events=events, n_users=users, seed=seed)
    written = {"events": str(log), "items": str(catalogue), "n_events": events, "n_users": users}
    typer.echo(json.dumps(written) if as_json else "  ".join(f"{name} {value}" for name, value in written.items()))
