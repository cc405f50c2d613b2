"""What training comes to: silence costs nothing, an intent is worth a lot, and a kill changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intentfeed.config import settings_of
from intentfeed.retrieval.active import ActiveTowers
from intentfeed.retrieval.active_intents import Facets
from intentfeed.retrieval.active_worth import Worth
from intentfeed.retrieval.fit_active import Asked, TrainActiveConfig, TrainedActive, ranks_of, train_active
from intentfeed.retrieval.fit_towers import fit
from intentfeed.retrieval.held_out import HeldOut
from intentfeed.retrieval.space import item_text
from intentfeed.types import History
from tests.retrieval.styles import N_ITEMS, Styles, style_of, styles

torch = pytest.importorskip("torch")
SMALL = ["active.sequence.dims=16", "active.sequence.layers=1", "active.sequence.length=12",
         "active.sequence.log_dims=16", "active.sequence.batch=32", "active.sequence.least_steps=1",
         "active.sequence.dropout=0.1", "active.hidden=32", "active.facing=16", "fit.lr=0.005", "fit.warmup_steps=0",
         "fit.threads=1", "fit.checkpoint_s=0"]  # fmt: skip
CONFIG = settings_of(TrainActiveConfig, {}, [*SMALL, "fit.epochs=8"])
SEEDS = (1, 2)
TINY = settings_of(TrainActiveConfig, {}, [*SMALL, "fit.epochs=2", "watched=30"])


@dataclass(frozen=True)
class Learnt:
    """Plain and active towers that learnt from the same log, each seed its own, and who is asked.

    Which of the items that a person likes comes next is chance, so no hit is counted: the world knows all that would
    have been right, and what counts is how much of it comes first.
    """

    world: Styles
    asked: Asked
    likes: np.ndarray
    """[P, I]: of the person's style."""
    wanted: np.ndarray
    """[P, I]: of the style, and what is asked for."""
    towers: list[ActiveTowers]
    plain: list[np.ndarray]
    """The scores [P, I] of plain towers, one a seed; so are these, without a word and with one."""
    silent: list[np.ndarray]
    told: list[np.ndarray]

    def first(self, scores: Sequence[np.ndarray], right: np.ndarray) -> float:
        """Return the share of what is right among as many of the best, without what was met before."""
        new = np.ones_like(right)
        for row, history in enumerate(self.asked.held.histories):
            new[row, history.item] = False
        found = []
        for scores_PI in scores:
            order_PI = np.argsort(-np.where(new, scores_PI, -np.inf), axis=1, kind="stable")
            for mine, order in zip(right & new, order_PI, strict=True):
                found += [mine[order[: mine.sum()]].mean()] if mine.any() else []
        return float(np.mean(found))


@pytest.fixture(scope="module")
def facets() -> Facets:
    return Facets.of(styles(1).data.catalog)


@pytest.fixture(scope="module")
def learnt() -> Learnt:
    from intentfeed.retrieval.active_network import ActiveLearner
    from intentfeed.retrieval.sequence_network import SequenceLearner

    world = styles(160, misleading=True)
    held, facets = HeldOut.of(world.data, most=200), Facets.of(world.data.catalog)
    asked = Asked.of(held, facets, CONFIG.active)
    users = [world.data.user_ids.index(history.user_id) for history in held.histories]
    likes = style_of(np.arange(N_ITEMS)) == np.array(world.style)[users][:, None]
    answers = [facets.answering([facets.values.index(text) for text in said]) for said in asked.intents]
    towers, plain, silent, told = [], [], [], []
    for seed in SEEDS:
        alone = SequenceLearner(held.data, CONFIG.active.sequence, seed=seed)
        active = ActiveLearner(held.data, facets, CONFIG.active, seed=seed)
        for learner in (alone, active):
            fit(learner, CONFIG.fit, seed=seed)  # type: ignore[arg-type]
        exported = alone.export()
        plain.append(exported.encode_users(held.histories)[:, 0] @ exported.item_vectors.T)
        towers.append(active.export())
        both = np.array([towers[-1].scores_many(history, [(), said])
                         for history, said in zip(held.histories, asked.intents, strict=True)])  # fmt: skip
        silent.append(both[:, 0])
        told.append(both[:, 1])
    return Learnt(world, asked, likes, likes & np.array(answers), towers, plain, silent, told)


