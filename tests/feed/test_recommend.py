"""The request path end to end on a shop whose right answers are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.feed.config import FeedConfig
from intentfeed.feed.filters import Filters
from intentfeed.feed.model import FeedModel, fit_all
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.recommend import Query, candidates, recommend, recommend_many
from intentfeed.types import Context, Reason

from .worlds import KINDS, PER_KIND, N, history, interactions, interest, kind, log, shop, tag


@pytest.fixture(scope="module")
def fitted():
    return fit_all(shop(), log())


def build(fitted, config: FeedConfig | None = None, catalog: Catalog | None = None, **more) -> FeedParts:
    space, neighbours, model = fitted
    return FeedParts.build(
        catalog=catalog or shop(), space=space, neighbours=neighbours, model=model, config=config, **more
    )


@pytest.fixture(scope="module")
def parts(fitted) -> FeedParts:
    return build(fitted)


@pytest.fixture(scope="module")
def histories() -> list[list[int]]:
    rng = np.random.default_rng(9)
    some = [rng.integers(0, N, size=size).tolist() for size in rng.integers(0, 15, size=40)]
    return [[], [3, 3, 3], list(range(N)), [0, -1], *some]


def rows(slate) -> list[int]:
    return [int(item_id[1:]) for item_id in slate.item_ids]


def test_people_get_what_their_kind_goes_on_to(parts: FeedParts) -> None:
    for which in range(len(KINDS)):
        past = [which * PER_KIND + step for step in range(3)]
        slate = recommend(Query(history=history(past), k=5), parts)
        assert {kind(row) for row in rows(slate)} == {which}
        assert rows(slate)[0] == past[-1] + 1
        assert [item.rank for item in slate.items] == [1, 2, 3, 4, 5]
        assert "next" in slate.items[0].sources


def test_hidden_last_items_are_found(parts: FeedParts) -> None:
    unseen = log(n_users=60, seed=99)
    past = [unseen.item[7 * u : 7 * u + 6].tolist() for u in range(60)]
    ids, _ = recommend_many(past, 1, parts)
    assert (ids[:, 0] == unseen.item[6::7]).mean() > 0.95


def test_someone_unknown_gets_what_is_popular(fitted) -> None:
    user, item = [*range(40)], [5] * 20 + [50] * 12 + [20] * 8
    parts = FeedParts.fit(shop(), interactions(user, item, n_users=40))
    slate = recommend(Query(k=3), parts)
    assert rows(slate) == [5, 50, 20]
    assert slate.items[0].sources == ("popular",)
    assert rows(recommend(Query(history=history([]), k=3), parts)) == [5, 50, 20]


def test_many_equals_one_by_one(parts: FeedParts, histories) -> None:
    ids, scores = recommend_many(histories, 8, parts)
    assert ids.dtype == np.int32
    assert scores.dtype == np.float32
    for at, past in enumerate(histories):
        alone = recommend_many([past], 8, parts)
        assert np.array_equal(alone[0][0], ids[at])
        assert np.array_equal(alone[1][0], scores[at])
        slate = recommend(Query(history=history([max(row, 0) for row in past] if -1 not in past else [0]), k=8), parts)
        assert rows(slate) == [row for row in ids[at].tolist() if row >= 0]
        assert [item.score for item in slate.items] == [float(s) for s in scores[at] if s > -np.inf]


def test_seen_items_stay_away_unless_they_may_come(parts: FeedParts) -> None:
    ids, scores = recommend_many([list(range(N))], 4, parts)
    assert (ids == -1).all()
    assert (scores == -np.inf).all()
    assert recommend(Query(history=history(list(range(N)))), parts).items == ()
    again, _ = recommend_many([[0, 1]], N, parts, exclude_seen=False)
    assert {0, 1} <= set(again[0].tolist())


def test_a_tag_brings_its_items(parts: FeedParts) -> None:
    past = history([0, 1, 2])
    plain = recommend(Query(history=past), parts)
    tagged = recommend(Query(history=past, tags=[tag("drum")]), parts)
    assert not any(kind(row) == 5 for row in rows(plain))
    brought = [item for item in tagged.items if item.tag == "drum"]
    assert [kind(int(item.item_id[1:])) for item in brought] == [5]
    assert "tag" in brought[0].sources
    assert brought[0].interest_id == "id of drum"


@pytest.mark.parametrize("beta", [0.0, 1.0])
def test_the_ends_of_beta(fitted, beta: float) -> None:
    """At 0 the tag alone brings its items; at 1, and with nothing asked of the answer, the user alone does."""
    parts = build(fitted, FeedConfig(beta=beta, tag_answer=0.0, per_tag=6))
    query = Query(history=history([0, 1, 2]), tags=[tag("drum")], k=5)
    brought = {kind(candidate.item) for candidate in candidates(query, parts) if candidate.source == "tag"}
    assert brought == ({5} if beta == 0 else {0})


def test_an_item_that_the_user_alone_brings_is_not_the_tags(fitted) -> None:
    parts = build(fitted, FeedConfig(beta=0.9))
    query = Query(history=history([0, 1, 2]), tags=[tag("drum")])
    assert {kind(found.item) for found in candidates(query, parts) if found.tag} == {5}


def test_no_tag_has_more_than_its_share(parts: FeedParts) -> None:
    tags = [tag(name) for name in KINDS[1:]]
    slate = recommend(Query(history=history([0]), tags=tags, k=20), parts)
    named = [item.tag for item in slate.items if item.tag]
    assert set(named) == set(KINDS[1:])
    assert max(named.count(name) for name in named) == 2
    assert len(set(slate.item_ids)) == 20


def test_tags_alone_serve_someone_without_history(parts: FeedParts) -> None:
    slate = recommend(Query(tags=[tag("kettle"), tag("kettle"), tag("lamp")], k=2), parts)
    assert sorted(kind(row) for row in rows(slate)) == [1, 3]


def test_the_cache_of_tags_changes_nothing(fitted, parts: FeedParts) -> None:
    forgetful = build(fitted, FeedConfig(tag_cache_mb=0))
    query = Query(history=history([0, 1]), tags=[tag(name) for name in KINDS], k=20)
    first = recommend(query, parts)
    assert recommend(query, parts) == first == recommend(query, forgetful)


def test_filters_hold_however_narrow_and_say_what_they_dropped(parts: FeedParts) -> None:
    query = Query(history=history([0, 1, 2]), tags=[tag("tent")], k=5, filters=Filters(categories=("Home > Drum",)))
    slate = recommend(query, parts)
    assert {kind(row) for row in rows(slate)} == {5}
    assert slate.dropped["category"] >= PER_KIND - 3
    narrow = recommend(replace(query, filters=Filters(attributes={"brand": ("Acme",)}, max_price=4)), parts)
    assert rows(narrow) == [3]
    assert {"brand", "price"} <= set(narrow.dropped)


def test_sold_out_and_withdrawn_items_are_not_shown(fitted) -> None:
    parts = build(fitted, catalog=shop(status={3: "out_of_stock", 4: "withdrawn"}))
    slate = recommend(Query(history=history([0, 1, 2]), k=4), parts)
    assert not {3, 4} & set(rows(slate))
    assert slate.dropped["out_of_stock"] == slate.dropped["withdrawn"] == 1
    assert not {3, 4} & set(recommend_many([[0, 1, 2]], N, parts)[0][0].tolist())


def test_a_new_item_is_found_the_minute_its_text_arrives(fitted) -> None:
    wider = build(fitted, catalog=shop(extra=["tent zzz", "drum zzz"]))
    slate = recommend(Query(history=history([0, 1, 2]), k=PER_KIND - 2), wider)
    assert N in rows(slate)
    assert N + 1 not in rows(slate)
    assert N + 1 in rows(
        recommend(Query(tags=[tag("drum")], k=30, filters=Filters(categories=("Home > Drum",))), wider)
    )
    assert set(recommend_many([[N]], 3, wider)[0][0].tolist()) & set(range(PER_KIND))  # and can be a history itself


def test_candidates_say_what_brought_them(parts: FeedParts) -> None:
    query = Query(history=history([0, 1, 2]), tags=[tag("drum")], k=5)
    found = candidates(query, parts)
    assert {"next", "text", "tag"} <= {candidate.source for candidate in found}
    assert all(candidate.item not in (0, 1, 2) for candidate in found)
    assert all((candidate.source == "tag") == (candidate.tag == "drum") for candidate in found)
    assert max(candidate.score for candidate in found) <= 1
    assert len({(candidate.item, candidate.source) for candidate in found}) == len(found)
    untagged = candidates(replace(query, tags=()), parts)
    order = list(dict.fromkeys(candidate.item for candidate in untagged))
    assert order[:5] == rows(recommend(replace(query, tags=()), parts))


class Table:
    """Stands in for the explanation table and writes down what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, dict[str, int]]] = []

    def attach(self, _interests, item_id, tag_interest_key, as_of, *, support, history) -> Reason:
        assert as_of == date(2025, 3, 1)
        assert history is not None
        self.asked.append((item_id, tag_interest_key, dict(support)))
        key = tag_interest_key or "key of drum"
        return Reason(text=f"{item_id} because", kind="interest", interest_key=key)


