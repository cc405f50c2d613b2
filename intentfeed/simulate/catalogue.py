"""The items of a generated shop: what it shows of them, and what only the world knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .brands import Brand, invent_brands
from .language import Language
from .shop import AUDIENCES, Leaf
from .titles import STYLES, Draft, draft_item


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Items sorted by leaf, so that the items of a leaf are one range; arrays [I] run beside `frame`."""

    frame: pl.DataFrame
    """What the shop shows: the columns of items.parquet."""
    leaves: tuple[Leaf, ...]
    leaf: NDArray[np.int32]
    leaf_start: NDArray[np.int64]
    """First item of each leaf; one more entry at the end."""
    popularity: NDArray[np.float64]
    """Zipf within the leaf; sums to 1 in each."""
    tier: NDArray[np.float64]
    """Price level within the leaf."""
    style: NDArray[np.int8]
    brand: NDArray[np.int32]
    look: NDArray[np.int32]
    """Code of the material, or of the colour where there is none."""
    audience: NDArray[np.int8]
    released: NDArray[np.int32]
    """Day of the log on which the item came on sale; negative for before."""
    queries: Sequence[str]
    """N_QUERIES an item."""


def build_catalogue(
    rng: np.random.Generator,
    leaves: Sequence[Leaf],
    *,
    n_items: int,
    start: date,
    days: int,
    language: Language,
) -> Catalogue:
    """Return `n_items` items spread over `leaves`, each leaf with at least six where there are enough."""
    counts = _counts(rng, len(leaves), n_items)
    shelves = _brands_by_parent(rng, leaves, language)
    drafts: list[Draft] = []
    seen: set[str] = set()
    for leaf, count in zip(leaves, counts.tolist(), strict=True):
        drafts += _shelf(rng, leaf, count, brands=shelves[leaf.parent_path], seen=seen, language=language)
    leaf_of = np.repeat(np.arange(len(leaves), dtype=np.int32), counts)
    style = np.array([draft.brand.style for draft in drafts])
    style = np.where(rng.random(n_items) < 0.25, rng.integers(len(STYLES), size=n_items), style).astype(np.int8)
    tier = np.array([draft.brand.tier for draft in drafts]) + rng.normal(0, 0.35, n_items)
    released = _released(rng, counts, days)
    return Catalogue(
        frame=_frame(rng, drafts, [leaves[leaf] for leaf in leaf_of.tolist()], tier, style, language).with_columns(
            pl.Series("released", [start + timedelta(days=day) for day in released.tolist()], dtype=pl.Date)
        ),
        leaves=tuple(leaves),
        leaf=leaf_of,
        leaf_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        popularity=_zipf(rng, counts),
        tier=tier,
        style=style,
        brand=_codes([draft.brand.name for draft in drafts]),
        look=_codes([draft.mat or draft.colour for draft in drafts]),
        audience=np.array([AUDIENCES.index(draft.audience) for draft in drafts], dtype=np.int8),
        released=released,
        queries=[query for draft in drafts for query in language.queries(rng, draft)],
    )


