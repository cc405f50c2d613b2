"""History → what a person did lately, by kind, as numbered lines in the form of a digest (RecGPT-V1, 4.4; U18)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..types import ACTION_CODE, ACTIONS, NO_TIME, History, Settings
from .buckets import NO_DAY, cut
from .facts import VERBS

Kind = Literal["views", "purchases", "searches", "others"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_ACTIONS_OF: dict[Kind, tuple[str, ...]] = {
    "views": ("click", "detail_view", "review_read"),
    "purchases": ("purchase",),
    "searches": ("search",),
    "others": ("favorite", "cart", "rate", "tag", "like", "bookmark", "comment", "follow", "review"),
}
_SEARCH = ACTION_CODE["search"]
_LOW = {ACTION_CODE["rate"]: len(ACTIONS), ACTION_CODE["review"]: len(ACTIONS) + 1}
_DAY_S = 86_400
_STRUCTURE = str.maketrans(dict.fromkeys(",|()[]，｜（）［］【】", " "))


class SequenceConfig(Settings):
    """How much of a history is told."""

    views: int = Field(default=200, ge=0)
    """Newest clicks and views."""
    purchases: int = Field(default=100, ge=0)
    """Newest purchases."""
    searches: int = Field(default=100, ge=0)
    """Newest searches."""
    others: int = Field(default=100, ge=0)
    """Newest of what remains: saved, put in the cart, rated and so on. [ours]"""
    items_per_line: int = Field(default=12, ge=1)
    """A longer line is cut in several of the same head, so that citing one still points at something. [ours]"""
    day_until: int = Field(default=30, ge=0, le=36_500)
    """Up to this age in days, told by the day (U3)."""
    month_until: int = Field(default=365, ge=0, le=36_500)
    """Up to this age in days, told by the month; beyond it by the year."""
    max_text_chars: int = Field(default=120, ge=1)
    """Of one item or query."""


@dataclass(frozen=True, slots=True)
class Line:
    """One numbered line: when and how, then what."""

    number: int
    """From 1, over all kinds: what an answer cites."""
    when: str
    """Such as `2025-03-18 (viewed details), 2025-02 (clicked)`."""
    texts: tuple[str, ...]
    """Items or queries, newest first, without characters that structure a line."""
    event_ids: tuple[int, ...]
    """The events behind it, newest first."""
    items: tuple[int, ...]
    """Rows of the catalogue behind it; () for searches."""

    @property
    def text(self) -> str:
        """The line as a digest has it."""
        return f"{self.when} | {', '.join(self.texts)}"


@dataclass(frozen=True, slots=True)
class Sequences:
    """The lines of one person."""

    views: tuple[Line, ...]
    purchases: tuple[Line, ...]
    searches: tuple[Line, ...]
    others: tuple[Line, ...]

    def __iter__(self) -> Iterator[Line]:
        for kind in KINDS:
            yield from getattr(self, kind)

    def __len__(self) -> int:
        return sum(len(getattr(self, kind)) for kind in KINDS)

    def cited(self, numbers: Iterable[int]) -> list[Line]:
        """Return the lines of these numbers, each once, in the order asked; an unknown one is passed over."""
        lines = {line.number: line for line in self}
        return [lines[number] for number in dict.fromkeys(numbers) if number in lines]


def sequences(
    history: History, texts: Sequence[str], config: SequenceConfig | None = None, *, as_of: date
) -> Sequences:
    """Return what a person did lately, by kind, newest first; `texts` are the short texts of the catalogue's rows.

    Events of one period and action form a group, groups with equal sets of items share a line (2.3). What is neither
    a search nor about an item of the catalogue is left out, and so are impressions.
    """
    config = config or SequenceConfig()
    chosen = {kind: _newest(history, kind, getattr(config, kind)) for kind in KINDS}
    places = np.concatenate([chosen[kind] for kind in KINDS])
    dated = history.time_s[places] != NO_TIME
    day = np.where(dated, history.time_s[places] // _DAY_S, NO_DAY)
    buckets, bucket = cut(day, as_of=as_of, day_until=config.day_until, month_until=config.month_until)
    verb = _verbs(history)[places].tolist()
    told = list(zip(places.tolist(), bucket.tolist(), verb, strict=True))
    say = _speaker(history, texts, config.max_text_chars)
    found: dict[Kind, tuple[Line, ...]] = {}
    number = start = 0
    for kind in KINDS:
        stop = start + len(chosen[kind])
        lines = list(_lines(told[start:stop], history, say, buckets.labels, config.items_per_line, first=number + 1))
        found[kind], number, start = tuple(lines), number + len(lines), stop
    return Sequences(**found)


def _newest(history: History, kind: Kind, most: int) -> NDArray[np.int64]:
    """Return the places of a kind's newest events, newest first; undated ones come last."""
    codes = np.array([ACTION_CODE[action] for action in _ACTIONS_OF[kind]], dtype=np.int8)
    mine = np.isin(history.action, codes)
    if kind != "searches":
        mine &= history.item >= 0
    places = np.flatnonzero(mine)[::-1]
    dated = history.time_s[places] != NO_TIME
    if not dated.all():
        places = np.concatenate([places[dated], places[~dated]])
    return places[:most]


