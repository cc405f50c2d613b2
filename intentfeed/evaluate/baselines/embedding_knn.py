"""Text-embedding neighbours: the encoder that the user names, on titles. Learns nothing from the log.

No encoder is bundled: `--methods embedding-knn=NAME_OR_FOLDER` names one of sentence-transformers or model2vec.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...data.catalog import Catalog
from ...retrieval.encode import unit_rows
from ...types import Interactions, Settings
from ..recommender import CannotRun, Histories, Lists, chunks, stack, top_k
from .recency import recency_rows
from .rows import weighted_sums

LONGEST = 500
"""Characters of a title that are encoded."""


class EmbeddingKnnConfig(Settings):
    """Which encoder, and how the past is weighed."""

    encoder: str = ""
    """Name or folder of a sentence-transformers or model2vec model; empty is none, and then there is nothing to run."""
    recency: float = Field(default=0.5, gt=0, le=1)
    """Weight of a title beside the one after it; 1 weighs the whole history alike."""


class EmbeddingKnn:
    """Cosine between an item's title and the recency-weighted titles of the history, as the named encoder sees them."""

    name: ClassVar[str] = "embedding-knn"

    def __init__(self, config: EmbeddingKnnConfig | None = None) -> None:
        self.config = config or EmbeddingKnnConfig()
        self._vectors_ID: NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)
        self._titles: list[str] = []

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Encode the titles; the log is not looked at.

        Raises:
            CannotRun: no encoder is named, it cannot be loaded, or no item has a title.
        """
        del interactions
        if not catalog.has_text:
            raise CannotRun("the catalogue has no titles")
        if catalog.titles == self._titles:
            return  # encoded before: encoding is dear, and the log changes nothing
        encoder = load_encoder(self.config.encoder)
        self._vectors_ID = unit_rows(encoder.encode([title[:LONGEST] for title in catalog.titles]))
        self._titles = catalog.titles

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return the items with the nearest titles."""
        found = []
        for piece in chunks(histories):
            query_PD = recency_rows(piece, len(self._vectors_ID), self.config.recency) @ self._vectors_ID
            scores_PI = weighted_sums(query_PD, self._vectors_ID.T)
            found.append(top_k(scores_PI, piece, k, exclude_seen=exclude_seen))
        return stack(found, k)

    def variants(self) -> Iterator[EmbeddingKnn]:
        """Yield short and long memory, the likeliest first; the vectors are shared."""
        for recency in (0.5, 0.85, 0.3, 0.7, 0.95, 1.0):
            other = EmbeddingKnn(self.config.model_copy(update={"recency": recency}))
            other._vectors_ID, other._titles = self._vectors_ID, self._titles
            yield other


class Encoder(Protocol):
    """What both libraries' models do."""

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Return vectors_TD."""
        ...


def load_encoder(name: str) -> Encoder:
    """Return the encoder of a name or folder: model2vec's where the folder is one, else sentence-transformers'.

    Raises:
        CannotRun: none is named, the library is missing, or there is no such model.
    """
    if not name:
        raise CannotRun("no encoder is named: --methods embedding-knn=NAME_OR_FOLDER")
    static = _is_static(Path(name)) or find_spec("sentence_transformers") is None
    try:
        library = import_module("model2vec" if static else "sentence_transformers")
    except ImportError as error:
        raise CannotRun("it needs a library that loads encoders: pip install 'intentfeed[embed]'") from error
    try:
        model: Encoder = (
            library.StaticModel.from_pretrained(name) if static else library.SentenceTransformer(name, device="cpu")
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise CannotRun(f"the encoder {name!r} cannot be loaded ({type(error).__name__}): name another") from error
    return model


def _is_static(folder: Path) -> bool:
    """Return whether a local folder says that it is model2vec's."""
    path = folder / "config.json"
    return path.is_file() and "model2vec" in path.read_text(encoding="utf-8")[:10_000]
