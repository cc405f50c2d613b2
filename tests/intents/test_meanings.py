"""What the catalogue makes of phrases: a category and near items, or an objection."""

from __future__ import annotations

import pytest

from intentfeed.intents import meanings as module
from intentfeed.intents.meanings import Meanings
from tests.intents.shop import Shop


@pytest.fixture(scope="module")
def meanings(shop: Shop) -> Meanings:
    """Return the meanings of the shop."""
    return Meanings(shop.tagger.model, shop.catalog.titles, shop.encoder, quantile=0.05)


@pytest.mark.parametrize(
    "text",
    ["waterproof hiking boots", "lightweight bamboo trekking poles", "steel saucepan", "classic leather drum sticks"],
)
def test_what_is_sold_is_found(meanings: Meanings, text: str) -> None:
    assert meanings.objection(text) is None
    assert meanings.of([text])[0].nearest >= meanings.floor


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gothic cathedral organ", "none of its words"), ("waterproof zeppelin", "core word"),
        ("submarine nuclear reactor boots", "fewer than half"), ("zxqv blorp", "none of its words"),
        ("leather elephant", "core word"),
    ],
)  # fmt: skip
def test_what_nobody_sells_is_refused(meanings: Meanings, text: str, why: str) -> None:
    assert why in (meanings.objection(text) or "")


def test_the_floor_lets_most_of_the_catalogue_s_own_phrases_pass(shop: Shop, meanings: Meanings) -> None:
    said = [phrase.text for row in shop.tagger.model.phrases_C for phrase in row]
    assert sum(meanings.objection(text) is None for text in said) >= 0.95 * len(said)
    assert 0 < meanings.floor < 0.9


def test_phi_gives_the_category(shop: Shop, meanings: Meanings) -> None:
    texts = ["waterproof hiking boots", "nothing of this"]
    assert [meaning.category for meaning in meanings.of(texts)] == shop.tagger.phi.predict(texts)


def test_forgetting_changes_no_meaning(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    small = Meanings(shop.tagger.model, shop.catalog.titles, shop.encoder, quantile=0.05)
    texts = ["hiking boots", "frying pans", "plant pots", "hiking boots", "violin bows"]
    first = [(meaning.category, meaning.nearest) for text in texts for meaning in small.of([text])]
    assert first == [(meaning.category, meaning.nearest) for meaning in small.of(texts)]
