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


@app.command()
def sessions(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write; one file a scenario and loop.")],
    *,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of a data set.")] = None,
    world: Annotated[int | None, typer.Option("--world", help="Seed of a generated shop, instead of --data.")] = None,
    users: Annotated[int, typer.Option(min=1, help="People in a generated shop.")] = 600,
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", help="single, multi or drift; by default all three.")
    ] = None,
    loop: Annotated[str, typer.Option("--loop", help="Who answers, by its name in `eval commands`.")] = "intentfeed",
    family: Annotated[str, typer.Option(help="Clauses that people speak in: a, b or c.")] = "a",
    limit: Annotated[int | None, typer.Option(min=1, help="Play with N people, drawn by lot.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the people.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write what simulated people say to a feed and what it does: one JSON line a round, gold labels beside it."""
    from ..evaluate.commands.run import Wanted, reports

    wanted = Wanted(
        data=(data,) if data is not None else (),
        worlds=(world,) if world is not None else (),
        users=users,
        scenarios=tuple(scenario or ()),
        loops=(loop,),
        family=family,
        limit=limit,
        samples=output,
        seed=seed,
    )
    written = {
        f"{report.dataset}/{table.scenario}": {"sessions": table.n, "pass@5": table.lines[0].values["pass@5"]}
        for report in reports(wanted)
        for table in report.tables
    }
    lines = (f"{name}: {one['sessions']} sessions, {one['pass@5']:.3f} passed" for name, one in written.items())
    typer.echo(json.dumps({"folder": str(output), **written}) if as_json else "\n".join(lines))
