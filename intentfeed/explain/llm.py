"""Reasons from a language model, of which nothing is said that the item's own fields do not show (RecGPT-V1, 8).

It renders questions and reads answers; it never calls a model. One question covers one interest and a few items of it.
Where there is no answer, or the sentence does not hold, the grounded explainer speaks. Each reason says who spoke.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl
from pydantic import Field

from ..data.catalog import Catalog
from ..errors import AnswerError
from ..llm.answer import read_answer
from ..llm.client import Answers, Call, Language
from ..llm.config import LLMConfig
from ..llm.prompt import load_prompt
from ..types import Backend, Context, Reason, Settings
from .answer import Explanations, ItemExplanation
from .check import Verifier
from .config import ExplainConfig
from .explainer import Explainer, Season, season_of
from .groups import Group, grouped
from .rules import Violation
from .shelves import meanings

PROMPT = "explain.write"
MAX_REFUSED = 1_000
"""Refused sentences that are kept to be looked at."""
_SEASONS_ZH: dict[Season, str] = {"spring": "春天", "summer": "夏天", "autumn": "秋天", "winter": "冬天"}
_PRICE_BAND = {
    "en": {"low": "low for its category", "high": "high for its category"},
    "zh": {"low": "同类中偏低", "high": "同类中偏高"},
}


class LLMExplainerConfig(Settings):
    """How a language model is asked for reasons."""

    items_per_call: int = Field(default=10, ge=1, le=50)
    """Items that one question covers; 1 is the paper's literal way (8.1)."""
    per_interest: int = Field(default=0, ge=0)
    """Items of each interest that the model explains, the most popular ones; 0 means all."""
    alone: bool = False
    """Whether items by themselves, which are shown where no interest leads to them, are explained by the model, too."""
    max_attributes: int = Field(default=8, ge=0)
    """Attributes of an item that are told."""
    tokens_per_item: int = Field(default=180, ge=40)
    """Of an answer, for each item."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the sentence of a pair is: in which question, under which number."""

    group: Group
    number: int


