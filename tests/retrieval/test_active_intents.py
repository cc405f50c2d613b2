"""What may be asked for: values that many items share, said in their own words, drawn from the item alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.active_config import IntentsConfig
from intentfeed.retrieval.active_intents import NONE, Facets, columns_of
from tests.retrieval.styles import N_ITEMS, PER_SHELF, SHELVES, shelf_of, styles


@pytest.fixture(scope="module")
def facets() -> Facets:
    return Facets.of(styles(4).data.catalog)


def draw(facets: Facets, items: Any, seed: int = 0, **settings: Any) -> tuple[np.ndarray, np.ndarray]:
    config = IntentsConfig(**settings)
    return facets.draw(np.asarray(items, dtype=np.int64), config, np.random.default_rng(seed))


def films(**columns: list[Any]) -> Catalog:
    return Catalog.of({"item_id": [f"f{row}" for row in range(40)], **columns})


def test_values_are_shelves_and_brands_and_never_titles(facets: Facets) -> None:
    assert set(SHELVES) < set(facets.values)
    assert "shop" not in facets.values  # all items are there: it says nothing
    assert set(facets.values) - set(SHELVES) == {"northern peak", "quiet river", "old mill"}
    assert not {"model", *(f"no{row}" for row in range(N_ITEMS))} & {w for text in facets.phrases for w in text.split()}


def test_an_intent_names_what_its_item_has(facets: Facets) -> None:
    items = np.repeat(np.arange(N_ITEMS), 8)
    values, _ = draw(facets, items)
    assert (values[:, 0] != NONE).all()
    for item, pair in zip(items.tolist(), values.tolist(), strict=True):
        assert facets.answering(pair)[item]
    assert 0.2 < (values[:, 1] != NONE).mean() < 0.6
    assert (draw(facets, items, pairs=0.0)[0][:, 1] == NONE).all()


def test_one_of_a_kind_is_never_named_twice(facets: Facets) -> None:
    values, _ = draw(facets, np.repeat(np.arange(N_ITEMS), 20), pairs=1.0)
    both = values[(values != NONE).all(axis=1)]
    is_shelf = np.array([value in SHELVES for value in facets.values])
    assert len(both)
    assert (is_shelf[both].sum(axis=1) == 1).all()


def test_phrases_belong_to_their_values(facets: Facets) -> None:
    values, phrases = draw(facets, np.arange(N_ITEMS).repeat(5), bare=0.0)
    for value, phrase in zip(values.ravel().tolist(), phrases.ravel().tolist(), strict=True):
        if value == NONE:
            assert phrase == NONE
        else:
            assert set(facets.phrases[phrase].split()) <= set(facets.values[value].split())
    said = {facets.phrases[phrase] for phrase in phrases.ravel().tolist() if phrase != NONE}
    assert {"northern", "river"} <= said
    _, bare = draw(facets, np.arange(N_ITEMS), bare=1.0)
    assert {facets.phrases[phrase] for phrase in bare.ravel().tolist() if phrase != NONE} <= set(facets.values)


def test_the_same_chance_draws_the_same(facets: Facets) -> None:
    one, other, third = (draw(facets, np.arange(N_ITEMS), seed=seed)[0] for seed in (4, 4, 5))
    assert (one == other).all()
    assert (one != third).any()


def test_who_answers(facets: Facets) -> None:
    lamps = facets.values.index("lamps")
    assert (facets.answering([lamps, NONE]) == (shelf_of(np.arange(N_ITEMS)) == SHELVES.index("lamps"))).all()
    assert facets.answering([NONE]).all()
    peak = facets.values.index("northern peak")
    assert facets.answering([lamps, peak]).sum() == PER_SHELF // 3


def test_a_word_that_two_values_share_stands_for_neither() -> None:
    category = ["Lab Products" if row % 2 else "Office Products" for row in range(40)]
    facets = Facets.of(films(category=category))
    assert set(facets.phrases) == {"Lab Products", "Office Products", "lab", "office"}


def test_lists_and_several_at_once_and_what_reads_alike_is_one() -> None:
    genres = ['{"genres": ["Drama", "War"]}' if row % 3 else '{"genres": ["drama "]}' for row in range(40)]
    facets = Facets.of(films(category=["Drama" if row % 2 else "" for row in range(40)], attributes=genres),
                       IntentsConfig(most_share=1.0))  # fmt: skip
    assert sorted(facets.values) == ["Drama", "War"]
    assert facets.answering([facets.values.index("Drama")]).all()
    values, _ = draw(facets, np.arange(40), pairs=1.0)
    assert ((values != NONE).sum(axis=1) == 2).any()  # two of a list may be asked for at once


@pytest.mark.parametrize(
    "brand",
    [
        [f"brand {row}" for row in range(40)],  # as good as a name
        ["one"] * 9 + [""] * 31,  # held by too few
        ["a " * 60] * 12 + [""] * 28,  # prose
    ],
    ids=["unique", "rare", "long"],
)
def test_what_names_an_item_or_says_nothing_is_left_out(brand: list[str]) -> None:
    facets = Facets.of(films(brand=brand))
    assert len(facets) == 0
    values, phrases = draw(facets, np.arange(40))
    assert (values == NONE).all()
    assert (phrases == NONE).all()


def test_a_field_that_few_items_have_is_left_out_and_a_category_never() -> None:
    some = ["rare kind"] * 10 + [""] * 190
    ids = [f"f{row}" for row in range(200)]
    assert Facets.of(Catalog.of({"item_id": ids, "brand": some})).values == ()
    assert Facets.of(Catalog.of({"item_id": ids, "category": some})).values == ("rare kind",)


def test_a_caller_may_choose_the_fields_and_the_wordings() -> None:
    catalog = films(category=["x" if row % 2 else "y" for row in range(40)])
    chosen = {"mood": [("light",) if row % 2 else ("dark", "slow") for row in range(40)]}
    facets = Facets.of(catalog, columns=chosen, phrasings={"dark": ["gloomy", "dark"]})
    assert sorted(facets.values) == ["dark", "light", "slow"]
    assert "gloomy" in facets.phrases
    assert len(facets.phrases) == 4
    assert set(columns_of(catalog)) == {"category", "brand"}
