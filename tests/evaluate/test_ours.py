"""Ours at the table: retrieval from a history, the slates of the whole chain, and a workspace scored as it stands."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from intentfeed.batch import run
from intentfeed.config import Config, load_config
from intentfeed.data.history import interactions
from intentfeed.errors import ConfigError
from intentfeed.evaluate.dataset import read_dataset, read_workspace
from intentfeed.evaluate.methods import methods
from intentfeed.evaluate.offline import EvalConfig, compare
from intentfeed.evaluate.ours import Ours, OursCore
from intentfeed.evaluate.recommender import ReadsEvents
from intentfeed.feed.config import FeedConfig
from intentfeed.feed.train import TrainConfig
from intentfeed.retrieval.fit_towers import FitConfig
from intentfeed.retrieval.sequence_config import SequenceConfig
from intentfeed.types import ACTION_CODE, History

TINY = TrainConfig(
    fit=FitConfig(epochs=6, threads=1, lr=5e-3),
    sequence=SequenceConfig(dims=16, layers=1, length=8, log_dims=8, interests=2, least_steps=4),
)
HERE = ["run.workers=1", "run.n_partitions=2"]
QUICK = EvalConfig(draws=20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, checkerboard):
    catalog, events = checkerboard
    folder = tmp_path_factory.mktemp("board")
    events.select("user_id", "item_id", "action", "timestamp").write_parquet(folder / "events.parquet")
    catalog.frame.select("item_id", "title").write_parquet(folder / "items.parquet")
    return folder


def scores(dataset, names):
    made = methods(dataset, names)
    results = compare(made, dataset.catalog, valid=dataset.cut("valid"), config=QUICK)
    assert [result.cannot for result in results] == [None] * len(results)
    return {result.method: result.mean("hr@10") for result in results}


def test_ours_and_its_slates_walk_on_and_popularity_does_not(folder):
    found = scores(read_dataset(folder, overrides=HERE), ["popularity", "intentfeed", "intentfeed-slates"])
    assert found["intentfeed"] == 1
    assert found["intentfeed-slates"] > 0.9
    assert found["popularity"] < 0.5


@pytest.mark.parametrize("exclude_seen", [True, False])
def test_what_each_source_brings_is_told_and_holds_what_is_shown(folder, exclude_seen):
    dataset = read_dataset(folder)
    valid, [make] = dataset.cut("valid", exclude_seen=exclude_seen), methods(dataset, ["intentfeed-core"])
    core = make()
    core.fit(interactions(valid.fit, dataset.catalog), dataset.catalog)
    brought = core.sources(valid)
    shown, _ = core.recommend_events(valid.cases.events, 5, exclude_seen=exclude_seen)
    for row, history in enumerate(valid.cases.histories):
        each = {name: ids[row][ids[row] >= 0] for name, ids in brought.items()}
        assert all(len(np.unique(items)) == len(items) for items in each.values()), "no item twice by one source"
        everything = np.concatenate(list(each.values()))
        assert set(shown[row][shown[row] >= 0].tolist()) <= set(everything.tolist())
        assert not (exclude_seen and np.isin(everything, history).any())
    assert len(brought) > 2
    [found] = compare([make], dataset.catalog, valid=valid, config=QUICK)
    assert set(found.sources) == set(brought)
    assert sum(source.recall for source in found.sources.values()) >= found.mean("hr@10")
    assert 0 < found.duplication <= 1


def test_a_workspace_is_scored_on_its_own_log(folder, tmp_path):
    run(
        folder / "events.parquet",
        folder / "items.parquet",
        workspace=tmp_path / "ws",
        config=load_config(overrides=HERE),
    )
    dataset, workspace = read_dataset(folder, overrides=HERE), read_workspace(tmp_path / "ws")
    assert workspace.cut("valid").split_hash == dataset.cut("valid").split_hash
    names = ["popularity", "intentfeed-slates"]
    assert scores(workspace, names) == pytest.approx(scores(dataset, names), abs=0.05)


def test_the_cut_log_holds_no_answer(folder):
    """The chain is run on the raw rows of known events only: none of the answers."""
    dataset = read_dataset(folder)
    valid = dataset.cut("valid")
    rows = dataset.raw_events[valid.known["event_id"].sort().to_list()]
    assert rows.height == 60 * 7
    left = rows.join(valid.known.select("user_id", "item_id"), on=["user_id", "item_id"], how="anti")
    assert left.is_empty()
    ids = dataset.catalog.item_ids
    answers = {"user_id": valid.cases.users, "item_id": [ids[item] for item in valid.cases.target.tolist()]}
    assert rows.join(pl.DataFrame(answers), on=["user_id", "item_id"]).is_empty()


def test_an_unknown_method_is_named_with_the_nearest(folder):
    with pytest.raises(ConfigError, match="did you mean item-knn"):
        methods(read_dataset(folder), ["itemknn"])


@pytest.fixture(scope="module")
def board(checkerboard):
    catalog, events = checkerboard
    return interactions(events, catalog), catalog


@pytest.fixture(scope="module")
def ours(board):
    pytest.importorskip("torch")
    found = Ours(train=TINY)
    found.fit(*board)
    return found


def walked(first, n=6):
    """Return a walk of one colour and the square that follows."""
    walk = [(first + 2 * step) % 40 for step in range(n + 1)]
    return np.array(walk[:-1], dtype=np.int32), walk[-1]


def test_trained_towers_are_among_the_sources_and_the_core_has_none(ours, board):
    core = OursCore()
    core.fit(*board)
    assert {"towers", "interests"} <= set(ours._parts.sources)
    assert not {"towers", "interests"} & set(core._parts.sources)
    asked = [walked(first) for first in range(40)]
    for method in (ours, core):
        ids, _ = method.recommend_many([walk for walk, _ in asked], 1, exclude_seen=True)
        assert np.mean(ids[:, 0] == [goal for _, goal in asked]) > 0.9


def test_another_seed_trains_other_towers_and_the_same_one_the_same(ours, board):
    again, other = ours.seeded(0), ours.seeded(1)
    assert (again.seed, other.seed, other.train) == (0, 1, TINY)
    for method in (again, other):
        method.fit(*board)
    vectors = [method._parts.sources["towers"].encoded.towers.item_vectors for method in (ours, again, other)]
    assert np.array_equal(vectors[0], vectors[1])
    assert not np.array_equal(vectors[0], vectors[2])
    histories = [walked(first)[0] for first in range(10)]
    lists = [method.recommend_many(histories, 5, exclude_seen=True) for method in (ours, again)]
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(*lists, strict=True))


def test_within_the_time_and_without_a_look_at_the_questions(board):
    pytest.importorskip("torch")
    method = Ours(train=TINY)

    def never() -> float:
        raise AssertionError("the referee's questions are not for choosing")

    method.fit_watched(*board, never, seconds=123.0)
    assert method.seeded(4).seconds == 123.0, "no seed trains longer than the trial might"
    assert method.seconds == 123.0
    (trial,) = method.trials()
    assert (trial.train, trial.seed, trial._parts) == (TINY, 0, None)


def test_events_are_read_with_what_was_done(ours):
    """Bare rows are looks at each; a walk whose end was not liked still walks on, and says another thing."""
    assert isinstance(ours, ReadsEvents)
    walk, goal = walked(4)
    looks = History.of_items(walk)
    plain, bare = (
        ours.recommend_events([looks], 40, exclude_seen=True),
        ours.recommend_many([walk], 40, exclude_seen=True),
    )
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(plain, bare, strict=True))
    rated = replace(looks, action=np.full(len(walk), ACTION_CODE["rate"], dtype=np.int8))
    judged = replace(rated, value=np.array([5.0, 5.0, 5.0, 5.0, 5.0, 1.0]))
    ids, scores = ours.recommend_events([judged], 40, exclude_seen=True)
    assert goal in ids[0, :3]
    assert not np.array_equal(scores, plain[1])
    seen = ours.recommend_events([judged], 40, exclude_seen=False)[0][0]
    assert set(walk.tolist()) <= set(seen.tolist())


def test_sources_that_are_off_stay_off(board):
    config = Config(feed=FeedConfig(sources=("next", "words")))
    core = OursCore(config)
    core.fit(*board)
    assert set(core._parts.sources) == {"next", "words", "popular"}


def test_without_torch_the_core_runs_and_the_whole_says_what_is_missing(folder):
    code = (
        "import sys; from pathlib import Path\n"
        "class Absent:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'torch': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from intentfeed.evaluate.dataset import read_dataset\n"
        "from intentfeed.evaluate.methods import methods\n"
        "from intentfeed.evaluate.offline import EvalConfig, compare\n"
        f"dataset = read_dataset(Path({str(folder)!r}), overrides={HERE!r})\n"
        "made = methods(dataset, ['intentfeed', 'intentfeed-core'])\n"
        "found = compare(made, dataset.catalog, valid=dataset.cut('valid'), config=EvalConfig(draws=20))\n"
        "for result in found: print(result.method, result.cannot)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-900:]
    said = dict(line.split(" ", 1) for line in done.stdout.strip().splitlines())
    assert said["intentfeed-core"] == "None"
    assert "pip install 'intentfeed[train]'" in said["intentfeed"]
