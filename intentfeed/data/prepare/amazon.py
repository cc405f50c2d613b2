"""Amazon reviews: the 2018 edition (JSON lines) and the 2023 one (JSON lines, or the publisher's CSV splits)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from .clean import clean_list, clean_text, plain_id, price_of
from .config import PrepareConfig
from .download import Download, Member
from .events import TEST, TRAIN, VALID, Events, Gathering, first_of_each_pair, in_order, k_core, last_out, only_used
from .lines import EVENT, Layout, blocks, event_of, n_filled, read_events, sound
from .rejects import Rejects
from .tables import Tables, by_id, people

COLUMNS = ("user_id", "item_id", "behavior", "value", "timestamp", "position", "split")
ITEM = pl.Schema({
    "item_id": pl.String(), "title": pl.String(), "category": pl.String(), "categories": pl.List(pl.String()),
    "brand": pl.String(), "price": pl.Float64(), "description": pl.String(),
})  # fmt: skip
CSV = Layout(",", None, user="user_id", item="parent_asin", value="rating", time="timestamp")
KEYS_2018 = ("reviewerID", "asin", "overall", "unixReviewTime")
KEYS_2023 = ("user_id", "parent_asin", "rating", "timestamp")
FIRST = "of several reviews of one item by one user the earliest counts: the rule of the 2023 edition's benchmark files"
ORDER = "ordered by user and time; reviews of the same moment stay in the order of the file"
SPLIT = "split: each user's last review is the test row, the one before the valid row"
GIVEN = "split: the publisher's own last-out files"
LONGEST_CATEGORY = 100
"""A longer name of a category is a piece of a page."""


def read_2018(download: Download, rejects: Rejects, config: PrepareConfig) -> Tables:
    """Return a category of the 2018 edition: `NAME_5.json.gz` and, where it is, `meta_NAME.json.gz`."""
    name = f"*{config.category}*"
    meta = download.maybe(*_spelled(f"meta_{name}.json"))
    member = download.maybe(*_spelled(f"{name}_5.json")) or _but(download, meta, *_spelled(f"{name}.json"))
    return _tables(_reviews(member, KEYS_2018, rejects, config), meta, rejects, config)


def read_2023(download: Download, rejects: Rejects, config: PrepareConfig) -> Tables:
    """Return a category of the 2023 edition: reviews as JSON lines, `rating_only` or `last_out` CSV files, and meta."""
    name = f"*{config.category}*"
    meta = download.maybe(*_spelled(f"meta_{name}.jsonl"))
    parts = [download.maybe(*_spelled(f"{name}.{part}.csv")) for part in ("train", "valid", "test")]
    if any(parts):
        return _tables(_last_out(download, name, rejects, config), meta, rejects, config, given=True)
    table = download.maybe(*_spelled(f"{name}.csv"))
    if table is not None:
        gathering = Gathering(("review",))
        for frame in read_events(table, CSV, rejects, config):
            gathering.add(frame)
        return _tables(gathering.done(), meta, rejects, config)
    reviews = _but(download, meta, *_spelled(f"{name}.jsonl"))
    return _tables(_reviews(reviews, KEYS_2023, rejects, config), meta, rejects, config)


def _spelled(pattern: str) -> tuple[str, str]:
    return pattern, f"{pattern}.gz"


def _but(download: Download, meta: Member | None, *patterns: str) -> Member:
    """Return the one file that matches, the meta data aside."""
    rest = tuple(member for member in download.members if member is not meta)
    return replace(download, members=rest).need(*patterns)


def _last_out(download: Download, name: str, rejects: Rejects, config: PrepareConfig) -> Events:
    gathering = Gathering(("review",))
    for part, ending in ((TRAIN, "train"), (VALID, "valid"), (TEST, "test")):
        for frame in read_events(download.need(*_spelled(f"{name}.{ending}.csv")), CSV, rejects, config):
            gathering.add(frame, split=part)
    return gathering.done()


def _reviews(member: Member, keys: tuple[str, str, str, str], rejects: Rejects, config: PrepareConfig) -> Events:
    """Return the reviews of a file of JSON lines; their words are not kept."""
    gathering, row = Gathering(("review",)), 1
    for lines in blocks(member, config):
        frame = _at_once(lines, keys)
        gathering.add(_one_by_one(lines, row, keys, member.name, rejects) if frame is None else frame)
        rejects.saw(member.name, n_filled(lines))
        row += len(lines)
    return gathering.done()


def _at_once(lines: list[bytes], keys: tuple[str, str, str, str]) -> pl.DataFrame | None:
    """Return the lines as a frame with the columns of EVENT, or None where any of them is not sound."""
    schema = pl.Schema(dict(zip(keys, EVENT.values(), strict=True)))
    try:
        frame = pl.read_ndjson(io.BytesIO(b"\n".join(lines)), schema=schema)
    except pl.exceptions.PolarsError:
        return None
    frame = frame.rename(dict(zip(keys, EVENT, strict=True)))
    nested = pl.any_horizontal(pl.col("user", "item").str.contains(r"^[{\[]|\x00"))
    return frame if sound(frame, len(lines)) and not frame.select(nested.any()).item() else None


def _one_by_one(
    lines: list[bytes], row: int, keys: tuple[str, str, str, str], file: str, rejects: Rejects
) -> pl.DataFrame:
    """Return those of the lines that are reviews; the others become rejects."""
    found = []
    for number, line, held in _objects(lines, row, file, rejects):
        texts = [plain_id(held.get(key)) for key in keys]
        missing = next((key for key, text in zip(keys, texts, strict=True) if not text), None)
        event = f"no {missing}" if missing else event_of(*texts)
        if isinstance(event, str):
            rejects.add(file, number, event, line)
        else:
            found.append(event)
    return pl.DataFrame(found, schema=EVENT, orient="row")


def _objects(
    lines: list[bytes], row: int, file: str, rejects: Rejects
) -> Iterator[tuple[int, bytes, dict[str, object]]]:
    """Yield line number, line and object of each of the lines that is not empty."""
    for number, line in enumerate(lines, row):
        if not line.strip():
            continue
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, dict):
            yield number, line, parsed
        else:
            rejects.add(file, number, "not a JSON object", line)


def _tables(
    events: Events, meta: Member | None, rejects: Rejects, config: PrepareConfig, *, given: bool = False
) -> Tables:
    n_reviews, n_users, n_items = len(events), len(events.users), len(events.items)
    events = in_order(events)
    repeated = 0
    if given:
        events = only_used(events)
    else:
        first = first_of_each_pair(events)
        repeated = len(events) - len(first)
        events = last_out(k_core(first, config.core))
    items, without = _catalogue(events, meta, rejects, config)
    thinned = n_reviews - repeated - len(events)
    core = (f"users and items with under {config.core} reviews are taken out until none is left",)
    return Tables(
        events=events,
        columns=COLUMNS,
        items=items,
        users=people(events),
        counts={"reviews": n_reviews, "users": n_users, "items": n_items},
        left_out={
            "later reviews of an item by the same user": repeated,
            f"reviews of users or items with under {config.core}": thinned,
            "items without a row of meta data": without,
        },
        rules=(GIVEN, ORDER) if given else (FIRST, *(core if config.core > 1 else ()), ORDER, SPLIT),
    )


def _catalogue(
    events: Events, meta: Member | None, rejects: Rejects, config: PrepareConfig
) -> tuple[pl.DataFrame, int]:
    """Return the items of the events, and how many of them the meta data do not hold; of two rows the fuller counts."""
    wanted = set(events.items)
    found: dict[str, dict[str, object]] = {}
    for number, line, row in _rows(meta, rejects, config) if meta is not None else ():
        item_id = plain_id(row.get("parent_asin") or row.get("asin"))
        if not item_id:
            rejects.add(meta.name if meta else "", number, "no asin", line)
        elif item_id in wanted:
            made = _item(item_id, row, config)
            if item_id not in found or _filled(made) > _filled(found[item_id]):
                found[item_id] = made
    bare = wanted - found.keys()
    rows = [*found.values(), *({"item_id": item_id} for item_id in bare)]
    return by_id(pl.DataFrame(rows, schema=ITEM, orient="row"), "item_id"), len(bare)


def _rows(member: Member, rejects: Rejects, config: PrepareConfig) -> Iterator[tuple[int, bytes, dict[str, object]]]:
    """Yield line number, line and object of a file of JSON lines."""
    row = 1
    for lines in blocks(member, config):
        yield from _objects(lines, row, member.name, rejects)
        rejects.saw(member.name, n_filled(lines))
        row += len(lines)


def _item(item_id: str, row: dict[str, object], config: PrepareConfig) -> dict[str, object]:
    path = [name for name in clean_list(row.get("category") or row.get("categories"), config.title_chars)
            if len(name) <= LONGEST_CATEGORY]  # fmt: skip
    path = path or clean_list(row.get("main_category") or row.get("main_cat"), LONGEST_CATEGORY)
    details = row.get("details")
    details = details if isinstance(details, dict) else {}
    words = clean_list(row.get("description"), config.description_chars)
    words = words or clean_list(row.get("features") or row.get("feature"), config.description_chars)
    brands = (row.get("brand"), row.get("store"), details.get("Brand"), details.get("Manufacturer"))
    return {
        "item_id": item_id,
        "title": clean_text(row.get("title"), config.title_chars),
        "category": path[min(1, len(path) - 1)] if path else None,
        "categories": path,
        "brand": next((name for brand in brands if (name := clean_text(brand, config.title_chars))), None),
        "price": price_of(row.get("price")),
        "description": " ".join(words)[: config.description_chars] or None,
    }


def _filled(row: dict[str, object]) -> int:
    return sum(1 for value in row.values() if value not in (None, []))
