"""Text → vectors: what does an item, or a tag, say? Words and pieces of words, weighed, then folded to few dimensions.

A catalogue without text yields zero vectors of the right width, so that nothing downstream needs to know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import Catalog
from ..data.script import clusters, is_spaceless, pairs, parts, words_between_marks
from ..types import Settings

HANGUL = re.compile(r"[\uac00-\ud7af]")
"""Written with few blanks: read as the scripts that have none."""
LONGEST_WORD = 40
"""Beyond this it is a serial number or an attack, not a word."""

REMEMBERED = 200_000
"""Words whose columns are kept."""


class EncoderConfig(Settings):
    """How text becomes a vector."""

    dims: int = Field(default=192, ge=2)
    """Width of the vectors, whatever the catalogue holds."""
    max_words: int = Field(default=60_000, ge=1)
    """Most frequent words that are kept."""
    max_pieces: int = Field(default=40_000, ge=0)
    """Most frequent pieces of words (three or four letters) that are kept; they join spellings and word forms."""
    piece_weight: float = Field(default=0.5, ge=0)
    """Weight of pieces beside words."""
    title_weight: float = Field(default=1.0, ge=0)
    """Weight of the title beside the other fields; each field has length one before it is weighed."""
    category_weight: float = Field(default=0.5, ge=0)
    """Weight of the category path."""
    brand_weight: float = Field(default=0.3, ge=0)
    """Weight of the brand."""
    attributes_weight: float = Field(default=0.5, ge=0)
    """Weight of all further fields together."""
    description_weight: float = Field(default=0.3, ge=0)
    """Weight of the description."""
    max_chars: int = Field(default=400, ge=1)
    """Longest prefix that is read of any one field or text."""
    seed: int = 0
    """Of the random projection inside the decomposition."""


class SvdEncoder:
    """TF-IDF over words and word pieces, folded by a truncated SVD: the core's `TextEncoder` [ours]."""

    def __init__(
        self, config: EncoderConfig, vocabulary: Sequence[str], idf_V: NDArray[np.float32], fold_VD: NDArray[np.float32]
    ) -> None:
        self.config = config
        self.vocabulary = list(vocabulary)
        self._column = {term: column for column, term in enumerate(self.vocabulary)}
        self._columns: dict[str, list[int]] = {}
        self._idf_V = idf_V
        self._fold_VD = fold_VD

    @classmethod
    def fit(cls, catalog: Catalog, config: EncoderConfig | None = None) -> SvdEncoder:
        """Return an encoder whose words, weights and dimensions come from the catalogue's own text."""
        config = config or EncoderConfig()
        fields = [field for field in _fields(catalog, config) if any(field[1])]
        vocabulary, idf_V = _vocabulary([texts for _, texts in fields], len(catalog), config)
        encoder = cls(config, vocabulary, idf_V, np.zeros((len(vocabulary), config.dims), dtype=np.float32))
        if vocabulary:
            encoder._fold_VD = _fold(encoder.weigh_items(catalog), config)
        return encoder

    @property
    def dims(self) -> int:
        """Width of the vectors."""
        return self.config.dims

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors_TD, rows of length 1, or 0 where no word is known."""
        if not len(texts) or not self.vocabulary:
            return np.zeros((len(texts), self.dims), dtype=np.float32)
        return unit_rows(self._weigh(texts) @ self._fold_VD)

    def encode_items(self, catalog: Catalog) -> NDArray[np.float32]:
        """Return vectors_ID of a catalogue's rows from all their fields; it need not be the catalogue of the fit."""
        if not len(catalog) or not self.vocabulary:
            return np.zeros((len(catalog), self.dims), dtype=np.float32)
        return unit_rows(self.weigh_items(catalog) @ self._fold_VD)

    def save(self, folder: Path) -> None:
        """Write `encoder.npz` and `encoder.json` into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / "encoder.npz", idf=self._idf_V, fold=self._fold_VD)
        text = json.dumps({"config": self.config.model_dump(), "vocabulary": self.vocabulary}, ensure_ascii=False)
        (folder / "encoder.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> SvdEncoder:
        """Read what `save` wrote."""
        meta = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        with np.load(folder / "encoder.npz") as arrays:
            return cls(EncoderConfig(**meta["config"]), meta["vocabulary"], arrays["idf"], arrays["fold"])

    def _weigh(self, texts: Sequence[str]) -> Any:
        """Return TF-IDF rows [T, V] as CSR, each of length 1 or 0."""
        from scipy.sparse import csr_matrix

        edges, columns = [0], list[int]()
        for text in texts:
            for word in words(text[: self.config.max_chars]):
                columns += self._columns_of(word)
            edges.append(len(columns))
        counts = csr_matrix(
            (np.ones(len(columns), dtype=np.float32), columns, edges), shape=(len(texts), len(self.vocabulary))
        )
        counts.sum_duplicates()
        counts.data = (1 + np.log(counts.data)) * self._idf_V[counts.indices]
        return _unit_sparse(counts)

    def _columns_of(self, word: str) -> list[int]:
        """Return the columns of a word and its pieces."""
        found = self._columns.get(word)
        if found is None:
            terms = _terms(word, self.config)
            found = [self._column[term] for term in terms if term in self._column]
            if len(self._columns) < REMEMBERED:
                self._columns[word] = found
        return found

    def weigh_items(self, catalog: Catalog) -> Any:
        """Return the weighted sum of the fields' TF-IDF rows [I, V] as CSR, each of length 1 or 0; see `vocabulary`."""
        rows: Any = 0
        for weight, texts in _fields(catalog, self.config):
            if weight and any(texts):
                rows = rows + weight * self._weigh(texts)
        if isinstance(rows, int):
            return self._weigh([""] * len(catalog))
        return _unit_sparse(rows.tocsr().astype(np.float32))


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows scaled to length 1; rows of (almost) nothing become exactly zero."""
    vectors = np.asarray(vectors, dtype=np.float32)
    length = np.sqrt(np.einsum("td,td->t", vectors, vectors))
    scale = np.divide(1, length, out=np.zeros_like(length), where=length > 1e-6)
    unit: NDArray[np.float32] = vectors * scale[:, None]
    return unit


def words(text: str) -> list[str]:
    """Return the text's words in lower case; where words are not spaced, its characters and their pairs."""
    found: list[str] = []
    for word in words_between_marks(text.casefold()):
        for part, spaceless in [(word, False)] if word.isascii() else parts(word):
            if spaceless or HANGUL.search(part):
                found += clusters(part)
                found += [pair for pair in pairs(part) if len(clusters(pair)) > 1]
            elif len(part) <= LONGEST_WORD:
                found.append(part)
    return found


