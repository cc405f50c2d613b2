"""The network that learns to heed: what it may look at, what it is asked, and which steps it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.errors import DataError
from intentfeed.retrieval.active_config import ActiveConfig
from intentfeed.retrieval.active_intents import NONE, Facets
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.held_out import HeldOut
from intentfeed.retrieval.sequence_config import SequenceConfig
from intentfeed.types import Interactions
from tests.retrieval.styles import N_ITEMS, Styles, styles

torch = pytest.importorskip("torch")

from intentfeed.retrieval.active_network import ActiveLearner  # noqa: E402
from intentfeed.retrieval.sequence_network import IGNORED  # noqa: E402

SMALL: dict[str, Any] = {"dims": 16, "layers": 1, "length": 6, "log_dims": 8, "interests": 0, "batch": 16,
                         "least_steps": 1}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> Styles:
    return styles(40)


@pytest.fixture(scope="module")
def facets(world: Styles) -> Facets:
    return Facets.of(world.data.catalog)


def learner_of(world: Styles, facets: Facets, *, sequence: dict[str, Any] | None = None, **settings: Any) -> Any:
    config = ActiveConfig(sequence=SequenceConfig(**{**SMALL, **(sequence or {})}), hidden=16, **settings)
    return ActiveLearner(world.data, facets, config, seed=1)


def batches(learner: Any, seed: int = 0) -> list[dict[str, np.ndarray]]:
    return list(learner.batches(0, np.random.default_rng(seed)))


def asked_items(batch: dict[str, np.ndarray]) -> np.ndarray:
    """Return the item that each place asks for, in the order of the places."""
    found: np.ndarray = batch["rows"][batch["targets"][batch["targets"] != IGNORED]]
    return found


@pytest.mark.parametrize("pool", [8_000, 0], ids=["every item", "some items"])
def test_each_intent_is_answered_by_the_item_that_came_next(world: Styles, facets: Facets, pool: int) -> None:
    sequence = {"full_softmax": pool, "negatives": 30}
    for batch in batches(learner_of(world, facets, sequence=sequence, asked=100)):
        targets = batch["targets"][batch["targets"] != IGNORED][batch["asked"]]
        assert 0 < len(targets) <= 100
        holds, values = batch["holds"], batch["values"]
        assert holds.shape[1] == len(batch["rows"])
        mine = holds[values[:, 0]] & holds[values[:, 1]]
        assert mine[np.arange(len(targets)), targets].all()
        assert not mine.all(axis=1).any()
        for item, phrases in zip(asked_items(batch)[batch["asked"]].tolist(), batch["phrases"].tolist(), strict=True):
            for phrase in phrases:
                if phrase != NONE:
                    value = int(np.searchsorted(facets.phrase_edges, phrase, side="right")) - 1
                    assert facets.answering([value])[item]


def test_in_a_large_catalogue_what_competes_shares_the_intent_and_violates_it(world: Styles, facets: Facets) -> None:
    """Where few items are drawn evenly, those of the values that a step names are drawn besides."""

    def shares(share: int) -> np.ndarray:
        learner = learner_of(world, facets, sequence={"full_softmax": 0, "negatives": 1, "batch": 8}, share=share)
        found = []
        for batch in batches(learner):
            mine = batch["holds"][batch["values"]].all(axis=1)
            assert (batch["drawn"] <= 0).all()
            found += (mine.sum(axis=1) - 1).tolist()
            assert (mine.mean(axis=1) < 0.9).all()
        return np.array(found)

    without, besides = shares(0), shares(12)
    assert besides.mean() > without.mean() + 1
    assert (besides > 0).mean() > 0.95


def test_how_likely_an_item_was_to_be_drawn_is_corrected_for(world: Styles, facets: Facets) -> None:
    learner = learner_of(world, facets, sequence={"full_softmax": 0, "negatives": 20}, share=4)
    targets, drawn = np.array([3, 30]), np.zeros(N_ITEMS)
    said, n = np.zeros(N_ITEMS), 800
    for seed in range(n):
        rows, chance = learner._candidates(targets[:0], targets, np.random.default_rng(seed))
        drawn[rows] += 1
        said[rows] = np.exp(chance)
    others = np.setdiff1d(np.arange(N_ITEMS), targets)
    assert 0.75 < said[others].mean() / (drawn[others] / n).mean() < 1.6


def test_every_event_is_asked_for_once_the_first_included(world: Styles, facets: Facets) -> None:
    asked = np.concatenate([asked_items(batch) for batch in batches(learner_of(world, facets))])
    log = world.data.log
    assert np.bincount(asked, minlength=N_ITEMS).tolist() == np.bincount(log.item, minlength=N_ITEMS).tolist()


def test_silence_has_its_share_and_the_rest_is_asked_both_ways(world: Styles, facets: Facets) -> None:
    found = batches(learner_of(world, facets, null_share=0.4, plain=0.25))
    n_asked = sum(len(batch["asked"]) for batch in found)
    n = sum(len(batch["plain"]) for batch in found)
    assert 0.5 < n_asked / n < 0.7
    for batch in found:
        told = np.isin(np.arange(len(batch["plain"])), batch["asked"])
        assert (batch["plain"] == np.where(told, np.float32(0.25), 1)).all()


def test_what_was_hidden_teaches_no_intent(world: Styles, facets: Facets) -> None:
    held = HeldOut.of(world.data, most=40)
    last = {history.user_id: target for history, target in zip(held.histories, held.targets.tolist(), strict=True)}
    assert len(last) == 40
    learner = learner_of(replace(world, data=held.data), facets)
    asked = np.concatenate([asked_items(batch) for batch in batches(learner)])
    assert np.bincount(asked, minlength=N_ITEMS).tolist() == np.bincount(held.data.log.item, minlength=N_ITEMS).tolist()
    assert len(asked) == len(world.data.log) - 40


def test_one_chance_one_batch(world: Styles, facets: Facets) -> None:
    learner = learner_of(world, facets)
    one, other, third = (batches(learner, seed) for seed in (3, 3, 4))
    for mine, yours in zip(one, other, strict=True):
        assert all((mine[name] == yours[name]).all() for name in mine)
    assert any(mine["phrases"].shape != yours["phrases"].shape or (mine["phrases"] != yours["phrases"]).any()
               for mine, yours in zip(one, third, strict=True))  # fmt: skip


def test_nothing_that_came_later_is_seen(world: Styles, facets: Facets) -> None:
    learner = learner_of(world, facets)
    head, rng = learner.head.eval(), np.random.default_rng(0)
    states = torch.from_numpy(rng.normal(size=(3, 7, 16)).astype(np.float32))
    later = states.clone()
    later[:, 4:] += 1
    q, padding = torch.from_numpy(rng.normal(size=(3, 7, 16)).astype(np.float32)), torch.zeros((3, 6), dtype=torch.bool)
    everywhere = torch.ones((3, 7), dtype=torch.bool)
    with torch.no_grad():
        before, after = (learner._people(some, padding, q, everywhere).view(3, 7, -1) for some in (states, later))
        padding[:, :2] = True  # the second and third states stand for nothing
        other = states.clone()
        other[:, 1:3] += 5
        padded, same = (learner._people(some, padding, q, everywhere).view(3, 7, -1) for some in (states, other))
    assert torch.equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).any(dim=2).all()
    assert torch.allclose(padded[:, 3:], same[:, 3:], atol=1e-6)
    assert head.training is False


def test_places_without_any_intent_still_learn(world: Styles, facets: Facets) -> None:
    learner = learner_of(world, facets, null_share=1.0)
    batch = {name: torch.from_numpy(array) for name, array in batches(learner)[0].items()}
    assert len(batch["asked"]) == 0
    assert torch.isfinite(learner.loss(batch))


def test_a_catalogue_with_nothing_to_ask_for_is_refused() -> None:
    ids = [f"i{row}" for row in range(30)]
    world = styles(4)
    catalog = Catalog.of({"item_id": ids, "title": ids})
    log = world.data.log
    few = Interactions(**{**{name: getattr(log, name) for name in ("user", "action", "time_s", "value", "n_users")},
                          "item": (log.item % 30).astype(np.int32), "n_items": 30})  # fmt: skip
    data = replace(world.data, catalog=catalog, log=few, encoder=SvdEncoder.fit(catalog))
    with pytest.raises(DataError, match=r"least_items"):
        ActiveLearner(data, Facets.of(catalog), ActiveConfig(sequence=SequenceConfig(**SMALL)))
