"""Nouns of titles: what an item is called stands at the end of its phrase, what it is like before that."""

from __future__ import annotations

import numpy as np
import pytest

from intentfeed.commands.nouns import Nouns, is_part, phrase_of
from intentfeed.data.catalog import Catalog

TITLES = (
    ("Brass Desk Lamp, Black, 40 cm", "Home > Lighting > Table Lamps"),
    ("Reading Lamp with Wooden Foot", "Home > Lighting > Table Lamps"),
    ("Lamp Shade, Linen", "Home > Lighting > Shades"),
    ("Adder & Co. Floor Lamp Zorbelu 5", "Home > Lighting > Floor Lamps"),
    ("Wooden Mug by Adder", "Kitchen > Mugs & Cups"),
    ("Espresso Cup for Travellers", "Kitchen > Mugs & Cups"),
    ("Quiet Kettle – 1.7 l", "Kitchen > Kettles"),
    ("Wooden Spoon Set, set of 3", "Kitchen > Spoons"),
    ("Quiet Rice Cooker", "Kitchen > Cookers"),
    ("Pressure Cooker, Quiet", "Kitchen > Cookers"),
    ("Rice, 5 kg", "Food > Rice"),
    ("Hard-shell Cabin Case", "Travel > Suitcases"),
)


def nouns(titles: tuple[tuple[str, str], ...] = TITLES) -> Nouns:
    return Nouns(
        Catalog.of(
            {
                "item_id": [f"i{row}" for row in range(len(titles))],
                "title": [title for title, _ in titles],
                "category": [path for _, path in titles],
            }
        )
    )


def called(text: str, of: Nouns | None = None) -> list[list[int]] | None:
    """Return the rows of each level."""
    found = (of or nouns()).of(text)
    return None if found is None else [np.flatnonzero(held_I).tolist() for held_I in found.levels]


def test_an_item_is_what_its_phrase_ends_in_names_and_numbers_aside() -> None:
    assert called("lamp") == called("Lamps") == [[0, 1, 3]], "a lamp shade is no lamp, a Zorbelu 5 is one"
    assert called("kettle") == [[6]]


def test_an_adjective_is_no_noun() -> None:
    for text in ("quiet", "wooden"):
        found = nouns().of(text)
        assert found is not None
        assert not found.sure


def test_more_words_come_before_fewer() -> None:
    assert called("rice cooker") == [[8], [8, 9]]
    assert called("a reading lamp for my desk") == [[1], [0, 1, 3]]
    found = nouns().of("cosy reading lamp")
    assert found is not None
    assert (found.text, found.whole, found.before) == ("reading lamp", False, ("cosy",))


def test_a_category_s_own_name_is_a_noun_too() -> None:
    assert called("suitcase") == [[11]], "no title says so"
    found = nouns().of("mug")
    assert found is not None
    assert np.flatnonzero(found.held_I).tolist() == [4], "a cup of the same shelf is none"
    assert found.shelves_C.max() == 1


def test_what_only_says_which_of_it_is_no_noun_of_a_category() -> None:
    games = nouns(
        (*TITLES, ("Hilarious Dice", "Toys > Party & Card Games"), ("Dotted Hats, Party", "Home > Paper & Foil"))
    )
    assert called("party", games) is None or not games.of("party").sure  # type: ignore[union-attr]
    assert called("card games", games) == [[12]]
    assert called("paper", games) == [[13]], "no plural stands beside it"


def test_what_nothing_is_called_is_no_noun() -> None:
    for text in ("trampoline", "for hiking", "wider than 40 cm", "", "!?"):
        assert nouns().of(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [("some nice mugs with lids", ["nice", "mugs"]), ("with lids", []), ("size 40", []), ("4 mugs", []), ("the", [])],
)
def test_a_phrase_ends_where_more_is_said_of_the_thing(text: str, words: list[str]) -> None:
    assert phrase_of(text) == words


def test_a_part_is_told_by_the_words_before_it() -> None:
    assert is_part("wooden foot", "a lamp with a wooden foot")
    assert not is_part("lamp", "a lamp with a wooden foot")
    assert not is_part("lamp", "lamp")


HAN = (
    ("岚谷 可调光客厅吊灯 白色 大号", "家居 > 灯具 > 吊灯"),
    ("护眼台灯 充电", "家居 > 灯具 > 台灯"),
    ("岚谷 布艺沙发 三人", "家居 > 家具 > 沙发"),
    ("懒人沙发 白色", "家居 > 家具 > 沙发"),
    ("沙发套 布艺", "家居 > 布艺 > 沙发套"),
    ("岚谷 双人沙发", "家居 > 家具 > 沙发"),
)


def test_without_blanks_the_end_of_a_run_of_characters_is_the_end_of_a_phrase() -> None:
    chinese = nouns(HAN)
    assert called("沙发", chinese) == [[2, 3, 5]], "a cover is no sofa"
    assert called("布艺沙发", chinese) == [[2], [2, 3, 5]]
    assert called("白色的沙发", chinese) == [[2, 3, 5]]
    assert called("自行车", chinese) is None
