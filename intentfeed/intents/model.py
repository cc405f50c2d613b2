"""What the grounded tagger learns from catalogue and log, frozen until the next fit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import SEPARATOR, Catalog, leaf_name
from ..data.segment import Segmenter
from ..types import Interactions, Neighbours, Settings, TextEncoder
from .category import CategoryConfig, CategoryModel
from .constraints import Draft, semantic_precision
from .likes import likes
from .links import Links
from .phrases import Phrase, Phrasebook, PhraseConfig
from .season import SeasonConfig, month_lift, named_seasons
from .votes import CategoryVotes, VotesConfig
from .words import stem

CALIBRATED_ON = 2_000
"""Items at most that calibrate the repeat threshold."""


class ModelConfig(Settings):
    """What is learnt, and how."""

    category: CategoryConfig = CategoryConfig()
    """φ."""
    phrases: PhraseConfig = PhraseConfig()
    """How categories are spoken of."""
    votes: VotesConfig = VotesConfig()
    """Which categories come next."""
    season: SeasonConfig = SeasonConfig()
    """When categories are wanted."""
    repeat_quantile: float = Field(default=0.95, gt=0, lt=1)
    """Share of the phrases of an item's category, not made from it, that are not yet repeats of it."""
    lowest_repeat: float = Field(default=0.6, ge=-1, le=1)
    """The calibrated cosine from which a tag repeats an item is never below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagModel:
    """Everything learnt; arrays by item have the rows of the catalogue it was fitted on, or aligned to."""

    config: ModelConfig
    paths: list[str]
    """Category paths; 0 is the unknown one."""
    category_I: NDArray[np.int32]
    title_ID: NDArray[np.float32]
    """Vectors of the titles."""
    modifiers_I: list[tuple[str, ...]]
    phi: CategoryModel
    votes: CategoryVotes
    links: Links
    n_people: int
    lift_CM: NDArray[np.float32]
    """How much more than on average over the year a category is wanted in each month."""
    phrases_C: list[list[Phrase]]
    """Every one of them means its category to φ and passes the precision check."""
    vectors_C: list[NDArray[np.float32]]
    """Their vectors [T, D]."""
    common: dict[str, float]
    """Share of the items that have each modifier."""
    repeat_cosine: float
    """From which a tag repeats an item (U19)."""
    vague: frozenset[str] = frozenset()
    """Words that are said of things in many categories."""

    @classmethod
    def fit(
        cls,
        catalog: Catalog,
        interactions: Interactions,
        config: ModelConfig,
        *,
        encoder: TextEncoder,
        neighbours: Neighbours,
    ) -> TagModel:
        """Return what the catalogue's words and the log's habits teach; people are numbers to it."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # sums of another order differ in the last bit
            return cls._fit(catalog, interactions, config, encoder=encoder, neighbours=neighbours)

    @classmethod
    def _fit(
        cls,
        catalog: Catalog,
        interactions: Interactions,
        config: ModelConfig,
        *,
        encoder: TextEncoder,
        neighbours: Neighbours,
    ) -> TagModel:
        paths, category_I = catalog.categories, catalog.category_I
        book = Phrasebook.fit(catalog, config.phrases)
        phi = CategoryModel.fit(catalog.titles, catalog.frame["category"].to_list(), config.category, cut=book.cut)
        title_ID = encoder.encode(catalog.titles)
        told_ID = encoder.encode(_told(catalog, range(len(catalog)), book.cut))
        log = likes(interactions, config.votes.newest)
        if len(paths) < 2:  # nothing will be tagged, so nothing need be learnt of the log
            log = log.older(config.votes.newest)
        named_CV, names = named_seasons(catalog.attributes, category_I, len(paths), config.season.attribute)
        lift_CM = month_lift(
            category_I[interactions.item],
            interactions.time_s,
            len(paths),
            config.season,
            named_CV=named_CV,
            names=names,
        )
        phrases_C = _sound(paths, book, phi, catalog.segmenter)
        uses = Counter(term for row in book.modifiers for term in row)
        return cls(
            config=config,
            paths=paths,
            category_I=category_I,
            title_ID=title_ID,
            modifiers_I=book.modifiers,
            phi=phi,
            votes=CategoryVotes.fit(log, category_I, told_ID, neighbours, config.votes),
            links=Links.fit(log, category_I, paths),
            n_people=len(np.unique(log.user)),
            lift_CM=lift_CM,
            phrases_C=phrases_C,
            vectors_C=[encoder.encode([phrase.text for phrase in row]) for row in phrases_C],
            common={term: n / len(catalog) for term, n in sorted(uses.items())},
            repeat_cosine=_repeat_cosine(book.cut, title_ID, category_I, encoder, config),
            vague=frozenset(book.vague),
        )

    def save(self, folder: Path, item_ids: Sequence[str]) -> None:
        """Write everything into the folder; `item_ids` are those of the rows."""
        from scipy.sparse import save_npz

        folder.mkdir(parents=True, exist_ok=True)
        self.phi.save(folder)
        self.votes.save(folder)
        save_npz(folder / "links.npz", self.links.together_CC, compressed=False)
        vectors = np.concatenate([np.zeros((0, self.title_ID.shape[1]), np.float32), *self.vectors_C])
        np.savez(folder / "tagger.npz", title=self.title_ID, lift=self.lift_CM, phrases=vectors)
        meta = {
            "config": self.config.model_dump(),
            "paths": self.paths,
            "item_ids": list(item_ids),
            "modifiers": self.modifiers_I,
            "n_people": self.n_people,
            "phrases": [[[p.text, p.core, p.modifiers, p.support] for p in row] for row in self.phrases_C],
            "common": self.common,
            "repeat_cosine": self.repeat_cosine,
            "vague": sorted(self.vague),
        }
        (folder / "tagger.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, catalog: Catalog, *, encoder: TextEncoder) -> TagModel:
        """Read what `save` wrote, in the rows of `catalog`: items newer than the fit have their category and text.

        Items that were there keep the text of the fit, and lie in the category that they have now.
        """
        from scipy.sparse import load_npz

        meta = json.loads((folder / "tagger.json").read_text(encoding="utf-8"))
        with np.load(folder / "tagger.npz") as kept:
            title_ID, lift_CM, vectors_TD = kept["title"], kept["lift"], kept["phrases"]
        paths: list[str] = meta["paths"]
        phrases_C = [
            [Phrase(text, path, core, tuple(modifiers), support) for text, core, modifiers, support in row]
            for path, row in zip(paths, meta["phrases"], strict=True)
        ]
        edges = np.cumsum([len(row) for row in phrases_C])[:-1]
        votes, modifiers_I = CategoryVotes.load(folder), [tuple(row) for row in meta["modifiers"]]
        category_I = _codes(catalog, paths)
        if meta["item_ids"] != catalog.item_ids:
            at = {item_id: row for row, item_id in enumerate(meta["item_ids"])}
            old_I = np.array([at.get(item_id, -1) for item_id in catalog.item_ids], dtype=np.int64)
            new = np.flatnonzero(old_I < 0).tolist()
            title_ID = _aligned(title_ID, old_I, encoder.encode([catalog.titles[row] for row in new]))
            told_ID = _aligned(votes.text_ID, old_I, encoder.encode(_told(catalog, new, ())))
            modifiers_I = [modifiers_I[row] if row >= 0 else () for row in old_I.tolist()]
            votes = votes.aligned(old_I, category_I, told_ID)
        elif not np.array_equal(category_I, votes.category_I):
            votes = votes.aligned(np.arange(len(catalog)), category_I, votes.text_ID)
        return cls(
            config=ModelConfig(**meta["config"]),
            paths=paths,
            category_I=votes.category_I,
            title_ID=title_ID,
            modifiers_I=modifiers_I,
            phi=CategoryModel.load(folder),
            votes=votes,
            links=Links(load_npz(folder / "links.npz").tocsr(), paths),
            n_people=meta["n_people"],
            lift_CM=lift_CM,
            phrases_C=phrases_C,
            vectors_C=np.split(vectors_TD, edges),
            common=meta["common"],
            repeat_cosine=meta["repeat_cosine"],
            vague=frozenset(meta.get("vague", ())),
        )


def _sound(paths: Sequence[str], book: Phrasebook, phi: CategoryModel, segmenter: Segmenter) -> list[list[Phrase]]:
    """Return, by category, the phrases that φ understands and that are precise; if none, the name with its parent's."""
    names = {word for path in paths for word in segmenter.spaced(leaf_name(path)).lower().split(" ")}
    specific = names | {stem(word) for word in names}
    said = [phrase for path in paths for phrase in book.phrases.get(path, [])]
    said += [_named(path, segmenter) for path in paths if path]
    drafts = [Draft(text=phrase.text, category=phrase.category, score=0.0) for phrase in said]
    fine = {d.text for d in semantic_precision(drafts, vague=book.vague, brands=book.brands, specific=specific).kept}
    means = phi.predict([phrase.text for phrase in said])
    found: dict[str, list[Phrase]] = {path: [] for path in paths}
    for phrase, meant in zip(said, means, strict=True):
        is_last_resort = phrase.support == 0 and found[phrase.category]
        if meant == phrase.category and phrase.text in fine and not is_last_resort:
            found[phrase.category].append(phrase)
    return [found[path] for path in paths]


def _named(path: str, segmenter: Segmenter) -> Phrase:
    """Return a category's name behind its parent's, for one whose own name φ takes for another's."""
    levels = [segmenter.spaced(level).lower() for level in path.split(SEPARATOR)[-2:]]
    text = " ".join(" ".join(levels).split())
    return Phrase(text, path, levels[-1], tuple(levels[:-1]), 0)


def _repeat_cosine(
    cut: Sequence[str],
    title_ID: NDArray[np.float32],
    category_I: NDArray[np.int32],
    encoder: TextEncoder,
    config: ModelConfig,
) -> float:
    """Return the cosine above which only few phrases of a category lie from an item that they were not made from.

    So a tag repeats an item when it is closer to it than phrases of the same kind of thing usually are, for this
    encoder and this catalogue.
    """
    rows = [row for row, text in enumerate(cut) if text]
    rows = rows[:: max(1, len(rows) // CALIBRATED_ON)]
    by_category: dict[int, list[int]] = {}
    for row in rows:
        by_category.setdefault(int(category_I[row]), []).append(row)
    pairs = [
        (row, other)
        for group in by_category.values()
        for row, other in zip(group, group[1:] + group[:1], strict=True)
        if cut[row] != cut[other]
    ]
    if not pairs:
        return 0.9
    items, others = (np.array(column) for column in zip(*pairs, strict=True))
    cosine = np.einsum("nd,nd->n", encoder.encode([cut[row] for row in others.tolist()]), title_ID[items])
    return round(max(float(np.quantile(cosine, config.repeat_quantile)), config.lowest_repeat), 3)


def _codes(catalog: Catalog, paths: Sequence[str]) -> NDArray[np.int32]:
    """Return each row's place among `paths`; 0 for a category that the fit did not know."""
    code = {path: at for at, path in enumerate(paths)}
    return np.array([code.get(path, 0) for path in catalog.frame["category"].to_list()], dtype=np.int32)


def _told(catalog: Catalog, rows: Iterable[int], cut: Sequence[str]) -> list[str]:
    """Return title, category and own phrase of each row: what the votes compare people and categories by."""
    paths = catalog.frame["category"].to_list()
    return [f"{catalog.titles[row]} {paths[row]} {cut[row] if cut else ''}" for row in rows]


def _aligned(old_ID: NDArray[np.float32], old_I: NDArray[np.int64], new_ND: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors in the catalogue's rows: those known at the fit, and those of new items."""
    found = np.zeros((len(old_I), old_ID.shape[1]), dtype=np.float32)
    known = old_I >= 0
    found[known] = old_ID[old_I[known]]
    found[~known] = new_ND
    return found
