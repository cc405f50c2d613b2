"""One person's interests, slate and reasons as a page; everything that comes from the data is escaped."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ..data.catalog import leaf_name
from ..types import Claim, SlateItem
from ..workspace import Person, Workspace


@lru_cache(maxsize=1)
def _template() -> Template:
    env = Environment(
        loader=PackageLoader("intentfeed.service", "web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return env.get_template("person.html")


def render_person(ws: Workspace, person: Person, users: Sequence[str], figures: Mapping[str, Any]) -> str:
    """Return the page of one person as HTML; needs nothing from outside."""
    names = {interest.interest_id: interest.name for interest in person.interests}
    return _template().render(
        person=person,
        language="zh" if ws.models.catalog.language == "zh" else "",
        attributes=json.loads(person.attributes),
        users=users,
        kept=[interest for interest in person.interests if interest.status == "kept"],
        others=[interest for interest in person.interests if interest.status != "kept"],
        names=names,
        cards=[_card(ws, person, shown) for shown in person.slate.items],
        as_of=ws.context.as_of,
        figures=figures,
    )


def _card(ws: Workspace, person: Person, shown: SlateItem) -> dict[str, Any]:
    """Return what a card shows: the item's own fields, a colour for a picture, and the reason with its evidence."""
    catalog = ws.models.catalog
    row = catalog.row_of[shown.item_id]
    category = catalog.field(row, "category")
    price = catalog.field(row, "price")
    return {
        "shown": shown,
        "title": shown.title or shown.item_id,
        "brand": catalog.field(row, "brand"),
        "category": leaf_name(category),
        "price": f"{price:,.2f}" if price is not None else "",
        "hue": zlib.crc32(category.encode()) % 360,
        "letter": (leaf_name(category) or shown.title or "?")[0].upper(),
        "claims": [_claim(person, claim) for claim in shown.reason.claims],
    }


def _claim(person: Person, claim: Claim) -> dict[str, Any]:
    events = [person.evidence[event_id] for event_id in claim.event_ids[-3:] if event_id in person.evidence]
    return {"claim": claim, "events": events[::-1], "n_events": len(claim.event_ids)}
