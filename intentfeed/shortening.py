"""Item-level compression by a language model (RecGPT-V1, 2.2; U6): each item in a few words of its own record.

It renders questions and reads answers; it never calls a model. A text is taken only where every word of it stands in
the item's record and no other item comes to the same; else the grounded short text stands. [the checks are ours]
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import polars as pl
from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from .data.item_table import plain_texts
from .data.tokens import count_tokens
from .errors import AnswerError
from .llm.answer import Answer, read_answer
from .llm.client import Answers, Call, Language
from .llm.config import LLMConfig
from .llm.prompt import load_prompt
from .shortening_check import Record, first_said
from .types import Backend, Settings

PROMPT = "data.shorten"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*")
_SHARE = 0.5
_MAX_ROWS = 60


class LLMShortenerConfig(Settings):
    """How a language model is asked to shorten items."""

    items_per_call: int = Field(default=20, ge=1, le=50)
    """Items that one question covers."""
    budget_tokens: int = Field(default=20, ge=4)
    """Hard ceiling of one text (U6)."""
    max_attributes: int = Field(default=3, ge=0, le=3)
    """Fields beyond name, category and brand (U6)."""
    whole_tokens: int = Field(default=6, ge=0)
    """A title of at most so many tokens is short already: nobody is asked."""
    told_attributes: int = Field(default=8, ge=0)
    """Attributes of a record that are told."""
    tokens_per_item: int = Field(default=90, ge=20)
    """Of an answer, for each item."""


def _text(most: int) -> BeforeValidator:
    return BeforeValidator(lambda value: value[:most] if isinstance(value, str) else value)


def _first(most: int) -> BeforeValidator:
    return BeforeValidator(lambda value: value[:most] if isinstance(value, list) else value)


def _number(value: Any) -> Any:
    if isinstance(value, str):
        digits = value.strip(" []#.")
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else 0
    return value


class ShortText(Answer):
    """One item: its name, category and brand, and what else matters."""

    item: Annotated[int, BeforeValidator(_number)] = Field(alias="Item")
    name: Annotated[str, _text(200)] = Field(alias="Name", max_length=200)
    category: Annotated[str, _text(80)] = Field(alias="Category", max_length=80)
    brand: Annotated[str, _text(80)] = Field(alias="Brand", max_length=80)
    attributes: Annotated[list[Annotated[str, _text(60), Field(max_length=60)]], _first(3)] = Field(
        alias="Attributes", max_length=3
    )


class ShortTexts(Answer):
    """The answer: an entry for each item of the question."""

    items: Annotated[list[ShortText], _first(_MAX_ROWS)] = Field(alias="Items", max_length=_MAX_ROWS)

    @model_validator(mode="after")
    def _is_usable(self, info: ValidationInfo) -> ShortTexts:
        """Refuse an answer that is beside the point as a whole; `bounds` hold `items`, how many were asked about."""
        n = (info.context or {}).get("items")
        if n is None:
            return self
        real = {row.item for row in self.items if 1 <= row.item <= n and row.name.strip()}
        if len(real) < _SHARE * n:
            raise ValueError(
                f"{n} numbered records stand inside <items>, and only {len(real)} of them have a Name: give each of "
                f"them one entry, its Item a number from 1 to {n}."
            )
        return self

    def by_item(self) -> dict[int, ShortText]:
        """Return the entries by number; of two for one item the first."""
        found: dict[int, ShortText] = {}
        for row in self.items:
            found.setdefault(row.item, row)
        return found


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows of one question."""

    rows: tuple[int, ...]


