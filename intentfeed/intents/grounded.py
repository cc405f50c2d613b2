"""Tags from statistics of the catalogue and the log: the grounded backend of RecGPT-V1's item tag prediction (4).

Votes say which categories come next, links say which interest and which past behaviour each rests on, phrases say how
the category is spoken of, and the five constraints have the last word. Nothing is invented: a category that no
behaviour leads to gets no tag, and a catalogue without categories gets none at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import Catalog
from ..data.script import joined
from ..types import Backend, Context, History, Interactions, Interest, Neighbours, Settings, Tag, TextEncoder
from .category import CategoryModel
from .constraints import (
    Draft,
    Dropped,
    Screened,
    diversity,
    interest_consistency,
    seasonal_relevance,
    temporal_freshness,
)
from .links import OWN
from .model import ModelConfig, TagModel
from .past import Past, recent
from .reach import Reach, ReachConfig, Reacher
from .reasons import Deeds, deeds_in, reason_for, reason_for_query


class TaggerConfig(Settings):
    """How tags are chosen."""

    n_tags: int = Field(default=50, ge=1)
    """Tags of a person, where the catalogue allows."""
    n_first: int = Field(default=30, ge=0)
    """The first so many name distinct categories, as far as there are; HR@30 looks at them."""
    per_category: int = Field(default=2, ge=1)
    """Tags of one category, unless that leaves too few."""
    reach: ReachConfig = ReachConfig()
    """Which categories behaviour leads to."""
    fresh_days: int = Field(default=30, ge=0)
    """What was met in so many days is not repeated."""
    fresh_most: int = Field(default=300, ge=1)
    """Newest items, and searches, of those days that are compared."""
    repeat_cosine: float | None = Field(default=None, ge=-1, le=1)
    """Cosine from which a tag repeats an item; none means as calibrated for the encoder at the fit (U19)."""
    least_season: float = Field(default=0.4, ge=0)
    """A category wanted less than this, of its mean over the year, is out of season."""
    taste_weight: float = Field(default=3.0, ge=0)
    """How strongly a person's own modifiers move the choice among a category's phrases."""
    cited: int = Field(default=12, ge=1)
    """Most events that a reason cites."""
    model: ModelConfig = ModelConfig()
    """What is learnt from catalogue and log."""


class GroundedTagger:
    """The `Tagger` that counts instead of thinking."""

    backend: Backend = "grounded"

    def __init__(self, config: TaggerConfig, model: TagModel, catalog: Catalog, encoder: TextEncoder) -> None:
        self.config = config
        self.model = model
        self.catalog = catalog
        self.encoder = encoder
        self._reacher = Reacher(model, config.reach)
        self._code = {path: code for code, path in enumerate(model.paths)}
        self._spoken_C = np.array([bool(row) for row in model.phrases_C])
        self._said = [{term for phrase in row for term in phrase.modifiers} for row in model.phrases_C]

    @property
    def phi(self) -> CategoryModel:
        """φ, with its held-out accuracy."""
        return self.model.phi

    @property
    def southern(self) -> bool:
        """Whether seasons are those of the southern half."""
        return self.model.config.season.southern

    @classmethod
    def fit(
        cls,
        catalog: Catalog,
        interactions: Interactions,
        config: TaggerConfig | None = None,
        *,
        encoder: TextEncoder,
        neighbours: Neighbours,
    ) -> GroundedTagger:
        """Return a tagger that knows the catalogue's words and the log's habits; people are numbers to it."""
        config = config or TaggerConfig()
        model = TagModel.fit(catalog, interactions, config.model, encoder=encoder, neighbours=neighbours)
        return cls(config, model, catalog, encoder)

    def save(self, folder: Path) -> None:
        """Write everything into the folder as npz and JSON."""
        self.model.save(folder, self.catalog.item_ids)
        (folder / "tagger_config.json").write_text(self.config.model_dump_json())

    @classmethod
    def load(
        cls, folder: Path, catalog: Catalog, *, encoder: TextEncoder, neighbours: Neighbours | None = None
    ) -> GroundedTagger:
        """Read what `save` wrote; `catalog` may have grown since. What `neighbours` know was learnt at the fit."""
        del neighbours
        config = TaggerConfig.model_validate_json((folder / "tagger_config.json").read_text())
        return cls(config, TagModel.load(folder, catalog, encoder=encoder), catalog, encoder)

    def tag(self, history: History, interests: Sequence[Interest], context: Context) -> list[Tag]:
        """Return tags in rank order, each resting on cited events of this person.

        Someone without kept interests gets tags that hang on none (`interest_id` is ''), from the newest items and
        searches; someone of whom nothing is known gets none.
        """
        return self.consider(history, interests, context)[0]

    def read(self, history: History) -> Past:
        """Return the history as tagging needs it."""
        return self._reacher.read(history)

    def covers(self, interest: Interest) -> NDArray[np.int64]:
        """Return the codes of the categories at or below those of an interest."""
        return self._reacher.covered(interest)

    def votes(self, history: History) -> NDArray[np.float32]:
        """Return score_C over `model.paths`: the categories that the newest liked items vote for, before all else."""
        return self._reacher.votes(self._reacher.read(history))

    def consider(
        self, history: History, interests: Sequence[Interest], context: Context
    ) -> tuple[list[Tag], list[Dropped]]:
        """Return the tags, and what was refused for its interest, its season or as a repeat, with why.

        Precision is checked once, at the fit; diversity refuses nothing but what comes after enough tags.
        """
        config, model = self.config, self.model
        kept = [interest for interest in interests if interest.status == "kept"]
        past = self._reacher.read(history)
        reach = self._reacher.reach(past, kept, month=context.as_of.month)
        drafts = self._categories(reach)
        dropped: list[Dropped] = []
        lift_C = model.lift_CM[:, context.as_of.month - 1]
        lift = {path: float(lift_C[self._code[path]]) for path in {draft.category for draft in drafts}}
        drafts = _keep(interest_consistency(drafts, interests), dropped)
        drafts = _keep(seasonal_relevance(drafts, lift, least=config.least_season), dropped)
        drafts = self._phrases(_best(drafts, max(2 * config.n_first, config.n_tags)), past)
        drafts = _keep(self._fresh(drafts, history, context), dropped)
        chosen = diversity(_spread(drafts, config.n_first), n=config.n_tags, per_category=config.per_category).kept
        return self._tags(chosen, reach, past), dropped

    # Which phrases

    def _categories(self, reach: Reach) -> list[Draft]:
        """Return one draft for each of the best categories reached, and for the best of each interest, best first."""
        phrases_C, paths = self.model.phrases_C, self.model.paths
        ids = [interest.interest_id for interest in reach.kept] + [""]
        most = 2 * max(2 * self.config.n_first, self.config.n_tags)
        drafts = [
            Draft(
                text=phrases_C[code][0].text,
                category=paths[code],
                score=score,
                interest_id=ids[interest],
                own=bool(reach.led.how_C[code] == OWN),
            )
            for code, score, interest in reach.ranked(self._spoken_C, most)
        ]
        if reach.kept:  # said aloud only to be refused: what everybody has goes with everything
            drafts += [
                Draft(
                    text=phrases_C[code][0].text,
                    category=paths[code],
                    score=float(reach.score_C[code]),
                    loose=reach.why_missed(code, paths),
                )
                for code in reach.missed(self._spoken_C, self.config.n_first)
            ]
        return drafts

    def _phrases(self, drafts: Sequence[Draft], past: Past) -> list[Draft]:
        """Return each category's draft in several phrasings, those of the person's taste first."""
        config = self.config
        each = max(config.per_category + 2, -(-2 * config.n_tags // max(len(drafts), 1)))
        taste = self._taste(past)
        found = []
        for draft in drafts:
            code = self._code[draft.category]
            phrases = self.model.phrases_C[code]
            found += [replace(draft, text=phrases[at].text, phrase=at) for at in self._favourites(code, taste)[:each]]
        return found

    def _taste(self, past: Past) -> dict[str, float]:
        """Return how much more often the person's newest items have each modifier than items at large."""
        count: dict[str, int] = {}
        for item in past.items.tolist():
            for term in self.model.modifiers_I[item]:
                count[term] = count.get(term, 0) + 1
        n = len(past.items) + 2
        return {term: k / n - self.model.common.get(term, 0.0) for term, k in count.items()}

    def _favourites(self, code: int, taste: Mapping[str, float]) -> list[int]:
        """Return the category's phrases, those of the person's taste first."""
        phrases = self.model.phrases_C[code]
        if self._said[code].isdisjoint(taste):
            return list(range(len(phrases)))
        liking = [
            sum(taste.get(term, 0.0) for term in phrase.modifiers) * self.config.taste_weight - 0.05 * at
            for at, phrase in enumerate(phrases)
        ]
        return sorted(range(len(phrases)), key=lambda at: (-liking[at], at))

    def _fresh(self, drafts: Sequence[Draft], history: History, context: Context) -> Screened:
        """Check the drafts against what the person met in the last days."""
        vectors = [self.model.vectors_C[self._code[draft.category]][draft.phrase] for draft in drafts]
        return self.fresh(drafts, vectors, history, context)

    def fresh(
        self, drafts: Sequence[Draft], vectors: Sequence[NDArray[np.float32]], history: History, context: Context
    ) -> Screened:
        """Check drafts, whoever wrote them, by their vectors against what the person met in the last days."""
        config, model = self.config, self.model
        items, texts = recent(history, context.as_of, config.fresh_days, config.fresh_most)
        if not len(drafts) or (not len(items) and not texts):
            return Screened(kept=list(drafts))
        met = model.title_ID[items]
        if texts:
            met = np.concatenate([met, self.encoder.encode(texts)])
        threshold = model.repeat_cosine if config.repeat_cosine is None else config.repeat_cosine
        titles = self.catalog.titles
        names = [titles[item] for item in items.tolist()] + texts
        return temporal_freshness(drafts, np.stack(vectors), met, threshold=threshold, names=names)

    # The record

    def _tags(self, chosen: Sequence[Draft], reach: Reach, past: Past) -> list[Tag]:
        tags: list[Tag] = []
        lowest = np.inf
        deeds: dict[int, Deeds] = {}
        for rank, draft in enumerate(chosen, start=1):
            code = self._code[draft.category]
            interest = reach.interest(code)
            reason, event_ids = self._reason(draft, code, reach, past, deeds)
            lowest = min(lowest, draft.score)  # the first ones name distinct categories, so later ones may score higher
            tags.append(
                Tag(
                    user_id=past.history.user_id,
                    rank=rank,
                    tag=joined(draft.text),
                    interest_id=draft.interest_id,
                    interest_key=interest.key if interest else "",
                    reason=reason,
                    category=draft.category,
                    score=float(lowest),
                    event_ids=event_ids,
                    backend=self.backend,
                )
            )
        return tags

    def _reason(
        self, draft: Draft, code: int, reach: Reach, past: Past, deeds: dict[int, Deeds]
    ) -> tuple[str, tuple[int, ...]]:
        """Return the sentence and its events; `deeds` keeps what is told of a category from tag to tag."""
        model, cited = self.model, self.config.cited
        if code in reach.query_of:
            return reason_for_query(*past.queries[reach.query_of[code]], draft.category, cited=cited)
        link = reach.led.link(code)
        if link.source not in deeds:
            deeds[link.source] = deeds_in(link.source, model.paths[link.source], past, self.catalog, cited)
        modifiers = model.phrases_C[code][draft.phrase].modifiers
        did = deeds[link.source]
        return reason_for(link, did, draft.category, modifiers=modifiers, modifiers_I=model.modifiers_I), did.event_ids


