"""EASE: a ridge regression of each item on all others; the largest weights are kept, a wide catalogue has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from intentfeed.retrieval.ease import EaseConfig, ease_weights
from intentfeed.retrieval.neighbours import ItemNeighbours
from intentfeed.types import ACTION_CODE, NO_TIME, Interactions

N_USERS, N_ITEMS = 40, 12


def log(taken_UI: np.ndarray) -> Interactions:
    user, item = np.nonzero(taken_UI)
    return Interactions(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        action=np.full(len(user), ACTION_CODE["purchase"], dtype=np.int8),
        time_s=np.full(len(user), NO_TIME),
        value=np.full(len(user), np.nan),
        n_users=taken_UI.shape[0],
        n_items=taken_UI.shape[1],
    )


@pytest.fixture(scope="module")
def taken_UI() -> np.ndarray:  # noqa: N802
    rng = np.random.default_rng(4)
    likes_UT, shelf_I = rng.random((N_USERS, 3)) < 0.5, np.arange(N_ITEMS) % 3
    taken = (rng.random((N_USERS, N_ITEMS)) < 0.15 + 0.5 * likes_UT[:, shelf_I]).astype(float)
    taken[0] = 0  # somebody who took nothing
    return taken


def dense(found: ItemNeighbours) -> np.ndarray:
    return np.asarray(found.similarity_II.todense())


@pytest.mark.parametrize("damping", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("ridge", [0.3, 30.0])
def test_each_column_is_the_ridge_regression_of_its_item(taken_UI: np.ndarray, damping: float, ridge: float) -> None:
    """Row i, column j: what item i of a history adds to item j."""
    found = dense(ease_weights(log(taken_UI), EaseConfig(ridge=ridge, user_damping=damping)))
    people = np.maximum(taken_UI.sum(axis=1), 1) ** -damping
    for item in range(N_ITEMS):
        others = np.delete(np.arange(N_ITEMS), item)
        X, y = taken_UI[:, others], taken_UI[:, item]
        weights = np.linalg.solve(X.T @ (people[:, None] * X) + ridge * np.eye(len(others)), X.T @ (people * y))
        assert found[others, item] == pytest.approx(weights, abs=1e-5)
        assert found[item, item] == 0


def test_what_goes_together_adds_and_what_does_not_takes_away(taken_UI: np.ndarray) -> None:
    found, same = dense(ease_weights(log(taken_UI), EaseConfig(ridge=1.0))), np.arange(N_ITEMS) % 3
    alike = same[:, None] == same
    np.fill_diagonal(alike, False)
    assert found[alike].mean() > 3 * np.abs(found[~alike].mean())
    assert found.min() < 0


def test_the_largest_by_size_are_kept(taken_UI: np.ndarray) -> None:
    config = EaseConfig(ridge=1.0)
    whole = dense(ease_weights(log(taken_UI), config))
    few = dense(ease_weights(log(taken_UI), config.model_copy(update={"top": 3})))
    assert ((few != 0).sum(axis=1) == 3).all()
    for all_of, kept in zip(whole, few, strict=True):
        best = np.argsort(-np.abs(all_of), kind="stable")[:3]
        assert np.flatnonzero(kept).tolist() == sorted(best.tolist())
        assert (kept[best] == all_of[best]).all()
    assert (few < 0).any(), "a weight that takes away may be among the largest"


def test_more_than_there_is_keeps_all(taken_UI: np.ndarray) -> None:
    found = ease_weights(log(taken_UI), EaseConfig(top=1_000)).similarity_II
    assert found.nnz == N_ITEMS * (N_ITEMS - 1)
    assert found.has_sorted_indices


def test_a_catalogue_that_is_too_wide_and_an_empty_log_say_nothing(taken_UI: np.ndarray) -> None:
    wide = ease_weights(log(taken_UI), EaseConfig(widest=N_ITEMS - 1))
    empty = ease_weights(log(np.zeros((2, N_ITEMS))))
    for found in (wide, empty):
        assert found.n_items == N_ITEMS
        assert found.similarity_II.nnz == 0
    assert ease_weights(log(taken_UI), EaseConfig(widest=N_ITEMS)).similarity_II.nnz > 0


def test_an_item_that_nobody_took_adds_nothing(taken_UI: np.ndarray) -> None:
    taken = taken_UI.copy()
    taken[:, 5] = 0
    found = dense(ease_weights(log(taken)))
    assert not found[5].any()
    assert not found[:, 5].any()


def test_how_often_and_how_much_is_not_counted(taken_UI: np.ndarray) -> None:
    once = log(taken_UI)
    order = np.sort(np.tile(np.arange(len(once)), 2))
    twice = Interactions(
        **{name: getattr(once, name)[order] for name in ("user", "item", "action", "time_s", "value")},
        n_users=N_USERS,
        n_items=N_ITEMS,
    )
    twice.action[::2] = ACTION_CODE["click"]
    assert (dense(ease_weights(twice)) == dense(ease_weights(once))).all()


def test_saved_equals_loaded_and_two_fits_are_one(taken_UI: np.ndarray, tmp_path: Path) -> None:
    found = ease_weights(log(taken_UI))
    found.save(tmp_path)
    for again in (ItemNeighbours.load(tmp_path), ease_weights(log(taken_UI))):
        assert (dense(again) == dense(found)).all()
        assert again.config == found.config