def _terms(word: str, config: EncoderConfig) -> list[str]:
    """Return a word and its pieces of three and four letters, its edges marked; `#` keeps them apart from words."""
    if not config.max_pieces or len(word) < 3 or (not word.isascii() and (is_spaceless(word) or HANGUL.search(word))):
        return [word]
    edged = f"<{word}>"
    return [word, *("#" + edged[at : at + n] for n in (3, 4) for at in range(len(edged) - n + 1))]


def _fields(catalog: Catalog, config: EncoderConfig) -> list[tuple[float, list[str]]]:
    """Return weight and texts of each field, one text a row."""
    frame = catalog.frame
    return [
        (config.title_weight, catalog.titles),
        (config.category_weight, frame["category"].to_list()),
        (config.brand_weight, frame["brand"].to_list()),
        (config.attributes_weight, [" ".join(_values(row.values())) for row in catalog.attributes]),
        (config.description_weight, frame["description"].str.slice(0, config.max_chars).to_list()),
    ]


def _values(values: Iterable[Any]) -> Iterable[str]:
    """Yield the words among attribute values: texts, lists of texts, and whole numbers such as years."""
    for value in values:
        if isinstance(value, str):
            yield value[:200]
        elif isinstance(value, list):
            yield from _values(value[:20])
        elif isinstance(value, int) and not isinstance(value, bool):
            yield str(value)


def _vocabulary(
    fields: Sequence[Sequence[str]], n_items: int, config: EncoderConfig
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the terms worth keeping, sorted, and their weights; pieces weigh `piece_weight` of a word."""
    seen: dict[str, int] = {}
    terms_of: dict[str, list[str]] = {}
    for texts in zip(*fields, strict=True):
        present = {word for text in texts for word in words(text[: config.max_chars])}
        for word in present - terms_of.keys():
            terms_of[word] = _terms(word, config)
        for term in {term for word in present for term in terms_of[word]}:
            seen[term] = seen.get(term, 0) + 1
    least = 2 if n_items >= 1000 else 1  # a word of one item joins nothing; in a small shop it still names it
    kept: list[str] = []
    for limit, is_piece in ((config.max_words, False), (config.max_pieces, True)):
        terms = [term for term, n in seen.items() if n >= least and term.startswith("#") == is_piece]
        kept += sorted(terms, key=lambda term: (-seen[term], term))[:limit]
    kept.sort()
    idf = [(np.log((1 + n_items) / (1 + seen[t])) + 1) * (config.piece_weight if t[0] == "#" else 1) for t in kept]
    return kept, np.array(idf, dtype=np.float32)


def _fold(rows_IV: Any, config: EncoderConfig) -> NDArray[np.float32]:
    """Return the projection [V, D] onto the leading directions; padded with zeros where there are fewer."""
    from sklearn.utils.extmath import randomized_svd
    from threadpoolctl import threadpool_limits

    n = min(config.dims, *rows_IV.shape)
    with threadpool_limits(1):  # sums of another order differ in the last bit
        _, strength, directions = randomized_svd(rows_IV, n, n_iter=4, random_state=config.seed)
    directions[strength < 1e-4 * strength[0]] = 0
    fold_VD = np.zeros((rows_IV.shape[1], config.dims), dtype=np.float32)
    fold_VD[:, :n] = directions.T
    return fold_VD


def _unit_sparse(rows: Any) -> Any:
    """Return the rows of a CSR matrix scaled to length 1."""
    from scipy.sparse import diags

    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return (diags(np.divide(1, length, out=np.zeros_like(length), where=length > 0)) @ rows).tocsr().astype(np.float32)
