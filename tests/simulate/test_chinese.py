"""The Chinese world keeps every promise of the English one about its truth, and reads like a Chinese shop."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from intentfeed.errors import ConfigError
from intentfeed.simulate.chinese import CHINESE
from intentfeed.simulate.shop import AUDIENCES, SEASONS, load_leaves
from intentfeed.simulate.titles import STYLES
from intentfeed.simulate.world import World, WorldConfig, build_world, known_language

from . import test_world as english

HAN = r"[\x{4E00}-\x{9FFF}]"


@pytest.fixture(scope="module")
def chinese_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(WorldConfig(language="zh"), tmp_path_factory.mktemp("zh"))


CHECKS: tuple[Callable[[World], None], ...] = (
    english.test_people_have_eight_to_twenty_four_interests,
    english.test_log_follows_the_data_contract,
    english.test_nothing_is_bought_before_it_is_released,
    english.test_evidence_lies_within_the_life_of_the_interest,
    english.test_a_person_has_one_interest_under_a_parent,
    english.test_gifts_and_necessities_are_no_interests,
    english.test_necessities_repeat_and_interests_explore,
    english.test_gifts_mostly_do_not_suit_the_giver,
    english.test_bursts_are_over_within_weeks,
    english.test_seasonal_interests_follow_the_season,
    english.test_future_goes_on_where_the_log_ends,
    english.test_prices_differ_by_category_more_than_within,
)
"""What holds of the English world's truth and log, word for word."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("test_"))
def test_truth_is_of_the_same_kind(check: Callable[[World], None], chinese_world: World) -> None:
    check(chinese_world)


def test_evidence_agrees_with_the_log(chinese_world: World, request: pytest.FixtureRequest) -> None:
    english.test_evidence_agrees_with_the_log("chinese_world", request)


def test_people_who_share_a_life_share_interests(chinese_world: World) -> None:
    """Among half as many shelves chance alone brings more together than in the English shop."""
    assert english.lifts(chinese_world).quantile(0.95) > 1.3


def test_vocabulary_is_broad_and_well_formed() -> None:
    leaves = load_leaves(CHINESE.folder)
    assert len(leaves) >= 80
    assert len({leaf.parent_path for leaf in leaves}) >= 40
    assert len({leaf.path for leaf in leaves}) == len(leaves)
    assert sum(leaf.consumable for leaf in leaves) >= 20
    assert {leaf.role for leaf in leaves} == {"interest", "necessity", "seasonal"}
    assert len(CHINESE.styles) == len(STYLES)
    for leaf in leaves:
        assert leaf.season in SEASONS, leaf.path
        assert set(leaf.audiences) <= set(AUDIENCES), leaf.path
        for kind in leaf.kinds:
            assert kind.price > 0
            assert kind.nouns, leaf.path
            assert kind.mods, leaf.path
            assert kind.palette in CHINESE.palettes, leaf.path
            assert len(kind.things) >= 4 or not leaf.patterns, leaf.path


def test_text_reads_like_a_chinese_shop(chinese_world: World) -> None:
    items = pl.read_parquet(chinese_world.items)
    titles = items["title"]
    assert items.height >= 2_000
    assert items["category"].n_unique() >= 80
    assert titles.is_unique().mean() > 0.98
    assert titles.str.contains(HAN).all()
    assert not titles.str.contains(r"  |[{}_|]|None").any()
    assert titles.str.len_chars().is_between(5, 60).all()
    assert titles.str.contains(rf"{HAN}{{4,}}").mean() > 0.9  # words are not spaced
    named = items.filter(pl.col("author").is_null())
    assert named.select(pl.col("title").str.contains(pl.col("brand"), literal=True).all()).item()
    queries = pl.read_parquet(chinese_world.events)["query"].drop_nulls()
    assert (queries == queries.str.to_lowercase()).all()
    assert queries.str.contains(HAN).mean() > 0.99


def test_same_config_gives_the_same_bytes(tmp_path: Path) -> None:
    config = WorldConfig(language="zh", seed=2, n_users=8, n_items=700, events_per_user=60.0)
    one, two = build_world(config, tmp_path / "one"), build_world(config, tmp_path / "two")
    assert one.items.read_bytes() == two.items.read_bytes()
    assert one.events.read_bytes() == two.events.read_bytes()


def test_a_language_without_a_vocabulary_is_refused() -> None:
    with pytest.raises(ConfigError, match="choose en or zh"):
        known_language("xx")
