"""`intentfeed demo`: the whole chain on a sample world, and a page to look at."""

from __future__ import annotations

from pathlib import Path

import typer

from .output import Json, emit, print_figures, progress_bars


def demo(
    folder: Path = typer.Option(Path("demo"), "--output", "-o", help="Where the sample and its workspace go."),
    seed: int = typer.Option(0, "--seed", help="Which world."),
    users: int = typer.Option(600, "--users", min=10, help="People in it."),
    language: str = typer.Option("en", "--language", help="Of the sample shop: en or zh."),
    serve: bool = typer.Option(True, "--serve/--no-serve", help="Open the page when the table is printed."),
    port: int = typer.Option(8765, "--port", help="Of the page, on this machine only."),
    json: bool = Json,
) -> None:
    """Make a sample shop, run the main job on it, print the figures and open one person's page."""
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
    import webbrowser

    from ..service.app import page_server
    from ..workspace import load

    ws = load(workspace)
    server = page_server(ws, port=port, first_user=_telling(workspace))
    url = f"http://127.0.0.1:{server.server_port}/"
    typer.echo(f"one person's page: {url}   (Ctrl-C ends it)")
    webbrowser.open(url)
    server.serve_forever()


def _telling(workspace: Path) -> str:
    """Return a person with a typical number of interests, whose page says most about what this does."""
    import polars as pl

    from ..workspace import load

    kept = load(workspace).store.scan("interests").filter(pl.col("status") == "kept").group_by("user_id").len()
    rows = kept.sort("len", "user_id").collect()
    return str(rows["user_id"][rows.height // 2])
