"""Validation inside the training: nothing that is asked can be looked up in what is learnt from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from intentfeed.retrieval.held_out import HeldOut
from tests.retrieval.tastes import Tastes, tastes


@pytest.fixture(scope="module")
def world() -> Tastes:
    return tastes(30)


def knowing(held: HeldOut, scores: dict[int, float]) -> Any:
    """Return towers of one dimension an item, in which each person scores items as told: place on target → score."""
    n_items = held.data.log.n_items

    def encode_users(histories: Any) -> np.ndarray:
        rows = np.zeros((len(histories), 1, n_items), dtype=np.float32)
        for row, history in enumerate(histories):
            at = next(at for at, known in enumerate(held.histories) if known is history)
            for shift, score in scores.items():
                rows[row, 0, (held.targets[at] + shift) % n_items] = score
        return rows

    return SimpleNamespace(encode_users=encode_users, item_vectors=np.eye(n_items, dtype=np.float32), n_items=n_items)


def test_the_last_item_is_gone_from_the_log_and_the_history(world: Tastes) -> None:
    held, log = HeldOut.of(world.data, most=100), world.data.log
    assert len(held) == 30
    for user, (history, target) in enumerate(zip(held.histories, held.targets.tolist(), strict=True)):
        assert history.user_id == f"user {user}"
        assert target == log.item[log.user == user][-1]
        assert history.item.tolist() == log.item[log.user == user][:-1].tolist()
        mine = held.data.log.item[held.data.log.user == user]
        assert target not in mine
        assert mine.tolist() == history.item.tolist()


def test_an_item_that_was_taken_twice_is_gone_twice(world: Tastes) -> None:
    log = world.data.log
    log = type(log)(**{**{name: getattr(log, name) for name in log.__slots__}, "item": log.item.copy()})
    mine = np.flatnonzero(log.user == 0)
    log.item[mine[2]] = log.item[mine[-1]]
    data = type(world.data)(catalog=world.data.catalog, log=log, encoder=world.data.encoder, tags={})
    held = HeldOut.of(data, most=1)
    assert len(held) == 1
    assert held.targets[0] not in held.data.log.item[held.data.log.user == 0]
    assert held.histories[0].item.tolist() == log.item[mine[:2]].tolist(), "and so is what came after it"


def test_scores_are_those_of_the_referee(world: Tastes) -> None:
    held = HeldOut.of(world.data, most=100)
    assert held.ndcg(knowing(held, {0: 0.5})) == 1.0
    assert held.ndcg(knowing(held, {0: -0.5})) == 0.0
    unseen = [
        all((t + 1) % 60 != i for i in h.item.tolist()) for h, t in zip(held.histories, held.targets, strict=True)
    ]
    expected = np.where(unseen, 1 / np.log2(3), 1.0).mean()  # one item ahead, where it is not one of their own
    assert held.ndcg(knowing(held, {0: 0.5, 1: 0.7})) == pytest.approx(expected)
    assert held.ndcg(knowing(held, {})) < 0.05  # all alike: the middle of the catalogue, not its top


def test_people_are_drawn_evenly_and_popularity_is_no_giant(world: Tastes) -> None:
    held = HeldOut.of(world.data, most=10)
    drawn = [int(history.user_id.removeprefix("user ")) for history in held.histories]
    assert len(drawn) == 10
    assert (drawn[0], drawn[-1]) == (0, 29)
    assert max(np.diff(drawn)) <= 4
    assert 0 <= held.popularity_ndcg() < 0.3


def test_what_may_come_again_ranks_among_all(world: Tastes) -> None:
    held = HeldOut.of(world.data, most=100)
    met = np.array([history.item[-1] for history in held.histories], dtype=np.int64)
    again = HeldOut(held.data, held.histories, met, repeats=True)
    assert again.ndcg(knowing(again, {0: 0.5})) == 1.0
    assert again.ndcg(knowing(again, {0: 0.5, 1: 0.7})) == pytest.approx(1 / np.log2(3))
    assert 0 <= again.popularity_ndcg() <= 1
