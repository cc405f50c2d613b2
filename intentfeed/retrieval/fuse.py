"""Who someone is beside what a tag asks for: β-fusion of user and tag, and many tags' answers merged into one.

RecGPT-V1, 7.3: h_fuse = β h_u + (1 - β) h_t, whose inner product with an item is β ŷ_col + (1 - β) ŷ_sem. The number
of queries is not said there; ours is one a tag, the best 100 of each, merged by the highest score (U23).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def fuse_vectors(user_D: NDArray[np.float32], tags_TD: NDArray[np.float32], beta: float) -> NDArray[np.float32]:
    """Return one query vector a tag [T, D]; β = 1 asks for the user alone, β = 0 for the tag alone."""
    return (np.float32(beta) * user_D + np.float32(1 - beta) * tags_TD).astype(np.float32)


def fuse_scores(user_I: NDArray[np.float32], tags_TI: NDArray[np.float32], beta: float) -> NDArray[np.float32]:
    """Return the scores [T, I] of the fused queries from those of user and tags: the same, by linearity.

    Scores of a tag can so be kept and shared by everybody who has it.
    """
    return (np.float32(beta) * user_I + np.float32(1 - beta) * tags_TI).astype(np.float32)


def answers(tags_TI: NDArray[np.float32], least: float) -> NDArray[np.bool_]:
    """Return which items answer each tag at least this well beside its best item [T, I]; at 0 all do [ours].

    A fused query near a strong user finds what the user alone would find; such an item is not the tag's.
    """
    if least == 0:
        return np.ones(tags_TI.shape, dtype=np.bool_)
    best_T = tags_TI.max(axis=1, initial=0)[:, None]
    return np.asarray((tags_TI >= np.float32(least) * best_T) & (best_T > 0))


def merge_tags(scores_TI: NDArray[np.float32], top: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return each item's best score among the tags that have it in their `top`, and that tag; -inf and -1 for none.

    Items level with the last of a tag's list are in it too, so that no order of rows decides. Of tags with equal
    scores the earlier one is named.
    """
    n_tags, n_items = scores_TI.shape
    if not n_tags or not n_items:
        return np.full(n_items, -np.inf, dtype=np.float32), np.full(n_items, -1, dtype=np.int32)
    depth = min(top, n_items)
    edge_T = np.partition(scores_TI, n_items - depth, axis=1)[:, n_items - depth]
    listed = np.where(scores_TI >= edge_T[:, None], scores_TI, np.float32(-np.inf))
    tag_I = listed.argmax(axis=0).astype(np.int32)
    best_I = listed[tag_I, np.arange(n_items)]
    return best_I, np.where(best_I > -np.inf, tag_I, -1).astype(np.int32)
