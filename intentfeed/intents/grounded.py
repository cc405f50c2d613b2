"""Tags from statistics of the catalogue and the log: the grounded backend of RecGPT-V1's item tag prediction (4).

Votes say which categories come next, links say which interest and which past behaviour each rests on, phrases say how
the category is spoken of, and the five constraints have the last word. Nothing is invented: a category that no
behaviour leads to gets no tag, and a catalogue without categories gets none at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import SEPARATOR, Catalog
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
from .likes import recency
from .links import Link
from .model import ModelConfig, TagModel
from .past import Past, read_past, recent
from .reasons import Deeds, deeds_in, reason_for, reason_for_query


class TaggerConfig(Settings):
    """How tags are chosen."""

    n_tags: int = Field(default=50, ge=1)
    """Tags of a person, where the catalogue allows."""
    n_first: int = Field(default=30, ge=0)
    """The first so many name distinct categories, as far as there are; HR@30 looks at them."""
    per_category: int = Field(default=2, ge=1)
    """Tags of one category, unless that leaves too few."""
    interest_weight: float = Field(default=0.15, ge=0, le=1)
    """Weight of the categories of the kept interests beside the votes of the newest items."""
    query_weight: float = Field(default=0.15, ge=0, le=1)
    """Weight of the categories that the newest searches mean, where there are any."""
    newest_queries: int = Field(default=20, ge=0)
    """Distinct searches that count."""
    fresh_days: int = Field(default=30, ge=0)
    """What was met in so many days is not repeated."""
    fresh_most: int = Field(default=300, ge=1)
    """Newest items, and searches, of those days that are compared."""
    repeat_cosine: float | None = Field(default=None, ge=-1, le=1)
    """Cosine from which a tag repeats an item; none means as calibrated for the encoder at the fit (U19)."""
    least_season: float = Field(default=0.4, ge=0)
    """A category wanted less than this, of its mean over the year, is out of season."""
    season_power: float = Field(default=0.5, ge=0)
    """How strongly the season moves the score."""
    taste_weight: float = Field(default=3.0, ge=0)
    """How strongly a person's own modifiers move the choice among a category's phrases."""
    min_together: int = Field(default=2, ge=1)
    """People who must have both categories before one is said to go with the other."""
    cited: int = Field(default=12, ge=1)
    """Most events that a reason cites."""
    model: ModelConfig = ModelConfig()
    """What is learnt from catalogue and log."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a category may be tagged for one person."""

    link: Link
    interest: Interest | None
    query: tuple[str, tuple[int, ...]] | None = None