def _verbs(history: History) -> NDArray[np.int64]:
    """Return the index into VERBS of each event; a rating under the person's own mean has its own verb."""
    verb = history.action.astype(np.int64)
    rated = np.isin(history.action, list(_LOW)) & ~np.isnan(history.value)
    if rated.any():
        low = rated & (np.nan_to_num(history.value) < float(history.value[rated].mean()) - 1e-9)
        for code, low_code in _LOW.items():
            verb[low & (history.action == code)] = low_code
    return verb


def _speaker(history: History, texts: Sequence[str], most: int) -> Callable[[int], str]:
    """Return how the thing that an event was about is told; each text is cleaned once."""
    known: dict[str, str] = {}

    def say(place: int) -> str:
        row = int(history.item[place])
        asked = row < 0 or int(history.action[place]) == _SEARCH
        raw = (history.query[place] or "") if asked else texts[row] or "unnamed"
        if raw not in known:
            known[raw] = " ".join(raw[: 4 * most].translate(_STRUCTURE).split())[:most].rstrip()
        return known[raw]

    return say


def _lines(
    told: Sequence[tuple[int, int, int]],
    history: History,
    say: Callable[[int], str],
    labels: Sequence[str],
    per_line: int,
    *,
    first: int,
) -> Iterator[Line]:
    """Yield the lines of one kind; `told` holds place, bucket and verb of each event, newest first."""
    order = {place: at for at, (place, _, _) in enumerate(told)}
    groups: dict[tuple[int, int], dict[str, list[int]]] = {}
    for place, bucket, verb in told:
        text = say(place)
        if text:
            groups.setdefault((bucket, verb), {}).setdefault(text, []).append(place)
    merged: dict[frozenset[str], list[tuple[int, int]]] = {}
    for key, group in groups.items():
        merged.setdefault(frozenset(group), []).append(key)
    for keys in merged.values():
        when = _when(keys, labels)
        members = list(groups[keys[0]])
        for lo in range(0, len(members), per_line):
            part = members[lo : lo + per_line]
            places = sorted((at for key in keys for text in part for at in groups[key][text]), key=order.__getitem__)
            rows = dict.fromkeys(int(history.item[place]) for place in places)
            yield Line(
                number=first,
                when=when,
                texts=tuple(part),
                event_ids=tuple(int(history.event_id[place]) for place in places),
                items=tuple(row for row in rows if row >= 0),
            )
            first += 1


def _when(keys: Sequence[tuple[int, int]], labels: Sequence[str]) -> str:
    """Return the periods of a line, newest first, each with what was done in it."""
    verbs: dict[int, list[int]] = {}
    for bucket, verb in sorted(keys):
        verbs.setdefault(bucket, []).append(verb)
    return ", ".join(f"{labels[bucket]} ({', '.join(VERBS[verb] for verb in row)})" for bucket, row in verbs.items())