class Shortener:
    """Takes those of a model's short texts that hold; the grounded ones stand for the rest."""

    backend: Backend = "llm"

    def __init__(
        self,
        *,
        answers: Answers,
        llm: LLMConfig,
        language: Language,
        config: LLMShortenerConfig = LLMShortenerConfig(),  # noqa: B008  frozen
    ) -> None:
        self.answers, self.config = answers, config
        self.spoke: Counter[str] = Counter()
        """Items by who told them: `llm`, or `grounded/` and why; of the last call of `shorts`."""
        self.broken: Counter[str] = Counter()
        """Texts that did not hold, by why."""
        self._llm, self._language = llm, language
        self._prompt = load_prompt(PROMPT, language)

    def calls(self, frame: pl.DataFrame) -> Iterator[Call]:
        """Yield the questions about a catalogue's frame, or those of its rows that are to be asked about."""
        fields = _fields(frame, self.config.told_attributes)
        for group in self._groups(frame):
            yield self._call(group, frame, fields)

    def shorts(self, frame: pl.DataFrame, *, beside: pl.DataFrame | None = None) -> pl.Series:
        """Return the short text of each row: the model's where it holds, else the row's own `short`.

        Two rows of different titles come to the same text only where their own short texts do. `beside` are rows that
        are told already (`title` and `short`), which no text may equal either.
        """
        self.spoke.clear()
        self.broken.clear()
        fields, told = _fields(frame, self.config.told_attributes), dict[int, str]()
        asked = self._groups(frame)
        self.spoke["grounded/not chosen"] = frame.height - sum(len(group.rows) for group in asked)
        for group in asked:
            told |= self._told(group, frame, fields)
        kept = _apart(frame, told, beside)
        self.broken["same as another"] = len(told) - len(kept)
        self.spoke["grounded/nothing held"] += len(told) - len(kept)
        self.spoke["llm"] = len(kept)
        own = plain_texts(frame["short"].fill_null("")).to_list()
        return pl.Series("short", [kept.get(row, text) for row, text in enumerate(own)], dtype=pl.String)

    def _groups(self, frame: pl.DataFrame) -> list[_Group]:
        """Return the rows whose title is worth a question, some to each, in the order of the frame."""
        long = [
            row
            for row, title in enumerate(frame["title"].fill_null("").to_list())
            if count_tokens(title) > self.config.whole_tokens
        ]
        size = self.config.items_per_call
        return [_Group(tuple(long[at : at + size])) for at in range(0, len(long), size)]

    def _call(self, group: _Group, frame: pl.DataFrame, fields: Sequence[Sequence[tuple[str, str]]]) -> Call:
        ids = frame["item_id"]
        return Call(
            role="shortener",
            subject=f"{ids[group.rows[0]]} and {len(group.rows) - 1} more",
            model=self._llm.model,
            prompt_id=self._prompt.id,
            prompt_version=self._prompt.version,
            prompt_hash=self._prompt.hash,
            messages=self._prompt.render(
                self._llm.domain,
                self._language,
                items=[fields[row] for row in group.rows],
                budget=self.config.budget_tokens,
                attributes=self.config.max_attributes,
            ),
            returns=ShortTexts,
            bounds={"items": len(group.rows)},
            max_tokens=200 + self.config.tokens_per_item * len(group.rows),
            temperature=self._llm.temperature,
        )

    def _told(
        self, group: _Group, frame: pl.DataFrame, fields: Sequence[Sequence[tuple[str, str]]]
    ) -> dict[int, str]:  # fmt: skip
        """Return the texts of a group that hold, by row."""
        call = self._call(group, frame, fields)
        reply = self.answers.reply(call.key)
        if reply is None or reply.status == "failed":
            self.spoke["grounded/no answer"] += len(group.rows)
            return {}
        found: Mapping[int, ShortText] = {}
        if reply.status == "answered":
            try:
                found = read_answer(reply.text, ShortTexts, call.bounds).by_item()
            except AnswerError:
                found = {}
        if not found:
            self.spoke["grounded/refused"] += len(group.rows)
            return {}
        texts: dict[int, str] = {}
        for number, row in enumerate(group.rows, 1):
            said = found.get(number)
            text, why = self._checked(said, fields[row]) if said is not None else ("", "missing")
            if why:
                self.broken[why] += 1
                self.spoke["grounded/nothing held"] += 1
            else:
                texts[row] = text
        return texts

    def _checked(self, said: ShortText, fields: Sequence[tuple[str, str]]) -> tuple[str, str]:
        """Return the text of an entry, or why it does not hold."""
        record = Record(fields)
        parts = [said.name, said.category, said.brand, *said.attributes[: self.config.max_attributes]]
        pieces = plain_texts(pl.Series([_unseparated(part) for part in parts], dtype=pl.String)).to_list()
        name, *ends = first_said(pieces)
        if why := next((why for piece in (name, *ends) if (why := record.disproof(piece))), ""):
            return "", why
        if not record.names_title(name):
            return "", "without its name"
        # Attributes go first, then the category, then the brand, until the rest fits.
        category, brand, *attributes = ends
        for n in range(len(attributes), -1, -1):
            text = _joined([name, category, brand, *attributes[:n]])
            if count_tokens(text) <= self.config.budget_tokens:
                break
        else:
            text = next(
                (each for each in (_joined([name, brand]), name) if count_tokens(each) <= self.config.budget_tokens), ""
            )
        if not text:
            return "", "too long"
        return (text, "") if not record.misleads(text) else ("", "cut to mean something else")


