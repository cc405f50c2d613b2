"""The interactive feed as one of those that answer commands, and its ablations: one interface, `open` and `command`.

The feed of round 0 is the same for all: that of our own feed before a word was said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from ...commands.config import CommandsConfig, MatcherConfig
from ...commands.parser import Parser
from ...commands.planner import plain_plan
from ...commands.records import Command, Delta, Demand, Memory
from ...commands.toolbox import toolbox
from ...commands.tools import Pool, Tool, ToolContext, Tools
from ...feed.interactive import InteractiveFeed
from ...feed.rounds import Session, plain_delta, plain_memory
from ...simulate.gold import Gold, about_of
from ...simulate.sessions import Asked, Feed
from ...types import SlateItem

Remembers = Literal["kept", "nothing", "dialogue"]
"""What a loop knows of earlier commands: the memory, nothing, or all of the words, read anew each round."""


class OracleParser:
    """Understands every command as it was meant; told so beforehand, since the words alone do not say it."""

    def __init__(self) -> None:
        self.gold = Gold(feedback="neutral")

    def parse(self, command: Command) -> Delta:
        """Return the gold as a delta, naming what is retracted by the memory's own ids."""
        held = command.memory.demands
        ids = tuple(one.id for gone in self.gold.retracts for one in held if same_thing(one, gone))
        return replace(self.gold.delta(), retract_ids=ids)


class Blindfolded:
    """A parser that does not see the screen."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser

    def parse(self, command: Command) -> Delta:
        """Return what the words say by themselves."""
        return self.parser.parse(replace(command, slate=()))


def same_thing(one: Demand, other: Demand) -> bool:
    """Return whether two demands are one thing wanted, or one thing unwanted."""
    if about_of(one) != about_of(other) or one.polarity != other.polarity:
        return False
    return getattr(one, "value", None) == getattr(other, "value", None) and getattr(one, "text", None) == getattr(
        other, "text", None
    )


@dataclass(frozen=True)
class Idle:
    """A tool that is planned, and does nothing: an ablation."""

    tool: Tool

    @property
    def name(self) -> str:
        """The tool's own."""
        return self.tool.name

    @property
    def description(self) -> str:
        """The tool's own."""
        return self.tool.description

    @property
    def kind(self) -> Literal["restrict", "score", "retrieve", "merge"]:
        """The tool's own."""
        return self.tool.kind

    @property
    def args(self) -> Any:
        """The tool's own."""
        return self.tool.args

    def run(self, pool: Pool, args: object, context: ToolContext) -> Pool:
        """Return the pool as it was."""
        del args, context
        return pool


def without(tools: Tools, *names: str) -> Tools:
    """Return the tools with some of them idle."""
    return {name: Idle(tool) if name in names else tool for name, tool in tools.items()}


@dataclass(frozen=True)
class _State:
    """What an interactive loop is reminded of."""

    session: Session
    said: tuple[str, ...] = ()


class InteractiveLoop:
    """Our feed, as it is served, in the grounded way unless its parts say otherwise."""

    def __init__(
        self,
        name: str,
        feed: InteractiveFeed,
        *,
        remembers: Remembers = "kept",
        opened: dict[str, Session] | None = None,
    ) -> None:
        self.name, self.feed, self.remembers = name, feed, remembers
        self.opened = {} if opened is None else opened
        """Sessions in front of their first feed, by episode: the same for all loops that differ in what they hear."""

    def open(self, asked: Asked) -> Feed:
        """Return the common first feed, whatever its own would have been."""
        session = self.opened.get(asked.episode_id)
        if session is None or session.rows != asked.first:
            opened = self.feed.open(
                session_id=asked.episode_id, history=asked.history, user_id=asked.user_id, today=asked.today
            )
            session = self.opened[asked.episode_id] = in_front_of(opened, asked.first, self.feed)
        return Feed(rows=session.rows, state=_State(session))

    def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
        """Return the feed after a command."""
        state: _State = feed.state
        session, said = state.session, (*state.said, text)
        if isinstance(self.feed.parser, OracleParser):
            self.feed.parser.gold = gold
        if self.remembers != "kept":
            session = replace(session, memory=Memory(next_number=session.memory.next_number))
        words = " . ".join(said) if self.remembers == "dialogue" else text
        session = self.feed.command(session, words, today=session.last.day)
        last = session.last
        facts = {
            "feedback_type": last.delta.feedback if last.delta else "",
            "delta": plain_delta(last.delta) if last.delta else None,
            "prefs_before": plain_memory(last.before),
            "prefs_after": plain_memory(last.after),
            "plan": plain_plan(last.plan),
            "relaxed": [one.words for one in last.relaxed],
            "latency_ms": dict(last.latency_ms),
        }
        return Feed(rows=session.rows, state=_State(session, said), facts=facts)


