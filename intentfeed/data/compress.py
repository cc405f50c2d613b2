"""Events of a partition → one digest a user, within a token budget (RecGPT-V1, 2). Calls no model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from .facts import PURCHASED, VERBS, CompressConfig, Counts, Facts, find_facts
from .item_table import ItemTable, item_table
from .lines import Lines, find_lines
from .schema import DIGESTS
from .sorting import Ints, compact, lengths, run_starts, spread
from .tokens import count_tokens

__all__ = ["CompressConfig", "compress", "facts_table", "totals"]


def compress(
    events: pl.DataFrame, items: pl.DataFrame | ItemTable, config: CompressConfig, *, as_of: date
) -> pl.DataFrame:
    """Return the digests of a partition, one row a user of `events`, in the columns of schema.DIGESTS.

    `events` has the columns of schema.EVENTS, in any order. `items` has `item_id` and `short`; make it with
    `item_table(catalog.frame)`, once, so that full records are counted and the work is not repeated. A user without
    deliberate events gets an empty text. One user's row does not depend on who else is in the partition.

    What overflows the budget is dropped by fact in this order (U7): undated, then year buckets, month buckets and
    day buckets, each the oldest bucket first and within it the oldest event first; purchases only after everything
    else, in the same order. The shortest such prefix that bisection finds is dropped, and counted in `n_dropped`;
    the text is never above the budget.
    """
    facts, counts = find_facts(events, item_table(items), config, as_of=as_of)
    lines, tokens, n_dropped = _fit(facts, config)
    frame = pl.DataFrame(
        {
            "user_id": facts.users,
            "text": _render(facts, lines),
            "n_lines": np.bincount(lines.user, minlength=len(facts.users)),
            "n_dropped": n_dropped,
            "tokens_after": tokens,
            **_columns(counts),
        }
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in DIGESTS.items())


def facts_table(
    events: pl.DataFrame, items: pl.DataFrame | ItemTable, config: CompressConfig, *, as_of: date
) -> pl.DataFrame:
    """Return step 1 alone: user_id, bucket, action and the list of item texts, newest first, before any budget."""
    facts, _ = find_facts(events, item_table(items), config, as_of=as_of)
    labels, verbs = pl.Series(facts.buckets.labels, dtype=pl.String), pl.Series(VERBS)
    flat = pl.DataFrame(
        {
            "user_id": facts.users.gather(facts.user),
            "bucket": labels.gather(facts.bucket),
            "action": verbs.gather(facts.verb),
            "items": facts.texts.gather(facts.text),
        }
    )
    return flat.group_by("user_id", "bucket", "action", maintain_order=True).agg("items")


def totals(digests: pl.DataFrame, *, window_tokens: int = 128_000) -> Mapping[str, float]:
    """Return tokens in all at each stage, and the share of users whose log fits a window at each (2.5, 2.6.5)."""
    stages = [name for name in DIGESTS if name.startswith("tokens_")]
    sums = digests.select(pl.col(stages).sum()).row(0, named=True)
    shares = digests.select((pl.col(stages) <= window_tokens).mean()).row(0, named=True)
    return {
        "users": digests.height,
        **digests.select(pl.col("n_events", "n_reliable", "n_lines", "n_dropped").sum()).row(0, named=True),
        **{name: sums[name] or 0 for name in stages},
        **{name.replace("tokens_", "share_within_window_"): shares[name] or 0.0 for name in stages},
    }


def _columns(counts: Counts) -> dict[str, Ints]:
    names = ("n_events", "n_reliable", "tokens_raw", "tokens_before", "tokens_short")
    return {name: getattr(counts, name) for name in names}


# Tokens


def _fit(facts: Facts, config: CompressConfig) -> tuple[Lines, Ints, Ints]:
    """Return lines within the budget, their tokens and the number of facts dropped, by user.

    Bisects, for all overflowing users at once, how many facts to drop from the front of the dropping order. The
    upper end always fits, for without facts there is no text.
    """
    n_users = len(facts.users)
    lines = find_lines(facts, config.reading)
    tokens = _tokens(facts, lines)
    over = tokens > config.budget_tokens
    dropped = np.zeros(n_users, dtype=np.int64)
    if not over.any():
        return lines, tokens, dropped
    large = facts.where(over[facts.user])
    place = _dropping_order(large)
    low, high = dropped.copy(), np.where(over, np.bincount(large.user, minlength=n_users), 0)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        tried = large.where(place >= middle[large.user])
        fits = _tokens(tried, find_lines(tried, config.reading)) <= config.budget_tokens
        low, high = np.where(fits, low, middle), np.where(fits, middle, high)
    place_all = np.full(len(facts), np.iinfo(np.int64).max)
    place_all[over[facts.user]] = place
    facts = facts.where(place_all >= high[facts.user])
    lines = find_lines(facts, config.reading)
    return lines, _tokens(facts, lines), high


def _dropping_order(facts: Facts) -> Ints:
    """Return the place of each fact among its user's in the order of dropping, 0 first."""
    order = np.lexsort((-facts.age, -facts.bucket, facts.verb == PURCHASED, facts.user))
    starts = run_starts(facts.user[order])
    place = np.empty(len(facts), dtype=np.int64)
    place[order] = np.arange(len(facts)) - np.repeat(starts, lengths(starts, len(facts)))
    return place