def _keep(screened: Screened, dropped: list[Dropped]) -> list[Draft]:
    """Return what a constraint kept; what it dropped is added to the list."""
    dropped += screened.dropped
    return screened.kept


def _best(drafts: Sequence[Draft], n: int) -> list[Draft]:
    """Return the first `n` drafts, and the first one of every interest that is not among them."""
    held = {draft.interest_id for draft in drafts[:n]}
    rest = {draft.interest_id: draft for draft in reversed(drafts[n:]) if draft.interest_id not in held}
    return [*drafts[:n], *sorted(rest.values(), key=lambda draft: (-draft.score, draft.text))]


def _spread(drafts: Sequence[Draft], n_first: int) -> list[Draft]:
    """Return the drafts in the order of the tags.

    One of each category first, `n_first` of them; then one of each interest that these leave out; then by score, each
    further one of a category at half.
    """
    nth: dict[str, int] = {}
    held: set[str] = set()
    keyed = []
    for at, draft in enumerate(drafts):
        turn = nth.get(draft.category, 0)
        nth[draft.category] = turn + 1
        tier = 0 if turn == 0 and len(nth) <= n_first else 1 if draft.interest_id not in held else 2
        held.add(draft.interest_id)
        keyed.append(((tier, -draft.score * 0.5**turn, at), draft))
    return [draft for _, draft in sorted(keyed, key=lambda pair: pair[0])]
