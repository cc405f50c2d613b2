"""Which items are worth ranking for one person: the best of every source, each scored exactly by all of them.

A few hundred candidates stand for the catalogue. What a filter drops among them is kept, marked as dropped, so that it
can be told. Filters that leave few rows make all of those candidates: nothing can then be missed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from .answers import Answer
from .config import SourceName
from .filters import Allowed
from .sources import Source
from .strangers import BORROWED, Strangers
from .taste import Taste

NARROW = 1_000
"""Where no more rows than this may be shown, or exist, all are candidates."""
SPARE = 20
"""Places beyond those asked for, which items may take that may not be shown."""
PEOPLE = 512
"""People for whom is kept what the sources bring."""
Lists = list[NDArray[np.int32]]
Sources = Mapping[SourceName, Source]


@dataclass(frozen=True)
class Gathered:
    """Candidates of one person: rows in ascending order, and what each source says of each."""

    rows: NDArray[np.int32]
    """[C]; those that may not be shown are among them."""
    kept: NDArray[np.bool_]
    """[C]: which may be shown."""
    names: tuple[SourceName, ...]
    scores_SC: NDArray[np.float32]
    """Exact, each source's own scale."""

    def score(self, name: SourceName) -> NDArray[np.float32]:
        """Return what one source says of the candidates [C]."""
        scores_C: NDArray[np.float32] = self.scores_SC[self.names.index(name)]
        return scores_C

    def at(self, rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the places of rows that are candidates."""
        return np.searchsorted(self.rows, rows)


class Usual:
    """What the sources bring to somebody whatever is asked for, kept while the same person goes on asking.

    It is what they would bring anew: a history that has grown is another one.
    """

    def __init__(self, room: int = PEOPLE) -> None:
        self._room = room
        self._kept: OrderedDict[int, tuple[Taste, int, Sources, Lists]] = OrderedDict()
        self._lock = Lock()

    def of(self, taste: Taste, depth: int, sources: Sources, search: Callable[[], Lists]) -> Lists:
        """Return the rows that each source brings to this person; asked by `search` where they are not kept."""
        at = id(taste.history)  # a kept history stays alive, so that no other one has its number
        with self._lock:
            kept = self._kept.get(at)
            if kept and kept[0].history is taste.history and kept[:2] == (taste, depth) and kept[2] is sources:
                self._kept.move_to_end(at)
                return kept[3]
        found = search()
        with self._lock:
            self._kept[at] = (taste, depth, sources, found)
            self._kept.move_to_end(at)
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return found


class Asked:
    """The sources, asked about one person once: what they said answers further questions of the same query."""

    def __init__(
        self,
        sources: Sources,
        taste: Taste,
        allowed: Allowed,
        *,
        n_items: int,
        strangers: Strangers | None = None,
        usual: Usual | None = None,
    ) -> None:
        self._taste, self._sources, self._usual = taste, sources, usual
        self.answers: dict[SourceName, Answer] = {name: of.ask(taste) for name, of in sources.items()}
        self.allowed = allowed
        self.n_items = n_items
        self.strangers = strangers

    @property
    def narrow(self) -> bool:
        """Whether all that may be shown is looked at."""
        return self.n_items <= NARROW or (self.allowed.demanding and len(self.allowed.rows) <= NARROW)

    def candidates(self, depth: int) -> NDArray[np.int32]:
        """Return the union of the sources' `depth` best, with what was dropped on the way; ascending."""
        if self.n_items <= NARROW:
            return np.arange(self.n_items, dtype=np.int32)
        found = self._unfiltered(depth)
        if self.narrow:
            found = [*found, self.allowed.rows]
        else:
            found = found + [
                self._deeper(answer, rows, depth) for answer, rows in zip(self.answers.values(), found, strict=True)
            ]
        return np.unique(np.concatenate(found))

    def _unfiltered(self, depth: int) -> Lists:
        """Return what each source brings, of everything there is."""

        def search() -> Lists:
            return [answer.search(depth + SPARE)[0] for answer in self.answers.values()]

        return search() if self._usual is None else self._usual.of(self._taste, depth, self._sources, search)

    def _deeper(self, answer: Answer, rows: NDArray[np.int32], depth: int) -> NDArray[np.int32]:
        """Return what more a source brings where too many of its best may not be shown."""
        if len(rows) < depth + SPARE or np.count_nonzero(self.allowed.of(rows)) >= depth:
            return rows[:0]
        return answer.search(depth, self.allowed.mask_I)[0]

    def scored(self, rows: NDArray[np.int32]) -> Gathered:
        """Return these rows with the exact scores of every source."""
        scores_SC = np.stack([answer.score(rows) for answer in self.answers.values()]).astype(np.float32)
        if self.strangers is not None and (new := self.strangers.among(rows)).any():
            self._lend(scores_SC, rows, new, self.strangers)
        return Gathered(rows, self.allowed.of(rows), tuple(self.answers), scores_SC)

    def _lend(
        self, scores_SC: NDArray[np.float32], rows: NDArray[np.int32], new: NDArray[np.bool_], strangers: Strangers
    ) -> None:
        """Give items that nobody took up what the sources that count events say of their like."""
        kin_RK, share_RK = strangers.kin(rows[new])
        like, place = np.unique(kin_RK, return_inverse=True)
        for at, (name, answer) in enumerate(self.answers.items()):
            if name in BORROWED:
                lent_RK = answer.score(like)[place.reshape(kin_RK.shape)] * share_RK
                scores_SC[at, new] = lent_RK.sum(axis=1)
