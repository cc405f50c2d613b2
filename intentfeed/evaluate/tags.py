"""How often do a person's first 30 tags name the category of the next item? HR@30 of RecGPT-V1 (5.6), with baselines.

A hit is a category path equal to the next item's, whole; someone whose next item has no category is a miss for every
method, and counted. Tags are mapped by φ, whose own accuracy on held-out titles stands beside, because it bounds them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..data.history import histories, interactions
from ..data.split import Cases, Part, Split, sample
from ..errors import DataError
from ..intents.grounded import GroundedTagger
from ..interests.grounded import GroundedMiner
from ..retrieval.encode import SvdEncoder
from ..retrieval.neighbours import ItemNeighbours
from ..types import NO_TIME, Context, History, Interactions, Interest, Tag
from .baselines.item_knn import ItemKnn
from .baselines.text_knn import TextKnn
from .dataset import Dataset
from .intervals import bootstrap, interval
from .recommender import CannotRun, Recommender

FIRST = 30
"""Tags, or categories, that may hit."""
FEW = 5
"""As many in a second column: where there are few categories, 30 hold them all."""
NEAREST = 200
"""Items of each neighbour list that vote."""
DRAWS = 1_000
NEVER = np.iinfo(np.int64).max
"""Rank of a category that is not named."""
NO_DAY = date(2000, 1, 1)
"""As-of day of a log without time: no day has a meaning there."""


@dataclass(frozen=True, slots=True)
class Line:
    """One method's score."""

    method: str
    hr: float
    """Share of all users whose next category is among the first 30."""
    low: float
    high: float
    """95 % interval, users drawn with replacement."""
    hr_known: float
    """The same over users whose next item has a category."""
    hr_few: float
    """Share of all users whose next category is among the first 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagReport:
    """HR@30 on one split."""

    dataset: str
    part: Part
    split_hash: str
    n_users: int
    n_unknown: int
    """Users whose next item has no category."""
    n_categories: int
    lines: tuple[Line, ...]
    phi: Mapping[str, float]
    """Held-out accuracy of φ."""
    weights: Mapping[str, float]
    """Learnt weights of the votes."""
    repeat_cosine: float
    tags_per_user: float
    interests_per_user: float
    categories_per_user: float
    """Distinct ones among the first 30 tags."""
    users_per_s: float
    """Of tagging, by the seconds of one core."""
    notes: tuple[str, ...] = field(default_factory=tuple)

    def print(self) -> None:
        """Write the report for a person to read."""
        print(f"{self.dataset}, {self.part}: {self.n_users} users, {self.n_categories} categories, {self.split_hash}")
        print(f"{self.n_unknown} users' next item has no category: a miss for every method")
        print(f"{'':34} HR@{FIRST}   95 % interval    known only  HR@{FEW}")
        for line in self.lines:
            shown = f"{line.hr:.4f}  {line.low:.4f}–{line.high:.4f}    {line.hr_known:.4f}      {line.hr_few:.4f}"
            print(f"{line.method:34} {shown}")
        print("φ on held-out titles: " + ", ".join(f"{name} {value:.3f}" for name, value in self.phi.items()))
        print("votes: " + ", ".join(f"{name} {value:.3f}" for name, value in self.weights.items()))
        print(
            f"{self.tags_per_user:.1f} tags of {self.categories_per_user:.1f} categories (first {FIRST}) and "
            f"{self.interests_per_user:.1f} interests a user; {self.users_per_s:.0f} users/s; repeats from cosine "
            f"{self.repeat_cosine:.2f}"
        )
        for note in self.notes:
            print(f"note: {note}")


Asked = tuple[History, list[Interest], Context]
"""One question: a person, the interests that hold, and the day."""
Tags = Callable[[GroundedTagger, Sequence[Asked]], Sequence[Sequence[Tag]]]
"""Makes the tags of each person; the grounded tagger brings catalogue, words and φ."""


def hit_rate_at_30(
    dataset: Dataset,
    *,
    part: Part = "valid",
    limit: int | None = None,
    seed: int = 0,
    others: Mapping[str, Tags] | None = None,
) -> TagReport:
    """Return HR@30 of our tags, of the votes behind them, and of three baselines, on one part of the split.

    Everything is fitted on the split's own past. `limit` asks only so many users, drawn by lot. `others` are further
    taggers by name, such as a language model's, asked about the same people with the same interests.

    Raises:
        DataError: the catalogue has no categories.
    """
    catalog, cut = dataset.catalog, dataset.cut(part)
    if len(catalog.categories) < 2:
        raise DataError(f"{dataset.name} has no categories, so HR@{FIRST} is not defined: use a catalogue that has")
    log = interactions(cut.fit, catalog)
    tagger = GroundedTagger.fit(
        catalog,
        log,
        dataset.config.intents,
        encoder=SvdEncoder.fit(catalog),
        neighbours=ItemNeighbours.fit(log),
    )
    cases = cut.cases if limit is None else sample(cut.cases, limit, seed=seed)
    truth = catalog.category_I[cases.target]
    known, votes = truth > 0, tagger.model.votes

    asked = list(_people(cut, cases, catalog, GroundedMiner.fit(catalog, log)))
    alone = [tagger.tag(history, [], context) for history, _, context in asked]
    start = time.process_time()
    tags = [tagger.tag(*each) for each in asked]
    seconds = time.process_time() - start
    ranks = _baselines(catalog, log, cases, tagger, [history for history, _, _ in asked], truth)
    tagged: dict[str, Sequence[Sequence[Tag]]] = {"our tags through φ, no interests": alone, "our tags through φ": tags}
    tagged |= {name: make(tagger, asked) for name, make in (others or {}).items()}
    for name, rows in tagged.items():
        ranks[name] = tag_ranks(tagger, [[tag.tag for tag in row] for row in rows], truth)
    return TagReport(
        dataset=dataset.name,
        part=part,
        split_hash=cut.split_hash,
        n_users=len(cases),
        n_unknown=int((~known).sum()),
        n_categories=len(catalog.categories) - 1,
        lines=tuple(_lines(ranks, known, cases.users, seed)),
        phi=tagger.phi.accuracy,
        weights=votes.weights,
        repeat_cosine=tagger.model.repeat_cosine,
        tags_per_user=float(np.mean([len(row) for row in tags])),
        interests_per_user=float(np.mean([len(interests) for _, interests, _ in asked])),
        categories_per_user=float(np.mean([len({tag.category for tag in row[:FIRST]}) for row in tags])),
        users_per_s=len(asked) / max(seconds, 1e-9),
        notes=_notes(catalog, cut),
    )


def _baselines(
    catalog: Catalog,
    log: Interactions,
    cases: Cases,
    tagger: GroundedTagger,
    people: Sequence[History],
    truth: NDArray[np.int32],
) -> dict[str, NDArray[np.int64]]:
    """Return the rank of each truth among categories that are named without any tag."""
    asked = _Asked(catalog, log, [case.tolist() for case in cases.histories])
    votes_UC = np.stack([tagger.votes(history) for history in people])
    return {
        "popularity": asked.ranks(asked.popular(), truth),
        "own frequent categories": asked.ranks(asked.own(), truth),
        "neighbour vote (itemKNN + TF-IDF)": asked.ranks(asked.neighbours(), truth),
        "our votes, no words": asked.ranks(votes_UC, truth),
    }


class _Asked:
    """The three baselines, as scores_UC over categories; 0, the unknown one, is never answered."""

    def __init__(self, catalog: Catalog, log: Interactions, past: Sequence[Sequence[int]]) -> None:
        self.catalog, self.log, self.past = catalog, log, past
        self.n_categories = len(catalog.categories)

    def popular(self) -> NDArray[np.float64]:
        """Return everybody's categories, the same for all."""
        count_C = np.bincount(self.catalog.category_I[self.log.item], minlength=self.n_categories)
        scores: NDArray[np.float64] = np.repeat(count_C[None, :].astype(np.float64), len(self.past), axis=0)
        return scores

    def own(self) -> NDArray[np.float64]:
        """Return how often each category was had, then what is popular."""
        popular = self.popular()
        scores: NDArray[np.float64] = popular / (2 * max(popular.max(), 1))
        for row, items in enumerate(self.past):
            np.add.at(scores[row], self.catalog.category_I[list(items)], 1.0)
        return scores

    def neighbours(self) -> NDArray[np.float64]:
        """Return the votes of the nearest items by co-occurrence and by title, half each, then what is popular."""
        scores = self.popular() * 1e-9
        methods: tuple[Recommender, ...] = (ItemKnn(), TextKnn())
        rows = [np.asarray(items, dtype=np.int32) for items in self.past]
        for method in methods:
            try:
                method.fit(self.log, self.catalog)
            except CannotRun:
                continue
            ids, found = method.recommend_many(rows, NEAREST, exclude_seen=False)
            worth = np.where((ids >= 0) & (found > 0), found, 0.0)
            worth /= np.maximum(worth.sum(axis=1, keepdims=True), 1e-12)
            row = np.repeat(np.arange(len(ids)), ids.shape[1])
            np.add.at(scores, (row, self.catalog.category_I[ids.ravel()]), worth.ravel())
        return scores

    def ranks(self, scores_UC: NDArray[Any], truth: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return at which place each truth comes, NEVER for an unknown one; equal scores in category order."""
        own = np.take_along_axis(scores_UC, truth[:, None].astype(np.int64), axis=1)
        before = (scores_UC > own) | ((scores_UC == own) & (np.arange(scores_UC.shape[1]) < truth[:, None]))
        before[:, 0] = False
        place: NDArray[np.int64] = np.where(truth > 0, before.sum(axis=1) + 1, NEVER)
        return place


def _people(cut: Split, cases: Cases, catalog: Catalog, miner: GroundedMiner) -> Iterator[Asked]:
    """Yield each question's history, its interests and its last day; one made of items alone where the log differs."""
    known = {history.user_id: history for history in histories(cut.fit, catalog)}
    for user, items in zip(cases.users, cases.histories, strict=True):
        history = known.get(user)
        if history is None or not np.array_equal(history.item[history.item >= 0], items):
            history = _of_items(user, items)  # the question has a past of its own, as published rows have
        dated = history.time_s[history.time_s != NO_TIME]
        context = Context(as_of=datetime.fromtimestamp(int(dated.max()), UTC).date() if len(dated) else NO_DAY)
        yield history, [each for each in miner.mine(history, "", context) if each.status == "kept"], context


def _of_items(user: str, items: NDArray[np.int32]) -> History:
    return replace(History.of_items(items, user_id=user, action="review"), event_id=np.arange(len(items)))


def _lines(
    ranks: Mapping[str, NDArray[np.int64]], known: NDArray[np.bool_], users: Sequence[str], seed: int
) -> Iterator[Line]:
    """Yield each method's scores; the draws of users are the same for all."""
    hits = np.stack([rank <= FIRST for rank in ranks.values()], axis=1).astype(np.float64)
    draws = bootstrap(hits, users, n=DRAWS, seed=seed)
    for at, (name, rank) in enumerate(ranks.items()):
        on_known = float(hits[known, at].mean()) if known.any() else 0.0
        yield Line(name, float(hits[:, at].mean()), *interval(draws[:, at]), on_known, float((rank <= FEW).mean()))


def tag_ranks(tagger: GroundedTagger, texts: Sequence[Sequence[str]], truth: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the rank of the first text that φ maps to the truth; NEVER where none is."""
    flat = sorted({text for row in texts for text in row[:FIRST]})
    means = dict(zip(flat, tagger.phi.predict(flat), strict=True))
    paths = tagger.model.paths
    found = np.full(len(truth), NEVER, dtype=np.int64)
    for user, (row, code) in enumerate(zip(texts, truth.tolist(), strict=True)):
        hits = [at for at, text in enumerate(row[:FIRST], start=1) if code and means[text] == paths[code]]
        found[user] = hits[0] if hits else NEVER
    return found


def _notes(catalog: Catalog, cut: Split) -> tuple[str, ...]:
    notes = []
    if len(catalog.categories) - 1 <= FIRST:
        notes.append(f"with at most {FIRST} categories HR@{FIRST} tells nothing: every list holds them all")
    if not cut.ordered:
        notes.append("the log has no order: the next item was drawn by lot")
    return tuple(notes)
