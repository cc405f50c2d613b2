"""φ: what it learns from titles, and what it admits not to know."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from intentfeed.intents.category import CategoryModel
from tests.intents.shop import Shop, leaves


def test_held_out_titles_find_their_category(shop: Shop) -> None:
    accuracy = shop.tagger.phi.accuracy
    assert accuracy["n"] >= 20
    assert accuracy["titles"] >= 0.95
    assert accuracy["cut"] >= 0.95


def test_accuracy_is_that_of_a_model_that_did_not_see_the_rows() -> None:
    rng = np.random.default_rng(0)
    titles = [" ".join(f"w{word}" for word in rng.integers(0, 9000, 6)) for _ in range(400)]
    categories = [f"c{row % 20}" for row in range(400)]
    named = [title.replace("w", "word") for title in titles]
    model = CategoryModel.fit(named, categories)
    assert model.accuracy["titles"] < 0.3  # nothing can be learnt; a leak would show as 1.0


def test_the_name_of_a_category_means_it(shop: Shop) -> None:
    names = [path.rpartition(" > ")[2] for path in leaves()]
    assert shop.tagger.phi.predict(names) == leaves()


def test_unknown_words_mean_nothing(shop: Shop) -> None:
    assert shop.tagger.phi.predict(["zzyzx qwrt", ""]) == ["", ""]
    assert not shop.tagger.phi.probabilities(["zzyzx"]).any()


def test_probabilities_sum_to_one_and_agree_with_the_prediction(shop: Shop) -> None:
    phi = shop.tagger.phi
    texts = ["waterproof boots", "steel pots", "drum"]
    shares = phi.probabilities(texts)
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert [phi.categories[at] for at in shares.argmax(axis=1)] == phi.predict(texts)


def test_saves_and_loads_without_refitting(shop: Shop, tmp_path: Path) -> None:
    phi = shop.tagger.phi
    phi.save(tmp_path)
    again = CategoryModel.load(tmp_path)
    assert again.accuracy == phi.accuracy
    assert again.predict(shop.catalog.titles) == phi.predict(shop.catalog.titles)
    assert np.array_equal(again.probabilities(shop.catalog.titles), phi.probabilities(shop.catalog.titles))


def test_a_catalogue_without_categories_is_legal() -> None:
    model = CategoryModel.fit(["a lamp", "a chair"], ["", ""])
    assert model.predict(["lamp"]) == [""]
    assert model.probabilities(["lamp"]).shape == (1, 0)
