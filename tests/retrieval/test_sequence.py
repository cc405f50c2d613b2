"""Serving the sequence towers: plain NumPy says what the network says, in any company, of any length."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.sequence import SequenceTowers
from intentfeed.retrieval.sequence_events import read_history
from intentfeed.retrieval.towers import GRID, LONGEST
from intentfeed.types import ACTION_CODE, ACTIONS, NO_TIME, History
from tests.retrieval.tastes import PER_SHELF, SHELVES, Tastes, tastes

torch = pytest.importorskip("torch")
N_ITEMS, LENGTH, N_INTERESTS = 4 * PER_SHELF, 8, 3


@pytest.fixture(scope="module")
def world() -> Tastes:
    return tastes(60)


def trained(world: Tastes, **settings: Any) -> Any:
    from intentfeed.retrieval.fit_towers import FitConfig, fit
    from intentfeed.retrieval.sequence_config import SequenceConfig
    from intentfeed.retrieval.sequence_network import SequenceLearner

    small = {"dims": 16, "length": LENGTH, "interests": N_INTERESTS, "log_dims": 8, "batch": 32, "least_steps": 1}
    learner = SequenceLearner(world.data, SequenceConfig(**{**small, **settings}), seed=2)
    fit(learner, FitConfig(epochs=6, threads=1, lr=3e-3), seed=2)
    return learner


@pytest.fixture(scope="module")
def learner(world: Tastes) -> Any:
    return trained(world)


@pytest.fixture(scope="module")
def towers(learner: Any) -> SequenceTowers:
    found: SequenceTowers = learner.export()
    return found


def people(n: int = 40, *, seed: int = 8) -> list[History]:
    """Return histories of any length with actions, times, dislikes, repeats and unknown items."""
    rng, found = np.random.default_rng(seed), []
    for length in rng.integers(1, 3 * LENGTH, n).tolist():
        history = History.of_items(rng.integers(-1, N_ITEMS + 3, length))
        history.item[0] = rng.integers(N_ITEMS)  # somebody to be read
        history.action[1:] = rng.integers(len(ACTIONS), size=length)[1:]
        times = np.sort(rng.integers(0, 10**7, length))
        history.time_s[:] = np.where(rng.random(length) < 0.2, NO_TIME, times)
        history.value[:] = np.where(rng.random(length) < 0.5, np.nan, rng.integers(1, 6, length))
        found.append(history)
    return found


def by_network(learner: Any, histories: list[History]) -> np.ndarray:
    """Return what torch makes of people's newest events, all of them padded into one batch."""
    read = [read_history(history, N_ITEMS, longest=LENGTH) for history in histories]
    shape = (len(read), LENGTH)
    item, kind, gap, padding = np.zeros(shape, int), np.zeros(shape, int), np.zeros(shape, int), np.ones(shape, bool)
    for row, of in enumerate(read):
        at = slice(LENGTH - len(of), LENGTH)
        item[row, at], kind[row, at], gap[row, at], padding[row, at] = of.item, of.kind, of.gap, False
    net, (rows, kinds, gaps, empty) = learner.net.eval(), map(torch.from_numpy, (item, kind, gap, padding))
    with torch.no_grad():
        vectors = net.items(torch.arange(N_ITEMS))[rows]
        found: np.ndarray = net.interests(net.states(vectors, kinds, gaps, empty), empty)[:, -1].numpy()
    return found


def test_numpy_says_what_the_network_says(learner: Any, towers: SequenceTowers) -> None:
    served, theirs = towers.encode_users(people()) / LONGEST, by_network(learner, people())
    assert served.shape == theirs.shape == (40, 1 + N_INTERESTS, 16)
    assert np.abs(served - theirs).max() < 1e-3
    with torch.no_grad():
        items = learner.net.items(torch.arange(N_ITEMS)).numpy()
    assert np.abs(towers.item_vectors / LONGEST - items).max() < 1 / GRID


@pytest.mark.parametrize("settings", [{"interests": 0}, {"layers": 1, "heads": 4}, {"log_dims": 0}], ids=str)
def test_so_it_does_in_other_shapes(world: Tastes, settings: dict[str, int]) -> None:
    from intentfeed.retrieval.sequence_config import SequenceConfig
    from intentfeed.retrieval.sequence_network import SequenceLearner

    learner: Any = SequenceLearner(world.data, SequenceConfig(**{"dims": 16, "length": LENGTH, **settings}), seed=3)
    served = learner.export().encode_users(people()) / LONGEST
    assert served.shape[1] == 1 + settings.get("interests", 4)
    assert np.abs(served - by_network(learner, people())).max() < 1e-3


def test_company_and_threads_change_nothing(towers: SequenceTowers) -> None:
    histories = people(200)
    with threadpool_limits(1):
        together = towers.encode_users(histories)
    with threadpool_limits(2):
        assert (towers.encode_users(histories[::-1])[::-1] == together).all()
        alone = [towers.encode_users([history]) for history in histories]
    assert (np.concatenate(alone) == together).all()


