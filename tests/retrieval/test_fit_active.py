"""What training comes to: silence costs nothing, an intent is worth a lot, and a kill changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intentfeed.config import settings_of
from intentfeed.retrieval.active import ActiveTowers
from intentfeed.retrieval.active_intents import Facets
from intentfeed.retrieval.fit_active import Asked, TrainActiveConfig, ranks_of, train_active
from intentfeed.retrieval.fit_towers import fit
from intentfeed.retrieval.held_out import HeldOut
from intentfeed.retrieval.space import item_text
from intentfeed.types import History
from tests.retrieval.styles import N_ITEMS, Styles, styles

torch = pytest.importorskip("torch")
SMALL = ["active.sequence.dims=16", "active.sequence.layers=1", "active.sequence.length=12",
         "active.sequence.log_dims=16", "active.sequence.batch=32", "active.sequence.least_steps=1",
         "active.sequence.dropout=0.1", "active.hidden=32", "active.facing=16", "fit.lr=0.005", "fit.warmup_steps=0",
         "fit.threads=1", "fit.checkpoint_s=0"]  # fmt: skip
CONFIG = settings_of(TrainActiveConfig, {}, [*SMALL, "fit.epochs=8"])
TINY = settings_of(TrainActiveConfig, {}, [*SMALL, "fit.epochs=2", "watched=30"])


@dataclass(frozen=True)
class Learnt:
    """Plain and active towers that learnt from the same log, and who is asked."""

    asked: Asked
    plain: float
    silent: float
    told: float
    towers: ActiveTowers
    plain_scores: list[np.ndarray]


@pytest.fixture(scope="module")
def world() -> Styles:
    return styles(160)


@pytest.fixture(scope="module")
def facets(world: Styles) -> Facets:
    return Facets.of(world.data.catalog)


@pytest.fixture(scope="module")
def learnt(world: Styles, facets: Facets) -> Learnt:
    from intentfeed.retrieval.active_network import ActiveLearner
    from intentfeed.retrieval.sequence_network import SequenceLearner

    held = HeldOut.of(world.data, most=200)
    asked = Asked.of(held, facets, CONFIG.active)
    plain = SequenceLearner(held.data, CONFIG.active.sequence, seed=1)
    active = ActiveLearner(held.data, facets, CONFIG.active, seed=1)
    for learner in (plain, active):
        fit(learner, CONFIG.fit, seed=1)  # type: ignore[arg-type]
    towers, exported = active.export(), plain.export()
    users = exported.encode_users(held.histories)[:, 0]
    return Learnt(asked, held.ndcg(exported), *asked.ndcg(towers), towers, list(users @ exported.item_vectors.T))


def ndcg(learnt: Learnt, scores: list[np.ndarray]) -> float:
    held, found = learnt.asked.held, []
    for row, some in enumerate(scores):
        rank = ranks_of(some[None].astype(np.float32), int(held.targets[row]), held.histories[row].item)[0]
        found.append(1 / np.log2(rank + 2) if rank < 10 else 0.0)
    return float(np.mean(found))


def evened(scores: np.ndarray) -> np.ndarray:
    return (scores - scores.min()) / (np.ptp(scores) + 1e-9)


def test_silence_is_as_good_as_plain_towers(learnt: Learnt) -> None:
    assert learnt.plain > 0.2  # a style tells 18 items of 108, so 0.27 or so is all there is
    assert learnt.silent > 0.9 * learnt.plain


def test_an_intent_is_worth_a_lot(learnt: Learnt) -> None:
    assert learnt.told > 2 * learnt.plain


def test_words_and_taste_learnt_together_beat_their_mixture(learnt: Learnt, world: Styles) -> None:
    """Whatever share either has; and a plain order filtered by words."""
    texts_ID = item_text(world.data.encoder, world.data.catalog)
    asked = world.data.encoder.encode([" ".join(told) for told in learnt.asked.intents])
    cosines = list(asked @ texts_ID.T)
    pairs = list(zip(learnt.plain_scores, cosines, strict=True))
    mixed = [ndcg(learnt, [a * evened(words) + (1 - a) * evened(own) for own, words in pairs])
             for a in (0.1, 0.3, 0.5, 0.7, 0.9)]  # fmt: skip
    kept = [ndcg(learnt, [evened(own) + 2 * (words >= np.quantile(words, 1 - share)) for own, words in pairs])
            for share in (0.05, 0.1, 0.2, 0.3)]  # fmt: skip
    assert max(mixed) > learnt.plain
    assert learnt.told > max(mixed)
    assert learnt.told > max(kept)


def test_other_words_for_a_value_are_understood(learnt: Learnt) -> None:
    scores = [learnt.towers.scores_many(history, [("northern",), ("northern peak",)])
              for history in learnt.asked.held.histories[:20]]  # fmt: skip
    for one, other in scores:
        first, second = (set(np.argsort(-some)[:20].tolist()) for some in (one, other))
        assert len(first & second) >= 10


def test_intents_are_drawn_from_the_items_that_were_taken_up(learnt: Learnt, facets: Facets) -> None:
    for target, told in zip(learnt.asked.held.targets.tolist(), learnt.asked.intents, strict=True):
        assert told
        assert facets.answering([facets.values.index(text) for text in told])[target]


def test_ranks_leave_out_what_was_met_and_stand_in_the_middle_of_equals() -> None:
    scores = np.array([[3.0, 2.0, 2.0, 2.0, 1.0], [0.0, 0.0, 5.0, 0.0, 0.0]], dtype=np.float32)
    assert ranks_of(scores, 2, []).tolist() == [2, 0]
    assert ranks_of(scores, 2, [0, 1, -1, 2]).tolist() == [0, 0]


def same(one: ActiveTowers, other: ActiveTowers) -> bool:
    histories = [History.of_items(np.arange(n) * 7 % N_ITEMS) for n in (0, 1, 5, 20)]
    intents = [(), ("lamps",), ("old mill", "tents")]
    return all((one.scores_many(told, intents) == other.scores_many(told, intents)).all() for told in histories)


def test_one_seed_one_result_and_another_another(facets: Facets) -> None:
    data = styles(40).data
    one, again, other = (train_active(data, facets, TINY, seed=seed) for seed in (1, 1, 2))
    assert one.how.losses == again.how.losses
    assert one.ndcg == again.ndcg
    assert same(one.towers, again.towers)
    assert not same(one.towers, other.towers)


@pytest.mark.parametrize("at", ["watched, epoch 2", "whole, epoch 1"])
def test_a_killed_training_goes_on_and_ends_the_same(facets: Facets, tmp_path: Path, at: str) -> None:
    data, steps = styles(40).data, list[str]()

    def kill(what: str, done: int, _of: int) -> None:
        if what == at and done == 1:
            raise KeyboardInterrupt

    def train(**more: Any) -> ActiveTowers:
        return train_active(data, facets, TINY, folder=tmp_path, seed=1, **more).towers

    whole = train_active(data, facets, TINY, seed=1).towers
    with pytest.raises(KeyboardInterrupt):
        train(progress=kill)
    resumed = train(resume=True, progress=lambda what, _done, _of: steps.append(what))
    assert steps[0] == at
    assert same(resumed, whole)


def test_with_few_people_nobody_is_watched(facets: Facets) -> None:
    config = settings_of(TrainActiveConfig, {}, [*SMALL, "least_watched=50", "unwatched_epochs=1"])
    found = train_active(styles(30).data, facets, config)
    assert (found.n_watched, found.ndcg, found.how.why) == (0, None, "epochs")
