"""Where a training stands, on disk: written beside its place and renamed, so that a kill leaves the one before.

Randomness has no state here: every epoch's generator and every step's seed are made from the seed, the epoch and the
step. What must be kept is the network, the optimiser, the place, and the best state so far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.store import replacing
from ..errors import DataError

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

LAST = "last.pt"


@dataclass
class Standing:
    """How far a training has come."""

    epoch: int = 0
    """Epochs completed."""
    step: int = 0
    """Batches of the next epoch that are done."""
    seconds: float = 0.0
    """Time spent so far, over all the processes that had part in it."""
    losses: list[float] = field(default_factory=list)
    """Mean loss of each epoch."""
    loss_sum: float = 0.0
    """Of the batches done in the next epoch."""
    scores: list[float] = field(default_factory=list)
    """What validation said, each time it was asked."""
    waited: int = 0
    """Times it was asked since the best."""
    best_score: float = -np.inf
    """The best that it said."""
    best_epochs: float = 0.0
    """Length of the training at the best score."""

    @property
    def best_file(self) -> str:
        """The file of the best state, whose name tells which it is."""
        return f"best-{len(self.scores) - self.waited}.pt"


class Checkpoints:
    """The files of one training; `what` names all that bears on its result, and another one's files are refused."""

    def __init__(self, folder: Path, what: str) -> None:
        self.folder, self.what = folder, what

    def save(self, standing: Standing, network: nn.Module, optimizer: Optimizer) -> None:
        """Write where it stands, the best state having been written before; then delete older best ones."""
        import torch

        state = {
            "what": self.what,
            "standing": asdict(standing),
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
        }
        with replacing(self.folder / LAST) as path:
            torch.save(state, path)
        for old in self.folder.glob("best-*.pt"):
            if old.name != standing.best_file:
                old.unlink()

    def save_best(self, standing: Standing, state: Mapping[str, Tensor]) -> None:
        """Write the best state so far under a name of its own, so that the file that `save` last named stays."""
        import torch

        with replacing(self.folder / standing.best_file) as path:
            torch.save(dict(state), path)

    def load(self, network: nn.Module, optimizer: Optimizer) -> tuple[Standing, dict[str, Tensor] | None] | None:
        """Set network and optimiser to where it stood; return that and the best state, None where nothing was kept.

        Raises:
            DataError: what is there belongs to a training of other data, settings or seed.
        """
        import torch

        path = self.folder / LAST
        if not path.exists():
            return None
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["what"] != self.what:
            raise DataError(
                f"{self.folder} holds a training with other data, settings or seed: give the same ones, or start anew "
                "without resuming"
            )
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        standing = Standing(**state["standing"])
        if not standing.scores:
            return standing, None
        return standing, torch.load(self.folder / standing.best_file, map_location="cpu", weights_only=True)

    def clear(self) -> None:
        """Delete what is there."""
        for path in (self.folder / LAST, *self.folder.glob("best-*.pt")):
            path.unlink(missing_ok=True)


def save_batch(folder: Path, batch: Mapping[str, NDArray[Any]], name: str) -> Path:
    """Write a batch as `.npz`, atomically, and return where: `numpy.load` reads it."""
    path = folder / f"{name}.npz"
    arrays: dict[str, Any] = dict(batch)
    with replacing(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, **arrays)
    return path
