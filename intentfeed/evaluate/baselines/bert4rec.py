"""BERT4Rec (Sun et al., 2019) with softmax loss: what stood at the masked places, seen from both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .sequential import Sequential, SequentialConfig
from .windows import Lesson, Windows, rows_of


class Bert4RecConfig(SequentialConfig):
    """Size, regularisation and length of training, and what is masked."""

    hidden: int = 4
    """Width of the layer within each block, as a multiple of `width`."""
    masked: float = 0.3
    """Share of a window's events that is masked."""
    last: float = 0.5
    """Share of the windows in which only the last event is masked, as when it is asked in earnest [ours: the window
    then ends anywhere, so that every event comes to be the last]."""
    epochs: int = 60
    """Times that the log is seen, where validation did not say; each asks about a part of the events only."""


class Bert4Rec(Sequential):
    """A transformer that sees both ways, items read and foretold through one embedding."""

    name: ClassVar[str] = "bert4rec"
    TRIED: ClassVar[Sequence[Mapping[str, object]]] = (
        {},
        {"last": 1.0},
        {"dropout": 0.5},
        {"masked": 0.5, "last": 0.25},
        {"length": 100, "dropout": 0.2, "batch": 32, "learning_rate": 1e-3},
        {"length": 20},
        {"hidden": 1},
        {"only_new": True},
        {"only_new": True, "last": 1.0},
        {"width": 128, "dropout": 0.5, "learning_rate": 1e-3},
    )
    config: Bert4RecConfig
    CAUSAL: ClassVar[bool] = False
    TARGETS: ClassVar[int] = 0

    def __init__(self, config: Bert4RecConfig | None = None) -> None:
        super().__init__(config or Bert4RecConfig())

    def lesson(self, windows: Windows, rows: NDArray[np.int64], mask: int, rng: np.random.Generator) -> Lesson:
        """Return the windows with some events masked; where none would be, the last one is."""
        whole_B = windows.n[rows]
        last_B = rng.random(len(rows)) < self.config.last
        n_B = np.where(last_B, rng.integers(np.maximum(windows.fresh[rows], 1), whole_B) + 1, whole_B)
        token_BL = rows_of(windows, rows, n_B, mask)
        at_L = np.arange(token_BL.shape[1])
        event_BL = np.where(at_L < n_B[:, None], windows.start[rows][:, None] + at_L, 0)
        free_BL = (at_L < n_B[:, None]) & windows.asked[event_BL]
        masked_BL = (rng.random(token_BL.shape) < self.config.masked) & free_BL & ~last_B[:, None]
        none_B = ~masked_BL.any(axis=1)
        masked_BL[none_B, n_B[none_B] - 1] = True
        masked_BL &= free_BL
        target_T = token_BL[masked_BL]
        token_BL[masked_BL] = mask
        return Lesson(token_BL, n_B, np.flatnonzero(masked_BL), target_T)

    def question(self, history: NDArray[np.int32], mask: int) -> NDArray[np.int32]:
        """Return the newest of the history and a mask behind them."""
        return np.append(history[max(len(history) - self.config.length + 1, 0) :], np.int32(mask)).astype(np.int32)
