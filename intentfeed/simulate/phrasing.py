"""What is meant → what is typed, and the gold beside it: from clauses in a file, or in a language model's words.

The clauses are data, in families that share none, so that a parser is tuned on some and tested on another. Whoever
phrases, the leak guard and the slot guard look at what comes out (RecBot, 7.2, turn logic 4 to 6).
"""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, Protocol

import numpy as np

from ..commands.records import Constraint, Demand
from ..llm.client import Language
from .gold import Gold, about_of, replaces
from .leaks import leaks
from .shopper import Episode, Intention, Mind
from .slots import Slot
from .traits import Traits

Family = Literal["a", "b", "c"]
FAMILIES: tuple[Family, ...] = ("a", "b", "c")
HELD_OUT: Family = "c"
"""Written by a stranger to the parser and to the other families; nothing is tuned on it."""
TRIES = 5
"""Wordings that the leak guard may refuse before less is said."""
ENDS = ("?", "!", "？", "！")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One thing to be said: by whom, after what, in which round."""

    episode: Episode
    number: int
    before: Mind
    """What held when the feed was shown."""
    mind: Mind
    """The same without what a change of mind has made stale."""
    intention: Intention


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A command and what it truly says."""

    text: str
    gold: Gold
    keys: tuple[str, ...] = ()
    """Of the traits, one for each demand of the gold."""
    complaints: int = 0
    """Of its demands, how many are complaints."""
    by: Literal["template", "llm"] = "template"
    refused: int = 0
    """Wordings that a guard refused before."""


class Phraser(Protocol):
    """Puts intentions into words, many at once."""

    def say(self, sayings: Sequence[Saying]) -> list[Said]:
        """Return a command for each, in order."""
        ...


@lru_cache(maxsize=8)
def wordings(language: Language, family: Family) -> Mapping[str, Any]:
    """Return the clauses of a family, and beside them what all families share."""
    path = files("intentfeed").joinpath("prompts", "simulate", f"say.{language}.toml")
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    shared = {name: value for name, value in table.items() if name != "families"}
    return {**shared, **table["families"][family]}


