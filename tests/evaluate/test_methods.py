"""Who sits at the table: names as they may be typed, and the rows that a log of several actions adds."""

import polars as pl
import pytest

from intentfeed.errors import ConfigError
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.evaluate.methods import BASELINES, FROM_TITLES, asked_action, methods
from intentfeed.evaluate.offline import EvalConfig, compare


@pytest.fixture(scope="module")
def one_action(tmp_path_factory, checkerboard):
    return read_dataset(written(tmp_path_factory.mktemp("board"), checkerboard))


@pytest.fixture(scope="module")
def several_actions(tmp_path_factory, checkerboard):
    """Return the checkerboard walked by looks, each third square bought, the last purchase held out."""
    folder = written(tmp_path_factory.mktemp("shop"), checkerboard)
    log = pl.read_parquet(folder / "events.parquet")
    step = pl.int_range(pl.len()).over("user_id")
    log.with_columns(
        pl.when(step % 3 == 2).then(pl.lit("purchase")).otherwise(pl.lit("detail_view")).alias("action"),
        pl.when(step == 8).then(pl.lit("test")).otherwise(pl.lit("train")).alias("split"),
    ).write_parquet(folder / "events.parquet")
    return read_dataset(folder)


def written(folder, checkerboard):
    catalog, events = checkerboard
    events.select("user_id", "item_id", "action", "timestamp").write_parquet(folder / "events.parquet")
    catalog.frame.select("item_id", "title").write_parquet(folder / "items.parquet")
    return folder


def names(dataset, *asked):
    return [method().name for method in methods(dataset, asked)]


def test_the_default_table_is_every_baseline_then_ours(one_action):
    assert asked_action(one_action) is None
    assert names(one_action) == [*BASELINES, "intentfeed-core", "intentfeed", "intentfeed-slates"]


def test_several_actions_add_the_baselines_on_the_one_that_is_asked_for(several_actions):
    assert asked_action(several_actions) == "purchase"
    found = names(several_actions)
    narrow = [f"{name}:purchase" for name in BASELINES if name not in FROM_TITLES]
    assert found == [*BASELINES, *narrow, "intentfeed-core", "intentfeed", "intentfeed-slates"]


def test_another_question_than_the_data_sets_own_changes_what_is_learnt_for_it(several_actions):
    """Ours learn to rank by hidden items: repeats among them or not, as they will be asked for."""
    for asked, wanted in ((None, True), (True, True), (False, False)):
        [make] = methods(several_actions, ["intentfeed-core"], exclude_seen=asked)
        assert make().config.feed.exclude_seen is wanted
    assert asked_action(several_actions, "loo") is None, "leave-one-out asks for any action"
    assert not [name for make in methods(several_actions, how="loo") if ":" in (name := make().name)]


def test_the_order_is_the_tables_and_nobody_sits_twice(several_actions):
    asked = ("intentfeed", "ease:detail_view", "item-knn", "ease:purchase", "popularity", "item-knn")
    assert set(names(several_actions, *asked)) == set(asked)
    assert names(several_actions, *asked)[:2] == ["popularity", "item-knn"]
    assert names(several_actions, *asked)[-1] == "intentfeed"


@pytest.mark.parametrize("typed", ["itemknn", "item-knn:buy", "item-knn=minishlab", "intentfeed:purchase"])
def test_what_is_no_method_is_named(one_action, typed):
    with pytest.raises(ConfigError, match="there is no method"):
        names(one_action, typed)


def test_an_encoder_is_named_after_the_method(one_action):
    [make] = methods(one_action, ["embedding-knn=some/encoder:v2"])
    assert make().config.encoder == "some/encoder:v2"
    [make] = methods(one_action, ["embedding-knn=some/encoder:v2:purchase"])
    assert (make().name, make().base.config.encoder) == ("embedding-knn:purchase", "some/encoder:v2")


def test_one_action_and_all_actions_at_one_table(several_actions):
    """Looks lead on step by step; of three purchases two are held out, and the one that is left knows less."""
    asked = ["popularity", "item-knn", "item-knn:purchase", "embedding-knn", "own-history"]
    config = EvalConfig(draws=20, metrics=("hr@10",), choose_by="hr@10")
    found = compare(
        methods(several_actions, asked), several_actions.catalog, valid=several_actions.cut("valid"), config=config
    )
    by_name = {result.method: result for result in found}
    assert by_name["item-knn"].mean("hr@10") > 0.9
    assert by_name["item-knn:purchase"].mean("hr@10") < 0.6
    assert len(by_name["item-knn:purchase"].trials) == len(by_name["item-knn"].trials) == 10
    assert by_name["popularity"].mean("hr@10") < 0.6
    assert "encoder" in (by_name["embedding-knn"].cannot or "")
    assert "new items" in (by_name["own-history"].cannot or "")
