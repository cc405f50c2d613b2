"""What every recommender at the referee's table must do; a new one is added to `RECOMMENDERS` and inherits all."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from intentfeed.data.history import interactions
from intentfeed.evaluate.baselines.als import Als
from intentfeed.evaluate.baselines.bert4rec import Bert4Rec
from intentfeed.evaluate.baselines.bm25 import Bm25
from intentfeed.evaluate.baselines.ease import Ease
from intentfeed.evaluate.baselines.embedding_knn import EmbeddingKnn, EmbeddingKnnConfig
from intentfeed.evaluate.baselines.item_bm25 import ItemBm25
from intentfeed.evaluate.baselines.item_knn import ItemKnn
from intentfeed.evaluate.baselines.own_history import OwnHistory
from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.baselines.recent_popularity import RecentPopularity
from intentfeed.evaluate.baselines.sasrec import SasRec
from intentfeed.evaluate.baselines.text_knn import TextKnn
from intentfeed.evaluate.ours import Ours, OursCore
from intentfeed.evaluate.recommender import CHUNK, CannotRun, ReadsEvents, Tunable
from intentfeed.feed.train import TrainConfig
from intentfeed.retrieval.fit_towers import FitConfig
from intentfeed.retrieval.sequence_config import SequenceConfig
from intentfeed.types import ACTION_CODE, History
from tests.evaluate.baselines.encoders import static_encoder

RECOMMENDERS = [
    Popularity, RecentPopularity, OwnHistory, TextKnn, Bm25, EmbeddingKnn, ItemKnn, ItemBm25, Ease, Als, SasRec,
    Bert4Rec, OursCore, Ours,
]  # fmt: skip
NEEDS = {Als: "implicit", ItemBm25: "implicit", EmbeddingKnn: "model2vec", Ours: "torch"}
"""Libraries of an extra."""
TINY = TrainConfig(
    fit=FitConfig(epochs=2, threads=1),
    sequence=SequenceConfig(dims=8, layers=1, length=8, log_dims=8, interests=2),
)
"""A training that takes a second."""
NOBODY = np.zeros(0, dtype=np.int32)


@pytest.fixture(scope="module", params=RECOMMENDERS, ids=lambda kind: kind.name)
def kind(request, tmp_path_factory, checkerboard):
    if request.param in NEEDS:
        pytest.importorskip(NEEDS[request.param])
    if request.param is EmbeddingKnn:
        folder = static_encoder(checkerboard[0].titles, tmp_path_factory.mktemp("encoder"))
        return partial(EmbeddingKnn, EmbeddingKnnConfig(encoder=str(folder)))
    if request.param is Ours:
        return partial(Ours, train=TINY)
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
def new_only(recommender):
    """Return whether it can leave out what was seen; what cannot is asked with repeats."""
    try:
        recommender.recommend_many([NOBODY], 1, exclude_seen=True)
    except CannotRun:
        return False
    return True


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


def test_what_was_seen_is_left_out_when_asked(recommender, histories, new_only):
    if not new_only:
        pytest.skip("it repeats what was seen, and says so")
    ids, _ = recommender.recommend_many(histories, 40, exclude_seen=True)
    for row, history in zip(ids, histories, strict=True):
        assert not set(row[row >= 0].tolist()) & set(history.tolist())
    assert (ids[-2] == -1).all(), "someone who has seen everything gets nothing"


def test_someone_never_seen_before_gets_a_list(recommender, new_only):
    ids, _ = recommender.recommend_many([NOBODY], 10, exclude_seen=new_only)
    assert (ids >= 0).all()


def test_nobody_asks(recommender, new_only):
    ids, scores = recommender.recommend_many([], 4, exclude_seen=new_only)
    assert ids.shape == scores.shape == (0, 4)


@pytest.mark.parametrize("exclude_seen", [True, False])
def test_many_equals_one_by_one(recommender, histories, new_only, exclude_seen):
    if exclude_seen and not new_only:
        pytest.skip("it repeats what was seen, and says so")
    many = [histories[n % len(histories)] for n in range(CHUNK + 10)]
    ids, scores = recommender.recommend_many(many, 6, exclude_seen=exclude_seen)
    for row in [*range(len(histories)), CHUNK - 1, CHUNK, CHUNK + 9]:
        alone = recommender.recommend_many([many[row]], 6, exclude_seen=exclude_seen)
        assert np.array_equal(alone[0][0], ids[row])
        assert np.array_equal(alone[1][0], scores[row])


def test_events_too_many_equal_one_by_one(recommender, log, histories, new_only):
    if not isinstance(recommender, ReadsEvents):
        pytest.skip("it reads no more than items")
    rng, times = np.random.default_rng(6), log[0].time_s
    asked = []
    for items in histories:
        when = np.sort(rng.choice(times, size=len(items))) - rng.integers(0, 3)
        kinds = rng.choice([ACTION_CODE["purchase"], ACTION_CODE["cart"]], size=len(items)).astype(np.int8)
        asked.append(replace(History.of_items(items), time_s=when, action=kinds))
    ids, scores = recommender.recommend_events(asked, 6, exclude_seen=new_only)
    assert ids.shape == scores.shape == (len(asked), 6)
    for row, history in enumerate(asked):
        alone = recommender.recommend_events([history], 6, exclude_seen=new_only)
        assert np.array_equal(alone[0][0], ids[row])
        assert np.array_equal(alone[1][0], scores[row])


def test_a_longer_list_begins_with_the_shorter(recommender, histories, new_only):
    short, _ = recommender.recommend_many(histories, 3, exclude_seen=new_only)
    long, _ = recommender.recommend_many(histories, 15, exclude_seen=new_only)
    assert np.array_equal(short, long[:, :3])


def test_more_than_there_is(recommender, histories):
    ids, _ = recommender.recommend_many(histories[1:3], 60, exclude_seen=False)
    assert ids.shape == (2, 60)
    assert (ids[:, 40:] == -1).all()


def test_two_fits_answer_alike(kind, log, recommender, histories, new_only):
    again = kind()
    again.fit(*log)
    for ours, theirs in zip(
        again.recommend_many(histories, 8, exclude_seen=new_only),
        recommender.recommend_many(histories, 8, exclude_seen=new_only),
        strict=True,
    ):
        assert np.array_equal(ours, theirs)


def test_histories_are_left_as_they_were(recommender, histories, new_only):
    before = [history.copy() for history in histories]
    recommender.recommend_many(histories, 5, exclude_seen=new_only)
    assert all(np.array_equal(a, b) for a, b in zip(before, histories, strict=True))


def test_variants_are_few_and_each_its_own(recommender):
    if not isinstance(recommender, Tunable):
        pytest.skip("nothing to tune")
    configs = [variant.config for variant in recommender.variants()]
    assert 1 < len(configs) <= 10
    assert len({config.model_dump_json() for config in configs}) == len(configs)
    few = [config.model_dump_json() for config in configs[:4]]
    assert recommender.config.model_dump_json() in few, "who may try a few must not end below who tries none"
