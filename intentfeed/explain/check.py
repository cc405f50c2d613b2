"""Is each claim of a reason true? Every word of the sentence hangs on a claim, every claim on a field or an event."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from ..data.catalog import Catalog
from ..data.script import is_spaceless
from ..types import Claim, Interest, Reason
from .events import DEEDS, TOGETHER, EventFact, EventLookup, Together
from .explainer import SEASON_NAMES, Season
from .facts import FactsConfig
from .filled import is_filled, is_text_of
from .frames import Frames, all_shipped
from .free_text import FreeReader
from .proofs import Proofs
from .rules import LengthRule, Violation, near_title, prohibited
from .shelves import Shelves, belongs, meanings
from .words import FUNCTION_WORDS, letters, split, tokens


def is_free(reason: Reason) -> bool:
    """Return whether a language model wrote the sentence, and no frame holds it together."""
    return reason.backend == "llm" and not reason.frame


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
        self.frames, self.together = frames or all_shipped(), together
        self.proofs = Proofs(catalog, facts or FactsConfig(), self.frames.phrases)
        self._category = catalog.frame["category"].to_list()
        self._phrases = self.frames.phrases

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
        return FreeReader(self.catalog, price_band=self.proofs.price_band, phrases=self._phrases)

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
            if not (is_text_of(frame, reason) if frame.language == "zh" else is_filled(frame, reason.claims, words)):
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
        if claim.kind == "season" and (
            season is None or claim.value not in SEASON_NAMES[season] or claim.text.casefold() != claim.value
        ):
            yield Violation("season", f"{claim.text}: it is {season}")
        if claim.kind == "item" and (why := self.proofs.disproof(item, claim)):
            yield Violation("item", why)

    def _is_near_title(self, text: str, words: tuple[str, ...], title: str) -> bool:
        if is_spaceless(text):
            return near_title(letters(text), letters(title))
        return near_title(words, tokens(title))

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
