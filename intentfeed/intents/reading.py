"""A model's rows → tags: what hangs on a kept interest, is precise, exists, is new and in season; the rest with why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from ..data.sequences import Line, Sequences
from ..llm.client import Language
from ..llm.prompt import quoted
from ..types import ACTIONS, Backend, Context, Interest, Settings, Tag
from .answer import MAX_NAME_CHARS, ItemTags, TagRow, cites_nothing, interest_of
from .constraints import (
    Constraint,
    Draft,
    Dropped,
    Screened,
    interest_consistency,
    screen,
    seasonal_relevance,
)
from .grounded import GroundedTagger
from .meanings import Meanings, PlainWords
from .past import Past
from .precise import imprecise, malformed, normal, sameness
from .season import wrong_season
from .told import Heard, objection, told
from .words import matching_stems


class ReaderConfig(Settings):
    """What is made of the rows of an answer."""

    per_category: int = Field(default=3, ge=1)
    """Tags of one category at most, 2 being asked for; more only where the catalogue has few categories."""
    floor_quantile: float = Field(default=0.05, gt=0, lt=1)
    """Share of the catalogue's own phrases that the similarity floor of a valid tag would refuse."""
    cited: int = Field(default=12, ge=1)
    """Most events that a tag cites."""


@dataclass(frozen=True)
class Person:
    """Whose answer is read."""

    past: Past
    kept: Sequence[Interest]
    """The interests as they were numbered."""
    interests: Sequence[Interest]
    """All of them."""
    told: Sequences
    texts: tuple[str, ...]
    """Everything else that was told of the person."""
    context: Context

    @cached_property
    def heard(self) -> Heard:
        """What a reason may speak of."""
        paths = (path for interest in self.kept for path in interest.categories)
        return Heard((*self.texts, *paths, *(line.text for line in self.told)))

    @cached_property
    def place(self) -> dict[int, int]:
        """Event id → place in the history."""
        return {event: at for at, event in enumerate(self.past.history.event_id.tolist())}


@dataclass(slots=True)
class _Said:
    """What is known of a draft beside the draft."""

    interest: Interest
    lines: list[int]
    reason: str


def capped(drafts: Sequence[Draft], cap: int) -> Screened:
    """Return the first `cap` tags of each category: what a model says of one kind only is no discovery (4.3).

    Unlike `constraints.diversity` never more, for whatever is missing then the grounded tagger finds elsewhere.
    """
    used: Counter[str] = Counter()

    def refuse(draft: Draft) -> str | None:
        used[draft.category] += 1
        return f"is one more of its category than {cap}" if used[draft.category] > cap else None

    return screen(drafts, "diversity", refuse)


def score(rank: int) -> float:
    """Return the score of a rank: the order in which a model said its tags is all that is known of them (U20)."""
    return 1.0 / rank


