"""Today's interests → the standing profile: what stays, what is renamed, what ends, with dates [ours].

RecGPT-V1, 3.9, refreshes the interests every two weeks and does not say what becomes of the old ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from ..types import Interest

SAME = 0.5
"""Share of the smaller evidence that two interests of different keys must have in common to be one under a new name."""


def merge(standing: Sequence[Interest], mined: Sequence[Interest], *, as_of: date) -> list[Interest]:
    """Return the profile after a refresh: kept interests, then ended ones, then the rejections of this refresh.

    An interest that is mined again keeps its id and its first date; under a new name it also keeps the old one in
    `was_named`. One that is not mined again ends on `as_of`, and one that ended comes back when it is mined. With
    nothing new the result equals `standing`.
    """
    old = [interest for interest in standing if interest.status != "rejected"]
    kept = [interest for interest in mined if interest.status == "kept"]
    partner = _partners(old, kept)
    taken = {old[number].interest_id for number in partner.values()}
    ids = _Ids({interest.interest_id for interest in old})
    profile = []
    for place, interest in enumerate(kept):
        if place in partner:
            profile.append(_continued(old[partner[place]], interest))
        else:
            profile.append(replace(interest, interest_id=ids.fresh(interest)))
    why = {interest.key: interest.reason for interest in mined if interest.status == "rejected"}
    profile += [_ended(interest, as_of, why) for interest in old if interest.interest_id not in taken]
    rejected = [interest for interest in mined if interest.status == "rejected"]
    return profile + [replace(interest, interest_id=ids.fresh(interest)) for interest in rejected]


def _partners(old: Sequence[Interest], kept: Sequence[Interest]) -> dict[int, int]:
    """Return, for places in `kept`, the place in `old` of the same interest: by key, then by shared evidence."""
    by_key = {interest.key: place for place, interest in enumerate(old)}
    partner = {place: by_key[interest.key] for place, interest in enumerate(kept) if interest.key in by_key}
    free_new = [place for place in range(len(kept)) if place not in partner]
    free_old = [place for place in range(len(old)) if place not in set(partner.values())]
    evidence = {place: set(old[place].event_ids) for place in free_old}
    pairs = []
    for place in free_new:
        mine = set(kept[place].event_ids)
        for other in free_old:
            smaller = min(len(mine), len(evidence[other]))
            share = len(mine & evidence[other]) / smaller if smaller else 0.0
            if share >= SAME:
                pairs.append((-share, place, other))
    for _, place, other in sorted(pairs):
        if place not in partner and other not in partner.values():
            partner[place] = other
    return partner


def _continued(old: Interest, new: Interest) -> Interest:
    """Return the interest as mined now, under its standing id."""
    renamed = old.name if old.name != new.name else old.was_named
    since = min((day for day in (old.since, new.since) if day is not None), default=None)
    return replace(new, interest_id=old.interest_id, since=since, until=None, was_named=renamed)


def _ended(old: Interest, as_of: date, why: dict[str, str]) -> Interest:
    """Return the interest as ended, on the day it ended first."""
    if old.status == "ended":
        return old
    return replace(old, status="ended", until=as_of, reason=why.get(old.key, old.reason))


class _Ids:
    """Hands out ids that are new to the person: `matched interest_01` or `extended interest_01` (U11)."""

    def __init__(self, used: set[str]) -> None:
        self.used = used

    def fresh(self, interest: Interest) -> str:
        """Return the id the interest came with, or the next free one of its kind."""
        kind = "matched" if interest.listed else "extended"
        number, name = 0, interest.interest_id
        while name in self.used:
            number += 1
            name = f"{kind} interest_{number:02d}"
        self.used.add(name)
        return name
