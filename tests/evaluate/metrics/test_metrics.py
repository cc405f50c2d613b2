"""Metrics by hand, and against an independent library."""

import math

import ir_measures
import numpy as np
import pytest
from ir_measures import RR, P, R, Success, nDCG

from intentfeed.evaluate.metrics import METRICS, hr, mrr, ndcg, recall

HITS = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 1]], dtype=bool)
WANTED = np.array([1, 1, 1, 3])


def test_hit_rate_by_hand():
    assert hr(HITS, WANTED, 2).tolist() == [1, 0, 0, 1]
    assert hr(HITS, WANTED, 3).tolist() == [1, 1, 0, 1]


def test_ndcg_by_hand():
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    several = (1 / math.log2(3) + 1 / math.log2(5)) / best
    assert ndcg(HITS, WANTED, 4) == pytest.approx([1, 1 / 2, 0, several])
    assert ndcg(HITS, WANTED, 2) == pytest.approx([1, 0, 0, (1 / math.log2(3)) / (1 + 1 / math.log2(3))])


def test_mrr_and_recall_by_hand():
    assert mrr(HITS, WANTED, 4) == pytest.approx([1, 1 / 3, 0, 1 / 2])
    assert mrr(HITS, WANTED, 2) == pytest.approx([1, 0, 0, 1 / 2])
    assert recall(HITS, WANTED, 4) == pytest.approx([1, 1, 0, 2 / 3])


@pytest.mark.parametrize("name", sorted(METRICS))
def test_edges(name):
    metric = METRICS[name]
    assert metric(np.zeros((0, 5), dtype=bool), np.zeros(0, dtype=int), 5).shape == (0,)
    assert metric(np.zeros((2, 3), dtype=bool), np.array([0, 1]), 10).tolist() == [0, 0]
    assert metric(np.ones((1, 3), dtype=bool), np.array([3]), 3).tolist() == [1]


@pytest.mark.parametrize("wanted", [1, 4])
def test_agreement_with_ir_measures(wanted):
    rng = np.random.default_rng(7)
    n_questions, n_items, depth = 60, 80, 60
    relevant = np.stack([rng.choice(n_items, wanted, replace=False) for _ in range(n_questions)])
    lists = np.stack([rng.permutation(n_items)[:depth] for _ in range(n_questions)])
    hits = (lists[:, :, None] == relevant[:, None, :]).any(axis=2)
    qrels = [ir_measures.Qrel(str(q), str(i), 1) for q in range(n_questions) for i in relevant[q]]
    run = [
        ir_measures.ScoredDoc(str(q), str(i), float(depth - place))
        for q in range(n_questions)
        for place, i in enumerate(lists[q])
    ]
    n = np.full(n_questions, wanted)
    for k in (1, 3, 5, 10, 20, 50):
        theirs = ir_measures.calc_aggregate([Success @ k, nDCG @ k, RR @ k, R @ k, P @ k], qrels, run)
        assert hr(hits, n, k).mean() == pytest.approx(theirs[Success @ k])
        assert ndcg(hits, n, k).mean() == pytest.approx(theirs[nDCG @ k])
        assert mrr(hits, n, k).mean() == pytest.approx(theirs[RR @ k])
        assert recall(hits, n, k).mean() == pytest.approx(theirs[R @ k])
