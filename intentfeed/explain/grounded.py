"""The grounded explainer: a sentence frame filled with what the catalogue proves. No model, no weights, no network."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Any

from ..data.catalog import SEPARATOR, Catalog
from ..types import NO_REASON, Backend, Claim, Context, Reason
from .config import ExplainConfig
from .explainer import SEASON_NAMES, Season, season_of
from .facts import RARE, Fact, fact, values
from .frames import INTEREST_SLOTS, Branch, Domain, Frame, Language, shipped
from .item_facts import ItemFacts
from .rules import near_title
from .shelves import belongs
from .trade import Trade
from .words import letters, opening, split, starts_with_vowel

_ARTICLE = (" a ", "A ")


_Shape = tuple[Branch, frozenset[str], tuple[tuple[str, int], ...]]
"""Branch, facts of the item, and how few words each slot takes: what decides which frames fit."""
_Urn = tuple[list[Frame], list[int]]
"""Frames to draw from, and the running sum of their weights."""


@dataclass(frozen=True, slots=True)
class _Interest:
    """An interest's name as the slots need it."""

    name: str
    mid: Fact
    label: Fact
    is_noun: bool


@dataclass(frozen=True, slots=True)
class _View:
    """An item as the frames see it in a season."""

    facts: Mapping[str, list[Fact]]
    has: frozenset[str]
    shortest: tuple[tuple[str, int], ...]
    """Slot and the fewest words that fill it, of the facts that are drawn from."""
    levels: Mapping[str, tuple[str, str]]
    title: tuple[str, ...]


class GroundedExplainer:
    """Fills frames with facts of the catalogue; the same interest and item always get the same sentence."""

    backend: Backend = "grounded"

    def __init__(self, catalog: Catalog, trade: Trade, config: ExplainConfig) -> None:
        self.catalog, self.trade, self.config = catalog, trade, config
        self.domain = _domain(catalog) if config.domain == "auto" else config.domain
        self.facts = ItemFacts(catalog, trade, domain=self.domain)
        self.language: Language = _language(catalog, config)
        rule, chinese = config.length, self.language == "zh"
        self._size = _letters if chinese else _words
        self._least = rule.min_characters if chinese else rule.min_words
        self._most = rule.max_characters if chinese else rule.max_words
        self._frames = {branch: shipped(self.language).of(branch, self.domain) for branch in ("interest", "item")}
        self._level_names = {level.casefold() for path in catalog.categories for level in path.split(SEPARATOR)}
        self._drawable: dict[_Shape, tuple[_Urn, ...]] = {}
        self._fillable: dict[tuple[Branch, frozenset[str]], list[Frame]] = {}
        self._interests: dict[str, _Interest] = {}
        self._views: dict[tuple[int, Season], _View] = {}

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

    def explain(
        self, interest_key: str, interest_name: str, item: int, context: Context, *, variant: int = 0
    ) -> Reason:
        """Return a sentence that ties the item to the interest; with key '' one from the item's own qualities."""
        view = self._view(item, season_of(context.as_of, southern=self.config.southern))
        seed = f"{interest_key}\t{self.catalog.item_ids[item]}" + (f"\t{variant}" if variant else "")
        if not interest_key:
            return self._draw("item", seed, view, {}, None) or NO_REASON
        interest = self._interest(interest_name)
        own: dict[str, list[Fact]] = {"label": [interest.label]}
        if interest.is_noun:
            own["interest"] = [interest.mid]
            if proof := view.levels.get(interest.name.casefold()):
                own["same"] = [Fact(interest.mid.text, *proof, interest.mid.n_words, interest.mid.stems)]
        return self._draw("interest", seed, view, own, interest_key) or NO_REASON

    def _view(self, item: int, season: Season) -> _View:
        """Return the facts of an item, with the season where the item is made for the one we are in."""
        found = self._views.get((item, season))
        if found is None:
            facts = dict(self.facts.of(item))
            attributes = self.catalog.attributes[item]
            if proof := _seasonal_proof(attributes, season):
                facts["season"] = [fact(_said_of(season, proof[1]), *proof)]
            levels = belongs(self.facts.category_of(item), attributes)
            shortest = tuple(sorted((slot, min(self._size(it) for it in pool[:3])) for slot, pool in facts.items()))
            found = _View(facts, frozenset(facts), shortest, levels, self._said(self.catalog.titles[item]))
            self._views[item, season] = found
        return found

    def _interest(self, name: str) -> _Interest:
        found = self._interests.get(name)
        if found is None:
            mid = self.trade.casing.mid(name, common=name.casefold() in self._level_names)
            found = _Interest(name, fact(mid, "", name), fact(name, "", name), not name.endswith(("'s", "’s")))
            self._interests[name] = found
        return found

    def _draw(
        self, branch: Branch, seed: str, view: _View, own: Mapping[str, list[Fact]], key: str | None
    ) -> Reason | None:
        """Return the first frame in the pair's own order that can be filled within the rules; None where none can.

        A frame that tells less comes up only where none that tells more can be filled.
        """
        state = int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "little")
        for frames, bounds in self._of_shape((branch, view.has, self._shortest(view, own))):
            for _ in range(3 * len(frames)):
                frame = frames[bisect_right(bounds, state % bounds[-1])]
                chosen = self._fill(frame, view.facts, own, state >> 20)
                if chosen is not None:
                    reason = _render(frame, chosen, view.facts, key)
                    if not near_title(self._said(reason.text), view.title):
                        return reason
                state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
                state ^= state >> 29
        return None

    def _of_shape(self, shape: _Shape) -> tuple[_Urn, ...]:
        """Return the frames that fit with the running sum of their weights, those that tell most first."""
        found = self._drawable.get(shape)
        if found is None:
            branch, has, shortest = shape
            words, room = dict(shortest), self._most
            at_hand = (branch, has.union(words))
            if at_hand not in self._fillable:
                self._fillable[at_hand] = [frame for frame in self._frames[branch] if frame.needs <= at_hand[1]]
            fitting = [
                frame for frame in self._fillable[at_hand]
                if frame.n_fixed + sum([words[slot] for slot in frame.slots]) <= room
            ]  # fmt: skip
            urns = [[frame for frame in fitting if frame.rank == rank] for rank in (3, 2, 1, 0)]
            found = self._drawable[shape] = tuple(
                (frames, list(accumulate(frame.weight for frame in frames))) for frames in urns if frames
            )
        return found

    def _shortest(self, view: _View, own: Mapping[str, list[Fact]]) -> tuple[tuple[str, int], ...]:
        """Return how long each slot is at least."""
        return view.shortest + tuple((slot, self._size(facts[0])) for slot, facts in own.items())

    def _said(self, text: str) -> tuple[str, ...]:
        """Return what two sentences have in common: their words, or their characters."""
        return letters(text) if self.language == "zh" else split(text)

    def _fill(
        self, frame: Frame, facts: Mapping[str, list[Fact]], own: Mapping[str, list[Fact]], state: int
    ) -> list[Fact] | None:
        """Return a fact for each slot, or None where the sentence would be too long or would say a thing twice."""
        chosen: list[Fact] = []
        used: frozenset[str] = frozenset()
        size = frame.n_fixed
        rare = any(kind == "rare" for _, kind in frame.phrases)
        for slot in frame.slots:
            pool = own.get(slot) or facts["rare" if rare and slot == "feature" else slot]
            picked = pool[state % min(len(pool), 3)]
            size += self._size(picked)
            if size > self._most or used & picked.stems:
                return None
            used |= picked.stems
            chosen.append(picked)
            state >>= 3
        return chosen if size >= self._least else None


