"""The items of a generated shop: titles as a shop writes them, prices, attributes, and what only the world knows."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .brands import Brand, invent_brands, person
from .shop import AUDIENCES, VOCABULARY, Leaf, words

WORDS = tomllib.loads((VOCABULARY / "words.toml").read_text(encoding="utf-8"))
STYLES = words(WORDS["styles"]["names"])
PALETTES = {name: words(line) for name, line in WORDS["colours"].items()}
N_QUERIES = 6
"""Ways to ask for an item."""
SMALL = frozenset(
    "a an and at by for from in of on or the to with x m cm mm kg g l ml lm tog pieces piece pack set".split()
)


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
    """Zipf within the leaf."""
    tier: NDArray[np.float64]
    style: NDArray[np.int8]
    brand: NDArray[np.int32]
    look: NDArray[np.int32]
    """Code of the material, or of the colour where there is none."""
    audience: NDArray[np.int8]
    released: NDArray[np.int32]
    """Day of the log on which the item came on sale; negative for before."""
    queries: Sequence[str]
    """N_QUERIES a item."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """One item while it is being written."""

    title: str
    noun: str
    brand: Brand
    mod: str
    mat: str
    colour: str
    size: str
    audience: str
    extra: str
    line: str
    author: str


def build_catalogue(
    rng: np.random.Generator, leaves: Sequence[Leaf], n_items: int, start: date, days: int
) -> Catalogue:
    """Return `n_items` items spread over `leaves`, each leaf with at least six."""
    counts = _counts(rng, len(leaves), n_items)
    shelves = _brands_by_parent(rng, leaves)
    drafts: list[_Draft] = []
    seen: set[str] = set()
    for leaf, count in zip(leaves, counts.tolist(), strict=True):
        drafts += _shelf(rng, leaf, count, shelves[leaf.parent_path], seen)
    leaf_of = np.repeat(np.arange(len(leaves), dtype=np.int32), counts)
    tier = np.array([draft.brand.tier for draft in drafts]) + rng.normal(0, 0.35, n_items)
    styles = np.array([draft.brand.style for draft in drafts], dtype=np.int8)
    styles = np.where(rng.random(n_items) < 0.25, rng.integers(len(STYLES), size=n_items), styles).astype(np.int8)
    released = _released(rng, counts, days)
    return Catalogue(
        frame=_frame(rng, drafts, leaves, leaf_of, tier, styles, released, start),
        leaves=tuple(leaves),
        leaf=leaf_of,
        leaf_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        popularity=_zipf(rng, counts),
        tier=tier,
        style=styles,
        brand=_codes([draft.brand.name for draft in drafts]),
        look=_codes([draft.mat or draft.colour for draft in drafts]),
        audience=np.array([AUDIENCES.index(draft.audience) for draft in drafts], dtype=np.int8),
        released=released,
        queries=[query for draft in drafts for query in _queries(rng, draft)],
    )


def _counts(rng: np.random.Generator, n_leaves: int, n_items: int) -> NDArray[np.int64]:
    """Return how many items each leaf has: skewed, at least six (or all alike where there are too few)."""
    least = min(6, n_items // n_leaves)
    share = rng.lognormal(0.0, 0.55, n_leaves)
    free = n_items - least * n_leaves
    counts = least + np.floor(free * share / share.sum()).astype(np.int64)
    counts[np.argsort(-share, kind="stable")[: n_items - counts.sum()]] += 1
    return counts


def _brands_by_parent(rng: np.random.Generator, leaves: Sequence[Leaf]) -> dict[str, list[Brand]]:
    """Return the brands on each parent's shelves: 6 to 10, from those of its department."""
    parents: dict[str, str] = {leaf.parent_path: leaf.department for leaf in leaves}
    departments = sorted(set(parents.values()))
    own = {
        name: invent_brands(rng, name, 4 + 3 * sum(d == name for d in parents.values()), len(STYLES))
        for name in departments
    }
    return {
        path: [own[department][i] for i in rng.permutation(len(own[department]))[: rng.integers(6, 11)]]
        for path, department in parents.items()
    }


