"""Each loss against a value worked out by hand (RecGPT-V1, 7.4, check 1)."""

from __future__ import annotations

from math import exp, log

import pytest

torch = pytest.importorskip("torch")

from intentfeed.retrieval.losses import (  # noqa: E402
    category_loss,
    collaborative_loss,
    contrast,
    tag_loss,
    tar_loss,
)

ROOM = {"rel": 0, "abs": 1e-6}
QUERIES = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
"""h_u, or h_t, of two pairs."""
POSITIVES = torch.tensor([[2.0, 1.0], [1.0, 0.5]])
"""Their items: inner products 2 and 1."""
NEGATIVES = torch.tensor([[1.0, 1.0], [0.0, -1.0], [-1.0, 0.5]])
"""Three items: inner products 1, 0, -1 with the first query, 2, -2, 1 with the second."""
BY_HAND = -log(exp(2) / (exp(2) + exp(1) + 1 + exp(-1))) - log(exp(1) / (exp(1) + exp(2) + exp(-2) + exp(1)))


@pytest.mark.parametrize("loss", [collaborative_loss, tag_loss])
def test_two_positives_and_three_shared_negatives(loss) -> None:
    assert loss(QUERIES, POSITIVES, NEGATIVES).item() == pytest.approx(BY_HAND, **ROOM)


@pytest.mark.parametrize("loss", [collaborative_loss, tag_loss])
def test_each_pair_may_have_negatives_of_its_own(loss) -> None:
    own = torch.stack([NEGATIVES, NEGATIVES.flip(0)])
    assert loss(QUERIES, POSITIVES, own).item() == pytest.approx(BY_HAND, **ROOM)


def test_an_item_that_the_user_did_take_is_no_negative() -> None:
    allowed = torch.tensor([[True, False, True], [False, False, False]])
    by_hand = -log(exp(2) / (exp(2) + exp(1) + exp(-1)))  # the second pair has no negative left, and loses nothing
    assert collaborative_loss(QUERIES, POSITIVES, NEGATIVES, allowed).item() == pytest.approx(by_hand, **ROOM)


def test_the_sum_over_positives_is_outside_the_logarithm() -> None:
    """One query, two positives of scores 2 and 0, three negatives of 1, 0 and -1."""
    query = torch.tensor([[1.0, 0.0]])
    same = torch.tensor([[[2.0, 3.0], [0.0, 5.0]]])
    others = exp(1) + 1 + exp(-1)
    outside = -log(exp(2) / (exp(2) + others)) - log(1 / (1 + others))
    inside = -log((exp(2) + 1) / (exp(2) + 1 + others))
    found = category_loss(query, same, NEGATIVES).item()
    assert found == pytest.approx(outside, **ROOM)
    assert abs(found - inside) > 1


def test_each_pair_has_categories_of_its_own() -> None:
    same = torch.stack([POSITIVES, POSITIVES.flip(0)])  # scores (2, 1) of the first pair, (1, 2) of the second
    allowed = torch.tensor([[True, True, False], [False, True, True]])
    first, second = exp(1) + 1, exp(-2) + exp(1)
    by_hand = -sum(log(exp(s) / (exp(s) + rest)) for s, rest in [(2, first), (1, first), (1, second), (2, second)])
    assert category_loss(QUERIES, same, NEGATIVES, allowed).item() == pytest.approx(by_hand, **ROOM)


def test_alpha_weighs_the_semantic_losses_only() -> None:
    parts = (torch.tensor(3.0), torch.tensor(5.0), torch.tensor(7.0))
    assert [tar_loss(*parts, alpha).item() for alpha in (0.0, 0.5, 1.0)] == [10.0, 9.0, 8.0]


def test_gradients_stay_numbers_where_nothing_is_left_to_tell_from() -> None:
    scores = torch.zeros(1, requires_grad=True)
    negatives = torch.zeros(1, 2, requires_grad=True)
    contrast(scores, negatives, torch.zeros(1, 2, dtype=torch.bool)).sum().backward()
    assert scores.grad.item() == 0
    assert negatives.grad.tolist() == [[0.0, 0.0]]


def test_scores_of_half_precision_are_summed_in_full() -> None:
    halves = [scores.bfloat16() for scores in (QUERIES, POSITIVES, NEGATIVES)]
    found = collaborative_loss(*halves)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(BY_HAND, abs=1e-5)  # these scores are whole, so that nothing is lost before


def test_large_scores_do_not_overflow() -> None:
    assert contrast(torch.tensor([500.0]), torch.tensor([[400.0]])).item() == pytest.approx(0)
    assert contrast(torch.tensor([400.0]), torch.tensor([[500.0]])).item() == pytest.approx(100)
