"""Plays sessions: person and recommender in turn, until the one is content, weary or out of rounds (RecBot, 2.4 and 7).

All sessions of a loop are played side by side, round by round, so that a language model may phrase many at once; none
hears of another. What is played is kept as plain records, one JSON line a round: training samples and gold labels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from ..commands.records import Demand, plain
from ..types import History
from .gold import Gold
from .phrasing import Phraser, Said, Saying
from .shopper import Episode, Mind, Shopper

TODAY = date(2025, 1, 15)
"""The day on which every session is played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a recommender is told of a session before it begins: nothing of what is meant."""

    episode_id: str
    user_id: str
    history: History
    first: tuple[int, ...]
    """The first feed, the same for all recommenders: catalogue rows, best first."""
    today: date = TODAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a recommender shows, and what it wants to be reminded of."""

    rows: tuple[int, ...]
    """Catalogue rows, best first; the first F are on the screen."""
    state: Any = None
    """The recommender's own."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the round record keeps of its thinking, as JSON values: delta, prefs_before, prefs_after, plan, scores."""


class Loop(Protocol):
    """Anything that answers commands with feeds: the interactive feed, and every baseline."""

    name: str

    def open(self, asked: Asked) -> Feed:
        """Return the first feed of a session."""
        ...

    def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
        """Return the next feed after what was typed; `gold` is for an oracle alone, which may read what was meant."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRound:
    """One command and the feed after it."""

    number: int
    before: tuple[int, ...]
    """Rows on the screen when it was typed."""
    said: Said
    held: tuple[Demand, ...]
    """The gold memory before the command."""
    active: tuple[Demand, ...]
    """The gold memory after it."""
    target: int
    """What was meant."""
    feed: Feed
    satisfied: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One session from its first feed to its end."""

    episode: Episode
    first: tuple[int, ...]
    rounds: tuple[PlayedRound, ...]
    closing: Said | None = None
    """What a content person says last."""

    @property
    def passed_at(self) -> int:
        """The round that satisfied; 0 where none did."""
        last = self.rounds[-1] if self.rounds else None
        return last.number if last is not None and self.counts(last) and last.satisfied else 0

    def counts(self, played: PlayedRound) -> bool:
        """Return whether a round is after the change of mind, or there is none: success counts only then."""
        return played.number >= self.episode.drift_round

    def found_at(self, depth: int) -> int:
        """Return the first round with the target among the first `depth`; 0 for none."""
        hits = (one.number for one in self.rounds if self.counts(one) and one.target in one.feed.rows[:depth])
        return next(hits, 0)


@dataclass(slots=True)
class _Stage:
    """A session while it is played."""

    episode: Episode
    first: tuple[int, ...]
    feed: Feed
    mind: Mind = field(default_factory=Mind)
    rounds: tuple[PlayedRound, ...] = ()


def play(
    loop: Loop, asked: Sequence[Asked], episodes: Sequence[Episode], shopper: Shopper, phraser: Phraser
) -> list[Played]:
    """Return the sessions in the order of the episodes; `asked` holds what the loop is told of each."""
    stages = [_Stage(episode, told.first, loop.open(told)) for told, episode in zip(asked, episodes, strict=True)]
    last = shopper.config.rounds
    for number in range(1, last + 1):
        going = [stage for stage in stages if not _over(stage, shopper)]
        sayings = [_saying(stage, number, shopper) for stage in going]
        for stage, saying, said in zip(going, sayings, phraser.say(sayings), strict=True):
            _round(loop, stage, saying, said, shopper)
    ends = {id(stage): stage for stage in stages if stage.rounds and _content(stage)}
    thanks = phraser.say([_saying(stage, len(stage.rounds) + 1, shopper) for stage in ends.values()])
    closing = dict(zip(ends, thanks, strict=True))
    return [
        Played(episode=stage.episode, first=stage.first, rounds=stage.rounds, closing=closing.get(id(stage)))
        for stage in stages
    ]


