"""Tags from a language model, which is believed nothing that cannot be checked (RecGPT-V1, 4).

It renders a question and reads an answer; it never calls a model. Where there is no answer, or none of it holds, the
grounded tagger speaks; where less than enough holds, it fills up. Each row says who spoke.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pydantic import Field

from ..data.bands import bands
from ..data.sequences import SequenceConfig, Sequences, sequences
from ..data.tokens import count_tokens
from ..errors import AnswerError
from ..llm.answer import read_answer
from ..llm.client import Answers, Call, Language, Message
from ..llm.config import LLMConfig
from ..llm.prompt import Prompt, load_prompt, quoted
from ..types import Backend, Context, History, Interest, Settings, Tag
from .answer import MAX_NAME_CHARS, ItemTags
from .constraints import Dropped
from .grounded import GroundedTagger
from .past import Past
from .reading import Person, Reader, ReaderConfig, score
from .season import season_name

PROMPT = "intents.tag"
MAX_NOTES = 12
_SHRINKS = 8


class LLMTaggerConfig(Settings):
    """How a language model is asked for tags, and what is made of its answer."""

    ask: int = Field(default=50, ge=1, le=80)
    """Tags asked for (4.3)."""
    mend_below: float = Field(default=0.6, ge=0, le=1)
    """With fewer distinct usable rows than this share of `ask`, the answer is to be mended (U13)."""
    least: int = Field(default=50, ge=0)
    """With fewer sound tags than this, the grounded tagger fills up."""
    max_interests: int = Field(default=40, ge=1)
    """Interests that are told, strongest first."""
    max_tokens: int = Field(default=6_000, ge=200)
    """Of an answer: 50 rows are about 3,500."""
    sequences: SequenceConfig = SequenceConfig()
    """How much behaviour is told (U18)."""
    reading: ReaderConfig = ReaderConfig()
    """What is made of the rows."""


@dataclass(frozen=True)
class _Question:
    """One person's question, and what the reader of the answer must know of it."""

    call: Call
    kept: list[Interest]
    told: Sequences
    texts: tuple[str, ...]
    """Everything told of the person beside the lines."""


