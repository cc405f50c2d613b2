"""SASRec (Kang and McAuley, 2018) with softmax loss: from what came before, what comes next, at every place at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .sequential import Sequential, SequentialConfig
from .windows import Lesson, Windows, rows_of


class SasRecConfig(SequentialConfig):
    """Size, regularisation and length of training."""


class SasRec(Sequential):
    """A causal transformer, items read and foretold through one embedding."""

    name: ClassVar[str] = "sasrec"
    TRIED: ClassVar[Sequence[Mapping[str, object]]] = (
        {},
        {"dropout": 0.5},
        {"width": 128, "dropout": 0.5, "learning_rate": 1e-3},
        {"length": 100, "dropout": 0.2, "batch": 32, "learning_rate": 1e-3},
        {"length": 20},
        {"layers": 1},
        {"only_new": True},
        {"only_new": True, "dropout": 0.5},
        {"hidden": 4, "dropout": 0.5},
        {"width": 128, "layers": 1, "batch": 64, "learning_rate": 1e-3},
    )
    CAUSAL: ClassVar[bool] = True
    TARGETS: ClassVar[int] = 1

    def __init__(self, config: SasRecConfig | None = None) -> None:
        super().__init__(config or SasRecConfig())

    def lesson(self, windows: Windows, rows: NDArray[np.int64], mask: int, rng: np.random.Generator) -> Lesson:  # noqa: ARG002
        """Return all but the last event of each window, and at each place the event after it."""
        n_B = windows.n[rows] - 1
        token_BL = rows_of(windows, rows, n_B, mask)
        at_L = np.arange(token_BL.shape[1])
        after_BL = np.where(at_L < n_B[:, None], windows.start[rows][:, None] + at_L + 1, 0)
        asked_BL = (at_L < n_B[:, None]) & (at_L + 1 >= windows.fresh[rows][:, None]) & windows.asked[after_BL]
        return Lesson(token_BL, n_B, np.flatnonzero(asked_BL), windows.item[after_BL[asked_BL]].astype(np.int64))

    def question(self, history: NDArray[np.int32], mask: int) -> NDArray[np.int32]:  # noqa: ARG002
        """Return the newest of the history."""
        return history[-self.config.length :]
