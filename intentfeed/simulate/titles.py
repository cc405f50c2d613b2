"""The words of one item: title, description, and the queries that people type when they look for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .brands import BOOK, Brand
from .language import Language
from .shop import Kind, Leaf, words

STYLES = words(BOOK["styles"]["names"])
PALETTES = {name: words(line) for name, line in BOOK["colours"].items()}
WHO: dict[str, str] = BOOK["audience"]
"""How a title names whom an item is for."""
SMALL = frozenset(words(BOOK["titles"]["small"]))
"""Words and units that keep their small letter in a title."""
AN = (*"aeioAEIO", "un", "up", "LED", "SPF", "HD", "FPV", "RGB", "NV")
"""How a word begins that takes `an`."""
N_QUERIES = 6
"""Ways to ask for an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One item in words."""

    title: str
    brand: Brand
    kind: Kind
    noun: str
    mod: str
    mat: str
    colour: str
    size: str
    audience: str
    extra: str
    line: str
    author: str


def draft_item(
    rng: np.random.Generator, leaf: Leaf, brand: Brand, base: Draft | None = None, *, language: Language
) -> Draft:
    """Return one item of a leaf; with `base`, the same model in another colour or size."""
    kind = base.kind if base else leaf.kinds[int(len(leaf.kinds) * rng.random() ** 1.4)]
    draft = base or Draft(
        title="",
        brand=brand,
        kind=kind,
        noun=_pick(rng, kind.nouns),
        mod=_pick(rng, kind.mods),
        mat=_pick(rng, kind.mats) if rng.random() < 0.8 else "",
        colour="",
        size="",
        audience=_pick(rng, kind.audiences),
        extra=_pick(rng, kind.extras) if rng.random() < 0.35 else "",
        line="" if leaf.consumable or leaf.patterns or rng.random() < 0.4 else _pick(rng, brand.lines),
        author=language.person(rng) if leaf.patterns else "",
    )
    draft = replace(
        draft,
        colour=_pick(rng, language.palettes[kind.palette]) if rng.random() < 0.85 else "",
        size=_pick(rng, kind.sizes) if rng.random() < 0.85 else "",
    )
    if leaf.patterns:
        return replace(draft, title=language.book_title(rng, leaf, draft))
    return replace(draft, title=language.variant(leaf, draft) if base else language.title(rng, leaf, draft))


def describe(rng: np.random.Generator, leaf: Leaf, d: Draft) -> str:
    """Return one or two sentences about an item."""
    if leaf.patterns:
        return f"{_cap(d.noun)} by {d.author}, published by {d.brand.name}."
    made = f" made of {d.mat}" if d.mat else ""
    many = d.noun.endswith("s") and not d.noun.endswith(("ss", "us"))
    article = "" if many else ("An " if d.mod.startswith(AN) else "A ")
    mod = d.mod if article else d.mod[0].upper() + d.mod[1:]
    first = (
        f"{article}{mod} {d.noun}{made}, from {d.brand.name}.",
        f"{article}{mod} {d.noun}{made}.",
        f"{d.brand.name} {d.noun}{made}: {d.mod} and made to last.",
    )[int(rng.integers(2 if leaf.consumable else 3))]
    second = f" Comes with {d.extra}." if d.extra else ""
    third = f" For {leaf.acts[0]}." if leaf.acts and rng.random() < 0.3 else ""
    return first + second + third


def queries(rng: np.random.Generator, d: Draft) -> list[str]:
    """Return what people type when they look for such an item: N_QUERIES wordings, the plain ones first."""
    who = "" if d.audience not in ("women", "men", "kids", "baby") or d.audience in d.noun else f" {d.audience}"
    made = [
        d.noun,
        f"{d.mod} {d.noun}",
        f"{d.noun}{who}" if who else f"best {d.noun}",
        f"{d.colour or d.mat or d.mod} {d.noun}",
        f"{d.author or d.brand.name} {d.noun}",
        f"{d.noun} {d.size or d.mat or d.mod}",
    ]
    return [_typed(rng, " ".join(query.lower().split())) for query in made]


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    """Return one of the options, the first ones more often; '' where there are none."""
    return options[int(len(options) * rng.random() ** 1.25)] if options else ""


def shop_title(rng: np.random.Generator, leaf: Leaf, d: Draft) -> str:
    """Return a title in one of the ways in which shops write them."""
    who, noun, mod = _who(leaf, d), _cap(d.noun), _cap(d.mod)
    said = set(f"{d.mod} {d.noun}".replace("-", " ").split())
    mat = "" if said & set(d.mat.split()) else _cap(d.mat)
    name = f"{d.brand.name} {d.line}"
    roll = int(rng.integers(6))
    if leaf.consumable:
        return _join(f"{d.brand.name} {mod} {noun}" if roll % 2 else f"{d.brand.name} {noun} {mod}", d.size)
    if roll == 0:
        return _join(f"{name} {who} {mod} {noun}", _cap(d.colour), d.size)
    if roll == 1:
        return _join(f"{d.brand.name} {who} {noun} {d.line}", mod, mat, d.size)
    if d.extra:
        return _join(f"{name} {who} {mod} {noun} with {_cap(d.extra)}", _cap(d.colour) or d.size)
    if roll == 3:
        return _join(f"{who} {mod} {mat} {noun} by {d.brand.name}", d.size)
    if roll == 4:
        return _join(f"{name} {who} {mat} {noun}", mod, d.size, _cap(d.colour))
    return _join(f"{name} {who} {mod} {mat} {noun}", _cap(d.colour) or d.size)


def _who(leaf: Leaf, d: Draft) -> str:
    """Return how the title says whom the item is for; '' where it goes without saying."""
    who = WHO[d.audience]
    return "" if leaf.quiet or who.lower() in d.noun.lower() else who


def variant_title(leaf: Leaf, d: Draft) -> str:
    """Return the title of a variant: the model first, then what differs."""
    who = _who(leaf, d)
    return _join(f"{d.brand.name} {d.line} {who} {_cap(d.mod)} {_cap(d.noun)}", _cap(d.colour), d.size)


def book_title(rng: np.random.Generator, leaf: Leaf, d: Draft) -> str:
    """Return the title of a book, record or film from the leaf's patterns."""
    pattern = str(rng.choice(leaf.patterns))
    first, second = (str(thing) for thing in rng.choice(d.kind.things, size=2, replace=False))
    slots = {"mod": d.mod, "thing": first, "other": second, "noun": d.noun}
    for slot, word in slots.items():
        pattern = pattern.replace("{" + slot + "}", _cap(word))
    return _join(pattern.replace("{author}", d.author), d.size)


def _join(head: str, *tail: str) -> str:
    """Return the head and the non-empty tail parts, without double blanks."""
    return ", ".join(" ".join(part.split()) for part in (head, *tail) if part.strip())


def _cap(text: str) -> str:
    """Return `text` with capitals as in a title; units and small words stay."""
    return " ".join(
        word if i and word in SMALL else word[:1].upper() + word[1:] for i, word in enumerate(text.split(" "))
    )


def _typed(rng: np.random.Generator, query: str) -> str:
    """Return the query as fingers type it: hyphens often go, now and then two letters change places."""
    if rng.random() < 0.5:
        query = query.replace("-", " ").replace("'", "")
    if rng.random() < 0.04 and len(query) > 6:
        at = int(rng.integers(1, len(query) - 2))
        query = query[:at] + query[at + 1] + query[at] + query[at + 2 :]
    return query
