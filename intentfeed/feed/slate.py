"""The k to show: best first, no item twice, and no tag with more than its share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def compose(
    total_I: NDArray[np.float32],
    base_I: NDArray[np.float32],
    tag_I: NDArray[np.int32],
    *,
    k: int,
    per_tag: int,
) -> list[tuple[int, int]]:
    """Return (item, tag or -1) of each place; fewer than k where fewer may be shown.

    `total_I` counts the tags, `base_I` does not; -inf may not be shown. A tag that has brought `per_tag` items is
    spent: its other items stand or fall by what they are worth without it. Equal scores go in row order.
    """
    total, tags = total_I.copy(), tag_I.copy()
    n_of_tag: dict[int, int] = {}
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
                total[spent], tags[spent] = base_I[spent], -1
    return slate


def places_per_tag(k: int, share: float) -> int:
    """Return how many of k places one tag may fill: its share rounded down, but one at least."""
    return max(1, int(k * share + 1e-9))
