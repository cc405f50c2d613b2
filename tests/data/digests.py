"""Small logs for the compression tests, and compression once more, written slowly and plainly."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, datetime

import polars as pl

from intentfeed.data.compress import CompressConfig
from intentfeed.data.schema import EVENTS
from intentfeed.data.tokens import count_tokens

WORDS = {
    "impression": "was shown", "click": "clicked", "detail_view": "viewed details", "review_read": "read reviews",
    "search": "searched", "favorite": "favourited", "cart": "added to cart", "purchase": "purchased", "rate": "rated",
    "tag": "tagged", "like": "liked", "bookmark": "bookmarked", "comment": "commented", "follow": "followed",
    "review": "reviewed", "rated low": "rated low", "reviewed low": "reviewed low",
}  # fmt: skip
ORDER = list(WORDS)


def log(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Return events of schema.EVENTS from rows that name only what they have."""
    full = [{**dict.fromkeys(EVENTS), "user_id": "u", "event_id": number, **row} for number, row in enumerate(rows)]
    return pl.DataFrame(full, schema=EVENTS)


def plain(text: str) -> str:
    return re.sub(r"[,|()，｜（）\x00-\x1f\x7f-\x9f\s]+", " ", text).strip(" ")


def slot(event: dict, short: dict[str, str], config: CompressConfig) -> tuple[bool, str]:
    """Return whether the text comes from outside the catalogue, and the text: a query is never an item."""
    if event["query"] is not None and (event["item_id"] is None or event["action"] == "search"):
        return True, plain(event["query"][: config.max_query_chars]) or "unnamed"
    if event["item_id"] in short:
        return False, short[event["item_id"]]
    return True, plain(f"item {event['item_id']}") if event["item_id"] is not None else "unnamed"


def bucket(when: datetime | None, config: CompressConfig, as_of: date) -> tuple[tuple[int, int], str]:
    if when is None:
        return (3, 0), "undated"
    age = (as_of - when.date()).days
    if age <= config.day_until:
        return (0, age), when.date().isoformat()
    if age <= config.month_until:
        return (1, (as_of.year - when.year) * 12 + as_of.month - when.month), f"{when.year:04}-{when.month:02}"
    return (2, as_of.year - when.year), f"{when.year:04}"


def slow_facts(events: list[dict], short: dict[str, str], config: CompressConfig, as_of: date) -> list[tuple]:
    """Return one user's (bucket, verb, text, age) facts, newest first; age 0 is the newest reliable event."""
    late = datetime.max.timestamp()
    ratings = [
        event["value"] for event in events if event["action"] in ("rate", "review") and event["value"] is not None
    ]
    mean = sum(ratings) / len(ratings) if ratings else 0.0

    def verb(event: dict) -> str:
        low = event["action"] in ("rate", "review") and event["value"] is not None and event["value"] < mean - 1e-9
        return {"rate": "rated low", "review": "reviewed low"}[event["action"]] if low else event["action"]

    def key(event: dict) -> tuple:
        when = event["timestamp"].timestamp() if event["timestamp"] else -late
        return when, late if event["position"] is None else event["position"], event["event_id"]

    kept = sorted((event for event in events if event["action"] in config.reliable), key=key, reverse=True)
    facts: dict[tuple, int] = {}
    for age, event in enumerate(kept):
        facts.setdefault((bucket(event["timestamp"], config, as_of), verb(event), slot(event, short, config)), age)
    return [(*fact, age) for fact, age in facts.items()]


def slow_lines(facts: list[tuple], config: CompressConfig) -> list[str]:
    """Return the lines of one user's digest from its facts."""
    rows: dict[object, list[tuple]] = defaultdict(list)
    for fact in facts:
        rows[fact[:2] if config.reading == "literal" else fact[2]].append(fact)
    lines: dict[frozenset, list[list[tuple]]] = defaultdict(list)
    for row in rows.values():
        lines[frozenset(fact[2] if config.reading == "literal" else fact[:2] for fact in row)].append(row)
    out = []
    for merged in lines.values():
        every = sorted((fact for row in merged for fact in row), key=lambda fact: fact[3])
        newest = next(row for row in merged if every[0] in row)
        told = sorted(newest, key=lambda fact: fact[3]) if config.reading == "literal" else every
        contexts: dict[tuple, set[str]] = defaultdict(set)
        for fact in every:
            contexts[fact[0]].add(fact[1])
        times = [
            f"{label} ({', '.join(WORDS[verb] for verb in sorted(contexts[place, label], key=ORDER.index))})"
            for place, label in sorted(contexts)
        ]
        out.append(
            (
                every[0][3],
                f"{', '.join(times)} | {', '.join(text for _, text in dict.fromkeys(fact[2] for fact in told))}",
            )
        )
    return [text for _, text in sorted(out)]


def slow_text(events: list[dict], short: dict[str, str], config: CompressConfig, as_of: date) -> tuple[str, int]:
    """Return one user's digest and how many facts the budget left out, by the same bisection over a plain list."""
    facts = slow_facts(events, short, config, as_of)
    oldest = [(-grain, -distance) for grain, distance in (fact[0][0] for fact in facts)]
    order = sorted(range(len(facts)), key=lambda i: (facts[i][1] == "purchase", oldest[i], -facts[i][3]))

    def text(n: int) -> str:
        gone = set(order[:n])
        return "\n".join(slow_lines([fact for i, fact in enumerate(facts) if i not in gone], config))

    if count_tokens(text(0)) <= config.budget_tokens:
        return text(0), 0
    low, high = 0, len(facts)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if count_tokens(text(middle)) <= config.budget_tokens else (middle, high)
    return text(high), high
