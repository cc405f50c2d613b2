"""What falsehoods are made from: a log, its people, its items, and reasons that are true of them."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from intentfeed.data.catalog import Catalog
from intentfeed.explain.config import ExplainConfig
from intentfeed.explain.events import EventFact
from intentfeed.explain.grounded import GroundedExplainer
from intentfeed.explain.together import Companions
from intentfeed.types import ACTION_CODE, RELIABLE, Claim, Context, History, Interactions, Interest, Reason

CORE = {"item_id", "title", "category", "categories", "brand", "price", "description"}
ACTIONS = {"rate": "rate", "review": "review", "view": "detail_view", "cart": "cart", "buy": "purchase", "tag": "tag"}


@dataclass(frozen=True)
class Case:
    """A reason shown to a person beside an item."""

    reason: Reason
    item: int
    interest: Interest | None
    own: frozenset[int] = frozenset()
    """What the person chose, where a deed of theirs is claimed."""


@dataclass(frozen=True)
class Setting:
    """What the falsehoods are made from."""

    catalog: Catalog
    log: list[EventFact]
    """By event id."""
    interests: list[Interest]
    own: dict[str, frozenset[int]]
    """What each of these people chose."""
    context: Context
    companions: Companions
    rng: random.Random

    def any_item(self) -> int:
        """Return a row at random."""
        return self.rng.randrange(len(self.catalog))

    def values(self, name: str) -> list[str]:
        """Return all values of a field, in order."""
        if name in ("brand", "category", "title"):
            found = set(self.catalog.frame[name].to_list())
            return sorted({level for path in found for level in path.split(" > ")} if name == "category" else found)
        held = [attributes.get(name) for attributes in self.catalog.attributes]
        flat = {value for entry in held for value in (entry if isinstance(entry, list) else [entry])}
        return sorted(str(value) for value in flat if value is not None)

    def has(self, item: int, name: str, value: str) -> bool:
        """Return whether an item's field holds the value, read generously."""
        return (
            value.casefold() in json.dumps(self.catalog.field(item, name), default=str, ensure_ascii=False).casefold()
        )


def load(name: str, shared: Path, cache: Path, rng: random.Random) -> Setting:
    if name == "world":
        from intentfeed.simulate.world import WorldConfig, ensure_world

        world = ensure_world(WorldConfig(), cache)
        events, items = pl.read_parquet(world.events), pl.read_parquet(world.items)
    else:
        events = pl.read_parquet(shared / name / "interactions.parquet")
        events = events.with_columns(pl.col("behavior").replace_strict(ACTIONS).alias("action"))
        items = pl.read_parquet(shared / name / "items.parquet")
    return setting_of(events, items, rng)


def setting_of(events: pl.DataFrame, items: pl.DataFrame, rng: random.Random) -> Setting:
    """Return what falsehoods are made from: events with user_id, action and item_id, and items of any columns."""
    catalog = catalogue(items)
    rows = catalog.row_of
    log = [EventFact(user, action, rows.get(item, -1)) for user, action, item in
           events.select("user_id", "action", "item_id").iter_rows()]  # fmt: skip
    users = {user: number for number, user in enumerate(sorted({event.user_id for event in log}))}
    acted = [event for event in log if event.item >= 0]
    interactions = Interactions(
        user=np.array([users[event.user_id] for event in acted], dtype=np.int32),
        item=np.array([event.item for event in acted], dtype=np.int32),
        action=np.array([ACTION_CODE[event.action] for event in acted], dtype=np.int8),
        time_s=np.zeros(len(acted), dtype=np.int64),
        value=np.full(len(acted), np.nan),
        n_users=len(users),
        n_items=len(catalog),
    )
    companions = Companions.fit(interactions, item_ids=catalog.item_ids)
    chosen = set(rng.sample(sorted(users), min(300, len(users))))
    context = Context(as_of=date(2025, 12, 10))
    own: defaultdict[str, set[int]] = defaultdict(set)
    for event in acted:
        if event.user_id in chosen and event.action in RELIABLE:
            own[event.user_id].add(event.item)
    kept = {user: frozenset(rows) for user, rows in own.items()}
    return Setting(catalog, log, people(log, catalog, chosen), kept, context, companions, rng)