def evened(scores_PI: np.ndarray) -> np.ndarray:
    lowest, highest = (edge(axis=1, keepdims=True) for edge in (scores_PI.min, scores_PI.max))
    found: np.ndarray = (scores_PI - lowest) / (highest - lowest + 1e-9)
    return found


def test_silence_is_as_good_as_plain_towers(learnt: Learnt) -> None:
    plain, silent = (learnt.first(scores, learnt.likes) for scores in (learnt.plain, learnt.silent))
    assert plain > 0.8  # a quarter by chance
    assert silent > 0.9 * plain


def test_an_intent_is_worth_a_lot(learnt: Learnt) -> None:
    plain, told = (learnt.first(scores, learnt.wanted) for scores in (learnt.plain, learnt.told))
    assert told > 0.8
    assert told > 2 * plain


def test_words_and_taste_learnt_together_beat_their_mixture(learnt: Learnt) -> None:
    """Whatever share either has; and a plain order filtered by words.

    Where words and fields agree there is nothing to beat: a mixture is then all that the truth is. Here titles also
    name what an item goes with, and what a word says of an item is learnt from what people take.
    """
    texts_ID = item_text(learnt.world.data.encoder, learnt.world.data.catalog)
    words = learnt.world.data.encoder.encode([" ".join(said) for said in learnt.asked.intents]) @ texts_ID.T
    mixed = max(learnt.first([a * evened(words) + (1 - a) * evened(own) for own in learnt.plain], learnt.wanted)
                for a in (0.1, 0.3, 0.5, 0.7, 0.9))  # fmt: skip
    near = [words >= np.quantile(words, 1 - share, axis=1, keepdims=True) for share in (0.05, 0.1, 0.2, 0.3)]
    kept = max(learnt.first([evened(own) + 2 * some for own in learnt.plain], learnt.wanted) for some in near)
    assert mixed > 1.2 * learnt.first(learnt.plain, learnt.wanted)
    assert learnt.first(learnt.told, learnt.wanted) > 1.2 * max(mixed, kept)


def test_other_words_for_a_value_are_understood(learnt: Learnt) -> None:
    scores = [learnt.towers[0].scores_many(history, [("northern",), ("northern peak",)])
              for history in learnt.asked.held.histories[:20]]  # fmt: skip
    for one, other in scores:
        first, second = (set(np.argsort(-some)[:20].tolist()) for some in (one, other))
        assert len(first & second) >= 10


def test_intents_are_drawn_from_the_items_that_were_taken_up(learnt: Learnt) -> None:
    facets = Facets.of(learnt.world.data.catalog)
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
    found = train_active(styles(30).data, facets, config, judge=lambda _asked, _towers: Worth(share=0.5))
    assert found.worth == Worth(), "nobody was asked, so that nobody knows"


def test_a_judge_who_finds_them_no_better_keeps_them_from_serving(facets: Facets) -> None:
    data, judged, parts = styles(40).data, list[tuple[int, int]](), list[str]()

    def judge(asked: Asked, towers: ActiveTowers, *, share: float) -> Worth:
        judged.append((len(asked), towers.n_items))
        return Worth(share=share, ndcg=(0.2, 0.1), n=len(asked))

    def train(share: float, config: TrainActiveConfig = TINY) -> TrainedActive:
        parts.clear()
        return train_active(
            data,
            facets,
            config,
            seed=1,
            judge=lambda asked, towers: judge(asked, towers, share=share),  # type: ignore[arg-type]
            progress=lambda what, _done, _of: parts.append(what.partition(",")[0]),
        )

    worse, better = train(0.0), train(0.5)
    assert "whole" in parts
    assert judged == [(40, N_ITEMS), (40, N_ITEMS)], "all that is hidden, whoever says when to stop"
    assert worse.n_watched == better.n_watched == 30
    assert worse.worth is not None
    assert better.worth is not None
    assert (worse.worth.serves, better.worth.serves) == (False, True)
    assert not same(worse.towers, better.towers), "what serves has learnt from the whole log"
    assert "whole" not in (train(0.0), parts)[1], "nothing is learnt that would serve nobody"
    unasked = train(0.0, TINY.model_copy(update={"judged": 0}))
    assert unasked.worth is None
    assert len(judged) == 3