def _words(picked: Fact) -> int:
    return picked.n_words


def _letters(picked: Fact) -> int:
    return len(letters(picked.text))


def _language(catalog: Catalog, config: ExplainConfig) -> Language:
    """Return the language of the sentences: that of the catalogue unless it is set."""
    if config.language == "auto":
        return "zh" if catalog.language == "zh" else "en"
    return config.language


def _said_of(season: Season, value: str) -> str:
    """Return the season as a sentence says it: in the catalogue's own word where that is not English."""
    return season if value.casefold() == season else value


def _render(frame: Frame, chosen: Sequence[Fact], facts: Mapping[str, list[Fact]], key: str | None) -> Reason:
    """Return the sentence with one claim for each thing that it says, in the order of the sentence."""
    text = frame.parts[0]
    claims: list[Claim] = []
    for slot, capital, picked, after in zip(frame.slots, frame.capital, chosen, frame.parts[1:], strict=True):
        if text.endswith(_ARTICLE) and starts_with_vowel(picked.text):
            text = f"{text[:-1]}n "
        text += (opening(picked.text) if capital else picked.text) + after
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


def _seasonal_proof(attributes: Mapping[str, Any], season: Season) -> tuple[str, str] | None:
    """Return the field and value by which an item is made for a season."""
    for name, field in attributes.items():
        for value in values(field):
            if value.casefold() in SEASON_NAMES[season]:
                return name, value
    return None


def _domain(catalog: Catalog) -> Domain:
    names = {name for attributes in catalog.attributes[:1000] for name in attributes}
    return "films" if names & {"directors", "director", "actors", "cast"} else "shop"