def popular_items(rng: np.random.Generator, catalogue: Catalogue, leaf: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one item of each leaf, drawn by popularity."""
    total = np.cumsum(catalogue.popularity)
    found = np.searchsorted(total, leaf + rng.random(len(leaf)), side="right")
    return np.clip(found, catalogue.leaf_start[leaf], catalogue.leaf_start[leaf + 1] - 1)


def _counts(rng: np.random.Generator, n_leaves: int, n_items: int) -> NDArray[np.int64]:
    """Return how many items each leaf has: skewed, at least six (or all alike where there are too few)."""
    least = min(6, n_items // n_leaves)
    share = rng.lognormal(0.0, 0.55, n_leaves)
    free = n_items - least * n_leaves
    counts = least + np.floor(free * share / share.sum()).astype(np.int64)
    counts[np.argsort(-share, kind="stable")[: n_items - int(counts.sum())]] += 1
    return np.asarray(counts)


def _brands_by_parent(rng: np.random.Generator, leaves: Sequence[Leaf], language: Language) -> dict[str, list[Brand]]:
    """Return the brands on each parent's shelves: 6 to 10, from those of its department."""
    parents: dict[str, str] = {leaf.parent_path: leaf.department for leaf in leaves}
    departments = list(parents.values())
    own = {
        name: invent_brands(
            rng,
            name,
            n=4 + 3 * departments.count(name),
            n_styles=len(STYLES),
            named=language.brand_name,
            line=language.line,
        )
        for name in sorted(set(departments))
    }
    return {
        path: [own[department][i] for i in rng.permutation(len(own[department]))[: rng.integers(6, 11)]]
        for path, department in parents.items()
    }


def _shelf(
    rng: np.random.Generator, leaf: Leaf, count: int, *, brands: list[Brand], seen: set[str], language: Language
) -> list[Draft]:
    """Return `count` items of one leaf, no title twice; every third or so is a variant of the one before."""
    made: list[Draft] = []
    weights = 1.0 / (1.0 + np.arange(len(brands))) ** 0.7
    order = rng.permutation(len(brands))
    while len(made) < count:
        base = made[-1] if made and not leaf.patterns and rng.random() < 0.35 else None
        for attempt in range(30):
            brand = brands[order[rng.choice(len(brands), p=weights / weights.sum())]]
            draft = draft_item(rng, leaf, brand, base if attempt < 5 else None, language=language)
            if draft.title not in seen:
                break
        seen.add(draft.title)
        made.append(draft)
    return made


def _zipf(rng: np.random.Generator, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return weights that sum to 1 in each leaf and fall with a random rank."""
    parts = []
    for count in counts.tolist():
        weight = 1.0 / (1.0 + rng.permutation(count)) ** 0.85
        parts.append(weight / weight.sum())
    return np.concatenate(parts)


def _released(rng: np.random.Generator, counts: NDArray[np.int64], days: int) -> NDArray[np.int32]:
    """Return release days: the first 60 % of a leaf were there before the log, the rest come while it runs."""
    place = np.concatenate([np.arange(count) / count for count in counts.tolist()])
    day = np.where(place < 0.6, -rng.integers(30, 900, len(place)), rng.integers(1, days, len(place)))
    return day.astype(np.int32)


def _codes(values: Sequence[str]) -> NDArray[np.int32]:
    """Return an integer code for each value."""
    return np.unique(np.array(values), return_inverse=True)[1].astype(np.int32)


def _frame(
    rng: np.random.Generator,
    drafts: Sequence[Draft],
    leaves: Sequence[Leaf],
    tier: NDArray[np.float64],
    style: NDArray[np.int8],
    language: Language,
) -> pl.DataFrame:
    """Return what the shop shows of its items; `leaves` holds the leaf of each."""
    price = language.price_points(_prices(rng, drafts, tier))
    columns = {
        "item_id": [f"p{number}" for number in (rng.permutation(len(drafts)) + 10_000).tolist()],
        "title": [d.title for d in drafts],
        "category": [leaf.path for leaf in leaves],
        "brand": [d.brand.name for d in drafts],
        "price": price.tolist(),
        "description": [language.describe(rng, leaf, d) for leaf, d in zip(leaves, drafts, strict=True)],
        "season": [language.seasons[leaf.season] if leaf.season else None for leaf in leaves],
        "audience": [language.audiences[d.audience] for d in drafts],
        "material": [d.mat or None for d in drafts],
        "colour": [d.colour or None for d in drafts],
        "size": [d.size or None for d in drafts],
        "feature": [d.mod or None for d in drafts],
        "style": [
            None if leaf.consumable or leaf.patterns else language.styles[s]
            for leaf, s in zip(leaves, style, strict=True)
        ],
        "model": [d.line or None for d in drafts],
        "author": [d.author or None for d in drafts],
        "activity": [list(leaf.acts) for leaf in leaves],
    }
    kinds = {"price": pl.Float64(), "activity": pl.List(pl.String())}
    return pl.DataFrame(
        [pl.Series(name, values, dtype=kinds.get(name, pl.String())) for name, values in columns.items()]
    )


def _prices(rng: np.random.Generator, drafts: Sequence[Draft], tier: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log-normal prices: the kind's median, the brand's level, a little more for the larger size."""
    median = np.array([d.kind.price for d in drafts])
    step = [d.kind.sizes.index(d.size) - (len(d.kind.sizes) - 1) / 2 if d.size else 0.0 for d in drafts]
    growth = np.array([0.22 if d.size.startswith(("pack", "set")) else 0.10 for d in drafts])
    noise = rng.normal(0, 0.14, len(drafts))
    return np.asarray(median * np.exp(0.38 * tier + growth * np.array(step) + noise), dtype=np.float64)


def price_points(price: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return prices as shops set them: x.49, x.99, and whole tens less one from 200."""
    small = np.maximum(np.round(price * 2) / 2 - 0.01, 0.99)
    medium = np.round(price) - 0.01
    large = np.round(price / 10) * 10 - 1
    return np.asarray(np.round(np.where(price < 30, small, np.where(price < 200, medium, large)), 2))
