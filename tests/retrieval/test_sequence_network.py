"""The network that learns: what it may look at, what it is asked, and that it learns what it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.errors import ConfigError, DataError
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.fit_towers import FitConfig, TowerData, fit
from intentfeed.retrieval.held_out import HeldOut
from intentfeed.retrieval.sequence_config import SequenceConfig
from intentfeed.retrieval.sequence_events import N_GAPS, N_KINDS, read_log
from intentfeed.training_towers import train_config
from intentfeed.types import Interactions
from tests.retrieval.tastes import PER_SHELF, Tastes, tastes

torch = pytest.importorskip("torch")

from intentfeed.retrieval.sequence_network import (  # noqa: E402
    IGNORED,
    SequenceLearner,
    SequenceNetwork,
)

N_ITEMS = 4 * PER_SHELF
SMALL: dict[str, Any] = {"dims": 16, "length": 12, "log_dims": 16, "interests": 3, "batch": 32, "least_steps": 1}
QUICK = FitConfig(epochs=8, threads=1, lr=3e-3)


@pytest.fixture(scope="module")
def world() -> Tastes:
    return tastes(120)


@pytest.fixture(scope="module")
def network() -> Any:
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    text, log = (rng.normal(size=(20, width)).astype(np.float32) for width in (5, 4))
    net = SequenceNetwork(SequenceConfig(dims=16, length=30, interests=3), text, log)
    for table in (net.kinds, net.gaps):  # they begin as nothing
        torch.nn.init.normal_(table.weight)
    return net.eval()


def learner_of(data: TowerData, seed: int = 1, **settings: Any) -> SequenceLearner:
    return SequenceLearner(data, SequenceConfig(**{**SMALL, **settings}), seed=seed)


def learnt(data: TowerData, seed: int = 1, *, epochs: float = 8, **settings: Any) -> SequenceLearner:
    learner = learner_of(data, seed, **settings)
    fit(learner, QUICK, seed=seed, epochs=epochs)
    return learner


def without_text(data: TowerData) -> TowerData:
    catalog = Catalog.of({"item_id": data.catalog.item_ids})
    return replace(data, catalog=catalog, encoder=SvdEncoder.fit(catalog))


def batches(learner: SequenceLearner, seed: int = 0) -> list[Any]:
    return list(learner.batches(0, np.random.default_rng(seed)))


# What it may look at


def told(n_rows: int, n: int, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "item": torch.from_numpy(rng.integers(20, size=(n_rows, n))),
        "kinds": torch.from_numpy(rng.integers(N_KINDS, size=(n_rows, n))),
        "gaps": torch.from_numpy(rng.integers(N_GAPS, size=(n_rows, n))),
        "padding": torch.zeros((n_rows, n), dtype=torch.bool),
    }


def seen(network: Any, batch: dict[str, Any]) -> np.ndarray:
    """Return the unit vectors [B, N, H, D] at each place."""
    with torch.no_grad():
        vectors = network.items(torch.arange(20))[batch["item"]]
        states = network.states(vectors, batch["kinds"], batch["gaps"], batch["padding"])
        found: np.ndarray = network.interests(states, batch["padding"]).numpy()
    return found


@pytest.mark.parametrize("at", [1, 5, 8])
def test_nothing_that_came_later_is_seen(network: Any, at: int) -> None:
    before, after = told(3, 9), told(3, 9)
    for name, column in told(3, 9, seed=1).items():
        after[name][:, at:] = column[:, at:]
    ours, theirs = seen(network, before), seen(network, after)
    assert np.abs(ours[:, :at] - theirs[:, :at]).max() < 1e-5
    assert np.abs(ours[:, at:] - theirs[:, at:]).max() > 0.1


def test_all_that_came_before_is_seen(network: Any) -> None:
    before = told(3, 9)
    for name in ("item", "kinds", "gaps"):
        after = {key: column.clone() for key, column in before.items()}
        after[name][:, 0] = (after[name][:, 0] + 1) % 8
        change = np.abs(seen(network, before) - seen(network, after)).max(axis=(0, 2, 3))
        assert change.min() > 1e-4, name


@pytest.mark.parametrize("more", [1, 7, 20])
def test_padding_changes_nothing(network: Any, more: int) -> None:
    """Nor does whatever stands in the padded places."""
    plain, wide = told(4, 6), told(4, 6 + more, seed=2)
    for name, column in plain.items():
        wide[name][:, more:] = column
    wide["padding"][:, :more] = True
    assert np.abs(seen(network, wide)[:, more:] - seen(network, plain)).max() < 1e-5


# What it is asked


@pytest.mark.parametrize("length", [3, 4, 12])
def test_every_event_but_the_first_is_asked_for_once_an_epoch(world: Tastes, length: int) -> None:
    learner = learner_of(world.data, length=length)
    found = []
    for batch in batches(learner):
        assert batch["inputs"].shape[1] <= length
        asked = batch["targets"] != IGNORED
        assert (asked == ~batch["padding"]).all()
        assert asked[:, -1].all(), "the newest event is the last place"
        before = batch["rows"][batch["inputs"][asked]]
        found += list(zip(before.tolist(), batch["rows"][batch["targets"][asked]].tolist(), strict=True))
    expected = [pair for of in read_log(world.data.log) for pair in zip(of.item[:-1], of.item[1:], strict=True)]
    assert sorted(found) == sorted(expected)


def test_an_epoch_has_its_steps_and_its_chance_from_the_generator(world: Tastes) -> None:
    learner = learner_of(world.data)
    first, again, other = batches(learner), batches(learner), batches(learner, seed=1)
    assert len(first) == learner.steps == 4
    for ours, theirs in zip(first, again, strict=True):
        assert all(np.array_equal(ours[name], theirs[name]) for name in ours)
    assert any(not np.array_equal(ours["inputs"], theirs["inputs"]) for ours, theirs in zip(first, other, strict=True))
    assert learner_of(world.data, least_steps=12).steps == 12


def test_a_share_of_the_items_is_shown_as_new(world: Tastes) -> None:
    known = np.concatenate([batch["known"] for batch in batches(learner_of(world.data, stranger=0.4))])
    assert 0.5 < known.mean() < 0.7
    assert all(batch["known"].all() for batch in batches(learner_of(world.data, stranger=0.0)))


def test_without_text_no_item_is_shown_as_new(world: Tastes) -> None:
    learner = learnt(without_text(world.data), stranger=0.4)
    assert all(batch["known"].all() for batch in batches(learner))
    held = HeldOut.of(without_text(world.data), most=100)
    found = learnt(held.data).export()
    assert held.ndcg(found) > 1.3 * held.popularity_ndcg(), "it learns from the log alone"
    assert not found.encode_items(held.data.catalog).any()


def test_an_item_that_nobody_took_is_known_by_its_text_alone(world: Tastes) -> None:
    log = world.data.log
    keep = log.item != 7
    columns = {name: getattr(log, name)[keep] for name in ("user", "item", "action", "time_s", "value")}
    learner = learnt(replace(world.data, log=replace(log, **columns)))
    assert all(7 not in batch["rows"] for batch in batches(learner)), "or new ones would learn to stay away"
    towers = learner.export()
    alone = towers.encode_items(world.data.catalog)
    assert np.abs(towers.item_vectors[7] - alone[7]).max() < 1e-3
    assert np.abs(towers.item_vectors[8] - alone[8]).max() > 1e-2


# What is drawn, and corrected for


def test_whoever_draws_every_item_is_asked_as_by_the_full_softmax(world: Tastes) -> None:
    full, drawn = learner_of(world.data), learner_of(world.data, full_softmax=0, negatives=1_000)
    for ours, theirs in zip(batches(full), batches(drawn), strict=True):
        assert np.array_equal(ours["rows"], theirs["rows"])
        assert np.abs(theirs["drawn"]).max() == 0


def test_the_chance_to_be_drawn_is_what_it_is_said_to_be(world: Tastes) -> None:
    learner = learner_of(world.data, full_softmax=0, negatives=6, batch=8)
    n, among, said = 0, np.zeros(N_ITEMS), np.zeros(N_ITEMS)
    for epoch in range(60):
        for batch in learner.batches(epoch, np.random.default_rng(epoch)):
            assert len(np.unique(batch["rows"])) == len(batch["rows"]) < N_ITEMS
            among[batch["rows"]] += 1
            said[batch["rows"]] += np.exp(batch["drawn"])
            n += 1
    assert np.corrcoef(among / n, said / among)[0, 1] > 0.8
    assert np.abs(among / n - said / among).max() < 0.2


def test_a_sample_trains_to_about_the_same_as_all(world: Tastes) -> None:
    held = HeldOut.of(world.data, most=120)
    full, some = learnt(held.data), learnt(held.data, full_softmax=0, negatives=10, batch=16)
    assert some.steps > full.steps
    reached = {name: held.ndcg(of.export()) for name, of in (("full", learnt(held.data, batch=16)), ("some", some))}
    assert reached["some"] > 0.85 * reached["full"]
    assert reached["full"] > 1.5 * held.popularity_ndcg()


# What it learns


def test_the_loss_falls_and_one_seed_gives_one_result(world: Tastes) -> None:
    first, again, other = (learner_of(world.data, seed) for seed in (1, 1, 2))
    found = [fit(learner, QUICK, seed=seed) for learner, seed in ((first, 1), (again, 1), (other, 2))]
    assert found[0].losses[-1] < 0.8 * found[0].losses[0]
    assert found[0].losses == found[1].losses != found[2].losses
    ours, theirs, others = (learner.export()._arrays for learner in (first, again, other))
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)
    assert not np.array_equal(ours["item_vectors"], others["item_vectors"])


def test_interests_lie_apart_and_reach_both_tastes(world: Tastes) -> None:
    """Everybody likes two shelves, first the one, then the other; the newest event tells of the second alone."""
    towers = learnt(world.data, epochs=30, interests=4).export()
    users_UHD = towers.encode_users([world.history(user) for user in range(120)])
    shelves_UHK = np.argsort(-(users_UHD @ towers.item_vectors.T), axis=2)[:, :, :3] // PER_SHELF

    def reach_both(vectors: slice) -> float:
        shown = [set(shelves.ravel().tolist()) for shelves in shelves_UHK[:, vectors]]
        return float(np.mean([set(liked) <= of for liked, of in zip(world.likes, shown, strict=True)]))

    assert reach_both(slice(0, 1)) < 0.2
    assert reach_both(slice(1, None)) > 0.9
    interests = users_UHD[:, 1:]
    alike = (interests @ interests.swapaxes(1, 2))[:, *np.triu_indices(4, 1)]
    assert np.median(alike.min(axis=1)) < 0.7
    assert alike.mean() < 0.9


def test_what_keeps_interests_apart_does(world: Tastes) -> None:
    def closeness(apart: float) -> float:
        towers = learnt(world.data, apart=apart).export()
        interests = towers.encode_users([world.history(user) for user in range(60)])[:, 1:]
        return float((interests @ interests.swapaxes(1, 2))[:, *np.triu_indices(3, 1)].mean())

    assert closeness(2.0) < closeness(0.0)


# What cannot be


def test_nobody_with_two_items_is_said(world: Tastes) -> None:
    lonely = Interactions(
        user=np.arange(3, dtype=np.int32),
        item=np.arange(3, dtype=np.int32),
        action=np.full(3, 1, dtype=np.int8),
        time_s=np.arange(3),
        value=np.full(3, np.nan),
        n_users=3,
        n_items=N_ITEMS,
    )
    with pytest.raises(DataError, match="nobody in the log took two different items"):
        learner_of(replace(world.data, log=lonely))


def test_heads_that_do_not_share_the_width_are_said() -> None:
    with pytest.raises(ConfigError, match=r"sequence.*dims = 10.*heads = 4"):
        train_config(["sequence.dims=10", "sequence.heads=4"])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_on_a_gpu_it_is_watched_while_it_learns(world: Tastes) -> None:
    held, learner = HeldOut.of(world.data, most=60), learner_of(world.data)
    found = fit(learner, QUICK, watch=lambda: held.ndcg(learner.export()))
    assert found.score is not None
    assert found.score > held.popularity_ndcg()
