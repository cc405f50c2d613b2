"""What every recommender at the referee's table must do; a new one is added to `RECOMMENDERS` and inherits all."""

import numpy as np
import pytest

from intentfeed.data.history import interactions
from intentfeed.evaluate.baselines.item_knn import ItemKnn
from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.baselines.text_knn import TextKnn
from intentfeed.evaluate.ours import Ours
from intentfeed.evaluate.recommender import CHUNK, Tunable

RECOMMENDERS = [Popularity, TextKnn, ItemKnn, Ours]
NOBODY = np.zeros(0, dtype=np.int32)


@pytest.fixture(scope="module", params=RECOMMENDERS, ids=lambda kind: kind.name)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def log(checkerboard):
    catalog, events = checkerboard
    return interactions(events, catalog), catalog


@pytest.fixture(scope="module")
def recommender(kind, log):
    found = kind()
    found.fit(*log)
    return found


@pytest.fixture(scope="module")
def histories(log):
    rng = np.random.default_rng(5)
    some = [rng.integers(0, 40, size=size).astype(np.int32) for size in rng.integers(0, 12, size=20)]
    return [NOBODY, *some, np.arange(40, dtype=np.int32), np.array([3, 3, 3], dtype=np.int32)]


def test_shapes_and_order(recommender, histories):
    ids, scores = recommender.recommend_many(histories, 7, exclude_seen=False)
    assert ids.shape == scores.shape == (len(histories), 7)
    assert ids.dtype == np.int32
    assert scores.dtype == np.float32
    shown = [row[row >= 0] for row in ids]
    assert all(len(set(row.tolist())) == len(row) for row in shown), "no item twice"
    assert all((np.diff(row[row > -np.inf]) <= 0).all() for row in scores), "best first"
    assert ((ids >= 0) == (scores > -np.inf)).all()
    assert (ids < 40).all()


def test_what_was_seen_is_left_out_when_asked(recommender, histories):
    ids, _ = recommender.recommend_many(histories, 40, exclude_seen=True)
    for row, history in zip(ids, histories, strict=True):
        assert not set(row[row >= 0].tolist()) & set(history.tolist())
    assert (ids[-2] == -1).all(), "someone who has seen everything gets nothing"


def test_someone_never_seen_before_gets_a_list(recommender):
    ids, _ = recommender.recommend_many([NOBODY], 10, exclude_seen=True)
    assert (ids >= 0).all()


def test_nobody_asks(recommender):
    ids, scores = recommender.recommend_many([], 4, exclude_seen=True)
    assert ids.shape == scores.shape == (0, 4)


@pytest.mark.parametrize("exclude_seen", [True, False])
def test_many_equals_one_by_one(recommender, histories, exclude_seen):
    many = [histories[n % len(histories)] for n in range(CHUNK + 10)]
    ids, scores = recommender.recommend_many(many, 6, exclude_seen=exclude_seen)
    for row in [*range(len(histories)), CHUNK - 1, CHUNK, CHUNK + 9]:
        alone = recommender.recommend_many([many[row]], 6, exclude_seen=exclude_seen)
        assert np.array_equal(alone[0][0], ids[row])
        assert np.array_equal(alone[1][0], scores[row])


def test_a_longer_list_begins_with_the_shorter(recommender, histories):
    short, _ = recommender.recommend_many(histories, 3, exclude_seen=True)
    long, _ = recommender.recommend_many(histories, 15, exclude_seen=True)
    assert np.array_equal(short, long[:, :3])


def test_more_than_there_is(recommender, histories):
    ids, _ = recommender.recommend_many(histories[1:3], 60, exclude_seen=False)
    assert ids.shape == (2, 60)
    assert (ids[:, 40:] == -1).all()


def test_two_fits_answer_alike(kind, log, recommender, histories):
    again = kind()
    again.fit(*log)
    for ours, theirs in zip(
        again.recommend_many(histories, 8, exclude_seen=True),
        recommender.recommend_many(histories, 8, exclude_seen=True),
        strict=True,
    ):
        assert np.array_equal(ours, theirs)


def test_histories_are_left_as_they_were(recommender, histories):
    before = [history.copy() for history in histories]
    recommender.recommend_many(histories, 5, exclude_seen=True)
    assert all(np.array_equal(a, b) for a, b in zip(before, histories, strict=True))


def test_variants_are_few_and_each_its_own(recommender):
    if not isinstance(recommender, Tunable):
        pytest.skip("nothing to tune")
    configs = [variant.config for variant in recommender.variants()]
    assert 1 < len(configs) <= 10
    assert len({config.model_dump_json() for config in configs}) == len(configs)
