"""`intentfeed demo`: the whole chain on a sample world, and a feed to talk to."""

from __future__ import annotations

import threading
from pathlib import Path

import typer

from .output import Json, emit, print_figures, progress_bars


def demo(
    folder: Path = typer.Option(Path("demo"), "--output", "-o", help="Where the sample and its workspace go."),
    seed: int = typer.Option(0, "--seed", help="Which world."),
    users: int = typer.Option(600, "--users", min=10, help="People in it."),
    language: str = typer.Option("en", "--language", help="Of the sample shop: en or zh."),
    serve: bool = typer.Option(True, "--serve/--no-serve", help="Serve the feed when the table is printed."),
    port: int = typer.Option(8765, "--port", help="Of the feed, on this machine only."),
    json: bool = Json,
) -> None:
    """Make a sample shop, run the main job on it, print the figures and open one person's feed."""
    from ..batch import run
    from ..evaluate.future import hit_rates
    from ..figures import keep_figures
    from ..simulate.world import WorldConfig, ensure_world, known_language
    from ..workspace import load

    if not json:
        typer.echo(f"a sample shop with {users:,} people …", err=True)
    world = ensure_world(WorldConfig(seed=seed, n_users=users, language=known_language(language)), folder / "worlds")
    workspace = folder / (f"workspace-{seed}-{users}" + ("" if language == "en" else f"-{language}"))
    with progress_bars() as progress:
        outcome = run(
            str(world.events),
            str(world.items),
            users=str(world.users),
            context=str(world.context),
            workspace=workspace,
            progress=progress,
        )
    ws = load(workspace)
    found = {**outcome.figures, **hit_rates(ws, world.folder / "truth" / "future.parquet")}
    keep_figures(ws.store, found)
    if json:
        emit({"workspace": workspace, **found})
        return
    print_figures(found, f"sample world {seed}: {workspace}")
    if serve:
        _serve(workspace, port)


def _serve(workspace: Path, port: int) -> None:
    """Serve the feed on the sample's own day, and open the feed of one person in a browser."""
    from ..service.config import ServiceConfig
    from ..service.run import Listening, run
    from ..workspace import load

    ws = load(workspace)
    user_id, today = _telling(workspace), ws.context.as_of

    def ready(url: str) -> None:
        typer.echo(f"a feed that listens: {url}   (Ctrl-C ends it)")
        threading.Thread(target=_look, args=(url, user_id), daemon=True).start()

    run(workspace, Listening(port=port), ServiceConfig(), today=today, ready=ready)


def _look(url: str, user_id: str) -> None:
    """Open the feed of one person in a browser, where there is one; the first page will do where that fails."""
    import json as plain
    import webbrowser
    from urllib.error import URLError
    from urllib.request import Request, urlopen

    body = plain.dumps({"user_id": user_id}).encode()
    asked = Request(f"{url}/v1/sessions", body, {"Content-Type": "application/json"})
    try:
        with urlopen(asked, timeout=60) as answer:
            url = f"{url}/feed/{plain.loads(answer.read())['session_id']}"
    except (URLError, TimeoutError):
        pass
    webbrowser.open(url)


def _telling(workspace: Path) -> str:
    """Return a person with a typical number of interests, whose page says most about what this does."""
    import polars as pl

    from ..workspace import load

    kept = load(workspace).store.scan("interests").filter(pl.col("status") == "kept").group_by("user_id").len()
    rows = kept.sort("len", "user_id").collect()
    return str(rows["user_id"][rows.height // 2])
