"""How commands speak: tables and progress for a person, one JSON object for a program."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What a terminal acts on instead of showing it: control characters, breaks, and marks that turn letters round."""

Json = typer.Option(False, "--json", help="One JSON object on stdout, nothing else there.")
Set = typer.Option([], "--set", help="Change one setting, e.g. feed.k=20; may be repeated.")


def emit(found: Mapping[str, Any]) -> None:
    """Print one object, dates as ISO text."""
    typer.echo(json.dumps(found, default=str, ensure_ascii=False))


def visible(text: str) -> str:
    """Return a text from outside as one line with nothing in it that a terminal would act on."""
    return HIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def plain(text: str) -> str:
    """Return a text from outside as a rich console shows it: nothing hidden in it, no markup read from it."""
    from rich.markup import escape

    return escape(visible(text))


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a callback for (stage, done, of): bars on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:>12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def show(stage: str, done: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=of)
            bars.update(tasks[stage], completed=done)

        yield show


def print_figures(found: Mapping[str, Any], title: str) -> None:
    """Print the figures of a run as a table, with the rule by which tokens were counted."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    for label, value in figure_rows(found):
        table.add_row(label, value)
    console = Console()
    console.print(table)
    console.print(f"tokens: {found['token_rule']}", style="dim", soft_wrap=True)


def figure_rows(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (label, value) pairs, readable, in the order in which they are worth reading."""
    before, after = found["tokens_before"], found["tokens_after"]
    saved = f"{before:,} → {after:,} ({before / after:.1f} to 1)" if after else f"{before:,} → 0"
    shares = "reason_interest_share", "reason_item_share", "reason_none_share"
    interest, item, none = (f"{100 * found[share]:.1f} %" for share in shares)
    rows = [
        ("users", f"{found['users']:,}"),
        ("events", f"{found['events']:,} ({found['reliable_events']:,} deliberate)"),
        ("tokens before → after compression", saved),
        ("interests kept per user", f"{found['interests_per_user']:.1f}"),
        ("candidates turned down per user", f"{found['rejected_interests_per_user']:.1f}"),
        ("tags per user", f"{found['tags_per_user']:.1f}"),
        ("slots whose reason is tied to an interest", interest),
        ("slots with an item-only reason", item),
        ("slots without a reason", none),
    ]
    if "hit_rate@10" in found:
        rows.append(("hit rate@10 on new items, next 14 days", f"{found['hit_rate@10']:.4f}"))
        rows.append(("hit rate@10, popularity", f"{found['hit_rate@10_popularity']:.4f}"))
    if "towers" in found:
        rows.append(("towers", tower_line(found["towers"])))
    if "active" in found:
        rows.append(("active towers", active_line(found["active"])))
    rows += [(f"seconds: {stage}", f"{seconds:.1f}") for stage, seconds in found["seconds"].items()]
    rows.append(("seconds: total", f"{sum(found['seconds'].values()):.1f}"))
    return rows


def tower_line(found: Mapping[str, Any]) -> str:
    """Return what there is to say of a workspace's trained towers, or why it has lost them."""
    if not found["kept"]:
        return f"gone: {found['why']}"
    said = f"{found['kind']}, trained on {found['events']:,} events up to {found['as_of']}"
    if "ndcg@10" not in found:
        return said
    return f"{said}; ndcg@10 {found['ndcg@10']:.4f}, popularity {found['ndcg@10_popularity']:.4f}"


def active_line(found: Mapping[str, Any]) -> str:
    """Return what there is to say of a workspace's active towers, or why it has lost them."""
    if not found["kept"]:
        return f"gone: {found['why']}"
    said = f"{found['values']:,} values to ask for, trained on {found['events']:,} events up to {found['as_of']}"
    if "ndcg@10" in found:
        asked, silent = found["ndcg@10_asked"], found["ndcg@10"]
        said = f"{said}; ndcg@10 {asked:.4f} of those who ask, {silent:.4f} of those who do not"
    return f"{said}; {found['why']}" if "serves" in found else said
