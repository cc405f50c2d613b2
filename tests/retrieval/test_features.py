"""Fields as codes: what is missing or new is 0, numbers fall into bins of equal weight, noise makes no column."""

from __future__ import annotations

import json

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.features import FeatureConfig, ItemFeatures

N = 64


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    attributes = [{"color": ["red", "blue"][row % 2], "weight": row / 2, "serial": f"s{row}"} for row in range(N)]
    return Catalog.of(
        {
            "item_id": [f"i{row}" for row in range(N)],
            "category": [f"home > shelf {row % 4}" if row else "" for row in range(N)],
            "brand": [f"brand {row % 8}" for row in range(N)],
            "price": [float(row) if row % 2 else None for row in range(N)],
            "attributes": [json.dumps(row) for row in attributes],
        }
    )


def column(features: ItemFeatures, codes: np.ndarray, name: str) -> np.ndarray:
    return codes[:, [each.name for each in features.columns].index(name)]


def test_fields_become_codes(catalog: Catalog) -> None:
    features = ItemFeatures.fit(catalog, np.arange(N), FeatureConfig(bins=8))
    codes = features.codes(catalog, np.arange(N))
    names = [each.name for each in features.columns]
    assert names == ["category", "category 1", "brand", "price", "sales", "attribute color", "attribute weight"]
    assert (codes >= 0).all()
    assert (codes < np.array(features.sizes)).all()
    category = column(features, codes, "category")
    assert category[0] == 0  # it has none
    assert category[1] == category[5] != category[2]
    color = column(features, codes, "attribute color")
    assert color[0] == color[2] != color[1]


def test_numbers_fall_into_bins_of_equal_weight(catalog: Catalog) -> None:
    features = ItemFeatures.fit(catalog, np.arange(N), FeatureConfig(bins=8))
    price = column(features, features.codes(catalog), "price")
    assert (price[::2] == 0).all()  # unknown
    assert np.bincount(price[1::2]).tolist() == [0, *[4] * 8]
    assert (np.diff(price[1::2]) >= 0).all()


def test_an_item_never_seen_has_codes_too(catalog: Catalog) -> None:
    features = ItemFeatures.fit(catalog, np.arange(N))
    fields = {"category": "home > cellar", "brand": "brand 3", "price": 1e9, "attributes": '{"color": 7}'}
    new = Catalog.of({"item_id": ["n"], **{name: [value] for name, value in fields.items()}})
    codes = dict(zip([each.name for each in features.columns], features.codes(new)[0].tolist(), strict=True))
    known = features.codes(catalog)
    assert codes["category"] == codes["sales"] == codes["attribute color"] == 0
    assert codes["brand"] == column(features, known, "brand")[3]
    assert codes["category 1"] == column(features, known, "category 1")[1]
    assert codes["price"] == column(features, known, "price").max()


def test_what_was_kept_reads_the_same(catalog: Catalog) -> None:
    features = ItemFeatures.fit(catalog, np.arange(N))
    again = ItemFeatures.of(json.loads(json.dumps(features.to_json())))
    assert again == features
    assert (again.codes(catalog) == features.codes(catalog)).all()


def test_a_catalogue_of_ids_alone_has_one_silent_column() -> None:
    bare = Catalog.of({"item_id": ["a", "b", "c"]})
    features = ItemFeatures.fit(bare, np.zeros(3))
    assert [each.name for each in features.columns] == ["category"]
    assert features.codes(bare).tolist() == [[0], [0], [0]]
