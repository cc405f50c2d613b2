"""What the feed makes of hidden items with an active-intent-aware score and without: is it worth serving [ours]?

Each person asks for values that the item they took up shares with others. The feed that answers has not seen that item
either; it gathers, scores and blends as the matcher does, once without the score and once under each share of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..commands.alike import spread_out
from ..commands.config import CommandsConfig
from ..commands.tools import Pool
from ..retrieval.active import ActiveIntent
from ..retrieval.active_worth import Worth
from ..retrieval.fit_active import Asked
from ..retrieval.index import IndexConfig
from ..retrieval.learner import TowerData
from ..retrieval.neighbours import ItemNeighbours, NeighboursConfig
from ..retrieval.space import Space, SpaceConfig
from ..types import History
from .config import FeedConfig
from .indexes import Indexes
from .model import FeedModel
from .parts import FeedParts
from .personal import Personal
from .recommend import Query

K = 10
NEVER = np.iinfo(np.int64).max
"""The rank of what is not among the candidates."""


@dataclass(frozen=True, kw_only=True)
class FeedJudge:
    """Ranks hidden items as the feed would; made for one log, since it fits the feed to what is left of that log."""

    feed: FeedConfig
    commands: CommandsConfig
    shares: Sequence[float]
    """That are tried, below the one that the matcher may give at most; and that one."""
    neighbours: NeighboursConfig | None = None
    space: SpaceConfig | None = None

    def __call__(self, asked: Asked, towers: ActiveIntent) -> Worth:
        """Return what the score is worth; asked of nobody, or allowed no share, it is not known."""
        most = self.commands.matcher.active
        shares = [*(share for share in self.shares if share < most), most]
        some = [row for row in range(len(asked)) if asked.intents[row]]
        if not most or not some:
            return Worth()
        parts = self._parts(asked.held.data)
        ranks = np.array([self._ranks(asked, row, towers, parts, [0.0, *shares]) for row in some])
        ndcg = np.where(ranks < K, 1 / np.log2(np.minimum(ranks, K) + 2.0), 0.0)
        return Worth.of(ndcg.T, shares)

    def _parts(self, data: TowerData) -> FeedParts:
        """Return the feed of what is left of the log, without trained towers: those have seen what is hidden."""
        feed = FeedModel.fit(
            data.catalog, data.log, data.encoder, self.feed, neighbours=self.neighbours, space=self.space
        )
        space = Space.fit(data.catalog, data.log, data.encoder, self.space).with_text_share(feed.text_share)
        return FeedParts.build(
            catalog=data.catalog,
            space=space,
            neighbours=ItemNeighbours.fit(data.log, self.neighbours),
            model=feed,
            config=self.feed,
            indexes=Indexes.build(space, config=IndexConfig(kind="exact")),
        )

    def _ranks(
        self, asked: Asked, row: int, towers: ActiveIntent, parts: FeedParts, shares: Sequence[float]
    ) -> list[int]:
        """Return how many candidates the hidden item stands behind under each share."""
        history, texts, target = asked.held.histories[row], asked.intents[row], int(asked.held.targets[row])
        values = asked.values[row]
        pool = self._gathered(history, texts, asked.facets.answering(values), towers, parts)
        place = int(np.searchsorted(pool.rows, target))
        if place == len(pool.rows) or pool.rows[place] != target:
            return [NEVER] * len(shares)
        matcher, sem_C = self.commands.matcher, np.zeros(len(pool.rows))
        for value in values:
            sem_C += matcher.held * asked.facets.answering([value])[pool.rows]
        base_C = spread_out(pool.base_C)
        active_C = spread_out(towers.scores(history, texts, pool.rows))
        found = []
        for share in shares:
            collab_C = share * active_C + (1 - share) * base_C
            match_C = matcher.alpha * sem_C + (1 - matcher.alpha) * collab_C
            equal = int((match_C == match_C[place]).sum())
            found.append(int((match_C > match_C[place]).sum()) + (equal - 1) // 2)
        return found

    def _gathered(
        self,
        history: History,
        texts: Sequence[str],
        answers_I: NDArray[np.bool_],
        towers: ActiveIntent,
        parts: FeedParts,
    ) -> Pool:
        """Return the candidates, the same under every share: what meets all that is asked, where it fills a slate."""
        personal = Personal(Query(history=history, k=K), parts)
        mask_I = personal.allowed.mask_I
        brought = towers.search(history, texts, self.commands.matcher.search, mask_I)[0]
        pool = Pool(mask_I=mask_I, focus_I=answers_I, nominated=np.sort(brought))
        return personal.gathered(pool, enough=K * self.commands.enough)[0]
