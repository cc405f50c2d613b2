"""Towers and their ranker, learnt together: they find what comes next, one seed is one result, a kill costs nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.errors import DataError
from intentfeed.feed.config import FeedConfig
from intentfeed.feed.model import FeedModel, hidden_log
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.recommend import Query, recommend, recommend_many
from intentfeed.feed.taste import taste_of_rows
from intentfeed.feed.train import TrainConfig, TrainedFeed, learner_of, train_feed
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.fit_towers import FitConfig, TowerData
from intentfeed.retrieval.neighbours import ItemNeighbours
from intentfeed.retrieval.paper_config import PaperConfig
from intentfeed.retrieval.sequence_config import SequenceConfig
from intentfeed.retrieval.space import Space
from intentfeed.types import History

from .worlds import PER_KIND, N, interactions, kind, log, shop

pytest.importorskip("torch")
TINY = TrainConfig(
    fit=FitConfig(lr=5e-3, epochs=8, patience=3, threads=1, checkpoint_s=0),
    sequence=SequenceConfig(dims=16, length=8, log_dims=16, interests=2, batch=32, least_steps=1, layers=1),
    paper=PaperConfig(dims=16, field_dims=16, id_dims=8, hidden=(16,)),
)
N_USERS = 120


def walks(n_users: int = N_USERS, seed: int = 0) -> TowerData:
    """Return people who walk a circle of one kind of things, the last step not in the log: +1 from where they are."""
    catalog = shop()
    encoder = SvdEncoder.fit(catalog)
    return TowerData(catalog=catalog, log=log(n_users, seed), encoder=encoder, user_ids=(), tags={})


@pytest.fixture(scope="module")
def data() -> TowerData:
    return walks()


@pytest.fixture(scope="module")
def trained(data: TowerData) -> TrainedFeed:
    return train_feed(data, TINY, seed=3)


def parts(data: TowerData, trained: TrainedFeed, catalog: Catalog | None = None) -> FeedParts:
    ranked = (trained.ranker, trained.text_share)
    return FeedParts.build(
        catalog=catalog or data.catalog,
        space=Space.fit(data.catalog, data.log, data.encoder),
        neighbours=ItemNeighbours.fit(data.log),
        model=FeedModel.fit(data.catalog, data.log, data.encoder, ranked=ranked),
        towers=trained.towers,
    )


def same(ours: TrainedFeed, theirs: TrainedFeed) -> bool:
    left, right = (found.towers.__dict__["_arrays"] for found in (ours, theirs))
    return (
        all(np.array_equal(left[name], right[name]) for name in left)
        and (ours.ranker, ours.text_share) == (theirs.ranker, theirs.text_share)
        and (ours.how.scores, ours.how.losses) == (theirs.how.scores, theirs.how.losses)
    )


def test_towers_find_what_comes_next_far_better_than_popularity(data: TowerData, trained: TrainedFeed) -> None:
    assert trained.how.score is not None
    assert trained.how.score > 5 * trained.held.popularity_ndcg()
    asked = [[PER_KIND * of + (at + step) % PER_KIND for step in range(4)] for of in range(6) for at in range(PER_KIND)]
    following = [PER_KIND * kind(row[-1]) + (row[-1] + 1) % PER_KIND for row in asked]
    shown, _ = recommend_many(asked, 3, parts(data, trained))
    hits = np.mean([goal in row for goal, row in zip(following, shown.tolist(), strict=True)])
    assert hits > 0.9


def test_the_ranker_trusts_them(trained: TrainedFeed) -> None:
    assert trained.ranker.knows("towers")
    assert trained.ranker.knows("interests")
    shares = trained.ranker.shares()
    assert shares.get("towers", 0) + shares.get("interests", 0) > 0.05


def test_towers_are_named_where_they_carry_and_never_to_somebody_unknown(data: TowerData, trained: TrainedFeed) -> None:
    made = parts(data, trained)
    known = recommend(Query(history=History.of_items([3, 4, 5]), k=10), made)
    assert any({"towers", "interests"} & set(item.sources) for item in known.items)
    for history in (None, History.of_items([]), History.of_items([3], action="impression")):
        unknown = recommend(Query(history=history, k=10), made)
        assert len(unknown.items) == 10
        assert {source for item in unknown.items for source in item.sources} == {"popular"}


def test_an_item_that_came_since_is_known_to_the_towers_too(data: TowerData, trained: TrainedFeed) -> None:
    made = parts(data, trained, shop(extra=["tent mmm", "drum mmm"]))
    tents, _ = made.sources["towers"].ask(taste_of_rows([3, 4, 5])).search(PER_KIND, None)
    assert N in tents
    assert N + 1 not in tents
    assert trained.towers.n_items == N


def test_what_is_watched_is_not_learnt_and_what_serves_has_learnt_all(data: TowerData, trained: TrainedFeed) -> None:
    hidden = hidden_log(data.catalog, data.log, FeedConfig())
    assert trained.held.targets.tolist() == hidden.targets
    assert len(trained.held.data.log) == len(hidden.log) < len(data.log)
    length = TINY.model_copy(update={"least_watched": 10_000, "unwatched_epochs": round(trained.how.epochs)})
    again = train_feed(data, length, seed=3)
    ours, theirs = trained.towers.item_vectors, again.towers.item_vectors
    assert np.array_equal(ours, theirs), "as long, from the whole log, whatever was watched before"


def test_one_seed_gives_one_result(data: TowerData, trained: TrainedFeed) -> None:
    assert same(trained, train_feed(data, TINY, seed=3))
    assert not same(trained, train_feed(data, TINY, seed=4))


def test_a_kill_in_either_part_costs_nothing(data: TowerData, trained: TrainedFeed, tmp_path: Path) -> None:
    for at in ("watched, epoch 3", "whole, epoch 2"):
        steps: list[str] = []

        def kill(what: str, done: int, _of: int, at: str = at) -> None:
            if what == at and done == 2:
                raise KeyboardInterrupt

        def tell(what: str, _done: int, _of: int, steps: list[str] = steps) -> None:
            steps.append(what)

        folder = tmp_path / at
        with pytest.raises(KeyboardInterrupt):
            train_feed(data, TINY, seed=3, folder=folder, progress=kill)
        resumed = train_feed(data, TINY, seed=3, folder=folder, resume=True, progress=tell)
        assert steps[0] == at
        assert same(resumed, trained)


def test_few_people_are_not_asked_and_the_length_is_fixed(data: TowerData) -> None:
    few = train_feed(walks(12), TINY.model_copy(update={"unwatched_epochs": 2}))
    assert few.how.score is None
    assert few.how.epochs == 2
    assert not few.ranker.knows("towers"), "nobody has told what they are worth"


def test_with_weights_that_are_given_nothing_is_hidden(data: TowerData) -> None:
    given = FeedConfig(weights={"towers": 1.0, "text": 1.0})
    found = train_feed(data, TINY.model_copy(update={"unwatched_epochs": 1}), feed=given)
    assert len(found.held) == 0
    assert found.ranker.knows("towers")


def test_where_things_come_again_they_are_watched_as_well(data: TowerData) -> None:
    """Each walks four steps to and fro: what comes next was seen before."""
    items = [12 * (user % 6) + (user // 6 + step % 2) % 12 for user in range(60) for step in range(6)]
    again = replace(data, log=interactions(np.repeat(range(60), 6).tolist(), items, n_users=60))
    found = train_feed(again, TINY, feed=FeedConfig(exclude_seen=False))
    assert found.how.score is not None
    assert 0.3 < found.how.score <= 1
    assert 0 <= found.held.popularity_ndcg() <= 1


def test_people_are_known_by_name_where_they_have_one(data: TowerData) -> None:
    named = replace(data, user_ids=[f"user {n}" for n in range(N_USERS)])
    config = TINY.model_copy(update={"kind": "paper", "fit": TINY.fit.model_copy(update={"epochs": 2})})
    found = train_feed(named, config)
    assert [history.user_id for history in found.held.histories][:3] == ["user 0", "user 1", "user 2"]
    assert found.towers.kind == "paper"


def test_at_most_so_many_are_watched(data: TowerData) -> None:
    found = train_feed(data, TINY.model_copy(update={"watched": 30, "fit": TINY.fit.model_copy(update={"epochs": 1})}))
    assert len(found.held) == 30


def test_the_kind_decides_who_learns(data: TowerData) -> None:
    assert type(learner_of(data, TINY, seed=0)).__name__ == "SequenceLearner"
    assert type(learner_of(data, TINY.model_copy(update={"kind": "paper"}), seed=0)).__name__ == "PaperLearner"


def test_a_loss_that_breaks_leaves_its_batch(data: TowerData, tmp_path: Path) -> None:
    bad = TINY.model_copy(update={"fit": TINY.fit.model_copy(update={"lr": 1e30})})
    with pytest.raises(DataError, match="train with a lower rate than 1e"):
        train_feed(data, bad, faults=tmp_path)
    assert len(list(tmp_path.glob("bad-batch-*.npz"))) == 1


def test_a_log_that_teaches_nothing_says_so(data: TowerData) -> None:
    lonely = replace(data, log=interactions(range(5), range(5), n_users=5))
    with pytest.raises(DataError, match="two different items"):
        train_feed(lonely, TINY)


def test_what_serves_has_learnt_something_however_long_the_watching_took(data: TowerData) -> None:
    found = train_feed(data, TINY, seed=3, seconds=1e-6)
    assert found.how.why == "time"
    untaught = learner_of(data, TINY, seed=3).export()
    assert not np.array_equal(found.towers.item_vectors, untaught.item_vectors)
