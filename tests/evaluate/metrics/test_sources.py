"""What several sources bring: by hand, and against sets."""

import numpy as np
import pytest

from intentfeed.evaluate.metrics import duplication, exclusive_recall, source_recall

TEXT, LOG, RECENT = (np.array(rows) for rows in ([[1, 2], [3, 4]], [[2, 5], [6, -1]], [[2, 7], [6, 8]]))
BY_HAND = {"text": TEXT, "log": LOG, "recent": RECENT}


def test_recall_alone_and_together_by_hand():
    """The first answer came from text alone; the second from the log and from what is recent."""
    target = np.array([1, 6])
    assert {name: found.tolist() for name, found in source_recall(BY_HAND, target).items()} == {
        "text": [1, 0], "log": [0, 1], "recent": [0, 1],
    }  # fmt: skip
    assert {name: found.tolist() for name, found in exclusive_recall(BY_HAND, target).items()} == {
        "text": [1, 0], "log": [0, 0], "recent": [0, 0],
    }  # fmt: skip


def test_duplication_by_hand():
    """Question one: 1, 2, 5, 7, of which 2 came thrice; question two: 3, 4, 6, 8, of which 6 came twice."""
    values_P, weights_P = duplication(BY_HAND)
    assert values_P.tolist() == [1 / 4, 1 / 4]
    assert weights_P.tolist() == [4, 4]
    assert duplication({"text": TEXT})[0].tolist() == [0, 0]


def test_equals_sets():
    rng = np.random.default_rng(2)
    sources = {name: rng.integers(-1, 30, (80, 9)) for name in "abcd"}  # with repeats inside one source, too
    target = rng.integers(0, 30, 80)
    alone, (twice_P, n_P) = exclusive_recall(sources, target), duplication(sources)
    for row in range(80):
        sets = {name: set(ids[row].tolist()) - {-1} for name, ids in sources.items()}
        brought = [item for found in sets.values() for item in found]
        several = {item for item in brought if brought.count(item) > 1}
        assert n_P[row] == len(set(brought))
        assert twice_P[row] == pytest.approx(len(several) / len(set(brought)))
        for name, found in sets.items():
            others = set().union(*(sets[other] for other in sets if other != name))
            assert alone[name][row] == (target[row] in found - others)
