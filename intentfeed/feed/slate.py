"""The k to show: best first, no item twice, and neither a tag nor a category with more than its share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WAITING = np.float32(-1e6)
"""Below every score that is one; added to those that come only when nothing else is left."""


def compose(
    total_I: NDArray[np.float32],
    base_I: NDArray[np.float32],
    tag_I: NDArray[np.int32],
    *,
    k: int,
    per_tag: int,
    category_I: NDArray[np.int32] | None = None,
    per_category: int = 0,
) -> list[tuple[int, int]]:
    """Return (item, tag or -1) of each place; fewer than k where fewer may be shown.

    `total_I` counts the tags, `base_I` does not; -inf may not be shown. A tag that has brought `per_tag` items is
    spent: its other items stand or fall by what they are worth without it. A category that has `per_category` items
    waits until nothing else is left; code 0, the unknown one, never does. Equal scores go in row order.
    """
    total, tags = total_I.copy(), tag_I.copy()
    n_of_tag: dict[int, int] = {}
    n_of_category: dict[int, int] = {}
    slate: list[tuple[int, int]] = []
    while len(slate) < min(k, len(total)):
        item = int(total.argmax())
        if total[item] == -np.inf:
            break
        tag = int(tags[item])
        slate.append((item, tag))
        total[item] = -np.inf
        tags[item] = -1
        if tag >= 0:
            n_of_tag[tag] = n_of_tag.get(tag, 0) + 1
            if n_of_tag[tag] == per_tag:
                spent = tags == tag
                waiting = total[spent] <= WAITING / 2
                total[spent], tags[spent] = base_I[spent] + np.where(waiting, WAITING, np.float32(0)), -1
        category = int(category_I[item]) if category_I is not None else 0
        if category and per_category:
            n_of_category[category] = n_of_category.get(category, 0) + 1
            if n_of_category[category] == per_category:
                total[category_I == category] += WAITING
    return slate


def places(k: int, share: float) -> int:
    """Return how many of k places a share is: rounded down, but one at least."""
    return max(1, int(k * share + 1e-9))
