"""An utterance is evidence for a demand if it shares a content word with it, or names its field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from intentfeed.commands import evidence
from intentfeed.commands.evidence import content, function_words, said_of
from intentfeed.commands.fields import Field, FieldRegistry
from intentfeed.commands.records import Constraint, Preference
from intentfeed.data.catalog import Catalog


@pytest.fixture(scope="module")
def price() -> Field:
    rows = [json.dumps({"colour": ("red", "blue")[row % 2]}) for row in range(40)]
    columns: dict[str, list[Any]] = {
        "item_id": [f"i{row}" for row in range(40)],
        "attributes": rows,
        "price": [1.0] * 40,
    }
    found = FieldRegistry.of(Catalog.of(columns)).field("price")
    assert found is not None
    return found


BUDGET = Constraint(polarity="positive", field="price", op="le", value=150.0, quote="no more than 150 euros")
FLORAL = Preference(polarity="negative", facet="about", text="floral print", quote="nothing with flowers")


@pytest.mark.parametrize(
    "utterance",
    ["forget the price", "the Budget is gone", "预算不重要", "150 was too little", "the prise is not important"],
)
def test_a_rule_is_spoken_of_by_its_field_and_its_value(utterance: str, price: Field) -> None:
    assert said_of(utterance, BUDGET, price)


@pytest.mark.parametrize(
    "utterance", ["floral is fine", "florals after all", "flowers are nice", "prints too", "flowrs are ok"]
)
def test_a_preference_is_spoken_of_by_its_words(utterance: str) -> None:
    assert said_of(utterance, FLORAL, None)


@pytest.mark.parametrize(
    "utterance", ["", "no more of that", "nothing", "with it", "show me more", "blue ones", "15", "1500"]
)
def test_small_words_and_other_things_are_no_evidence(utterance: str, price: Field) -> None:
    assert not said_of(utterance, BUDGET, price)
    assert not said_of(utterance, FLORAL, None)


def test_function_words_say_nothing() -> None:
    assert content("I would like to see some of these, please") == frozenset()
    assert {"the", "no", "的"} <= function_words()


def test_of_an_utterance_the_beginning_counts_and_nothing_is_kept(price: Field) -> None:
    kept = evidence._content_of_name.cache_info
    said_of("the price", BUDGET, price)  # so that the field's names are known
    before = kept().currsize
    for at in range(20):
        assert not said_of("word " * 100_000 + f"floral {at} price", FLORAL, price)
        assert said_of(f"flowers {at}", FLORAL, price)
    assert kept().currsize == before
    assert not hasattr(content, "cache_info")