class GroundedTagger:
    """The `Tagger` that counts instead of thinking."""

    backend: Backend = "grounded"

    def __init__(self, config: TaggerConfig, model: TagModel, catalog: Catalog, encoder: TextEncoder) -> None:
        self.config = config
        self.model = model
        self._catalog = catalog
        self._encoder = encoder
        self._below: dict[str, list[int]] = {}
        self._code = {path: code for code, path in enumerate(model.paths)}
        self._said = [{term for phrase in row for term in phrase.modifiers} for row in model.phrases_C]

    @property
    def phi(self) -> CategoryModel:
        """φ, with its held-out accuracy."""
        return self.model.phi

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
        self.model.save(folder, self._catalog.item_ids)
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

    def votes(self, history: History) -> NDArray[np.float32]:
        """Return score_C over `model.paths`: the categories that the newest liked items vote for, before all else."""
        past = self._read(history)
        weight = recency(np.arange(len(past.items), dtype=np.int32), self.model.config.votes.recency_power)
        return self.model.votes.scores_of(past.items, weight)

    def consider(
        self, history: History, interests: Sequence[Interest], context: Context
    ) -> tuple[list[Tag], list[Dropped]]:
        """Return the tags, and what each constraint refused with why."""
        config, model = self.config, self.model
        kept = [interest for interest in interests if interest.status == "kept"]
        past = self._read(history)
        meant = self._meant(past)
        bases = self._bases(past, kept, meant)
        if not bases:
            return [], []
        score_C = self._scores(past, kept, meant, month=context.as_of.month)
        drafts = self._categories(bases, score_C)

        dropped: list[Dropped] = []
        lift_C = model.lift_CM[:, context.as_of.month - 1]
        lift = {path: float(lift_C[self._code[path]]) for path in {draft.category for draft in drafts}}
        drafts = _keep(interest_consistency(drafts, interests), dropped)
        drafts = _keep(seasonal_relevance(drafts, lift, least=config.least_season), dropped)
        drafts = self._phrases(_best(drafts, max(2 * config.n_first, config.n_tags)), past)
        drafts = _keep(self._fresh(drafts, history, context), dropped)
        chosen = diversity(_spread(drafts, config.n_first), n=config.n_tags, per_category=config.per_category).kept
        return self._tags(chosen, bases, past), dropped

    def _read(self, history: History) -> Past:
        newest, queries = self.model.config.votes.newest, self.config.newest_queries
        return read_past(history, self.model.category_I, newest=newest, queries=queries)

    # Which categories, and why they may be named

    def _meant(self, past: Past) -> list[int]:
        """Return the category that each search means to φ; 0 for none."""
        paths = self.model.phi.predict([text for text, _ in past.queries])
        return [self._code.get(path, 0) for path in paths]

    def _bases(self, past: Past, kept: Sequence[Interest], meant: Sequence[int]) -> dict[int, Basis]:
        """Return the categories that behaviour leads to; with kept interests, only behaviour inside one counts."""
        interest_of = {code: interest for interest in reversed(kept) for code in self._covered(interest)}
        weight = self._own(past)
        sources = [code for code in weight if not kept or code in interest_of]
        links = self.model.links.from_sources(
            sources, [weight[code] ** 0.5 for code in sources], self.model.n_people, self.config.min_together
        )
        found = {code: Basis(link, interest_of.get(link.source)) for code, link in links.items()}
        for code, query in zip(meant, past.queries, strict=True):
            if code and (not kept or code in interest_of) and (code not in found or found[code].link.how != "own"):
                found[code] = Basis(Link("query", 0), interest_of.get(code), query)
        return found

    def _own(self, past: Past) -> dict[int, float]:
        """Return the person's categories with their weight, newest items counting more; a long interest's too."""
        codes = self.model.category_I[past.items]
        weight = recency(np.arange(len(codes), dtype=np.int32), self.model.config.votes.recency_power)
        found = {int(code): 0.0 for code in np.unique(past.code) if code}
        for code, share in zip(codes.tolist(), weight.tolist(), strict=True):
            if code:
                found[code] += share
        return {code: max(share, 0.1) for code, share in found.items()}

    def _covered(self, interest: Interest) -> list[int]:
        """Return the categories at or below those of an interest."""
        found: dict[int, None] = {}
        for path in interest.categories:
            if path not in self._below:
                inside = path + SEPARATOR
                codes = [code for other, code in self._code.items() if other == path or other.startswith(inside)]
                self._below[path] = codes if path else []
            found |= dict.fromkeys(self._below[path])
        return list(found)

    def _scores(self, past: Past, kept: Sequence[Interest], meant: Sequence[int], *, month: int) -> NDArray[np.float32]:
        """Return score_C: votes of the newest items, interests and searches, moved by the season."""
        config, model = self.config, self.model
        weight = recency(np.arange(len(past.items), dtype=np.int32), model.config.votes.recency_power)
        score_C = model.votes.scores_of(past.items, weight)
        if kept and config.interest_weight:
            held_C = np.zeros_like(score_C)
            own = np.bincount(past.code, minlength=len(score_C)) > 0
            for interest in kept:
                codes = [code for code in self._covered(interest) if own[code]]
                held_C[codes] += interest.confidence / max(len(codes), 1)
            score_C = _mixed(score_C, held_C, config.interest_weight)
        if any(meant) and config.query_weight:
            asked_C = np.zeros_like(score_C)
            for at, code in enumerate(meant):
                asked_C[code] += (1 + at) ** -0.5 if code else 0
            score_C = _mixed(score_C, asked_C, config.query_weight)
        moved: NDArray[np.float32] = score_C * model.lift_CM[:, month - 1] ** config.season_power
        return moved

    # Which phrases

    def _categories(self, bases: Mapping[int, Basis], score_C: NDArray[np.float32]) -> list[Draft]:
        """Return one draft for each category that can be spoken of, best first."""
        phrases_C, paths = self.model.phrases_C, self.model.paths
        ranked = sorted((code for code in bases if phrases_C[code]), key=lambda code: (-score_C[code], code))
        return [
            Draft(
                text=phrases_C[code][0].text,
                category=paths[code],
                score=float(score_C[code]),
                interest_id=basis.interest.interest_id if (basis := bases[code]).interest else "",
            )
            for code in ranked
        ]

    def _phrases(self, drafts: Sequence[Draft], past: Past) -> list[Draft]:
        """Return each category's draft in several phrasings, those of the person's taste first."""
        config = self.config
        each = max(config.per_category + 2, -(-2 * config.n_tags // max(len(drafts), 1)))
        taste = self._taste(past)
        found = []
        for draft in drafts:
            code = self._code[draft.category]
            phrases = self.model.phrases_C[code]
            found += [
                Draft(
                    text=phrases[at].text,
                    category=draft.category,
                    score=draft.score,
                    interest_id=draft.interest_id,
                    phrase=at,
                )
                for at in self._favourites(code, taste)[:each]
            ]
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
        config, model = self.config, self.model
        items, texts = recent(history, context.as_of, config.fresh_days, config.fresh_most)
        if not len(drafts) or (not len(items) and not texts):
            return Screened(kept=list(drafts))
        vectors = np.stack([model.vectors_C[self._code[draft.category]][draft.phrase] for draft in drafts])
        met = model.title_ID[items]
        if texts:
            met = np.concatenate([met, self._encoder.encode(texts)])
        threshold = model.repeat_cosine if config.repeat_cosine is None else config.repeat_cosine
        titles = self._catalog.titles
        names = [titles[item] for item in items.tolist()] + texts
        return temporal_freshness(drafts, vectors, met, threshold=threshold, names=names)

    # The record

    def _tags(self, chosen: Sequence[Draft], bases: Mapping[int, Basis], past: Past) -> list[Tag]:
        tags: list[Tag] = []
        lowest = np.inf
        deeds: dict[int, Deeds] = {}
        for rank, draft in enumerate(chosen, start=1):
            code = self._code[draft.category]
            basis = bases[code]
            reason, event_ids = self._reason(draft, code, basis, past, deeds)
            lowest = min(lowest, draft.score)  # the first ones name distinct categories, so later ones may score higher
            tags.append(
                Tag(
                    user_id=past.history.user_id,
                    rank=rank,
                    tag=draft.text,
                    interest_id=draft.interest_id,
                    interest_key=basis.interest.key if basis.interest else "",
                    reason=reason,
                    category=draft.category,
                    score=float(lowest),
                    event_ids=event_ids,
                    backend=self.backend,
                )
            )
        return tags

    def _reason(
        self, draft: Draft, code: int, basis: Basis, past: Past, deeds: dict[int, Deeds]
    ) -> tuple[str, tuple[int, ...]]:
        """Return the sentence and its events; `deeds` keeps what is told of a category from tag to tag."""
        model, source = self.model, basis.link.source
        if basis.query is not None:
            return reason_for_query(*basis.query, draft.category, cited=self.config.cited)
        if source not in deeds:
            deeds[source] = deeds_in(source, model.paths[source], past, self._catalog, self.config.cited)
        modifiers = model.phrases_C[code][draft.phrase].modifiers
        told = reason_for(basis.link, deeds[source], draft.category, modifiers=modifiers, modifiers_I=model.modifiers_I)
        return told, deeds[source].event_ids


def _keep(screened: Screened, dropped: list[Dropped]) -> list[Draft]:
    """Return what a constraint kept; what it dropped is added to the list."""
    dropped += screened.dropped
    return screened.kept


def _mixed(score_C: NDArray[np.float32], more_C: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
    """Return a mixture of the scores and of others that are brought to sum to one first."""
    total = more_C.sum()
    if total <= 0:
        return score_C
    mixed: NDArray[np.float32] = (1 - weight) * score_C + weight * more_C / total
    return mixed


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