def test_each_item_has_its_reason_and_the_interest_it_speaks_of(fitted) -> None:
    table = Table()
    parts = build(fitted, reasons=table, context=Context(as_of=date(2025, 3, 1)))
    tags = [tag("drum", "Home > Drum"), tag("big drum", "Home > Drum")]
    likes = [interest("Music", "key of drum"), interest("Camping", "key of tent")]
    slate = recommend(Query(history=history([0, 1]), tags=tags, interests=likes, k=20), parts)
    assert [item.reason.text for item in slate.items] == [f"{item_id} because" for item_id in slate.item_ids]
    brought = next(item for item in slate.items if item.tag == "drum")
    assert brought.interest_id == "interest Music"
    asked = {item_id: (key, support) for item_id, key, support in table.asked}
    assert asked[brought.item_id] == ("key of drum", {"key of drum": 1, "key of big drum": 1})


def test_same_log_same_parts_and_saved_equals_loaded(fitted, parts: FeedParts, histories, tmp_path) -> None:
    space, neighbours, model = fitted
    again = FeedParts.fit(shop(), log())
    model.save(tmp_path)
    loaded = build((space, neighbours, FeedModel.load(tmp_path)))
    want = recommend_many(histories, 6, parts)
    for other in (again, loaded):
        for ours, theirs in zip(recommend_many(histories, 6, other), want, strict=True):
            assert np.array_equal(ours, theirs)


def test_an_empty_slate_may_be_asked_for(parts: FeedParts) -> None:
    assert recommend(Query(history=history([0]), k=0), parts).items == ()


def test_nothing_to_learn_from_is_no_error() -> None:
    empty = interactions([], [], n_users=0)
    assert rows(recommend(Query(history=history([0]), k=2), FeedParts.fit(shop(), empty)))
    bare = Catalog.of({"item_id": ["a", "b"]})
    nothing = FeedParts.fit(bare, interactions([], [], n_users=0, n_items=2))
    assert recommend(Query(k=5), nothing).item_ids == ["a", "b"]
    no_items = FeedParts.fit(Catalog.of({"item_id": []}), interactions([], [], n_users=0, n_items=0))
    assert recommend(Query(tags=[tag("x")]), no_items).items == ()
    assert recommend_many([[], [1]], 2, no_items)[0].tolist() == [[-1, -1], [-1, -1]]
