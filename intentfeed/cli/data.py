"""`intentfeed data`: public downloads → folders that `intentfeed eval --data` reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import typer

from .output import Json, emit, visible

if TYPE_CHECKING:
    from ..data.prepare.known import Known
    from ..data.prepare.prepare import Prepared

app = typer.Typer(no_args_is_help=True, help="Turn public downloads into data folders for `intentfeed eval --data`.")


@app.command()
def prepare(
    name: str = typer.Argument(..., help="Which data set; `intentfeed data list` shows all."),
    source: Path = typer.Option(..., "--from", help="What you downloaded: an archive, a file or a folder."),
    output: Path | None = typer.Option(None, "--output", "-o", help="Folder to write; by default one of that name."),
    category: str = typer.Option("", "--category", help="Part of a file name, where a folder holds several data sets."),
    core: int = typer.Option(5, "--core", min=0, help="Reviews: fewest of a user and of an item; 0 keeps everybody."),
    max_bad: float = typer.Option(0.01, "--max-bad", min=0, max=1, help="Share of lines that may be unreadable."),
    force: bool = typer.Option(False, "--force", help="Replace a folder that was prepared before."),
    json: bool = Json,
) -> None:
    """Write a data folder from a download, and say whether it is the set that everybody has; fetches nothing."""
    from dataclasses import asdict

    from ..data.prepare.config import PrepareConfig
    from ..data.prepare.prepare import prepare as make

    folder = output or Path(name)
    config = PrepareConfig(core=core, max_bad=max_bad, category=category)
    made = make(name, source, folder, config=config, force=force, questions=_questions)
    if json:
        emit({"folder": str(folder), **asdict(made)})
        return
    _print(made, folder)


@app.command("list")
def list_(json: bool = Json) -> None:
    """Show what can be prepared, and what to download for it."""
    from ..data.prepare.known import known_sets

    sets = known_sets()
    if json:
        emit({"sets": {name: entry.model_dump() for name, entry in sets.items()}})
        return
    for name, entry in sets.items():
        typer.echo(f"{name}: {entry.title}")
        rows = {
            "--from": entry.files,
            "source": entry.source,
            "terms": entry.terms,
            "checks": ", ".join(_checked(entry)),
        }
        for label, text in rows.items():
            typer.echo(f"  {label:<7} {text}")


def _checked(entry: Known) -> list[str]:
    """Return what a copy of a data set is compared with."""
    found = {
        "md5 of the archive": entry.archive is not None,
        "counts": bool(entry.counts),
        "interactions": any(each.interactions for each in entry.editions),
        "questions": any(each.test for each in entry.editions),
    }
    return [what for what, known in found.items() if known] or ["none: what a sound copy becomes is not known"]


def _questions(folder: Path, preset: str) -> dict[str, str]:
    """Return the split hash of either part, as `intentfeed eval` prints it; of a part that asks nothing none."""
    from ..data.split import Part
    from ..errors import DataError
    from ..evaluate.dataset import read_dataset

    dataset = read_dataset(folder, preset=preset)
    found = {}
    for part in get_args(Part):
        try:
            found[part] = dataset.cut(part).split_hash
        except DataError:  # too few events for questions: nothing to compare, and eval will say so
            continue
    return found


def _print(made: Prepared, folder: Path) -> None:
    """Print what was written and how it compares."""
    head = f"{made.title}: " + ", ".join(f"{n:,} {what}" for what, n in made.counts.items())
    typer.echo(head + (f" ({made.edition})" if made.edition else ""))
    if made.partial:
        typer.echo(f"PARTIAL: {made.note}")
    elif made.note:
        typer.echo(f"note: {made.note}")
    for each in made.inputs:
        typer.echo(f"sha256 {each['sha256']}  {visible(str(each['name']))}")
    for what, found in made.hashes.items():
        shown = f"{what} questions" if what in ("valid", "test") else what
        verdict = made.checks.get(what, "unknown")
        typer.echo(f"hash   {found}  {shown}" + ("" if verdict == "unknown" else f": {_said(verdict)}"))
    typer.echo(f"archive {made.checks['archive']}, counts {made.checks['counts']}")
    for what, n in made.left_out.items():
        typer.echo(f"left out or filled in: {n:,} {what}")
    if made.rejected:
        typer.echo(f"rejected: {made.rejected:,} lines, see {folder / 'rejects.jsonl'}")
    for lost in made.ignored[:5]:
        typer.echo(f"ignored: {visible(lost)[:100]} leads out of the archive")
    preset = "" if folder.resolve().name == made.preset else f" --preset {made.preset}"
    typer.echo(f"next: intentfeed eval --data {folder}{preset}")


def _said(verdict: str) -> str:
    return "equals the known one" if verdict == "ok" else "DIFFERS from the known one"
