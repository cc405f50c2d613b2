"""How candidates are scored, what is learnt from hidden items, and which sources are named as having brought one."""

import numpy as np
import pytest

from intentfeed.feed.config import SourceName
from intentfeed.feed.gather import Gathered
from intentfeed.feed.ranker import LAST_RESORT, Features, Ranker, contributors
from intentfeed.feed.stats import ItemStats
from intentfeed.feed.taste import Taste, taste_of_rows
from intentfeed.feed.tune import FEWEST, Examples, learn
from intentfeed.feed.tune import _ranker as ranker_of

from .worlds import PER_KIND, N, log, shop

NAMES: tuple[SourceName, ...] = ("next", "text", "popular")
STATS = ItemStats.fit(log(), 30.0)


def gathered(scores: list[list[float]], *, kept: list[bool] | None = None, rows: list[int] | None = None) -> Gathered:
    n = len(scores[0])
    return Gathered(
        np.array(rows or range(n), dtype=np.int32),
        np.array(kept or [True] * n),
        NAMES[: len(scores)],
        np.array(scores, dtype=np.float32),
    )


def features(found: Gathered, taste: Taste | None = None, per_source: int = 2) -> dict[str, list[float]]:
    made = Features(shop(), STATS, found.names, per_source)
    return dict(zip(made.names, made.of(found, taste or Taste()).tolist(), strict=True))


def test_the_best_that_may_be_shown_is_one_and_first() -> None:
    of = features(gathered([[8, 4, 2, 1, -4]], kept=[False, True, True, True, True]))
    assert of["next.score"] == [1, 1, 0.5, 0.25, -1]
    assert of["next.listed"] == [1, 1, 1, 0, 0], "what may not be shown takes no place"
    assert of["next.rank"] == pytest.approx([1, 1, 1 / np.log2(3), 0, 0])


def test_a_source_that_knows_nothing_lists_nothing() -> None:
    of = features(gathered([[0, 0, -1]]))
    assert of["next.listed"] == of["next.rank"] == [0, 0, 0]
    assert of["next.score"] == [0, 0, -1]


def test_where_nothing_may_be_shown_what_was_dropped_keeps_its_order() -> None:
    """Or it could not be told what a filter has taken away."""
    dropped, shown = (features(gathered([[3, 2]], kept=[kept, kept]))["next.score"] for kept in (False, True))
    assert dropped == shown


def test_an_item_shares_category_and_brand_with_the_newest() -> None:
    of = features(gathered([[1, 1, 1]], rows=[1, 3, PER_KIND + 3]), taste_of_rows([2 * PER_KIND, 0]))
    assert of["item.category"] == pytest.approx([2 / 3, 2 / 3, 0]), "the newest counts twice what the one before does"
    assert of["item.near_category"] == pytest.approx([1, 1, 1])
    assert of["item.brand"] == pytest.approx([0, 1, 1])
    assert of["item.seen"] == [0, 0, 0]


def test_a_candidate_scores_the_same_in_any_company() -> None:
    rng = np.random.default_rng(0)
    made = Features(shop(), STATS, NAMES, 5)
    ranker = Ranker({name: float(rng.normal()) for name in made.names})
    features_FC = rng.random((len(made.names), 40)).astype(np.float32)
    together = ranker.score(features_FC, made.names)
    alone = [ranker.score(features_FC[:, at : at + 1], made.names)[0] for at in range(40)]
    assert together.tolist() == alone


def test_weights_of_those_that_speak_add_up_to_one() -> None:
    ranker = Ranker.fixed({"next": 3.0, "text": 1.0, "words": 9.0}, ("next", "text", "popular"))
    assert ranker.weights == {"next.score": 0.75, "text.score": 0.25, "popular.score": LAST_RESORT}


def test_popularity_is_the_last_resort_of_the_silent() -> None:
    assert Ranker.fixed({"text": 1.0}, ("popular",)).weights == {"popular.score": LAST_RESORT}
    assert Ranker.fixed({"popular": 2.0}, ("popular",)).weights == {"popular.score": 1.0}


