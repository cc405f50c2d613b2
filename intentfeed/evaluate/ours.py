"""intentfeed at its own table, twice: retrieval from a history alone, and the slates of the whole chain."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from ..batch import run
from ..config import Config
from ..data.catalog import Catalog
from ..data.split import Split
from ..data.store import Store
from ..feed.model import fit_all
from ..feed.recommend import FeedParts, recommend_many
from ..types import Interactions
from .dataset import Dataset
from .recommender import CannotRun, Histories, Lists


class Ours:
    """The request path for somebody of whom only a history is known: no interests, no tags, no reasons.

    It chooses the weights of its sources by itself, on items hidden from the log that it is given; the referee tunes
    nothing here.
    """

    name: ClassVar[str] = "intentfeed"

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


class OurSlates:
    """The batch path run on the cut log: interests, tags, fused retrieval, slates. What people would be shown."""

    name: ClassVar[str] = "intentfeed-slates"

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
