"""Each source says what it should of a shop whose kinds and order are known, and else keeps silent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.feed.config import FeedConfig, SourceName
from intentfeed.feed.model import fit_all
from intentfeed.feed.recommend import FeedParts
from intentfeed.feed.sources import Answer, Source
from intentfeed.feed.taste import taste_of_rows

from .worlds import PER_KIND, N, interactions, kind, log, shop

Asked = Mapping[SourceName, Source]
EVERY = np.arange(N, dtype=np.int32)
OWN = ("next", "close", "together", "taste", "words", "text")
"""What looks at the person."""


@pytest.fixture(scope="module")
def sources() -> Asked:
    return FeedParts.fit(shop(), log()).sources


def ask(source: Source, rows: list[int]) -> Answer:
    return source.ask(taste_of_rows(rows))


@pytest.mark.parametrize("name", OWN)
def test_a_source_keeps_to_the_kind(sources: Asked, name: SourceName) -> None:
    best = [row for row in ask(sources[name], [15]).search(5)[0].tolist() if row != 15]
    assert {kind(row) for row in best} == {kind(15)}


def test_what_comes_next_is_ahead_and_popularity_asks_nobody(sources: Asked) -> None:
    behind, ahead = ask(sources["next"], [13]).score(np.array([12, 14], dtype=np.int32))
    assert ahead > behind
    popular = ask(sources["popular"], [1]).score(EVERY)
    assert np.array_equal(popular, ask(sources["popular"], []).score(EVERY))


@pytest.mark.parametrize("name", [*OWN, "popular"])
@pytest.mark.parametrize("past", [[15], [3, 3, 40], [], list(range(N)), [2 * N]])
def test_what_is_found_is_the_best_of_what_is_scored(sources: Asked, name: SourceName, past: list[int]) -> None:
    answer = ask(sources[name], past)
    scores = answer.score(EVERY)
    for allowed in (None, np.arange(N) % 3 == 0, np.zeros(N, dtype=np.bool_)):
        rows, found = answer.search(20, allowed)
        assert np.array_equal(answer.score(rows), found)
        masked = scores if allowed is None else np.where(allowed, scores, -np.inf)
        want = np.lexsort((EVERY, -masked))[:20]
        positive = found > 0  # beyond, a source that looks things up has nothing more to bring
        assert np.array_equal(rows[positive], want[masked[want] > 0])


@pytest.mark.parametrize("name", [*OWN, "popular"])
def test_a_score_is_the_same_in_any_company(sources: Asked, name: SourceName) -> None:
    answer = ask(sources[name], [3, 40, 41])
    together = answer.score(EVERY)
    assert [answer.score(EVERY[row : row + 1])[0] for row in range(N)] == together.tolist()


def test_who_has_nothing_to_say_is_not_asked() -> None:
    empty = interactions([], [], n_users=0)
    assert tuple(FeedParts.fit(shop(), empty).sources) == ("words", "text", "popular")
    bare = Catalog.of({"item_id": [f"i{row}" for row in range(N)]})
    assert tuple(FeedParts.fit(bare, log()).sources) == ("next", "close", "together", "taste", "popular")


def test_a_source_can_be_turned_off_but_for_the_last_resort() -> None:
    some = FeedParts.fit(shop(), log(), FeedConfig(sources=("text", "next")))
    assert tuple(some.sources) == ("next", "text", "popular")


def test_items_newer_than_the_log_have_text_only() -> None:
    space, neighbours, model = fit_all(shop(), log())
    catalog = shop(extra=["tent zzz"])
    grown = FeedParts.build(catalog=catalog, space=space, neighbours=neighbours, model=model).sources
    new = np.array([N], dtype=np.int32)
    found = [name for name, source in grown.items() if ask(source, [PER_KIND - 1]).score(new)[0] > 0]
    assert found == ["taste", "words", "text"]
    assert N in ask(grown["text"], [PER_KIND - 1]).search(PER_KIND + 1)[0]
    assert N in ask(grown["words"], [PER_KIND - 1]).search(PER_KIND + 1)[0]
