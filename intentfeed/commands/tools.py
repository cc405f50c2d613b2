"""What may be done with the items: small tools behind one interface, described to a planner by schema (RecBot, 4.4).

A tool is one file: a name, a sentence, a kind, the arguments it takes, and `run`. It sees the pool, the arguments that
its schema allows and the context below, which names no person. To add one, hand it to the feed beside the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..types import History, Settings
from .records import Memory

if TYPE_CHECKING:
    from .alike import Alike
    from .fields import FieldRegistry
    from .kin import Kin
    from .masks import Masks
    from .witness import Witness

Kind = Literal["restrict", "score", "retrieve", "merge"]
"""Take items away; add a score; bring items that the feed would not look at; put the scores together."""
NO_ROWS = np.zeros(0, dtype=np.int32)
NO_SCORES = np.zeros(0, dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Relaxed:
    """A demand that was eased because too little met it, in words for the person (RecBot, 4.3)."""

    demand_id: str
    how: Literal["widened", "let go"]
    words: str


@dataclass(frozen=True, kw_only=True)
class Pool:
    """What may still be shown, which of it is worth ranking, and what each tool says of it."""

    mask_I: NDArray[np.bool_]
    """All that may still be shown [I]."""
    bonus_I: NDArray[np.float64] | None = None
    """What a tool that restricts adds to the score of an item [I]."""
    focus_I: NDArray[np.bool_] | None = None
    """What is known to meet every preference that the catalogue can decide [I]; None where it can decide none."""
    near_I: NDArray[np.float64] | None = None
    """What a tool adds to the score of an item for being near in kind to what is meant [I], once it has told."""
    nominated: NDArray[np.int32] = field(default_factory=lambda: NO_ROWS)
    """Rows that tools want looked at, in the mask or not."""
    rows: NDArray[np.int32] = field(default_factory=lambda: NO_ROWS)
    """Candidates [C], ascending, all within the mask; none before they have been gathered."""
    base_C: NDArray[np.float64] = field(default_factory=lambda: NO_SCORES)
    """The feed's own score for this person, whatever they asked for."""
    scores: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What each scoring tool adds [C], by its name; all of them are summed."""
    parts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What a score was made of [C], by name, for those who look into it; added to nothing."""
    final_C: NDArray[np.float64] | None = None
    """The sum, once a tool has merged the scores."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """How many items each demand took away, by its id, the first that does counting."""
    relaxed: tuple[Relaxed, ...] = ()
    emptied_by: tuple[str, ...] = ()
    """Demands that left nothing to show, by id; () where something is left, or no demand is to blame."""
    emptied_by_all: bool = False
    """Whether all of those must be taken back before anything is left, or any one of them will do."""

    def scored(self, tool: str, score_C: NDArray[np.float64], **parts: NDArray[np.float64]) -> Pool:
        """Return the pool with a tool's score; `parts` are kept beside it."""
        return replace(self, scores={**self.scores, tool: score_C}, parts={**self.parts, **parts})


class Items(Protocol):
    """What the items' text says, as unit vectors that a text's vector may be compared with."""

    @property
    def vectors_ID(self) -> NDArray[np.float32]:  # noqa: N802
        """One row an item; zero for one without text."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors_TD; zero for a text without a known word."""
        ...

    def search(self, query_D: NDArray[np.float32], k: int, mask_I: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the k nearest items within the mask, best first."""
        ...


class ActiveIntent(Protocol):
    """A collaborative score that knows what was asked for (RecBot, 5.2): the seam for a trained model."""

    def scores(self, history: History, intent_texts: Sequence[str], rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return how well each row goes with the history in the light of the texts, newest last [C], on any scale."""
        ...

    def search(
        self, history: History, intent_texts: Sequence[str], k: int, mask: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the k best rows where the mask allows, with their scores."""
        ...


@dataclass(frozen=True, kw_only=True)
class ToolContext:
    """All that a tool may know besides its pool and its arguments."""

    memory: Memory
    """What holds, after this command."""
    registry: FieldRegistry
    masks: Masks
    witness: Witness
    items: Items
    alike: Alike
    """What a cosine means in this catalogue."""
    history: History
    """What was taken up, without a name."""
    k: int
    """Places on the slate."""
    active: ActiveIntent | None = None
    kin: Kin | None = None
    """The category tree; None where nothing is near anything."""
    screen: NDArray[np.int32] = field(default_factory=lambda: NO_ROWS)
    """Rows that were on the screen when the person spoke."""


class Tool(Protocol):
    """One thing that a planner may ask for."""

    @property
    def name(self) -> str:
        """What a plan calls it."""
        ...

    @property
    def description(self) -> str:
        """What it does and when to use it, for a planner to read."""
        ...

    @property
    def kind(self) -> Kind:
        """When it runs: all that retrieve, then all that restrict, then all that score, then the one that merges."""
        ...

    @property
    def args(self) -> type[Settings]:
        """What it is told; its JSON schema is shown to the planner, and nothing else gets through."""
        ...

    def run(self, pool: Pool, args: Any, context: ToolContext) -> Pool:
        """Return the pool with what the tool did; `args` is of the kind that `args` names."""
        ...


@runtime_checkable
class Nominates(Protocol):
    """A scoring tool that knows items which the feed might not look at."""

    def nominate(self, pool: Pool, args: Any, context: ToolContext) -> Pool:
        """Return the pool with its `nominated` rows and its `focus_I`, before candidates are gathered."""
        ...


Tools = Mapping[str, Tool]
"""By name."""
