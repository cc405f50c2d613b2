"""`intentfeed recommend`: a slate, computed now."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from .output import Json, emit, plain


def recommend(
    workspace: Path = typer.Argument(..., help="Workspace of an earlier run."),
    user: str | None = typer.Option(None, "--user", help="A user of the workspace."),
    history: str | None = typer.Option(None, "--history", help="Item ids of somebody never seen, oldest first: a,b,c."),
    k: int = typer.Option(10, "-k", min=1, max=1000, help="Items to show."),
    json: bool = Json,
) -> None:
    """Recommend items to a user, or to a session of which only a few items are known."""
    from ..errors import DataError
    from ..workspace import load

    if (user is None) == (history is None):
        raise DataError("recommend needs either --user ID or --history a,b,c: give one of them")
    items = [item_id.strip() for item_id in history.split(",")] if history is not None else None
    slate = load(workspace).recommend(user_id=user, history=items, k=k)
    if json:
        emit(asdict(slate))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("", "item", "title", "why", box=None, pad_edge=False)
    for shown in slate.items:
        table.add_row(str(shown.rank), plain(shown.item_id), plain(shown.title), plain(shown.reason.text or "–"))
    Console().print(table)
    if not slate.items:
        why = ", ".join(f"{count:,} by {name}" for name, count in slate.dropped.items()) or "no source knew any"
        typer.echo(f"no items: dropped {why}")
