"""What hidden items say decides: a gain beyond chance serves, at the best share; no gain, and no questions, do not."""

from __future__ import annotations

import numpy as np

from intentfeed.retrieval.active_worth import TOO_FEW, Worth

SHARES = (0.25, 0.5)


def test_a_gain_beyond_chance_serves_at_the_share_that_finds_most() -> None:
    rng = np.random.default_rng(1)
    without = rng.random(400)
    worth = Worth.of(np.stack([without, without + 0.02, without + 0.05 + 0.1 * rng.normal(size=400)]), SHARES)
    assert (worth.serves, worth.share, worth.n) == (True, 0.5, 400)
    assert worth.ndcg is not None
    assert 0.03 < worth.ndcg[0] - worth.ndcg[1] < 0.07
    assert "it is served, with 0.5 of the personal score" in worth.why


def test_what_is_worse_or_no_better_than_chance_is_not_served() -> None:
    rng = np.random.default_rng(2)
    without = rng.random(400)
    noise = rng.normal(size=400)
    worse = Worth.of(np.stack([without, without - 0.01, without - 0.05]), SHARES)
    chance = Worth.of(np.stack([without, without - 0.01, without + noise - noise.mean() + 0.01]), SHARES)
    assert (worse.serves, worse.share) == (False, 0.0)
    assert (chance.serves, chance.share) == (False, 0.0)
    assert chance.ndcg is not None
    assert chance.ndcg[0] > chance.ndcg[1]  # a gain, but one that chance brings
    assert "no gain beyond chance" in chance.why


def test_where_nobody_can_be_asked_nothing_is_served() -> None:
    worth = Worth.of(np.zeros((3, 0)), SHARES)
    assert worth == Worth()
    assert worth.figures() == {"serves": False, "share": 0.0, "why": TOO_FEW}


def test_the_figures_hold_both_numbers_and_the_sentence() -> None:
    without = np.linspace(0, 0.8, 100)
    worth = Worth.of(np.stack([without, without + 0.1, without + 0.02]), SHARES)
    told = worth.figures()
    assert (told["serves"], told["share"], told["questions"]) == (True, 0.25, 100)
    assert (told["ndcg@10_with"], told["ndcg@10_without"]) == (0.5, 0.4)
    assert told["why"] == worth.why


def test_a_handful_of_questions_says_nothing() -> None:
    worth = Worth.of(np.array([[0.5], [0.63]]), [0.25])
    assert not worth.serves
    assert worth.ndcg is None
