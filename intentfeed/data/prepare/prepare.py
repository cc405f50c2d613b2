"""One public download → one data folder: what it was made of, what was left out, whether it is as it should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from ... import __version__
from ...errors import DataError
from .amazon import read_2018, read_2023
from .config import PrepareConfig
from .download import Download, checksums, open_download
from .known import Known, known
from .minionerec import read_minionerec
from .movielens import read_100k, read_csv, read_dat
from .note import PREPARED
from .rejects import Rejects
from .tables import Tables
from .write import check_free, new_folder, write_tables

Verdict = Literal["ok", "differs", "unknown"]
Questions = Callable[[Path, str], dict[str, str]]
"""Folder and preset → split hash by part."""
READERS: dict[str, Callable[[Download, Rejects, PrepareConfig], Tables]] = {
    "movielens-100k": read_100k,
    "movielens-dat": read_dat,
    "movielens-csv": read_csv,
    "amazon-2018": read_2018,
    "amazon-2023": read_2023,
    "minionerec": read_minionerec,
}
MAX_ASKED = 3_000_000
"""Interactions above which no questions are made here, as that takes minutes; `intentfeed eval` prints their hash."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What was prepared: the content of prepared.json."""

    name: str
    title: str
    preset: str
    note: str
    """What a reader of scores must know."""
    partial: bool
    """Whether anything is missing that the publisher has."""
    inputs: list[dict[str, str | int]]
    """Name, bytes, sha256 and md5 of each file that was read."""
    counts: dict[str, int]
    """Rows of what was written."""
    found: dict[str, int]
    """Rows of what was read."""
    left_out: dict[str, int]
    rejected: int
    ignored: list[str]
    """Names in the archive that lead out of it."""
    hashes: dict[str, str]
    """Of the tables, and of the questions of the valid and the test part."""
    checks: dict[str, Verdict]
    """Archive, counts, interactions, valid and test against what is known."""
    edition: str
    """Which known version it is, where it is one."""
    rules: list[str]
    settings: dict[str, object]
    version: str = field(default=__version__)


