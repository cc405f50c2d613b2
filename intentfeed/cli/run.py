"""`intentfeed run`: logs in, workspace out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from .asking import awaiting_answers, llm_overrides, show_estimate
from .output import Json, Set, emit, print_figures, progress_bars


def run(
    events: str = typer.Option(..., "--events", "-e", help="Log: Parquet, CSV or JSON lines; file, folder or URL."),
    items: str = typer.Option(..., "--items", "-i", help="Catalogue, in the same formats."),
    output: Path = typer.Option(..., "--output", "-o", help="Workspace folder, made if missing."),
    users: str | None = typer.Option(None, "--users", "-u", help="User attributes."),
    context: str | None = typer.Option(None, "--context", "-c", help="Weather, holidays, trends by date."),
    preset: str | None = typer.Option(None, "--preset", help="Settings that ship for a known data set."),
    config: Path | None = typer.Option(None, "--config", "-f", help="TOML file of settings."),
    set_: list[str] = Set,
    as_of: datetime | None = typer.Option(
        None, "--as-of", formats=["%Y-%m-%d"], help="Day to think for [last day of the log]."
    ),
    limit: int | None = typer.Option(None, "--limit", min=1, help="Only the first N users by id get rows."),
    max_bad: float | None = typer.Option(
        None, "--max-bad", min=0, max=1, help="Share of bad rows that is tolerated [0.01]."
    ),
    llm: str | None = typer.Option(
        None, "--llm", help="Who thinks: URL of an OpenAI-compatible endpoint, folder of batch files, local:FOLDER."
    ),
    model: str | None = typer.Option(None, "--model", help="Which model of that endpoint."),
    roles: str | None = typer.Option(None, "--roles", help="Who asks it: miner,tagger,explainer,shortener [all]."),
    estimate: bool = typer.Option(False, "--estimate", help="Print what asking would cost, ask nobody, and stop."),
    json: bool = Json,
) -> None:
    """Turn a log and a catalogue into interests, tags, slates and reasons."""
    from ..batch import run as run_batch
    from ..config import load_config

    overrides = [*set_, *([f"ingest.max_bad={max_bad}"] if max_bad is not None else [])]
    overrides += llm_overrides(llm, model, roles)
    with progress_bars() as progress, awaiting_answers(json=json):
        outcome = run_batch(
            events,
            items,
            workspace=output,
            users=users,
            context=context,
            config=load_config(config, preset_name=preset, overrides=overrides),
            as_of=as_of.date() if as_of else None,
            limit=limit,
            estimate=estimate,
            progress=progress,
        )
    if outcome.estimate is not None:
        show_estimate(outcome.estimate, json=json)
        return
    if json:
        emit({"workspace": output, "worked": outcome.worked, "users_touched": outcome.n_touched, **outcome.figures})
        return
    print_figures(outcome.figures, str(output) if outcome.worked else f"{output}: nothing new, nothing done")
    typer.echo(f"next: intentfeed show {output} --user ID, or intentfeed recommend {output} --user ID")
