"""Kept lines: taken over only under the same conditions, with every number as it was, and damaged ones are named."""

from dataclasses import replace

import numpy as np
import pytest

from intentfeed.config import Config, load_config
from intentfeed.errors import DataError
from intentfeed.evaluate.baselines.item_knn import ItemKnn
from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.evaluate.lines import Lines
from intentfeed.evaluate.offline import EvalConfig, compare
from intentfeed.evaluate.ours import Ours, OursCore, OurSlates
from intentfeed.evaluate.report import Report
from intentfeed.evaluate.sitting import Sitting, sit
from intentfeed.evaluate.tuning import TuningConfig
from tests.evaluate.sample import Broken, Mine

QUICK = EvalConfig(draws=50, seeds=(0, 1))


class Counted(ItemKnn):
    """Tells how often it learnt."""

    learnt = 0

    def fit(self, interactions, catalog):
        Counted.learnt += 1
        super().fit(interactions, catalog)


@pytest.fixture
def dataset(tmp_path, checkerboard):
    catalog, events = checkerboard
    events.select("user_id", "item_id", "action", "timestamp").write_parquet(tmp_path / "interactions.parquet")
    catalog.frame.select("item_id", "title").write_parquet(tmp_path / "items.parquet")
    return read_dataset(tmp_path)


def test_a_kept_line_is_the_same_line(dataset, tmp_path):
    valid, lines = dataset.cut("valid"), Lines(tmp_path / "lines")
    first = compare([Popularity, Mine], dataset.catalog, valid=valid, config=QUICK, lines=lines)
    again = compare([Popularity, Mine], dataset.catalog, valid=valid, config=QUICK, lines=lines)
    reports = [
        Report(dataset=dataset, split=valid, config=QUICK, results=results).to_json() for results in (first, again)
    ]
    for result in reports[1]["results"]:
        result["measured_at"] = None
    assert reports[0] == reports[1], "scores, intervals, ratios, sources, seconds: all of it"
    assert again[1].duplication is not None
    for name, draws in first[1].draws.items():
        np.testing.assert_array_equal(draws, again[1].draws[name])


def test_other_conditions_are_measured(dataset, tmp_path):
    Counted.learnt, lines = 0, Lines(tmp_path / "lines")
    valid, test = dataset.cut("valid"), dataset.cut("test")

    def learnt(**more):
        before = Counted.learnt
        compare([Counted], dataset.catalog, **{"valid": valid, "config": QUICK, "lines": lines, **more})
        return Counted.learnt - before

    assert learnt()
    assert not learnt()
    assert not learnt(config=QUICK.model_copy(update={"reference": "item-knn"})), "a line has no reference"
    assert learnt(config=QUICK.model_copy(update={"draws": 51}))
    assert learnt(test=test)
    assert learnt(valid=dataset.cut("valid", exclude_seen=not valid.exclude_seen))


def test_what_broke_off_is_tried_again(dataset, tmp_path):
    lines = Lines(tmp_path / "lines")
    found = compare([Broken, Popularity], dataset.catalog, valid=dataset.cut("valid"), config=QUICK, lines=lines)
    assert [result.ran for result in found] == [False, True]
    assert len(list(lines.folder.iterdir())) == 1


def test_a_damaged_line_is_named(dataset, tmp_path):
    sitting = Sitting(methods=("popularity",), lines=tmp_path / "lines")
    sit(dataset, sitting, QUICK)
    [path] = (tmp_path / "lines").iterdir()
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=f"{path.name}.*delete it"):
        sit(dataset, sitting, QUICK)


def test_a_line_of_ours_outlives_other_settings_than_it_reads(dataset, tmp_path):
    """How we listen to commands bears on no next-item question; what finds items does."""
    lines, rules, valid = Lines(tmp_path / "lines"), TuningConfig(), dataset.cut("valid")

    def path(method, *overrides):
        config = load_config(overrides=overrides)
        candidate = method(config) if method is not OurSlates else OurSlates(replace(dataset, config=config))
        return lines._path(candidate, method.name, valid, None, rules)

    for method in (OursCore, Ours, OurSlates):
        assert method.reads <= set(Config.model_fields)
        kept = path(method)
        assert path(method, "commands.matcher.alpha=0.9", "explain.variants=3", "run.workers=2") == kept
        assert path(method, "feed.per_source=50") != kept
        assert path(method, "retrieval.space.dims=16") != kept
    assert path(OursCore, "intents.n_tags=3") == path(OursCore)
    assert path(OurSlates, "intents.n_tags=3") != path(OurSlates)