def in_front_of(session: Session, rows: tuple[int, ...], feed: InteractiveFeed) -> Session:
    """Return a session that was just opened as if its first slate had shown these rows."""
    if session.rows == rows:
        return session
    catalog = feed.parts.catalog
    items = tuple(
        SlateItem(rank=rank, item_id=catalog.item_ids[row], title=catalog.titles[row], score=0.0, sources=(), tag=None,
                  interest_id=None)
        for rank, row in enumerate(rows, start=1)
    )  # fmt: skip
    slate = replace(session.slate, items=items)
    first = replace(session.last, slate=slate, scores={}, meets={}, empty_why="", short="")
    return replace(session, slate=slate, rows=rows, rounds=(first,))


def variants(feed: InteractiveFeed) -> list[InteractiveLoop]:
    """Return our feed, the bound that perfect understanding sets, and what each part is worth (RecBot, 11.4)."""
    matcher, opened = feed.config.matcher, dict[str, Session]()
    oracle = replace(feed, parser=OracleParser())

    def loop(name: str, feed: InteractiveFeed, remembers: Remembers = "kept") -> InteractiveLoop:
        return InteractiveLoop(name, feed, remembers=remembers, opened=opened)

    found = [
        loop("intentfeed", feed),
        loop("oracle parser", oracle),
        loop("no memory", feed, "nothing"),
        loop("whole dialogue", feed, "dialogue"),
        loop("oracle, no memory", oracle, "nothing"),
        loop("- feed input", replace(feed, parser=Blindfolded(feed.parser))),
        loop("- filter", replace(feed, tools=without(feed.tools, "filter"))),
        loop("- attenuator", replace(feed, tools=without(feed.tools, "attenuator"))),
        loop("- collaborative", _with_matcher(feed, matcher.model_copy(update={"alpha": 1.0}))),
        loop("- semantic", _with_matcher(feed, matcher.model_copy(update={"alpha": 0.0}))),
        loop("- evidence", _with_evidence(feed, False)),
        loop("- passed over", _rebuilt(feed, feed.config.model_copy(update={"looked_at": 0.0}))),
    ]
    if feed.active is not None:
        found.append(loop("- active intent", replace(feed, active=None)))
    return found


def _with_matcher(feed: InteractiveFeed, matcher: MatcherConfig) -> InteractiveFeed:
    return _rebuilt(feed, feed.config.model_copy(update={"matcher": matcher}))


def _with_evidence(feed: InteractiveFeed, evidence: bool) -> InteractiveFeed:
    """Return a feed that compares vectors alone, as in the paper."""
    matcher = feed.config.matcher.model_copy(update={"evidence": evidence})
    attenuator = feed.config.attenuator.model_copy(update={"evidence": evidence})
    return _rebuilt(feed, feed.config.model_copy(update={"matcher": matcher, "attenuator": attenuator}))


def _rebuilt(feed: InteractiveFeed, config: CommandsConfig) -> InteractiveFeed:
    return replace(feed, config=config, tools=toolbox(config))
