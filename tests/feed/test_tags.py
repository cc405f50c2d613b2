"""Tags in one product or one by one, kept or not: the same answers; a tag counts as its own score says."""

from dataclasses import replace

import numpy as np
import pytest

from intentfeed.feed.indexes import Indexes
from intentfeed.feed.model import fit_all
from intentfeed.feed.tags import TagAnswers, best_rows, trusts

from .worlds import KINDS, N, kind, log, shop, tag


@pytest.fixture(scope="module")
def space():
    return fit_all(shop(), log())[0]


def answers(space, **more) -> TagAnswers:
    return TagAnswers(space, Indexes.build(space), **{"least": 0.5, "top": 100, "cache_mb": 1, **more})


def test_answers_are_of_the_kind_asked_for_and_the_same_in_any_company(space) -> None:
    together = answers(space).of(KINDS)
    for which, (name, found) in enumerate(zip(KINDS, together, strict=True)):
        assert {kind(row) for row in found.rows.tolist()} == {which}
        assert found.scores.min() >= np.float32(found.level)
        for again in answers(space, cache_mb=0).of([name, name]):
            assert np.array_equal(found.rows, again.rows)
            assert np.array_equal(found.scores, again.scores)


def test_the_halves_bring_what_the_whole_catalogue_would(space) -> None:
    """Where the catalogue is too large to look through, rows near by text or by log are, and lose little."""
    few, sought = answers(space, top=8), answers(space, top=72)
    for name in KINDS:
        best = sorted(zip(-sought.of([name])[0].scores, sought.of([name])[0].rows.tolist(), strict=True))[:8]
        assert {row for _, row in best} == set(few.of([name])[0].rows.tolist())


def test_items_are_looked_through_as_an_exact_index_finds_them(space, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one, all at once, or by searching: the same answers; of a word that nobody knows, none."""
    texts = [*KINDS, "zebra", "red tent", "steel"]
    for size in (1, 4, 10, 20):
        together = answers(space, top=size).of(texts)
        alone = [answers(space, top=size).of([text])[0] for text in texts]
        monkeypatch.setattr("intentfeed.feed.tags.LOOKED_THROUGH", 0)
        searched = answers(space, top=size).of(texts)
        monkeypatch.undo()
        for one, two, three in zip(together, alone, searched, strict=True):
            assert one.level == two.level == three.level
            assert one.rows.tolist() == two.rows.tolist() == three.rows.tolist()
            assert one.scores.tolist() == two.scores.tolist() == three.scores.tolist()


def test_the_best_rows_are_the_best_with_ties_in_order() -> None:
    rng = np.random.default_rng(1)
    for n, k in ((1, 1), (7, 3), (50, 20), (1_000, 7), (1_003, 100), (5_000, 4)):
        scores = (rng.integers(0, 40, n) / 8 - 2).astype(np.float32)
        assert best_rows(scores, k).tolist() == np.argsort(-scores, kind="stable")[:k].tolist()


def test_a_filter_is_heeded(space) -> None:
    """And what is left is asked exactly: the best three of the allowed rows for each tag, nothing else."""
    allowed = np.arange(0, N, 2, dtype=np.int32)
    tags = answers(space, top=3)
    for name, rows in zip(KINDS, tags.filtered(KINDS, allowed), strict=True):
        scores = tags.scores([name], allowed)[0]
        assert rows.tolist() == sorted(allowed[np.argsort(-scores, kind="stable")[:3]].tolist())
    assert tags.filtered([], allowed) == []


def test_what_is_kept_of_the_whole_catalogue_answers_as_the_rows_themselves_do(space) -> None:
    """However much is kept, and whether it is kept already: the same rows down to the level of the tag."""
    rng = np.random.default_rng(5)
    sizes = [answers(space, top=4, **more) for more in ({}, {"deep": 5}, {"deep": 30}, {"cache_mb": 0})]
    for share in (0.9, 0.5, 0.3, 0.15, 0.05, 0.01):
        allowed = np.flatnonzero(rng.random(N) < share).astype(np.int32)
        for name in (*KINDS, "zebra"):
            level = sizes[0].of([name])[0].level
            scores = sizes[0].scores([name], allowed)[0]
            best = [row for row in np.argsort(-scores, kind="stable")[:4] if scores[row] >= np.float32(level)]
            for tags in sizes:
                found = tags.filtered([name], allowed)[0]
                good = tags.scores([name], found)[0] >= np.float32(level)
                assert found[good].tolist() == sorted(allowed[best].tolist())


def test_an_unknown_word_has_no_answer(space) -> None:
    assert not len(answers(space).of(["zebra"])[0].rows)


def test_the_cache_stays_within_its_room(space) -> None:
    tags = answers(space, least=0.0, cache_mb=0)
    tags.of(KINDS)
    assert not tags._kept
    assert tags._bytes == 0


def test_the_best_tag_counts_fully_and_others_by_their_score() -> None:
    scored = [replace(tag("a"), score=0.8), replace(tag("b"), score=0.2), replace(tag("c"), score=-1.0)]
    assert trusts(scored, 0.5) == pytest.approx([1.0, 0.5, 0.0])
    assert trusts(scored, 0.0) == [1.0, 1.0, 1.0]
    assert trusts([replace(tag("a"), score=0.0)], 0.5) == [1.0]
    assert trusts([], 0.5) == []
