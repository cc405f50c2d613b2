"""`intentfeed train`: what is learnt by gradient, beside what a run fits by counting."""

from __future__ import annotations

from pathlib import Path

import typer

from .output import Json, Set, active_line, emit, progress_bars, tower_line

app = typer.Typer(no_args_is_help=True, help="Train models for a workspace; needs the extra `train`.")


@app.command("towers")
def towers(
    workspace: Path = typer.Argument(..., help="Workspace of an earlier run."),
    kind: str = typer.Option("sequence", "--kind", help="sequence (ours) or paper (RecGPT-V1's three towers)."),
    minutes: float = typer.Option(20.0, "--minutes", min=0.01, help="Longest time that training may take."),
    seed: int = typer.Option(0, "--seed", min=0, help="Same seed, same result."),
    resume: bool = typer.Option(False, "--resume", help="Go on with a training that was killed."),
    overrides: list[str] = Set,
    json: bool = Json,
) -> None:
    """Train encoders of users, items and tags on the workspace's events, catalogue and tags."""
    from ..errors import ConfigError
    from ..retrieval.towers import KINDS
    from ..training_towers import train_config, train_towers

    wanted = next((known for known in KINDS if known == kind), None)
    if wanted is None:
        raise ConfigError(f"--kind {kind} is not known: give {' or '.join(KINDS)}")
    config = train_config(overrides)
    with progress_bars() as progress:
        trained = train_towers(
            workspace, kind=wanted, minutes=minutes, seed=seed, resume=resume, config=config, progress=progress
        )
    if json:
        emit({"workspace": workspace, "worked": trained.worked, "towers": trained.figures})
        return
    if not trained.worked:
        typer.echo(f"{workspace}: these towers are there already, nothing done")
        return
    typer.echo(f"{workspace}: {tower_line(trained.figures)}")


@app.command("active")
def active(
    workspace: Path = typer.Argument(..., help="Workspace of an earlier run."),
    minutes: float = typer.Option(20.0, "--minutes", min=0.01, help="Longest time that training may take."),
    seed: int = typer.Option(0, "--seed", min=0, help="Same seed, same result."),
    resume: bool = typer.Option(False, "--resume", help="Go on with a training that was killed."),
    overrides: list[str] = Set,
    json: bool = Json,
) -> None:
    """Train the score that hears what a person asks for, on the workspace's events and the values of its catalogue."""
    from ..training_active import active_config, train_active_towers

    config = active_config(overrides)
    with progress_bars() as progress:
        trained = train_active_towers(
            workspace, minutes=minutes, seed=seed, resume=resume, config=config, progress=progress
        )
    if json:
        emit({"workspace": workspace, "worked": trained.worked, "active": trained.figures})
        return
    if not trained.worked:
        typer.echo(f"{workspace}: these active towers are there already, nothing done")
        return
    typer.echo(f"{workspace}: {active_line(trained.figures)}")
