"""`intentfeed update`: one day later."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from .asking import awaiting_answers
from .output import Json, emit, print_figures, progress_bars


def update(
    workspace: Path = typer.Argument(..., help="Workspace of an earlier run."),
    events: str | None = typer.Option(None, "--events", "-e", help="New events."),
    items: str | None = typer.Option(
        None, "--items", "-i", help="New or changed items; `status` says out_of_stock, withdrawn."
    ),
    delete: list[str] = typer.Option([], "--delete", help="A user to forget, or @FILE with one id a line; repeatable."),
    refit: bool = typer.Option(False, "--refit", help="Fit the statistics anew and think of everybody again."),
    as_of: datetime | None = typer.Option(
        None, "--as-of", formats=["%Y-%m-%d"], help="Day to think for [last day of the log]."
    ),
    llm: str | None = typer.Option(
        None, "--llm", help="Another endpoint than the run's, with its model; '' thinks without one this time."
    ),
    json: bool = Json,
) -> None:
    """Take new events, item changes and deletions; touch only the users concerned."""
    from ..daily import update as update_workspace

    with progress_bars() as progress, awaiting_answers(json=json):
        outcome = update_workspace(
            workspace,
            events=events,
            items=items,
            delete=[name for text in delete for name in _names(text)],
            refit=refit,
            as_of=as_of.date() if as_of else None,
            endpoint=llm,
            progress=progress,
        )
    if json:
        emit({"workspace": workspace, "worked": outcome.worked, "users_touched": outcome.n_touched, **outcome.figures})
        return
    if not outcome.worked:
        typer.echo(f"{workspace}: nothing new, nothing done")
        return
    print_figures(outcome.figures, f"{workspace}: {outcome.n_touched:,} users touched")


def _names(text: str) -> list[str]:
    """`u1` → that user; `@leavers.txt` → the users that the file names."""
    if not text.startswith("@"):
        return [text]
    from ..errors import DataError

    path = Path(text[1:])
    if not path.is_file():
        raise DataError(f"{path} does not exist: give --delete a user id, or @FILE with one id a line")
    return [line.strip() for line in path.read_text().splitlines() if line.strip()]