def _joined(pieces: Sequence[str]) -> str:
    return " ".join(piece for piece in pieces if piece)


def _unseparated(text: str) -> str:
    """Return a text without signs at its edges, whose numbers keep what their commas mean."""
    return re.sub(r"(\d),(\d)", r"\1.\2", re.sub(r"(\d),(\d{3})\b", r"\1\2", text)).strip(" .:;!?-–—'\"")


def _fields(frame: pl.DataFrame, told_attributes: int) -> list[list[tuple[str, str]]]:
    """Return the record of each row as names and values: no id, no price, no description."""
    n = frame.height
    columns = [frame[name].fill_null("").to_list() if name in frame.columns else [""] * n
               for name in ("title", "category", "brand")]  # fmt: skip
    held = frame["attributes"].to_list() if "attributes" in frame.columns else ["{}"] * n
    records = []
    for title, category, brand, attributes in zip(*columns, held, strict=True):
        told = [(name.replace("_", " "), _shown(value)) for name, value in json.loads(attributes or "{}").items()]
        fields = [("title", title), ("category", category), ("brand", brand)]
        records.append(
            [(name, value) for name, value in fields if value]
            + [(name, value) for name, value in told if value][:told_attributes]
        )
    return records


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value[:4])
    if value is None or isinstance(value, bool | dict):
        return ""
    text = f"{value:g}" if isinstance(value, int | float) else str(value).strip()
    return "" if _DATE.fullmatch(text) else text  # says nothing of what the item is


def _apart(frame: pl.DataFrame, told: Mapping[int, str], beside: pl.DataFrame | None) -> dict[int, str]:
    """Return the texts without those that another title comes to, too; until none is left, as each step adds others."""
    kept = dict(told)
    own = frame["short"].fill_null("").to_list()
    titles = frame["title"].fill_null("").to_list()
    taken: dict[str, set[tuple[str, str]]] = {}
    if beside is not None:
        for title, short in beside.select("title", "short").iter_rows():
            taken.setdefault((short or "").casefold(), set()).add((title or "", short or ""))
    while True:
        groups = {text: set(pairs) for text, pairs in taken.items()}
        for row, (title, short) in enumerate(zip(titles, own, strict=True)):
            groups.setdefault(kept.get(row, short).casefold(), set()).add((title, short))
        clashing = {
            text for text, pairs in groups.items()
            if len({title for title, _ in pairs}) > 1 and len({short for _, short in pairs}) > 1
        }  # fmt: skip
        lost = [row for row, text in kept.items() if text.casefold() in clashing]
        if not lost:
            return kept
        for row in lost:
            del kept[row]
