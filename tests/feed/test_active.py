"""Is a score that hears what is asked for worth serving? The feed itself says, on items that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from intentfeed.commands.config import CommandsConfig, MatcherConfig
from intentfeed.feed.active import FeedJudge
from intentfeed.feed.config import FeedConfig
from intentfeed.retrieval.active_config import ActiveConfig
from intentfeed.retrieval.active_intents import Facets
from intentfeed.retrieval.active_worth import Worth
from intentfeed.retrieval.fit_active import Asked
from intentfeed.retrieval.held_out import HeldOut
from intentfeed.retrieval.sums import top
from intentfeed.types import History
from tests.retrieval.styles import styles

SHARES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Scored:
    """A score of its own for each person, whatever they ask."""

    scores_UI: NDArray[np.float32]
    place: dict[tuple[int, ...], int]

    def scores(self, history: History, intent_texts: Sequence[str], rows: NDArray[np.int32]) -> NDArray[np.float32]:
        del intent_texts
        found: NDArray[np.float32] = self.scores_UI[self.place[tuple(history.item.tolist())]][rows]
        return found

    def search(
        self, history: History, intent_texts: Sequence[str], k: int, mask: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        rows = np.flatnonzero(np.ones(self.scores_UI.shape[1], bool) if mask is None else mask).astype(np.int32)
        return top(rows, self.scores(history, intent_texts, rows), k)


@pytest.fixture(scope="module")
def asked() -> Asked:
    data = styles(80).data
    return Asked.of(HeldOut.of(data, most=80), Facets.of(data.catalog), ActiveConfig())


def judged(asked: Asked, scores_UI: NDArray[np.float64], *, most: float = 0.5) -> Worth:
    place = {tuple(history.item.tolist()): row for row, history in enumerate(asked.held.histories)}
    commands = CommandsConfig(matcher=MatcherConfig(active=most))
    judge = FeedJudge(feed=FeedConfig(), commands=commands, shares=SHARES)
    return judge(asked, Scored(scores_UI.astype(np.float32), place))


def knowing(asked: Asked, sure: float) -> NDArray[np.float64]:
    """Return noise, and as much knowledge of what each person took up."""
    n_items = asked.held.data.log.n_items
    scores_UI = np.random.default_rng(5).random((len(asked), n_items))
    scores_UI[np.arange(len(asked)), asked.held.targets] += sure
    return scores_UI


def test_noise_is_not_served(asked: Asked) -> None:
    worth = judged(asked, knowing(asked, 0.0))
    assert (worth.serves, worth.share) == (False, 0.0)
    assert worth.n == len(asked)


def test_what_knows_more_than_the_feed_is_served_with_no_more_than_it_may_have(asked: Asked) -> None:
    worth = judged(asked, knowing(asked, 2.0))
    assert worth.share in (0.25, 0.5)
    assert worth.ndcg is not None
    assert worth.ndcg[0] > worth.ndcg[1] + 0.2
    assert judged(asked, knowing(asked, 2.0), most=0.1).share == 0.1
    assert judged(asked, knowing(asked, 2.0), most=0.0) == Worth()


def test_without_it_the_feed_is_the_same_whatever_it_says(asked: Asked) -> None:
    known, noise = (judged(asked, knowing(asked, sure)).ndcg for sure in (2.0, 0.0))
    assert known is not None
    assert noise is not None
    assert known[1] == noise[1]
    assert known[1] > 0.1  # the feed knows styles: more than a row of chance among the two dozen of a shelf
