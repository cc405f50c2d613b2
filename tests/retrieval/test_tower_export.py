"""Sums that are exact: any number of rows, in any order, gives the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from intentfeed.retrieval.tower_export import STATE_GRID, laid, mean_rows, through

RNG = np.random.default_rng(3)
WEIGHTS = [np.round(RNG.normal(0, 0.3, shape) * 2**22).astype(np.float32) / 2**22 for shape in ((40, 24), (24, 8))]
LAYERS = [(WEIGHTS[0], RNG.integers(-9, 9, 24).astype(np.float32) / 8), (WEIGHTS[1], np.zeros(8, dtype=np.float32))]


def test_a_row_gives_the_same_in_any_company() -> None:
    rows = laid(RNG.normal(0, 3, (300, 40)))
    whole = through(rows, LAYERS)
    assert (whole == np.concatenate([through(row[None], LAYERS) for row in rows])).all()
    shuffle = RNG.permutation(40)
    turned = [(LAYERS[0][0][shuffle], LAYERS[0][1]), LAYERS[1]]
    assert (whole == through(rows[:, shuffle], turned)).all()  # the order of a sum does not matter


def test_layers_are_what_they_are_called() -> None:
    rows = laid(RNG.normal(0, 1, (5, 40)))
    by_hand = np.maximum(rows @ LAYERS[0][0] + LAYERS[0][1], 0) @ LAYERS[1][0] + LAYERS[1][1]
    assert np.abs(through(rows, LAYERS) - by_hand).max() < 1e-5
    assert through(rows[:0], LAYERS).shape == (0, 8)


def test_means_of_rows_and_of_nothing() -> None:
    table = RNG.integers(-8, 8, (10, 4)).astype(np.float32)
    found = mean_rows(table, np.array([1, 1, 7, 9]), np.array([0, 0, 0, 2]), 3)
    assert found[0] == pytest.approx((2 * table[1] + table[7]) / 3, abs=1 / STATE_GRID)
    assert not found[1].any()
    assert (found[2] == table[9]).all()


@pytest.mark.parametrize("unit", [None, 0.1])
def test_what_serves_equals_what_was_trained(unit: float | None) -> None:
    """Against torch in float32, before the vectors are scaled and laid on their grid."""
    torch = pytest.importorskip("torch")
    from intentfeed.retrieval.fit_towers import FitConfig, fit
    from intentfeed.retrieval.paper_config import PaperConfig
    from intentfeed.retrieval.paper_network import PaperLearner
    from tests.retrieval.tastes import tastes

    world = tastes(40)
    learner = PaperLearner(world.data, PaperConfig(dims=16, hidden=(32,), temperature=unit), seed=2)
    fit(learner, FitConfig(epochs=2, threads=1))
    towers = learner.export()
    network = learner.net
    network.temperature = None
    with torch.no_grad():
        items = network.item_vectors(torch.from_numpy(learner.codes)).numpy()
        rows, owner = learner.events.before(np.arange(40), None, 50)
        counts = np.bincount(owner, minlength=80)
        users = network.user_vectors(
            torch.from_numpy(learner.user_rows),
            torch.from_numpy(learner.codes[rows, 0]),
            torch.from_numpy(learner.codes[rows, 1]),
            torch.from_numpy(np.cumsum(counts) - counts),
            0,
        ).numpy()
        words = [row for text in learner.texts for row in towers.word_rows(text)]
        lengths = [len(towers.word_rows(text)) for text in learner.texts]
        offsets = torch.tensor(np.cumsum([0, *lengths[:-1]]))
        tags = network.tag_vectors(torch.tensor(words), offsets).numpy()
    histories = [world.history(user) for user in range(40)]
    kept = [np.ones(len(history), dtype=np.bool_) for history in histories]
    assert np.abs(towers.item_states(learner.codes) - items).max() < 1e-5
    assert np.abs(towers.user_states(histories, kept) - users).max() < 1e-5
    assert np.abs(towers.tag_states(learner.texts)[0] - tags).max() < 1e-5
    served = towers.encode_users(histories)[:, 0]
    length = np.sqrt((users**2).sum(axis=1, keepdims=True))
    same_way = served / np.maximum(np.sqrt((served**2).sum(axis=1, keepdims=True)), 1e-9)
    assert np.abs(same_way - users / length).max() < 2e-3  # the grid's own step
