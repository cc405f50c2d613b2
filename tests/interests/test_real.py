"""What the miner makes of logs that nobody wrote for it: films, a shop without times, a shop without words."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.history import histories, interactions
from intentfeed.data.schema import EVENTS
from intentfeed.interests.grounded import GroundedMiner
from intentfeed.types import Context, History, Interest

pytestmark = pytest.mark.shared

ACTION = {"rate": "rate", "review": "review", "view": "detail_view", "cart": "cart", "buy": "purchase"}
N_USERS = 150


class Mined:
    """A data set, the miner fitted on all of it, and what it says of some people."""

    def __init__(self, folder: Path) -> None:
        items = pl.read_parquet(folder / "items.parquet")
        text = {name: items[name].fill_null("").to_list() for name in ("title", "brand") if name in items.columns}
        path = pl.col("categories").list.join(" > ") if "categories" in items.columns else pl.col("category")
        known = items.select(path.fill_null("").alias("c"))["c"].to_list() if "category" in items.columns else None
        extra = items.select(
            pl.col(name) for name in ("genres", "year", "directors", "actors") if name in items.columns
        )
        rows = [{k: v for k, v in row.items() if v is not None} for row in extra.to_dicts()] or [{}] * items.height
        columns = {"item_id": items["item_id"].to_list(), "attributes": [json.dumps(row) for row in rows], **text}
        self.catalog = Catalog.of({**columns, **({"category": known} if known else {})})
        log = pl.read_parquet(folder / "interactions.parquet").with_row_index("event_id")
        log = log.with_columns(
            pl.col("behavior").replace_strict(ACTION).alias("action"),
            pl.from_epoch(pl.col("timestamp").cast(pl.Int64), "s").cast(EVENTS["timestamp"]),
        )
        gaps = [pl.lit(None, kind).alias(name) for name, kind in EVENTS.items() if name not in log.columns]
        self.events = log.with_columns(gaps).select(pl.col(name).cast(kind) for name, kind in EVENTS.items())
        self.miner = GroundedMiner.fit(self.catalog, interactions(self.events, self.catalog))
        chosen = sorted(self.events["user_id"].unique().to_list())[:N_USERS]
        some = self.events.filter(pl.col("user_id").is_in(chosen))
        self.histories = list(histories(some, self.catalog))
        last = self.events["timestamp"].max()
        self.context = Context(as_of=last.date() if last is not None else date(2026, 1, 1))  # type: ignore[union-attr]
        self.found = [self.miner.mine(history, "", self.context) for history in self.histories]

    @property
    def kept(self) -> list[Interest]:
        return [interest for found in self.found for interest in found if interest.status == "kept"]


@pytest.fixture(scope="module")
def mined(shared_data: Path) -> Callable[[str], Mined]:
    return cache(lambda name: Mined(shared_data / name))


@pytest.mark.parametrize(
    ("name", "least"), [("movielens-100k", 0.75), ("amazon-industrial-2018", 0.5), ("retailrocket-mb", 0.3)]
)
def test_people_have_interests_where_they_did_enough_and_each_cites_events_that_are_theirs(
    mined: Callable[[str], Mined], name: str, least: float
) -> None:
    data = mined(name)
    with_some = np.mean([any(i.status == "kept" for i in found) for found in data.found])
    assert with_some >= least
    assert 0.7 <= len(data.kept) / len(data.found) <= 12
    for history, found in zip(data.histories, data.found, strict=True):
        own = set(history.event_id.tolist())
        assert all(set(i.event_ids) <= own and len(i.event_ids) >= 2 for i in found if i.status == "kept")


def test_films_are_named_by_genre_decade_and_maker(mined: Callable[[str], Mined]) -> None:
    names = Counter(interest.name for interest in mined("movielens-100k").kept)
    assert {"Sci-Fi", "Film-Noir"} <= names.keys()
    assert sum(n for name, n in names.items() if name.startswith("Items like")) == 0
    assert max(names.values()) <= 0.5 * N_USERS


def test_a_shop_of_reviews_in_order_says_that_time_was_not_tested(mined: Callable[[str], Mined]) -> None:
    for interest in mined("amazon-industrial-2018").kept:
        assert "reviews of" in interest.reason
        assert interest.reason.endswith("no dates, so spread over time could not be tested")
        assert interest.since is None


def test_a_shop_without_words_is_told_by_items(mined: Callable[[str], Mined]) -> None:
    data = mined("retailrocket-mb")
    assert all(interest.name.startswith("Items like i") for interest in data.kept)
    spread = [i for i in data.kept if "short stay" not in i.reason]
    assert spread
    assert all(len(i.event_ids) >= 2 for i in spread)


def held_out(history: History) -> tuple[History, set[int]]:
    """Return the history without its last fifth, and the items of that."""
    cut = int(0.8 * len(history))
    rows = slice(0, cut)
    first = History(
        history.user_id, history.attributes, history.event_id[rows], history.action[rows], history.item[rows],
        history.time_s[rows], history.value[rows], list(history.query)[rows], history.ordered,
    )  # fmt: skip
    return first, set(history.item[cut:].tolist())


def test_people_come_back_to_kept_interests_more_than_to_rejected_ones(mined: Callable[[str], Mined]) -> None:
    data = mined("amazon-industrial-2018")
    tree = data.miner.pool.tree
    back: dict[str, list[bool]] = {"kept": [], "rejected": []}
    for history in data.histories:
        before, after = held_out(history)
        later = {tree.paths[node] for item in after for node in tree.lineage(int(tree.node_I[item]))}
        for interest in data.miner.mine(before, "", data.context):
            back[interest.status].append(any(path in later for path in interest.categories))
    assert np.mean(back["kept"]) > 2 * np.mean(back["rejected"])
