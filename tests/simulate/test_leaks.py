"""The leak guard refuses what names the item, and lets its kind be named."""

from __future__ import annotations

import pytest

from intentfeed.simulate.leaks import leaks

TITLE = "Arbeck Women's Pleated Midi Skirt, Light Blue"


@pytest.mark.parametrize(
    "text",
    [
        "I want the Arbeck Women's Pleated Midi Skirt, Light Blue",
        "arbeck womens pleated midi skirt light blue",
        "a pleated midi skirt in light blue by Arbeck",
        "have you got thing042?",
        "Arbeck Womens Pleatd Midi Skirt Lght Blu",
    ],
)
def test_what_names_the_item_is_refused(text: str):
    assert leaks(text, TITLE, "thing042")


@pytest.mark.parametrize("text", ["a light blue skirt, please", "nothing from Arbeck", "under 50", "", "thing 42"])
def test_what_names_its_traits_is_not(text: str):
    assert not leaks(text, TITLE, "thing042")


def test_a_short_title_is_found_as_words_and_not_inside_one():
    assert leaks("I want to see It", "It")
    assert leaks("show me Ghost", "Ghost")
    assert not leaks("ghostly things with bits", "Ghost")


def test_chinese_titles_are_found_too():
    assert leaks("我要轻便防水登山鞋", "轻便防水登山鞋")
    assert not leaks("不要登山鞋", "轻便防水徒步越野登山鞋男款")


def test_an_item_without_a_title_cannot_be_named_by_it():
    assert not leaks("anything", "", "i1")
