"""Of a real shop: intents are worth a lot there, too, and more than words and taste mixed afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from intentfeed.config import settings_of
from intentfeed.data.history import interactions
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.retrieval.active_intents import Facets
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.fit_active import Asked, TrainActiveConfig, ranks_of
from intentfeed.retrieval.fit_towers import TowerData, fit
from intentfeed.retrieval.held_out import HeldOut
from intentfeed.retrieval.space import item_text

pytest.importorskip("torch")
PEOPLE = 3_000
CONFIG = settings_of(TrainActiveConfig, {}, ["active.sequence.dims=32", "active.facing=32", "fit.epochs=8",
                                             "active.sequence.length=20", "fit.lr=0.003", "watched=600"])  # fmt: skip


def evened(scores: np.ndarray) -> np.ndarray:
    return (scores - scores.min()) / (np.ptp(scores) + 1e-9)


def test_said_and_liked_learnt_together_in_a_real_shop(shared_data: Path) -> None:
    from intentfeed.retrieval.active_network import ActiveLearner

    dataset = read_dataset(shared_data / "amazon-industrial-2018")
    catalog, whole = dataset.catalog, interactions(dataset.cut("valid").fit, dataset.catalog)
    few = whole.user < PEOPLE
    log = replace(whole, n_users=PEOPLE, **{name: getattr(whole, name)[few] for name in
                                            ("user", "item", "action", "time_s", "value")})  # fmt: skip
    encoder, facets = SvdEncoder.fit(catalog), Facets.of(catalog)
    held = HeldOut.of(TowerData(catalog=catalog, log=log, encoder=encoder, tags={}), most=CONFIG.watched)
    asked = Asked.of(held, facets, CONFIG.active)
    learner = ActiveLearner(held.data, facets, CONFIG.active, seed=0)
    fit(learner, CONFIG.fit, seed=0)  # type: ignore[arg-type]
    towers, texts_ID = learner.export(), item_text(encoder, catalog)
    silent, told = asked.ndcg(towers)
    mixed = []
    for history, target, said in zip(held.histories, held.targets.tolist(), asked.intents, strict=True):
        words, own = encoder.encode([" ".join(said)])[0] @ texts_ID.T, towers.scores_many(history, [()])[0]
        both = np.array([a * evened(words) + (1 - a) * evened(own) for a in (0.3, 0.5, 0.7)], dtype=np.float32)
        ranks = ranks_of(both, target, history.item)
        mixed.append(np.where(ranks < 10, 1 / np.log2(ranks + 2.0), 0.0))
    assert silent > held.popularity_ndcg()
    assert told > 2 * silent
    assert told > np.mean(mixed, axis=0).max(), (told, np.mean(mixed, axis=0))
