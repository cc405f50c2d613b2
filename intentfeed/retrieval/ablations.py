"""What each semantic loss brings, and what β does: the ablations of RecGPT-V1, 7.4, check 4."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fit_towers import FitConfig, fit
from .fuse import fuse_scores
from .held_out import HeldOut
from .nearest import best
from .paper_config import PaperConfig
from .towers import Towers, interest_scores

BETAS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
VARIANTS: dict[str, dict[str, float | int]] = {
    "L_TAR": {},
    "without L_tag": {"alpha": 0.0},
    "without L_cate": {"alpha": 1.0},
    "without L_sem": {"tag_batch": 0},
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What each held-out person is asked with, beside their history: a tag, and where it leads."""

    tags: Sequence[str]
    category: NDArray[np.int32]
    """φ of each tag, as a row of the catalogue's categories; 0 where it leads nowhere."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    variant: str
    beta: float
    recall: float
    """Share of the people whose held-out item is among the k retrieved, what they took before left out."""
    on_category: float
    """Share of the retrieved items that stand in the tag's category."""


def ablations(
    held: HeldOut, asked: Asked, config: PaperConfig, loop: FitConfig, *, epochs: float, k: int = 30, seed: int = 0
) -> Iterator[Row]:
    """Yield the rows of each variant, all trained equally long from the same beginning."""
    from .paper_network import PaperLearner

    for name, change in VARIANTS.items():
        learner = PaperLearner(held.data, config.model_copy(update=change), seed=seed)
        fit(learner, loop, seed=seed, epochs=epochs)
        yield from sweep(learner.export(), held, asked, k=k, variant=name)


def sweep(towers: Towers, held: HeldOut, asked: Asked, *, k: int, variant: str = "L_TAR") -> list[Row]:
    """Return a row for each β: one fused query a person, h_fuse = β h_u + (1 - β) h_t."""
    users_UI = interest_scores(towers.encode_users(held.histories), towers.item_vectors)
    tags_UI = towers.encode_tags(asked.tags) @ towers.item_vectors.T
    category_I = held.data.catalog.category_I
    rows = []
    for beta in BETAS:
        scores = fuse_scores(users_UI, tags_UI, beta)
        for user, history in enumerate(held.histories):
            scores[user, history.item] = -np.inf
        found = best(scores, k)[0]
        hit = (found == held.targets[:, None]).any(axis=1)
        leads = asked.category > 0
        there = (category_I[found] == asked.category[:, None]) & (found >= 0)
        share = there[leads].sum() / max(int((found[leads] >= 0).sum()), 1)
        rows.append(Row(variant=variant, beta=beta, recall=float(hit.mean()), on_category=float(share)))
    return rows
