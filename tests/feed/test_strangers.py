"""Items that nobody took up borrow from their like: known ones only, shares of one whole, the same whoever asks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from intentfeed.feed.strangers import KIN, Strangers
from intentfeed.retrieval.index import ExactIndex, IndexConfig
from intentfeed.retrieval.indexing import build_index

N, DIMS = 60, 8


@pytest.fixture
def vectors() -> np.ndarray:
    found = np.random.default_rng(0).normal(size=(N, DIMS))
    found[7] = 0  # without text
    return (found / np.maximum(np.sqrt((found**2).sum(axis=1, keepdims=True)), 1e-9)).astype(np.float32)


def strangers(vectors: np.ndarray, known: Sequence[int] = range(30)) -> Strangers:
    known_I = np.zeros(N, dtype=np.bool_)
    known_I[list(known)] = True
    return Strangers(known_I, vectors, ExactIndex(vectors))


def rows(*items: int) -> np.ndarray:
    return np.array(items, dtype=np.int32)


def test_they_borrow_from_the_known_items_that_read_most_like_them(vectors: np.ndarray) -> None:
    found = strangers(vectors)
    assert found.among(rows(3, 40, 29, 30)).tolist() == [False, True, False, True]
    kin_RK, share_RK = found.kin(rows(40, 55))
    for row, kin, share in zip((40, 55), kin_RK, share_RK, strict=True):
        alike = vectors[:30] @ vectors[row]
        best = np.argsort(-alike, kind="stable")[:KIN]
        assert kin.tolist() == best.tolist()
        assert share == pytest.approx(np.maximum(alike[best], 0) / np.maximum(alike[best], 0).sum(), abs=1e-6)


def test_fewer_known_items_than_kin_and_none_alike(vectors: np.ndarray) -> None:
    kin_RK, share_RK = strangers(vectors, known=(3, 4)).kin(rows(40))
    assert kin_RK.shape == (1, KIN)
    assert set(kin_RK[share_RK > 0].tolist()) <= {3, 4}
    vectors[50] = 0
    assert not strangers(vectors).kin(rows(50))[1].any(), "without a word it borrows nothing"


def test_the_same_in_any_company_and_order(vectors: np.ndarray) -> None:
    asked = strangers(vectors)
    some = [asked.kin(rows(*each)) for each in ((50, 40), (40,), (31, 50, 59), tuple(range(30, 60)))]
    whole = strangers(vectors).kin(rows(*range(30, 60)))
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(some[-1], whole, strict=True))
    for at in (0, 1):
        assert np.array_equal(some[0][at][::-1], whole[at][[10, 20]])
        assert np.array_equal(some[2][at], whole[at][[1, 20, 29]])


def test_those_who_ask_at_once_do_not_disturb_each_other(vectors: np.ndarray) -> None:
    whole = strangers(vectors).kin(rows(*range(30, 60)))
    lots = [rows(*range(lo, lo + 5)) for lo in range(30, 60, 5)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(len(lots)) as pool:
            for _ in range(100):
                asked = strangers(vectors)
                list(pool.map(asked.kin, lots))
                kept = asked.kin(rows(*range(30, 60)))
                assert all(np.array_equal(ours, theirs) for ours, theirs in zip(kept, whole, strict=True))
    finally:
        sys.setswitchinterval(interval)


def test_beside_an_index_that_misses_some_they_find_the_same(vectors: np.ndarray) -> None:
    """An index may overlook items; who is nearest among the known ones does not hang on it."""
    known_I = np.arange(N) < 30
    lists = build_index(np.tile(vectors, (20, 1)), IndexConfig(kind="ivf", target_recall=0.1))
    assert not isinstance(lists, ExactIndex)
    kin_RK, share_RK = Strangers(known_I, vectors, lists).kin(rows(40, 55, 59))
    wanted_RK, wanted = strangers(vectors).kin(rows(40, 55, 59))
    assert np.array_equal(kin_RK, wanted_RK)
    assert np.array_equal(share_RK, wanted)
