"""BM25 over titles: by hand, in slow loops, and as the library bm25s has it."""

from math import log

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.baselines.bm25 import Bm25, Bm25Config
from intentfeed.evaluate.recommender import CannotRun
from intentfeed.retrieval.encode import words
from tests.evaluate.baselines.logs import history, log_of

TITLES = [
    "steel hammer", "steel screws steel", "copper wire", "Steel wire with a very long name for its few uses",
    "garden hose", "", "hose, garden hose and hose clamp", "不锈钢 保温杯",
]  # fmt: skip
CATALOG = Catalog.of({"item_id": list("abcdefgh"), "title": TITLES})
NOTHING = log_of([(0, 0)], 8)


def fitted(**settings):
    found = Bm25(Bm25Config(**settings))
    found.fit(NOTHING, CATALOG)
    return found


def slowly(past, k1, b, recency):
    """Return the score of each title in plain loops over the words, as the formula reads."""
    said = [words(title) for title in TITLES]
    titled = [each for each in said if each]
    mean = sum(map(len, titled)) / len(titled)
    scores = np.zeros(len(said))
    for back, item in enumerate(reversed(past)):
        for word in said[item]:
            df = sum(word in each for each in titled)
            for row, each in enumerate(said):
                tf = each.count(word)
                norm = tf + k1 * (1 - b + b * len(each) / mean)
                if tf:
                    scores[row] += recency**back * log(1 + (len(titled) - df + 0.5) / (df + 0.5)) * tf * (k1 + 1) / norm
    return scores


@pytest.mark.parametrize(("k1", "b", "recency"), [(1.5, 0.75, 0.5), (0.4, 0.0, 1.0), (2.0, 1.0, 0.9)])
def test_equals_the_formula_in_slow_loops(k1, b, recency):
    asked = [[0], [4, 2], [6, 6, 1], [5], [7]]
    ids, scores = fitted(k1=k1, b=b, recency=recency).recommend_many(
        [history(*p) for p in asked], 8, exclude_seen=False
    )
    for row, past in enumerate(asked):
        assert scores[row] == pytest.approx(slowly(past, k1, b, recency)[ids[row]], rel=1e-5)


def test_agrees_with_the_library():
    bm25s = pytest.importorskip("bm25s")
    corpus = [words(title) for title in TITLES if title]
    known = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
    known.index(corpus, show_progress=False)
    rows = [row for row, title in enumerate(TITLES) if title]
    ids, scores = fitted(k1=1.2, b=0.6, recency=1.0).recommend_many(
        [history(row) for row in rows], 8, exclude_seen=False
    )
    for row, query in enumerate(corpus):
        ours = np.zeros(8)
        ours[ids[row]] = scores[row] / (1.2 + 1)  # Lucene leaves out the factor that is the same for all
        assert ours[rows] == pytest.approx(known.get_scores(query), rel=1e-5)


def test_the_newest_and_rarest_word_counts_most():
    ids, _ = fitted(recency=0.2).recommend_many([history(4, 2)], 1, exclude_seen=True)
    assert ids.tolist() == [[3]], "wire, the newest"
    ids, _ = fitted(recency=1.0).recommend_many([history(2, 4)], 1, exclude_seen=True)
    assert ids.tolist() == [[6]], "garden hose"


def test_without_titles_it_cannot_run():
    with pytest.raises(CannotRun, match="no titles"):
        Bm25().fit(NOTHING, Catalog.of({"item_id": ["a", "b"], "title": ["", "!?"]}))
