"""The attenuator lowers what is like the unwanted, never raises anything, and knows what the catalogue knows."""

from __future__ import annotations

import numpy as np

from intentfeed.commands.alike import Alike, spread_out
from intentfeed.commands.attenuator import Attenuator, AttenuatorArgs
from intentfeed.commands.config import AttenuatorConfig
from intentfeed.commands.tools import Pool, ToolContext
from tests.commands.tooling import context, pool, soft, unwanted


def attenuated(told: ToolContext, **config: object) -> Pool:
    args = AttenuatorArgs(negative=tuple(one.id for one in told.memory.preferences))
    return Attenuator(AttenuatorConfig(**config)).run(pool(), args, told)


def test_what_is_known_to_be_unwanted_pays_most_and_what_is_known_not_to_be_pays_nothing() -> None:
    found = attenuated(context(unwanted(soft("color", "green"))), beta=0.4, held=3)
    np.testing.assert_allclose(found.scores["attenuator"][[3, 4, 6, 8]], -1.2)
    decided = [row for row in range(12) if row not in (2, 3, 4, 6, 8)]  # the folding desk has no colour
    assert not found.scores["attenuator"][decided].any()


def test_free_words_cost_by_likeness_and_what_is_unlike_costs_nothing() -> None:
    found = attenuated(context(unwanted(soft("about", "lamps for reading by"))), beta=0.5)
    score = found.scores["attenuator"]
    assert score.max() == 0
    assert score.min() >= -0.5
    assert int(score.argmin()) == 3
    assert (score == 0).sum() >= 6


def test_nothing_is_ever_rewarded_and_nothing_removed() -> None:
    for config in ({"evidence": True}, {"evidence": False}, {"evidence": False, "per_item": True}):
        found = attenuated(context(unwanted(soft("about", "steel")), unwanted(soft("category", "Desks"))), **config)
        assert (found.scores["attenuator"] <= 0).all()
        assert len(found.rows) == 12
        assert found.mask_I.all()


def test_one_vector_for_all_dislikes_or_one_for_each() -> None:
    told = context(unwanted(soft("about", "tent")), unwanted(soft("about", "desk")))
    one, each = (attenuated(told, evidence=False, per_item=flag).scores["attenuator"] for flag in (False, True))
    texts = ["tent", "desk"]
    cosines = told.items.encode(texts) @ told.items.vectors_ID.T
    expected = -0.5 * np.max([told.alike.of(row) for row in cosines], axis=0)
    np.testing.assert_allclose(each, expected)
    joined = -0.5 * told.alike.of(told.items.vectors_ID @ told.items.encode(["tent desk"])[0])
    np.testing.assert_allclose(one, joined)
    assert (one != each).any()


def test_words_that_nobody_knows_cost_nothing() -> None:
    assert not attenuated(context(unwanted(soft("about", "qzxv")))).scores["attenuator"].any()


def test_the_scale_is_that_of_unrelated_pairs_and_the_same_each_time() -> None:
    told = context()
    again = Alike.fit(told.items, told.registry)
    assert told.alike == again
    assert again.low < again.high
    likeness = again.of(np.array([again.low - 1, again.low, (again.low + again.high) / 2, again.high, 2], np.float32))
    np.testing.assert_allclose(likeness, [0, 0, 0.5, 1, 1], atol=1e-4)
    texts = [value.rpartition(" > ")[2] for field in told.registry.fields.values() for value in field.values]
    cosines = told.items.encode(sorted(set(texts))) @ told.items.vectors_ID.T
    assert (again.of(cosines.ravel()) > 0).mean() <= 0.55  # half of all pairs are unrelated, by definition


def test_scores_are_spread_from_nothing_to_one() -> None:
    assert spread_out(np.array([3.0, 1.0, 2.0])).tolist() == [1, 0, 0.5]
    assert spread_out(np.array([2.0, 2.0])).tolist() == [0, 0]
    assert spread_out(np.zeros(0)).tolist() == []
