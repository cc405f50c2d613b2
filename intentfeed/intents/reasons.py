"""Why this tag, for this person? One sentence that names past behaviour, with the events that make it true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..data.catalog import Catalog, leaf_name, parent
from .links import Link
from .past import Past

MAX_TITLE = 60


@dataclass(frozen=True, slots=True)
class Deeds:
    """What a person did in one category, told once for all tags that rest on it."""

    told: str
    items: tuple[int, ...]
    """Distinct items, newest first."""
    event_ids: tuple[int, ...]
    """Newest first."""


def deeds_in(code: int, path: str, past: Past, catalog: Catalog, cited: int) -> Deeds:
    """Return the newest `cited` liked events in a category, told; every count is over these events."""
    places = past.events_in(code, cited)
    items = tuple(dict.fromkeys(past.history.item[places].tolist()))
    told = f"You {past.deeds(places)} in {leaf_name(path)}"
    title = catalog.titles[items[0]]
    if title:
        told += f", last “{_short(title)}”" if past.history.ordered else f", such as “{_short(title)}”"
    return Deeds(told, items, tuple(past.history.event_id[places].tolist()))


def reason_for(
    link: Link, deeds: Deeds, target: str, *, modifiers: Sequence[str], modifiers_I: Sequence[Sequence[str]]
) -> str:
    """Return why a tag of the category path `target` rests on these deeds.

    Only the numbers of people who have two categories, or one, come from the log at the fit, as `link` holds them.
    """
    told = deeds.told
    if link.how == "together":
        told += f"; {link.both} of {link.have} people with something there also have something in {leaf_name(target)}"
        told += _oftener(link.lift)
    elif link.how == "shelf":
        told += f"; {leaf_name(target)} stands beside it under {leaf_name(parent(target))}"
    for term in modifiers:
        n = sum(term in modifiers_I[item] for item in deeds.items)
        if n >= 2:
            told += f"; {n} of these items are described as “{term}”"
            break
    return told


def _oftener(lift: float) -> str:
    """Return how many times as often as people at large, where that is more than once when rounded."""
    shown = f"{lift:.1f}" if lift < 10 else f"{lift:.0f}"
    return f", {shown} times as often as people at large" if lift >= 1.05 else ""


def reason_for_query(text: str, event_ids: Sequence[int], target: str, *, cited: int) -> tuple[str, tuple[int, ...]]:
    """Return the sentence for a category that a search means, and the searches."""
    ids = tuple(event_ids)[:cited]
    times = "once" if len(ids) == 1 else f"{len(ids)} times"
    return f"You searched for “{_short(text)}” {times}, which means {leaf_name(target)}", ids


def _short(text: str) -> str:
    """Return at most MAX_TITLE characters, cut between words."""
    text = " ".join(text.split())
    if len(text) <= MAX_TITLE:
        return text
    return text[:MAX_TITLE].rsplit(" ", 1)[0] + "…"
