"""Baselines on one action of a log: what the other actions said is neither learnt nor heeded, but never shown again."""

from dataclasses import replace

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.baselines.item_knn import ItemKnn
from intentfeed.evaluate.baselines.one_action import TrainedOneAction, of_action
from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.baselines.recent_popularity import RecentPopularity
from intentfeed.evaluate.baselines.sasrec import SasRec, SasRecConfig
from intentfeed.evaluate.recommender import CHUNK, CannotRun, ReadsEvents, Trainable, Tunable
from intentfeed.evaluate.tuning import epochs_of
from intentfeed.types import ACTION_CODE, History
from tests.evaluate.baselines.logs import log_of

CATALOG = Catalog.of({"item_id": list("abcdefgh")})
PAIRS = [(user, item) for user in range(5) for item in (0, 1, 2, 3)]
ACTIONS = ["purchase", "detail_view", "purchase", "detail_view"] * 5
"""Everybody bought a then c, and looked at b and d in between."""


def fitted(base, action="purchase"):
    found = of_action(base, action)
    found.fit(log_of(PAIRS, 8, actions=ACTIONS), CATALOG)
    return found


def past(*events):
    codes = np.array([ACTION_CODE[action] for _, action in events], dtype=np.int8)
    return replace(History.of_items([item for item, _ in events]), action=codes)


def test_only_the_action_is_learnt_from():
    assert fitted(Popularity()).base.people_I.tolist() == [5, 0, 5, 0, 0, 0, 0, 0]
    assert fitted(Popularity(), "detail_view").base.people_I.tolist() == [0, 5, 0, 5, 0, 0, 0, 0]
    with pytest.raises(CannotRun, match="no cart"):
        fitted(Popularity(), "cart")


def test_only_the_action_is_asked_with():
    asked = [past((0, "purchase"), (1, "detail_view")), past((1, "detail_view"))]
    ids, scores = fitted(ItemKnn()).recommend_events(asked, 3, exclude_seen=True)
    assert ids[0, 0] == 2
    assert scores[0, 0] > 0
    assert (scores[1] == 0).all(), "a look says nothing to a baseline of purchases"


def test_what_was_seen_through_any_action_stays_away():
    asked = [past((0, "purchase"), (2, "detail_view"), (4, "detail_view")), past((5, "purchase"))]
    ids, _ = fitted(Popularity()).recommend_events(asked, 8, exclude_seen=True)
    assert not set(ids[0].tolist()) & {0, 2, 4}
    assert (ids[0] >= 0).sum() == 5
    assert ids[1, :2].tolist() in ([0, 2], [2, 0])
    again, _ = fitted(Popularity()).recommend_events(asked, 8, exclude_seen=False)
    assert set(again[0, :2].tolist()) == {0, 2}


@pytest.mark.parametrize("exclude_seen", [True, False])
def test_many_equals_one_by_one(exclude_seen):
    rng = np.random.default_rng(0)
    kinds = ("purchase", "detail_view")
    asked = [
        past(*((int(item), kinds[int(item) % 2]) for item in rng.integers(0, 8, size=rng.integers(1, 6))))
        for _ in range(CHUNK + 3)
    ]
    single = fitted(ItemKnn())
    ids, scores = single.recommend_events(asked, 4, exclude_seen=exclude_seen)
    for row in (0, 1, 5, CHUNK - 1, CHUNK, CHUNK + 2):
        alone = single.recommend_events([asked[row]], 4, exclude_seen=exclude_seen)
        assert np.array_equal(alone[0][0], ids[row])
        assert np.array_equal(alone[1][0], scores[row])


def test_it_is_tuned_as_its_base_is():
    single = fitted(ItemKnn())
    assert single.name == "item-knn:purchase"
    assert isinstance(single, ReadsEvents)
    assert isinstance(single, Tunable)
    assert not isinstance(fitted(Popularity()), Tunable)
    assert not isinstance(single, Trainable)
    variants = list(single.variants())
    assert len(variants) == 10
    assert {variant.name for variant in variants} == {"item-knn:purchase"}
    assert variants[0].config == variants[0].base.config != single.config


def test_a_base_that_reads_events_is_told_them():
    recent = of_action(RecentPopularity(), "purchase")
    recent.fit(log_of(PAIRS, 8, actions=ACTIONS, times=[86_400 * (item + 10 * user) for user, item in PAIRS]), CATALOG)
    asked = replace(past((7, "purchase"), (6, "detail_view")), time_s=np.array([-5, 90_000]))
    ids, scores = recent.recommend_events([asked], 2, exclude_seen=True)
    assert (scores == 0).all(), "at the last purchase nothing had been bought yet"
    assert not set(ids[0].tolist()) & {6, 7}


def test_how_long_a_trained_base_learns_is_told():
    single = of_action(SasRec(SasRecConfig(epochs=7)), "purchase")
    assert isinstance(single, TrainedOneAction)
    assert epochs_of(single) == epochs_of(single.seeded(3)) == 7
