"""The world is the same for the same seed, another for another, as large as promised, and true to itself."""

import re
from pathlib import Path

import polars as pl
import pytest

from intentfeed.simulate.errands import BURST_DAYS
from intentfeed.simulate.truth import MIN_DAYS, MIN_EVENTS, MIN_SPREAD_DAYS
from intentfeed.simulate.world import World, WorldConfig, build_world, ensure_world

SHOP_ACTIONS = {"impression", "click", "detail_view", "review_read", "search", "favorite", "cart", "purchase"}
PLAIN = ["impression", "click"]


def _log(world: World) -> pl.DataFrame:
    """Return the log with row number, leaf and cause."""
    events = pl.read_parquet(world.events).with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
    items = pl.read_parquet(world.items).select("item_id", "category", "audience")
    return events.join(items, on="item_id", how="left", maintain_order="left").join(
        world.truth("behaviour"), on="row", how="left", maintain_order="left"
    )


def _evidence(world: World) -> pl.DataFrame:
    """Return one row for each piece of evidence of each true interest."""
    truth = world.truth("interests").select(
        "user_id", "interest", "start", "end", "categories", "event_ids", person="user_id"
    )
    return truth.explode("event_ids").join(_log(world), left_on="event_ids", right_on="row", suffix="_log")


# Determinism


def test_same_config_gives_the_same_bytes(small_config: WorldConfig, small_world: World, tmp_path: Path) -> None:
    again = build_world(small_config, tmp_path)
    files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.parquet"))
    assert len(files) == 9
    for name in files:
        assert (again.folder / name).read_bytes() == (small_world.folder / name).read_bytes(), name


def test_another_seed_gives_another_shop_and_other_people(
    small_config: WorldConfig, small_world: World, tmp_path: Path
) -> None:
    other = build_world(small_config.model_copy(update={"seed": 4}), tmp_path)
    ours, theirs = pl.read_parquet(small_world.items), pl.read_parquet(other.items)
    brands = set(ours["brand"]) & set(theirs["brand"])
    assert len(brands) < 0.2 * ours["brand"].n_unique()
    assert not set(ours["title"]) & set(theirs["title"])
    assert set(ours["category"]) != set(theirs["category"])
    assert not pl.read_parquet(small_world.users).equals(pl.read_parquet(other.users))


def test_ensure_generates_once_and_keys_by_config(small_config: WorldConfig, tmp_path: Path) -> None:
    tiny = small_config.model_copy(update={"n_users": 5, "n_items": 900, "events_per_user": 60.0})
    first = ensure_world(tiny, tmp_path)
    written = first.events.stat().st_mtime_ns
    assert ensure_world(tiny, tmp_path).events.stat().st_mtime_ns == written
    other = ensure_world(tiny.model_copy(update={"days": 900}), tmp_path)
    assert other.folder != first.folder
    assert {path.name for path in tmp_path.iterdir()} == {first.folder.name, other.folder.name}


# What the sample promises


def test_default_world_is_as_large_as_promised(default_world: World) -> None:
    events, items = pl.read_parquet(default_world.events), pl.read_parquet(default_world.items)
    assert items.height >= 8_000
    assert items["category"].n_unique() >= 400
    assert items["category"].str.count_matches(" > ").unique().to_list() == [2]
    assert pl.read_parquet(default_world.users).height >= 500
    per_user = events.group_by("user_id").len()["len"]
    assert (per_user > 30_000).sum() >= 5
    assert (per_user < 10).sum() >= 3
    assert 1_000_000 <= events.height <= 1_600_000
    assert set(events["action"]) == SHOP_ACTIONS
    assert (events["action"] == "impression").mean() <= 0.46
    assert 0.25 <= (events["action"] == "click").mean() <= 0.33
    span = events["timestamp"].max() - events["timestamp"].min()
    assert 1_090 <= span.days <= 1_096
    assert events["timestamp"].is_sorted()


def test_people_have_eight_to_twenty_four_interests(default_world: World) -> None:
    latent = default_world.truth("latent").group_by("user_id").len()["len"]
    assert 8 <= latent.min() <= latent.max() <= 24
    assert len(latent) >= 500
    shown = default_world.truth("interests").group_by("user_id").len()["len"]
    assert ((shown >= 8) & (shown <= 24)).sum() >= 500
    assert 12.5 <= shown.mean() <= 15.5


