"""What an item can be told by is cut to whole words, and found again in the words of its title."""

from __future__ import annotations

import json

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.item_parts import ItemParts, forms
from intentfeed.data.tokens import count_tokens

BRAND = "Dixon Valve & Coupling Company of the Northern Lakes"
MATERIALS = ("steel", "brass", "bronze", "nylon")


@pytest.fixture(scope="module")
def parts() -> ItemParts:
    catalog = Catalog.of(
        {
            "item_id": [f"i{row}" for row in range(12)],
            "title": [f"Dixon {MATERIALS[row % 4]} coupling, 1,500 psi, size {row}, Dixon" for row in range(12)],
            "category": ["Plumbing > Couplings"] * 12,
            "brand": [BRAND] * 12,
            "attributes": [json.dumps({"material": MATERIALS[row % 4]}) for row in range(12)],
        }
    )
    return ItemParts(catalog, budget_tokens=20, min_share=0.015, max_topic_bits=1.2)


def test_a_comma_inside_a_number_is_no_separator(parts: ItemParts) -> None:
    assert "1500 psi" in parts.titles[0]
    assert "," not in "".join(parts.titles)


def test_brand_and_leaf_are_cut_to_whole_words_within_their_share(parts: ItemParts) -> None:
    assert BRAND.startswith(parts.brands[0].split(" ")[0])
    assert 0 < count_tokens(parts.brands[0]) <= 20 // 4
    assert parts.leaves[0] == "Couplings"


def test_words_of_a_title_are_known_by_what_else_says_them(parts: ItemParts) -> None:
    said = [parts.words.keys[code] for code in parts.words.key.tolist()]
    mine = [at for at, row in enumerate(parts.words.row.tolist()) if row == 1]
    assert [said[at] for at in mine if parts.in_brand[at]] == ["dixon"], "the first time only"
    assert [said[at] for at in mine if parts.in_leaf[at]] == ["coupling"], "without the plural's s"
    assert [said[at] for at in mine if parts.in_attribute[at]] == ["brass"]
    assert {"brass", "coupling"} <= parts.word_sets[1]


@pytest.mark.parametrize(
    ("word", "found"), [("Tents", {"tents", "tent"}), ("gas", {"gas"}), ("is", {"is"}), ("鞋", {"鞋"})]
)
def test_forms_are_those_with_and_without_the_plurals_s(word: str, found: set[str]) -> None:
    assert forms(word) == found
