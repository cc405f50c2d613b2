"""What people take up together is near; what they rate badly is not; nothing of one person leaks into another."""

import numpy as np
import pytest

from intentfeed.retrieval.evidence import EvidenceConfig, evidence
from intentfeed.retrieval.neighbours import NEXT, ItemNeighbours, NeighboursConfig
from intentfeed.types import ACTION_CODE, NO_TIME, Interactions


def log(rows: list[tuple[int, int]], action: str = "purchase", value=None, time_s=None, n_items: int = 8):
    user, item = (np.array(column, dtype=np.int32) for column in zip(*rows, strict=True))
    return Interactions(
        user=user,
        item=item,
        action=np.full(len(user), ACTION_CODE[action], dtype=np.int8),
        time_s=np.array(time_s if time_s is not None else [NO_TIME] * len(user), dtype=np.int64),
        value=np.array(value if value is not None else [np.nan] * len(user)),
        n_users=int(user.max()) + 1,
        n_items=n_items,
    )


def blocks(n_users: int = 20) -> Interactions:
    """Even users take items 0 to 3, odd ones 4 to 7."""
    return log([(u, (u % 2) * 4 + k) for u in range(n_users) for k in range(4)])


def test_neighbours_stay_in_the_block() -> None:
    scores = ItemNeighbours.fit(blocks()).scores([0], [1.0])
    assert scores.dtype == np.float32
    assert (scores[1:4] > 0).all()
    assert not scores[4:].any()
    assert scores[0] == 0


def test_many_equals_one_by_one() -> None:
    fitted = ItemNeighbours.fit(blocks())
    histories, weights = [[0, 1], [4], [], [1, 1, 7]], [[1.0, 0.5], [2.0], [], [0.1, 0.2, 0.3]]
    many = fitted.scores_many(histories, weights)
    for row, items, given in zip(many, histories, weights, strict=True):
        assert np.array_equal(row, fitted.scores(items, given))


def test_unknown_items_add_nothing() -> None:
    assert not ItemNeighbours.fit(blocks()).scores([-1, 99], [1.0, 1.0]).any()


def test_taken_up_together_counts_more() -> None:
    day = 86_400
    rows = [(u, item) for u in range(5) for item in (0, 1, 2)]
    times = [t for _ in range(5) for t in (0, 60, 400 * day)]
    scores = ItemNeighbours.fit(log(rows, time_s=times)).scores([1], [1.0])
    assert scores[0] > scores[2] > 0


def test_what_follows_is_not_what_precedes() -> None:
    scores = ItemNeighbours.fit(log([(u, k) for u in range(5) for k in (3, 1, 2)]), NEXT).scores([1], [1.0])
    assert scores[2] > 2 * scores[3] > 0


def test_a_rating_below_the_own_mean_is_no_liking_but_a_pair() -> None:
    rows = [(u, item) for u in range(4) for item in (0, 1, 2)]
    rated = log(rows, "rate", value=[5.0, 5.0, 1.0] * 4)
    assert evidence(rated).sequences() == [[0, 1]] * 4
    assert ItemNeighbours.fit(rated).scores([0], [1.0])[2] > 0
    liked = ItemNeighbours.fit(rated, NeighboursConfig(evidence=EvidenceConfig())).scores([0], [1.0])
    assert liked[1] > 0
    assert liked[2] == 0


def test_a_price_beside_a_purchase_is_no_judgement() -> None:
    rows, values = [(0, item) for item in (0, 1, 2)], [9.0, 1.0, 9.0]
    assert evidence(log(rows, "purchase", value=values)).sequences() == [[0, 1, 2]]
    assert evidence(log(rows, "review", value=values)).sequences() == [[0, 2]]


def test_only_the_top_is_kept_and_ties_go_to_the_lower_item() -> None:
    fitted = ItemNeighbours.fit(blocks(), NeighboursConfig(top=1, together=1, ahead=0, behind=0))
    assert np.diff(fitted.similarity_II.indptr).max() == 1
    assert fitted.similarity_II[0].indices.tolist() == [1]


def test_similarity_equals_the_slow_sum() -> None:
    config = NeighboursConfig(together=1, ahead=0, behind=0, user_damping=0.0, shrinkage=1.0)
    rows = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2)]
    similarity = ItemNeighbours.fit(log(rows, n_items=3), config).similarity_II.toarray()
    slow = np.zeros((3, 3))
    sets = [{u for u, i in rows if i == item} for item in range(3)]
    for a in range(3):
        for b in range(3):
            if a != b:
                slow[a, b] = len(sets[a] & sets[b]) / (len(sets[a]) ** 0.5 + 1) / (len(sets[b]) ** 0.5 + 1)
    assert similarity == pytest.approx(slow, abs=1e-6)


def test_saved_and_loaded_it_says_the_same(tmp_path) -> None:
    fitted = ItemNeighbours.fit(blocks())
    fitted.save(tmp_path)
    assert np.array_equal(ItemNeighbours.load(tmp_path).scores([0, 5], [1, 1]), fitted.scores([0, 5], [1, 1]))


def test_an_empty_log_has_no_neighbours() -> None:
    empty = Interactions(*(np.zeros(0, dtype=t) for t in ("i4", "i4", "i1", "i8", "f8")), n_users=0, n_items=3)
    assert not ItemNeighbours.fit(empty).scores([0], [1.0]).any()


def test_evidence_keeps_the_strongest_action_at_the_last_time() -> None:
    mixed = Interactions(
        user=np.array([0, 0, 0, 1], dtype=np.int32),
        item=np.array([5, 6, 5, 6], dtype=np.int32),
        action=np.array([ACTION_CODE[a] for a in ("purchase", "detail_view", "click", "impression")], dtype=np.int8),
        time_s=np.array([1, 2, 3, 4]),
        value=np.full(4, np.nan),
        n_users=2,
        n_items=7,
    )
    found = evidence(mixed)
    assert found.sequences() == [[6, 5], []]
    assert found.weight.tolist() == [1.0, 3.0]
    assert found.time_s.tolist() == [2, 3]


def test_very_long_histories_keep_their_newest() -> None:
    found = evidence(log([(0, k) for k in range(8)]), EvidenceConfig(max_items_per_user=3))
    assert found.sequences() == [[5, 6, 7]]