def _over(stage: _Stage, shopper: Shopper) -> bool:
    """Return whether a session has ended: content after the change of mind, weary, or a single round played."""
    if not stage.rounds:
        return False
    return _content(stage) or stage.episode.scenario == "single" or shopper.gives_up(stage.episode, len(stage.rounds))


def _content(stage: _Stage) -> bool:
    last = stage.rounds[-1]
    return last.satisfied and last.number >= stage.episode.drift_round


def _saying(stage: _Stage, number: int, shopper: Shopper) -> Saying:
    episode, rows = stage.episode, stage.feed.rows
    mind = stage.mind
    if number == episode.drift_round:
        mind = shopper.turned(mind, shopper.stale(episode, mind, number))
    intention = shopper.intention(episode, stage.mind, rows, number)
    return Saying(episode=episode, number=number, before=stage.mind, mind=mind, intention=intention)


def _round(loop: Loop, stage: _Stage, saying: Saying, said: Said, shopper: Shopper) -> None:
    """Let the loop answer one command, and note what came of it."""
    held, before = stage.mind.active, stage.feed.rows[: shopper.config.slate]
    heard = after(saying.mind, said)
    began = perf_counter()
    stage.feed = loop.command(stage.feed, said.text, said.gold)
    target = stage.episode.target(saying.number)
    stage.mind = heard
    stage.rounds += (
        PlayedRound(
            number=saying.number,
            before=before,
            said=said,
            held=held,
            active=heard.active,
            target=target,
            feed=replace(stage.feed, state=None),
            satisfied=shopper.satisfied(target, stage.feed.rows),
            seconds=perf_counter() - began,
        ),
    )


def after(mind: Mind, said: Said) -> Mind:
    """Return what holds once a command was said: the gold memory (RecBot, 3.4)."""
    gold = said.gold
    kept = () if gold.feedback == "reset" else mind.said
    new = tuple((key, demand) for key, demand in zip(said.keys, gold.add, strict=True))
    return replace(mind, said=(*kept, *(pair for pair in new if pair not in kept)))


# Records


def samples(played: Sequence[Played], item_ids: Sequence[str], loop: str) -> Iterator[dict[str, Any]]:
    """Yield one plain record a round (RecBot, 2.3), with the gold beside what the system made of the words."""
    for session in played:
        for one in session.rounds:
            yield {
                "loop": loop,
                "session": session.episode.episode_id,
                "user_id": session.episode.user_id,
                "scenario": session.episode.scenario,
                "persona": _persona(session.episode),
                "round": one.number,
                "feed": [item_ids[row] for row in one.before],
                "command": one.said.text,
                "by": one.said.by,
                "refused": one.said.refused,
                "gold": gold_plain(one.said.gold),
                "gold_before": [plain(demand) for demand in one.held],
                "gold_after": [plain(demand) for demand in one.active],
                "target": item_ids[one.target],
                "next_feed": [item_ids[row] for row in one.feed.rows[: max(10, len(one.before))]],
                "satisfied": one.satisfied,
                "seconds": round(one.seconds, 4),
                **{name: one.feed.facts[name] for name in sorted(one.feed.facts)},
            }


def gold_plain(gold: Gold) -> dict[str, Any]:
    """Return a gold as JSON values."""
    return {
        "feedback": gold.feedback,
        "add": [plain(demand) for demand in gold.add],
        "retracts": [plain(demand) for demand in gold.retracts],
        "clears": list(gold.clears),
    }


def write_samples(path: Path, played: Sequence[Played], item_ids: Sequence[str], loop: str) -> int:
    """Return how many rounds were written to a file of JSON lines; the file appears whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    n = 0
    with temporary.open("w", encoding="utf-8") as out:
        for sample in samples(played, item_ids, loop):
            out.write(json.dumps(sample, ensure_ascii=False) + "\n")
            n += 1
    temporary.rename(path)
    return n


def _persona(episode: Episode) -> dict[str, Any]:
    ways = episode.persona
    return {"verbosity": ways.verbosity, "habit": ways.habit, "patience": ways.patience, "vague": ways.vague}