def test_log_follows_the_data_contract(default_world: World) -> None:
    events = pl.read_parquet(default_world.events)
    search = events["action"] == "search"
    assert events.filter(search)["item_id"].null_count() == search.sum()
    assert events.filter(search)["query"].null_count() == 0
    assert events.filter(~search)["item_id"].null_count() == 0
    items = pl.read_parquet(default_world.items)
    assert items["item_id"].n_unique() == items.height
    assert not set(events["item_id"].drop_nulls()) - set(items["item_id"])
    assert set(events["user_id"]) <= set(pl.read_parquet(default_world.users)["user_id"])
    assert events.group_by("session_id").agg(pl.col("user_id").n_unique())["user_id"].max() == 1


def test_nothing_is_bought_before_it_is_released(default_world: World) -> None:
    items = pl.read_parquet(default_world.items).select("item_id", "released")
    events = pl.read_parquet(default_world.events).join(items, on="item_id")
    early = events.filter(pl.col("timestamp").dt.date() < pl.col("released"))
    assert early.height == 0
    assert (items["released"] > events["timestamp"].min().date()).mean() > 0.3


# The truth


@pytest.mark.parametrize("which", ["small_world", "default_world"])
def test_evidence_agrees_with_the_log(which: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue(which)
    rows = _evidence(world)
    assert rows["row" if "row" in rows.columns else "event_ids"].null_count() == 0
    assert (rows["user_id"] == rows["user_id_log"]).all()
    assert not rows["action"].is_in(PLAIN).any()
    assert rows.filter(pl.col("category").is_not_null()).select(pl.col("category").is_in("categories").all()).item()
    assert set(rows["cause"]) <= {"interest", "life_event"}
    days = pl.col("timestamp").dt.date()
    each = rows.group_by("interest").agg(
        n=pl.len(), days=days.n_unique(), spread=(days.max() - days.min()).dt.total_days()
    )
    assert each["n"].min() >= MIN_EVENTS
    assert each["days"].min() >= MIN_DAYS
    assert each["spread"].min() >= MIN_SPREAD_DAYS


def test_evidence_lies_within_the_life_of_the_interest(default_world: World) -> None:
    rows = _evidence(default_world).with_columns(day=pl.col("timestamp").dt.date())
    assert (rows["day"] >= rows["start"]).all()
    ended = rows.filter(pl.col("end").is_not_null())
    assert ended.height > 0
    assert (ended["day"] <= ended["end"]).all()


def test_a_person_has_one_interest_under_a_parent(default_world: World) -> None:
    assert not default_world.truth("latent").select("user_id", "parent").is_duplicated().any()


def test_gifts_and_necessities_are_no_interests(default_world: World) -> None:
    log = _log(default_world)
    counts = dict(log.group_by("cause").len().iter_rows())
    assert min(counts[cause] for cause in ("gift", "necessity", "seasonal", "burst", "trend", "noise")) > 3_000
    other = log.filter(~pl.col("cause").is_in(["interest", "life_event"]))
    assert other["interest"].null_count() == other.height
    evidence = default_world.truth("interests")["event_ids"].explode()
    assert not set(evidence) & set(other["row"])


def test_necessities_repeat_and_interests_explore(default_world: World) -> None:
    bought = _log(default_world).filter(pl.col("action") == "purchase")
    repeats = {
        cause: 1 - group.select("user_id", "item_id").n_unique() / group.height
        for (cause,), group in bought.group_by("cause")
    }
    assert repeats["necessity"] > 0.6
    assert repeats["interest"] < 0.1


def test_gifts_mostly_do_not_suit_the_giver(default_world: World) -> None:
    users = pl.read_parquet(default_world.users)
    bought = _log(default_world).filter((pl.col("action") == "purchase") & (pl.col("cause") == "gift"))
    rows = bought.join(users, on="user_id")
    men = rows.filter(pl.col("gender").is_in(["male", "男"]))["audience"]
    assert men.is_in(["men", "男士"]).mean() < 0.02
    assert men.is_in(["women", "女士"]).mean() > 0.15
    months = bought["timestamp"].dt.month()
    assert (months == 12).mean() > 0.2  # before Christmas, twice what the months' share would be


def test_bursts_are_over_within_weeks(default_world: World) -> None:
    bursts = _log(default_world).filter((pl.col("cause") == "burst") & ~pl.col("action").is_in(PLAIN))
    parents = bursts.with_columns(parent=pl.col("category").str.extract(r"^(.*) > ")).drop_nulls("parent")
    days = pl.col("timestamp").dt.date()
    spans = parents.group_by("user_id", "parent").agg(span=(days.max() - days.min()).dt.total_days())["span"]
    assert (spans <= BURST_DAYS).mean() > 0.9  # a parent may see a second burst
    assert spans.median() <= 10


def test_seasonal_interests_follow_the_season(default_world: World) -> None:
    log = _log(default_world).filter(
        pl.col("category").str.contains("Winter Sports|冰雪运动") & (pl.col("cause") == "interest")
    )
    months = log["timestamp"].dt.month()
    assert months.is_in([12, 1, 2]).mean() > 2 * months.is_in([6, 7, 8]).mean()


def test_future_goes_on_where_the_log_ends(default_world: World) -> None:
    log, future = pl.read_parquet(default_world.events), default_world.truth("future")
    assert future.columns == log.columns
    assert future["timestamp"].min() > log["timestamp"].max()
    assert (future["timestamp"].max() - future["timestamp"].min()).days == 13
    assert future["user_id"].n_unique() > 300


# What a reader sees


def test_text_reads_like_a_shop(default_world: World) -> None:
    items = pl.read_parquet(default_world.items)
    titles = items["title"]
    assert titles.is_unique().mean() > 0.995
    ids = items["item_id"].str.slice(1)
    assert not any(number in title for number, title in zip(ids, titles, strict=True))
    assert not titles.str.contains(r"(?i)\b(item|product|category|brand)[ _]?\d").any()
    assert not titles.str.contains(r"  | ,|,,|, $|[{}_|]|\bnone\b").any()
    assert titles.str.len_chars().is_between(12, 110).all()
    named = items.filter(pl.col("author").is_null())
    assert named.select(pl.col("title").str.contains(pl.col("brand"), literal=True).all()).item()
    queries = pl.read_parquet(default_world.events)["query"].drop_nulls()
    assert (queries == queries.str.to_lowercase()).all()
    assert not any(re.search(r"\d{5}", query) for query in queries.unique())


def test_prices_differ_by_category_more_than_within(default_world: World) -> None:
    items = pl.read_parquet(default_world.items).with_columns(log=pl.col("price").log())
    within = items.group_by("category").agg(pl.col("log").std())["log"].median()
    between = items.group_by("category").agg(pl.col("log").mean())["log"].std()
    assert items["price"].min() > 0.5
    assert between > 2 * within


def lifts(world: World) -> pl.Series:
    """Return how much oftener than by chance each pair of parents that 15 people have occurs together."""
    latent = world.truth("latent").select("user_id", "parent")
    n_users = latent["user_id"].n_unique()
    share = latent.group_by("parent").agg(share=pl.len() / n_users)
    pairs = latent.join(latent, on="user_id", suffix="_b").filter(pl.col("parent") < pl.col("parent_b"))
    return (
        pairs.group_by("parent", "parent_b")
        .len()
        .join(share, on="parent")
        .join(share, left_on="parent_b", right_on="parent", suffix="_b")
        .with_columns(lift=pl.col("len") / (n_users * pl.col("share") * pl.col("share_b")))
        .filter(pl.col("len") >= 15)["lift"]
    )


def test_people_who_share_a_life_share_interests(default_world: World) -> None:
    """Co-occurrence is learnable: pairs of parents occur together far more often than chance would have it."""
    assert lifts(default_world).quantile(0.95) > 1.5


@pytest.mark.parametrize(
    "change",
    [
        {"n_users": 1, "n_items": 600},
        {"n_users": 30, "days": 120, "events_per_user": 3.0, "n_items": 600},
        {"n_users": 10, "holdout_days": 0, "heavy_users": 0, "n_items": 800},
    ],
)
def test_small_worlds_are_worlds_too(change: dict[str, int], tmp_path: Path) -> None:
    world = build_world(WorldConfig(seed=1).model_copy(update=change), tmp_path)
    events = pl.read_parquet(world.events)
    assert 1 <= events["user_id"].n_unique() <= change["n_users"]
    assert pl.read_parquet(world.items).height == change["n_items"]
    assert world.truth("behaviour").height == events.height
    assert world.truth("interests").height <= world.truth("latent").height
