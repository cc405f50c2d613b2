"""The parser that needs no model: a command read with the catalogue's own words and the cue words of languages. [ours]

    parser = GroundedParser(registry, catalog)
    parser.parse(Command(text="nothing floral, under 50", today=today)).add

It calls nothing, learns nothing and never invents: what it says is quoted, what it cannot take up it tells.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field as PydanticField

from ..data.catalog import Catalog
from ..types import Settings
from .conflicts import Rules, alternatives, relation
from .fields import FieldRegistry
from .parser import LONGEST, cut, quoted
from .reading.clauses import read
from .reading.cues import Cues, load_cues
from .reading.demands import Demands, Outcome
from .reading.licence import Licence
from .reading.limits import Limits
from .reading.marks import Scanner
from .reading.roles import Roles
from .reading.said import Reading
from .reading.spelling import Speller
from .reading.topics import Topics
from .reading.vocabulary import Vocabulary
from .records import Command, Delta, Demand, Feedback, Memory

FREQUENT_WORD = 3
"""Titles with a word that may be meant by a misspelt one."""
CUE_WORD = 6
"""Letters of a cue word that may be."""


class GroundedParserConfig(Settings):
    """How commands are read."""

    languages: tuple[str, ...] = ("en", "zh")
    """Whose cue words are known; a command may mix them."""
    longest: int = PydanticField(default=LONGEST, ge=1)
    """Characters of a command that are read."""
    most_demands: int = PydanticField(default=30, ge=1)
    """Demands that one command can make."""
    approximate_share: float = PydanticField(default=0.2, gt=0, lt=1)
    """`around 200` is a range that reaches so far to either side (RecBot, 3.3)."""
    approximate_years: int = PydanticField(default=3, ge=0)
    """`around 1990` reaches so many years to either side [ours]."""


class GroundedParser:
    """Reads commands on one catalogue; made once, changed by nothing."""

    def __init__(self, registry: FieldRegistry, catalog: Catalog, config: GroundedParserConfig | None = None) -> None:
        self.config = config or GroundedParserConfig()
        cues = load_cues(self.config.languages)
        vocabulary = Vocabulary(registry, catalog, cues)
        roles = Roles(registry, cues)
        limits = Limits(registry, roles, cues, self.config.approximate_share, self.config.approximate_years)
        self._scanner = Scanner(vocabulary, cues, Speller(_weights(vocabulary, cues)), roles)
        self._registry = registry
        self._demands = Demands(registry, vocabulary, cues, limits, Licence(vocabulary, Topics(catalog), cues))

    def parse(self, command: Command) -> Delta:
        """Return what a command changes: what it asks for, what it takes back, and what could not be taken up."""
        text, notes = cut(command.text, self.config.longest)
        reading = read(self._scanner.marks(text, command.today))
        outcome = self._demands.of(reading, command, text)
        add, unquoted = quoted(outcome.add, text)
        kept = add[: self.config.most_demands]
        more = [f"{len(add) - len(kept)} more demands than one command may have"] if len(add) > len(kept) else []
        rules = Rules(registry=self._registry, tightens=reading.tightens, widens=reading.widens)
        retracted = dict.fromkeys([*outcome.retract_ids, *_replaced(command.memory, kept, rules)])
        return Delta(
            feedback=_feedback(reading, outcome, bool(retracted)),
            add=kept,
            retract_ids=tuple(retracted),
            clear_fields=tuple(outcome.clear_fields),
            ignored=(*notes, *outcome.ignored, *unquoted, *more),
            tightens=reading.tightens,
            widens=reading.widens,
        )


def _feedback(reading: Reading, outcome: Outcome, retracts: bool) -> Feedback:
    """Return what a command does to the memory (RecBot, 3.4)."""
    if reading.reset:
        return "reset"
    if not (outcome.add or retracts or outcome.clear_fields):
        return "satisfied" if reading.satisfied else "neutral"
    return "revise" if retracts or outcome.clear_fields else "new"


def _replaced(memory: Memory, added: Sequence[Demand], rules: Rules) -> list[str]:
    """Return the ids of what holds and gives way to what is added."""
    found = []
    for old in memory.demands:
        for new in added:
            fate = relation(old, new, rules)
            widened = rules.widens and alternatives(old, new, rules.registry)
            if fate.fate in ("replaced", "contradicted") and fate.left is None and not widened:
                found.append(old.id)
                break
    return found


def _weights(vocabulary: Vocabulary, cues: Cues) -> dict[str, int]:
    """Return the words that a misspelt one may mean, the common ones heavier."""
    found = {word: n for word, n in vocabulary.title_words.items() if n >= FREQUENT_WORD}
    fields = vocabulary.registry.fields
    for words, entries in vocabulary.entries.items():
        for word in words if any(fields[entry.field].kind != "text" for entry in entries) else ():
            found[word] = max(found.get(word, 0), entries[0].count)
    for word in cues.words:
        if len(word) >= CUE_WORD:
            found[word] = max(found.get(word, 0), FREQUENT_WORD)
    return found
