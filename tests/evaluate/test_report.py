"""One report, three ways to read it: everything in the object, a hundred columns in the table, the hashes in both."""

from __future__ import annotations

import io
import json
from typing import ClassVar

import numpy as np
import pytest
from rich.console import Console

from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.baselines.text_knn import TextKnn
from intentfeed.evaluate.offline import compare
from intentfeed.evaluate.report import Report
from tests.evaluate.sample import CONFIG, Blind, Broken, sample_report


@pytest.fixture(scope="module")
def report(tmp_path_factory, checkerboard):
    return sample_report(tmp_path_factory.mktemp("board <b>&"), *checkerboard)


def printed(report, width=100):
    out = io.StringIO()
    report.print(Console(file=out, width=width, color_system=None))
    return out.getvalue()


def test_everything_is_in_the_object_and_plain(report):
    found = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert found["split_hash"] == report.split.split_hash
    assert found["fit_hash"] == report.split.fit_hash
    assert found["notes"] == report.all_notes
    assert found["seeds"] == [0, 1]
    assert found["config"]["trial_s"] == 300
    assert found["reference"] == "item-knn"
    lines = {line["method"]: line for line in found["results"]}
    assert lines["text-embedding-knn"]["cannot"].startswith("no encoder")
    assert lines["sasrec"]["failed"].startswith("loss is NaN")
    mine = lines["intentfeed-mine"]
    assert mine["scores"].keys() == set(CONFIG.metrics)
    assert mine["scores"]["category_hr@30"] is None
    low, high = mine["scores"]["debiased_ndcg@10"]["interval"]
    assert low <= mine["scores"]["debiased_ndcg@10"]["mean"] <= high
    assert mine["settings_tried"] == len(mine["trials"]) == 10
    assert mine["deterministic"]
    assert mine["against_each"].keys() == {"popularity", "title-tfidf-knn", "item-knn"}
    assert mine["against_each"]["item-knn"]["ndcg@10"] == {"ratio": 1.0, "interval": [1.0, 1.0]}
    assert lines["popularity"]["against_each"] == {}
    assert lines["popularity"]["against_reference"]["ndcg@10"]["ratio"] < 1
    assert sum(mine["slot_share_by_popularity_group"]) == pytest.approx(1, abs=1e-4)
    assert sum(found["log_share_by_popularity_group"]) == pytest.approx(1, abs=1e-4)
    by_group = [value for value in mine["hr@10_by_popularity_group_of_the_answer"] if value is not None]
    assert 0 <= min(by_group) <= mine["scores"]["hr@10"]["mean"] <= max(by_group) <= 1
    assert mine["epochs"] is None
    assert mine["sources"].keys() == {"left", "right"}
    assert 0 < mine["duplication"] < 1
    assert {"fit_s", "tune_s", "seconds_per_1000_questions", "peak_rss_mib", "trials_s"} <= mine["cost"].keys()


def test_only_the_cost_differs_between_two_runs(report):
    again = compare([Popularity, TextKnn], report.dataset.catalog, valid=report.split, config=CONFIG)
    once_more = compare([Popularity, TextKnn], report.dataset.catalog, valid=report.split, config=CONFIG)
    found = []
    for results in (again, once_more):
        held = Report(dataset=report.dataset, split=report.split, config=CONFIG, results=results).to_json()
        for line in held["results"]:
            del line["cost"]
        found.append(held)
    assert found[0] == found[1]


def test_the_table_fits_a_hundred_columns_and_leaves_nobody_out(report):
    out = printed(report)
    table = [line for line in out.splitlines() if line.startswith(tuple(each.method for each in report.results))]
    table = [line for line in table if ":" not in line]
    assert len(table) == len(report.results)
    assert max(len(line) for line in table) <= 100
    assert "…" not in out
    for word in ("hr@10", "ndcg@10", "mrr@10", "cover", "tail", "debias", "fit s", "× ref"):
        assert word in out
    assert f"split {report.split.split_hash} · fit {report.split.fit_hash} · config {report.config_hash}" in out
    assert "text-embedding-knn: n/a, no encoder" in out
    assert "sasrec: failed, loss is NaN" in out
    assert "no seed, one run" not in out, "there is nothing to tell apart from"
    assert "intentfeed-mine, recall by source: left" in out
    assert "look <i>twice</i>" in out


def test_a_ratio_stands_beside_every_method_but_the_reference(report):
    rows = {line.split()[0]: line.split() for line in printed(report).splitlines() if line and ":" not in line}
    assert rows["item-knn"][-1] == "ref"
    low, high = (float(end) for end in rows["popularity"][-1].split("–"))
    assert low <= float(rows["popularity"][-2]) <= high < 1


def test_of_seeds_mean_and_spread_are_told(report):
    class Seeded(Popularity):
        name: ClassVar[str] = "seeded"

        def __init__(self, seed=0):
            super().__init__()
            self.seed = seed
            self.config = CONFIG

        def trials(self):
            return [self]

        def seeded(self, seed):
            return Seeded(seed)

        def fit_watched(self, interactions, catalog, watch, *, seconds):
            self.fit(interactions, catalog)

        def recommend_many(self, histories, k, *, exclude_seen):
            n_lists = len(histories)
            drawn = np.random.default_rng(self.seed).permuted(np.tile(np.arange(40), (n_lists, 1)), axis=1)
            ids = np.full((n_lists, k), -1, dtype=np.int32)
            for row, (order, history) in enumerate(zip(drawn, histories, strict=True)):
                fresh = order[~np.isin(order, history)][: min(k, 10)]
                ids[row, : len(fresh)] = fresh
            return ids, np.where(ids >= 0, 1, -np.inf).astype(np.float32)

    results = compare([Popularity, Seeded], report.dataset.catalog, valid=report.split, config=CONFIG)
    found = Report(dataset=report.dataset, split=report.split, config=CONFIG, results=results)
    assert "ndcg@10, mean ± sd over 2 seeds: seeded" in printed(found)
    assert "no seed, one run: popularity" in printed(found)
    line = found.to_json()["results"][1]
    assert len(line["scores"]["ndcg@10"]["by_seed"]) == 2
    assert line["scores"]["ndcg@10"]["sd_over_seeds"] > 0
    assert line["scores"]["coverage@10"]["mean"] == pytest.approx(1)


def test_when_nobody_could_run_the_table_stands(report):
    results = compare([Blind, Broken], report.dataset.catalog, valid=report.split, config=CONFIG)
    found = Report(dataset=report.dataset, split=report.split, config=CONFIG, results=results)
    assert "n/a" in printed(found)
    assert found.to_json()["reference"] is None
