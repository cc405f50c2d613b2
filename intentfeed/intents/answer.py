"""What a language model must answer to be asked for tags, and when its answer as a whole is unusable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from ..llm.answer import Answer

MAX_ROWS = 90
"""Of an answer; what comes after is not read."""
MAX_TAG_CHARS = 80
MAX_NAME_CHARS = 80
"""Of an interest's name, as it is told and may be answered."""
MAX_REASON_CHARS = 240
MAX_STEP_CHARS = 300
MAX_WORDS = 7
"""Of a tag: two to five are asked for."""
_NO_PHRASE = re.compile(r"[<>{}@%$€£¥!?;]|\bwww\.|://", re.IGNORECASE)
_SHARE = 0.5
"""Of the rows; with a larger share beside the point, the answer as a whole is."""
_NUMBER = re.compile(r"(?:interest|兴趣)?\s*[\[(#]?\s*(\d{1,3})\s*[\])]?(?:[\s.:：、)–-].*)?", re.IGNORECASE)


def _text(most: int) -> BeforeValidator:
    """Return what cuts a text rather than refusing a whole answer for one; a number is read as its digits."""

    def cut(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return value[:most] if isinstance(value, str) else value

    return BeforeValidator(cut)


def _whole(value: Any) -> Any:
    """Return a tag, or nothing where it is too long: cut, it would say something else."""
    return "" if isinstance(value, str) and len(value) > MAX_TAG_CHARS else value


def _numbers(value: Any) -> Any:
    """Return line numbers as integers: `"[3]"`, `3.0` and a single number too; what is no number is left out."""
    many = value if isinstance(value, list) else [] if value is None else [value]
    found = (re.fullmatch(r"[\[#]?(\d{1,6})(?:\.0)?\]?", str(each).strip()) for each in many[:40])
    return [int(match[1]) for match in found if match][:8]


class TagRow(Answer):
    """One tag as the model says it: the triple of RecGPT-V1, 4.5, and the lines that speak for it (ours)."""

    tag: Annotated[str, BeforeValidator(_whole)] = Field(alias="Item Tag", max_length=MAX_TAG_CHARS)
    interest: Annotated[str, _text(MAX_NAME_CHARS)] = Field(alias="Interest", max_length=MAX_NAME_CHARS)
    reason: Annotated[str, _text(MAX_REASON_CHARS)] = Field(alias="Reason", max_length=MAX_REASON_CHARS)
    evidence: Annotated[list[int], BeforeValidator(_numbers)] = Field(alias="Evidence", max_length=8)


def _first(most: int) -> BeforeValidator:
    return BeforeValidator(lambda value: value[:most] if isinstance(value, list) else value)


class ItemTags(Answer):
    """The answer: a few short steps of thought, then the tags, most likely first."""

    steps: Annotated[list[Annotated[str, _text(MAX_STEP_CHARS), Field(max_length=MAX_STEP_CHARS)]], _first(6)] = Field(
        alias="Steps", max_length=6
    )
    tags: Annotated[list[TagRow], _first(MAX_ROWS)] = Field(alias="Item Tags", max_length=MAX_ROWS)

    @model_validator(mode="after")
    def _is_usable(self, info: ValidationInfo) -> ItemTags:
        """Refuse an answer that is beside the point as a whole, and say what would be right.

        `bounds` are: `lines`, how many lines may be cited; `interests`, their names in order; `ask`, how many rows
        were asked for; `least`, below how many distinct usable rows the answer is to be mended; `last` where nothing
        will be mended any more, so that a single usable row is better than none.
        """
        bounds = info.context or {}
        if not bounds:
            return self
        least = 1 if bounds.get("last") else bounds["least"]
        n_usable, problems = _problems(self.tags, bounds["lines"], bounds["interests"], bounds["ask"], least)
        if problems and not (bounds.get("last") and n_usable):
            raise ValueError(" ".join(problems))
        return self


def interest_of(said: str, names: Sequence[str]) -> int:
    """Return the place of the interest that a row names, by number from 1 or by name; -1 for none of them.

    >>> [interest_of(said, ["hiking", "baking bread"]) for said in ("2", "[1] hiking", "Baking Bread", "3", "tea")]
    [1, 0, 1, -1, -1]
    """
    plain = " ".join(said.split()).casefold()
    folded = [" ".join(name.split()).casefold() for name in names]
    if plain in folded:
        return folded.index(plain)
    match = _NUMBER.fullmatch(plain)
    number = int(match[1]) if match else 0
    return number - 1 if 1 <= number <= len(names) else -1


def is_phrase(tag: str) -> bool:
    """Return whether a tag is a short phrase: no markup, no address, no percentage, not a sentence.

    >>> [is_phrase(tag) for tag in ("waterproof hiking boots", "<b>boots</b>", "boots, 50 % off", "", "see www.x.org")]
    [True, False, False, False, False]
    """
    return bool(tag.strip()) and not _NO_PHRASE.search(tag) and len(tag.split()) <= MAX_WORDS


def cites_nothing(row: TagRow, n_lines: int) -> bool:
    """Tell whether a row cites lines, none of which exists; one that cites nothing rests on its interest."""
    return bool(row.evidence) and not any(1 <= number <= n_lines for number in row.evidence)


def _problems(
    rows: Sequence[TagRow], n_lines: int, names: Sequence[str], ask: int, least: int
) -> tuple[int, list[str]]:
    """Return how many distinct rows are usable, and what is wrong with the answer as a whole."""
    unknown = [row.interest for row in rows if interest_of(row.interest, names) < 0]
    uncited = [row for row in rows if cites_nothing(row, n_lines)]
    usable = {
        row.tag.strip().casefold()
        for row in rows
        if is_phrase(row.tag) and interest_of(row.interest, names) >= 0 and not cites_nothing(row, n_lines)
    }
    problems = []
    if len(usable) < least:
        problems.append(
            f"{ask} different products are asked for, and only {len(usable)} distinct usable rows are here: keep the "
            f"good ones and go on to {ask}, going through every interest in turn."
        )
    if len(unknown) > _SHARE * len(rows):
        problems.append(
            f"{len(unknown)} of {len(rows)} rows name an Interest that was not supplied: write its number, 1 to "
            f"{len(names)}, as it stands inside <interests>."
        )
    if len(uncited) > _SHARE * len(rows):
        problems.append(
            f"{len(uncited)} of {len(rows)} rows cite lines that do not exist: Evidence holds numbers that stand in "
            f"brackets inside <behaviour>, from 1 to {n_lines}, or nothing at all."
        )
    return len(usable), problems
