"""What is judged by what: the ten criteria of RecGPT-V1, with the labels of each and which of them pass (U31)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from ..llm.answer import Answer

Task = Literal["interest", "tag", "explanation"]
TASKS: tuple[Task, ...] = ("interest", "tag", "explanation")


class Verdict(Answer):
    """What a judge says: a short thought first, so that the label follows from it."""

    thought: str = Field(alias="Thought", max_length=800)


class YesNo(Verdict):
    """The binary scheme (10.3)."""

    label: Literal["Yes", "No"] = Field(alias="Label")


class Level(Verdict):
    """The three-level scheme (10.3)."""

    label: Literal["Excellent", "Good", "Bad"] = Field(alias="Label")


class Correlation(Verdict):
    """The four degrees of reasonableness (3.5)."""

    label: Literal["strong", "weak", "none", "hallucination"] = Field(alias="Label")


Scheme = type[YesNo] | type[Level] | type[Correlation]
PASSING: dict[Scheme, frozenset[str]] = {
    YesNo: frozenset(["Yes"]),
    Level: frozenset(["Excellent", "Good"]),
    Correlation: frozenset(["strong"]),
}


@dataclass(frozen=True)
class Criterion:
    """One question about one kind of output; its text is the prompt `judge.<task>_<name>`."""

    task: Task
    name: str
    scheme: Scheme

    @property
    def prompt_id(self) -> str:
        """Which prompt asks it."""
        return f"judge.{self.task}_{self.name}"

    def passes(self, label: str) -> bool:
        """Return whether a label passes."""
        return label in PASSING[self.scheme]


CRITERIA: tuple[Criterion, ...] = (
    Criterion("interest", "willingness", YesNo),
    Criterion("interest", "reasonableness", Correlation),
    Criterion("tag", "relevance", YesNo),
    Criterion("tag", "consistency", YesNo),
    Criterion("tag", "specificity", YesNo),
    Criterion("tag", "validity", YesNo),
    Criterion("explanation", "relevance", Level),
    Criterion("explanation", "factuality", Level),
    Criterion("explanation", "clarity", Level),
    Criterion("explanation", "safety", YesNo),
)
"""An output is qualified only if it passes every criterion of its task (10.3)."""


def criteria_of(task: Task) -> tuple[Criterion, ...]:
    """Return the criteria that an output of this task must pass."""
    return tuple(criterion for criterion in CRITERIA if criterion.task == task)
