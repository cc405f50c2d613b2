"""What is trained and how: the data that towers learn from, what a model brings, the settings of the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.catalog import Catalog
from ..types import Interactions, Settings, TextEncoder
from .towers import Towers

if TYPE_CHECKING:
    from torch import Tensor, nn

Batch = Mapping[str, NDArray[Any]]
"""What one step learns from: named arrays, nothing else, so that any batch can be saved and looked at."""
Watch = Callable[[], float]
"""Says how good the network is as it stands, on validation; more is better."""
Progress = Callable[[str, int, int], None]
"""Told of (what is being done, steps done, of)."""


def quiet(_what: str, _done: int, _of: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, kw_only=True)
class TowerData:
    """What towers learn from."""

    catalog: Catalog
    log: Interactions
    encoder: TextEncoder
    user_ids: Sequence[str] = ()
    """Whose number in `log` is which; () where nobody has a name, and everybody is a stranger."""
    tags: Mapping[int, Sequence[str]]
    """Row of an item → phrases that describe it (U22); may be empty."""


class FitConfig(Settings):
    """How the loop trains, whatever it trains; the defaults are U25's."""

    lr: float = Field(default=1e-3, gt=0)
    """Learning rate of Adam."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Pull of every weight to zero, as in AdamW; 0 is plain Adam."""
    warmup_steps: int = Field(default=0, ge=0)
    """Steps over which the learning rate rises from nothing."""
    clip: float = Field(default=5.0, gt=0)
    """Longest gradient of a step."""
    epochs: int = Field(default=100, ge=1)
    """At most so many."""
    patience: int = Field(default=3, ge=1)
    """Epochs without a gain on validation after which it ends."""
    threads: int = Field(default=1, ge=1)
    """Threads of torch: sums cut otherwise differ in the last bit, so that the number bears on the result."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where; `auto` takes a GPU that is there."""
    mixed: bool = True
    """Half of the precision (bfloat16) where a GPU has it."""
    checkpoint_s: float = Field(default=60.0, ge=0)
    """Seconds between checkpoints; one more after each epoch."""


class Learner(Protocol):
    """What a model provides to be trained by `fit`."""

    @property
    def network(self) -> nn.Module:
        """Every parameter and buffer that training changes. Made under `seeded`, so that a seed means one beginning."""
        ...

    @property
    def steps(self) -> int:
        """Batches of an epoch; it may cut a large log into several epochs, so that validation is asked often enough."""
        ...

    def batches(self, epoch: int, generator: np.random.Generator) -> Iterator[Batch]:
        """Yield the `steps` batches of an epoch, all chance from `generator`; it may be asked again for the same."""
        ...

    def loss(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the loss of a batch, whose arrays are tensors on the network's device; torch's chance may be used."""
        ...

    def export(self) -> Towers:
        """Return the towers as the network stands, ready to serve."""
        ...


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What a training came to; the learner's network holds the best state."""

    epochs: float
    """Length of the training that the kept state had."""
    score: float | None
    """Its validation score; None where nobody watched."""
    seconds: float
    """All the time that was spent, validation included."""
    scores: tuple[float, ...]
    """Validation scores, one an epoch."""
    losses: tuple[float, ...]
    """Mean loss of each epoch."""
    why: Literal["patience", "time", "epochs"]
    """What ended it."""
