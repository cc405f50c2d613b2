"""Which words of a catalogue describe: counted, so each case is a catalogue made by hand."""

from __future__ import annotations

import json

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.intents.lexicon import Lexicon, LexiconConfig, attribute_values, is_era, tokenize
from tests.intents.shop import BRANDS, MATERIALS, MODIFIERS, Shop


def lexicon_of(
    titles: list[str], *, category: str = "Kitchen > Pans", brands: list[str] | None = None, **config: float
) -> Lexicon:
    """Return the lexicon of titles in one category, in turn by two brands."""
    n = len(titles)
    catalog = Catalog.of(
        {
            "item_id": [str(at) for at in range(n)],
            "title": titles,
            "category": [category] * n,
            "brand": brands or [("Abc", "Def")[at % 2] for at in range(n)],
        }
    )
    return Lexicon.fit(catalog, LexiconConfig.model_validate(config))


def test_a_shop_is_read_as_it_was_made(shop: Shop) -> None:
    lexicon = Lexicon.fit(shop.catalog)
    assert lexicon.brands == {brand.lower() for brand in BRANDS}
    assert lexicon.values == set(MATERIALS)
    assert lexicon.units == {"cm"}
    assert all(lexicon.usable(term) for term in (*MODIFIERS, *MATERIALS))
    assert not any(lexicon.usable(term) for term in (*lexicon.brands, "cm", "of", "nonesuch"))


def test_the_own_brand_is_cut_out_unless_the_category_is_named_so() -> None:
    lexicon = lexicon_of(["Pans Steel Pan", "Def Clay Pan"], brands=["Pans", "Def"])
    assert lexicon.strip_brand(["def", "clay", "pan"], "Def") == ["", "clay", "pan"]
    plain = lexicon_of(["Steel Pan", "Clay Pan"] * 9 + ["Pan Iron Pan"], brands=["Abc", "Def"] * 9 + ["Pan"])
    assert plain.strip_brand(["pan", "iron"], "Pan") == ["pan", "iron"]


def test_a_word_of_one_brand_only_is_a_line_where_there_are_several_brands() -> None:
    titles = ["Zephyr Steel Pan", "Steel Pan"] * 4
    assert not lexicon_of(titles).usable("zephyr")
    assert lexicon_of(titles, brands=["Abc"] * 8).usable("zephyr"), "with one brand nothing can be told"


def test_vague_is_what_many_categories_share_but_not_in_a_small_shop() -> None:
    n = 40
    titles = [f"Quality Thing{at:02d}" for at in range(n)]
    catalog = {"item_id": titles, "title": titles, "category": [f"Home > Thing{at:02d}" for at in range(n)]}
    assert Lexicon.fit(Catalog.of(catalog)).vague == {"quality"}
    few = {name: column[:20] for name, column in catalog.items()}
    assert Lexicon.fit(Catalog.of(few)).vague == set()


def test_titles_that_are_names_are_not_read() -> None:
    lexicon = lexicon_of(["Heat", "Alien", "Casablanca", "The Third Man"], category="Film > Drama")
    assert not lexicon.titles_tell
    assert lexicon.read("Drama in Steel") == []


def test_a_value_that_few_items_share_is_no_word_of_the_trade() -> None:
    material = ["steel"] * 3 + ["clay"]
    catalog = Catalog.of(
        {
            "item_id": list("abcd"),
            "title": [f"{name} pan" for name in material],
            "category": ["Pans"] * 4,
            "attributes": [json.dumps({"material": name}) for name in material],
        }
    )
    lexicon = Lexicon.fit(catalog)
    assert lexicon.values == {"steel"}
    assert lexicon.value_I == [["steel"], ["steel"], ["steel"], []]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Boots for Winter, Red", ["boots", "", "winter", "", "red"]),
        ("3 Quart Pot X200", ["#", "quart", "pot", ""]),
        ("Glow-in-the-dark Rug", ["glow-in-the-dark", "rug"]),
        ("", []),
        ("<script>", ["", "script", ""]),
    ],
)
def test_a_title_falls_into_words_and_breaks(title: str, words: list[str]) -> None:
    assert tokenize(title) == words


def test_only_what_can_be_said_is_a_value() -> None:
    said = attribute_values({"a": "Deep  Blue", "b": ["Oak", ["Ash"]], "c": 1999, "d": True, "e": "l/xl", "f": None})
    assert said == ["deep blue", "oak", "ash", "1990s"]
    assert attribute_values({"a": "oak", "b": "ash"}, {"b"}) == ["ash"]
    assert [term for term in ("1990s", "90s", "1995s") if is_era(term)] == ["1990s"]


def test_an_empty_catalogue_has_no_words() -> None:
    lexicon = Lexicon.fit(Catalog.of({"item_id": []}))
    assert lexicon.uses == {}
    assert not lexicon.usable("steel")
