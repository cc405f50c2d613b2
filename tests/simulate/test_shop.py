"""The vocabulary is complete, and each shop carries most of it."""

import numpy as np

from intentfeed.simulate.brands import KNOWN, invent_brands
from intentfeed.simulate.english import ENGLISH
from intentfeed.simulate.shop import AUDIENCES, SEASONS, choose_leaves, load_leaves
from intentfeed.simulate.titles import PALETTES, draft_item


def test_vocabulary_has_the_promised_breadth() -> None:
    leaves = load_leaves()
    assert len(leaves) >= 420
    assert 80 <= len({leaf.parent_path for leaf in leaves}) <= 110
    assert len({leaf.path for leaf in leaves}) == len(leaves)
    assert sum(leaf.consumable for leaf in leaves) >= 25
    assert {leaf.role for leaf in leaves} == {"interest", "necessity", "seasonal"}


def test_every_leaf_is_well_formed() -> None:
    for leaf in load_leaves():
        assert leaf.season in SEASONS, leaf.path
        assert set(leaf.audiences) <= set(AUDIENCES), leaf.path
        assert leaf.audiences, leaf.path
        for kind in leaf.kinds:
            assert kind.price > 0
            assert kind.nouns, leaf.path
            assert kind.mods, leaf.path
            assert kind.palette in PALETTES, leaf.path
            assert len(kind.things) >= 4 or not leaf.patterns, leaf.path


def test_a_shop_leaves_some_out_but_keeps_enough() -> None:
    every = {leaf.path for leaf in load_leaves()}
    shops = [{leaf.path for leaf in choose_leaves(np.random.default_rng(seed), 420)} for seed in range(3)]
    for shop in shops:
        assert shop < every
        assert len(shop) >= 420
    assert shops[0] != shops[1]


def test_brands_are_invented_and_distinct() -> None:
    brands = invent_brands(np.random.default_rng(0), "Electronics", n=200, n_styles=6)
    assert len({brand.name for brand in brands}) == 200
    assert not {word.lower() for brand in brands for word in brand.name.split()} & KNOWN


def test_a_variant_differs_in_colour_or_size_only() -> None:
    rng = np.random.default_rng(1)
    leaf = next(leaf for leaf in load_leaves() if leaf.name == "Trekking Backpacks")
    brand = invent_brands(rng, leaf.department, n=1, n_styles=6)[0]
    base = draft_item(rng, leaf, brand, language=ENGLISH)
    variant = draft_item(rng, leaf, brand, base, language=ENGLISH)
    same = ("noun", "mod", "mat", "line", "audience", "brand")
    assert all(getattr(base, name) == getattr(variant, name) for name in same)
