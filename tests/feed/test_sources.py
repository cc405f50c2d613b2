"""Each source says what it should of a shop whose kinds and order are known, and else keeps silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, cast

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.feed.answers import Answer
from intentfeed.feed.config import FeedConfig, SourceName
from intentfeed.feed.model import FeedModel, fit_all, hidden_log, learn_ranker
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.sources import Encoded, FromTowers, Source
from intentfeed.feed.taste import taste_of_rows
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.index import ExactIndex
from intentfeed.retrieval.towers import Kind, Towers
from intentfeed.types import History

from .worlds import KINDS, PER_KIND, N, interactions, kind, log, shop

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
    told = set(FeedParts.fit(bare, log()).sources)
    assert told >= {"next", "close", "together", "taste", "popular"}
    assert not told & {"words", "text", "recent", "towers"}


def test_a_source_can_be_turned_off_but_for_the_last_resort() -> None:
    some = FeedParts.fit(shop(), log(), FeedConfig(sources=("text", "next")))
    assert tuple(some.sources) == ("next", "text", "popular")


def test_items_newer_than_the_log_have_text_only() -> None:
    space, neighbours, model = fit_all(shop(), log())
    catalog = shop(extra=["tent zzz"])
    grown = FeedParts.build(catalog=catalog, space=space, neighbours=neighbours, model=model).sources
    new = np.array([N], dtype=np.int32)
    found = {name for name, source in grown.items() if ask(source, [PER_KIND - 1]).score(new)[0] > 0}
    assert found >= {"taste", "words", "text"}
    assert not found & {"next", "close", "together", "popular"}
    assert N in ask(grown["text"], [PER_KIND - 1]).search(PER_KIND + 1)[0]
    assert N in ask(grown["words"], [PER_KIND - 1]).search(PER_KIND + 1)[0]


class Shelves:
    """Towers of the right answers: two interests a person, the kinds of the first and of the newest item."""

    kind: ClassVar[Kind] = "sequence"
    dims = len(KINDS)
    n_items = N
    temperature = 0.1

    @property
    def item_vectors(self) -> np.ndarray:
        return (0.5 * np.eye(len(KINDS)))[np.arange(N) // PER_KIND].astype(np.float32)

    def encode_users(self, histories: Sequence[History]) -> np.ndarray:
        users = np.zeros((len(histories), 2, self.dims), dtype=np.float32)
        for row, history in enumerate(histories):
            for place, item in enumerate([*history.item[:1], *history.item[-1:]]):
                users[row, place, kind(int(item))] = 0.5 + 0.25 * place
        return users


def test_towers_bring_each_interests_best_and_an_item_counts_as_its_nearest() -> None:
    towers = cast("Towers", Shelves())
    index = ExactIndex(towers.item_vectors)
    first = ask(FromTowers(Encoded(towers), index, slice(0, 1)), [0, 50, 15]).search(2 * PER_KIND)[0]
    assert first[:PER_KIND].tolist() == list(range(PER_KIND)), "one vector alone asks for its own kind"
    assert not FromTowers(Encoded(towers), index, slice(2, None)).speaks
    source = FromTowers(Encoded(towers), index, slice(0, 2))
    answer = ask(source, [0, 50, 15])
    rows, scores = answer.search(2 * PER_KIND)
    assert rows.tolist() == [*range(PER_KIND, 2 * PER_KIND), *range(PER_KIND)]
    assert np.array_equal(answer.score(rows), scores)
    assert scores[0] == 0.375
    assert scores[-1] == 0.25
    assert not len(ask(source, []).search(5)[0])
    assert not ask(source, []).score(EVERY).any()
    assert answer.score(np.array([N], dtype=np.int32))[0] == 0, "newer than the towers"


def test_a_ranker_asks_towers_only_once_it_has_learnt_what_they_are_worth() -> None:
    towers, encoder = cast("Towers", Shelves()), SvdEncoder.fit(shop())
    space, neighbours, model = fit_all(shop(), log())
    later = FeedParts.build(catalog=shop(), space=space, neighbours=neighbours, model=model, towers=towers)
    assert "towers" not in later.sources
    ranked = learn_ranker(shop(), hidden_log(shop(), log(), FeedConfig()), encoder, towers=towers)
    taught = FeedModel.fit(shop(), log(), encoder, ranked=ranked)
    parts = FeedParts.build(catalog=shop(), space=space, neighbours=neighbours, model=taught, towers=towers)
    assert "towers" in parts.sources
    assert parts.features.row("towers", "score") > 0


@pytest.mark.parametrize("name", ["ease", "lasting"])
def test_what_was_long_ago_still_counts(sources: Asked, name: SourceName) -> None:
    """Two tents, then a hundred looks at four drums: `close` has forgotten the tents, these have not."""
    past = [3, 5, *[5 * PER_KIND + at % 4 for at in range(100)], *range(12, 60)]
    answer, tents = ask(sources[name], past), np.array([4, 6], dtype=np.int32)
    assert (answer.score(tents) > 0.3 * answer.score(np.array([61, 64], dtype=np.int32)).max()).all()
    assert np.abs(ask(sources["close"], past).score(tents)).max() < 1e-3 * ask(sources["close"], past).search(1)[1][0]
    rows, scores = answer.search(20)
    assert np.array_equal(answer.score(rows), scores)
    assert (scores[:-1] >= scores[1:]).all()
    every = answer.score(EVERY)
    good = np.flatnonzero(every > np.sort(every)[-10])
    assert set(good.tolist()) <= set(rows.tolist())


def test_towers_are_asked_once_for_both_sources_and_by_many_at_once() -> None:
    """A person's vectors are kept for the other source, and never given to somebody else."""

    class Counting:
        n_items, item_vectors = 4, np.eye(4, dtype=np.float32)

        def __init__(self) -> None:
            self.asked = 0

        def encode_users(self, histories: Sequence[History]) -> np.ndarray:
            self.asked += len(histories)
            return np.stack([np.eye(4, dtype=np.float32)[[int(h.item.sum()) % 4, 0]] for h in histories])

    towers = Counting()
    encoded, index = Encoded(cast("Towers", towers)), ExactIndex(np.eye(4, dtype=np.float32))
    before = towers.asked
    both = [FromTowers(encoded, index, slice(0, 1)), FromTowers(encoded, index, slice(1, None))]
    taste = taste_of_rows([3])
    assert [ask_.ask(taste).search(1)[0].tolist() for ask_ in both] == [[3], [0]]
    assert towers.asked == before + 1
    tastes = [taste_of_rows([row]) for row in range(4)] * 50
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda of: int(both[0].ask(of).search(1)[0][0]), tastes))
    assert found == [0, 1, 2, 3] * 50