def _shelf(rng: np.random.Generator, leaf: Leaf, count: int, brands: list[Brand], seen: set[str]) -> list[_Draft]:
    """Return `count` items of one leaf, no title twice; every third or so is a variant of the one before."""
    made: list[_Draft] = []
    weights = 1.0 / (1.0 + np.arange(len(brands))) ** 0.7
    order = rng.permutation(len(brands))
    while len(made) < count:
        base = made[-1] if made and not leaf.patterns and rng.random() < 0.35 else None
        brand = base.brand if base else brands[order[rng.choice(len(brands), p=weights / weights.sum())]]
        for attempt in range(20):
            draft = _draft(rng, leaf, brand, base if attempt < 5 else None)
            if draft.title not in seen:
                break
        seen.add(draft.title)
        made.append(draft)
    return made


def _draft(rng: np.random.Generator, leaf: Leaf, brand: Brand, base: _Draft | None) -> _Draft:
    """Return one item; with `base`, the same model in another colour or size."""
    noun = base.noun if base else _pick(rng, leaf.nouns)
    mod = base.mod if base else _pick(rng, leaf.mods)
    mat = base.mat if base else (_pick(rng, leaf.mats) if rng.random() < 0.8 else "")
    line = base.line if base else (_pick(rng, brand.lines) if rng.random() < 0.6 and not leaf.consumable else "")
    audience = base.audience if base else _pick(rng, leaf.audiences)
    extra = base.extra if base else (_pick(rng, leaf.extras) if rng.random() < 0.3 else "")
    colour = _pick(rng, PALETTES[leaf.palette]) if rng.random() < 0.85 else ""
    size = _pick(rng, leaf.sizes) if rng.random() < 0.8 else ""
    author = person(rng) if leaf.patterns else ""
    write = _book_title if leaf.patterns else _title
    draft = _Draft("", noun, brand, mod, mat, colour, size, audience, extra, line, author)
    title = write(rng, leaf, draft) if base is None or leaf.patterns else _variant(rng, draft)
    return _Draft(title, noun, brand, mod, mat, colour, size, audience, extra, line, author)


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    """Return one of the options, the first ones more often; '' where there are none."""
    return options[int(len(options) * rng.random() ** 1.25)] if options else ""


def _title(rng: np.random.Generator, leaf: Leaf, d: _Draft) -> str:
    """Return a title in one of the ways in which shops write them."""
    who = WORDS["audience"][d.audience]
    mat = "" if not d.mat or d.mat.split()[-1] in d.mod or d.mat in d.noun else d.mat
    roll = int(rng.integers(6))
    if leaf.consumable:
        return _join(f"{d.brand.name} {_cap(d.noun)} {_cap(d.mod)}", d.size if roll % 2 else f"{d.size}")
    if roll == 0:
        return _join(f"{d.brand.name} {d.line} {who} {_cap(d.mod)} {_cap(d.noun)}", _cap(d.colour), d.size)
    if roll == 1:
        return _join(f"{d.brand.name} {who} {_cap(d.noun)} {d.line}", _cap(d.mod), _cap(mat), d.size)
    if roll == 2 and d.extra:
        return _join(f"{d.brand.name} {_cap(d.mod)} {who} {_cap(d.noun)} with {_cap(d.extra)}", _cap(d.colour))
    if roll == 3:
        return _join(f"{_cap(d.mod)} {_cap(mat)} {who} {_cap(d.noun)} by {d.brand.name}", d.size)
    if roll == 4:
        return _join(f"{d.brand.name} {d.line} {_cap(mat)} {who} {_cap(d.noun)}", d.size, _cap(d.colour))
    return _join(f"{d.brand.name} {d.line} {who} {_cap(d.mod)} {_cap(mat)} {_cap(d.noun)}", _cap(d.colour or d.size))


def _variant(rng: np.random.Generator, d: _Draft) -> str:
    """Return the title of a variant: model first, then what differs."""
    who = WORDS["audience"][d.audience]
    return _join(f"{d.brand.name} {d.line} {who} {_cap(d.mod)} {_cap(d.noun)}", _cap(d.colour), d.size)


def _book_title(rng: np.random.Generator, leaf: Leaf, d: _Draft) -> str:
    """Return the title of a book, record or film from the leaf's patterns."""
    first, second = _pick(rng, leaf.things), _pick(rng, leaf.things)
    while second == first and len(leaf.things) > 1:
        second = str(rng.choice(leaf.things))
    slots = {"mod": d.mod, "thing": first, "other": second, "noun": d.noun}
    pattern = str(rng.choice(leaf.patterns))
    for slot, word in slots.items():
        pattern = pattern.replace("{" + slot + "}", _cap(word))
    return _join(f"{pattern.replace('{author}', d.author)}", d.size)