def catalogue(items: pl.DataFrame) -> Catalog:
    """Return the items as a catalogue, every further column an attribute."""
    rows = items.to_dicts()

    def path(row: dict[str, Any]) -> str:
        return " > ".join(row["categories"]) if row.get("categories") else row.get("category") or ""

    def attributes(row: dict[str, Any]) -> str:
        return json.dumps({k: v for k, v in row.items() if k not in CORE and v is not None}, default=str)

    return Catalog.of(
        {
            "item_id": [row["item_id"] for row in rows],
            "title": [row.get("title") or "" for row in rows],
            "category": [path(row) for row in rows],
            "brand": [row.get("brand") or "" for row in rows],
            "price": [row.get("price") for row in rows],
            "description": [row.get("description") or "" for row in rows],
            "attributes": [attributes(row) for row in rows],
        }
    )


def people(log: Sequence[EventFact], catalog: Catalog, chosen: set[str]) -> list[Interest]:
    """Return an interest for each category in which a person acted at least twice."""
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    category = catalog.frame["category"].to_list()
    for number, event in enumerate(log):
        deliberate = event.item >= 0 and event.action not in ("impression", "click")
        if event.user_id in chosen and deliberate and category[event.item]:
            found[event.user_id, category[event.item]].append(number)
    return [
        Interest(
            user_id=user, interest_id=path, key=f"category:{path}", name=path.split(" > ")[-1], listed=True,
            stage="stable", confidence=1.0, willingness="spontaneity", reasonableness="strong", status="kept",
            reason="", event_ids=tuple(numbers), categories=(path,),
        )
        for (user, path), numbers in sorted(found.items()) if len(numbers) > 1
    ]  # fmt: skip


def true_cases(setting: Setting, n: int) -> list[Case]:
    """Return reasons as they are shown: tied to an interest, from the item alone, and from the log alone."""
    explainer = GroundedExplainer.fit(setting.catalog, ExplainConfig())
    members: defaultdict[str, list[int]] = defaultdict(list)
    for row, path in enumerate(setting.catalog.frame["category"].to_list()):
        members[path].append(row)
    cases: list[Case] = []
    while len(cases) < n:
        interest = setting.rng.choice(setting.interests)
        item = setting.rng.choice(members[interest.categories[0]])
        draw = setting.rng.random()
        if draw < 0.15:
            history = history_of(setting, interest)
            found = setting.companions.explain(history, setting.catalog.item_ids[item])
            cases += [Case(found, item, None, setting.own[interest.user_id])] if found is not None else []
        elif draw < 0.35:
            reason = explainer.explain("", "", item, setting.context)
            cases += [Case(reason, item, None)] if reason.kind != "none" else []
        else:
            reason = explainer.explain(interest.key, interest.name, item, setting.context)
            if reason.kind != "none":
                cited = tuple(claimed(it, event_ids=interest.event_ids[-5:], kind="interest") for it in reason.claims)
                cases.append(Case(replace(reason, claims=cited), item, interest))
    return cases


def claimed(claim: Claim, *, event_ids: tuple[int, ...], kind: str) -> Claim:
    return replace(claim, event_ids=event_ids) if claim.kind == kind else claim


def history_of(setting: Setting, interest: Interest) -> History:
    ids = np.array(interest.event_ids, dtype=np.int64)
    events = [setting.log[number] for number in interest.event_ids]
    return History(
        user_id=interest.user_id,
        attributes={},
        event_id=ids,
        action=np.array([ACTION_CODE[event.action] for event in events], dtype=np.int8),
        item=np.array([event.item for event in events], dtype=np.int32),
        time_s=ids.copy(),
        value=np.full(len(ids), np.nan),
        query=[None] * len(ids),
    )