def examples(n_people: int, *, seed: int = 0) -> Examples:
    """Return people whose hidden item has the best rank of `next`, which only looks weaker than `text` by its score."""
    rng = np.random.default_rng(seed)
    made = Features(shop(), STATS, NAMES, 20)
    blocks, targets = [], []
    for _ in range(n_people):
        scores = rng.random((3, 30))
        goal = int(rng.integers(30))
        scores[0, goal] = scores[0].max() * 1.001
        blocks.append(made.of(gathered(scores.tolist(), rows=list(range(30))), Taste()).T)
        targets.append(goal)
    return Examples.of(made.names, blocks, targets)


def test_what_tells_the_hidden_item_is_learnt() -> None:
    ranker, reached = learn(examples(200), NAMES)
    assert ranker.learnt
    other = examples(100, seed=9)
    scored = ranker.score(other.features_NF.T, other.names)
    assert other.utilities(scored).mean() > 0.95
    assert reached > 0.95
    assert ranker.shares()["next"] > 0.8


def test_learning_is_repeatable_and_few_people_teach_no_more_than_sources() -> None:
    assert learn(examples(60), NAMES)[0] == learn(examples(60), NAMES)[0]
    few, _ = learn(examples(FEWEST - 1), NAMES)
    assert not few.learnt
    assert all(name.endswith(".score") for name in few.weights)


def test_noise_moves_nothing() -> None:
    rng = np.random.default_rng(3)
    names = Features(shop(), STATS, NAMES, 5).names
    blocks = [rng.random((20, len(names))).astype(np.float32) for _ in range(200)]
    ranker, reached = learn(Examples.of(names, blocks, rng.integers(20, size=200).tolist()), NAMES)
    chance = np.mean(1 / np.log2(np.arange(20) + 2))
    assert abs(reached - chance) < 0.1
    assert not ranker.learnt or max(map(abs, ranker.weights.values())) < 2


def test_saved_equals_loaded(tmp_path) -> None:
    ranker, _ = learn(examples(60), NAMES)
    ranker.save(tmp_path / "ranker.json")
    assert Ranker.load(tmp_path / "ranker.json") == ranker


def test_parts_are_the_score_and_name_who_carried_it() -> None:
    names = ("next.score", "next.rank", "text.score", "popular.score", "item.popularity")
    ranker = Ranker({"next.score": 0.5, "next.rank": 0.25, "text.score": 0.1, "item.popularity": 0.5})
    values = np.array([1, 1, -1, 1, 0.2], dtype=np.float32)
    parts = ranker.parts(values, names)
    assert parts == pytest.approx({"next": 0.75, "text": -0.1, "popular": 0.1})
    assert sum(parts.values()) == pytest.approx(float(ranker.score(values[:, None], names)[0]))
    assert contributors(parts, tag=0.0) == ("next", "popular")
    assert contributors(parts, tag=2.0) == ("tag", "next")


@pytest.mark.parametrize("score", [0.0, -1.0])
def test_an_item_that_nothing_speaks_for_is_there_by_popularity(score: float) -> None:
    assert contributors({"text": score}, tag=0.0) == ("popular",)


def test_statistics_of_a_log_without_time_are_silent() -> None:
    assert not STATS.recent_I.any()
    assert np.isinf(STATS.age_days_I).all()
    assert len(STATS.popularity_I) == N


def test_what_is_learnt_of_popularity_stands() -> None:
    """Fame may count against an item, where other sources have favoured it enough already."""
    learnt = ranker_of({"popular.score": 0.0, "item.popularity": -2.0, "next.score": 8.0})
    assert learnt.weights == {"popular.score": 0.0, "item.popularity": -0.25, "next.score": 1.0}
    kept = ranker_of({"popular.score": 1.0, "next.score": 1.0})
    assert kept.weights == {"popular.score": 0.5, "next.score": 0.5}
