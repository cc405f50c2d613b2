"""Texts that say the same lie close; a catalogue without text yields zeros of the right width."""

import json

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.encode import EncoderConfig, SvdEncoder, words

CONFIG = EncoderConfig(dims=16)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    kinds = {"Camping > Tents": "tent", "Kitchen > Kettles": "kettle", "Garden > Hoses": "hose"}
    shades = ["red", "green", "blue", "large", "small", "light"]
    rows = [(f"{shade} {noun}", path) for path, noun in kinds.items() for shade in shades]
    return Catalog.of(
        {
            "item_id": [f"i{n}" for n in range(len(rows))],
            "title": [title for title, _ in rows],
            "category": [path for _, path in rows],
            "brand": ["Acme"] * len(rows),
            "attributes": [json.dumps({"tags": ["outdoor", "sale"], "year": 2020, "weight": 1.5})] * len(rows),
        }
    )


@pytest.fixture(scope="module")
def encoder(catalog: Catalog) -> SvdEncoder:
    return SvdEncoder.fit(catalog, CONFIG)


def test_rows_have_length_one_or_zero(encoder: SvdEncoder) -> None:
    vectors = encoder.encode(["red tent", "", "zzz", "?!"])
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, 16)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0, 0], abs=1e-5)


def test_a_phrase_finds_the_items_of_its_kind(encoder: SvdEncoder, catalog: Catalog) -> None:
    scores = encoder.encode(["spacious tents", "kettles"]) @ encoder.encode_items(catalog).T
    assert sorted(np.argsort(-scores[0])[:6]) == list(range(6))
    assert sorted(np.argsort(-scores[1])[:6]) == list(range(6, 12))


def test_each_row_stands_alone(encoder: SvdEncoder) -> None:
    texts = ["red tent", "blue hose", "small kettle", "tent"]
    whole = encoder.encode(texts)
    assert all(np.array_equal(whole[n], encoder.encode([text])[0]) for n, text in enumerate(texts))


def test_same_catalogue_same_vectors(encoder: SvdEncoder, catalog: Catalog) -> None:
    assert np.array_equal(SvdEncoder.fit(catalog, CONFIG).encode_items(catalog), encoder.encode_items(catalog))


def test_saved_and_loaded_it_says_the_same(encoder: SvdEncoder, catalog: Catalog, tmp_path) -> None:
    encoder.save(tmp_path)
    loaded = SvdEncoder.load(tmp_path)
    assert np.array_equal(loaded.encode_items(catalog), encoder.encode_items(catalog))
    assert np.array_equal(loaded.encode(["red tent"]), encoder.encode(["red tent"]))
    assert not list(tmp_path.glob("*.pkl"))


def test_without_text_the_vectors_are_zero_and_wide() -> None:
    bare = Catalog.of({"item_id": ["a", "b"]})
    encoder = SvdEncoder.fit(bare, CONFIG)
    assert encoder.encode_items(bare).shape == (2, 16)
    assert not encoder.encode_items(bare).any()
    assert not encoder.encode(["tent"]).any()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_catalogues_keep_the_width(n: int) -> None:
    tiny = Catalog.of({"item_id": [f"i{k}" for k in range(n)], "title": ["red tent", "kettle"][:n]})
    assert SvdEncoder.fit(tiny, CONFIG).encode_items(tiny).shape == (n, 16)


def test_scripts_without_spaces_are_read_by_pairs() -> None:
    titles = ["户外帐篷防水", "露营帐篷轻便", "不锈钢水壶", "电热水壶"]
    catalog = Catalog.of({"item_id": list("abcd"), "title": titles})
    encoder = SvdEncoder.fit(catalog, CONFIG)
    scores = (encoder.encode(["大帐篷"]) @ encoder.encode_items(catalog).T)[0]
    assert scores[:2].min() > scores[2:].max()
    assert words("帐篷 X1") == ["帐", "篷", "帐篷", "x1"]


def test_endless_text_is_read_as_a_prefix(encoder: SvdEncoder) -> None:
    assert encoder.encode(["red tent " * 300_000])[0] @ encoder.encode(["red tent"])[0] > 0.9


CHINESE = ["防水登山鞋", "轻便登山包", "不粘炒锅", "儿童运动鞋", "รองเท้าวิ่ง", "ランニングシューズ", "登山杖 碳纤维"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("登山鞋防水", 0),
        ("炒锅", 2),
        ("登山 包", 1),
        ("碳纤维登山杖", 6),
        ("รองเท้า", 4),
        ("シューズ", 5),
        ("运动鞋儿童款", 3),
    ],
)
def test_a_query_without_blanks_finds_its_item(query: str, wanted: int) -> None:
    shop = Catalog.of({"item_id": [f"i{n}" for n in range(len(CHINESE))], "title": CHINESE})
    encoder = SvdEncoder.fit(shop)
    scores = encoder.encode([query]) @ encoder.encode_items(shop).T
    assert int(np.argmax(scores[0])) == wanted
