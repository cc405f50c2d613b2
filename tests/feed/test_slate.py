"""The k best, each once, no tag beyond its share."""

import numpy as np
import pytest

from intentfeed.feed.slate import compose, places


def shown(total, base=None, tags=None, *, k=3, per_tag=1):
    total = np.array(total, dtype=np.float32)
    base = total if base is None else np.array(base, dtype=np.float32)
    tags = np.full(len(total), -1, dtype=np.int32) if tags is None else np.array(tags, dtype=np.int32)
    return compose(total, base, tags, k=k, per_tag=per_tag)


def test_best_first_equal_ones_in_row_order() -> None:
    assert shown([1, 3, 2, 3]) == [(1, -1), (3, -1), (2, -1)]


def test_what_may_not_be_shown_is_not() -> None:
    assert shown([1, -np.inf, 2]) == [(2, -1), (0, -1)]


def test_a_spent_tag_brings_no_more_but_its_items_may_come_on_their_own() -> None:
    total, base, tags = [9, 8, 7, 1, 0.5], [0, 0, 2, 1, 0.5], [0, 0, 0, 1, -1]
    assert shown(total, base, tags, k=4) == [(0, 0), (2, -1), (3, 1), (4, -1)]
    assert shown(total, base, tags, k=3, per_tag=2) == [(0, 0), (1, 0), (2, -1)]


def test_nothing_in_nothing_out() -> None:
    assert shown([]) == []


@pytest.mark.parametrize(("k", "share", "want"), [(10, 0.1, 1), (50, 0.1, 5), (5, 0.1, 1), (30, 0.1, 3), (10, 1.0, 10)])
def test_places_of_one_tag(k: int, share: float, want: int) -> None:
    assert places(k, share) == want


@pytest.mark.parametrize("seed", range(5))
def test_no_tag_ever_has_more_than_its_places(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.random(200).astype(np.float32)
    tags = rng.integers(-1, 6, size=200).astype(np.int32)
    total = np.where(tags >= 0, base + np.float32(1), base)
    slate = compose(total, base, tags, k=40, per_tag=4)
    assert len({item for item, _ in slate}) == len(slate) == 40
    named = [tag for _, tag in slate if tag >= 0]
    assert max(np.bincount(named)) == 4


def test_a_full_category_waits_until_nothing_else_is_left() -> None:
    total = np.array([0.9, 0.8, 0.7, 0.2, 0.1], dtype=np.float32)
    none = np.full(5, -1, dtype=np.int32)
    category = np.array([1, 1, 1, 0, 0], dtype=np.int32)
    slate = compose(total, total, none, k=5, per_tag=5, category_I=category, per_category=1)
    assert [item for item, _ in slate] == [0, 3, 4, 1, 2], "the unknown category has no limit"


def test_a_spent_tag_does_not_free_a_waiting_category() -> None:
    total = np.array([0.9, 0.8, 0.7, 0.2], dtype=np.float32)
    tag = np.array([0, 0, -1, -1], dtype=np.int32)
    category = np.array([1, 1, 2, 0], dtype=np.int32)
    slate = compose(total, total, tag, k=4, per_tag=1, category_I=category, per_category=1)
    assert [item for item, _ in slate] == [0, 2, 3, 1]
