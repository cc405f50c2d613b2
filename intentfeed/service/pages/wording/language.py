"""The words of all pages in one language, read from its file; and what is told with several of them at once.

Places in braces are filled in once and never read again, so that no word of an item or a person can be taken for one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from ....feed.sentences import sentences_in
from ....types import Settings
from ...refusal import Refusal
from .feed import AsideWords, CardWords, ChangeWords, ChipWords, FeedWords, ScriptWords
from .names import Counts, Days, DemandWords, ExampleWords, RoundWords, joined, plainly
from .others import FrameWords, PersonWords, ProblemWords, SigningWords, StartWords, WhyWords

NOTE = re.compile(r"""^["'“](?P<quote>.*)["'”]: (?P<why>[^"'”]*)$""", re.DOTALL)
"""What the parser says of words that it does not take up."""
OTHER = "other"


class Wording(Settings):
    """The words of one language."""

    language: Literal["en", "zh"]
    """What the page says of itself to a browser."""
    gap: str
    """Between two texts of one sentence."""
    stop: str
    """Ends a sentence of the data."""
    colon: str
    """Before what explains."""
    comma: str
    """Between the things of a list."""
    acted: Mapping[str, str]
    """What somebody did with an item."""
    stages: Mapping[str, str]
    """How far an interest has come."""
    statuses: Mapping[str, str]
    """What was decided of one."""
    sources: Mapping[str, str]
    """What found an item."""
    refused: Mapping[str, str]
    """What is said of a refusal, by its status and place, or its status; none where its own words are understood."""
    unheard: Mapping[str, str]
    """What is said of words that were not taken up, by the parser's reason; none where that is understood."""
    counts: Counts
    """Numbers with their nouns."""
    days: Days
    """How a day is written."""
    demands: DemandWords
    """Demands in few words."""
    rounds: RoundWords
    """What was done in a round."""
    examples: ExampleWords
    """What could be said."""
    frame: FrameWords
    """Around every page."""
    feed: FeedWords
    """The feed page."""
    chips: ChipWords
    """Its chips."""
    changes: ChangeWords
    """What the last round did."""
    card: CardWords
    """Its cards."""
    you: AsideWords
    """What stands beside them."""
    why: WhyWords
    """The page of a reason."""
    person: PersonWords
    """The page of a person."""
    start: StartWords
    """The first page."""
    signing: SigningWords
    """The page that asks for a key."""
    problem: ProblemWords
    """The page of a refusal."""
    script: ScriptWords
    """What the script says."""

    def did(self, action: str) -> str:
        """Return an action as what somebody did: `bought`."""
        return self.acted.get(action, plainly(action))

    def named(self, name: str) -> str:
        """Return the name of a field as a reader knows it."""
        return plainly(sentences_in(self.language).named(name))

    def shown_by(self, reason: str, backend: str, n_events: int) -> str:
        """Return what shows an interest: what a run wrote down, but in Chinese no English of ours."""
        if self.language == "en" or backend != "grounded":
            return reason
        return self.you.from_events.format(events=self.counts.events.of(n_events))

    def found_by(self, sources: list[str] | tuple[str, ...]) -> str:
        """Return what found an item."""
        return joined([self.sources.get(one, one) for one in sources], self.comma)

    def told(self, refusal: Refusal) -> str | None:
        """Return what is said of a refusal; None where its own words are."""
        names = (f"{refusal.status} {refusal.where}", str(refusal.status), OTHER)
        return next((self.refused[name] for name in names if name in self.refused), None)

    def note(self, text: str) -> str:
        """Return what the parser says of words that it did not take up, as far as that can be said in this language."""
        if not self.unheard:
            return text
        found = NOTE.match(text)
        if found is None:
            return self.unheard[OTHER]
        why = self.unheard.get(found["why"], "")
        quoted = self.rounds.quoted.format(text=found["quote"])
        return f"{quoted}{self.colon}{why}" if why else quoted

    def for_script(self) -> dict[str, object]:
        """Return what the script of the feed page says, as plain JSON."""
        held = self.feed
        stages = {"heard": held.heard, "filtered": held.filtered, "ranked": held.ranked}
        box = {"tell": held.tell, "tell_like": held.tell_like}
        return {**self.script.model_dump(), **stages, **box, "refused": dict(self.refused)}


@cache
def wording_in(language: str) -> Wording:
    """Return the words for a catalogue's language: Chinese ones for `zh`, else English ones."""
    name = "zh" if language == "zh" else "en"
    text = files(__package__).joinpath(f"wording.{name}.toml").read_text("utf-8")
    return Wording.model_validate(tomllib.loads(text))
