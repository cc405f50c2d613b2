"""Is each claim of a reason true? Every word of the sentence hangs on a claim, every claim on a field or an event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from ..data.catalog import SEPARATOR, Catalog
from ..data.script import is_spaceless
from ..types import ACTIONS, Claim, History, Interest, Reason
from .explainer import SEASON_NAMES, Season
from .facts import HIGH, LOW, RARE, FactsConfig, in_quarter, values
from .frames import Frame, Frames, all_shipped
from .free_text import FreeReader, PriceBand
from .phrases import holds, phrases
from .rules import LengthRule, Violation, near_title, prohibited
from .shelves import Shelves, belongs, meanings
from .titles import asserted, claimable
from .words import FUNCTION_WORDS, contains, letters, split, tokens, words_of

DEEDS = {
    "purchase": "purchase", "cart": "cart pick", "favorite": "favourite", "detail_view": "earlier view",
    "review_read": "earlier read", "rate": "rating", "tag": "tagged item", "like": "like", "bookmark": "bookmark",
    "comment": "comment", "follow": "follow", "review": "review",
}  # fmt: skip
"""What an action is called in a sentence."""
TOGETHER = "together"
_SLOT_FIELDS = {
    "kind": {"category"}, "shelf": {"category"}, "noun": {"category", "title"}, "brand": {"brand"},
    "director": {"director", "directors"}, "actor": {"actor", "actors", "cast"}, "writer": {"writer", "writers"},
    "genre": {"genre", "genres"}, "year": {"year"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventFact:
    """What the raw log says of one event."""

    user_id: str
    action: str
    item: int
    """Row of the catalogue; -1 for a search."""


EventLookup = Callable[[int], EventFact | None]
"""Maps an event id to what the log says, or None where it has no such event."""


class Together(Protocol):
    """Knows how many people chose both of two items."""

    def others(self, item: int, other: int, *, own: Collection[int]) -> int:
        """Return how many people acted on both, beside the one whose own choices are given."""
        ...


def is_free(reason: Reason) -> bool:
    """Return whether a language model wrote the sentence, and no frame holds it together."""
    return reason.backend == "llm" and not reason.frame


def lookup_of(history: History) -> EventLookup:
    """Return a lookup that knows one person's events."""
    facts = {
        int(event): EventFact(history.user_id, ACTIONS[int(action)], int(item))
        for event, action, item in zip(history.event_id, history.action, history.item, strict=True)
    }
    return facts.get


def verify(
    reason: Reason,
    *,
    catalog: Catalog,
    item: int,
    interest: Interest | None = None,
    events: EventLookup | None = None,
    season: Season | None = None,
    related: Collection[str] = (),
) -> list[Violation]:
    """Return what is wrong with a reason shown beside an item; nothing where it may be said.

    `related` are categories that the interest's tags lead to; an interest may only be named beside an item of
    those, of its own categories, or of their neighbours under one parent. For many reasons make one Verifier.
    """
    checker = Verifier(catalog)
    return checker.check(reason, item, interest=interest, events=events, season=season, related=related)


