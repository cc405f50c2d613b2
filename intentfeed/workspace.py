"""The request path over a finished workspace: who is this, what would they be shown now, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .commands.records import Scope
from .config import Config, load_config
from .data.history import histories
from .data.records import interests_by_user, slate_of, tags_by_user
from .data.store import Store
from .errors import DataError
from .feed.interactive import Heard, InteractiveFeed
from .feed.parts import FeedParts
from .feed.recommend import Query, recommend, recommend_many
from .feed.rounds import Round, Session
from .fitting import Models, load_models
from .inputs import until
from .jobs import kept
from .listening import Sessions, Visitor, interactive_feed
from .llm.online import Doors
from .manifest import Manifest
from .types import Action, Context, History, Interest, Slate, Tag, TextEncoder

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


def load(workspace: str | Path, *, vector_encoder: TextEncoder | None = None) -> Workspace:
    """Return the workspace ready to serve; `vector_encoder` reads for `commands.matcher.vector_column`, if that is set.

    Raises:
        DataError: no completed run is there, or one of another version.
    """
    return Workspace(Path(workspace), vector_encoder=vector_encoder)


class Workspace:
    """A finished run. Holds no lock: each question is answered from the state that is committed when it is asked."""

    manifest: Manifest
    config: Config
    context: Context

    def __init__(self, root: Path, *, doors: Doors | None = None, vector_encoder: TextEncoder | None = None) -> None:
        self.store = Store(root)
        self._doors, self._vector_encoder = doors or Doors(), vector_encoder
        self._stamp = (0, 0)
        self._sessions = Sessions(known=self._known)
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
            for name in ("models", "_names", "feed", "people", "interactive"):
                self.__dict__.pop(name, None)
            self._stamp = stamp

    @cached_property
    def models(self) -> Models:
        """What was fitted, with the catalogue as it stands."""
        return load_models(self.store, self.manifest.models, self.manifest.catalog, self.manifest.towers)

    @cached_property
    def _names(self) -> NDArray[np.str_]:
        """The ids of the catalogue by row, and '' for no item at -1."""
        return np.array([*self.models.catalog.item_ids, ""])

    @cached_property
    def feed(self) -> FeedParts:
        """What the request path works with."""
        return self.models.feed_parts(self.config, self.store.scan("explanations").collect(), self.context)

    @cached_property
    def interactive(self) -> InteractiveFeed:
        """The feed that can be told things; made when it is first needed, shared by all sessions."""
        return interactive_feed(
            self.store,
            self.manifest,
            self.models,
            self.feed,
            self.config,
            doors=self._doors,
            vector_encoder=self._vector_encoder,
        )

    def close(self) -> None:
        """Let go of the model that reads commands, if there is one; whatever is asked later opens it anew."""
        self.__dict__.pop("interactive", None)
        self._doors.close()

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
            DataError: the user or every item of the history is unknown, neither is given, or `k` is less than 1. A
                history without items is that of somebody of whom nothing is known yet.
        """
        _check_k(k)
        self.refresh()
        if history is None and user_id is None:
            raise DataError("recommend needs a user or a history: give one of them")
        query = Query(history=self._session(history)) if history is not None else self._known(Visitor(user_id=user_id))
        return recommend(replace(query, k=self.config.feed.k if k is None else k), self.feed)

    def recommend_many(
        self, histories_: Sequence[Sequence[str]], *, k: int = 10
    ) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
        """Return (ids [n, k], scores [n, k]) for histories of item ids; equals one by one. '' fills a short slate."""
        _check_k(k)
        self.refresh()
        row_of = self.models.catalog.row_of
        rows = [[row_of[item_id] for item_id in history if item_id in row_of] for history in histories_]
        items, scores = recommend_many(rows, k, self.feed)
        return self._names[items], scores

    def open(
        self,
        session_id: str,
        *,
        user_id: str | None = None,
        history: Sequence[str] | None = None,
        k: int | None = None,
        today: date | None = None,
    ) -> Round:
        """Return the first round of a session at the feed: of a user, of a history of item ids, or of nobody known.

        Sessions live as long as this object; whoever wants to keep one keeps its rounds, as `Round.plain()`.

        Raises:
            DataError: the user or every item of the history is unknown.
        """
        self.refresh()
        who = Visitor(user_id=user_id, history=None if history is None else tuple(history))
        return self._sessions.open(session_id, who, self.interactive, k=k, today=today or _today())

    def command(
        self,
        session_id: str,
        text: str,
        *,
        user_id: str | None = None,
        today: date | None = None,
        heard: Heard | None = None,
    ) -> Round:
        """Return the round that a command brings: the new slate, what holds now, what changed and which words did it.

        A session that is unknown is opened first, for `user_id` where one is given.

        Raises:
            DataError: the user is unknown, or the session is somebody else's.
        """
        self.refresh()
        if session_id not in self._sessions:
            self.open(session_id, user_id=user_id, today=today)
        elif user_id is not None and (whose := self.session(session_id).user_id) != user_id:
            raise DataError(
                f"session {session_id[:80]!r} is that of {'nobody known' if whose is None else f'user {whose!r}'}, "
                f"not of user {user_id[:80]!r}: open another session for them"
            )
        day = today or _today()
        return self._step(session_id, lambda session: self.interactive.command(session, text, today=day, heard=heard))

    def undo(self, session_id: str, *, today: date | None = None) -> Round:
        """Return the round that takes the last command or edit back.

        Raises:
            DataError: there is no such session, or nothing to undo; so do all that follow.
        """
        return self._step(session_id, lambda session: self.interactive.undo(session, today=today or _today()))

    def drop(self, session_id: str, demand_id: str, *, today: date | None = None) -> Round:
        """Return the round without one demand."""
        return self._step(
            session_id, lambda session: self.interactive.drop(session, demand_id, today=today or _today())
        )

    def rescope(self, session_id: str, demand_id: str, scope: Scope, *, today: date | None = None) -> Round:
        """Return the round in which one demand holds for the session, the season, or always."""
        day = today or _today()
        return self._step(session_id, lambda session: self.interactive.rescope(session, demand_id, scope, today=day))

    def feedback(self, session_id: str, item_id: str, action: Action, *, today: date | None = None) -> Round:
        """Return the round after somebody took up an item."""
        day = today or _today()
        return self._step(session_id, lambda session: self.interactive.feedback(session, item_id, action, today=day))

    def session(self, session_id: str) -> Session:
        """Return a session with all its rounds."""
        self.refresh()
        return self._sessions.of(session_id, self.interactive)

    def _step(self, session_id: str, change: Callable[[Session], Session]) -> Round:
        self.refresh()
        return self._sessions.step(session_id, self.interactive, change)

    def _known(self, who: Visitor) -> Query:
        """Return what is known of somebody on the workspace's day, as a question for the feed."""
        if who.history:
            return Query(history=self._session(who.history))
        user_id = who.user_id
        if user_id is None:
            return Query(history=History.of_items([]))
        events = until(self.store.scan("events", user_id), self.context.as_of).collect()
        if events.is_empty():
            raise DataError(f"{self.store.root} has no user {user_id!r}: {self._nearby(user_id)}")
        known = next(histories(events, self.models.catalog, self.people))
        interests = interests_by_user(self.store.scan("interests", user_id).collect()).get(user_id, [])
        tags = tags_by_user(self.store.scan("tags", user_id).collect()).get(user_id, [])
        return Query(user_id=user_id, history=known, interests=kept(interests), tags=tags)

    def _session(self, item_ids: Sequence[str]) -> History:
        """Return the history of somebody of whom only a few items are known."""
        rows = [self.models.catalog.row_of[item_id] for item_id in item_ids if item_id in self.models.catalog.row_of]
        if item_ids and not rows:
            raise DataError(f"none of the items {', '.join(item_ids)} is in the catalogue: check the ids")
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


def _check_k(k: int | None) -> None:
    if k is not None and k < 1:
        raise DataError(f"a slate of {k} items shows nothing: let k be 1 or more, or leave it out")


def _today() -> date:
    return datetime.now(UTC).date()
