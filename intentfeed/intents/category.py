"""φ: which category does a phrase mean? (RecGPT-V1, 6)

Words and pairs of words, weighed by how few categories use them, against one weight vector a category, through a
softmax. The weights are the classes' mean vectors, not a trained optimum [ours]: on 4,200 titles in 760 leaves full
logistic regression was less accurate on held-out titles (0.64 against 0.67) and took a thousand times as long.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import SEPARATOR, leaf_name
from ..types import Settings
from .words import matching_stems


class CategoryConfig(Settings):
    """How φ is trained and checked."""

    name_weight: float = Field(default=1.0, ge=0)
    """Weight of a category's own name as a training text, in titles."""
    prior: float = Field(default=0.02, ge=0)
    """Weight of the log of a category's number of texts: what decides between near ties."""
    sharpness: float = Field(default=20.0, gt=0)
    """Inverse temperature of the softmax over cosines."""
    held_out: float = Field(default=0.15, gt=0, lt=1)
    """Share of the items kept out once, to measure the accuracy before training on all."""
    max_terms: int = Field(default=200_000, ge=1)
    """Most frequent words and pairs that are kept."""
    seed: int = 0
    """Of the choice of held-out items."""


class CategoryModel:
    """φ, fitted on the catalogue's own titles, titles cut to modifier and core word, and category names."""

    def __init__(
        self, config: CategoryConfig, categories: Sequence[str], terms: Sequence[str], arrays: dict[str, Any]
    ) -> None:
        self.config = config
        self.categories = list(categories)
        """Category paths that can be answered, sorted."""
        self.terms = list(terms)
        self.accuracy: dict[str, float] = {}
        """Held-out top-1 accuracy: `titles`, `titles/known` (their category has other items), `cut`, `n`."""
        self._column = {term: column for column, term in enumerate(self.terms)}
        self._idf_V: NDArray[np.float32] = arrays["idf"]
        self._bias_C: NDArray[np.float32] = arrays["bias"]
        self._weights_VC: Any = arrays["weights"]

    @classmethod
    def fit(
        cls,
        titles: Sequence[str],
        categories: Sequence[str],
        config: CategoryConfig | None = None,
        *,
        cut: Sequence[str] = (),
    ) -> CategoryModel:
        """Return φ fitted on parallel columns; `cut` holds each title cut to modifier and core word, or nothing.

        Rows without a category teach nothing. The accuracy is that of a model of the same kind that never saw the
        held-out rows; category names stay in its training, for they are known of any new item.
        """
        config = config or CategoryConfig()
        rows = [row for row, path in enumerate(categories) if path]
        paths = sorted({categories[row] for row in rows})
        cut = cut or [""] * len(titles)
        held = np.random.default_rng(config.seed).random(len(rows)) < config.held_out
        taught = [row for row, out in zip(rows, held, strict=True) if not out]
        asked = [row for row, out in zip(rows, held, strict=True) if out]
        model = cls._train(titles, categories, cut, rows, paths, config)
        if asked and taught:
            trial = cls._train(titles, categories, cut, taught, paths, config)
            model.accuracy = _accuracy(trial, titles, categories, cut, asked, {categories[row] for row in taught})
        return model

    @classmethod
    def _train(
        cls,
        titles: Sequence[str],
        categories: Sequence[str],
        cut: Sequence[str],
        rows: Sequence[int],
        paths: Sequence[str],
        config: CategoryConfig,
    ) -> CategoryModel:
        from scipy.sparse import csr_matrix, diags

        code = {path: at for at, path in enumerate(paths)}
        texts = [titles[row] for row in rows] + [cut[row] for row in rows if cut[row]]
        label = [code[categories[row]] for row in rows] + [code[categories[row]] for row in rows if cut[row]]
        names = [leaf_name(path) for path in paths] + [" ".join(path.split(SEPARATOR)[-2:]) for path in paths]
        weight_T = np.array([1.0] * len(texts) + [config.name_weight] * len(names))
        label_T = np.array(label + 2 * list(range(len(paths))), dtype=np.int64)
        bags = [_terms(text) for text in texts + names]
        terms = _vocabulary(bags, config.max_terms)
        shell = cls(config, paths, terms, {"idf": np.ones(len(terms), np.float32), "bias": None, "weights": None})
        counts_TV = shell._count(bags)
        of_class_CT = csr_matrix((weight_T, (label_T, np.arange(len(label_T)))), shape=(len(paths), len(bags)))
        used_V = np.asarray(((of_class_CT @ counts_TV) > 0).sum(axis=0)).ravel()
        shell._idf_V = (np.log((1 + len(paths)) / (1 + used_V)) + 0.3).astype(np.float32)
        means_CV = of_class_CT @ shell._unit(counts_TV)
        length = np.sqrt(np.asarray(means_CV.multiply(means_CV).sum(axis=1)).ravel())
        scale = np.divide(config.sharpness, length, out=np.zeros_like(length), where=length > 0)
        shell._weights_VC = (diags(scale) @ means_CV).T.tocsr().astype(np.float32)
        size_C = np.asarray(of_class_CT.sum(axis=1)).ravel()
        shell._bias_C = (config.sharpness * config.prior * np.log(np.maximum(size_C, 1e-9))).astype(np.float32)
        return shell

    def predict(self, texts: Sequence[str]) -> list[str]:
        """Return the category path of each text; '' where no word of it is known."""
        found: list[str] = []
        for start in range(0, len(texts), 4096):
            cosine_TC, known_T = self._logits(texts[start : start + 4096])
            best_T = cosine_TC.argmax(axis=1) if len(self.categories) else np.zeros(len(known_T), int)
            found += [self.categories[at] if known else "" for at, known in zip(best_T, known_T, strict=True)]
        return found

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return probabilities_TC over `categories`; a row of zeros where no word is known."""
        logits_TC, known_T = self._logits(texts)
        if not len(self.categories):
            return logits_TC
        powers_TC = np.exp(logits_TC - logits_TC.max(axis=1, keepdims=True))
        shares_TC: NDArray[np.float32] = powers_TC / powers_TC.sum(axis=1, keepdims=True) * known_T[:, None]
        return shares_TC

    def save(self, folder: Path) -> None:
        """Write `category.npz` and `category.json` into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        weights = self._weights_VC
        np.savez(
            folder / "category.npz",
            idf=self._idf_V,
            bias=self._bias_C,
            data=weights.data,
            indices=weights.indices,
            indptr=weights.indptr,
        )
        meta = {
            "config": self.config.model_dump(),
            "categories": self.categories,
            "terms": self.terms,
            "accuracy": self.accuracy,
        }
        (folder / "category.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> CategoryModel:
        """Read what `save` wrote."""
        from scipy.sparse import csr_matrix

        meta = json.loads((folder / "category.json").read_text(encoding="utf-8"))
        with np.load(folder / "category.npz") as kept:
            shape = (len(meta["terms"]), len(meta["categories"]))
            weights = csr_matrix((kept["data"], kept["indices"], kept["indptr"]), shape=shape)
            arrays = {"idf": kept["idf"], "bias": kept["bias"], "weights": weights}
        model = cls(CategoryConfig(**meta["config"]), meta["categories"], meta["terms"], arrays)
        model.accuracy = meta["accuracy"]
        return model

    def _logits(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        rows_TV = self._unit(self._count([_terms(text) for text in texts]))
        logits_TC = np.asarray((rows_TV @ self._weights_VC).toarray(), dtype=np.float32)
        return logits_TC + self._bias_C, np.diff(rows_TV.indptr) > 0

    def _count(self, bags: Sequence[Sequence[str]]) -> Any:
        """Return counts_TV as CSR; unknown terms count for nothing."""
        from scipy.sparse import csr_matrix

        edges, columns = [0], []
        for bag in bags:
            columns += [self._column[term] for term in bag if term in self._column]
            edges.append(len(columns))
        counts = csr_matrix((np.ones(len(columns), np.float32), columns, edges), shape=(len(bags), len(self.terms)))
        counts.sum_duplicates()
        return counts

    def _unit(self, counts: Any) -> Any:
        """Return the rows weighed by rarity, of length 1 or 0."""
        from scipy.sparse import diags

        rows = counts.copy()
        rows.data = ((1 + np.log(rows.data)) * self._idf_V[rows.indices]).astype(np.float32)
        length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        return (diags(np.divide(1, length, out=np.zeros_like(length), where=length > 0)) @ rows).tocsr()


def _terms(text: str) -> list[str]:
    """Return the stems of a text and its adjacent pairs."""
    words = matching_stems(text)
    return words + [f"{one} {two}" for one, two in pairwise(words)]


def _vocabulary(bags: Sequence[Sequence[str]], most: int) -> list[str]:
    seen = Counter(term for bag in bags for term in set(bag))
    return sorted(sorted(seen, key=lambda term: (-seen[term], term))[:most])


def _accuracy(
    trial: CategoryModel,
    titles: Sequence[str],
    categories: Sequence[str],
    cut: Sequence[str],
    asked: Sequence[int],
    known: set[str],
) -> dict[str, float]:
    """Return top-1 accuracies of a model on rows that it has not seen."""
    right = [
        path == categories[row] for path, row in zip(trial.predict([titles[r] for r in asked]), asked, strict=True)
    ]
    can = [hit for hit, row in zip(right, asked, strict=True) if categories[row] in known]
    short = [row for row in asked if cut[row]]
    right_cut = [
        path == categories[row] for path, row in zip(trial.predict([cut[r] for r in short]), short, strict=True)
    ]
    mean = {"titles": right, "titles/known": can, "cut": right_cut}
    return {name: float(np.mean(hits)) for name, hits in mean.items() if hits} | {"n": float(len(asked))}