class Verifier:
    """Checks reasons against one catalogue, keeping what it has looked up."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        rule: LengthRule | None = None,
        facts: FactsConfig | None = None,
        frames: Frames | None = None,
        together: Together | None = None,
    ) -> None:
        self.catalog, self.rule = catalog, rule or LengthRule()
        self.facts, self.frames, self.together = facts or FactsConfig(), frames or all_shipped(), together
        self._category = catalog.frame["category"].to_list()
        self._brand = catalog.frame["brand"].to_list()
        self._price = catalog.frame["price"].to_list()
        self._description = catalog.frame["description"].to_list()
        self._phrases = self.frames.phrases
        self._members: dict[str, list[int]] = {}
        self._prices: dict[str, list[float]] = {}
        self._proved: dict[tuple[int, str, str, str], str] = {}
        self._rarity: dict[tuple[str, str, str], int] = {}
        for row, category in enumerate(self._category):
            self._members.setdefault(category, []).append(row)

    def check(
        self,
        reason: Reason,
        item: int,
        *,
        interest: Interest | None = None,
        interest_name: str | None = None,
        events: EventLookup | None = None,
        season: Season | None = None,
        related: Collection[str] = (),
        own: Collection[int] | None = None,
    ) -> list[Violation]:
        """Return what is wrong with a reason; with `interest_name` alone, for a row that no person holds yet.

        `own` are the rows that the person chose, so that nobody counts among the others; unknown, they may be any.
        """
        if reason.kind == "none":
            return [Violation("kind", "a sentence of kind none")] if reason.text or reason.claims else []
        names = [it.text for it in reason.claims if it.item_field not in (None, "title", "description", "price")]
        names += [it.text for it in reason.claims if it.kind == "interest"]
        words = split(reason.text)
        found = list(prohibited(reason.text, words, names, self.rule))
        if self._is_near_title(reason.text, words, self.catalog.titles[item]):
            found.append(Violation("title", "nearly the title"))
        free = is_free(reason)
        if free:
            found += self._check_free(reason, item, interest.name if interest is not None else interest_name, season)
        else:
            found += self._uncovered(reason, words)
            for claim in reason.claims:
                found += self._check_claim(claim, item, season)
        found += self._check_interest(reason, item, interest, interest_name, events, related)
        found += self._check_events(reason, item, events, own)
        return found

    @cached_property
    def _facets(self) -> frozenset[str]:
        """All attributes' values in small letters: an interest named like one leads only to items that have it."""
        held = (field for attributes in self.catalog.attributes for field in attributes.values())
        return frozenset(value.casefold() for field in held for value in meanings(field))

    @cached_property
    def free(self) -> FreeReader:
        """Reads sentences that no frame made."""
        return FreeReader(self.catalog, price_band=self.price_band, phrases=self._phrases)

    def price_band(self, item: int) -> PriceBand:
        """Return whether the item's price lies in the lowest or the highest quarter of its category."""
        category = self._category[item]
        if self._holds("price:low", item, "price", f"{LOW}{category}"):
            return "low"
        return "high" if self._holds("price:high", item, "price", f"{HIGH}{category}") else ""

    # Words

    def _check_free(self, reason: Reason, item: int, name: str | None, season: Season | None) -> Iterator[Violation]:
        """Yield what is wrong with a free sentence: its claims must be those that reading it anew gives."""
        reading = self.free.read(reason.text, item, interest_name=name if reason.kind == "interest" else None,
                                 season=season)  # fmt: skip
        yield from reading.violations
        claims = tuple(replace(claim, event_ids=()) for claim in reason.claims)
        if claims != reading.claims:
            yield Violation("claim", "not the claims that the sentence makes")
        for claim in claims:
            if claim not in reading.claims:
                yield from self._check_claim(claim, item, season)

    def _uncovered(self, reason: Reason, words: tuple[str, ...]) -> Iterator[Violation]:
        """Yield words that no claim covers and no frame declares neutral."""
        frame = self.frames.by_id.get(reason.frame)
        if frame is not None:
            if not (_is_text_of(frame, reason) if frame.language == "zh" else _matches(frame, reason.claims, words)):
                yield Violation("words", f"not what frame {frame.id} and the claims come to")
            return
        if reason.frame:
            yield Violation("words", f"there is no frame {reason.frame}")
        covered = [False] * len(words)
        for claim in reason.claims:
            part = tokens(claim.text)
            for start in range(len(words) - len(part) + 1):
                if part and words[start : start + len(part)] == part:
                    covered[start : start + len(part)] = [True] * len(part)
        bare = [word for word, there in zip(words, covered, strict=True) if not there and word not in FUNCTION_WORDS]
        if bare:
            yield Violation("words", f"nothing shows: {', '.join(bare)}")

    # Claims about the item and the day

    def _check_claim(self, claim: Claim, item: int, season: Season | None) -> Iterator[Violation]:
        if not tokens(claim.text):
            yield Violation("claim", "a claim without words")
        if claim.kind == "season":
            if season is None or claim.value not in SEASON_NAMES[season] or claim.text.casefold() != claim.value:
                yield Violation("season", f"{claim.text}: it is {season}")
        elif claim.kind == "item":
            key = (item, claim.item_field or "", claim.value or "", claim.text)
            why = self._proved.get(key)
            if why is None:
                why = self._proved[key] = self._disproof(*key)
            if why:
                yield Violation("item", why)

    def _disproof(self, item: int, field: str, value: str, text: str) -> str:
        """Return why the item's field does not show the words, or '' where it does."""
        if not field or not value:
            return f"{text}: no field or no value is named"
        fact = self._phrases.get(" ".join(tokens(text)))
        if fact is not None:
            return "" if self._holds(fact, item, field, value) else f"{text}: {field} does not show {value}"
        if RARE in value:
            return f"{text}: not a phrase that says rare"
        if not self._has(item, field, value):
            return f"{text}: {field} is not {value}"
        return "" if _says(text, field, value) else f"{text}: says more or less than {field} {value}"

    def _has(self, item: int, field: str, value: str) -> bool:
        """Return whether a field of the item holds the value."""
        wanted = tokens(value)
        if field in ("title", "description"):
            if is_spaceless(value):
                return self._is_said(item, field, value)
            parts = claimable(self.catalog.titles[item]) if field == "title" else self._sentences(item)
            said = words_of(value)
            return any(asserted(said, words_of(part)) for part in parts) and not self._is_cut(item, wanted)
        if field == "brand":
            return bool(wanted) and tokens(self._brand[item]) == wanted
        if field == "category":
            path = self._category[item]
            return bool(wanted) and any(tokens(level) == wanted for level in (path, *path.split(SEPARATOR)))
        if field == "price":
            return self._price[item] is not None and value in (str(self._price[item]), f"{self._price[item]:g}")
        held = self.catalog.attributes[item].get(field)
        if isinstance(held, bool):
            return held and value == "true"
        if isinstance(held, int | float):
            return value in (str(held), f"{held:g}", *meanings(held))
        return value.casefold() in (entry.casefold() for entry in values(held))

    def _is_said(self, item: int, field: str, value: str) -> bool:
        """Return whether a title, or a sentence of the description, without blanks between words says the value."""
        texts = [self.catalog.titles[item]] if field == "title" else self._description[item].split("。")
        return any(holds(phrases(text, self.catalog.segmenter), value) for text in texts)

    def _is_near_title(self, text: str, words: tuple[str, ...], title: str) -> bool:
        if is_spaceless(text):
            return near_title(letters(text), letters(title))
        return near_title(words, tokens(title))

    def _sentences(self, item: int) -> list[str]:
        return [part for text in self._description[item].split(". ") for part in claimable(text)]

    def _is_cut(self, item: int, wanted: Sequence[str]) -> bool:
        """Return whether the words are a compound of the item's attributes cut short: carbon for carbon steel."""
        held = [tokens(value) for field in self.catalog.attributes[item].values() for value in values(field)]
        if wanted in held:
            return False
        return any(contains(wanted, whole) and whole[-len(wanted) :] != wanted for whole in held)

    def _holds(self, fact: str, item: int, field: str, value: str) -> bool:
        """Return whether what the category makes of a price or a feature holds."""
        category = self._category[item]
        members = self._members.get(category, [])
        if fact == "rare":
            feature, _, place = value.partition(RARE)
            if place != category or not category or len(members) < self.facts.min_priced:
                return False
            n = self._rarity.get((category, field, feature))
            if n is None:
                n = self._rarity[category, field, feature] = sum(self._has(row, field, feature) for row in members)
            return self._has(item, field, feature) and n <= self.facts.rare_share * len(members)
        if fact not in ("price:low", "price:high") or field != "price" or not category:
            return False
        low = fact == "price:low"
        price = self._price[item]
        if value != f"{LOW if low else HIGH}{category}" or price is None:
            return False
        prices = self._prices_of(category)
        return len(prices) >= self.facts.min_priced and in_quarter(price, prices, low=low)

    def _prices_of(self, category: str) -> list[float]:
        """Return the prices of a category as they stand, lowest first."""
        found = self._prices.get(category)
        if found is None:
            priced = (self._price[row] for row in self._members.get(category, ()))
            found = self._prices[category] = sorted(price for price in priced if price is not None)
        return found

    # Claims about the person

    def _check_interest(
        self,
        reason: Reason,
        item: int,
        interest: Interest | None,
        name: str | None,
        events: EventLookup | None,
        related: Collection[str],
    ) -> Iterator[Violation]:
        claims = [claim for claim in reason.claims if claim.kind == "interest"]
        if reason.kind != "interest":
            if claims or reason.interest_key:
                yield Violation("interest", "an interest is claimed where none is meant")
            return
        if not claims:
            yield Violation("interest", "no claim names the interest")
        name = interest.name if interest is not None else name
        for claim in claims:
            whole = is_free(reason) or tokens(claim.text) == tokens(name or "")
            if name is None or (claim.value or "").casefold() != name.casefold() or not whole:
                yield Violation("interest", f"{claim.text}: the interest is {name}")
        if interest is None:
            return
        if reason.interest_key != interest.key or interest.status != "kept":
            yield Violation("interest", f"{reason.interest_key} is not a kept interest of the person")
        if not self._is_related(item, interest, related):
            yield Violation("relevance", f"{self._category[item]} is not where {interest.name} leads")
        for claim in claims:
            yield from self._check_evidence(claim, interest, events)

    def _check_evidence(self, claim: Claim, interest: Interest, events: EventLookup | None) -> Iterator[Violation]:
        known = set(interest.event_ids)
        for event_id in claim.event_ids:
            event = events(event_id) if events is not None else None
            if event_id not in known:
                yield Violation("evidence", f"event {event_id} is none of the interest's")
            elif events is not None and (event is None or event.user_id != interest.user_id):
                yield Violation("evidence", f"event {event_id} is none of the person's")

    def _is_related(self, item: int, interest: Interest, related: Collection[str]) -> bool:
        category = self._category[item]
        if interest.name.casefold() in belongs(category, self.catalog.attributes[item]):
            return True
        if interest.name.casefold() in self._facets:
            return False
        return self._shelves.near(category, {*interest.categories, *related})

    @cached_property
    def _shelves(self) -> Shelves:
        return Shelves.of(self.catalog)

    def _check_events(
        self, reason: Reason, item: int, events: EventLookup | None, own: Collection[int] | None
    ) -> Iterator[Violation]:
        for claim in reason.claims:
            if claim.kind != "event":
                continue
            found = [events(event_id) if events is not None else None for event_id in claim.event_ids]
            if not found or any(event is None for event in found):
                yield Violation("event", f"{claim.text}: no such event")
            elif claim.value == TOGETHER:
                yield from self._check_together(claim, item, [event for event in found if event is not None], own)
            elif any(event is not None and event.action != claim.value for event in found) or (
                tokens(claim.text) != tokens(DEEDS.get(claim.value or "", ""))
            ):
                yield Violation("event", f"{claim.text}: the event is no {claim.value}")

    def _check_together(
        self, claim: Claim, item: int, found: Sequence[EventFact], own: Collection[int] | None
    ) -> Iterator[Violation]:
        if self._phrases.get(" ".join(tokens(claim.text))) != TOGETHER:
            yield Violation("event", f"{claim.text}: not a phrase that says together")
        for event in found:
            chosen = (item, event.item) if own is None else own
            if self.together is None or self.together.others(item, event.item, own=chosen) < 2:
                yield Violation("event", f"{claim.text}: nobody else chose both")


