"""MiniOneRec's published rows: train, valid and test CSV files of a category, with the items' titles and texts."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

import polars as pl

from ...errors import DataError
from .clean import clean_list, clean_text, plain_id
from .config import PrepareConfig
from .download import Download, Member
from .events import PARTS, Events, Gathering, in_order, only_used
from .lines import EVENT, blocks, decoded
from .rejects import Rejects
from .tables import Tables, by_id, catalogue, people

Row = tuple[str, list[str], str]
"""User, history of items, item."""
COLUMNS = ("user_id", "item_id", "behavior", "position", "split")
WANTED = ("user_id", "history_item_id", "item_id")
ENTRY = re.compile(r"""'([^']*)'|"([^"]*)"|([^\s,\[\]'"]+)""")
"""An entry of a list as Python or JSON writes it."""
ROWS = pl.Schema({
    "split": pl.String(), "row": pl.Int32(), "user_id": pl.String(), "history_item_ids": pl.List(pl.String()),
    "item_id": pl.String(),
})  # fmt: skip
ITEM = pl.Schema({
    "item_id": pl.String(), "title": pl.String(), "category": pl.String(), "categories": pl.List(pl.String()),
    "brand": pl.String(), "description": pl.String(),
})  # fmt: skip
RULES = (
    "eval.parquet holds the published valid and test rows in their order",
    "interactions: a row's target takes the row's split; a user's first event, which is no row's target, takes that of "
    "the first row that shows it",
    "repeats of an item stay; the order within a user is that of the rows, which are sorted by time",
)


def read_minionerec(download: Download, rejects: Rejects, config: PrepareConfig) -> Tables:
    """Return the rows of train/NAME.csv, valid/NAME.csv and test/NAME.csv, index/NAME.item.json, info/NAME.txt."""
    name = f"*{config.category}*"
    found = {part: download.need(f"*/{part}/{name}.csv", f"{part}.csv", f"{name}.{part}.csv") for part in PARTS}
    titles: dict[str, str] = {}
    rows = {part: list(_read(found[part], titles, rejects, config)) for part in PARTS}
    events, broken = _events(rows)
    items, bare = catalogue(_items(download, name, titles, config), events)
    return Tables(
        events=events,
        columns=COLUMNS,
        items=by_id(items, "item_id"),
        users=people(events),
        rows=_questions(rows),
        counts={**{f"{part}_rows": len(rows[part]) for part in PARTS}, "items": items.height},
        left_out={
            "rows whose history does not go on from the user's row before": broken,
            "items without a title": bare,
        },
        rules=RULES,
    )


def _read(member: Member, titles: dict[str, str], rejects: Rejects, config: PrepareConfig) -> Iterator[Row]:
    """Yield the rows of a file, and note the titles it tells."""
    text = "\n".join(decoded(line) for lines in blocks(member, config) for line in lines)
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in WANTED if name not in (reader.fieldnames or ())]
    if missing:
        held = ", ".join(reader.fieldnames or ())[:200]
        raise DataError(
            f"{member.name} has no column {missing[0]!r}, only {held}: give --from MiniOneRec's data folder"
        )
    try:
        for row in reader:
            rejects.saw(member.name, 1)
            user, item = (row["user_id"] or "").strip(), (row["item_id"] or "").strip()
            history = [next(filter(None, entry), "") for entry in ENTRY.findall(row["history_item_id"] or "")]
            if not (user and item and history):
                rejects.add(member.name, reader.line_num, "no user, item or history", str(row))
                continue
            title = clean_text(row.get("item_title"), config.title_chars)
            if title:
                titles.setdefault(item, title)
            yield user, history, item
    except csv.Error as error:
        raise DataError(f"{member.name} is no CSV that can be read ({error}): download it again") from error


def _events(rows: dict[str, list[Row]]) -> tuple[Events, int]:
    """Return the events that the rows tell, and how many rows do not go on from the one before."""
    gathering = Gathering(("review",))
    last: dict[str, str] = {}
    broken = at = 0
    for split, part in enumerate(PARTS):
        found: list[tuple[str, str, None, int]] = []
        for user, history, item in rows[part]:
            if user not in last:
                found += [(user, before, None, at + place) for place, before in enumerate(history)]
                at += len(history)
            elif last[user] != history[-1]:
                broken += 1
            found.append((user, item, None, at))
            last[user] = item
            at += 1
        gathering.add(pl.DataFrame(found, schema=EVENT, orient="row"), split=split)
    return only_used(in_order(gathering.done())), broken


def _questions(rows: dict[str, list[Row]]) -> pl.DataFrame:
    asked = [
        (part, number, user, history, item)
        for part in PARTS[1:]
        for number, (user, history, item) in enumerate(rows[part])
    ]
    return pl.DataFrame(asked, schema=ROWS, orient="row")


def _items(download: Download, name: str, titles: dict[str, str], config: PrepareConfig) -> pl.DataFrame:
    """Return the items, from item.json where it is, else from info, else the titles of the rows."""
    features = download.maybe(f"{name}.item.json")
    if features is not None:
        return _from_features(features, config)
    info = download.maybe(f"*/info/{name}.txt", "info.txt")
    if info is not None:
        for lines in blocks(info, config):
            for line in lines:
                fields = decoded(line).split("\t")
                if len(fields) >= 3 and fields[-1].strip():
                    title = clean_text("\t".join(fields[1:-1]), config.title_chars)
                    titles[fields[-1].strip()] = title or titles.get(fields[-1].strip(), "")
    found = [{"item_id": item_id, "title": title or None} for item_id, title in titles.items()]
    return pl.DataFrame(found, schema=ITEM, orient="row")


def _from_features(member: Member, config: PrepareConfig) -> pl.DataFrame:
    """Return the items of an item.json: number → title, description, brand, categories."""
    data = b"\n".join(line for lines in blocks(member, config) for line in lines)
    try:
        held = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{member.name} is no JSON ({error}): download it again") from error
    if not isinstance(held, dict):
        raise DataError(f"{member.name} is not an object of items: download it again")
    found = []
    for item_id, row in held.items():
        row = row if isinstance(row, dict) else {}
        said = row.get("categories")
        path = clean_list(said.split(",") if isinstance(said, str) else said, config.title_chars)
        found.append(
            {
                "item_id": plain_id(item_id),
                "title": clean_text(row.get("title"), config.title_chars),
                "category": path[min(1, len(path) - 1)] if path else None,
                "categories": path,
                "brand": clean_text(row.get("brand"), config.title_chars),
                "description": " ".join(clean_list(row.get("description"), config.description_chars)) or None,
            }
        )
    return pl.DataFrame(found, schema=ITEM, orient="row")
