"""Metrics over lists: by hand, and each against a slow twin that follows its definition word by word."""

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.metrics import (
    LIST_METRICS,
    WHOLE_METRICS,
    Shown,
    group_hit_rates,
    group_shares,
    log_shares,
    shown_by,
)
from intentfeed.evaluate.metrics.groups import GROUPS, group_of
from intentfeed.evaluate.metrics.long_tail import in_tail
from intentfeed.evaluate.metrics.shown import people_of
from intentfeed.evaluate.recommender import tie_breaker
from intentfeed.types import Interactions

BY_HAND = Shown(
    ids_PK=np.array([[0, 1, 2], [0, 3, -1], [4, -1, -1]], dtype=np.int32),
    target_P=np.array([1, 2, 4], dtype=np.int32),
    people_I=np.array([16, 4, 1, 1, 0]),
    n_people=15,
    category_I=np.array([1, 1, 2, 0, 2]),
    text_IV=csr_matrix([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.0, 0.0], [0.0, 1.0]]),
)
"""Five items: the first had by nearly all, the last by nobody, the fourth without category and title."""


def worth(name, shown, k):
    values_P, weights_P = LIST_METRICS[name](shown, k)
    return float(np.average(values_P, weights=weights_P))


def test_category_hit_rate_by_hand():
    """Targets lie in 1, 2 and 2; the lists show {1, 2}, {1} and {2}."""
    assert LIST_METRICS["category_hr"](BY_HAND, 3)[0].tolist() == [1, 0, 1]
    assert LIST_METRICS["category_hr"](replace(BY_HAND, target_P=np.array([3, 3, 3])), 3)[0].tolist() == [0, 0, 0]


def test_debiased_ndcg_by_hand():
    """Ranks 2, none and 1; targets that 4, 1 and 0 people had weigh 1/2, 1 and, as if one had it, 1."""
    values_P, weights_P = LIST_METRICS["debiased_ndcg"](BY_HAND, 3)
    assert values_P == pytest.approx([1 / math.log2(3), 0, 1])
    assert weights_P == pytest.approx([0.5, 1, 1])
    assert worth("debiased_ndcg", BY_HAND, 3) == pytest.approx((0.5 / math.log2(3) + 1) / 2.5)


def test_long_tail_by_hand():
    """Of 22 interactions the first item has 16, not yet 80 %; with the second it is 20: the tail begins after it."""
    assert in_tail(BY_HAND.people_I).tolist() == [False, False, True, True, True]
    assert LIST_METRICS["long_tail"](BY_HAND, 3)[0] == pytest.approx([1 / 3, 1 / 2, 1])
    assert worth("long_tail", BY_HAND, 3) == pytest.approx(3 / 6), "a share of the six slots, not a mean of lists"
    assert not in_tail(np.array([2, 2, 2, 2, 2])).any(), "without a head there is no tail"
    assert in_tail(np.array([8, 1, 1])).tolist() == [False, True, True], "80 % to the dot"


def test_novelty_by_hand():
    """One person more on both sides: 16/17 is nearly no bit, 5/16 …, an item that nobody had is 1/16, four bits."""
    bits = [4 - math.log2(n + 1) for n in (16, 4, 1, 1, 0)]
    assert LIST_METRICS["novelty"](BY_HAND, 3)[0] == pytest.approx([sum(bits[:3]) / 3, (bits[0] + bits[3]) / 2, 4])
    assert worth("novelty", BY_HAND, 3) == pytest.approx((2 * bits[0] + bits[1] + bits[2] + bits[3] + bits[4]) / 6)


def test_diversity_by_hand():
    """Cosines of the first list: 0.6, 0 and 0.8. The others have one title each: no pair, no weight."""
    values_P, weights_P = LIST_METRICS["diversity"](BY_HAND, 3)
    assert values_P[0] == pytest.approx(1 - (0.6 + 0 + 0.8) / 3)
    assert weights_P.tolist() == [1, 0, 0]
    assert LIST_METRICS["diversity"](replace(BY_HAND, text_IV=None), 3)[1].sum() == 0


