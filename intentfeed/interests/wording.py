"""Names and reasons: what was done, how often, over how long, in plain words that the events bear out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ..types import ACTIONS, Action
from .evidence import DATED, Clock, date_of
from .facts import Facts
from .signs import SEARCH

NOUN: dict[Action, tuple[str, str]] = {
    "impression": ("impression", "impressions"),
    "click": ("click", "clicks"),
    "detail_view": ("detail view", "detail views"),
    "review_read": ("review read", "reviews read"),
    "search": ("search", "searches"),
    "favorite": ("favorite", "favorites"),
    "cart": ("cart addition", "cart additions"),
    "purchase": ("purchase", "purchases"),
    "rate": ("rating", "ratings"),
    "tag": ("tag", "tags"),
    "like": ("like", "likes"),
    "bookmark": ("bookmark", "bookmarks"),
    "comment": ("comment", "comments"),
    "follow": ("follow", "follows"),
    "review": ("review", "reviews"),
}
SAID_FIRST: tuple[Action, ...] = ("purchase", "review", "rate", "favorite", "cart")
"""What tells most is said first; the other actions follow by their number."""
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
NO_CLOCK: dict[Clock, str] = {
    "time": "",
    "short": "; the whole history is one short stay, so spread over time could not be tested",
    "order": "; the log has an order but no dates, so spread over time could not be tested",
    "none": "; the log has neither dates nor order, so spread over time could not be tested",
}


def in_sentence(name: str) -> str:
    """Return a category's name as it stands inside a sentence: 'Trail Running' → 'trail running', 'LCR' stays."""
    return " ".join(
        word.lower() if all(part[1:] == part[1:].lower() for part in word.split("-")) else word
        for word in name.split(" ")
    )


def listing(parts: Sequence[str]) -> str:
    """Return 'a', 'a and b' or 'a, b and c'."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def counted(number: int, one: str, many: str) -> str:
    """Return '1 day' or '3 days'."""
    return f"{number:,} {one if number == 1 else many}"


def actions_of(facts: Facts) -> str:
    """Return the counts of all actions but searches: '3 purchases and 12 detail views'."""
    found: list[tuple[int, int, int, Action]] = []
    for code, number in enumerate(facts.by_action):
        action = ACTIONS[code]
        if number and code != SEARCH:
            place = SAID_FIRST.index(action) if action in SAID_FIRST else len(SAID_FIRST)
            found.append((place, -number, code, action))
    return listing([counted(-number, *NOUN[action]) for _, number, _, action in sorted(found)])


def long(days: int) -> str:
    """Return a span of days in the unit that people would use."""
    if days < 14:
        return counted(max(days, 1), "day", "days")
    if days < 60:
        return counted(round(days / 7), "week", "weeks")
    if days < 730:
        return counted(round(days / 30.44), "month", "months")
    return f"{days / 365.25:.1f} years"


def month(day: date) -> str:
    """Return 'May 2026'."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def full(day: date) -> str:
    """Return '3 May 2026'."""
    return f"{day.day} {month(day)}"


def behaviour(facts: Facts, what: str) -> str:
    """Return what was done and when: '3 purchases of trail running shoes over 14 months, last in May 2026'."""
    done, searches = actions_of(facts), facts.by_action[SEARCH]
    if facts.n == 1:
        noun = NOUN[ACTIONS[facts.by_action.index(1)]][0]
        done = f"a single {noun} {'for' if searches else 'of'} {what}"
    elif not done:
        done = f"{counted(searches, *NOUN['search'])} for {what}"
    else:
        done = f"{done} of {what}" + (f", with {counted(searches, *NOUN['search'])}" if searches else "")
    if facts.clock not in DATED:
        return done
    if facts.n_days == 1:
        return f"{done} on {full(date_of(facts.first_day))}"
    return f"{done} over {long(facts.span_days + 1)}, last in {month(date_of(facts.last_day))}"


def sentence(*parts: str) -> str:
    """Return the parts as one sentence without a full stop, the first letter large."""
    text = "".join(parts)
    return text[:1].upper() + text[1:]
