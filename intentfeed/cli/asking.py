"""What commands that may ask a language model have in common: its options, its price, and a stop for batch files."""

from __future__ import annotations

import json as json_
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from .output import emit

if TYPE_CHECKING:
    from ..estimate import Estimate


def llm_overrides(llm: str | None, model: str | None, roles: str | None) -> list[str]:
    """Return the settings that the options stand for."""
    given = {"endpoint": llm, "model": model}
    found = [f"llm.{name}={json_.dumps(value)}" for name, value in given.items() if value is not None]
    if roles is not None:
        found.append(f"llm.roles={json_.dumps([role.strip() for role in roles.split(',') if role.strip()])}")
    return found


@contextmanager
def awaiting_answers(*, json: bool) -> Iterator[None]:
    """Say what to do with the batch files that the block wrote, and end the command: that is no fault."""
    from ..errors import AnswersAwaited

    try:
        yield
    except AnswersAwaited as waiting:
        if json:
            emit({"awaiting_answers": [str(path) for path in waiting.files], "what_to_do": str(waiting)})
        else:
            typer.echo(str(waiting))
        raise typer.Exit(0) from None


def show_estimate(estimate: Estimate, *, json: bool) -> None:
    """Print the price of a run, role by role."""
    if json:
        emit(estimate.to_json())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title="what asking would cost", title_justify="left", box=None, pad_edge=False)
    table.add_column("role")
    for name in ("questions", "tokens in", "of these cached", "tokens out", "longest"):
        table.add_column(name, justify="right")
    for role in estimate.roles:
        figures = (role.n_calls, role.tokens_in, role.tokens_cached, role.tokens_out, role.longest)
        table.add_row(role.role, *(f"{figure:,}" for figure in figures))
    console = Console()
    console.print(table)
    console.print(f"in all: {estimate.n_calls:,} questions, ${estimate.cost_usd:,.2f}, {estimate.hours:,.2f} hours")
    if estimate.n_known:
        console.print(f"{estimate.n_known:,} further questions are answered in the log already and cost nothing")
    console.print(f"tokens: {estimate.token_rule}; answers as long as they usually are", style="dim", soft_wrap=True)