def test_actions_times_dislikes_and_order_are_read(learner: Any, towers: SequenceTowers) -> None:
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=towers._arrays[name].shape) for name in ("kinds", "gaps")}  # as if learnt
    reading = SequenceTowers({**towers._arrays, **arrays}, towers._meta, learner.encoder)
    plain, rate = History.of_items([3, 20, 33]), np.full(3, ACTION_CODE["rate"], dtype=np.int8)
    told = [
        plain,
        History.of_items([33, 20, 3]),
        replace(plain, action=np.full(3, ACTION_CODE["purchase"], dtype=np.int8)),
        replace(plain, action=rate),
        replace(plain, action=rate, value=np.array([5.0, 5.0, 1.0])),
        replace(plain, time_s=np.array([0, 1_000, 2_000])),
        replace(plain, time_s=np.array([0, 1_000, 90_000])),
    ]
    found = reading.encode_users(told)[:, 0]
    differences = np.abs(found[:, None] - found[None]).max(axis=2)
    assert (differences + np.eye(len(told)) > 0.01).all()


def test_only_the_newest_count(towers: SequenceTowers) -> None:
    items = np.random.default_rng(0).permutation(N_ITEMS)[: LENGTH + 4]
    whole, newest, fewer = (towers.encode_users([History.of_items(items[-n:])]) for n in (LENGTH + 4, LENGTH, 4))
    assert (whole == newest).all()
    assert (newest != fewer).any()


def test_somebody_of_whom_nothing_is_read_is_zero_and_nobody_else(towers: SequenceTowers) -> None:
    nobody = [History.of_items([]), History.of_items([-1, N_ITEMS]), History.of_items([3], action="search")]
    assert not towers.encode_users(nobody).any()
    assert towers.encode_users(people()).any(axis=2).all()


def test_a_new_item_reaches_its_shelf_from_its_text_alone(towers: SequenceTowers) -> None:
    fresh = {
        "item_id": [f"n{row}" for row in range(4)],
        "title": [f"heavy {name[:-1]}" for name in SHELVES],
        "category": [f"shop > {name}" for name in SHELVES],
    }
    vectors = towers.encode_items(Catalog.of(fresh))
    near = np.argsort(-(vectors @ towers.item_vectors.T), axis=1)[:, :8] // PER_SHELF
    assert (near == np.arange(4)[:, None]).mean() > 0.9


def test_an_item_keeps_what_is_its_own_when_its_text_changes(towers: SequenceTowers, world: Tastes) -> None:
    old = world.data.catalog
    columns: dict[str, list[Any]] = {name: old.frame[name].to_list() for name in old.frame.columns}
    columns["title"][7] = "blue tent no99"
    new = Catalog.of(columns)
    moved = towers.updated(old, new)
    text = towers.encode_items(Catalog(new.frame[[7]]))[0]
    assert (moved.item_vectors[7] != towers.item_vectors[7]).any()
    assert (moved.item_vectors[7] != text).any()
    was = np.abs(towers.updated(old, old).item_vectors[7] - towers.item_vectors[7]).max()
    assert was == 0
    back = moved.updated(new, old).item_vectors[7]
    assert np.abs(back - towers.item_vectors[7]).max() <= 2 / GRID


def test_the_price_moves_nothing(towers: SequenceTowers, world: Tastes) -> None:
    old = world.data.catalog
    columns: dict[str, list[Any]] = {name: old.frame[name].to_list() for name in old.frame.columns}
    columns["price"][7] = 1e6
    assert towers.updated(old, Catalog.of(columns)).item_vectors is towers.item_vectors


def test_changed_and_new_at_once_and_saved_in_between(towers: SequenceTowers, world: Tastes, tmp_path: Path) -> None:
    old = world.data.catalog
    columns: dict[str, list[Any]] = {name: old.frame[name].to_list() for name in old.frame.columns}
    columns["title"][7] = "blue tent no99"
    for name, values in columns.items():
        values.append("new" if name == "item_id" else values[40])
    new = Catalog.of(columns)
    towers.save(tmp_path)
    loaded = SequenceTowers.load(tmp_path, world.data.encoder)
    for grown in (towers.updated(old, new), loaded.updated(old, new)):
        assert grown.n_items == N_ITEMS + 1
        assert (grown.item_vectors[N_ITEMS] == towers.encode_items(new)[N_ITEMS]).all()
        assert np.flatnonzero((grown.item_vectors[:N_ITEMS] != towers.item_vectors).any(axis=1)).tolist() == [7]
        assert grown.encode_users([History.of_items([N_ITEMS])]).any()
        grown.save(tmp_path / "grown")
        again = SequenceTowers.load(tmp_path / "grown", world.data.encoder)
        assert (again.encode_users(people()) == grown.encode_users(people())).all()


def test_a_difference_of_scores_is_one_of_log_odds(learner: Any, towers: SequenceTowers) -> None:
    history = people(1)
    scores = towers.encode_users(history)[0, 0] @ towers.item_vectors.T / towers.temperature
    with torch.no_grad():
        items = learner.net.items(torch.arange(N_ITEMS)).numpy()
    odds = by_network(learner, history)[0, 0] @ items.T / learner.config.temperature
    assert np.abs((scores - scores[0]) - (odds - odds[0])).max() < 0.03
