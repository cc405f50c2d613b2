"""Each source says what it should of a shop whose kinds and order are known, and else keeps silent."""

from __future__ import annotations

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.feed.config import SOURCES
from intentfeed.feed.model import fit_all
from intentfeed.feed.recommend import FeedParts
from intentfeed.feed.sources import Sources, scaled
from intentfeed.feed.taste import Taste, taste_of_rows

from .worlds import PER_KIND, N, interactions, kind, log, shop


@pytest.fixture(scope="module")
def sources() -> Sources:
    return FeedParts.fit(shop(), log()).sources


@pytest.mark.parametrize("source", ["next", "together", "taste", "words", "text"])
def test_a_source_keeps_to_the_kind(sources: Sources, source: str) -> None:
    scores = sources.score(source, [taste_of_rows([15])])[0]  # type: ignore[arg-type]
    scores[15] = -np.inf
    assert kind(int(scores.argmax())) == kind(15)


def test_what_comes_next_is_ahead_and_popularity_asks_nobody(sources: Sources) -> None:
    ahead = sources.score("next", [taste_of_rows([13])])[0]
    assert ahead[14] > ahead[12]
    popular = sources.score("popular", [taste_of_rows([1]), Taste()])
    assert np.array_equal(popular[0], popular[1])
    assert np.array_equal(popular[0], sources.popularity_I)


@pytest.mark.parametrize("source", SOURCES)
def test_a_row_is_the_same_in_any_company(sources: Sources, source: str) -> None:
    tastes = [taste_of_rows(rows) for rows in ([3], [], [40, 41, 3], list(range(N)))]
    together = sources.score(source, tastes)  # type: ignore[arg-type]
    for row, taste in zip(together, tastes, strict=True):
        assert np.array_equal(row, sources.score(source, [taste])[0])  # type: ignore[arg-type]


def test_who_has_nothing_to_say_is_not_asked() -> None:
    empty = interactions([], [], n_users=0)
    assert FeedParts.fit(shop(), empty).sources.speaking == ("words", "text", "popular")
    bare = Catalog.of({"item_id": [f"i{row}" for row in range(N)]})
    assert FeedParts.fit(bare, log()).sources.speaking == ("next", "together", "taste", "popular")


def test_the_best_item_that_may_be_shown_is_one() -> None:
    scores = np.array([[4, 2, -8], [0, 0, 0]], dtype=np.float32)
    allowed = np.array([[False, True, True], [True, True, True]])
    assert scaled(scores, allowed).tolist() == [[1, 1, -1], [0, 0, 0]]
    assert scaled(scores, np.zeros_like(allowed)).tolist() == [[1, 1, -1], [0, 0, 0]], "nothing to stretch to"


def test_items_newer_than_the_log_have_text_only() -> None:
    space, neighbours, model = fit_all(shop(), log())
    catalog = shop(extra=["tent zzz"])
    grown = FeedParts.build(catalog=catalog, space=space, neighbours=neighbours, model=model).sources
    assert grown.n_items == N + 1
    taste = [taste_of_rows([PER_KIND - 1])]
    assert [source for source in SOURCES if grown.score(source, taste)[0, N] > 0] == ["taste", "words", "text"]
