"""The grounded explainer: a sentence frame filled with what the catalogue proves. No model, no weights, no network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path

from ..data.catalog import Catalog
from ..types import NO_REASON, Backend, Claim, Context, Reason
from .config import ExplainConfig
from .explainer import Season, season_of
from .facts import RARE, Fact, ItemFacts, Trade, fact, same_as, values
from .frames import INTEREST_SLOTS, Branch, Domain, Frame, shipped
from .rules import LengthRule, near_title
from .words import opening, starts_with_vowel, tokens


@dataclass(frozen=True, slots=True)
class _Interest:
    """An interest's name as the slots need it."""

    name: str
    mid: Fact
    label: Fact
    is_noun: bool


class GroundedExplainer:
    """Fills frames with facts of the catalogue; the same interest and item always get the same sentence."""

    backend: Backend = "grounded"

    def __init__(self, catalog: Catalog, trade: Trade, config: ExplainConfig) -> None:
        self.catalog, self.trade, self.config = catalog, trade, config
        self.domain = _domain(catalog) if config.domain == "auto" else config.domain
        self.facts = ItemFacts(catalog, trade, domain=self.domain)
        self._frames = {branch: shipped().of(branch, self.domain) for branch in ("interest", "item")}
        self._drawable: dict[tuple[Branch, frozenset[str]], tuple[tuple[Frame, ...], list[int]]] = {}
        self._interests: dict[str, _Interest] = {}
        self._seasonal: dict[tuple[int, Season], Mapping[str, list[Fact]]] = {}

    @classmethod
    def fit(cls, catalog: Catalog, config: ExplainConfig) -> GroundedExplainer:
        """Return an explainer that knows what sets each item of the catalogue apart."""
        return cls(catalog, Trade.fit(catalog, config.facts), config)

    def save(self, folder: Path) -> None:
        """Write what was fitted; the catalogue is not."""
        self.trade.save(folder)
        (folder / "explainer.json").write_text(self.config.model_dump_json())

    @classmethod
    def load(cls, folder: Path, catalog: Catalog) -> GroundedExplainer:
        """Read what `save` wrote, for the catalogue as it stands now."""
        config = ExplainConfig(**json.loads((folder / "explainer.json").read_text()))
        return cls(catalog, Trade.load(folder), config)

    def explain(self, interest_key: str, interest_name: str, item: int, context: Context) -> Reason:
        """Return a sentence that ties the item to the interest; with key '' one from the item's own qualities."""
        season = season_of(context.as_of, southern=self.config.southern)
        facts = self._facts(item, season)
        if not interest_key:
            return self._draw("item", f"\t{self.catalog.item_ids[item]}", facts, item, None) or NO_REASON
        interest = self._interest(interest_name)
        facts = self._with_interest(facts, interest, item)
        draw = f"{interest_key}\t{self.catalog.item_ids[item]}"
        return self._draw("interest", draw, facts, item, interest_key) or NO_REASON

    def _facts(self, item: int, season: Season) -> Mapping[str, list[Fact]]:
        """Return the facts of an item, with the season where the item is made for the one we are in."""
        found = self._seasonal.get((item, season))
        if found is None:
            found = self.facts.of(item)
            if proof := _seasonal_proof(self.catalog, item, season):
                found = {**found, "season": [fact(season, *proof)]}
            self._seasonal[item, season] = found
        return found

    def _interest(self, name: str) -> _Interest:
        found = self._interests.get(name)
        if found is None:
            levels = {level.casefold() for path in self.catalog.categories for level in path.split(" > ")}
            mid = self.trade.casing.mid(name, common=name.casefold() in levels)
            found = _Interest(name, fact(mid, "", name), fact(name, "", name), not name.endswith(("'s", "’s")))
            self._interests[name] = found
        return found

    def _with_interest(self, facts: Mapping[str, list[Fact]], interest: _Interest, item: int) -> dict[str, list[Fact]]:
        found = {**facts, "label": [interest.label]}
        if interest.is_noun:
            found["interest"] = [interest.mid]
            proof = same_as(interest.name, self.facts.category_of(item), self.catalog.attributes[item])
            if proof is not None:
                found["same"] = [Fact(interest.mid.text, *proof, interest.mid.n_words, interest.mid.stems)]
        return found

    def _draw(
        self, branch: Branch, seed: str, facts: Mapping[str, list[Fact]], item: int, key: str | None
    ) -> Reason | None:
        """Return the first frame in the pair's own order that can be filled within the rules; None where none can."""
        frames, bounds = self._of_shape(branch, frozenset(facts))
        if not frames:
            return None
        state = int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "little")
        title = tokens(self.catalog.titles[item])
        for _ in range(4 * len(frames)):
            frame = frames[_place(bounds, state % bounds[-1])]
            chosen = _fill(frame, facts, state >> 20, self.config.length)
            if chosen is not None:
                reason = _render(frame, chosen, facts, key)
                if not near_title(tokens(reason.text), title):
                    return reason
            state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
            state ^= state >> 29
        return None

    def _of_shape(self, branch: Branch, has: frozenset[str]) -> tuple[tuple[Frame, ...], list[int]]:
        """Return the frames that an item with these facts can fill, and the running sum of their weights."""
        found = self._drawable.get((branch, has))
        if found is None:
            frames = tuple(frame for frame in self._frames[branch] if frame.needs <= has)
            found = frames, list(accumulate(frame.weight for frame in frames))
            self._drawable[branch, has] = found
        return found


