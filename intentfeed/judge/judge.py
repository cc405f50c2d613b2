"""Output, criterion → verdict, by a language model that has the history before its eyes (RecGPT-V1, 10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from ..errors import AnswerError
from ..llm.answer import read_answer
from ..llm.client import Answers, Call, Language, Reply
from ..llm.config import LLMConfig
from ..llm.prompt import load_prompt
from ..types import Backend, Settings
from .rubrics import Criterion, Task, Verdict, criteria_of


class LLMJudgeConfig(Settings):
    """How a judge is asked."""

    max_tokens: int = Field(default=400, ge=50)
    """Of one verdict."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    """A judge is to say the same thing twice."""
    max_lines: int = Field(default=200, ge=1)
    """Newest lines of behaviour that are shown."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One output to be judged: which it is, who made it, and what a judge must see of it."""

    task: Task
    user_id: str
    """'' for an explanation, which is about nobody."""
    subject: str
    """Which output: the interest's id, the tag's rank, the pair of interest and item."""
    backend: Backend
    shown: Mapping[str, Any]
    """The values of the task's prompts."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a judge said of a sample by one criterion."""

    sample: Sample
    criterion: Criterion
    label: str
    passed: bool
    thought: str
    prompt_hash: str


class LLMJudge:
    """Asks a language model, criterion by criterion, and reads what it said."""

    backend: Backend = "llm"

    def __init__(self, *, answers: Answers, llm: LLMConfig, language: Language, config: LLMJudgeConfig) -> None:
        self.answers, self.llm, self.language, self.config = answers, llm, language, config

    def calls(self, samples: Sequence[Sample]) -> Iterator[Call]:
        """Yield one call for each sample and each criterion of its task."""
        for sample in samples:
            for criterion in criteria_of(sample.task):
                yield self._call(sample, criterion)

    def judge(self, samples: Sequence[Sample]) -> Iterator[Judgement]:
        """Yield the verdicts that are there; a call without a usable answer has none."""
        for sample in samples:
            for criterion in criteria_of(sample.task):
                call = self._call(sample, criterion)
                verdict = _read(self.answers.reply(call.key), criterion)
                if verdict is not None:
                    label = str(verdict.model_dump()["label"])
                    yield Judgement(
                        sample=sample,
                        criterion=criterion,
                        label=label,
                        passed=criterion.passes(label),
                        thought=verdict.thought,
                        prompt_hash=call.prompt_hash,
                    )

    def _call(self, sample: Sample, criterion: Criterion) -> Call:
        prompt = load_prompt(criterion.prompt_id, self.language)
        shown = dict(sample.shown)
        if "behaviour" in shown:
            shown["behaviour"] = list(shown["behaviour"])[: self.config.max_lines]
        return Call(
            role="judge",
            subject=sample.user_id or sample.subject,
            model=self.llm.model,
            prompt_id=prompt.id,
            prompt_version=prompt.version,
            prompt_hash=prompt.hash,
            messages=prompt.render(self.llm.domain, self.language, **shown),
            returns=criterion.scheme,
            max_tokens=self.config.max_tokens,
            temperature=self.config.temperature,
        )


def _read(reply: Reply | None, criterion: Criterion) -> Verdict | None:
    if reply is None or reply.status != "answered":
        return None
    try:
        return read_answer(reply.text, criterion.scheme)
    except AnswerError:
        return None  # an older answer that today's type refuses
