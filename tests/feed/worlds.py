"""A toy shop whose right answers are known: six kinds of things, people who stay within one, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from intentfeed.data.catalog import Catalog
from intentfeed.types import ACTION_CODE, NO_TIME, Action, History, Interactions, Interest, Tag

KINDS = ("tent", "kettle", "hose", "lamp", "desk", "drum")
PER_KIND = 12
N = PER_KIND * len(KINDS)


def kind(item: int) -> int:
    return item // PER_KIND


def shop(*, status: dict[int, str] | None = None, extra: Sequence[str] = ()) -> Catalog:
    """Return item n of kind n // 12; every third is by Acme, prices rise with the row."""
    titles = [f"{KINDS[kind(row)]} {'abcdefghijkl'[row % PER_KIND] * 3}" for row in range(N)] + list(extra)
    rows = range(len(titles))
    return Catalog.of(
        {
            "item_id": [f"i{row}" for row in rows],
            "title": titles,
            "category": [f"Home > {title.split()[0].title()}" for title in titles],
            "brand": ["Acme" if row % 3 == 0 else "Bolt" for row in rows],
            "price": [float(row) for row in rows],
            "attributes": ['{"colors": ["Red", "Blue"]}' if row % 2 else '{"colors": ["Green"]}' for row in rows],
            "status": [(status or {}).get(row, "available") for row in rows],
        }
    )


def log(n_users: int = 120, seed: int = 0) -> Interactions:
    """Return people who each walk seven neighbouring items of one kind, in order and in a circle."""
    rng = np.random.default_rng(seed)
    user, item = [], []
    for person in range(n_users):
        start = int(rng.integers(PER_KIND))
        for step in range(7):
            user.append(person)
            item.append(person % len(KINDS) * PER_KIND + (start + step) % PER_KIND)
    return interactions(user, item, n_users=n_users)


def interactions(user: Sequence[int], item: Sequence[int], *, n_users: int, n_items: int = N) -> Interactions:
    return Interactions(
        user=np.array(user, dtype=np.int32),
        item=np.array(item, dtype=np.int32),
        action=np.full(len(user), ACTION_CODE["detail_view"], dtype=np.int8),
        time_s=np.full(len(user), NO_TIME),
        value=np.full(len(user), np.nan),
        n_users=n_users,
        n_items=n_items,
    )


def history(items: Sequence[int], *, actions: Sequence[Action] = (), values: Sequence[float] = ()) -> History:
    n = len(items)
    return History(
        user_id="u",
        attributes={},
        event_id=np.arange(n),
        action=np.array([ACTION_CODE[a] for a in actions or ["detail_view"] * n], dtype=np.int8),
        item=np.array(items, dtype=np.int32),
        time_s=np.full(n, NO_TIME),
        value=np.array(values or [np.nan] * n, dtype=np.float64),
        query=[None] * n,
    )


def tag(text: str, category: str = "", *, rank: int = 1) -> Tag:
    return Tag(
        user_id="u", rank=rank, tag=text, interest_id=f"id of {text}", interest_key=f"key of {text}", reason="",
        category=category, score=1.0, event_ids=(),
    )  # fmt: skip


def interest(name: str, key: str) -> Interest:
    return Interest(
        user_id="u", interest_id=f"interest {name}", key=key, name=name, listed=True, stage="stable", confidence=0.9,
        willingness="spontaneity", reasonableness="strong", status="kept", reason="", event_ids=(1,),
    )  # fmt: skip
