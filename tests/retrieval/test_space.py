"""Items, people and tags in one space: what goes together lies close, and a new item is found by its text alone."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.encode import EncoderConfig, SvdEncoder
from intentfeed.retrieval.space import ITEM_GRID, QUERY_GRID, Space, SpaceConfig, decayed
from intentfeed.types import ACTION_CODE, NO_TIME, Interactions

KINDS = ("tent", "kettle", "hose")
N = 30


def shop(n: int = N) -> Catalog:
    """Item n is of kind n mod 3."""
    titles = [f"{KINDS[row % 3]} model {'abcdefghij'[row // 3 % 10]}" for row in range(n)]
    return Catalog.of({"item_id": [f"i{row}" for row in range(n)], "title": titles})


def visits(n_items: int = N, n_users: int = 60) -> Interactions:
    """Person u takes up ten items of kind u mod 3."""
    rng = np.random.default_rng(1)
    picks = [(u, 3 * int(slot) + u % 3) for u in range(n_users) for slot in rng.permutation(n_items // 3)[:6]]
    user, item = (np.array(column, dtype=np.int32) for column in zip(*picks, strict=True))
    return Interactions(
        user=user,
        item=item,
        action=np.full(len(user), ACTION_CODE["purchase"], dtype=np.int8),
        time_s=np.full(len(user), NO_TIME),
        value=np.full(len(user), np.nan),
        n_users=n_users,
        n_items=n_items,
    )


def nothing(n_items: int) -> Interactions:
    return Interactions(*(np.zeros(0, dtype=t) for t in ("i4", "i4", "i1", "i8", "f8")), n_users=0, n_items=n_items)


@pytest.fixture(scope="module")
def encoder() -> SvdEncoder:
    return SvdEncoder.fit(shop(), EncoderConfig(dims=16))


@pytest.fixture(scope="module")
def space(encoder: SvdEncoder) -> Space:
    return Space.fit(shop(), visits(), encoder, SpaceConfig(dims=8, ridge=10))


def nearest(space: Space, query: np.ndarray, n: int) -> list[int]:
    return np.argsort(-(space.item_vectors @ query), kind="stable")[:n].tolist()


def test_a_person_lies_by_the_items_of_their_kind(space: Space) -> None:
    users = space.encode_users([[0, 3], [1, 4], [2]])
    for kind, user in enumerate(users):
        assert {item % 3 for item in nearest(space, user, 10)} == {kind}


def test_a_tag_lies_by_the_items_it_names(space: Space) -> None:
    for kind, tag in enumerate(space.encode_tags(["light tent", "steel kettle", "garden hose"])):
        assert {item % 3 for item in nearest(space, tag, 10)} == {kind}


def test_the_log_alone_is_enough() -> None:
    bare = Catalog.of({"item_id": [f"i{row}" for row in range(N)]})
    space = Space.fit(bare, visits(), SvdEncoder.fit(bare), SpaceConfig(dims=8))
    assert {item % 3 for item in nearest(space, space.encode_users([[0]])[0], 10)} == {0}
    assert not space.encode_tags(["tent"]).any()


def test_the_text_alone_is_enough(encoder: SvdEncoder) -> None:
    space = Space.fit(shop(), nothing(N), encoder)
    assert {item % 3 for item in nearest(space, space.encode_users([[0]])[0], 10)} == {0}


def test_with_neither_all_vectors_are_zero() -> None:
    bare = Catalog.of({"item_id": ["a", "b"]})
    space = Space.fit(bare, nothing(2), SvdEncoder.fit(bare))
    assert not space.item_vectors.any()
    assert not space.encode_users([[0, 1]]).any()


def test_someone_without_events_is_nowhere(space: Space) -> None:
    assert not space.encode_users([[], [-1, 999]]).any()


def test_each_person_and_tag_stands_alone(space: Space) -> None:
    histories, weights = [[0, 3, 6], [1], [], [5, 2, 5]], [[1.0, 0.5, 0.2], [1.0], [], [0.3, 1.0, 0.7]]
    together = space.encode_users(histories, weights)
    for row, history, given in zip(together, histories, weights, strict=True):
        assert np.array_equal(row, space.encode_users([history], [given])[0])
    tags = ["tent", "kettle", "tent"]
    rows = space.encode_tags(tags)
    assert all(np.array_equal(row, space.encode_tags([tag])[0]) for row, tag in zip(rows, tags, strict=True))


def test_scores_are_exact_whatever_is_multiplied_together(space: Space) -> None:
    users = space.encode_users([[row] for row in range(N)])
    whole = users @ space.item_vectors.T
    exact = users.astype(np.float64) @ space.item_vectors.astype(np.float64).T
    assert np.array_equal(whole, exact)  # not one bit lost
    alone = np.array([[np.dot(user, item) for item in space.item_vectors] for user in users])
    assert np.array_equal(whole, alone)


def test_vectors_lie_on_their_grid_and_are_short(space: Space) -> None:
    users = space.encode_users([[row, row + 1] for row in range(N - 1)])
    assert np.array_equal(space.item_vectors * ITEM_GRID, np.round(space.item_vectors * ITEM_GRID))
    assert np.array_equal(users * QUERY_GRID, np.round(users * QUERY_GRID))
    assert np.linalg.norm(space.item_vectors, axis=1).max() <= np.sqrt(2)
    assert np.linalg.norm(users, axis=1).max() <= 1


def test_a_new_item_is_found_the_minute_its_text_arrives(space: Space) -> None:
    grown = shop(N + 3)
    wider = space.add_items(grown)
    assert wider.n_items == N + 3
    assert np.array_equal(wider.item_vectors[:N], space.item_vectors)
    for kind, tag in enumerate(wider.encode_tags(KINDS)):
        assert N + kind in nearest(wider, tag, 12)
    user = wider.encode_users([[0, 3]])[0]
    scores = wider.item_vectors @ user
    assert scores[N] > scores[N + 1 :].max()  # a tent for the tent person, from text and from predicted log alike
    assert (wider.log_vectors[N] @ user[len(wider.text_vectors[0]) :]) > 0


def test_a_changed_text_moves_its_item_and_no_other(space: Space) -> None:
    frame = shop().frame
    retitled = frame.with_columns(
        title=pl.when(pl.col("item_id") == "i0").then(pl.lit("kettle model a")).otherwise(pl.col("title"))
    )
    moved = space.updated(shop(), Catalog(retitled))
    assert np.array_equal(moved.item_vectors[1:], space.item_vectors[1:])
    kettle = space.encode_tags(["kettle"])[0]
    assert moved.item_vectors[0] @ kettle > space.item_vectors[0] @ kettle
    assert np.array_equal(space.updated(shop(), shop()).item_vectors, space.item_vectors)


def test_a_price_or_stock_change_moves_nothing(space: Space) -> None:
    sold_out = Catalog(shop().frame.with_columns(status=pl.lit("out_of_stock"), price=pl.lit(9.0)))
    assert space.updated(shop(), sold_out) is space


def test_same_log_same_space_and_saved_equals_loaded(space: Space, encoder: SvdEncoder, tmp_path) -> None:
    again = Space.fit(shop(), visits(), encoder, SpaceConfig(dims=8, ridge=10))
    assert np.array_equal(again.item_vectors, space.item_vectors)
    space.save(tmp_path)
    loaded = Space.load(tmp_path, encoder)
    assert np.array_equal(loaded.item_vectors, space.item_vectors)
    assert np.array_equal(loaded.encode_users([[1, 2]]), space.encode_users([[1, 2]]))
    assert np.array_equal(loaded.encode_tags(["tent"]), space.encode_tags(["tent"]))
    assert np.array_equal(loaded.add_items(shop(N + 1)).item_vectors, space.add_items(shop(N + 1)).item_vectors)


def test_the_text_share_weighs_the_halves(space: Space) -> None:
    width = space.text_vectors.shape[1]
    assert not space.with_text_share(0.0).encode_users([[0]])[0, :width].any()
    assert not space.with_text_share(1.0).encode_users([[0]])[0, width:].any()


def test_the_newest_item_counts_most() -> None:
    rows = decayed([[4, 2, 2]], None, half_life=1.0, n_items=5).toarray()[0]
    assert rows.tolist() == [0, 0, 1.5, 0, 0.25]
    assert decayed([[4, 2]], [[1.0, 0.5]], half_life=1.0, n_items=3).toarray()[0].tolist() == [0, 0, 0.5]


def test_many_may_ask_for_tags_at_once_while_old_ones_go(encoder: SvdEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service asks from several threads; what one of them lets go another may be about to read."""
    space = Space.fit(shop(), visits(), encoder, SpaceConfig(dims=8, ridge=10))
    interval = sys.getswitchinterval()
    tags = [f"{word} {number}" for word in ("tent", "kettle", "hose") for number in range(4)]
    wanted = {tag: space.encode_tags([tag])[0] for tag in tags}
    monkeypatch.setattr("intentfeed.retrieval.space.CACHED_TAGS", 2)

    def ask(shift: int) -> None:
        for round_ in range(150):
            some = [tags[(shift + round_ + place) % len(tags)] for place in range(3)]
            for tag, row in zip(some, space.encode_tags(some), strict=True):
                assert np.array_equal(row, wanted[tag])

    try:
        sys.setswitchinterval(1e-6)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, range(0, 12, 3)))
    finally:
        sys.setswitchinterval(interval)
    assert len(space._tags) <= 2 + 3 * 4