def _join(head: str, *tail: str) -> str:
    """Return the head and the non-empty tail parts, without double blanks."""
    return ", ".join(" ".join(part.split()) for part in (head, *tail) if part.strip())


def _cap(text: str) -> str:
    """Return `text` with capitals as in a title; units and small words stay."""
    return " ".join(
        word if i and word in SMALL else word[:1].upper() + word[1:] for i, word in enumerate(text.split(" "))
    )


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
    drafts: Sequence[_Draft],
    leaves: Sequence[Leaf],
    leaf_of: NDArray[np.int32],
    tier: NDArray[np.float64],
    styles: NDArray[np.int8],
    released: NDArray[np.int32],
    start: date,
) -> pl.DataFrame:
    """Return what the shop shows of its items."""
    median = np.array([leaves[leaf].price for leaf in leaf_of.tolist()])
    price = _price_points(median * np.exp(0.38 * tier + rng.normal(0, 0.18, len(drafts))))
    ids = rng.permutation(len(drafts)) + 10_000
    rows = []
    for i, d in enumerate(drafts):
        leaf = leaves[leaf_of[i]]
        rows.append(
            {
                "item_id": f"p{ids[i]}",
                "title": d.title,
                "category": leaf.path,
                "brand": d.brand.name,
                "price": float(price[i]),
                "description": _description(rng, leaf, d),
                "season": leaf.season or None,
                "audience": d.audience,
                "material": d.mat or None,
                "colour": d.colour or None,
                "size": d.size or None,
                "feature": d.mod or None,
                "style": STYLES[styles[i]] if not (leaf.consumable or leaf.patterns) else None,
                "model": d.line or None,
                "author": d.author or None,
                "activity": list(leaf.acts),
                "released": start + timedelta(days=int(released[i])),
            }
        )
    return pl.DataFrame(
        rows, schema_overrides={"activity": pl.List(pl.String), "author": pl.String}, infer_schema_length=None
    )


def _price_points(price: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return prices as shops set them: x.49, x.99, and whole tens from 200."""
    small = np.maximum(np.round(price * 2) / 2 - 0.01, 0.99)
    medium = np.maximum(np.round(price), 1) - 0.01
    large = np.maximum(np.round(price / 10) * 10 - 1, 1)
    return np.round(np.where(price < 30, small, np.where(price < 200, medium, large)), 2)


def _description(rng: np.random.Generator, leaf: Leaf, d: _Draft) -> str:
    """Return one or two sentences about an item."""
    kind = d.noun
    if leaf.patterns:
        return f"{_cap(d.mod)} {kind} by {d.author}, published by {d.brand.name}."
    made = f" made of {d.mat}" if d.mat else ""
    first = (
        f"{_cap(d.mod)} {kind}{made}.",
        f"A {d.mod} {kind}{made}, from {d.brand.name}." if not kind.endswith("s") else f"{_cap(d.mod)} {kind}{made}.",
        f"{_cap(kind)}{made}: {d.mod} and built to last.",
    )[int(rng.integers(3))]
    second = f" Comes with {d.extra}." if d.extra else (f" For {leaf.acts[0]}." if leaf.acts else "")
    return first + second


def _queries(rng: np.random.Generator, d: _Draft) -> list[str]:
    """Return what people type when they look for such an item."""
    who = {"women": " women", "men": " men", "kids": " kids", "baby": " baby"}.get(d.audience, "")
    made = [
        d.noun,
        f"{d.mod} {d.noun}",
        f"{d.noun}{who}" if who else f"best {d.noun}",
        f"{d.noun} {d.colour or d.mat or d.mod}",
        f"{d.brand.name} {d.noun}",
        f"{d.mat or d.mod} {d.noun} {d.size}" if rng.random() < 0.5 else f"{d.noun} {d.size or d.mod}",
    ]
    return [_typed(rng, " ".join(query.lower().split())) for query in made]


def _typed(rng: np.random.Generator, query: str) -> str:
    """Return the query as fingers type it: hyphens often go, now and then two letters change places."""
    if rng.random() < 0.5:
        query = query.replace("-", " ").replace("'", "")
    if rng.random() < 0.04 and len(query) > 6:
        at = int(rng.integers(1, len(query) - 2))
        query = query[:at] + query[at + 1] + query[at] + query[at + 2 :]
    return query