def _place(bounds: Sequence[int], ticket: int) -> int:
    low, high = 0, len(bounds)
    while low < high:
        middle = (low + high) // 2
        if ticket < bounds[middle]:
            high = middle
        else:
            low = middle + 1
    return low


def _fill(frame: Frame, facts: Mapping[str, list[Fact]], state: int, rule: LengthRule) -> list[Fact] | None:
    """Return a fact for each slot, or None where the sentence would be too long or would say a thing twice."""
    chosen: list[Fact] = []
    used: frozenset[str] = frozenset()
    n_words = frame.n_fixed
    rare = any(kind == "rare" for _, kind in frame.phrases)
    for slot in frame.slots:
        pool = facts["rare" if rare and slot == "feature" else slot]
        picked = pool[state % min(len(pool), 3)]
        n_words += picked.n_words
        if n_words > rule.max_words or used & picked.stems:
            return None
        used |= picked.stems
        chosen.append(picked)
        state >>= 3
    return chosen if n_words >= rule.min_words else None


def _render(frame: Frame, chosen: Sequence[Fact], facts: Mapping[str, list[Fact]], key: str | None) -> Reason:
    """Return the sentence with one claim for each thing that it says, in the order of the sentence."""
    text = frame.text
    claims: list[Claim] = []
    for slot, picked in zip(frame.slots, chosen, strict=True):
        text = _put(text, slot, picked.text)
        claims += _claims(slot, picked)
    for words, kind in frame.phrases:
        proof = next((it for it in chosen if kind == "rare" and it in facts["rare"]), None) or facts[kind][0]
        claims.append(Claim(kind="item", text=words, item_field=proof.field, value=proof.value))
    return Reason(text=text, kind="interest" if key else "item", interest_key=key, claims=tuple(claims), frame=frame.id)


def _claims(slot: str, picked: Fact) -> list[Claim]:
    item = Claim(kind="item", text=picked.text, item_field=picked.field, value=picked.value.partition(RARE)[0])
    if slot in INTEREST_SLOTS:
        name = Claim(kind="interest", text=picked.text, value=picked.value)
        return [name, item] if slot == "same" else [name]
    return [Claim(kind="season", text=picked.text, value=picked.text), item] if slot == "season" else [item]


def _put(text: str, slot: str, words: str) -> str:
    """Return the text with the first hole of a slot filled; `a` before it becomes `an` where it should."""
    before, hole, after = text.partition("{" + slot + "}")
    if not hole:
        before, _, after = text.partition("{" + slot.capitalize() + "}")
        words = opening(words)
    if starts_with_vowel(words) and before.endswith(("a ", "A ")) and before[-3:-2] in ("", " "):
        before = f"{before[:-1]}n "
    return before + words + after


def _seasonal_proof(catalog: Catalog, item: int, season: Season) -> tuple[str, str] | None:
    """Return the field and value by which an item is made for a season."""
    for name, field in catalog.attributes[item].items():
        for value in values(field):
            if value.casefold() == season:
                return name, value
    return None


def _domain(catalog: Catalog) -> Domain:
    names = {name for attributes in catalog.attributes[:1000] for name in attributes}
    return "films" if names & {"directors", "director", "actors", "cast"} else "shop"
