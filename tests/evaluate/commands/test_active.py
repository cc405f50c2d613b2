"""A sitting whose feed has learnt to hear what is asked for: the ablation without it is a real one."""

from __future__ import annotations

import pytest

from intentfeed.commands.config import CommandsConfig
from intentfeed.config import settings_of
from intentfeed.data.history import interactions
from intentfeed.evaluate.commands.active import UNTRAINED, learnt
from intentfeed.evaluate.commands.report import report_of
from intentfeed.evaluate.commands.run import chosen
from intentfeed.evaluate.commands.sitting import Sitting, SittingConfig
from intentfeed.feed.active import FeedJudge
from intentfeed.feed.config import FeedConfig
from intentfeed.retrieval.active_worth import Worth
from intentfeed.retrieval.fit_active import TrainActiveConfig

from .shop import shelf_sitting

pytest.importorskip("torch")
SMALL = ["active.sequence.dims=16", "active.sequence.layers=1", "active.sequence.length=12",
         "active.sequence.log_dims=16", "active.sequence.batch=32", "active.sequence.least_steps=1",
         "active.hidden=32", "active.facing=16", "fit.lr=0.005", "fit.warmup_steps=0", "fit.checkpoint_s=0",
         "fit.epochs=2"]  # fmt: skip
QUICK = settings_of(TrainActiveConfig, {}, [*SMALL, "judged=0"])
JUDGED = settings_of(TrainActiveConfig, {}, SMALL)


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Sitting:
    return shelf_sitting(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="module")
def trained(untrained: Sitting) -> Sitting:
    return Sitting(untrained.dataset, config=SittingConfig(active_s=60, active=QUICK))


def test_the_ablation_plays_without_the_score_that_ours_plays_with(trained: Sitting):
    assert trained.feed.active is not None
    loops = chosen(trained.loops(), ["intentfeed", "- active intent"])
    ours, without = trained.run("single", loops)[0]
    first = [[one.first for one in played.played] for played in (ours, without)]
    assert first[0] == first[1], "from the same first feed"
    rows = [[one.feed.rows for session in played.played for one in session.rounds] for played in (ours, without)]
    assert rows[0] != rows[1], "the score changes what is shown"


def test_the_report_says_how_it_was_trained_or_that_it_was_not(trained: Sitting, untrained: Sitting):
    [told] = report_of(trained, []).notes
    assert "trained on the log of this sitting in " in told
    assert "2.0 epochs" in told
    assert report_of(untrained, []).notes == (UNTRAINED,)
    assert "- active intent" not in [loop.name for loop in untrained.loops()]


def test_it_learns_from_the_log_before_the_questions_alone(trained: Sitting):
    questions = set(zip(trained.split.cases.users, trained.split.cases.target.tolist(), strict=True))
    log = trained.split.fit
    rows = {item: row for row, item in enumerate(trained.dataset.catalog.item_ids)}
    learnt_from = {(user, rows[item]) for user, item in log.select("user_id", "item_id").iter_rows()}
    assert questions
    assert not questions & learnt_from


def test_a_catalogue_with_nothing_to_ask_for_is_said(untrained: Sitting):
    catalog, encoder = untrained.dataset.catalog, untrained.feed.parts.space.encoder
    none = QUICK.model_copy(
        update={"active": QUICK.active.model_copy(
            update={"intents": QUICK.active.intents.model_copy(update={"least_items": 10_000})})}
    )  # fmt: skip
    log = interactions(untrained.split.fit, catalog)
    judge = FeedJudge(feed=FeedConfig(), commands=CommandsConfig(), shares=none.shares)
    found = learnt(catalog, log, encoder, repeats=False, seed=0, seconds=10, config=none, judge=judge)
    assert found.towers is None
    assert "the feed's own score stood in for it" in found.told


def test_a_score_that_is_no_better_than_the_feed_is_not_played_with(untrained: Sitting):
    """Everybody takes things as they come: there is nothing to learn beyond what the feed knows."""
    sitting = Sitting(untrained.dataset, config=SittingConfig(active_s=60, active=JUDGED))
    assert sitting.feed.active is None
    assert "- active intent" not in [loop.name for loop in sitting.loops()]
    [told] = report_of(sitting, []).notes
    assert "trained on the log of this sitting in " in told
    assert "it is not served, and the loop '- active intent' is not in the tables" in told


def test_it_is_played_with_the_share_that_it_is_served_with(untrained: Sitting, monkeypatch: pytest.MonkeyPatch):
    found = Worth(share=0.25, ndcg=(0.3, 0.2), n=28)
    monkeypatch.setattr(FeedJudge, "__call__", lambda _self, _asked, _towers: found)
    sitting = Sitting(untrained.dataset, config=SittingConfig(active_s=60, active=JUDGED))
    assert sitting.feed.active is not None
    assert sitting.feed.config.matcher.active == 0.25
    assert found.why in report_of(sitting, []).notes[0]
