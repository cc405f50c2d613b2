"""Further vectors of the items, such as of their images, as soft evidence beside their text (RecBot, 5.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..errors import DataError
from ..types import TextEncoder

LARGEST = 1e15
"""A part of a vector stays below it, so that lengths are numbers."""


class Vectors:
    """Vectors from a column of the catalogue, and what turns the words of a wish into the same space."""

    def __init__(self, vectors_ID: NDArray[np.float32], encoder: TextEncoder) -> None:
        self.vectors_ID = vectors_ID
        """Of length 1; zero for an item without one."""
        self.encoder = encoder

    @classmethod
    def of(cls, catalog: Catalog, column: str, encoder: TextEncoder) -> Vectors:
        """Return the vectors of an attribute that holds lists of numbers.

        Raises:
            DataError: no item has such a list, or they differ in width, among themselves or from the encoder's.
        """
        held = [attributes.get(column) for attributes in catalog.attributes]
        width = next((len(one) for one in held if isinstance(one, list) and one), 0)
        vectors_ID = np.zeros((len(catalog), width), dtype=np.float32)
        for row, one in enumerate(held):
            if isinstance(one, list) and one:
                if len(one) != width or not all(isinstance(part, int | float) and abs(part) < LARGEST for part in one):
                    raise DataError(
                        f"item {catalog.item_ids[row]!r} has no {width} numbers in {column!r}: mend that row"
                    )
                vectors_ID[row] = one
        if not width:
            raise DataError(f"no item has a list of numbers in {column!r}: name another column as its vectors")
        read = encoder.encode([column]).shape[1]
        if read != width:
            raise DataError(
                f"{column!r} holds vectors of {width} numbers, and words become {read}: give the encoder of that space"
            )
        length = np.sqrt((vectors_ID**2).sum(axis=1, keepdims=True))
        return cls(np.divide(vectors_ID, length, out=np.zeros_like(vectors_ID), where=length > 0), encoder)

    def blended(
        self, cosines_PC: NDArray[np.float32], texts: Sequence[str], rows: NDArray[np.int32], weight: float
    ) -> NDArray[np.float32]:
        """Return cosines of texts and items with those of these vectors; an item without one keeps its own."""
        vectors_CD = self.vectors_ID[rows]
        seen_PC = self.encoder.encode(texts) @ vectors_CD.T
        mixed = (1 - weight) * cosines_PC + weight * seen_PC
        return np.asarray(np.where(vectors_CD.any(axis=1), mixed, cosines_PC), dtype=np.float32)