def _is_text_of(frame: Frame, reason: Reason) -> bool:
    """Return whether the sentence is, character for character, the frame with its holes filled by the claims."""
    text, at = frame.parts[0], 0
    for slot, after in zip(frame.slots, frame.parts[1:], strict=True):
        kinds = _SLOT_KINDS.get(slot, _OF_ITEM)
        filling = reason.claims[at : at + len(kinds)]
        at += len(kinds)
        if not _fills(slot, kinds, filling):
            return False
        text += filling[0].text + after
    return reason.text == text and [it.text for it in reason.claims[at:]] == [phrase for phrase, _ in frame.phrases]


def _fills(slot: str, kinds: tuple[str, ...], filling: Sequence[Claim]) -> bool:
    """Return whether the claims are of the kinds and the field that a slot asks for, in the same words."""
    if tuple([claim.kind for claim in filling]) != kinds or any(it.text != filling[0].text for it in filling[1:]):
        return False
    return slot not in _SLOT_FIELDS or filling[0].item_field in _SLOT_FIELDS[slot]


def _matches(frame: Frame, claims: Sequence[Claim], words: Sequence[str]) -> bool:
    """Return whether the sentence is the frame, its holes filled by the claims in order, and nothing else."""
    expected, at = list(frame.fixed[0]), 0
    for slot, fixed in zip(frame.slots, frame.fixed[1:], strict=True):
        kinds = _SLOT_KINDS.get(slot, _OF_ITEM)
        filling = claims[at : at + len(kinds)]
        at += len(kinds)
        if not _fills(slot, kinds, filling):
            return False
        expected += tokens(filling[0].text)
        expected += fixed
    if [claim.text for claim in claims[at:]] != [phrase for phrase, _ in frame.phrases]:
        return False
    if expected == list(words):
        return True
    return [_article(word) for word in expected] == [_article(word) for word in words]


_OF_ITEM = ("item",)
_SLOT_KINDS: dict[str, tuple[str, ...]] = {
    "interest": ("interest",), "label": ("interest",), "same": ("interest", "item"),
    "season": ("season", "item"), "deed": ("event",),
}  # fmt: skip


def _article(word: str) -> str:
    return "a" if word == "an" else word


def _says(text: str, field: str, value: str) -> bool:
    """Return whether the words are the value, as it stands or with the field's name; part of it for a text field."""
    said, held, name = tokens(text), tokens(value), tokens(field.replace("_", " "))
    if said in (held, (*held, *name)):
        return True
    if value == "true":
        return said == name
    return field in ("title", "description") and asserted(words_of(text), words_of(value))
