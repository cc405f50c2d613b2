"""Own history on a log of few items."""

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.baselines.own_history import OwnHistory, OwnHistoryConfig
from intentfeed.evaluate.recommender import CannotRun
from tests.evaluate.baselines.logs import history, log_of


def fitted(recency):
    own = OwnHistory(OwnHistoryConfig(recency=recency))
    own.fit(log_of([(0, 4), (1, 4), (2, 4), (2, 3), (3, 3)], 6), Catalog.of({"item_id": list("abcdef")}))
    return own


def test_the_last_or_the_most_frequent_then_what_is_popular():
    asked = [history(0, 0, 0, 1, 2)]
    last, _ = fitted(0.3).recommend_many(asked, 5, exclude_seen=False)
    assert last.tolist() == [[2, 1, 0, 4, 3]]
    often, _ = fitted(1.0).recommend_many(asked, 5, exclude_seen=False)
    assert often[0, 0] == 0
    assert often[0, 3:].tolist() == [4, 3]


def test_popular_items_never_pass_what_was_had_long_ago():
    ids, _ = fitted(0.3).recommend_many([history(5, *[0, 1] * 5)], 4, exclude_seen=False)
    assert ids.tolist() == [[1, 0, 5, 4]]


def test_new_items_only_is_refused_with_the_reason():
    with pytest.raises(CannotRun, match="only new items"):
        fitted(0.9).recommend_many([history(0)], 3, exclude_seen=True)
