"""The budget is the same for everybody; what learns anew is watched, seeded, refitted, and may break off."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from intentfeed.data.split import split
from intentfeed.errors import ConfigError, DataError
from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.offline import EvalConfig, best_baseline, compare
from intentfeed.evaluate.recommender import CannotRun, Trainable, Tunable
from intentfeed.types import Settings

QUICK = EvalConfig(draws=50)


class LearnerConfig(Settings):
    """How well it can learn, and from which seed."""

    skill: float = 0.5
    """Share of the questions that it can answer at most."""
    seed: int = 0
    """Moves which questions those are."""


class Learner:
    """Answers a share of the questions that grows step by step to its skill, and gets worse after five steps."""

    name: ClassVar[str] = "learner"

    def __init__(self, truth, config=None, *, skills=(0.2, 0.8, 0.5), steps=5, diary=None):
        self.truth, self.skills, self.steps = truth, skills, steps
        self.config = config or LearnerConfig()
        self.diary = [] if diary is None else diary
        self.step = 0

    @property
    def epochs(self):
        return float(self.steps)

    def another(self, **changed):
        config = self.config.model_copy(update=changed)
        return type(self)(self.truth, config, skills=self.skills, steps=self.steps, diary=self.diary)

    def trials(self):
        return [self.another(skill=skill) for skill in self.skills]

    def seeded(self, seed):
        return self.another(seed=seed)

    def fit_watched(self, interactions, catalog, watch, *, seconds):
        self.diary.append(("watched", self.config.skill, self.config.seed, seconds, len(interactions)))
        reached = []
        for self.step in range(1, 9):
            reached.append(watch())
        self.step = self.steps = int(np.argmax(reached)) + 1

    def fit(self, interactions, catalog):
        self.diary.append(("fit", self.config.skill, self.config.seed, self.steps, len(interactions)))
        self.step = self.steps

    def recommend_many(self, histories, k, *, exclude_seen):
        ids = np.full((len(histories), k), -1, dtype=np.int32)
        share = self.config.skill * (min(self.step, 5) - 0.5 * max(self.step - 5, 0)) / 5
        for row, history in enumerate(histories):
            if (row + 7 * self.config.seed) % 20 < round(20 * share) - self.config.seed:
                ids[row, 0] = self.truth[tuple(history.tolist())]
        return ids, np.where(ids >= 0, 1, -np.inf).astype(np.float32)


@pytest.fixture(scope="module")
def parts(checkerboard):
    catalog, events = checkerboard
    return catalog, split(events, catalog, part="valid"), split(events, catalog, part="test")


@pytest.fixture(scope="module")
def truth(parts):
    asked = [part.cases for part in parts[1:]]
    return {tuple(h.tolist()): t for cases in asked for h, t in zip(cases.histories, cases.target, strict=True)}


def test_it_is_what_it_should_be(truth):
    assert isinstance(Learner(truth), Trainable)
    assert not isinstance(Learner(truth), Tunable)


def test_the_best_trial_is_found_on_validation_and_served_as_it_was_trained(parts, truth):
    catalog, valid, _ = parts
    diary = []
    [found] = compare([lambda: Learner(truth, diary=diary)], catalog, valid=valid, config=QUICK)
    assert [line[:3] for line in diary] == [("watched", skill, 0) for skill in (0.2, 0.8, 0.5)], "nothing fitted twice"
    assert found.settings == {"skill": 0.8, "seed": 0}
    assert found.mean("hr@1") == found.valid_score == pytest.approx(0.8)
    assert [trial.score for trial in found.trials] == pytest.approx([0.2, 0.8, 0.5])
    assert [trial.epochs for trial in found.trials] == [5, 5, 5], "where it was best, not where it stopped"
    assert found.epochs == 5
    assert found.seeds == (0,)
    assert found.spread("hr@1") is None


def test_on_the_test_part_it_learns_as_long_from_the_test_log_once_a_seed(parts, truth):
    catalog, valid, test = parts
    diary = []
    config = QUICK.model_copy(update={"seeds": (0, 1, 2), "trial_s": 7.0})
    [found] = compare([lambda: Learner(truth, diary=diary, steps=2)], catalog, valid=valid, test=test, config=config)
    watched, fitted = [[line for line in diary if line[0] == kind] for kind in ("watched", "fit")]
    assert {line[3:] for line in watched} == {(7.0, len(valid.fit))}
    assert [line[1:] for line in fitted] == [(0.8, seed, 5, len(test.fit)) for seed in (0, 1, 2)]
    assert found.seeds == (0, 1, 2)
    assert found.by_seed["hr@1"] == pytest.approx((16 / 20, 15 / 20, 14 / 20), abs=0.02)
    assert found.mean("hr@1") == pytest.approx(np.mean(found.by_seed["hr@1"]))
    assert found.spread("hr@1") == pytest.approx(np.std(found.by_seed["hr@1"], ddof=1))
    values = set(found.values["hr@1"].round(3).tolist())
    assert values <= {0, 0.333, 0.667, 1}
    assert values & {0.333, 0.667}, "a question's value is its mean over seeds"
    low, high = found.interval("hr@1")
    assert low < found.mean("hr@1") < high


def test_a_weighed_metric_over_seeds_is_a_ratio_of_means(parts, truth):
    """Seed 0 fills 16 of 20 lists and seed 1 fills 15: the long-tail share is one of all slots together."""
    catalog, valid, _ = parts
    config = QUICK.model_copy(update={"seeds": (0, 1), "tune": False})
    [found] = compare([lambda: Learner(truth, LearnerConfig(skill=0.8))], catalog, valid=valid, config=config)
    filled = found.weights["long_tail@10"]
    assert set(filled.tolist()) <= {0, 0.5, 1}
    both = np.sum([found.by_seed["novelty@10"][seed] * n for seed, n in ((0, 16), (1, 15))]) / 31
    assert found.mean("novelty@10") == pytest.approx(both, rel=0.02)


def test_untuned_it_runs_with_its_own_setting_from_each_seed(parts, truth):
    catalog, valid, _ = parts
    diary = []
    config = QUICK.model_copy(update={"tune": False, "seeds": (3, 4)})
    [found] = compare([lambda: Learner(truth, diary=diary)], catalog, valid=valid, config=config)
    assert [line[:3] for line in diary] == [("fit", 0.5, 3), ("fit", 0.5, 4)]
    assert found.trials == ()
    assert found.tried == 1


def test_nobody_tries_more_than_the_budget(parts, truth):
    catalog, valid, _ = parts
    config = QUICK.model_copy(update={"trials": 2})
    [found] = compare([lambda: Learner(truth)], catalog, valid=valid, config=config)
    assert len(found.trials) == 2

    class Endless(Popularity):
        name: ClassVar[str] = "endless"
        config = LearnerConfig()

        def variants(self):
            while True:
                yield self

    [found] = compare([Endless], catalog, valid=valid, config=QUICK)
    assert len(found.trials) == 10


def test_a_training_is_watched_on_a_sample_and_chosen_on_all(parts, truth):
    catalog, valid, _ = parts
    asked = []

    class Counted(Learner):
        def recommend_many(self, histories, k, *, exclude_seen):
            asked.append(len(histories))
            return super().recommend_many(histories, k, exclude_seen=exclude_seen)

    compare([lambda: Counted(truth)], catalog, valid=valid, config=QUICK.model_copy(update={"watch": 11}))
    assert set(asked) == {11, len(valid.cases)}
    assert asked.count(len(valid.cases)) == 3 + 1


class Diverging(Learner):
    """Breaks off where its skill is 0.8, or always."""

    name: ClassVar[str] = "diverging"
    always: ClassVar[bool] = False

    def fit_watched(self, interactions, catalog, watch, *, seconds):
        if self.always or self.config.skill == 0.8:
            raise DataError("the loss is NaN at step 12: its batch lies in batch.npz; lower the learning rate")
        super().fit_watched(interactions, catalog, watch, seconds=seconds)


def test_a_trial_that_breaks_off_is_told_and_the_others_go_on(parts, truth):
    catalog, valid, _ = parts
    [found] = compare([lambda: Diverging(truth)], catalog, valid=valid, config=QUICK)
    assert found.ran
    assert found.settings["skill"] == 0.5
    assert [trial.failed is None for trial in found.trials] == [True, False, True]
    assert "batch.npz" in str(found.trials[1].failed)


def test_who_breaks_off_every_time_has_failed_and_says_so(parts, truth):
    catalog, valid, _ = parts

    class Always(Diverging):
        always: ClassVar[bool] = True

    found, other = compare([lambda: Always(truth), Popularity], catalog, valid=valid, config=QUICK)
    assert not found.ran
    assert found.cannot is None
    assert "NaN at step 12" in str(found.failed)
    assert other.ran


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FloatingPointError("loss is NaN"), "failed"),
        (DataError("the log is odd"), "failed"),
        (CannotRun("no text"), "cannot"),
        (ConfigError("this needs torch: pip install 'intentfeed[train]'"), "cannot"),
    ],
)
def test_who_stops_is_listed_with_its_sentence(parts, error, kind):
    catalog, valid, _ = parts

    class Stopping(Popularity):
        name: ClassVar[str] = "stopping"

        def fit(self, interactions, catalog):
            raise error

    [found] = compare([Stopping], catalog, valid=valid, config=QUICK)
    assert getattr(found, kind) == str(error)
    assert (found.cannot is None) != (found.failed is None)


def test_scores_that_are_no_numbers_are_a_failure(parts):
    catalog, valid, _ = parts

    class Odd(Popularity):
        name: ClassVar[str] = "odd"

        def recommend_many(self, histories, k, *, exclude_seen):
            ids, scores = super().recommend_many(histories, k, exclude_seen=exclude_seen)
            return ids, np.where(scores > -np.inf, np.nan, scores)

    [found] = compare([Odd], catalog, valid=valid, config=QUICK)
    assert "no number" in str(found.failed)


def test_the_reference_is_the_best_baseline_on_validation_or_the_one_named(parts, truth):
    """On the test part the weaker on validation may be the better one: it is not taken for that."""
    catalog, valid, test = parts

    class Lucky(Learner):
        name: ClassVar[str] = "lucky"

        def fit(self, interactions, catalog):
            super().fit(interactions, catalog)
            self.config = LearnerConfig(skill=1.0 if len(interactions) == len(test.fit) else 0.2)

    class Mine(Learner):
        name: ClassVar[str] = "intentfeed-learner"

    untuned = QUICK.model_copy(update={"tune": False})
    methods = [lambda: Lucky(truth), lambda: Learner(truth), lambda: Mine(truth, LearnerConfig(skill=1.0)), Popularity]
    results = compare(methods, catalog, valid=valid, test=test, config=untuned)
    lucky, learner, mine, _ = results
    assert lucky.mean("ndcg@10") > learner.mean("ndcg@10")
    assert lucky.valid_score == pytest.approx(0.2)
    assert best_baseline(results, untuned) is learner
    assert mine.ours
    assert mine.valid_score == pytest.approx(1), "best of all, but no baseline"
    named = untuned.model_copy(update={"reference": "lucky"})
    assert best_baseline(results, named) is lucky
    with pytest.raises(ConfigError, match="reference 'sasrec' is not at the table: choose one of popularity"):
        compare([Popularity], catalog, valid=valid, config=QUICK.model_copy(update={"reference": "sasrec"}))


@pytest.mark.parametrize("name", ["auc@10", "hr", "hr@x", "hr@0"])
def test_an_unknown_metric_is_refused(parts, name):
    catalog, valid, _ = parts
    with pytest.raises(ConfigError, match="no metric"):
        compare([Popularity], catalog, valid=valid, config=EvalConfig(metrics=(name,)))
    with pytest.raises(ConfigError, match="cannot be chosen by"):
        compare([Popularity], catalog, valid=valid, config=EvalConfig(choose_by="coverage@10"))
