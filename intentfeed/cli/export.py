"""`intentfeed export`: candidates for a ranker of one's own."""

from __future__ import annotations

from pathlib import Path

import typer

from .output import Json, emit, progress_bars


def export(
    workspace: Path = typer.Argument(..., help="Workspace of an earlier run."),
    output: Path = typer.Option(..., "--output", "-o", help="Parquet, CSV or JSON-lines file, by its ending."),
    n: int = typer.Option(100, "-n", min=1, help="Candidates for each user."),
    json: bool = Json,
) -> None:
    """Write candidates with sources and scores, before our own ranking: a row for each user, item and source."""
    from ..export import export_candidates

    with progress_bars() as progress:
        n_users, n_rows = export_candidates(workspace, output, n=n, progress=progress)
    if json:
        emit({"output": output, "users": n_users, "candidates": n_rows})
    else:
        typer.echo(f"{output}: {n_rows:,} candidates of {n_users:,} users")
