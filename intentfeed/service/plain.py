"""Anything as plain JSON that can be kept and sent, and what was known of a person when a session began, back again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from ..data.catalog import Catalog
from ..types import NO_TIME, History, Interest, Tag
from .state import Json

_INTERESTS = TypeAdapter(tuple[Interest, ...])
_TAGS = TypeAdapter(tuple[Tag, ...])


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of one person before they say anything."""

    history: History
    interests: tuple[Interest, ...] = ()
    tags: tuple[Tag, ...] = ()


def plain(value: Any) -> Any:
    """Return a value as JSON has it, whatever it was made of: no NaN, no halves of characters, text as text."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return plain_object(value)
    if isinstance(value, Sequence):
        return [plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return [plain(one) for one in sorted(value, key=str)]
    return str(value)


def plain_object(held: Mapping[str, Any]) -> Json:
    """Return an object as JSON has it."""
    return {plain(str(name)): plain(value) for name, value in held.items()}


def text_of(value: Any) -> str:
    """Return plain values as JSON text."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def person_of(known: Known, catalog: Catalog) -> Json:
    """Return what is known of a person as plain values, items by their ids."""
    history, names = known.history, catalog.item_ids
    return {
        "history": {
            "attributes": dict(history.attributes),
            "event_id": history.event_id.tolist(),
            "action": history.action.tolist(),
            "item": [names[row] if row >= 0 else None for row in history.item.tolist()],
            "time_s": [None if at == NO_TIME else at for at in history.time_s.tolist()],
            "value": plain(history.value),
            "query": list(history.query),
            "ordered": history.ordered,
        },
        "interests": _INTERESTS.dump_python(known.interests, mode="json"),
        "tags": _TAGS.dump_python(known.tags, mode="json"),
    }


def read_person(user_id: str | None, held: Json, catalog: Catalog) -> Known:
    """Return what `person_of` told; an item that the catalogue no longer holds counts as a search."""
    told, row_of = held["history"], catalog.row_of
    history = History(
        user_id=user_id or "",
        attributes=told["attributes"],
        event_id=np.array(told["event_id"], dtype=np.int64),
        action=np.array(told["action"], dtype=np.int8),
        item=np.array([row_of.get(item_id, -1) for item_id in told["item"]], dtype=np.int32),
        time_s=np.array([NO_TIME if at is None else at for at in told["time_s"]], dtype=np.int64),
        value=np.array([math.nan if value is None else value for value in told["value"]], dtype=np.float64),
        query=told["query"],
        ordered=told["ordered"],
    )
    return Known(
        history=history,
        interests=_INTERESTS.validate_python(held["interests"]),
        tags=_TAGS.validate_python(held["tags"]),
    )
