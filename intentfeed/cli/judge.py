"""`intentfeed judge`: a language model's verdicts on a sample of a workspace."""

from __future__ import annotations

from pathlib import Path

import typer

from .asking import awaiting_answers
from .output import Json, emit


def judge(
    workspace: Path = typer.Argument(..., help="Workspace of an earlier run."),
    llm: str | None = typer.Option(None, "--llm", help="Who judges: endpoint, folder of batch files, local:FOLDER."),
    model: str | None = typer.Option(None, "--model", help="Which model of that endpoint."),
    tasks: str = typer.Option("interest,tag,explanation", "--tasks", help="What is judged."),
    users: int = typer.Option(20, "--users", min=1, help="Users in the sample."),
    per_user: int = typer.Option(5, "--per-user", min=1, help="Interests, tags and reasons of each."),
    json: bool = Json,
) -> None:
    """Judge interests, tags and reasons by the paper's criteria, one at a time."""
    from ..errors import ConfigError
    from ..judge.rubrics import TASKS
    from ..judging import judge as judge_sample
    from ..workspace import load

    wanted = [task for task in TASKS if task in [name.strip() for name in tasks.split(",")]]
    if not wanted or len(wanted) != len(tasks.split(",")):
        raise ConfigError(f"--tasks {tasks} is not understood: give some of {', '.join(TASKS)}")
    ws = load(workspace)
    given = {name: value for name, value in (("endpoint", llm), ("model", model)) if value is not None}
    ws.config = ws.config.model_copy(update={"llm": ws.config.llm.model_copy(update=given)})
    with awaiting_answers(json=json):
        judged = judge_sample(ws, tasks=wanted, n_users=users, per_user=per_user)
    if json:
        by = {"by_criterion": judged.by_criterion.to_dicts(), "qualified": judged.qualified.to_dicts()}
        emit({"workspace": workspace, "samples": judged.n_samples, "unjudged": judged.n_unjudged, **by})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{judged.n_samples:,} outputs judged by {ws.config.llm.model}", box=None, pad_edge=False)
    for name in ("task", "criterion", "made by", "n", "passed"):
        table.add_column(name, justify="right" if name in ("n", "passed") else "left")
    for task, criterion, backend, n, passed in judged.by_criterion.iter_rows():
        table.add_row(task, criterion, backend, f"{n:,}", f"{passed:.1%}")
    for task, backend, n, passed in judged.qualified.iter_rows():
        table.add_row(task, "all of them", backend, f"{n:,}", f"{passed:.1%}", style="bold")
    Console().print(table)
    if judged.n_unjudged:
        typer.echo(f"{judged.n_unjudged:,} questions got no usable verdict")
