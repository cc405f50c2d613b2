"""Several towers as one: scores are the members' mean, interests stay each member's own, files and new items work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.several import SeveralTowers
from intentfeed.retrieval.towers import GRID, Towers, interest_scores, load_towers
from intentfeed.types import History
from tests.retrieval.tastes import Tastes, tastes

torch = pytest.importorskip("torch")
CLOSE = 40 / GRID
"""What the grid of many small numbers may cost a score."""


@pytest.fixture(scope="module")
def world() -> Tastes:
    return tastes(60)


@pytest.fixture(scope="module")
def members(world: Tastes) -> list[Towers]:
    from intentfeed.retrieval.fit_towers import FitConfig, fit
    from intentfeed.retrieval.sequence_config import SequenceConfig
    from intentfeed.retrieval.sequence_network import SequenceLearner

    found = []
    for seed, dims in ((1, 16), (2, 8), (3, 16)):
        config = SequenceConfig(dims=dims, length=8, interests=2, log_dims=8, batch=32, least_steps=1)
        learner = SequenceLearner(world.data, config, seed=seed)
        fit(learner, FitConfig(epochs=3, threads=1, lr=3e-3), seed=seed)
        found.append(learner.export())
    return found


def people(world: Tastes, n: int) -> list[History]:
    return [world.history(user) for user in range(n)]


@pytest.fixture(scope="module")
def several(members: list[Towers]) -> SeveralTowers:
    return SeveralTowers(members)


def test_a_score_is_the_members_mean(world: Tastes, members: list[Towers], several: SeveralTowers) -> None:
    histories = people(world, 20)
    each = [member.encode_users(histories)[:, 0] @ member.item_vectors.T for member in members]
    found = several.encode_users(histories)[:, 0] @ several.item_vectors.T
    np.testing.assert_allclose(found * np.sqrt(3), np.mean(each, axis=0), atol=CLOSE)
    assert several.dims == 40
    alone = [member.temperature for member in members]
    assert several.temperature == pytest.approx(np.mean(alone) / np.sqrt(3)), "log-odds stay log-odds"


def test_interests_stay_each_members_own(world: Tastes, members: list[Towers], several: SeveralTowers) -> None:
    histories = people(world, 20)
    each = [interest_scores(member.encode_users(histories)[:, 1:], member.item_vectors) for member in members]
    found = interest_scores(several.encode_users(histories)[:, 1:], several.item_vectors)
    np.testing.assert_allclose(found * np.sqrt(3), np.max(each, axis=0), atol=CLOSE)


def test_company_changes_nothing_and_nobody_is_zero(world: Tastes, several: SeveralTowers) -> None:
    together = several.encode_users(people(world, 9))
    for row, history in enumerate(people(world, 9)):
        np.testing.assert_array_equal(several.encode_users([history])[0], together[row])
    nobody = several.encode_users([History.of_items([])])
    assert not nobody.any()
    for vectors in (several.item_vectors, together, several.encode_tags(["red lamp"])):
        np.testing.assert_array_equal(vectors * GRID, np.round(vectors * GRID))
        assert (np.square(vectors).sum(axis=-1) < 1).all()


def test_what_is_saved_serves_the_same(world: Tastes, several: SeveralTowers, tmp_path: Path) -> None:
    several.save(tmp_path)
    again = load_towers(tmp_path, world.data.encoder)
    assert isinstance(again, SeveralTowers)
    np.testing.assert_array_equal(again.item_vectors, several.item_vectors)
    np.testing.assert_array_equal(again.encode_users(people(world, 5)), several.encode_users(people(world, 5)))
    assert again.temperature == several.temperature


def test_new_items_are_read_from_their_text(world: Tastes, several: SeveralTowers) -> None:
    catalog = world.data.catalog
    twin = catalog.frame.tail(1).with_columns(item_id=catalog.frame.tail(1)["item_id"] + "-new")
    grown = Catalog(catalog.frame.vstack(twin))
    more = several.add_items(grown)
    assert more.n_items == len(catalog) + 1
    np.testing.assert_array_equal(more.item_vectors[:-1], several.item_vectors)
    np.testing.assert_array_equal(more.item_vectors[-1:], several.encode_items(Catalog(twin)))
    np.testing.assert_array_equal(several.updated(catalog, grown).item_vectors, more.item_vectors)