class Reader:
    """Reads answers against one catalogue."""

    def __init__(self, grounded: GroundedTagger, language: Language, config: ReaderConfig) -> None:
        self._grounded, self._language, self.config = grounded, language, config
        catalog, model = grounded.catalog, grounded.model
        self.meanings = Meanings(model, catalog.titles, grounded.encoder, quantile=config.floor_quantile)
        self.words = PlainWords(model, catalog.frame["brand"].unique().to_list())
        self.flags: Counter[str] = Counter()
        """Soft flags: tags that were kept though they hold a vague word, or one that is a brand, too (X9)."""
        self.reasons: Counter[str] = Counter()
        """Reasons kept as said, and the others by the first words of why not."""
        self._code = {path: code for code, path in enumerate(model.paths)}

    def read(self, answer: ItemTags, person: Person) -> tuple[list[Tag], list[Dropped]]:
        """Return the tags that hold in the order they were said, and what was dropped with why."""
        dropped: list[Dropped] = []
        said = self._rows(answer.tags, person, dropped)
        meant = dict(zip(said, self.meanings.of(list(said)), strict=True))
        drafts = [
            Draft(
                text=text,
                category=meant[text].category,
                score=score(rank),
                interest_id=row.interest.interest_id,
            )
            for rank, (text, row) in enumerate(said.items(), start=1)
        ]
        month, config = person.context.as_of.month, self._grounded.config
        # The season at hand or the one about to begin (5.2): the better of this month and the next.
        lift_C = self._grounded.model.lift_CM[:, [month - 1, month % 12]].max(axis=1)
        lift = {draft.category: float(lift_C[self._code.get(draft.category, 0)]) for draft in drafts}
        for check in (
            lambda these: interest_consistency(these, person.interests),
            self._by("precision", imprecise(self.words, self.flags)),
            self._by("validity", self.meanings.objection),
            lambda these: seasonal_relevance(these, lift, least=config.least_season),
            self._by("season", lambda text: wrong_season(text, month, southern=self._grounded.southern)),
            lambda these: self._fresh(these, person),
            lambda these: capped(these, self._cap(len(answer.tags))),
        ):
            screened = check(drafts)
            drafts = screened.kept
            dropped += screened.dropped
        tags = [self._tag(draft, said[draft.text], person, rank) for rank, draft in enumerate(drafts, start=1)]
        return tags, dropped

    def _cap(self, n_said: int) -> int:
        """Return how many tags a category may have: twice its even share where that is more."""
        n_categories = max(len(self._grounded.model.paths) - 1, 1)
        return max(self.config.per_category, -(-2 * n_said // n_categories))

    def others(self, tags: Sequence[Tag], more: Sequence[Tag], most: int) -> list[Tag]:
        """Return at most `most` of `more` that say something else, those of categories not yet full first."""
        said = {sameness(tag.tag) for tag in tags}
        used = Counter(tag.category for tag in tags)
        new: list[Tag] = []
        full: list[Tag] = []
        for tag in more:
            if sameness(tag.tag) in said:
                continue
            (new if used[tag.category] < self.config.per_category else full).append(tag)
            used[tag.category] += 1
        return [*new, *full][:most]

    def _rows(self, rows: Sequence[TagRow], person: Person, dropped: list[Dropped]) -> dict[str, _Said]:
        """Return the rows that could be tags, by normalised text; rows that say the same are one."""
        names = [quoted(interest.name, MAX_NAME_CHARS) for interest in person.kept]
        found: dict[str, _Said] = {}
        first: dict[frozenset[str], str] = {}
        for row in rows:
            text = normal(row.tag)
            at = interest_of(row.interest, names)
            why: tuple[Constraint, str] | None = None
            if form := malformed(text):
                why = ("form", form)
            elif at < 0:
                why = ("interest", "names an interest that was not supplied")
            elif cites_nothing(row, len(person.told)):
                why = ("evidence", "cites lines that do not exist")
            elif not self._own_events(person.kept[at], person):
                why = ("evidence", "hangs on an interest that no event of this history shows")
            elif sameness(text) in first:
                why = ("diversity", "says the same as a tag above it")
                found[first[sameness(text)]].lines += row.evidence
            if why:
                dropped.append(Dropped(text=text[:80], constraint=why[0], why=why[1]))
                continue
            first[sameness(text)] = text
            found[text] = _Said(person.kept[at], list(row.evidence), " ".join(row.reason.split()))
        return found

    @staticmethod
    def _by(constraint: Constraint, refuse: Callable[[str], str | None]) -> Callable[[Sequence[Draft]], Screened]:
        return lambda drafts: screen(drafts, constraint, lambda draft: refuse(draft.text))

    def _fresh(self, drafts: Sequence[Draft], person: Person) -> Screened:
        vectors = [meaning.vector for meaning in self.meanings.of([draft.text for draft in drafts])]
        return self._grounded.fresh(drafts, vectors, person.past.history, person.context)

    def _events(self, draft: Draft, lines: Sequence[Line], interest: Interest, person: Person) -> tuple[int, ...]:
        """Return those events of the cited lines that bear on the tag or its interest; else the interest's own.

        A model that cites a line may mean one thing of twelve, or nothing that has to do with it at all.
        """
        bears = self._bearing(draft, interest, person)
        found = [[event for event in line.event_ids if bears(person.place[event])] for line in lines]
        found = [events for events in found if events]
        if found:
            each = max(1, -(-self.config.cited // len(found)))
            return tuple(dict.fromkeys(event for events in found for event in events[:each]))[: self.config.cited]
        return self._own_events(interest, person)

    def _bearing(self, draft: Draft, interest: Interest, person: Person) -> Callable[[int], bool]:
        """Return what tells if an event bears on a tag: of its interest, of its category, or with its core word."""
        model, history = self._grounded.model, person.past.history
        codes = {*self._grounded.covers(interest).tolist(), self._code.get(draft.category, 0)} - {0}
        own, said = set(interest.event_ids), {*matching_stems(draft.text)[-1:], *matching_stems(interest.name)}

        def bears(place: int) -> bool:
            row = int(history.item[place])
            if int(history.event_id[place]) in own or (row >= 0 and int(model.category_I[row]) in codes):
                return True
            return not said.isdisjoint(
                matching_stems(self._grounded.catalog.titles[row] if row >= 0 else history.query[place] or "")
            )

        return bears

    def _own_events(self, interest: Interest, person: Person) -> tuple[int, ...]:
        """Return the newest events that show an interest."""
        own = sorted((event for event in interest.event_ids if event in person.place), key=person.place.__getitem__)
        return tuple(own[::-1][: self.config.cited])

    def _tag(self, draft: Draft, said: _Said, person: Person, rank: int) -> Tag:
        event_ids = self._events(draft, person.told.cited(said.lines), said.interest, person)
        backend: Backend = "llm"
        return Tag(
            user_id=person.past.history.user_id,
            rank=rank,
            tag=draft.text,
            interest_id=said.interest.interest_id,
            interest_key=said.interest.key,
            reason=self._reason(draft, said.reason, event_ids, person),
            category=draft.category,
            score=score(rank),
            event_ids=event_ids,
            backend=backend,
        )

    def _reason(self, draft: Draft, reason: str, event_ids: Sequence[int], person: Person) -> str:
        """Return what the model said where every check lets it stand, else the grounded wording."""
        places = [person.place[event] for event in event_ids]
        actions = {ACTIONS[code] for code in person.past.history.action[places].tolist()}
        why = objection(reason, draft.text, heard=person.heard, actions=actions, words=self.words)
        self.reasons[" ".join(why.split(" ")[:2]) if why else "kept"] += 1
        if why is None:
            return reason
        return told(places, person.past, self._grounded.catalog, draft.category, self._language)