def prepare(
    name: str,
    source: Path,
    output: Path,
    *,
    config: PrepareConfig | None = None,
    force: bool = False,
    questions: Questions | None = None,
) -> Prepared:
    """Read a download, write the data folder, and return what it holds.

    The same download gives the same folder, byte for byte. Rows are held as numbers, 25 bytes each.

    Raises:
        DataError: the name is unknown, the output is taken, or the download is missing, damaged or too bad.
    """
    entry = known(name)
    config = config or PrepareConfig()
    config = config if config.category else config.model_copy(update={"category": entry.category})
    check_free(output, force=force)
    download = open_download(source)
    rejects = Rejects(config.max_bad)
    tables = READERS[entry.reader](download, rejects, config)
    rejects.check()
    if not len(tables.events):
        lost = "".join(f", {n:,} {what}" for what, n in tables.left_out.items() if n)
        raise DataError(f"nothing of {source} is left to write{lost}: is it the whole download, or --core too high?")
    with new_folder(output, force=force) as folder:
        hashes = write_tables(tables, folder)
        if questions is not None and len(tables.events) <= MAX_ASKED:
            hashes |= questions(folder, entry.preset)
        if rejects.n:
            rejects.write(folder / "rejects.jsonl")
        made = _prepared(name, entry, tables, rejects, download, hashes, config)
        (folder / "README.md").write_text(_readme(made, entry), encoding="utf-8")
        (folder / PREPARED).write_text(json.dumps(asdict(made), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return made


def _prepared(
    name: str,
    entry: Known,
    tables: Tables,
    rejects: Rejects,
    download: Download,
    hashes: dict[str, str],
    config: PrepareConfig,
) -> Prepared:
    inputs = [checksums(path) for path in _files(download)]
    short = [
        f"{tables.counts.get(what, 0):,} of {n:,} {what}".replace("_", " ")
        for what, n in entry.counts.items()
        if tables.counts.get(what, 0) < n
    ]
    notes = [f"partial: {', '.join(short)}"] if short else []
    if rejects.n:
        notes.append(f"{rejects.n:,} lines could not be read")
    written = {"interactions": len(tables.events), "items": tables.items.height, "users": tables.users.height}
    edition, checks = _checks(entry, tables, inputs, hashes)
    return Prepared(
        name=name,
        title=entry.title,
        preset=entry.preset,
        note="; ".join([*notes, *([entry.note] if entry.note else [])]),
        partial=bool(short),
        inputs=inputs,
        counts=written | ({"eval": tables.rows.height} if tables.rows is not None else {}),
        found=tables.counts,
        left_out={what: n for what, n in tables.left_out.items() if n},
        rejected=rejects.n,
        ignored=list(download.ignored),
        hashes=hashes,
        checks=checks,
        edition=edition,
        rules=list(tables.rules),
        settings=config.model_dump(),
    )


def _files(download: Download) -> list[Path]:
    """Return the files that were read: the download itself, or those of a folder."""
    if not download.is_folder:
        return [download.path]
    return [download.path / name for name in sorted(download.opened)]


def _checks(
    entry: Known, tables: Tables, inputs: list[dict[str, str | int]], hashes: dict[str, str]
) -> tuple[str, dict[str, Verdict]]:
    """Return which known edition it is, and how each thing compares with what is known of it."""
    checks: dict[str, Verdict] = dict.fromkeys(("archive", "counts", "interactions", "valid", "test"), "unknown")
    if entry.archive is not None and len(inputs) == 1 and str(inputs[0]["name"]).endswith(".zip"):
        checks["archive"] = "ok" if inputs[0]["md5"] == entry.archive.md5 else "differs"
    if entry.counts:
        same = all(tables.counts.get(what, 0) == n for what, n in entry.counts.items())
        checks["counts"] = "ok" if same else "differs"
    keys = ("interactions", "valid", "test")
    likeness = [sum(bool(getattr(each, key)) and getattr(each, key) == hashes.get(key) for key in keys)
                for each in entry.editions]  # fmt: skip
    if not likeness:
        return "", checks
    best = entry.editions[likeness.index(max(likeness))]
    for key in keys:
        if getattr(best, key) and key in hashes:
            checks[key] = "ok" if getattr(best, key) == hashes[key] else "differs"
    return best.label if max(likeness) else "", checks


def _readme(made: Prepared, entry: Known) -> str:
    """Return the README of the folder."""
    rows = "\n".join(f"| {name} | {n:,} | {made.hashes.get(name, '')} |" for name, n in made.counts.items())
    inputs = "\n".join(f"- {each['name']}, {each['bytes']:,} bytes, sha256 {each['sha256']}" for each in made.inputs)
    left_out = "\n".join(f"- {what}: {n:,}" for what, n in made.left_out.items()) or "- nothing"
    asked = "\n".join(f"- {part}: {made.hashes[part]}" for part in ("valid", "test") if part in made.hashes)
    return f"""# {made.name}: {made.title}{" (PARTIAL)" if made.partial else ""}

{made.note[:1].upper() + made.note[1:] + "." if made.note else "Complete."}

| table | rows | hash |
| --- | --- | --- |
{rows}

Hash of the questions that `intentfeed eval --preset {made.preset}` asks:

{asked or "- not computed"}

Against what is known: {", ".join(f"{what} {verdict}" for what, verdict in made.checks.items())}.

How it was made (intentfeed {made.version}, `intentfeed data prepare {made.name}`):

{chr(10).join(f"- {rule}" for rule in made.rules)}

Left out or filled in:

{left_out}
- lines that could not be read: {made.rejected:,}{" (rejects.jsonl)" if made.rejected else ""}

Made from:

{inputs}

Source: {entry.source}

Terms: {entry.terms}.
"""
