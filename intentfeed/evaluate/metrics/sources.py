"""What does each source bring that no other does, and how much do they bring twice? (RecGPT-V2, 7.1).

The paper names exclusive recall and duplication without formulas; the customary reading is taken [ours].
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .shown import Weighed

Sources = Mapping[str, NDArray[np.int32]]
"""ids_PK that each source brought, by its name; -1 where it brought fewer."""


def source_recall(sources: Sources, target_P: NDArray[np.int32]) -> dict[str, NDArray[np.float64]]:
    """Return, for each source, 1 for each question whose target it brought, else 0 [P].

    >>> source_recall({"text": np.array([[1, 2]])}, np.array([2]))["text"].tolist()
    [1.0]
    """
    return {name: (ids_PK == target_P[:, None]).any(axis=1).astype(np.float64) for name, ids_PK in sources.items()}


def exclusive_recall(sources: Sources, target_P: NDArray[np.int32]) -> dict[str, NDArray[np.float64]]:
    """Return, for each source, 1 for each question whose target it alone brought, else 0 [P].

    >>> both = {"text": np.array([[1, 2], [3, 4]]), "log": np.array([[2, 5], [6, 7]])}
    >>> {name: values.tolist() for name, values in exclusive_recall(both, np.array([2, 6])).items()}
    {'text': [0.0, 0.0], 'log': [0.0, 1.0]}
    """
    found = source_recall(sources, target_P)
    times_P = np.sum(list(found.values()), axis=0)
    return {name: np.where(times_P == 1, values_P, 0.0) for name, values_P in found.items()}


def duplication(sources: Sources) -> Weighed:
    """Return the share of candidates that more than one source brought, weighed by how many there are.

    A candidate is an item for a question, once, however many brought it.

    >>> [part.tolist() for part in duplication({"text": np.array([[1, 2]]), "log": np.array([[2, -1]])})]
    [[0.5], [2.0]]
    """
    brought_PK = np.sort(np.concatenate([_once(ids_PK) for ids_PK in sources.values()], axis=1), axis=1)
    again_PK = (brought_PK[:, 1:] == brought_PK[:, :-1]) & (brought_PK[:, 1:] >= 0)
    first_PK = brought_PK >= 0
    first_PK[:, 1:] &= ~again_PK
    second_PK = again_PK & first_PK[:, :-1]  # counted once, even where three brought it
    n_P = first_PK.sum(axis=1).astype(np.float64)
    return second_PK.sum(axis=1) / np.maximum(n_P, 1), n_P


def _once(ids_PK: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return each row sorted, with an item that one source brought twice there once."""
    ids_PK = np.sort(ids_PK, axis=1)
    again_PK = np.zeros(ids_PK.shape, dtype=bool)
    again_PK[:, 1:] = ids_PK[:, 1:] == ids_PK[:, :-1]
    return np.where(again_PK, -1, ids_PK).astype(np.int32)
