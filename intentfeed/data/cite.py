"""A digest and the history behind it → numbered lines, and the events that each of them tells [ours].

A model cites lines by number; here the numbers become events again, exactly, so that evidence can be checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..types import ACTION_CODE, NO_TIME, History
from .buckets import NO_DAY, cut
from .digest_parse import read_line
from .facts import VERBS, CompressConfig, verbs_of
from .item_table import plain_texts
from .tokens import count_tokens

_DAY_S = 86_400
_SEARCH = ACTION_CODE["search"]
_VERB_CODE = {verb: code for code, verb in enumerate(VERBS)}
_BRACKETS = str.maketrans("[]［］【】", "      ")
MAX_ITEMS = 12
"""On one numbered line; a longer one is cut, so that citing it still points at something."""
_AROUND = 7
"""Tokens of the number, the bar and the line breaks at most."""
MAX_TEXT_CHARS = 160
"""Of one item or query as shown."""

Fact = tuple[int, str]
"""A bucket with a verb, as one number, and a text."""


@dataclass(frozen=True, slots=True)
class CitedLine:
    """Some things to which the same was done in the same periods."""

    number: int
    """What an answer cites, from 1."""
    when: str
    """Such as `2025-03-18 (viewed details), 2025-02 (purchased)`."""
    texts: tuple[str, ...]
    """Items and queries, as the digest has them but for brackets, which are for numbers alone."""
    event_ids: tuple[int, ...]
    """The events behind it, oldest first."""

    @property
    def said(self) -> str:
        """The items and queries in one line."""
        return ", ".join(self.texts)


@dataclass(frozen=True, slots=True)
class CitedHead:
    """A line of the digest: its periods, and its numbered parts."""

    when: str
    parts: tuple[CitedLine, ...]


@dataclass(frozen=True, slots=True)
class Citations:
    """The numbered lines of one digest."""

    lines: tuple[CitedLine, ...]

    def heads(self) -> Iterator[CitedHead]:
        """Yield the lines in order, those that follow one another with the same periods under one head."""
        start = 0
        for at in range(1, len(self.lines) + 1):
            if at == len(self.lines) or self.lines[at].when != self.lines[start].when:
                yield CitedHead(self.lines[start].when, self.lines[start:at])
                start = at

    def numbered(self) -> str:
        """Return the text: `[7] when | item, item`, and of a longer one the head and each part on a line."""
        return "\n".join(
            f"[{head.parts[0].number}] {head.when} | {head.parts[0].said}"
            if len(head.parts) == 1
            else "\n".join([f"{head.when}:", *(f"[{line.number}] {line.said}" for line in head.parts)])
            for head in self.heads()
        )

    def newest(self, tokens: int) -> Citations:
        """Return the first lines, as many as fit into so many tokens."""
        left = tokens
        for at, line in enumerate(self.lines):
            left -= count_tokens(line.when) + count_tokens(line.said) + _AROUND
            if left < 0:
                return Citations(self.lines[:at])
        return self

    def events(self, lines: Iterable[int]) -> tuple[int, ...]:
        """Return the ids of the events that these lines tell, in ascending order; what is no line tells nothing."""
        wanted = {number for number in lines if 1 <= number <= len(self.lines)}
        return tuple(sorted({event for number in wanted for event in self.lines[number - 1].event_ids}))


def citations(
    digest: str,
    history: History,
    texts: Sequence[str],
    *,
    as_of: date,
    config: CompressConfig,
    group_N: NDArray[np.int32] | None = None,
    instead: Mapping[str, str] | None = None,
) -> Citations:
    """Return the numbered lines of a digest that `compress` wrote from this history on the same day and settings.

    `texts` are the short texts of the catalogue's rows as `item_table` has them. With `group_N`, a number for each
    event such as its category, things of one group stand together and a line holds one group only. Texts in `instead`
    are shown as it says.

    An event is behind every line that shows what it says, and behind none where the budget dropped it.
    """
    labels, facts = _facts(history, texts, as_of, config)
    places: dict[Fact, list[int]] = {}
    for place, fact in facts:
        places.setdefault(fact, []).append(place)
    group_of = _groups(facts, group_N)
    ids = history.event_id.tolist()
    code_of = {label: code for code, label in enumerate(labels)}
    lines: list[CitedLine] = []
    for number, row in enumerate(digest.split("\n") if digest else [], start=1):
        when, contexts, items = read_line(row, number)
        moments = [
            code_of[label] * len(VERBS) + _VERB_CODE[verb]
            for label, verbs in contexts
            if label in code_of
            for verb in verbs
            if verb in _VERB_CODE
        ]
        for part in _parts(items, group_of):
            behind = sorted(place for text in part for moment in moments for place in places.get((moment, text), ()))
            lines.append(
                CitedLine(
                    len(lines) + 1,
                    when,
                    tuple(_shown((instead or {}).get(text, text)) for text in part),
                    tuple(ids[place] for place in behind),
                )
            )
    return Citations(tuple(lines))


def _facts(
    history: History, texts: Sequence[str], as_of: date, config: CompressConfig
) -> tuple[list[str], list[tuple[int, Fact]]]:
    """Return the labels of the periods, and what each deliberate event says, by its place in the history."""
    verb, reliable = verbs_of(history.action, history.value, config)
    places = np.flatnonzero(reliable)
    time_s = history.time_s[places]
    day = np.where(time_s == NO_TIME, NO_DAY, time_s // _DAY_S)
    buckets, bucket = cut(
        day, as_of=as_of, day_until=config.day_until, month_until=config.month_until, labels=config.labels
    )
    moment = (bucket * len(VERBS) + verb[places]).tolist()
    said = _texts(history, texts, places, config)
    return buckets.labels, [(place, (moment[at], said[at])) for at, place in enumerate(places.tolist())]


def _texts(history: History, texts: Sequence[str], places: NDArray[np.int64], config: CompressConfig) -> list[str]:
    """Return the text of each of the events: a search shows its query, anything else its item."""
    rows, searches = history.item[places].tolist(), (history.action[places] == _SEARCH).tolist()
    said, asked = [], {}
    for place, row, search in zip(places.tolist(), rows, searches, strict=True):
        query = history.query[place]
        if row >= 0 and not (search and query is not None):
            said.append(texts[row])
        else:
            asked[len(said)] = (query or "")[: config.max_query_chars]
            said.append("")
    clean = plain_texts(pl.Series(list(asked.values()), dtype=pl.String)).to_list()
    for at, text in zip(asked, clean, strict=True):
        said[at] = text or "unnamed"
    return said


def _groups(facts: Iterable[tuple[int, Fact]], group_N: NDArray[np.int32] | None) -> dict[str, int]:
    """Return the group of each text: that of its newest event which has one."""
    if group_N is None:
        return {}
    group = group_N.tolist()
    return {text: group[place] for place, (_, text) in facts if group[place]}


def _parts(items: Sequence[str], group_of: dict[str, int]) -> Iterator[Sequence[str]]:
    """Yield the items of a line in parts of one group and not too long, groups by their newest item."""
    by_group: dict[int, list[str]] = {}
    for text in items:
        by_group.setdefault(group_of.get(text, 0), []).append(text)
    for together in by_group.values():
        for lo in range(0, len(together), MAX_ITEMS):
            yield together[lo : lo + MAX_ITEMS]


def _shown(text: str) -> str:
    """Return a text as it is shown: without brackets, and not too long."""
    return " ".join(text[:MAX_TEXT_CHARS].translate(_BRACKETS).split()) or "unnamed"
