"""Step 1 of compression: a log in numbers, then each (bucket, action, item) once (RecGPT-V1, 2.1 and 2.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from ..types import ACTION_CODE, ACTIONS, NO_TIME, RELIABLE, Action, Settings
from .buckets import NO_DAY, Buckets, cut
from .coding import encode
from .item_table import ItemTable, plain_texts
from .ratings import below_own_mean
from .sorting import Ints, compact, run_starts, sorted_by
from .tokens import count_tokens, token_expr

VERBS: Final = (
    "was shown", "clicked", "viewed details", "read reviews", "searched", "favourited", "added to cart", "purchased",
    "rated", "tagged", "liked", "bookmarked", "commented", "followed", "reviewed", "rated low", "reviewed low",
)  # fmt: skip
"""What a digest says for each action, in the order of ACTIONS; the two last are ratings under the user's own mean."""
PURCHASED: Final = ACTION_CODE["purchase"]
_LOW: Final = {ACTION_CODE[action]: len(ACTIONS) + place for place, action in enumerate(("rate", "review"))}
_SEARCH: Final = ACTION_CODE["search"]
_DAY_US: Final = 86_400_000_000


class CompressConfig(Settings):
    """How a log becomes digests."""

    reliable: tuple[Action, ...] = tuple(action for action in ACTIONS if action in RELIABLE)
    """Actions that count as deliberate; impressions and plain clicks do not (2.1)."""
    day_until: int = Field(default=30, ge=0, le=36_500)
    """Up to this age in days, one bucket a day."""
    month_until: int = Field(default=365, ge=0, le=36_500)
    """Up to this age in days, one bucket a calendar month; beyond it one a calendar year."""
    labels: Literal["absolute", "relative"] = "absolute"
    """2025-03-18, 2025-01, 2023; or 2 days ago, 2 months ago, 2 years ago."""
    reading: Literal["literal", "per_item"] = "literal"
    """Step 2: lines keyed by equal item sets (the paper's), or by items with equal (time, action) sets [ours]."""
    budget_tokens: int = Field(default=100_000, ge=0)
    """Hard ceiling of one digest: a window of 128k less prompt, interest pool and answer."""
    max_query_chars: int = Field(default=80, ge=1)
    """Longer search queries are cut."""


@dataclass(frozen=True)
class Facts:
    """Each (user, bucket, verb, text) once [F]; sorted by user, bucket and verb, within them newest first."""

    user: Ints
    bucket: Ints
    verb: Ints
    """Index into VERBS."""
    text: Ints
    age: Ints
    """How many deliberate events of the partition are newer than the newest of this fact: unique."""
    users: pl.Series
    """User ids, sorted [U]."""
    texts: pl.Series
    """Item texts and queries that occur [T]."""
    text_tokens: Ints
    buckets: Buckets

    n_ages: int
    """Deliberate events of the partition: above all ages."""

    def __len__(self) -> int:
        return len(self.user)

    def where(self, keep: NDArray[np.bool_]) -> Facts:
        """Return the facts for which `keep` holds; users, texts and buckets stay."""
        columns = ("user", "bucket", "verb", "text", "age")
        return replace(self, **{name: getattr(self, name)[keep] for name in columns})


@dataclass(frozen=True)
class Counts:
    """What each user's log holds, before compression [U]."""

    n_events: Ints
    n_reliable: Ints
    tokens_raw: Ints
    """Every event on a line of its own: day (action) | full item record."""
    tokens_before: Ints
    """The same of deliberate events only: after extraction (2.1)."""
    tokens_short: Ints
    """The same with the short text of the item: after item-level compression (2.2)."""