def _tokens(facts: Facts, lines: Lines) -> Ints:
    """Return the tokens of each user's text without writing it: the count adds up over the separators."""
    comma, bar, line_break = (count_tokens(mark) for mark in (", ", " | ", "\n"))
    n_users = len(facts.users)

    def total(user: Ints, weights: Ints) -> Ints:
        return np.bincount(user, weights=weights, minlength=n_users).astype(np.int64)

    label_tokens = np.array([count_tokens(f"{label} ()") for label in facts.buckets.labels], dtype=np.int64)
    masks, mask = compact(lines.context_verbs, 1 << len(VERBS))
    mask_tokens = np.array([count_tokens(_verbs(number)) for number in masks.tolist()], dtype=np.int64)
    context_tokens = label_tokens[lines.context_bucket] + mask_tokens[mask] + comma
    item_tokens = facts.text_tokens[lines.item_text] + comma
    n_lines = np.bincount(lines.user, minlength=n_users)
    tokens: Ints = (
        total(lines.user[lines.context_line], context_tokens)
        + total(lines.user[lines.item_line], item_tokens)
        + n_lines * (bar - 2 * comma)
        + np.maximum(n_lines - 1, 0) * line_break
    )
    return tokens


# Text


def _context_texts(facts: Facts, lines: Lines) -> tuple[list[str], Ints]:
    """Return the distinct contexts as text, such as 2025-03-12 (viewed details), and the index of each context."""
    masks, mask = compact(lines.context_verbs, 1 << len(VERBS))
    pairs, code = compact(lines.context_bucket * len(masks) + mask, len(facts.buckets) * len(masks))
    verbs = [_verbs(number) for number in masks.tolist()]
    labels = facts.buckets.labels
    return [f"{labels[pair // len(masks)]} ({verbs[pair % len(masks)]})" for pair in pairs.tolist()], code


def _verbs(mask: int) -> str:
    return ", ".join(word for place, word in enumerate(VERBS) if mask >> place & 1)


def _render(facts: Facts, lines: Lines) -> pl.Series:
    """Return each user's text, one line an item set.

    Every text is a row of pieces, which carry the separator before them. The pieces of all users are laid one after
    the other into one buffer; a user's text is then a stretch of it, and no string is joined.
    """
    n_users = len(facts.users)
    texts, code = _context_texts(facts, lines)
    contexts = pl.Series(texts, dtype=pl.String)
    table = pl.concat(
        [contexts, "\n" + contexts, ", " + contexts, " | " + facts.texts.alias(""), ", " + facts.texts.alias("")]
    )
    n_contexts, n_texts = len(contexts), len(facts.texts)

    first_context = run_starts(lines.context_line)
    first_item = run_starts(lines.item_line)
    context_sizes = lengths(first_context, len(lines.context_line))
    item_sizes = lengths(first_item, len(lines.item_line))
    line_starts = np.cumsum(context_sizes + item_sizes) - context_sizes - item_sizes

    piece_context = code + 2 * n_contexts
    piece_context[first_context] = code[first_context] + n_contexts
    first_lines = run_starts(lines.user)
    piece_context[first_context[first_lines]] -= n_contexts
    piece_item = lines.item_text + 3 * n_contexts + n_texts
    piece_item[first_item] -= n_texts

    pieces = np.empty(len(piece_context) + len(piece_item), dtype=np.int64)
    pieces[spread(line_starts, context_sizes)] = piece_context
    pieces[spread(line_starts + context_sizes, item_sizes)] = piece_item
    taken = pc.take(table.to_arrow(), pa.array(pieces))
    ends = np.append(line_starts, len(pieces))[np.searchsorted(lines.user, np.arange(n_users + 1))]
    _, offsets, data = taken.buffers()
    offsets = np.frombuffer(offsets, dtype=np.int64)[taken.offset :][ends]
    texts = pa.LargeStringArray.from_buffers(n_users, pa.py_buffer(np.ascontiguousarray(offsets)), data)
    return pl.Series("text", texts)
