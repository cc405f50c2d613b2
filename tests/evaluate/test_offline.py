"""The referee itself: everybody learns and answers the same, choices are made on validation, cheating is refused."""

import time
from typing import ClassVar

import numpy as np
import pytest

from intentfeed.data.split import split
from intentfeed.evaluate.baselines.item_knn import ItemKnn
from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.baselines.text_knn import TextKnn
from intentfeed.evaluate.lines import Lines
from intentfeed.evaluate.memory import PeakMemory
from intentfeed.evaluate.offline import EvalConfig, compare
from intentfeed.evaluate.recommender import CannotRun
from intentfeed.types import Settings

QUICK = EvalConfig(draws=50)


class OracleConfig(Settings):
    """How well to answer."""

    skill: float = 0.0
    """Share of the questions that are answered rightly."""


class Oracle:
    """Knows the answers of the split that it is given, to test the referee with."""

    name: ClassVar[str] = "oracle"

    def __init__(self, answers, skill=1.0):
        self.answers, self.config, self.fits = answers, OracleConfig(skill=skill), 0

    def fit(self, interactions, catalog):
        self.fits, self.n_items = self.fits + 1, len(catalog)

    def recommend_many(self, histories, k, *, exclude_seen):
        ids = np.full((len(histories), k), -1, dtype=np.int32)
        for row, history in enumerate(histories):
            if row < self.config.skill * len(histories):
                ids[row, 0] = self.answers[tuple(history.tolist())]
        return ids, np.where(ids >= 0, 1, -np.inf).astype(np.float32)

    def variants(self):
        for skill in (0.2, 0.8, 0.4):
            other = Oracle(self.answers, skill)
            other.n_items = self.n_items
            yield other


@pytest.fixture(scope="module")
def parts(checkerboard):
    catalog, events = checkerboard
    return catalog, split(events, catalog, part="valid"), split(events, catalog, part="test")


def answers(*parts):
    return {
        tuple(h.tolist()): t for part in parts for h, t in zip(part.cases.histories, part.cases.target, strict=True)
    }


def test_settings_are_chosen_on_validation_and_refitted_for_the_test(parts):
    catalog, valid, test = parts
    made = []

    def make():
        made.append(Oracle(answers(valid, test)))
        return made[-1]

    [on_valid] = compare([make], catalog, valid=valid, config=QUICK)
    assert on_valid.settings == {"skill": 0.8}
    assert on_valid.tried == 3
    assert on_valid.mean("hr@1") == pytest.approx(0.8)
    [on_test] = compare([make], catalog, valid=valid, test=test, config=QUICK)
    assert on_test.mean("hr@1") == pytest.approx(0.8)
    untuned = QUICK.model_copy(update={"tune": False})
    [as_given] = compare([make], catalog, valid=valid, config=untuned)
    assert as_given.mean("hr@1") == 1
    assert as_given.tried == 1


def test_the_test_part_is_learnt_anew(parts):
    """On the test part a method may learn the valid events too: item-knn then knows each next step."""
    catalog, valid, test = parts
    [result] = compare([ItemKnn], catalog, valid=valid, test=test, config=QUICK)
    assert result.mean("hr@10") == 1
    assert len(result.values["hr@10"]) == len(test.cases)


def test_a_table_in_order_with_intervals(parts):
    catalog, valid, _ = parts
    results = compare([Popularity, ItemKnn, TextKnn], catalog, valid=valid, config=EvalConfig(draws=200))
    assert [result.method for result in results] == ["popularity", "item-knn", "title-tfidf-knn"]
    for result in results:
        low, high = result.interval("ndcg@10")
        assert low <= result.mean("ndcg@10") <= high
        assert result.cost.fit_s >= 0
    ratio = results[1].ratio_to(results[2], "ndcg@10")
    assert ratio is not None
    assert ratio[0] > 1, "item-knn is surely better than words on a checkerboard"


def test_who_cannot_run_is_listed_with_the_reason(parts, tmp_path):
    """In its place in the list, and with no line that a later table would take for a measurement."""
    catalog, valid, _ = parts

    class Timid(Popularity):
        name: ClassVar[str] = "timid"

        def fit(self, interactions, catalog):
            raise CannotRun("the moon is full")

    lines = Lines(tmp_path)
    results = compare([Timid, Popularity], catalog, valid=valid, config=QUICK, lines=lines)
    assert [(result.method, result.ran) for result in results] == [("timid", False), ("popularity", True)]
    assert [result.cannot for result in results] == ["the moon is full", None]
    assert lines.find(Timid(), "timid", valid, None, QUICK) is None
    assert lines.find(Popularity(), "popularity", valid, None, QUICK) is not None


