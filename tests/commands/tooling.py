"""A drawer of twelve tools' worth of items, and what a tool is told: items, evidence, a memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intentfeed.commands.alike import Alike
from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.masks import Masks
from intentfeed.commands.records import Constraint, Demand, Memory, Preference
from intentfeed.commands.tools import Pool, ToolContext
from intentfeed.commands.witness import Witness
from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.encode import EncoderConfig, SvdEncoder
from intentfeed.types import History

ROWS = (
    ("Oak desk", "Home > Desks", 120.0, "brown", "oak"),
    ("Steel desk", "Home > Desks", 80.0, "grey", "steel"),
    ("Folding desk", "Home > Desks", 45.0, None, "plastic"),
    ("Reading lamp", "Home > Lamps", 30.0, "green", "steel"),
    ("Green floor lamp", "Home > Lamps", 60.0, None, "steel"),
    ("Plastic lamp", "Home > Lamps", 12.0, "red", "plastic"),
    ("Canvas tent", "Garden > Tents", 200.0, "green", "canvas"),
    ("Party tent", "Garden > Tents", 90.0, "white", "plastic"),
    ("Garden hose", "Garden > Hoses", 25.0, "green", "plastic"),
    ("Steel hose", "Garden > Hoses", 40.0, "grey", "steel"),
    ("Oak bench", "Garden > Benches", 150.0, "brown", "oak"),
    ("Stone bench", "Garden > Benches", None, "grey", "stone"),
)


def catalog(rows: Sequence[tuple[str, str, float | None, str | None, str]] = ROWS) -> Catalog:
    return Catalog.of(
        {
            "item_id": [f"t{at}" for at in range(len(rows))],
            "title": [row[0] for row in rows],
            "category": [row[1] for row in rows],
            "price": [row[2] for row in rows],
            "attributes": [json.dumps({"material": row[4], **({"color": row[3]} if row[3] else {})}) for row in rows],
        }
    )


@dataclass(frozen=True)
class Texts:
    """The items' text by the core's encoder, searched by multiplying everything."""

    vectors_ID: NDArray[np.float32]
    encoder: SvdEncoder

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encoder.encode(texts)

    def search(self, query_D: NDArray[np.float32], k: int, mask_I: NDArray[np.bool_]) -> NDArray[np.int32]:
        scores_I = np.where(mask_I, self.vectors_ID @ query_D, -np.inf)
        best = np.argsort(-scores_I, kind="stable")[:k]
        return best[scores_I[best] > -np.inf].astype(np.int32)


def context(*demands: Demand, items: Catalog | None = None, k: int = 3, **more: Any) -> ToolContext:
    """Return what a tool is told; the demands get the ids c1, c2, … in their order."""
    items = items or catalog()
    registry = FieldRegistry.of(items)
    masks = Masks(registry, items)
    encoder = SvdEncoder.fit(items, EncoderConfig(dims=32))
    texts = Texts(encoder.encode_items(items), encoder)
    held = tuple(replace(demand, id=f"c{at}") for at, demand in enumerate(demands, start=1))
    return ToolContext(
        memory=Memory(demands=held, next_number=len(held) + 1),
        registry=registry,
        masks=masks,
        witness=Witness(items, registry, masks),
        items=texts,
        alike=Alike.fit(texts, registry),
        history=History.of_items([]),
        k=k,
        **more,
    )


def pool(rows: Sequence[int] | None = None, base: Sequence[float] | None = None, n: int = len(ROWS)) -> Pool:
    """Return a pool of all items, or of some as candidates with personal scores."""
    found = np.array(range(n) if rows is None else rows, dtype=np.int32)
    scores = np.zeros(len(found)) if base is None else np.array(base, dtype=np.float64)
    return Pool(mask_I=np.ones(n, dtype=np.bool_), rows=found, base_C=scores)


def hard(field: str, op: Any, value: Any, *, quote: str = "so it was said", **more: Any) -> Constraint:
    return Constraint(**{"polarity": "positive", "field": field, "op": op, "value": value, "quote": quote, **more})


def soft(facet: str, text: str, **more: Any) -> Preference:
    return Preference(**{"polarity": "positive", "facet": facet, "text": text, "quote": text, **more})


def unwanted(demand: Any) -> Any:
    return replace(demand, polarity="negative")