class LLMTagger:
    """The `Tagger` that thinks with a language model, with the grounded one behind it."""

    backend: Backend = "llm"

    def __init__(
        self,
        grounded: GroundedTagger,
        *,
        answers: Answers,
        llm: LLMConfig,
        language: Language,
        chosen: Callable[[History], bool],
        texts: Sequence[str],
        config: LLMTaggerConfig | None = None,
    ) -> None:
        self.grounded, self.config = grounded, config or LLMTaggerConfig()
        self.spoke: Counter[str] = Counter()
        """How often who spoke: `llm`, or `grounded/` and why."""
        self._answers, self._llm, self._language = answers, llm, language
        self._chosen, self._texts = chosen, texts
        self._prompt: Prompt = load_prompt(PROMPT, language)
        self.reader = Reader(grounded, language, self.config.reading)

    # Asking

    def call(self, history: History, interests: Sequence[Interest], context: Context) -> Call | None:
        """Return the question about one person; None without kept interests, or where the person is not chosen."""
        question = self._question(history, interests, context)
        return question.call if question else None

    def _question(self, history: History, interests: Sequence[Interest], context: Context) -> _Question | None:
        kept = [interest for interest in interests if interest.status == "kept"][: self.config.max_interests]
        if not kept or not self._chosen(history):
            return None
        told = sequences(history, self._texts, self.config.sequences, as_of=context.as_of)
        values = self._values(history, kept, context)
        messages = self._render(values, told)
        window, config = self._llm.context_tokens, self.config.sequences
        for _ in range(_SHRINKS):
            if not window or _tokens(messages) + self.config.max_tokens <= window:
                break
            config = _halved(config)
            told = sequences(history, self._texts, config, as_of=context.as_of)
            messages = self._render(values, told)
        names = [quoted(interest.name, MAX_NAME_CHARS) for interest in kept]
        bounds = {
            "lines": len(told),
            "interests": names,
            "ask": self.config.ask,
            "least": round(self.config.mend_below * self.config.ask),
        }
        call = Call(
            role="tagger",
            subject=history.user_id,
            model=self._llm.model,
            prompt_id=self._prompt.id,
            prompt_version=self._prompt.version,
            prompt_hash=self._prompt.hash,
            messages=messages,
            returns=ItemTags,
            bounds=bounds,
            max_tokens=self.config.max_tokens,
            temperature=self._llm.temperature,
        )
        texts = (*names, *values["notes"], *(value for _, value in values["attributes"]), values["today"])
        return _Question(call, kept, told, (*texts, values["season"]))

    def _values(self, history: History, kept: Sequence[Interest], context: Context) -> dict[str, Any]:
        """Return what the prompt says beside behaviour; nothing in it says who the person is (U45)."""
        return {
            "today": context.as_of.isoformat(),
            "season": season_name(context.as_of, self._language, southern=self.grounded.southern),
            "since": (context.as_of - timedelta(days=self.grounded.config.fresh_days)).isoformat(),
            "notes": context.notes[:MAX_NOTES],
            "attributes": list(bands(history.attributes).items()),
            "interests": [{"name": interest.name, "stage": interest.stage} for interest in kept],
            "ask": self.config.ask,
        }

    def _render(self, values: dict[str, Any], told: Sequences) -> tuple[Message, ...]:
        lines = {"views": told.views, "purchases": told.purchases, "searches": told.searches, "others": told.others}
        return self._prompt.render(self._llm.domain, self._language, **values, **lines)

    # Reading

    def tag(self, history: History, interests: Sequence[Interest], context: Context) -> list[Tag]:
        """Return tags in rank order: the model's that hold, in the order it said them, then grounded ones (U20)."""
        return self.consider(history, interests, context)[0]

    def consider(
        self, history: History, interests: Sequence[Interest], context: Context
    ) -> tuple[list[Tag], list[Dropped]]:
        """Return the tags, and what was refused with why."""
        question = self._question(history, interests, context)
        answer, who = self._answer(question)
        if question is None or answer is None:
            self.spoke[who] += 1
            return self.grounded.consider(history, interests, context)
        past = self.grounded.read(history)
        person = Person(past, question.kept, tuple(interests), question.told, question.texts, context)
        tags, dropped = self.reader.read(answer, person)
        self.spoke["llm" if tags else "grounded/nothing held"] += 1
        return self._filled(tags, past, interests, context), dropped

    def _answer(self, question: _Question | None) -> tuple[ItemTags | None, str]:
        """Return the answer to a question, or who speaks instead and why."""
        if question is None:
            return None, "grounded/not chosen"
        reply = self._answers.reply(question.call.key)
        if reply is None or reply.status == "failed":
            return None, "grounded/no answer"
        if reply.status == "refused":
            return None, "grounded/refused"
        try:  # whether it was usable as a whole was judged when it came; here every row is judged by itself
            return read_answer(reply.text, ItemTags), "llm"
        except AnswerError:
            return None, "grounded/refused"

    def _filled(self, tags: list[Tag], past: Past, interests: Sequence[Interest], context: Context) -> list[Tag]:
        """Return the tags and, where they are too few, grounded ones after them that say something else."""
        missing = self.config.least - len(tags)
        if missing <= 0 and tags:
            return tags
        more = self.grounded.tag(past.history, interests, context)
        if not tags:
            return more
        more = self.reader.others(tags, more, missing)
        return [
            *tags,
            *(replace(tag, rank=rank, score=score(rank)) for rank, tag in enumerate(more, start=len(tags) + 1)),
        ]


def _halved(config: SequenceConfig) -> SequenceConfig:
    """Return half as much behaviour: for a window that is too small."""
    sizes = {name: getattr(config, name) // 2 for name in ("views", "purchases", "searches", "others")}
    return config.model_copy(update=sizes)


def _tokens(messages: Sequence[Message]) -> int:
    return sum(count_tokens(message.content) for message in messages)