@pytest.mark.parametrize("trick", ["twice", "seen", "short"])
def test_cheating_is_refused(parts, trick):
    catalog, valid, _ = parts

    class Cheat(Popularity):
        name: ClassVar[str] = "cheat"

        def recommend_many(self, histories, k, *, exclude_seen):
            ids, scores = super().recommend_many(histories, k, exclude_seen=exclude_seen)
            if trick == "twice":
                ids[:, 1] = ids[:, 0]
            elif trick == "seen":
                ids[:, 0] = [history[0] for history in histories]
            return (ids[:-1], scores[:-1]) if trick == "short" else (ids, scores)

    with pytest.raises(AssertionError, match="cheat"):
        compare([Cheat], catalog, valid=valid, config=QUICK)


def test_the_same_table_twice(parts):
    catalog, valid, test = parts
    first, again = (compare([ItemKnn, TextKnn], catalog, valid=valid, test=test, config=QUICK) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.settings == other.settings
        assert all((one.values[name] == other.values[name]).all() for name in one.values)
        assert all((one.draws[name] == other.draws[name]).all() for name in one.draws)


def test_what_each_source_brings_is_recorded(parts):
    catalog, valid, _ = parts
    n = len(valid.cases)

    class Gathered(Popularity):
        name: ClassVar[str] = "gathered"

        def sources(self, split):
            right = split.cases.target.copy()
            right[n // 2 :] = -1
            wrong = (split.cases.target + 1) % len(catalog)
            return {"text": np.stack([right, wrong], axis=1), "log": wrong[:, None]}

    [found] = compare([Gathered], catalog, valid=valid, config=QUICK)
    assert found.sources["text"].recall == found.sources["text"].exclusive == pytest.approx(0.5)
    assert found.sources["log"].recall == 0
    assert found.sources["text"].mean_length == pytest.approx(1.5)
    low, high = found.sources["text"].exclusive_interval
    assert low < 0.5 < high
    assert found.duplication == pytest.approx(n / (n + n / 2))


def test_who_answers_by_itself_is_asked_for_what_people_are_shown(parts):
    catalog, valid, _ = parts

    class Slates:
        name: ClassVar[str] = "slates"

        def answer(self, split, catalog, k):
            assert k == 10
            ids = np.full((len(split.cases), k), -1, dtype=np.int32)
            ids[:, 0] = split.cases.target
            return ids, np.where(ids >= 0, 1, -np.inf).astype(np.float32)

    [found] = compare([Slates], catalog, valid=valid, config=QUICK)
    assert found.mean("hr@1") == found.mean("hr@50") == 1
    assert found.short == len(valid.cases)
    assert found.seeds == ()
    assert found.cost.per_thousand_s is None


def test_all_cut_offs_and_what_else_a_list_should_be(parts):
    catalog, valid, _ = parts
    [found] = compare([TextKnn], catalog, valid=valid, config=QUICK)
    assert {
        f"{name}@{k}" for name in ("hr", "ndcg", "recall", "mrr") for k in (1, 3, 5, 10, 20, 50)
    } <= found.values.keys()
    assert found.has("coverage@10")
    assert found.has("diversity@10")
    assert not found.has("category_hr@30"), "the board has no categories"
    assert "category_hr@30" in found.by_seed, "n/a is said, not left out"
    assert found.groups_G.sum() == pytest.approx(1)
    low, high = found.interval("debiased_ndcg@10")
    assert low <= found.mean("debiased_ndcg@10") <= high


def test_what_it_took_is_told_apart(parts):
    catalog, valid, test = parts
    [found] = compare([ItemKnn], catalog, valid=valid, test=test, config=QUICK)
    cost = found.cost
    assert 0 < cost.fit_s < cost.tune_s
    assert cost.per_thousand_s == pytest.approx(1000 * cost.answer_s / len(test.cases))
    assert cost.peak_mib >= cost.before_mib > 10
    assert len(found.trials) == found.tried == 10


def test_memory_is_seen_while_it_is_held():
    with PeakMemory() as memory:
        held = np.ones(40 * 2**17)  # 40 MiB
        time.sleep(0.2)
        del held
    assert memory.peak_mib >= memory.before_mib + 30
