"""`intentfeed show`: one person, and why they got what they got."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .output import Json, emit, plain, visible

if TYPE_CHECKING:
    from rich.console import Console

    from ..types import Interest
    from ..workspace import Person


def show(
    workspace: Path = typer.Argument(..., help="Workspace of an earlier run."),
    user: str | None = typer.Option(None, "--user", help="Which user; without it, a few are listed."),
    digest: bool = typer.Option(False, "--digest", help="The compressed history too."),
    rejected: bool = typer.Option(False, "--rejected", help="The candidates that were turned down, and why."),
    json: bool = Json,
) -> None:
    """Show a user's interests with their evidence, tags, slate and reasons."""
    from ..workspace import load

    ws = load(workspace)
    if user is None:
        users = ws.user_ids()
        if json:
            emit({"users": users})
        else:
            some = f", among them {visible(', '.join(users[:10]))}: choose one with --user ID" if users else ""
            typer.echo(f"{len(users):,} users{some}")
        return
    person = ws.person(user)
    if json:
        emit(person.to_json())
        return
    from rich.console import Console

    _print(Console(highlight=False), person, digest=digest, rejected=rejected)


def _print(console: Console, person: Person, *, digest: bool, rejected: bool) -> None:
    """Print from who to what to why, each interest with its newest evidence."""
    counts = person.digest
    console.print(
        f"[bold]{plain(person.user_id)}[/]  {plain(_attributes(person.attributes))}\n"
        f"{counts['n_events']:,} events, {counts['n_reliable']:,} of them deliberate; "
        f"{counts['tokens_before']:,} → {counts['tokens_after']:,} tokens"
    )
    kept = [interest for interest in person.interests if interest.status == "kept"]
    console.print(f"\n[bold]Interests[/]  {len(kept)} kept")
    for interest in kept:
        since = f", since {interest.since:%b %Y}" if interest.since else ""
        console.print(
            f"  [bold]{plain(interest.name)}[/]  {interest.stage}{since}, confidence {interest.confidence:.2f}"
        )
        console.print(f"    {plain(interest.reason)}", style="dim")
        for line in evidence_lines(person, interest, 2):
            console.print(f"    · {plain(line)}", style="dim")
    if rejected:
        console.print("\n[bold]Turned down or ended[/]")
        for interest in person.interests:
            if interest.status != "kept":
                console.print(f"  {plain(interest.name)}  [dim]{interest.status}: {plain(interest.reason)}[/]")
    names = {interest.interest_id: interest.name for interest in person.interests}
    console.print(f"\n[bold]Tags[/]  {len(person.tags)}" + (", the first 12" if len(person.tags) > 12 else ""))
    for tag in person.tags[:12]:
        console.print(f"  {plain(tag.tag)}  [dim]← {plain(names.get(tag.interest_id, 'recent items'))}[/]")
    console.print("\n[bold]Slate[/]")
    for shown in person.slate.items:
        console.print(f"  {shown.rank:>2}  {plain(shown.title or shown.item_id)}")
        said = f"“{shown.reason.text}”" if shown.reason.text else "no reason that could be checked"
        through = f", tag “{shown.tag}”" if shown.tag else ""
        console.print(f"      {plain(said)}  ({plain(', '.join(shown.sources))}{plain(through)})", style="dim")
    if not person.slate.items:
        console.print("  nothing: no source knew an item that may be shown", style="dim")
    if digest:
        console.print("\n[bold]Digest[/]")
        console.print("\n".join(plain(line) for line in person.digest["text"].split("\n")), soft_wrap=True)


def evidence_lines(person: Person, interest: Interest, most: int) -> list[str]:
    """Return the newest evidence of an interest, one readable line each."""
    lines = []
    for event_id in interest.event_ids[-most:][::-1]:
        event = person.evidence.get(event_id)
        if event is not None:
            day = f"{event['timestamp']:%Y-%m-%d} " if event["timestamp"] else ""
            what = event["query"] or event["title"] or event["item_id"]
            lines.append(f"{day}{event['action'].replace('_', ' ')}: {what}  [event {event_id}]")
    return lines


def _attributes(text: str) -> str:
    import json

    return ", ".join(f"{name} {value}" for name, value in json.loads(text).items())
