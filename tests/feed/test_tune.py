"""The log itself says what each source is worth; the hidden item is hidden entirely."""

import numpy as np

from intentfeed.data.catalog import Catalog
from intentfeed.feed.config import SOURCES, FeedConfig
from intentfeed.feed.model import FeedModel
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.ranker import Ranker
from intentfeed.feed.recommend import recommend_many
from intentfeed.feed.taste import taste_of
from intentfeed.feed.tune import Examples, raised
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.hidden import hide_last

from .worlds import N, interactions, log, shop


def test_hidden_items_leave_no_trace() -> None:
    whole = interactions([0, 0, 0, 0, 1, 2, 2], [3, 4, 3, 4, 9, 1, 2], n_users=3)
    hidden = hide_last(whole, 10)
    assert hidden.targets == [4, 2]  # person 1 has one item only
    assert [taste_of(history).items for history in hidden.histories] == [(3,), (1,)]
    assert hidden.log.user.tolist() == [0, 1, 2]  # what person 0 did after they first met item 4 is gone as well
    assert hidden.log.item.tolist() == [3, 9, 1]


def test_at_most_so_many_are_asked_and_always_the_same() -> None:
    first, again = hide_last(log(), 7), hide_last(log(), 7)
    assert len(first.targets) == 7
    assert first.targets == again.targets


def fit(catalog: Catalog, whole, config: FeedConfig | None = None) -> FeedModel:
    return FeedModel.fit(catalog, whole, SvdEncoder.fit(catalog), config)


def test_an_ordered_world_trusts_what_comes_next() -> None:
    """Item n is always followed by n + 7, whatever it reads like and whoever takes it up."""
    user = np.repeat(np.arange(150), 6)
    item = (np.tile(np.arange(6) * 7, 150) + np.repeat(np.arange(150) * 11, 6)) % N
    weights = fit(shop(), interactions(user.tolist(), item.tolist(), n_users=150)).ranker.shares()
    assert max(weights, key=lambda source: weights[source]) == "next"


def test_a_world_of_hits_trusts_popularity() -> None:
    rng = np.random.default_rng(2)
    share = 1 / np.arange(1, N + 1) ** 1.5
    picks = [rng.choice(N, size=4, replace=False, p=share / share.sum()) for _ in range(300)]
    bare = Catalog.of({"item_id": [f"i{row}" for row in range(N)]})
    whole = interactions(np.repeat(np.arange(300), 4).tolist(), np.concatenate(picks).tolist(), n_users=300)
    weights = fit(bare, whole).ranker.shares()
    assert weights["popular"] > 0.2
    shown = recommend_many([[N - 1], [N - 2]], 5, FeedParts.fit(bare, whole))[0]
    assert (shown < 12).all(), "somebody with odd items is shown the hits"
    assert "text" not in weights  # a source without a word is not asked


def test_given_weights_are_kept_and_nothing_is_tuned() -> None:
    ranker = fit(shop(), log(), FeedConfig(weights={"text": 1.0})).ranker
    assert not ranker.learnt
    assert max(ranker.shares(), key=lambda source: ranker.shares()[source]) == "text"


def test_a_log_too_small_to_ask_weighs_all_alike() -> None:
    ranker = fit(shop(), interactions([0], [1], n_users=1)).ranker
    assert len(set(ranker.weights.values())) == 1
    assert set(ranker.shares()) == set(SOURCES)


def test_what_may_come_again_is_never_pushed_down() -> None:
    """Nobody here takes anything up twice; still that an item was seen does not speak against it."""
    ranker = fit(shop(), log(), FeedConfig(exclude_seen=False)).ranker
    assert ranker.learnt
    assert ranker.weights["item.seen"] >= 0


def lifted(cost: float) -> tuple[float, float]:
    """Return the hits on new and on known items once new ones are raised at that cost."""
    rng = np.random.default_rng(5)
    new = rng.random((400, 60)) < 0.1
    alike = rng.random((400, 60)) * new
    target = np.array([rng.choice(np.flatnonzero(row)) if n % 5 == 0 else rng.choice(np.flatnonzero(~row))
                       for n, row in enumerate(new)])  # fmt: skip
    score = rng.random((400, 60)) * np.where(new, 0.4, 1.0)
    score[np.arange(400), target] += np.where(new[np.arange(400), target], 0.2, 0.4)
    alike[np.arange(400), target] = np.where(new[np.arange(400), target], 0.9, 0.0)
    names = ("text.score", "item.new")
    examples = Examples.of(names, list(np.stack([score, alike], axis=2).astype(np.float32)), target.tolist())
    ranker = raised(Ranker({"text.score": 1.0}, learnt=True), examples, cost)
    total = examples.features_NF @ np.array([ranker.weights.get(name, 0.0) for name in names])
    hits, strange = examples.hits(total), np.arange(400) % 5 == 0
    return float(hits[strange].mean()), float(hits[~strange].mean())


def test_new_items_get_the_room_that_known_ones_can_spare() -> None:
    new, known = lifted(0.0)
    more, less = lifted(0.05)
    assert more > new + 0.1
    assert 0.95 * known <= less < known
    assert lifted(0.1)[0] >= more


def test_without_new_items_nothing_is_raised() -> None:
    features = np.random.default_rng(1).random((50, 2)).astype(np.float32)
    features[:, 1] = 0
    ranker = Ranker({"text.score": 1.0}, learnt=True)
    assert raised(ranker, Examples.of(("text.score", "item.new"), [features], [3]), 0.5) is ranker