class LLMExplainer:
    """Lets through those sentences of a language model that hold; the grounded explainer writes the rest."""

    backend: Backend = "llm"

    def __init__(
        self,
        grounded: Explainer,
        *,
        answers: Answers,
        llm: LLMConfig,
        language: Language,
        config: LLMExplainerConfig = LLMExplainerConfig(),  # noqa: B008  frozen
        explain: ExplainConfig = ExplainConfig(),  # noqa: B008  frozen
        popularity: Sequence[int] | None = None,
    ) -> None:
        """`popularity` holds how many events each row of the catalogue has; without it the rows' own order decides."""
        self.catalog: Catalog = grounded.catalog
        self.grounded, self.answers, self.config = grounded, answers, config
        self.spoke: Counter[str] = Counter()
        """Pairs by who spoke: `llm`, or `grounded/` and why."""
        self.broken: Counter[str] = Counter()
        """Sentences that did not hold, by the rule."""
        self.refused: list[tuple[str, tuple[Violation, ...]]] = []
        """The first of them, to be looked at."""
        self._llm, self._language, self._explain = llm, language, explain
        self._popularity = popularity
        self._prompt = load_prompt(PROMPT, language)
        self._verifier = Verifier(self.catalog, rule=explain.length, facts=explain.facts)
        self._places: dict[tuple[str, int], _Place] = {}
        self._answer = lru_cache(maxsize=1 << 10)(self._answer_anew)

    def expect(self, pairs: pl.DataFrame) -> None:
        """Remember in which question each pair stands: for the pairs of `calls`, or any part that tears no group.

        `pairs` have the columns of table.PAIRS, and may have `group` as `grouped` gives it.
        """
        self._places = {
            (group.key, item): _Place(group, number)
            for group in self._groups(pairs)
            for number, item in enumerate(group.items, 1)
        }

    def calls(self, pairs: pl.DataFrame, context: Context) -> Iterator[Call]:
        """Yield the questions that the pairs come to, and remember which pair stands in which."""
        self.expect(pairs)
        for group in self._groups(pairs):
            yield self.call(group, context)

    def call(self, group: Group, context: Context) -> Call:
        """Return the question about one interest and some items; it names the season, not the day (U29)."""
        season = season_of(context.as_of, southern=self._explain.southern)
        rule, chinese = self._explain.length, self._language == "zh"
        messages = self._prompt.render(
            self._llm.domain,
            self._language,
            interest=group.name,
            season=_SEASONS_ZH[season] if chinese else season,
            items=[self._told(item) for item in group.items],
            low=rule.min_characters if chinese else rule.min_words,
            high=rule.max_characters if chinese else rule.max_words,
        )
        return Call(
            role="explainer",
            subject=f"{group.key} × {self.catalog.item_ids[group.items[0]]} and {len(group.items) - 1} more",
            model=self._llm.model,
            prompt_id=self._prompt.id,
            prompt_version=self._prompt.version,
            prompt_hash=self._prompt.hash,
            messages=messages,
            returns=Explanations,
            bounds={"items": len(group.items)},
            max_tokens=200 + self.config.tokens_per_item * len(group.items),
            temperature=self._llm.temperature,
        )

    def explain(
        self, interest_key: str, interest_name: str, item: int, context: Context, *, variant: int = 0
    ) -> Reason:
        """Return the model's sentence where it holds, else the grounded one; variants beyond the first are grounded."""
        reason = None if variant else self._checked(interest_key, interest_name, item, context)
        return reason or self.grounded.explain(interest_key, interest_name, item, context, variant=variant)

    def _checked(self, key: str, name: str, item: int, context: Context) -> Reason | None:
        """Return what the model wrote for a pair, where it holds; count what became of it."""
        place = self._places.get((key, item))
        if place is None:
            self.spoke["grounded/not chosen"] += 1
            return None
        found = self._answer(place.group, context)
        if isinstance(found, str):
            self.spoke[found] += 1
            return None
        said = found.get(place.number)
        season = season_of(context.as_of, southern=self._explain.southern)
        if said is None or not said.explanation.strip():
            self.broken["missing"] += 1
            self.spoke["grounded/nothing held"] += 1
            return None
        reason = self._reason(said, key, name, item, season)
        wrong = self._verifier.check(reason, item, interest_name=name if key else None, season=season)
        if wrong:
            self.broken.update({violation.rule for violation in wrong})
            if len(self.refused) < MAX_REFUSED:
                self.refused.append((reason.text, tuple(wrong)))
            self.spoke["grounded/nothing held"] += 1
            return None
        self.spoke["llm"] += 1
        return reason

    def _answer_anew(self, group: Group, context: Context) -> dict[int, ItemExplanation] | str:
        """Return the entries of a group's answer by number, or why there are none."""
        call = self.call(group, context)
        reply = self.answers.reply(call.key)
        if reply is None or reply.status == "failed":
            return "grounded/no answer"
        if reply.status == "refused":
            return "grounded/refused"
        try:
            return read_answer(reply.text, Explanations, call.bounds).by_item()
        except AnswerError:
            return "grounded/refused"

    def _reason(self, said: ItemExplanation, key: str, name: str, item: int, season: Season) -> Reason:
        """Return the sentence with the claims that reading it gives; those that the model named are not believed."""
        text = " ".join(said.explanation.split()).strip(" \"“”'").removesuffix("。")
        reading = self._verifier.free.read(text, item, interest_name=name if key else None, season=season)
        tied = bool(key) and reading.kind == "interest"
        if not tied:
            reading = self._verifier.free.read(text, item, season=season)
        return Reason(
            text=text,
            kind="interest" if tied else "item",
            interest_key=key if tied else None,
            claims=reading.claims,
            backend="llm",
        )

    def _groups(self, pairs: pl.DataFrame) -> list[Group]:
        return grouped(
            pairs,
            size=self.config.items_per_call,
            per_interest=self.config.per_interest,
            alone=self.config.alone,
            popularity=self._popularity,
        )

    def _told(self, item: int) -> list[tuple[str, str]]:
        """Return the fields of an item that are told: no id, no description, no price but its band."""
        frame = self.catalog.frame
        fields = [(name, str(frame[name][item] or "")) for name in ("title", "category", "brand")]
        band = self._verifier.proofs.price_band(item)
        fields.append(("price band", _PRICE_BAND[self._language][band] if band else ""))
        attributes = self.catalog.attributes[item].items()
        told = [(name.replace("_", " "), _shown(held)) for name, held in attributes]
        return [*((name, value) for name, value in fields if value), *_first(told, self.config.max_attributes)]


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*")


def _shown(held: object) -> str:
    """Return an attribute as text: `yes` for one that is true, '' for one that says nothing, as a date does."""
    if isinstance(held, str) and _DATE.fullmatch(held):
        return ""
    if isinstance(held, bool):
        return "yes" if held else ""
    if isinstance(held, int | float):
        return f"{held:g}"
    return ", ".join(meanings(held))


def _first(told: Sequence[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    return [(name, value) for name, value in told if value][:most]