def find_facts(events: pl.DataFrame, items: ItemTable, config: CompressConfig, *, as_of: date) -> tuple[Facts, Counts]:
    """Return the facts of a partition and the counts of its users, whatever the order of rows."""
    users, user = dictionary(events["user_id"])
    verb, reliable = _verbs(events, user, len(users), config)
    texts, tokens, records, text = _texts(events, items, config)
    time_us = events["timestamp"].dt.epoch("us").fill_null(NO_TIME).to_numpy()
    counts = _count(user, verb, text, time_us, reliable, tokens, records, len(users))

    rows = np.flatnonzero(reliable)
    rows = rows[_newest_first(events, time_us, rows)]
    time_us, user, verb, text = time_us[rows], user[rows], verb[rows], text[rows]
    day = np.where(time_us == NO_TIME, NO_DAY, time_us // _DAY_US)
    buckets, bucket = cut(
        day, as_of=as_of, day_until=config.day_until, month_until=config.month_until, labels=config.labels
    )
    kept = _first_of_each(user, bucket, verb, text, (len(users), len(buckets), len(VERBS), len(texts)))
    used, text = compact(text[kept], len(texts))
    facts = Facts(
        user=user[kept],
        bucket=bucket[kept],
        verb=verb[kept],
        text=text,
        age=kept.astype(np.int32),
        users=users,
        texts=texts.gather(used),
        text_tokens=tokens[used],
        buckets=buckets,
        n_ages=len(rows),
    )
    return facts, counts


def dictionary(column: pl.Series) -> tuple[pl.Series, Ints]:
    """Return the distinct values, sorted, and the index of each row's value; a null is ''."""
    coded = encode(column)
    values, codes = coded.values, coded.codes
    if codes.min(initial=0) < 0:
        codes = np.where(codes < 0, np.int32(len(values)), codes)
        values = values.append(pl.Series([""]))
    order = values.arg_sort().to_numpy()
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return values.gather(order), rank[codes]


def _verbs(events: pl.DataFrame, user: Ints, n_users: int, config: CompressConfig) -> tuple[Ints, NDArray[np.bool_]]:
    """Return `verbs_of` the events of a partition."""
    action = events["action"].cast(pl.Enum(ACTIONS)).to_physical().to_numpy()
    return verbs_of(action, events["value"].fill_null(float("nan")).to_numpy(), config, user, n_users)


def verbs_of(
    action: NDArray[np.integer[Any]],
    value: NDArray[np.float64],
    config: CompressConfig,
    user: Ints | None = None,
    n_users: int = 1,
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return each event's verb and whether it is deliberate; a rating under the user's own mean has its own verb."""
    wanted = np.isin(np.arange(len(ACTIONS)), [ACTION_CODE[name] for name in config.reliable])
    verb = action.astype(np.int32)
    low = below_own_mean(action, value, user, n_users)
    if low.any():
        for code, low_code in _LOW.items():
            verb[low & (action == code)] = low_code
    return verb, wanted[action]


def _texts(events: pl.DataFrame, items: ItemTable, config: CompressConfig) -> tuple[pl.Series, Ints, Ints, Ints]:
    """Return all texts, their tokens, the tokens of the record behind each event, and the text of each event.

    A search shows its query; anything else its item. An item outside the catalogue is "item <id>".
    """
    row = items.lookup.find(events["item_id"])
    asked = row < 0
    if events["query"].null_count() < events.height:
        asked |= (events["action"] == ACTIONS[_SEARCH]).to_numpy() & events["query"].is_not_null().to_numpy()
    others = np.flatnonzero(asked)
    extras, extra = _queries(events.select("action", "item_id", "query")[others], config)
    extra_tokens = extras.to_frame("text").select(token_expr(pl.col("text")))["text"].to_numpy().astype(np.int32)

    # Items of equal text share a code, but not a record: those are counted through the row.
    row[others] = extra + len(items)
    code = np.append(items.numbers("code"), np.arange(len(items), len(items) + len(extras), dtype=np.int32))
    records = np.append(items.numbers("record_tokens"), extra_tokens)
    texts = pl.concat([items.frame["short"].alias("text"), extras.alias("text")])
    return texts, np.append(items.numbers("short_tokens"), extra_tokens), records[row], code[row]


def _queries(events: pl.DataFrame, config: CompressConfig) -> tuple[pl.Series, Ints]:
    """Return the distinct texts, sorted, and which each event shows: its query, or the id of an unknown item."""
    asked = pl.col("query").is_not_null() & (pl.col("item_id").is_null() | (pl.col("action") == ACTIONS[_SEARCH]))
    query = pl.col("query").str.slice(0, config.max_query_chars)
    texts = events.select(text=pl.when(asked).then(query).otherwise("item " + pl.col("item_id")))["text"]
    raw, raw_code = dictionary(texts)
    clean, code = dictionary(plain_texts(raw))
    return clean.replace("", "unnamed"), code[raw_code]


def _count(
    user: Ints,
    verb: Ints,
    text: Ints,
    time_us: Ints,
    reliable: NDArray[np.bool_],
    tokens: Ints,
    record: Ints,
    n_users: int,
) -> Counts:
    """Return the tokens of the log written one event a line, in the form of a digest's line."""
    verb_tokens = np.array([count_tokens(word) for word in VERBS])
    day_tokens = np.where(time_us == NO_TIME, count_tokens("undated"), count_tokens("2025-03-18"))
    line = verb_tokens[verb] + day_tokens + count_tokens(" () | \n")
    cell = user * 2 + reliable  # even: other events, odd: deliberate ones
    n = np.bincount(cell, minlength=2 * n_users).reshape(n_users, 2)

    def total(weights: Ints) -> Ints:
        sums: Ints = np.bincount(cell, weights=weights, minlength=2 * n_users).astype(np.int64).reshape(n_users, 2)
        return sums

    full, short = total(line + record), total(line + tokens[text])
    return Counts(n.sum(axis=1), n[:, 1], full.sum(axis=1), full[:, 1], short[:, 1])


def _newest_first(events: pl.DataFrame, time_us: Ints, rows: Ints) -> Ints:
    """Return the order of `rows` that puts the newest first: by time, position and row number; no time comes last."""
    event_id = events["event_id"].to_numpy()[rows]
    position = events["position"].fill_null(np.iinfo(np.int64).max).to_numpy()[rows]
    time = time_us[rows]
    if np.all(event_id[1:] > event_id[:-1]) and np.all(position[1:] >= position[:-1]):
        if not np.all(time[1:] >= time[:-1]):
            return np.argsort(time, kind="stable")[::-1]
        return np.arange(len(rows))[::-1]
    return np.lexsort((event_id, position, time))[::-1]


def _first_of_each(user: Ints, bucket: Ints, verb: Ints, text: Ints, bounds: tuple[int, int, int, int]) -> Ints:
    """Return the first row of each (user, bucket, verb, text), sorted by the first three and else as they came."""
    n_users, n_buckets, n_verbs, n_texts = bounds
    order = sorted_by((user, n_users), (bucket, n_buckets), (verb, n_verbs))
    starts = run_starts(user[order], bucket[order], verb[order])
    group = np.zeros(len(order), dtype=np.int32)
    group[starts[1:]] = 1
    group = np.cumsum(group, dtype=np.int32)
    text = text[order]
    inner = sorted_by((group, len(starts)), (text, n_texts))
    first = np.zeros(len(order), dtype=np.bool_)
    first[inner[run_starts(group[inner], text[inner])]] = True
    return order[first]
