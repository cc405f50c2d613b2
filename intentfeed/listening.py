"""The interactive feed over a finished workspace: fields, parser, planner, trained models, sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from .active_files import active_of
from .commands.fields import FieldRegistry
from .commands.parser import Parser
from .commands.planner import GroundedPlanner, Planner
from .commands.toolbox import toolbox
from .commands.tools import Tools
from .config import Config
from .data.catalog import Catalog
from .data.store import Store
from .errors import DataError
from .feed.interactive import InteractiveFeed
from .feed.recommend import FeedParts, Query
from .feed.rounds import Round, Session
from .fitting import Models
from .llm.log import CallLog
from .llm.online import open_online
from .manifest import Manifest
from .roles import language_of, log_of


def interactive_feed(
    store: Store, manifest: Manifest, models: Models, parts: FeedParts, config: Config
) -> InteractiveFeed:
    """Return the feed that can be told things; with an endpoint, the model reads and plans where `llm.roles` say so."""
    registry = FieldRegistry.of(models.catalog, config.commands.fields)
    tools = toolbox(config.commands)
    parser, planner = heard_by(models.catalog, registry, tools, config, store)
    return InteractiveFeed.build(
        parts,
        lambda _: parser,
        config=config.commands,
        planner=planner,
        tools=tools,
        registry=registry,
        active=active_of(store, manifest.active, models.catalog, models=manifest.models, encoder=models.space.encoder),
    )


def heard_by(
    catalog: Catalog, registry: FieldRegistry, tools: Tools, config: Config, store: Store
) -> tuple[Parser, Planner]:
    """Return who reads commands and who plans: the grounded ones, or a model with the grounded ones behind it."""
    from .commands.grounded import GroundedParser
    from .commands.llm import LLMParser, LLMPlanner

    parser: Parser = GroundedParser(registry, catalog, config.commands.parser)
    planner: Planner = GroundedPlanner()
    asked = {"parser", "planner"} & set(config.llm.roles) if config.llm.on else set()
    if not asked:
        return parser, planner
    door = open_online(config.llm, CallLog(log_of(store.root)))
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
