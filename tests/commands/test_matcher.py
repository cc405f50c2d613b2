"""The matcher: evidence before likeness, likeness before nothing, and the person's own order where nothing is asked."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from intentfeed.commands.config import MatcherConfig
from intentfeed.commands.matcher import Matcher, MatcherArgs
from intentfeed.commands.tools import Pool, ToolContext
from intentfeed.commands.vectors import Vectors
from intentfeed.data.catalog import Catalog
from intentfeed.errors import DataError
from tests.commands.tooling import catalog, context, hard, pool, soft

BASE = [12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]


def matched(told: ToolContext, *, base: list[float] = BASE, vectors: Vectors | None = None, **config: object) -> Pool:
    args = MatcherArgs(positive=tuple(one.id for one in told.memory.preferences))
    return Matcher(MatcherConfig(**config), vectors=vectors).run(pool(base=base), args, told)


def order(found: Pool) -> list[int]:
    return found.rows[np.argsort(-found.scores["matcher"], kind="stable")].tolist()


def test_without_anything_asked_for_the_personal_order_stands() -> None:
    found = matched(context(hard("price", "le", 50.0)))
    assert order(found) == list(range(12))
    np.testing.assert_allclose(found.scores["matcher"], found.parts["collab"])
    assert (found.scores["matcher"].min(), found.scores["matcher"].max()) == (0, 1)


def test_what_the_catalogue_knows_to_be_wanted_comes_before_what_taste_prefers() -> None:
    found = matched(context(soft("category", "Hoses")))
    assert order(found)[:3] == [8, 9, 0]  # both hoses, in the personal order, though they are far down in it
    assert found.parts["sem"][[8, 9]].tolist() == [2, 2]


def test_a_field_decides_and_a_title_stands_in_where_the_field_is_missing() -> None:
    found = matched(context(soft("color", "green")))
    held = set(np.flatnonzero(found.parts["sem"] == 2).tolist())
    assert held == {3, 4, 6, 8}  # the floor lamp has no colour, but is called green; no title overrules a field


def test_more_of_what_is_wanted_comes_before_less() -> None:
    found = matched(context(soft("color", "green"), soft("category", "Home > Lamps")))
    assert order(found)[:2] == [3, 4]
    assert set(order(found)[2:5]) == {5, 6, 8}  # one of the two each
    assert found.parts["sem"][3] == 4


def test_free_words_are_compared_as_vectors_from_nothing_to_one() -> None:
    found = matched(context(soft("about", "lamp reading")), base=[0.0] * 12)
    assert order(found)[0] == 3
    assert (found.parts["sem"].min(), found.parts["sem"].max()) == (0, 1)


def test_as_in_the_paper_alpha_blends_one_cosine_with_taste() -> None:
    told = context(soft("category", "Hoses"), soft("color", "green"), hard("material", "eq", "plastic"))
    assert Matcher().intent(told.memory.preferences, told) == "Hoses green plastic"
    found = matched(told, evidence=False, alpha=0.3)
    cosines = told.items.vectors_ID @ told.items.encode(["Hoses green plastic"])[0]
    expected = (cosines - cosines.min()) / (cosines.max() - cosines.min())
    np.testing.assert_allclose(found.parts["sem"], expected, atol=1e-6)
    np.testing.assert_allclose(
        found.scores["matcher"], 0.3 * found.parts["sem"] + 0.7 * found.parts["collab"], atol=1e-9
    )


def test_taste_can_be_left_out() -> None:
    told = context(soft("category", "Hoses"))
    found = Matcher().run(pool(base=BASE), MatcherArgs(positive=("c1",), use_collab=False), told)
    assert not found.parts["collab"].any()


def test_what_meets_a_preference_is_looked_at_whatever_the_feed_would_bring() -> None:
    told = context(soft("category", "Hoses"), soft("about", "reading lamp"))
    nominated = Matcher(MatcherConfig(search=1)).nominate(pool(), MatcherArgs(positive=("c1", "c2")), told)
    assert set(nominated.nominated.tolist()) == {3, 8, 9}
    assert nominated.focus_I is not None
    assert not nominated.focus_I.any()  # no hose is a reading lamp


def test_either_of_two_values_of_one_field_will_do_but_two_fields_must_both_be_met() -> None:
    args = MatcherArgs(positive=("c1", "c2", "c3"))
    either = context(soft("category", "Hoses"), soft("category", "Lamps"), soft("color", "green"))
    focus_I = Matcher().nominate(pool(), args, either).focus_I
    assert focus_I is not None
    assert np.flatnonzero(focus_I).tolist() == [3, 4, 8]
    free = context(soft("about", "oak"), soft("about", "bench"))
    focus_I = Matcher().nominate(pool(), args, free).focus_I
    assert focus_I is not None
    assert np.flatnonzero(focus_I).tolist() == [10]


def test_where_what_was_asked_for_counts_nothing_it_brings_nothing() -> None:
    told, args = context(soft("category", "Hoses")), MatcherArgs(positive=("c1",))
    nominated = Matcher(MatcherConfig(alpha=0)).nominate(pool(), args, told)
    assert nominated.focus_I is None
    assert not len(nominated.nominated)
    assert order(matched(told, alpha=0)) == list(range(12))


class Listening:
    """A model that has learnt that who asks for a hose takes the stone bench."""

    def scores(self, history: object, intent_texts: list[str], rows: NDArray[np.int32]) -> NDArray[np.float32]:
        return np.where((rows == 11) & ("Hoses" in intent_texts), 40.0, -3.0).astype(np.float32)

    def search(self, history: object, intent_texts: list[str], k: int, mask: NDArray[np.bool_] | None = None):
        return np.array([11], dtype=np.int32), np.array([40.0], dtype=np.float32)


def test_a_model_that_heeds_what_was_asked_shares_the_personal_score() -> None:
    told = context(soft("category", "Hoses"), active=Listening())
    found = matched(told, active=1.0)
    assert found.parts["collab"].tolist() == [0.0] * 11 + [1.0]
    half = matched(told, active=0.5)
    assert half.parts["collab"][0] == 0.5
    assert half.parts["collab"][11] == 0.5
    assert 11 in Matcher().nominate(pool(), MatcherArgs(positive=("c1",)), told).nominated
    assert matched(told, active=0.0).parts["collab"][0] == 1


def test_such_a_model_hears_hard_demands_too_and_nothing_unwanted() -> None:
    heard = list[list[str]]()

    class Noting(Listening):
        def scores(self, history: object, intent_texts: list[str], rows: NDArray[np.int32]) -> NDArray[np.float32]:
            heard.append(intent_texts)
            return super().scores(history, intent_texts, rows)

    demands = (soft("color", "green"), hard("material", "eq", "plastic"), hard("price", "lt", 50))
    refused = replace(soft("category", "Lamps"), polarity="negative")
    matched(context(*demands, refused, active=Noting()))
    assert set(heard[0]) == {"green", "plastic"}


class Colors:
    """Encodes the words for two colours as they look."""

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        return np.array([[float("scarlet" in text), float("azure" in text)] for text in texts], dtype=np.float32)


def pictured() -> Catalog:
    items = catalog()
    looks = {0: [3.0, 0.0], 1: [0.0, 2.0], 2: [1.0, 1.0]}
    told = [{**held, **({"look": looks[row]} if row in looks else {})} for row, held in enumerate(items.attributes)]
    return Catalog(items.frame.with_columns(pl.Series("attributes", [json.dumps(one) for one in told])))


def test_vectors_of_images_are_soft_evidence_beside_the_text() -> None:
    items = pictured()
    told = context(soft("about", "azure"), items=items)
    vectors = Vectors.of(items, "look", Colors())
    found = matched(told, base=[0.0] * 12, vectors=vectors)
    assert order(found)[:2] == [1, 2]
    plain = np.array([[0.5] * 12], dtype=np.float32)
    blended = vectors.blended(plain, ["azure"], np.arange(12, dtype=np.int32), 0.3)[0]
    np.testing.assert_allclose(blended[:4], [0.35, 0.65, 0.35 + 0.3 * 0.5**0.5, 0.5], atol=1e-6)


def test_vectors_of_another_width_or_none_at_all_are_refused() -> None:
    with pytest.raises(DataError, match="no item has a list of numbers in 'look'"):
        Vectors.of(catalog(), "look", Colors())
    frame = pictured().frame
    broken = frame.with_columns(pl.Series("attributes", [*frame["attributes"][:11], '{"look": [1, "x"]}']))
    with pytest.raises(DataError, match="item 't11' has no 2 numbers"):
        Vectors.of(Catalog(broken), "look", Colors())