class TemplatePhraser:
    """Speaks in the clauses of one family; the same intention gets the same words in every run."""

    def __init__(self, traits: Traits, *, language: Language = "en", family: Family = "a") -> None:
        self.traits, self.language, self.family = traits, language, family
        self._words = wordings(language, family)

    def say(self, sayings: Sequence[Saying]) -> list[Said]:
        """Return a command for each: the first wording that gives nothing away, or less, or a plain wish for more."""
        return [self.one(saying) for saying in sayings]

    def one(self, saying: Saying) -> Said:
        """Return one command."""
        target = saying.episode.target(saying.number)
        title, item_id = self.traits.catalog.titles[target], self.traits.catalog.item_ids[target]
        refused = 0
        for intention in _ever_less(saying.intention):
            for attempt in range(TRIES):
                rng = np.random.default_rng([saying.episode.seed, _code(saying.episode.episode_id), saying.number,
                                             1 + attempt])  # fmt: skip
                said = self._worded(replace(saying, intention=intention), rng)
                if not leaks(said.text, title, item_id):
                    return replace(said, refused=refused)
                refused += 1
        return replace(self._worded(replace(saying, intention=Intention(kind="more")), rng), refused=refused)

    def clause(self, slot: Slot, rng: np.random.Generator) -> str:
        """Return a slot in words."""
        return self._filled(str(_pick(self._words["clauses"][slot.clause], rng)), slot.places)

    def _worded(self, saying: Saying, rng: np.random.Generator) -> Said:
        intention, words, terse = saying.intention, self._words, saying.episode.persona.verbosity == "terse"
        match intention.kind:
            case "praise":
                return Said(text=_pick(words["praise"], rng), gold=Gold(feedback="satisfied"))
            case "more":
                return Said(text=_pick(words["more"], rng), gold=Gold(feedback="neutral"))
            case "again":
                return self._again(saying, rng)
            case "ask":
                pass
        clauses = [self.clause(slot, rng) for slot in intention.slots]
        back = [self._taken_back(demand, rng) for demand in intention.stale]
        start = str(_pick(words["reset"], rng)) if intention.reset else ""
        turn = str(_pick(words["turn"][intention.turned], rng)) if intention.turned else ""
        text = self._joined(saying.episode.persona.verbosity, turn, [*([start] if start else []), *back], clauses, rng)
        text = text.lower() if terse else text
        return Said(text=text, gold=gold_of(saying, clauses), keys=tuple(slot.key for slot in intention.slots),
                    complaints=sum(slot.complaint for slot in intention.slots))  # fmt: skip

    def _again(self, saying: Saying, rng: np.random.Generator) -> Said:
        """Return the newest demand in its own words again."""
        key, demand = saying.mind.said[-1]
        text = str(_pick(self._words["again"], rng)) + demand.quote
        text = text.lower() if saying.episode.persona.verbosity == "terse" else text
        feedback = "new" if demand in saying.mind.active else "revise"
        return Said(text=text, gold=Gold(feedback=feedback, add=(demand,)), keys=(key,))  # type: ignore[arg-type]

    def _taken_back(self, demand: Demand, rng: np.random.Generator) -> str:
        name = about_of(demand)
        text = demand.text if not isinstance(demand, Constraint) else demand.value
        kind = "value" if isinstance(text, str) else "number"
        places = {"value": self.traits.spoken(name, text) if isinstance(text, str) else "",
                  "field": self.traits.called(name)}  # fmt: skip
        return self._filled(str(_pick(self._words["retract"][kind], rng)), places)

    def _joined(
        self, verbosity: str, turn: str, back: Sequence[str], clauses: Sequence[str], rng: np.random.Generator
    ) -> str:
        """Return the clauses as one text: what is taken back first, chatter around them for those who chat."""
        words = self._words
        comma, *others = (str(each) for each in words["and"])
        both = _strung(clauses, _pick([comma, *others], rng) if verbosity == "normal" else comma)
        stop = str(words["stop"])
        body = turn + _strung([*back, *([both] if both else [])], stop)
        if verbosity == "terse":
            return body
        if verbosity == "normal":
            return str(_pick(words["open"]["normal"], rng)) + body
        opening, closing = str(_pick(words["open"]["chatty"], rng)), str(_pick(words["close"]["chatty"], rng))
        return opening + body[:1].upper() + body[1:] + ("" if body.endswith(ENDS) else stop.strip()) + closing

    def _filled(self, wording: str, places: Mapping[str, str]) -> str:
        """Return a wording with its places filled, each once: what a value holds is never looked at again."""
        ordinals = self._words["ordinals"]
        held = {**places, **({"place": ordinals[int(places["place"]) - 1]} if "place" in places else {})}
        return _PLACE.sub(lambda found: str(held[found[1]]), wording)


def gold_of(saying: Saying, quotes: Sequence[str]) -> Gold:
    """Return what a command says: the demands with their words, and what is taken back."""
    intention = saying.intention
    add = tuple(
        replace(slot.demand, quote=quote, round=saying.number)
        for slot, quote in zip(intention.slots, quotes, strict=True)
    )
    if intention.reset:
        return Gold(feedback="reset", add=add)
    retracts = tuple(demand for demand in intention.stale if not _is_number(demand))
    clears = tuple(dict.fromkeys(about_of(demand) for demand in intention.stale if _is_number(demand)))
    revised = any(replaces(new, old) and new.quote != old.quote for new in add for old in saying.before.active)
    if not add and not retracts and not clears:
        return Gold(feedback="neutral")
    return Gold(
        feedback="revise" if retracts or clears or revised else "new", add=add, retracts=retracts, clears=clears
    )


def _ever_less(intention: Intention) -> list[Intention]:
    """Return the intention, and the same with one demand less, down to one."""
    n = len(intention.slots)
    return [intention, *(replace(intention, slots=intention.slots[:most]) for most in range(n - 1, 0, -1))]


def _strung(clauses: Sequence[str], between: str) -> str:
    """Return clauses as one text; what ends in a question mark needs no comma."""
    text = ""
    for clause in clauses:
        text += ("" if not text else " " if text.endswith(ENDS) else between) + clause
    return text


def _is_number(demand: Demand) -> bool:
    if not isinstance(demand, Constraint):
        return False
    value = demand.value[0] if isinstance(demand.value, tuple) else demand.value
    return not isinstance(value, str)


def _pick(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _code(text: str) -> int:
    return zlib.crc32(text.encode())
