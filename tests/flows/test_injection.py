"""Hostile titles, queries and answers, hundreds of them: at worst they harm whose they are."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from typing import Any

import polars as pl

from intentfeed.daily import update
from intentfeed.data.schema import TABLES
from intentfeed.llm.log import CallLog
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.roles import log_of
from intentfeed.service.pages.people import render_person
from intentfeed.simulate.world import World
from intentfeed.workspace import load

from ..hostile import HUGE, TEXTS
from .test_llm import think
from .test_run import tables

PLANTED = [text for text in TEXTS if len(text) < min(map(len, HUGE))]
"""Huge texts are tested role by role."""
N = len(PLANTED)
BYSTANDERS = 10
VICTIMS = 12
SAID = {"Interest", "Reason", "Item Tag", "explanation", "Themes", "Doubts", "Steps"}
"""Fields of answers that are texts."""
SECRET = "grandmother heirloom zither"
"""What each bystander searches for, with a number in letters."""


class Markup(HTMLParser):
    """Collects what a page has that a browser acts on."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[tuple[str, str]] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {(tag, ""), *((tag, name) for name, _ in attrs)}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "action")}


def markup(workspace: Path, users: list[str]) -> Markup:
    """Return the markup of the pages of some users together."""
    ws = load(workspace)
    return Markup("".join(render_person(ws, ws.person(user)) for user in users))


def of(found: dict[str, pl.DataFrame], users: list[str]) -> dict[str, pl.DataFrame]:
    """Return these users' rows of every table."""
    personal = {name: frame for name, frame in found.items() if "user_id" in frame.columns}
    return {name: frame.filter(pl.col("user_id").is_in(users)) for name, frame in personal.items()}


def texts(value: Any) -> Iterator[str]:
    """Yield every text inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def assert_nothing_leaks(workspace: Path, users: list[str]) -> None:
    """Assert that rows have the known fields, and neither prompts nor other people in them."""
    found, log = tables(workspace), CallLog(log_of(workspace))
    assert {name: frame.schema for name, frame in found.items()} == dict(TABLES)
    everyone = set(load(workspace).user_ids())
    fixed = {log.messages(key)[0].content for key in log.all_keys()}
    prompts = {line for text in fixed for line in text.splitlines() if len(line) >= 40}
    assert len(prompts) > 50
    for user in users:
        own = of(found, [user])
        said = "\n".join(text for frame in own.values() for row in frame.to_dicts() for text in texts(row))
        assert not [line for line in prompts if line in said]
        assert not set(re.findall(r"\w+", said)) & (everyone - {user})
        secrets = re.findall(rf"{SECRET} \w+", said)
        assert set(secrets) <= {f"{SECRET} {ordinal(user)}"}


def ordinal(user: str) -> str:
    """Return a user's number in letters, which is no user id."""
    return "".join("abcdefghij"[int(digit)] for digit in re.findall(r"\d", user))


def with_planted(world: World, folder: Path, titles: list[str], queries: list[str]) -> tuple[Path, Path]:
    """Return a day's events and items: one user looks at N new items and searches N times, others act as usual."""
    items, events = pl.read_parquet(world.items), pl.read_parquet(world.events)
    users = sorted(events["user_id"].unique())
    day = events.select(pl.col("timestamp").max()).item() + timedelta(hours=3)
    ids = [f"planted{at:03d}" for at in range(N)]
    others = users[1 : BYSTANDERS + 1]
    rows: list[tuple[str, str | None, str, str | None]] = [(users[0], item, "detail_view", None) for item in ids]
    rows += [(users[0], None, "search", query) for query in queries]
    rows += [(user, str(items["item_id"][at]), "purchase", None) for at, user in enumerate(others)]
    rows += [(user, None, "search", f"{SECRET} {ordinal(user)}") for user in others]
    told = pl.DataFrame(rows, schema=dict.fromkeys(("user_id", "item_id", "action", "query"), pl.String), orient="row")
    when = [day + timedelta(seconds=10 * at) for at in range(told.height)]
    folder.mkdir()
    told.with_columns(timestamp=pl.Series(when, dtype=events.schema["timestamp"])).write_parquet(folder / "e.parquet")
    new = items.head(N).with_columns(item_id=pl.Series(ids), title=pl.Series(titles), category=pl.lit("Planted"))
    new.write_parquet(folder / "i.parquet")
    return folder / "e.parquet", folder / "i.parquet"


