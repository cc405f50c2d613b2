"""β-fusion keeps its identity; merging tags keeps each tag's best and nothing else."""

import numpy as np
import pytest

from intentfeed.retrieval.fuse import answers, fuse_scores, merge_tags

RNG = np.random.default_rng(11)
USER = RNG.normal(size=32).astype(np.float32)
TAGS = RNG.normal(size=(5, 32)).astype(np.float32)
ITEMS = RNG.normal(size=(200, 32)).astype(np.float32)


@pytest.mark.parametrize("beta", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_fused_query_scores_as_the_weighted_sum(beta: float) -> None:
    fused = (np.float32(beta) * USER + np.float32(1 - beta) * TAGS) @ ITEMS.T
    assert fused == pytest.approx(fuse_scores(ITEMS @ USER, TAGS @ ITEMS.T, beta), abs=1e-4)
    assert fused == pytest.approx(beta * (ITEMS @ USER) + (1 - beta) * (TAGS @ ITEMS.T), abs=1e-4)


def test_beta_one_is_the_user_alone_and_zero_the_tag_alone() -> None:
    assert np.array_equal(fuse_scores(ITEMS @ USER, TAGS @ ITEMS.T, 1.0), np.tile(ITEMS @ USER, (5, 1)))
    assert np.array_equal(fuse_scores(ITEMS @ USER, TAGS @ ITEMS.T, 0.0), TAGS @ ITEMS.T)


def lists(scores: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return each tag's row as item rows and scores, some items left out."""
    rows = [np.flatnonzero(row > -3).astype(np.int32) for row in scores]
    return [(kept, row[kept]) for kept, row in zip(rows, scores, strict=True)]


def slow_merge(scores: np.ndarray, top: int) -> dict[int, tuple[float, int]]:
    found: dict[int, tuple[float, int]] = {}
    for tag, (items, row) in enumerate(lists(scores)):
        edge = sorted(row, reverse=True)[: min(top, len(row))][-1]
        for item, score in zip(items.tolist(), row.tolist(), strict=True):
            if score >= edge and (item not in found or score > found[item][0]):
                found[item] = (float(score), tag)
    return found


@pytest.mark.parametrize("top", [1, 7, 200, 500])
def test_merging_keeps_the_best_score_of_each_list(top: int) -> None:
    scores = np.round(TAGS @ ITEMS.T, 1)  # coarse, so that ties occur
    scores[:, ::9] = -np.inf
    best, tag = merge_tags(lists(scores), 200, top)
    want = slow_merge(scores, top)
    assert {int(item) for item in np.flatnonzero(tag >= 0)} == set(want)
    assert all((float(best[item]), int(tag[item])) == pair for item, pair in want.items())
    assert (best[tag < 0] == -np.inf).all()


def test_no_tags_bring_nothing() -> None:
    best, tag = merge_tags([], 6, 3)
    assert (best == -np.inf).all()
    assert (tag == -1).all()


def test_what_may_not_be_shown_is_in_no_list() -> None:
    rows, none = np.arange(4, dtype=np.int32), np.full(4, -np.inf, dtype=np.float32)
    assert (merge_tags([(rows, none), (rows[:0], none[:0])], 4, 3)[1] == -1).all()


def test_only_near_the_best_is_an_answer() -> None:
    scores = np.array([0.8, 0.4, 0.3, -0.1], dtype=np.float32)
    assert answers(scores, 0.5)[0].tolist() == [0, 1]
    assert np.array_equal(answers(scores, 0.0)[1], scores)
    assert not len(answers(np.zeros(4, dtype=np.float32), 0.5)[0])
