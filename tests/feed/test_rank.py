"""How sources add up to one score, and which of them are named as having brought an item."""

import numpy as np
import pytest

from intentfeed.feed.rank import LAST_RESORT, blend, contributors, normal


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_weights_of_those_that_speak_add_up_to_one() -> None:
    shares = normal({"next": 3.0, "text": 1.0, "words": 9.0}, ("next", "text", "popular"))
    assert shares == {"next": 0.75, "text": 0.25, "popular": LAST_RESORT}


def test_popularity_is_the_last_resort_of_the_silent() -> None:
    assert normal({"text": 1.0}, ("popular",)) == {"popular": LAST_RESORT}
    assert normal({"popular": 2.0}, ("popular",)) == {"popular": 1.0}


def test_a_blend_is_the_weighted_sum_and_leaves_its_parts_alone() -> None:
    parts = {"next": column(1, 0, -1), "text": column(0, 1, 1), "words": column(9, 9, 9)}
    assert blend(parts, {"next": 0.5, "text": 0.25}).tolist() == [0.5, 0.25, -0.25]
    assert parts["next"].tolist() == [1, 0, -1]


def test_who_carries_a_tenth_is_named_strongest_first() -> None:
    parts = {"next": column(0.2), "text": column(1.0), "popular": column(0.05), "taste": column(-1.0)}
    weights = dict.fromkeys(parts, 1.0)
    assert contributors(parts, weights, 0, tag=0.0) == ("text", "next")
    assert contributors(parts, weights, 0, tag=2.0) == ("tag", "text")
    assert contributors(parts, weights, 0, tag=1.0) == ("tag", "text"), "of equal ones the tag comes first"


@pytest.mark.parametrize("score", [0.0, -1.0])
def test_an_item_that_nothing_speaks_for_is_there_by_popularity(score: float) -> None:
    assert contributors({"text": column(score)}, {"text": 1.0}, 0, tag=0.0) == ("popular",)
