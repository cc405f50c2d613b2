"""What a model answers when it mines interests: the paper's four keys and ours (RecGPT-V1, 3.4)."""

from __future__ import annotations

import re
from typing import Any, Self, get_args

from pydantic import Field, ValidationInfo, model_validator

from ..llm.answer import Answer
from ..types import Reasonableness, Stage, Willingness

MAX_ROWS = 40
"""Interests in one answer; people have 16 on average (3.3)."""
MAX_CITED = 80
"""Lines that one interest cites."""
_NOT_PLAIN = re.compile(r"[<>{}@%]|\bwww\.|://")


def _text(alias: str, max_chars: int) -> Any:
    """Return a field whose length the schema bounds, and which a longer answer does not break: it is cut later."""
    return Field(alias=alias, json_schema_extra={"maxLength": max_chars})


def _choice(alias: str, *names: str) -> Any:
    """Return a field that the schema bounds to some names; an odd one costs its row a check, not the whole answer."""
    return Field(alias=alias, json_schema_extra={"enum": list(names)})


class MinedInterest(Answer):
    """One interest, with the lines that show it."""

    number: str = _text("ID", 40)
    group: str = _choice("Group", "listed", "extended")
    name: str = _text("Interest", 80)
    evidence: list[int] = Field(alias="Evidence", json_schema_extra={"maxItems": MAX_CITED})
    reason: str = _text("Reason", 300)
    willingness: str = _choice("Willingness", *get_args(Willingness))
    reasonableness: str = _choice("Reasonableness", "strong", "weak", "none")
    stage: str = _choice("Stage", *get_args(Stage))


_REASONABLENESS: tuple[Reasonableness, ...] = get_args(Reasonableness)


class MinedInterests(Answer):
    """The interests of one person, after some thought."""

    themes: str = _text("Themes", 900)
    """What recurs: thinking, which is read by nobody (ours)."""
    doubts: str = _text("Doubts", 600)
    """What is left out: the same."""
    interests: list[MinedInterest] = Field(alias="Interests", json_schema_extra={"maxItems": MAX_ROWS})

    @model_validator(mode="after")
    def _usable(self, info: ValidationInfo) -> Self:
        """Refuse an answer that as a whole was not made from the lines; a single bad row is dropped later."""
        bounds = info.context or {}
        n_lines, ask, rows = int(bounds.get("n_lines", 0)), int(bounds.get("ask", 0)), self.interests
        if not n_lines:
            return self
        lost = [row for row in rows if not any(1 <= line <= n_lines for line in row.evidence)]
        if lost and 2 * len(lost) >= len(rows):
            raise ValueError(
                f"{len(lost)} of {len(rows)} interests cite no line that exists: the lines of <behaviour> are numbered "
                f"1 to {n_lines}, so let Evidence of each interest hold such numbers, of the lines that show it"
            )
        odd = [row for row in rows if row in lost or _NOT_PLAIN.search(f"{row.name} {row.reason}")]
        if len(odd) > len(lost) and 2 * len(odd) >= len(rows):
            raise ValueError(
                f"{len(odd)} of {len(rows)} interests cite no line that exists or hold markup, addresses or "
                "percentages: name what the person likes in plain words, and say in plain words which lines show it"
            )
        if 4 * len(rows) < ask - 3:
            raise ValueError(
                f"only {len(rows)} interests, where the behaviour bears out about {ask}: go through all lines again "
                "and name each thing that the person came back to on several occasions"
            )
        names = {row.name.strip().casefold() for row in rows}
        if len(rows) > 3 and 2 * len(names) <= len(rows):
            raise ValueError(
                f"{len(rows)} interests have only {len(names)} different names: name each interest once and put all "
                "its lines into its Evidence"
            )
        return self


def verdict_of(row: MinedInterest) -> tuple[Willingness, Reasonableness]:
    """Return what the model itself thinks of an interest; what is no known word counts as doubt."""
    free: Willingness = "spontaneity" if row.willingness == "spontaneity" else "necessity"
    found = [name for name in _REASONABLENESS if name == row.reasonableness]
    return free, found[0] if found else "weak"
