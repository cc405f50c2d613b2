"""What is gathered and ranked, against a twin that scores every item: equal where filters are narrow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intentfeed.feed.config import FeedConfig
from intentfeed.feed.filters import Allowed, Filters
from intentfeed.feed.gather import Asked, Usual
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.recommend import FAME, Query, rank, recommend, recommend_many
from intentfeed.feed.taste import taste_of_rows
from intentfeed.retrieval.sums import RowSum, entries, top
from intentfeed.types import History

from .worlds import KINDS, PER_KIND, N, history, log, shop, tag

EVERY = np.arange(N, dtype=np.int32)
LIMITS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def parts() -> FeedParts:
    """Sources that bring few of many, so that the union is not the catalogue."""
    return FeedParts.fit(shop(status={7: "withdrawn", 20: "out_of_stock"}), log(), FeedConfig(per_source=6))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intentfeed.feed.gather.NARROW", 10)
    monkeypatch.setattr("intentfeed.feed.gather.SPARE", 2)


pasts = st.lists(st.integers(0, N - 1), max_size=12)
demands = st.builds(
    Filters,
    categories=st.lists(st.sampled_from([f"Home > {name.title()}" for name in KINDS]), max_size=3).map(tuple),
    attributes=st.sampled_from([{}, {"brand": ("acme",)}, {"colors": ("red", "green")}]),
    min_price=st.one_of(st.none(), st.integers(0, N).map(float)),
    max_price=st.one_of(st.none(), st.integers(0, N).map(float)),
    without=st.frozensets(st.integers(0, N - 1), max_size=4),
)


def everything(past: list[int], allowed: Allowed, parts: FeedParts) -> dict[int, float]:
    """Return the score of every item that may be shown: all of them are candidates."""
    taste = taste_of_rows(past)
    found = Asked(parts.sources, taste, allowed, n_items=N, strangers=parts.strangers).scored(EVERY)
    scores = (parts.ranker if past else FAME).score(parts.features.of(found, taste), parts.features.names)
    return {row: float(scores[row]) for row in np.flatnonzero(found.kept).tolist()}


@LIMITS
@given(pasts, demands)
def test_narrow_filters_are_exact_and_wide_ones_never_worse_than_the_sources_lists(
    parts: FeedParts, past: list[int], filters: Filters
) -> None:
    taste = taste_of_rows(past)
    allowed = parts.screen.allowed(taste, filters)
    scored = everything(past, allowed, parts)
    ranked = rank(Query(history=history(past), k=5, filters=filters), taste, allowed, parts)
    slate = recommend(Query(history=history(past), k=5, filters=filters), parts)
    rows = [int(item_id[1:]) for item_id in slate.item_ids]
    assert set(rows) <= set(scored), "what may not be shown is not"
    assert {row: scored[row] for row in rows} == {row: item.score for row, item in zip(rows, slate.items, strict=True)}
    best = sorted(scored.values(), reverse=True)[:5]
    if allowed.demanding and len(scored) <= 10:
        assert [item.score for item in slate.items] == best
        assert set(ranked.found.rows.tolist()) >= set(scored)
    assert len(rows) == min(5, len(scored)), "nothing that could be shown is missing"


@LIMITS
@given(pasts, demands)
def test_every_sources_best_are_among_the_candidates(parts: FeedParts, past: list[int], filters: Filters) -> None:
    allowed = parts.screen.allowed(taste_of_rows(past), filters)
    asked = Asked(parts.sources, taste_of_rows(past), allowed, n_items=N)
    gathered = set(asked.candidates(6).tolist())
    for answer in asked.answers.values():
        rows, scores = answer.search(6, allowed.mask_I)
        assert gathered >= set(rows[scores > 0].tolist())


def test_what_is_told_of_drops_is_what_would_have_been_shown(parts: FeedParts) -> None:
    plain = recommend(Query(history=history([5, 6]), k=3), parts)
    assert plain.dropped["withdrawn"] == 1
    assert set(plain.dropped) <= {"withdrawn", "seen"}
    dear = recommend(Query(history=history([5, 6]), k=3, filters=Filters(min_price=PER_KIND)), parts)
    assert dear.dropped["price"] >= 3
    assert set(dear.dropped) <= {"withdrawn", "seen", "price"}


def test_many_equals_one_by_one_where_not_everything_is_a_candidate(parts: FeedParts) -> None:
    rng = np.random.default_rng(3)
    some = [rng.integers(0, N, size=size).tolist() for size in (0, 1, 3, 9, 30)]
    ids, scores = recommend_many(some, 8, parts)
    again, same = recommend_many([History.of_items(past) for past in some[::-1]], 8, parts)
    assert np.array_equal(ids[::-1], again)
    assert np.array_equal(scores[::-1], same)
    for past, row in zip(some, ids, strict=True):
        slate = recommend(Query(history=history(past), k=8), parts)
        assert [int(item_id[1:]) for item_id in slate.item_ids] == row[row >= 0].tolist()


@LIMITS
@given(pasts, demands, st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True))
def test_tags_bring_nothing_that_may_not_be_shown(
    parts: FeedParts, past: list[int], filters: Filters, names: list[str]
) -> None:
    query = Query(history=history(past), k=6, filters=filters, tags=[tag(name) for name in names])
    allowed = parts.screen.allowed(taste_of_rows(past), filters)
    shown = {int(item_id[1:]) for item_id in recommend(query, parts).item_ids}
    assert shown <= set(allowed.rows.tolist())
    for name in names:
        own = set(range(PER_KIND * KINDS.index(name), PER_KIND * (KINDS.index(name) + 1))) & set(allowed.rows.tolist())
        if own:
            one = recommend(replace(query, tags=[tag(name)], k=N), parts)
            assert own & {int(item.item_id[1:]) for item in one.items if item.tag == name}, "filters send a tag deeper"


def test_a_sum_of_rows_is_what_the_matrix_says() -> None:
    from scipy.sparse import random

    matrix = random(30, 50, density=0.2, format="csr", random_state=1, dtype=np.float32)
    rows, weights = np.array([3, 9, 3, 29]), np.array([1.0, 0.5, 2.0, 0.25])
    found = RowSum(matrix, rows, weights)
    want = sum(weight * matrix[[row]].toarray()[0] for row, weight in zip(rows, weights, strict=True))
    assert np.allclose(found.at(np.arange(50, dtype=np.int32)), want)
    assert sorted(found.columns.tolist()) == np.flatnonzero(want).tolist()
    assert found.at(np.array([50, 1000], dtype=np.int32)).tolist() == [0, 0]
    assert not RowSum(matrix, rows[:0], weights[:0]).at(np.arange(50, dtype=np.int32)).any()


def test_only_the_head_of_a_row_may_be_summed() -> None:
    from scipy.sparse import csr_matrix

    matrix = csr_matrix(np.ones((2, 6), dtype=np.float32))
    assert RowSum(matrix, np.array([0, 1]), np.ones(2), longest=4).at(np.arange(6, dtype=np.int32)).tolist() == [
        2, 2, 2, 2, 0, 0,
    ]  # fmt: skip
    assert entries(matrix, np.array([1]), 2)[0].tolist() == [0, 1]


def test_equal_scores_go_in_row_order_in_whatever_order_they_come() -> None:
    rows, scores = np.array([7, 2, 9, 4], dtype=np.int32), np.array([1, 1, 2, 1], dtype=np.float32)
    assert top(rows, scores, 3)[0].tolist() == [9, 2, 4]
    assert top(rows, scores, 0)[0].tolist() == []


def test_what_is_kept_of_a_person_changes_no_answer(parts: FeedParts) -> None:
    """Asked again under other demands, after others, with a history that has grown, or of other sources."""
    usual, fewer = Usual(room=2), replace(parts, sources={"popular": parts.sources["popular"]})
    people = [history(past) for past in ([1, 2, 3], [60, 61], [], [1, 2, 3, 9])]
    for which in (parts, fewer, parts):
        for past in (*people, people[0], people[0], people[3]):
            for filters in (Filters(), Filters(max_price=40.0), Filters(categories=("Home > Tent",))):
                taste = taste_of_rows(past.item.tolist())
                taste = replace(taste, history=past)
                allowed = which.screen.allowed(taste, filters)
                query = Query(history=past, k=5, filters=filters)
                fresh = rank(query, taste, allowed, which) if which is parts else None
                kept = Asked(which.sources, taste, allowed, n_items=N, usual=usual).candidates(6)
                assert np.array_equal(kept, Asked(which.sources, taste, allowed, n_items=N).candidates(6))
                if fresh is not None:
                    again = rank(query, taste, allowed, which, usual=usual)
                    assert np.array_equal(again.found.rows, fresh.found.rows)
                    assert np.array_equal(again.total_C, fresh.total_C)
