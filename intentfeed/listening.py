"""The interactive feed over a finished workspace: fields, parser, planner, trained models, sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from .active_files import active_of, share_of
from .commands.fields import FieldRegistry
from .commands.parser import Parser
from .commands.planner import GroundedPlanner, Planner
from .commands.toolbox import toolbox
from .commands.tools import Tools
from .commands.vectors import Vectors
from .config import Config
from .data.catalog import Catalog
from .data.store import Store
from .errors import ConfigError, DataError
from .feed.interactive import InteractiveFeed
from .feed.parts import FeedParts
from .feed.recommend import Query
from .feed.rounds import Round, Session
from .fitting import Models
from .llm.log import CallLog
from .llm.online import Doors
from .manifest import Manifest
from .roles import language_of, log_of
from .types import TextEncoder


def interactive_feed(
    store: Store,
    manifest: Manifest,
    models: Models,
    parts: FeedParts,
    config: Config,
    *,
    doors: Doors | None = None,
    vector_encoder: TextEncoder | None = None,
) -> InteractiveFeed:
    """Return the feed that can be told things; with an endpoint, the model reads and plans where `llm.roles` say so.

    `doors` keeps the endpoint for the next state of the workspace; `vector_encoder` turns words into the space of
    `commands.matcher.vector_column`.

    Raises:
        ConfigError: there is such a column and no such encoder, or the endpoint's settings cannot be used.
        DataError: the column has no vectors, or not of the encoder's width.
    """
    active = active_of(store, manifest.active, models.catalog, models=manifest.models, encoder=models.space.encoder)
    if active is not None:
        config = _giving(config, share_of(store, manifest.active, config.commands.matcher.active))
    column = config.commands.matcher.vector_column
    registry = FieldRegistry.of(models.catalog, config.commands.fields, without=(column,))
    tools = toolbox(config.commands, vectors=_vectors(models.catalog, config, vector_encoder))
    parser, planner = heard_by(models.catalog, registry, tools, config, store, doors=doors)
    return InteractiveFeed.build(
        parts,
        lambda _: parser,
        config=config.commands,
        planner=planner,
        tools=tools,
        registry=registry,
        active=active,
    )


def _giving(config: Config, share: float) -> Config:
    """Return the settings with this share of the active score in the personal one."""
    return config.model_copy(update={"commands": config.commands.giving_active(share)})


def _vectors(catalog: Catalog, config: Config, encoder: TextEncoder | None) -> Vectors | None:
    column = config.commands.matcher.vector_column
    if not column:
        return None
    if encoder is None:
        raise ConfigError(
            f"commands.matcher.vector_column is {column!r}, and nothing here turns words into vectors like those: "
            "give what does, as in intentfeed.load(workspace, vector_encoder=...), or leave it empty"
        )
    return Vectors.of(catalog, column, encoder)


def heard_by(
    catalog: Catalog,
    registry: FieldRegistry,
    tools: Tools,
    config: Config,
    store: Store,
    *,
    doors: Doors | None = None,
) -> tuple[Parser, Planner]:
    """Return who reads commands and who plans: the grounded ones, or a model with the grounded ones behind it."""
    from .commands.grounded import GroundedParser
    from .commands.llm import LLMParser, LLMPlanner

    parser: Parser = GroundedParser(registry, catalog, config.commands.parser)
    planner: Planner = GroundedPlanner()
    asked = {"parser", "planner"} & set(config.llm.roles) if config.llm.on else set()
    if not asked:
        return parser, planner
    door = (doors or Doors()).of(config.llm, CallLog(log_of(store.root)))
    language = language_of(config, catalog)
    if "parser" in asked:
        parser = LLMParser(
            registry, catalog, door, parser, llm=config.llm, language=language, config=config.commands.llm
        )
    if "planner" in asked:
        planner = LLMPlanner(tools, door, planner, llm=config.llm, language=language, config=config.commands.llm)
    return parser, planner


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who is at the feed: a user of the workspace, or somebody of whom some items are known, or nobody knows what."""

    user_id: str | None = None
    history: tuple[str, ...] | None = None


@dataclass
class Sessions:
    """The sessions of one process, by name. The service keeps its own, on disk."""

    known: Callable[[Visitor], Query]
    """What the workspace knows of somebody, as it stands."""
    _held: dict[str, tuple[Visitor, InteractiveFeed, Session]] = field(default_factory=dict)

    def of(self, session_id: str, feed: InteractiveFeed) -> Session:
        """Return a session as it stands, over the feed as it stands.

        Raises:
            DataError: there is none of that name.
        """
        if session_id not in self._held:
            raise DataError(f"there is no session {session_id[:80]!r}: open one, or send it a command")
        who, over, session = self._held[session_id]
        if over is feed:
            return session
        query = self.known(who)
        assert query.history is not None
        again = feed.resume(
            session.rounds,
            session_id=session_id,
            user_id=who.user_id,
            history=query.history,
            interests=query.interests,
            tags=query.tags,
        )
        return self._kept(who, feed, again)

    def open(self, session_id: str, who: Visitor, feed: InteractiveFeed, *, k: int | None, today: date) -> Round:
        """Return the first round of a session, of a new one or one begun anew."""
        query = self.known(who)
        assert query.history is not None
        session = feed.open(
            session_id=session_id,
            user_id=who.user_id,
            history=query.history,
            interests=query.interests,
            tags=query.tags,
            today=today,
            k=k,
        )
        return self._kept(who, feed, session).last

    def step(self, session_id: str, feed: InteractiveFeed, change: Callable[[Session], Session]) -> Round:
        """Return the round that a change brings."""
        session = change(self.of(session_id, feed))
        return self._kept(self._held[session_id][0], feed, session).last

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._held

    def _kept(self, who: Visitor, feed: InteractiveFeed, session: Session) -> Session:
        self._held[session.session_id] = (who, feed, session)
        return session
