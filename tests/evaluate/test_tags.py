"""HR@30: the ruler itself on a log made by hand, and the floor on real data."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from intentfeed.errors import DataError
from intentfeed.evaluate.dataset import Dataset, read_dataset
from intentfeed.evaluate.tags import NEVER, TagReport, _Asked, hit_rate_at_30
from tests.intents.shop import shop_catalog, shop_log


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return the small shop as a data set on disk: of five leaves of a shelf, the last is the question."""
    folder = tmp_path_factory.mktemp("shop")
    catalog, log = shop_catalog(), shop_log(shop_catalog())
    ids = catalog.item_ids
    pl.DataFrame(
        {
            "user_id": [f"u{user:03d}" for user in log.user.tolist()],
            "item_id": [ids[item] for item in log.item.tolist()],
            "action": ["detail_view"] * len(log),
            "position": np.arange(len(log)),
        }
    ).write_parquet(folder / "interactions.parquet")
    catalog.frame.select("item_id", "title", "category", "brand").write_parquet(folder / "items.parquet")
    return read_dataset(folder)


@pytest.fixture(scope="module")
def report(small: Dataset) -> TagReport:
    """Return the scores on the small shop."""
    return hit_rate_at_30(small, part="test")


def lines(report: TagReport) -> dict[str, float]:
    """Return HR@5 by method: with 20 categories, 30 hold them all."""
    return {line.method: line.hr_few for line in report.lines}


def test_tags_foresee_the_shelf(report: TagReport) -> None:
    few = lines(report)
    assert few["our tags through φ, no interests"] >= 0.8
    assert few["our votes, no words"] >= 0.8
    assert few["popularity"] <= 0.5


def test_the_report_says_what_it_measured(report: TagReport) -> None:
    assert report.n_users == 80
    assert report.n_categories == 20
    assert report.n_unknown == 0
    assert report.phi["titles"] >= 0.95
    assert any("at most 30 categories" in note for note in report.notes)
    for line in report.lines:
        assert 0 <= line.low <= line.hr <= line.high <= 1


def test_the_same_question_gets_the_same_answer(small: Dataset, report: TagReport) -> None:
    again = asdict(hit_rate_at_30(small, part="test")) | {"users_per_s": 0.0}
    assert again == asdict(report) | {"users_per_s": 0.0}


def test_ranks_count_from_one_break_ties_by_order_and_miss_the_unknown() -> None:
    catalog, log = shop_catalog(), shop_log(shop_catalog())
    asked = _Asked(catalog, log, [[0]])
    scores = np.array([[9.0, 0.5, 0.7, 0.5], [9.0, 0.5, 0.7, 0.5], [9.0, 0.5, 0.7, 0.5], [9.0, 1.0, 1.0, 1.0]])
    assert asked.ranks(scores, np.array([2, 3, 0, 2], np.int32)).tolist() == [1, 3, NEVER, 2]


def test_without_categories_there_is_nothing_to_hit(shared_data: Path) -> None:
    with pytest.raises(DataError, match="no categories"):
        hit_rate_at_30(read_dataset(shared_data / "retailrocket-mb"), limit=5)


@pytest.mark.shared
def test_the_floor_on_industrial_goods(shared_data: Path) -> None:
    report = hit_rate_at_30(read_dataset(shared_data / "amazon-industrial-2018"), limit=600)
    scores = {line.method: line.hr for line in report.lines}
    assert scores["our tags through φ"] >= 0.45
    assert scores["our tags through φ"] > scores["own frequent categories"] > scores["popularity"]
    assert scores["our votes, no words"] > scores["neighbour vote (itemKNN + TF-IDF)"]
    assert report.phi["titles"] >= 0.6
    assert report.tags_per_user >= 48
