"""Reasons from the log alone, for items without any text [ours]: other people chose this with something you had."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..types import ACTIONS, RELIABLE, Backend, Claim, History, Interactions, Reason
from .events import DEEDS, TOGETHER
from .frames import shipped
from .rules import LengthRule
from .words import length

_RELIABLE_CODES = np.array([code for code, action in enumerate(ACTIONS) if action in RELIABLE], dtype=np.int8)


class Companions:
    """Knows how many people choose two items together, and nobody's name: whose id is deleted leaves none behind."""

    backend: Backend = "grounded"

    def __init__(self, item_ids: list[str], indptr: NDArray[np.int64], users: NDArray[np.int32]) -> None:
        self._item_of = {item_id: row for row, item_id in enumerate(item_ids)}
        self._item_ids, self._indptr, self._users = item_ids, indptr, users
        self._frames = shipped().of("event", "generic")
        self._sets: dict[int, frozenset[int]] = {}

    @classmethod
    def fit(cls, log: Interactions, *, item_ids: list[str]) -> Companions:
        """Return which people, by number, acted deliberately on each item."""
        keep = np.isin(log.action, _RELIABLE_CODES)
        pairs = np.unique(np.stack([log.item[keep], log.user[keep]], axis=1), axis=0)
        indptr = np.zeros(log.n_items + 1, dtype=np.int64)
        np.cumsum(np.bincount(pairs[:, 0], minlength=log.n_items), out=indptr[1:])
        return cls(item_ids, indptr, pairs[:, 1].astype(np.int32))

    def save(self, folder: Path) -> None:
        """Write which numbers acted on what."""
        np.savez_compressed(
            folder / "companions.npz",
            indptr=self._indptr,
            users=self._users,
            item_ids=np.array(self._item_ids, dtype=np.str_),
        )

    @classmethod
    def load(cls, folder: Path) -> Companions:
        """Read what `save` wrote."""
        with np.load(folder / "companions.npz") as data:
            return cls(data["item_ids"].tolist(), data["indptr"], data["users"])

    def others(self, item: int, other: int, *, own: Collection[int]) -> int:
        """Return how many people acted on both, beside the one whose own choices are given.

        What came after the fit was chosen by nobody yet.
        """
        if item == other or not 0 <= min(item, other) <= max(item, other) < len(self._item_ids):
            return 0
        both = len(self._chosen_by(item) & self._chosen_by(other))
        return max(0, both - (item in own and other in own))

    def explain(self, history: History, item_id: str) -> Reason | None:
        """Return a sentence that ties the item to what the person did, or None where nobody else chose both.

        The deed with most people in common is cited; of equals, the latest.
        """
        item = self._item_of.get(item_id, -1)
        own, best, place = chosen(history), 1, -1
        for n in range(len(history) - 1, -1, -1):
            if ACTIONS[int(history.action[n])] in DEEDS:
                shared = self.others(item, int(history.item[n]), own=own)
                if shared > best:
                    best, place = shared, n
        if place < 0:
            return None
        action, event = ACTIONS[int(history.action[place])], int(history.event_id[place])
        draw = blake2b(f"{history.user_id}\t{item_id}".encode(), digest_size=8).digest()
        frames = [frame for frame in self._frames if frame.n_fixed + length(DEEDS[action]) <= LengthRule().max_words]
        frame = frames[int.from_bytes(draw, "little") % len(frames)]
        claims = [Claim(kind="event", text=DEEDS[action], value=action, event_ids=(event,))]
        claims += [Claim(kind="event", text=words, value=TOGETHER, event_ids=(event,)) for words, _ in frame.phrases]
        return Reason(
            text=frame.text.replace("{deed}", DEEDS[action]), kind="item", claims=tuple(claims), frame=frame.id
        )

    def _chosen_by(self, item: int) -> frozenset[int]:
        found = self._sets.get(item)
        if found is None:
            found = frozenset(self._users[self._indptr[item] : self._indptr[item + 1]].tolist())
            self._sets[item] = found
        return found


def chosen(history: History) -> frozenset[int]:
    """Return the rows of the items that a person acted on deliberately."""
    kept = history.item[np.isin(history.action, _RELIABLE_CODES)]
    return frozenset(kept[kept >= 0].tolist())
