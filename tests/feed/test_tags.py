"""Tags in one product or one by one, kept or not: the same answers; a tag counts as its own score says."""

from dataclasses import replace

import numpy as np
import pytest

from intentfeed.feed.model import fit_all
from intentfeed.feed.tags import TagAnswers, trusts

from .worlds import KINDS, kind, log, shop, tag


@pytest.fixture(scope="module")
def space():
    return fit_all(shop(), log())[0]


def test_answers_are_of_the_kind_asked_for_and_the_same_in_any_company(space) -> None:
    together = TagAnswers(space, least=0.5, cache_mb=1).of(KINDS)
    for which, (name, (rows, scores)) in enumerate(zip(KINDS, together, strict=True)):
        assert {kind(row) for row in rows.tolist()} == {which}
        alone = TagAnswers(space, least=0.5, cache_mb=0).of([name, name])
        assert all(np.array_equal(rows, again) and np.array_equal(scores, same) for again, same in alone)


def test_the_cache_stays_within_its_room(space) -> None:
    tags = TagAnswers(space, least=0.0, cache_mb=0)
    tags.of(KINDS)
    assert not tags._kept
    assert tags._bytes == 0


def test_the_best_tag_counts_fully_and_others_by_their_score() -> None:
    scored = [replace(tag("a"), score=0.8), replace(tag("b"), score=0.2), replace(tag("c"), score=-1.0)]
    assert trusts(scored, 0.5) == pytest.approx([1.0, 0.5, 0.0])
    assert trusts(scored, 0.0) == [1.0, 1.0, 1.0]
    assert trusts([replace(tag("a"), score=0.0)], 0.5) == [1.0]
    assert trusts([], 0.5) == []
