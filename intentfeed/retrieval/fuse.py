"""Who someone is beside what a tag asks for: β-fusion of user and tag, and many tags' answers merged into one.

RecGPT-V1, 7.3: h_fuse = β h_u + (1 - β) h_t, whose inner product with an item is β ŷ_col + (1 - β) ŷ_sem. The number
of queries is not said there; ours is one a tag, the best 100 of each, merged by the highest score (U23).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Answers = tuple[NDArray[np.int32], NDArray[np.float32]]
"""Rows of items, each once, and a score of each."""


def fuse_scores(user_I: NDArray[np.float32], tags_TI: NDArray[np.float32], beta: float) -> NDArray[np.float32]:
    """Return the scores [T, I] of the fused queries from those of user and tags: the same, by linearity.

    β = 1 asks for the user alone, β = 0 for the tag alone. Scores of a tag can so be kept and shared by everybody who
    has it.
    """
    return (np.float32(beta) * user_I + np.float32(1 - beta) * tags_TI).astype(np.float32)


def answers(scores_I: NDArray[np.float32], least: float) -> Answers:
    """Return the items that answer a tag at least this well beside its best item; at 0 all do [ours].

    A fused query near a strong user finds what the user alone would find; such an item is not the tag's.
    """
    best = scores_I.max(initial=0)
    if least == 0:
        rows = np.arange(len(scores_I), dtype=np.int32)
    elif best <= 0:
        rows = np.zeros(0, dtype=np.int32)
    else:
        rows = np.flatnonzero(scores_I >= np.float32(least) * best).astype(np.int32)
    return rows, scores_I[rows]


def merge_tags(found: Sequence[Answers], n_items: int, top: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return each item's best score among the tags that have it in their `top`, and that tag; -inf and -1 for none.

    Items level with the last of a tag's list are in it too, so that no order of rows decides; -inf is in none. Of
    tags with equal scores the earlier one is named.
    """
    best_I = np.full(n_items, -np.inf, dtype=np.float32)
    tag_I = np.full(n_items, -1, dtype=np.int32)
    for tag, (rows, scores) in enumerate(found):
        edge = np.partition(scores, len(scores) - top)[len(scores) - top] if len(scores) > top else -np.inf
        better = (scores >= edge) & (scores > best_I[rows])
        best_I[rows[better]] = scores[better]
        tag_I[rows[better]] = tag
    return best_I, tag_I
