"""A topic sets an item apart and is a thing; words are compared by their stems."""

from __future__ import annotations

import pytest

from intentfeed.commands.fields import FieldRegistry
from intentfeed.data.catalog import Catalog
from intentfeed.simulate.topics import Topics, stem


@pytest.fixture(scope="module")
def topics() -> Topics:
    """Of sixty articles ten are about lions, all about something everybody knows."""
    told = ["a lion among lions in the long night"] * 10 + ["a long night"] * 50
    catalog = Catalog.of(
        {
            "item_id": [f"a{row}" for row in range(60)],
            "title": ["No telling name"] * 6 + ["Lions at dawn"] * 4 + [f"Story {row}" for row in range(50)],
            "description": told,
        }
    )
    return Topics(catalog, FieldRegistry.of(catalog), per_item=2, least_items=5, most_share=0.5, least_titles=3)


def test_a_topic_is_what_some_are_about_and_their_own_title_does_not_say(topics: Topics) -> None:
    assert topics.of(0) in (["lion"], ["lions"])
    assert topics.of(7) == [], "its title says so"
    assert topics.of(20) == [], "everybody's words are no topic"


def test_items_have_words_by_stem(topics: Topics) -> None:
    assert topics.having("lion").tolist() == [row < 10 for row in range(60)]
    assert topics.having("dawn lions").tolist() == [6 <= row < 10 for row in range(60)], "more than half of the words"
    assert not topics.having("").any()


@pytest.mark.parametrize(
    ("word", "stemmed"), [("batteries", "battery"), ("glasses", "glass"), ("鞋", "鞋"), ("is", "is")]
)
def test_stems(word: str, stemmed: str):
    assert stem(word) == stemmed