def poison_answers(workspace: Path, victims: list[str]) -> int:
    """Put hostile texts into the answers about some users and nobody else; return how many."""
    interests = tables(workspace)["interests"]
    shared = set(interests.filter(~pl.col("user_id").is_in(victims))["key"])
    hostile, n = cycle(PLANTED), 0
    with closing(sqlite3.connect(log_of(workspace))) as db:
        for key, role, subject, said in db.execute(
            "SELECT key, role, subject, answer FROM calls WHERE status = 'answered' ORDER BY key"
        ).fetchall():
            theirs = subject in victims if role != "explainer" else subject.partition(" × ")[0] not in shared
            # A victim's interests either come from a poisoned answer, or stay, so that the tagger is asked the same.
            if theirs and (role == "explainer" or (role == "miner") == (subject in victims[::2])):
                answer, made = poisoned(json.loads(said), hostile)
                n += made
                db.execute("UPDATE calls SET answer = ? WHERE key = ?", (json.dumps(answer), key))
        db.commit()
    return n


def poisoned(answer: Any, hostile: Iterator[str]) -> tuple[Any, int]:
    """Return an answer with hostile texts for what it says, and how many they are."""
    if isinstance(answer, list):
        rows = [poisoned(each, hostile) for each in answer]
        return [row for row, _ in rows], sum(n for _, n in rows)
    if not isinstance(answer, dict):
        return answer, 0
    made, n = {}, 0
    for name, value in answer.items():
        is_told = name in SAID and isinstance(value, str) and not value.isdigit()
        made[name], more = (next(hostile), 1) if is_told else poisoned(value, hostile)
        n += more
    return made, n


def test_hostile_titles_and_queries_change_nobody_else_s_result(
    small_world: World, small_workspace: Path, tmp_path: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server, found = scripted(), {}
    harmless = pl.read_parquet(small_world.items)["title"].head(N).to_list()
    shutil.copytree(small_workspace, tmp_path / "ws")
    think(small_world, tmp_path / "ws", server.url)
    attacker, *others = load(tmp_path / "ws").user_ids()
    before = markup(tmp_path / "ws", [attacker, *others])
    for name, titles in (("harmless", harmless), ("hostile", PLANTED)):
        shutil.copytree(tmp_path / "ws", tmp_path / name)
        events, items = with_planted(small_world, tmp_path / f"{name} day", titles, titles)
        assert update(tmp_path / name, events=events, items=items).n_touched == BYSTANDERS + 1
        found[name] = tables(tmp_path / name)
    slates = pl.concat([frames["slates"] for frames in found.values()])
    sold = set(slates.filter(pl.col("item_id").str.starts_with("planted"))["user_id"])
    apart = [user for user in others if user not in sold]
    assert len(set(others[:BYSTANDERS]) & set(apart)) >= 2, "too few were remade beside hostile items"
    for table, rows in of(found["harmless"], others).items():
        # An item that is for sale may be shown, under whatever title; it then takes the place of another. Where it is
        # only looked at, it sets the scale of scores by what it answers.
        here = apart if table == "slates" else others
        one, other = (rows.filter(pl.col("user_id").is_in(here)), of(found["hostile"], here)[table])
        assert one.drop("score", strict=False).equals(other.drop("score", strict=False)), table
    mined = of(found["hostile"], [attacker])["events"]
    assert set(PLANTED[:5]) <= set(mined["query"])
    assert_nothing_leaks(tmp_path / "hostile", [attacker, *others])
    after = markup(tmp_path / "hostile", [attacker, *others])
    assert after.seen <= before.seen
    assert after.links <= before.links
    assert N >= 100


def test_hostile_answers_change_nobody_else_s_result(
    small_world: World, small_workspace: Path, tmp_path: Path, scripted: Callable[..., ScriptedProcess]
) -> None:
    server, workspace = scripted(), tmp_path / "ws"
    shutil.copytree(small_workspace, workspace)
    think(small_world, workspace, server.url)
    users = load(workspace).user_ids()
    victims, others = users[:VICTIMS], users[VICTIMS:]
    before, clean = of(tables(workspace), others), markup(workspace, users)
    n = poison_answers(workspace, victims)
    assert n + 2 * N >= 300
    assert n >= 100
    manifest = workspace / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "thought": "of another time"}))
    assert think(small_world, workspace, server.url).worked
    after = of(tables(workspace), others)
    for table in before:
        assert before[table].equals(after[table]), table
    assert_nothing_leaks(workspace, users)
    page = markup(workspace, victims)
    assert page.seen <= clean.seen
    assert page.links <= clean.links
    shown = of(tables(workspace), victims)
    assert shown["interests"].filter(pl.col("backend") == "grounded").height, "the poison was taken for an answer"
    said = [*shown["interests"]["name"], *shown["tags"]["tag"], *shown["slates"]["reason"]]
    assert not [text for text in said if text and re.search(r"[<>{}`]|https?:|instructions|alert\(", text)]
