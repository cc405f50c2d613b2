"""Commands in a language model's words: it phrases what the code has decided, and is taken at its word only by guards.

Asks once a command, and again, at most TRIES times, where a guard refuses; then the clauses of the file speak. Equal
questions have equal keys, so that a log replays a whole run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from ..errors import AnswerError
from ..llm.answer import Answer, read_answer
from ..llm.client import LLM, Call
from ..llm.config import LLMConfig
from ..llm.prompt import load_prompt
from .leaks import leaks
from .phrasing import TRIES, Said, Saying, TemplatePhraser, gold_of, wordings
from .slot_guard import faults, quotes

PROMPT = "simulate.phrase"
TEMPERATURE = 0.8
MOST_CHARS = 300


class Utterance(Answer):
    """What the person types."""

    text: Annotated[str, Field(alias="Text", min_length=1, max_length=MOST_CHARS)]


class LLMPhraser:
    """Speaks through the door, side by side for all sessions of a round; what no wording could save, a clause says."""

    def __init__(self, template: TemplatePhraser, door: LLM, config: LLMConfig) -> None:
        self.template, self.door, self.config = template, door, config
        self._prompt = load_prompt(PROMPT, template.language)
        self._cues = wordings(template.language, template.family)["cues"]

    def say(self, sayings: Sequence[Saying]) -> list[Said]:
        """Return a command for each, in order; praise and "more" need no model."""
        said = self.template.say(sayings)
        open_ = [at for at, saying in enumerate(sayings) if saying.intention.kind == "ask" and saying.intention.slots]
        refused: dict[int, list[str]] = {at: [] for at in open_}
        for attempt in range(TRIES):
            if not open_:
                break
            calls = [self._call(sayings[at], said[at], attempt, refused[at]) for at in open_]
            replies = {reply.key: reply for reply in self.door.complete_many(calls)}
            left = []
            for at, call in zip(open_, calls, strict=True):
                text = _text(replies[call.key].text) if call.key in replies else ""
                wrong = self.wrong(text, sayings[at])
                if not wrong:
                    gold = gold_of(sayings[at], quotes(text, sayings[at]))
                    said[at] = replace(said[at], text=text, gold=gold, by="llm", refused=len(refused[at]))
                else:
                    refused[at].append(wrong[0])
                    left.append(at)
            open_ = left
        for at in open_:
            said[at] = replace(said[at], refused=said[at].refused + len(refused[at]))
        return said

    def wrong(self, text: str, saying: Saying) -> list[str]:
        """Return why a wording may not be said: it gives the item away, or says something else."""
        catalog, target = self.template.traits.catalog, saying.episode.target(saying.number)
        if not text:
            return ["it is empty"]
        if leaks(text, catalog.titles[target], catalog.item_ids[target]):
            return ["it names the item"]
        return faults(text, saying, self.template.traits, self._cues)

    def _call(self, saying: Saying, template: Said, attempt: int, refused: Sequence[str]) -> Call:
        """Return the question: what to say, in the clauses' words, and how; never the item that is meant."""
        ways, intention = saying.episode.persona, saying.intention
        messages = self._prompt.render(
            self.config.domain,
            self.template.language,
            verbosity=ways.verbosity,
            meaning=template.text,
            names=[name for slot in intention.slots for name in slot.names],
            attempt=attempt + 1,
            refused=list(refused),
        )
        return Call(
            role="shopper",
            subject=f"{saying.episode.episode_id} round {saying.number}",
            model=self.config.model,
            prompt_id=self._prompt.id,
            prompt_version=self._prompt.version,
            prompt_hash=self._prompt.hash,
            messages=messages,
            returns=Utterance,
            max_tokens=200,
            temperature=TEMPERATURE,
        )


def _text(answer: str) -> str:
    try:
        return " ".join(read_answer(answer, Utterance).text.split()) if answer else ""
    except AnswerError:
        return ""
