"""What a language model must answer to be asked for reasons, and when its answer as a whole is unusable."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, ValidationInfo, model_validator

from ..llm.answer import Answer

MAX_ROWS = 60
MAX_SENTENCE_CHARS = 120
MAX_TRAIT_CHARS = 60
_SHARE = 0.5
"""Of the items; with fewer answered, or more rows beside the point, the answer as a whole is to be mended."""


def _text(most: int) -> BeforeValidator:
    """Return what cuts a text: one that is too long is no reason to throw the other rows away."""
    return BeforeValidator(lambda value: value[:most] if isinstance(value, str) else value)


def _whole(value: Any) -> Any:
    """Return a sentence, or nothing where it is too long: cut, it would say something else."""
    return "" if isinstance(value, str) and len(value) > MAX_SENTENCE_CHARS else value


def _first(most: int) -> BeforeValidator:
    return BeforeValidator(lambda value: value[:most] if isinstance(value, list) else value)


def _number(value: Any) -> Any:
    """Return `"[3]"` and `"3"` as 3, and what is no number as 0, which is no item."""
    if isinstance(value, str):
        digits = value.strip(" []#.")
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else 0
    return value


def _flag(value: Any) -> Any:
    """Return `yes` and `是` as true, any other text as false."""
    return value.strip().casefold() in ("true", "yes", "是") if isinstance(value, str) else value


class SaidClaim(Answer):
    """What the model says of its own evidence: it makes it look, and is believed nothing."""

    words: Annotated[str, _text(MAX_TRAIT_CHARS)] = Field(alias="Words", max_length=MAX_TRAIT_CHARS)
    field: Annotated[str, _text(MAX_TRAIT_CHARS)] = Field(alias="Field", max_length=MAX_TRAIT_CHARS)


class ItemExplanation(Answer):
    """One item: its traits, whether it is connected with the interest, the sentence (RecGPT-V1, 8.2 and 8.4)."""

    item: Annotated[int, BeforeValidator(_number)] = Field(alias="Item")
    traits: Annotated[
        list[Annotated[str, _text(MAX_TRAIT_CHARS), Field(max_length=MAX_TRAIT_CHARS)]], _first(4)
    ] = Field(alias="Traits", max_length=4)  # fmt: skip
    connected: Annotated[bool, BeforeValidator(_flag)] = Field(alias="Connected")
    explanation: Annotated[str, BeforeValidator(_whole)] = Field(
        validation_alias=AliasChoices("Explanation", "Explation"), max_length=MAX_SENTENCE_CHARS
    )
    """The paper prints its key as `Explation`, too."""
    claims: Annotated[list[SaidClaim], _first(8)] = Field(alias="Claims", max_length=8)


class Explanations(Answer):
    """The answer: an entry for each item of the question."""

    explanations: Annotated[list[ItemExplanation], _first(MAX_ROWS)] = Field(
        alias="Explanations", max_length=MAX_ROWS
    )  # fmt: skip

    @model_validator(mode="after")
    def _is_usable(self, info: ValidationInfo) -> Explanations:
        """Refuse an answer that is beside the point as a whole; `bounds` hold `items`, how many were asked about."""
        n = (info.context or {}).get("items")
        if n is None:
            return self
        rows = self.explanations
        real = {row.item for row in rows if 1 <= row.item <= n and row.explanation.strip()}
        beside = [row.item for row in rows if not 1 <= row.item <= n]
        problems = []
        if len(real) < _SHARE * n:
            problems.append(
                f"{n} numbered items stand inside <items>, and only {len(real)} have an Explanation: give each of them "
                "one entry with a short line."
            )
        if len(beside) > _SHARE * len(rows):
            problems.append(
                f"{len(beside)} of {len(rows)} entries are about an Item that does not exist: Item is one of the "
                f"numbers in brackets inside <items>, from 1 to {n}."
            )
        if problems:
            raise ValueError(" ".join(problems))
        return self

    def by_item(self) -> dict[int, ItemExplanation]:
        """Return the entries by number; of two for one item the first."""
        found: dict[int, ItemExplanation] = {}
        for row in self.explanations:
            found.setdefault(row.item, row)
        return found
