"""intentfeed at its own table, twice: retrieval from a history alone, and the slates of the whole chain."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..batch import run
from ..config import Config
from ..data.catalog import Catalog
from ..data.split import Split
from ..data.store import Store
from ..errors import ConfigError
from ..feed.filters import Screen
from ..feed.model import FeedModel, fit_all
from ..feed.parts import FeedParts
from ..feed.recommend import Query, candidates, recommend_many
from ..feed.train import TrainConfig, train_feed
from ..retrieval.encode import SvdEncoder
from ..retrieval.fit_towers import TowerData
from ..retrieval.neighbours import ItemNeighbours
from ..retrieval.space import Space
from ..types import History, Interactions
from .dataset import Dataset
from .recommender import CannotRun, Histories, Lists


class OursCore:
    """The request path for somebody of whom only a history is known, as the core fits it: without trained towers.

    It learns by itself how to rank, on items hidden from the log that it is given; the referee tunes nothing here.
    """

    name: ClassVar[str] = "intentfeed-core"
    reads: ClassVar[set[str]] = {"retrieval", "feed"}
    """Parts of the config that bear on a line; a kept one outlives a change of all others, as of how we listen."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        self._parts: FeedParts | None = None

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Fit encoder, neighbours, space and feed, as a run does."""
        retrieval = self.config.retrieval
        space, neighbours, model = fit_all(
            catalog,
            interactions,
            self.config.feed,
            encoder=retrieval.encoder,
            neighbours=retrieval.neighbours,
            space=retrieval.space,
        )
        self._parts = FeedParts.build(
            catalog=catalog, space=space, neighbours=neighbours, model=model, config=self.config.feed
        )

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return what `intentfeed.load(WS).recommend_many` would."""
        assert self._parts is not None, "fit comes first"
        rows = [history.tolist() for history in histories]
        return recommend_many(rows, k, self._parts, exclude_seen=exclude_seen)

    def recommend_events(self, events: Sequence[History], k: int, *, exclude_seen: bool) -> Lists:
        """Return what a known user of that history would be shown, knowing the actions, the times and the ratings."""
        assert self._parts is not None, "fit comes first"
        return recommend_many(events, k, self._parts, exclude_seen=exclude_seen)

    def sources(self, split: Split) -> dict[str, NDArray[np.int32]]:
        """Return ids_PK that each source brings to the questions, before all are ranked together."""
        assert self._parts is not None, "fit comes first"
        parts = replace(self._parts, screen=Screen(self._parts.catalog, exclude_seen=split.exclude_seen))
        brought: dict[str, list[list[int]]] = {name: [[] for _ in split.cases.events] for name in parts.sources}
        for row, history in enumerate(split.cases.events):
            for each in candidates(Query(history=history), parts):
                brought[each.source][row].append(each.item)
        return {name: _padded(rows) for name, rows in brought.items()}


class Ours(OursCore):
    """The same with trained towers among the sources, as `intentfeed train towers` leaves a workspace."""

    name: ClassVar[str] = "intentfeed"

    def __init__(self, config: Config | None = None, train: TrainConfig | None = None, *, seed: int = 0) -> None:
        super().__init__(config)
        self.train, self.seed = train or TrainConfig(), seed
        self.seconds = 1_200.0

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Fit everything, and train the towers twice: without the hidden items, then on the whole log.

        Raises:
            CannotRun: torch is not installed.
        """
        retrieval = self.config.retrieval
        encoder = SvdEncoder.fit(catalog, retrieval.encoder)
        try:
            trained = train_feed(
                TowerData(catalog=catalog, log=interactions, encoder=encoder, tags={}),
                self.train,
                feed=self.config.feed,
                neighbours=retrieval.neighbours,
                space=retrieval.space,
                seed=self.seed,
                seconds=self.seconds,
            )
        except ConfigError as error:
            raise CannotRun(str(error)) from error
        self._parts = FeedParts.build(
            catalog=catalog,
            space=Space.fit(catalog, interactions, encoder, retrieval.space),
            neighbours=ItemNeighbours.fit(interactions, retrieval.neighbours),
            model=FeedModel.fit(
                catalog,
                interactions,
                encoder,
                self.config.feed,
                neighbours=retrieval.neighbours,
                space=retrieval.space,
                ranked=(trained.ranker, trained.text_share),
            ),
            config=self.config.feed,
            towers=trained.towers,
        )

    def trials(self) -> Sequence[Ours]:
        """Return itself: what there is to choose it chooses on items hidden from the log."""
        return [Ours(self.config, self.train, seed=self.seed)]

    def seeded(self, seed: int) -> Ours:
        """Return an unfitted one with another seed of the towers, that may train as long."""
        other = Ours(self.config, self.train, seed=seed)
        other.seconds = self.seconds
        return other

    def fit_watched(
        self, interactions: Interactions, catalog: Catalog, watch: Callable[[], float], *, seconds: float
    ) -> None:
        """Fit within the time; the referee's own questions are not looked at."""
        del watch
        self.seconds = seconds
        self.fit(interactions, catalog)


class OurSlates:
    """The batch path run on the cut log: interests, tags, fused retrieval, slates. What people would be shown."""

    name: ClassVar[str] = "intentfeed-slates"
    reads: ClassVar[set[str]] = set(Config.model_fields) - {"run", "explain", "commands"}
    """A slate depends neither on how work is cut, nor on the sentences beside its items, nor on what is said later."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.config = dataset.config

    def answer(self, split: Split, catalog: Catalog, k: int) -> Lists:
        """Return each user's slate of `k`, from a workspace made of nothing but the events that may be learnt.

        Raises:
            CannotRun: a user is asked more than once, or without being in the log.
        """
        users = split.cases.users
        if len(set(users)) < len(users):
            raise CannotRun("a slate is one a user, and this split asks some users more than once")
        if split.how == "rows":
            raise CannotRun("the questions bring histories of their own, not those of the log")
        with tempfile.TemporaryDirectory(prefix="intentfeed-") as scratch:
            root = Path(scratch) / "workspace"
            self._run(split, root, k)
            slates = Store(root).scan("slates").select("user_id", "rank", "item_id", "score").collect()
        return _lists(slates, users, catalog, k)

    def _run(self, split: Split, root: Path, k: int) -> None:
        """Run the batch path on the rows of the source that may be learnt from."""
        feed = self.config.feed.model_copy(update={"exclude_seen": split.exclude_seen, "k": k})
        source = self.dataset
        run(
            source.raw_events[split.known["event_id"].sort().to_list()],
            source.raw_items,
            users=source.raw_users,
            workspace=root,
            config=self.config.model_copy(update={"feed": feed}),
        )


def _padded(rows: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    """Return rows of different lengths as one array, -1 behind the shorter ones."""
    found = np.full((len(rows), max(map(len, rows), default=0)), -1, dtype=np.int32)
    for row, items in enumerate(rows):
        found[row, : len(items)] = items
    return found


def _lists(slates: pl.DataFrame, users: list[str], catalog: Catalog, k: int) -> Lists:
    """Return the slates as ids_PK and scores_PK in the order of `users`."""
    row_of, place = catalog.row_of, {user: row for row, user in enumerate(users)}
    ids = np.full((len(users), k), -1, dtype=np.int32)
    scores = np.full((len(users), k), -np.inf, dtype=np.float32)
    for user, rank, item_id, score in slates.iter_rows():
        if user in place and rank <= k:
            ids[place[user], rank - 1] = row_of[item_id]
            scores[place[user], rank - 1] = score
    return ids, scores
