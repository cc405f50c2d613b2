"""Shared words make items alike; the slow twin multiplies everything out."""

import numpy as np
import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.lexical import Lexical

TITLES = ["red tent", "blue tent", "red kettle", "steel kettle", "garden hose", ""]


def shop(titles=TITLES) -> Catalog:
    return Catalog.of({"item_id": [f"i{row}" for row in range(len(titles))], "title": titles})


@pytest.fixture(scope="module")
def encoder() -> SvdEncoder:
    return SvdEncoder.fit(shop())


@pytest.fixture(scope="module")
def words(encoder) -> Lexical:
    return Lexical.fit(shop(), encoder)


def scores_of(words: Lexical, *histories: list[int], n=6):
    """Return scores_UI of all items, each history asked by itself."""
    rows = np.arange(n, dtype=np.int32)
    return np.stack([words.asked(np.array(some, dtype=np.int64), np.ones(len(some))).score(rows) for some in histories])


def test_items_with_the_same_words_score(words: Lexical) -> None:
    scores = scores_of(words, [0], [5], [])
    assert (scores[0, [1, 2]] > 0).all()
    assert not scores[0, [3, 4, 5]].any()
    assert not scores[1:].any()


def test_scores_equal_the_slow_product(words: Lexical) -> None:
    dense = words.words_IV.toarray()
    taken_UI = np.array([[1, 0, 1, 0, 0, 0], [0, 1, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0]])
    assert scores_of(words, [0, 2], [4, 1, 3], []) == pytest.approx(taken_UI @ dense @ dense.T, abs=1e-6)


def test_rows_have_length_one_or_zero(words: Lexical) -> None:
    assert np.linalg.norm(words.words_IV.toarray(), axis=1) == pytest.approx([1, 1, 1, 1, 1, 0])


def test_new_and_changed_texts_are_read_and_others_left(words: Lexical, encoder: SvdEncoder) -> None:
    later = shop(["red tent", "blue hose", *TITLES[2:], "steel tent"])
    fresh = words.updated(later, encoder)
    assert np.array_equal(fresh.words_IV.toarray(), Lexical.fit(later, encoder).words_IV.toarray())
    assert words.updated(Catalog(shop().frame.with_columns(price=pl.lit(3.0))), encoder) is words


def test_a_catalogue_without_text_has_no_words() -> None:
    bare = Catalog.of({"item_id": ["a", "b"]})
    empty = Lexical.fit(bare, SvdEncoder.fit(bare))
    assert empty.words_IV.nnz == 0
    assert not scores_of(empty, [0], n=2).any()


def test_saved_and_loaded_it_says_the_same(words: Lexical, encoder: SvdEncoder, tmp_path) -> None:
    words.save(tmp_path)
    loaded = Lexical.load(tmp_path)
    assert np.array_equal(scores_of(loaded, [0, 3]), scores_of(words, [0, 3]))
    assert loaded.updated(shop(), encoder) is loaded


def test_items_of_scripts_without_blanks_share_pairs_of_characters() -> None:
    titles = ["防水登山鞋", "女款登山鞋", "不粘炒锅", "รองเท้าวิ่ง", "รองเท้าหนัง", "登"]
    encoder = SvdEncoder.fit(shop(titles))
    scores = scores_of(Lexical.fit(shop(titles), encoder), [0], [3])
    assert scores[0, 1] > scores[0, 5] > 0
    assert not scores[0, [2, 3, 4]].any()
    assert scores[1, 4] > 0
    assert not scores[1, [0, 1, 2, 5]].any()


def test_lists_in_the_order_of_their_weights_leave_the_words_as_they_were(encoder: SvdEncoder, monkeypatch) -> None:
    """They are sorted in place, by whichever thread asks first: in arrays of their own, or two would mix items up."""
    words = Lexical.fit(shop(), encoder)
    before = words.words_IV.copy()
    monkeypatch.setattr("intentfeed.retrieval.lexical.LONGEST", 1)
    lists = words.lists_VI
    assert not np.shares_memory(lists.indices, words.words_IV.indices)
    for row in range(lists.shape[0]):
        heads = lists.data[lists.indptr[row] : lists.indptr[row + 1]]
        assert (np.diff(heads) <= 0).all()
    assert np.array_equal(lists.toarray(), before.toarray().T)
    assert np.array_equal(words.words_IV.indices, before.indices)
    assert np.array_equal(words.words_IV.data, before.data)
