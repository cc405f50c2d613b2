"""What the tagger learns is sound: phrases that mean their category, and vectors that stand in their rows."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.intents.model import ModelConfig, TagModel
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.neighbours import ItemNeighbours
from intentfeed.types import Interactions
from tests.intents.shop import Shop, leaves


def fit(catalog: Catalog, shop: Shop, **config: float) -> TagModel:
    none = np.zeros(0, np.int32)
    log = Interactions(none, none, none.astype(np.int8), none.astype(np.int64), none.astype(float), 0, len(catalog))
    return TagModel.fit(
        catalog, log, ModelConfig.model_validate(config), encoder=shop.encoder, neighbours=ItemNeighbours.fit(log)
    )


def test_every_phrase_means_its_category_and_has_its_vector(shop: Shop) -> None:
    model = shop.tagger.model
    assert model.paths == ["", *sorted(leaves())]
    assert model.phrases_C[0] == []
    for path, phrases, vectors_TD in zip(model.paths[1:], model.phrases_C[1:], model.vectors_C[1:], strict=True):
        assert len(phrases) >= 5
        assert model.phi.predict([phrase.text for phrase in phrases]) == [path] * len(phrases)
        assert np.array_equal(vectors_TD, shop.encoder.encode([phrase.text for phrase in phrases]))


def test_a_name_that_means_another_category_is_said_with_its_parents(shop: Shop) -> None:
    titles = [f"{kind} {what}" for kind in ("Phone", "Camera") for what in ("Strap", "Cover", "Charm") for _ in "123"]
    catalog = Catalog.of(
        {
            "item_id": [str(at) for at in range(18)],
            "title": titles,
            "category": [f"Shop > {title.split()[0]}s > Accessories" for title in titles],
        }
    )
    model = fit(catalog, shop)
    for path, phrases in zip(model.paths[1:], model.phrases_C[1:], strict=True):
        said = [phrase.text for phrase in phrases]
        assert "accessories" not in said
        assert any(path.split(" > ")[1].lower()[:-1] in text for text in said), said


def test_what_mostly_means_another_category_is_not_said(shop: Shop) -> None:
    shapes = ("Deep", "Wide", "Tall")
    titles = [f"Steel {shape} Bowl" for shape in shapes] * 11 + [f"Clay {shape} Bowl" for shape in shapes] * 3
    catalog = Catalog.of(
        {
            "item_id": [str(at) for at in range(42)],
            "title": titles,
            "category": ["Kitchen > Mixing Bowls"] * 24 + ["Pets > Pet Bowls"] * 18,
        }
    )
    model = fit(catalog, shop)
    mixing, pet = ([phrase.text for phrase in phrases] for phrases in model.phrases_C[1:])
    assert "steel deep bowl" in mixing
    assert "clay deep bowl" in pet
    assert not [text for text in pet if "steel" in text], "there are such items, but the phrase means others"


def test_the_share_of_each_modifier_is_over_all_items(shop: Shop) -> None:
    model = shop.tagger.model
    for term in ("waterproof", "bamboo"):
        assert model.common[term] == np.mean([term in row for row in model.modifiers_I])
        assert model.common[term] == pytest.approx(1 / 6 if term == "waterproof" else 1 / 4, abs=0.02)


def test_the_threshold_of_repeats_rises_with_its_quantile_and_has_a_floor(shop: Shop) -> None:
    low, high = (fit(shop.catalog, shop, repeat_quantile=q, lowest_repeat=-1).repeat_cosine for q in (0.2, 0.95))
    assert low < high == shop.tagger.model.repeat_cosine
    assert fit(shop.catalog, shop, lowest_repeat=0.99).repeat_cosine == 0.99
    bare = Catalog(shop.catalog.frame.with_columns(title=pl.lit(""), category=pl.lit("")))
    assert fit(bare, shop).repeat_cosine == 0.9, "nothing to calibrate on"


def test_rows_follow_the_catalogue_as_it_stands(shop: Shop, tmp_path: Path) -> None:
    shop.tagger.save(tmp_path)
    frame = shop.catalog.frame
    new = frame.head(1).with_columns(item_id=pl.lit("new"), title=pl.lit("Steel Drum Sticks"), category=pl.lit("Moon"))
    turned = Catalog(pl.concat([frame.reverse(), new]))
    again, model = TagModel.load(tmp_path, turned, encoder=shop.encoder), shop.tagger.model
    assert np.array_equal(again.title_ID[:-1], model.title_ID[::-1])
    assert np.array_equal(again.category_I[:-1], model.category_I[::-1])
    assert again.modifiers_I[:-1] == model.modifiers_I[::-1]
    assert again.category_I[-1] == 0, "a category that the fit did not know"
    assert np.array_equal(again.title_ID[-1], shop.encoder.encode(["Steel Drum Sticks"])[0])
    assert again.modifiers_I[-1] == ()


def test_saved_and_loaded_it_is_the_same(shop: Shop, tmp_path: Path) -> None:
    shop.tagger.save(tmp_path)
    again, model = TagModel.load(tmp_path, shop.catalog, encoder=shop.encoder), shop.tagger.model
    for field in fields(TagModel):
        ours, theirs = getattr(again, field.name), getattr(model, field.name)
        if field.name in ("title_ID", "category_I", "lift_CM"):
            assert np.array_equal(ours, theirs), field.name
        elif field.name == "vectors_C":
            assert all(np.array_equal(one, other) for one, other in zip(ours, theirs, strict=True))
        elif field.name == "common":
            assert ours == theirs
            assert list(ours) == sorted(ours)
        elif field.name not in ("phi", "votes", "links"):
            assert ours == theirs, field.name


def test_a_fit_of_nothing_is_no_error(shop: Shop) -> None:
    nothing = Catalog.of({"item_id": []})
    model = TagModel.fit(
        nothing,
        Interactions(*([np.zeros(0, np.int32)] * 5), 0, 0),  # type: ignore[arg-type]
        ModelConfig(),
        encoder=SvdEncoder.fit(nothing),
        neighbours=shop.neighbours,
    )
    assert model.paths == [""]
    assert model.phrases_C == [[]]
