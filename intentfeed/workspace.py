"""The request path over a finished workspace: who is this, what would they be shown now, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .config import Config, load_config
from .data.history import histories
from .data.records import interests_by_user, slate_of, tags_by_user
from .data.store import Store
from .errors import DataError
from .feed.recommend import FeedParts, Query, recommend, recommend_many
from .fitting import Models, load_models
from .inputs import until
from .jobs import kept
from .manifest import Manifest
from .types import Context, History, Interest, Slate, Tag

EVIDENCE = ["event_id", "action", "item_id", "query", "value", "timestamp"]


@dataclass(frozen=True, kw_only=True)
class Person:
    """All that a workspace holds on one user, with the events that its interests and reasons cite."""

    user_id: str
    attributes: str
    digest: dict[str, Any]
    interests: list[Interest]
    tags: list[Tag]
    slate: Slate
    evidence: dict[int, dict[str, Any]]
    """Event id → what happened: action, item with its title, query, time."""

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)


def load(workspace: str | Path) -> Workspace:
    """Return the workspace ready to serve.

    Raises:
        DataError: no completed run is there, or one of another version.
    """
    return Workspace(Path(workspace))


class Workspace:
    """A finished run. Holds no lock: each question is answered from the state that is committed when it is asked."""

    manifest: Manifest
    config: Config
    context: Context

    def __init__(self, root: Path) -> None:
        self.store = Store(root)
        self._stamp = (0, 0)
        self.refresh()

    def refresh(self) -> None:
        """Take up the state that a run or an update has committed since, if any; every question does so first."""
        path = self.store.manifest_path
        found = path.stat() if path.exists() else None
        stamp = (found.st_ino, found.st_mtime_ns) if found else (0, 0)
        if found is None or stamp != self._stamp:
            self.manifest = Manifest.of(self.store.completed())
            self.config = load_config(self.store.root / "config.toml")
            self.context = self.manifest.context
            for name in ("models", "feed", "people"):
                self.__dict__.pop(name, None)
            self._stamp = stamp

    @cached_property
    def models(self) -> Models:
        """What was fitted, with the catalogue as it stands."""
        return load_models(self.store, self.manifest.models, self.manifest.catalog, self.manifest.towers)

    @cached_property
    def feed(self) -> FeedParts:
        """What the request path works with."""
        return self.models.feed_parts(self.config, self.store.scan("explanations").collect(), self.context)

    @cached_property
    def people(self) -> dict[str, str]:
        """Attributes of each known user, as JSON."""
        return dict(pl.read_parquet(self.store.people_path(self.manifest.people)).rows())

    def rows(self, table: str, part: int) -> pl.DataFrame:
        """Return the rows of one partition of a table."""
        return self.store.read(table, part, self.manifest.segments[table].get(part, ())).collect()

    def user_ids(self) -> list[str]:
        """Return the users that have rows, sorted."""
        return sorted(self.store.scan("digests").select("user_id").collect()["user_id"].to_list())

    def person(self, user_id: str) -> Person:
        """Return one user's interests, tags and slate as the last run left them.

        Raises:
            DataError: the workspace has no such user.
        """
        self.refresh()
        digest = self.store.scan("digests", user_id).collect().to_dicts()
        if not digest:
            raise DataError(f"{self.store.root} has no user {user_id!r}: {self._nearby(user_id)}")
        interests = interests_by_user(self.store.scan("interests", user_id).collect()).get(user_id, [])
        tags = tags_by_user(self.store.scan("tags", user_id).collect()).get(user_id, [])
        slate = slate_of(user_id, self.store.scan("slates", user_id).collect())
        cited = {event for interest in interests for event in interest.event_ids}
        cited |= {event for shown in slate.items for claim in shown.reason.claims for event in claim.event_ids}
        cited |= {event for tag in tags for event in tag.event_ids}
        return Person(
            user_id=user_id,
            attributes=self.people.get(user_id, "{}"),
            digest=digest[0],
            interests=interests,
            tags=tags,
            slate=slate,
            evidence=self._evidence(user_id, cited),
        )

    def recommend(
        self, user_id: str | None = None, *, history: Sequence[str] | None = None, k: int | None = None
    ) -> Slate:
        """Return a slate computed now, for a known user or for a history of item ids, oldest first.

        Of a user counts what was known on the workspace's day, as in the slates that a run writes.

        Raises:
            DataError: the user or every item of the history is unknown, or neither is given.
        """
        self.refresh()
        if history is not None:
            return recommend(Query(history=self._session(history), k=k or self.config.feed.k), self.feed)
        if user_id is None:
            raise DataError("recommend needs a user or a history: give one of them")
        events = until(self.store.scan("events", user_id), self.context.as_of).collect()
        if events.is_empty():
            raise DataError(f"{self.store.root} has no user {user_id!r}: {self._nearby(user_id)}")
        known = next(histories(events, self.models.catalog, self.people))
        interests = interests_by_user(self.store.scan("interests", user_id).collect()).get(user_id, [])
        tags = tags_by_user(self.store.scan("tags", user_id).collect()).get(user_id, [])
        query = Query(user_id=user_id, history=known, interests=kept(interests), tags=tags, k=k or self.config.feed.k)
        return recommend(query, self.feed)

    def recommend_many(
        self, histories_: Sequence[Sequence[str]], *, k: int = 10
    ) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
        """Return (ids [n, k], scores [n, k]) for histories of item ids; equals one by one. '' fills a short slate."""
        self.refresh()
        row_of = self.models.catalog.row_of
        rows = [[row_of[item_id] for item_id in history if item_id in row_of] for history in histories_]
        items, scores = recommend_many(rows, k, self.feed)
        names = np.array([*self.models.catalog.item_ids, ""])
        return names[items], scores

    def _session(self, item_ids: Sequence[str]) -> History:
        """Return the history of somebody of whom only a few items are known."""
        rows = [self.models.catalog.row_of[item_id] for item_id in item_ids if item_id in self.models.catalog.row_of]
        if not rows:
            raise DataError(f"none of the items {', '.join(item_ids) or '(none)'} is in the catalogue: check the ids")
        return History.of_items(rows)

    def _evidence(self, user_id: str, event_ids: set[int]) -> dict[int, dict[str, Any]]:
        rows = (
            self.store.scan("events", user_id)
            .filter(pl.col("event_id").is_in(sorted(event_ids)))
            .select(EVIDENCE)
            .sort("event_id")
            .collect()
        )
        catalog = self.models.catalog
        title = {row["item_id"]: catalog.titles[catalog.row_of[row["item_id"]]]
                 for row in rows.to_dicts() if row["item_id"] in catalog.row_of}  # fmt: skip
        return {row["event_id"]: {**row, "title": title.get(row["item_id"])} for row in rows.to_dicts()}

    def _nearby(self, user_id: str) -> str:
        import difflib

        users = self.user_ids()
        near = difflib.get_close_matches(user_id, users, n=3) or users[:3]
        return f"try {', '.join(near)}" if near else "it holds no users at all"