def test_category_diversity_by_hand():
    assert LIST_METRICS["category_diversity"](BY_HAND, 3)[0].tolist() == [2, 1, 1]
    assert LIST_METRICS["category_diversity"](BY_HAND, 2)[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", ["category_hr", "category_diversity"])
def test_one_category_tells_nothing(name):
    alike = replace(BY_HAND, category_I=np.array([1, 1, 1, 0, 1]))
    assert LIST_METRICS[name](alike, 3)[1].sum() == 0


def test_coverage_and_gini_by_hand():
    assert WHOLE_METRICS["coverage"](BY_HAND, 1) == pytest.approx(2 / 5)
    assert WHOLE_METRICS["coverage"](BY_HAND, 3) == 1
    # slots at 3, sorted: 1 1 1 1 2; Σ (2j - 6) x_j = -4 - 2 + 0 + 2 + 8 = 4, over 6 slots and 4
    assert WHOLE_METRICS["gini"](BY_HAND, 3) == pytest.approx(4 / 24)
    nothing = replace(BY_HAND, ids_PK=np.full((3, 3), -1, dtype=np.int32))
    assert WHOLE_METRICS["gini"](nothing, 3) is None
    assert WHOLE_METRICS["coverage"](nothing, 3) == 0


def test_popularity_groups_by_hand():
    """Twenty items, two a group, the most popular ones first."""
    people = np.arange(20)
    lists = np.array([[19, 18, 0], [17, 0, -1]], dtype=np.int32)
    shown = replace(BY_HAND, ids_PK=lists, people_I=people, target_P=np.array([1, 1]))
    assert group_of(people)[[19, 18, 17, 1, 0]].tolist() == [0, 0, 1, 9, 9]
    assert group_shares(shown, 3) == pytest.approx([0.4, 0.2, *[0] * 7, 0.4])
    assert log_shares(people)[0] == pytest.approx(37 / 190)
    assert group_shares(shown, 3).sum() == pytest.approx(1)


def test_hits_by_popularity_of_the_answer_by_hand():
    """Three answers in the first tenth, two of them found; one in the last, found at the second place only."""
    lists = np.array([[19, 1], [18, 1], [3, 4], [2, 0]], dtype=np.int32)
    shown = replace(BY_HAND, ids_PK=lists, people_I=np.arange(20), target_P=np.array([19, 18, 19, 0]))
    found = group_hit_rates(shown, 2)
    assert found[[0, 9]] == pytest.approx([2 / 3, 1])
    assert group_hit_rates(shown, 1)[9] == 0
    assert np.isnan(found[1:9]).all(), "nobody asked for any of them"


def test_groups_are_equally_large_and_equals_are_parted_by_no_order_of_the_catalogue():
    group_I = group_of(np.zeros(1_000, dtype=np.int64))
    assert np.bincount(group_I).tolist() == [100] * GROUPS
    assert abs(np.flatnonzero(group_I == 0).mean() - 500) < 100
    assert (np.argsort(group_I, kind="stable")[:100].tolist()) != list(range(100))
    assert (group_I[np.argsort(tie_breaker(1_000))] == np.repeat(np.arange(GROUPS), 100)).all()


@pytest.fixture(scope="module")
def random():
    """Return a hundred lists of up to twelve of fifty items, with ties, gaps and items that lack everything."""
    rng = np.random.default_rng(11)
    ids = np.stack([rng.permutation(50)[:12] for _ in range(100)]).astype(np.int32)
    for row, length in enumerate(rng.integers(0, 13, 100)):
        ids[row, length:] = -1
    texts = rng.random((50, 9)) * (rng.random((50, 9)) < 0.4)
    length = np.linalg.norm(texts, axis=1, keepdims=True)
    return Shown(
        ids_PK=ids,
        target_P=rng.integers(0, 50, 100).astype(np.int32),
        people_I=rng.geometric(0.15, 50) - 1,
        n_people=40,
        category_I=rng.integers(0, 6, 50),
        text_IV=csr_matrix(np.divide(texts, length, out=np.zeros_like(texts), where=length > 0)),
    )


def lists_of(shown, k):
    return [[item for item in row[:k] if item >= 0] for row in shown.ids_PK.tolist()]


def slow_category_hr(shown, k):
    wanted = shown.category_I[shown.target_P].tolist()
    seen = [{shown.category_I[item] for item in row} - {0} for row in lists_of(shown, k)]
    return sum(code in codes for code, codes in zip(wanted, seen, strict=True)) / len(wanted)


def slow_debiased_ndcg(shown, k):
    gained = total = 0.0
    for row, target in zip(lists_of(shown, k), shown.target_P.tolist(), strict=True):
        weight = max(shown.people_I[target], 1) ** -0.5
        total += weight
        gained += weight / math.log2(row.index(target) + 2) if target in row else 0
    return gained / total


def slow_long_tail(shown, k):
    order = sorted(range(50), key=lambda item: -shown.people_I[item])
    head, held = set(), 0
    while held < 0.8 * shown.people_I.sum():
        head.add(order[len(head)])
        held += shown.people_I[order[len(head) - 1]]
    least = min(shown.people_I[item] for item in head)
    head = {item for item in range(50) if shown.people_I[item] >= least}
    slots = [item for row in lists_of(shown, k) for item in row]
    return sum(item not in head for item in slots) / len(slots)


def slow_novelty(shown, k):
    slots = [item for row in lists_of(shown, k) for item in row]
    return sum(-math.log2((shown.people_I[item] + 1) / (shown.n_people + 1)) for item in slots) / len(slots)


def slow_diversity(shown, k):
    found, text = [], shown.text_IV.toarray()
    for row in lists_of(shown, k):
        pairs = [text[a] @ text[b] for a, b in combinations([item for item in row if text[item].any()], 2)]
        found += [1 - sum(pairs) / len(pairs)] if pairs else []
    return sum(found) / len(found)


def slow_category_diversity(shown, k):
    return sum(len({shown.category_I[item] for item in row} - {0}) for row in lists_of(shown, k)) / len(shown.ids_PK)


def slow_coverage(shown, k):
    return len({item for row in lists_of(shown, k) for item in row}) / 50


def slow_gini(shown, k):
    """Half the mean absolute difference over the mean, by all pairs; n / (n - 1) so that 1 can be reached."""
    slots = [sum(row.count(item) for row in lists_of(shown, k)) for item in range(50)]
    apart = sum(abs(a - b) for a in slots for b in slots) / 50**2
    return apart / (2 * sum(slots) / 50) * 50 / 49


@pytest.mark.parametrize("name", sorted({**LIST_METRICS, **WHOLE_METRICS}))
@pytest.mark.parametrize("k", [1, 3, 10, 12, 50])
def test_equals_its_slow_twin(name, k, random):
    if name == "diversity" and k == 1:
        assert LIST_METRICS[name](random, k)[1].sum() == 0
        return
    fast = worth(name, random, k) if name in LIST_METRICS else WHOLE_METRICS[name](random, k)
    assert fast == pytest.approx(globals()[f"slow_{name}"](random, k))


@pytest.mark.parametrize("name", sorted(LIST_METRICS))
def test_nobody_asked_and_nothing_shown(name, random):
    nobody = replace(random, ids_PK=np.zeros((0, 5), dtype=np.int32), target_P=np.zeros(0, dtype=np.int32))
    nothing = replace(random, ids_PK=np.full((100, 5), -1, dtype=np.int32))
    assert LIST_METRICS[name](nobody, 5)[0].shape == (0,)
    values_P, weights_P = LIST_METRICS[name](nothing, 5)
    assert values_P.shape == weights_P.shape == (100,)
    assert not np.isnan(values_P).any()


def test_a_record_of_the_log_counts_people():
    catalog = Catalog.of(
        {"item_id": ["a", "b", "c"], "title": ["red hat", "red shoe", "!!"], "category": ["x", "", "y"]}
    )
    user, item = np.array([0, 0, 0, 1, 1], dtype=np.int32), np.array([0, 0, 2, 0, 1], dtype=np.int32)
    zeros = np.zeros(5)
    log = Interactions(
        user=user, item=item, action=zeros.astype(np.int8), time_s=zeros.astype(np.int64), value=zeros,
        n_users=2, n_items=3,
    )  # fmt: skip
    shown = shown_by(catalog, log, np.array([1], dtype=np.int32))
    assert people_of(log).tolist() == [2, 1, 1]
    assert shown.n_people == 2
    assert shown.has_categories
    assert np.linalg.norm(shown.text_IV.toarray(), axis=1) == pytest.approx([1, 1, 0])
    assert (
        shown_by(Catalog.of({"item_id": ["a"]}), replace(log, n_items=1, item=item * 0), np.zeros(1, int)).text_IV
        is None
    )
