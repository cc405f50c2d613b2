"""The neural baselines: what they learn, what they may not see, and how they stop."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.errors import DataError
from intentfeed.evaluate.baselines.bert4rec import Bert4Rec, Bert4RecConfig
from intentfeed.evaluate.baselines.sasrec import SasRec, SasRecConfig
from intentfeed.evaluate.baselines.windows import windows
from intentfeed.evaluate.recommender import CannotRun, Trainable
from intentfeed.types import ACTION_CODE, NO_TIME, Interactions

torch = pytest.importorskip("torch")

N = 30
CATALOG = Catalog.of({"item_id": [f"i{row}" for row in range(N)], "title": [""] * N})
RING = np.random.default_rng(3).permutation(N)
FOLLOWER = dict(zip(RING.tolist(), np.roll(RING, -1).tolist(), strict=True))
"""Which item follows which, nine times of ten."""
KINDS = {
    "sasrec": lambda **changed: SasRec(SasRecConfig(**{"width": 32, "layers": 1, "length": 8, **changed})),
    "bert4rec": lambda **changed: Bert4Rec(Bert4RecConfig(**{"width": 32, "layers": 1, "length": 8, **changed})),
}


@pytest.fixture(params=list(KINDS))
def make(request):
    return KINDS[request.param]


def a_log(sequences: list[list[int]], *, n_items: int = N, ordered: bool = True) -> Interactions:
    item = np.array([item for items in sequences for item in items], dtype=np.int32)
    return Interactions(
        user=np.repeat(np.arange(len(sequences)), [len(items) for items in sequences]).astype(np.int32),
        item=item,
        action=np.full(len(item), ACTION_CODE["purchase"], dtype=np.int8),
        time_s=np.full(len(item), NO_TIME, dtype=np.int64),
        value=np.full(len(item), np.nan),
        n_users=len(sequences),
        n_items=n_items,
        ordered=ordered,
    )


def walks(n: int = 300, *, seed: int = 0) -> list[list[int]]:
    """Return walks of 3 to 12 steps: the next item is FOLLOWER's, and one time of ten any."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        walk = [int(rng.integers(N))]
        for _ in range(int(rng.integers(3, 12))):
            walk.append(FOLLOWER[walk[-1]] if rng.random() < 0.9 else int(rng.integers(N)))
        found.append(walk)
    return found


def right(recommender) -> float:
    """Return the share of new walks whose next step comes first."""
    asked = [np.array(walk, dtype=np.int32) for walk in walks(200, seed=1)]
    ids, _ = recommender.recommend_many(asked, 1, exclude_seen=False)
    return float((ids[:, 0] == [FOLLOWER[walk[-1]] for walk in asked]).mean())


def test_what_follows_is_learnt(make):
    chain = make(epochs=20, learning_rate=5e-3, batch=16, dropout=0.1, first=0.2)
    chain.fit(a_log(walks()), CATALOG)
    assert right(chain) > 0.95


def test_a_sampled_softmax_learns_the_same(make):
    chain = make(epochs=20, learning_rate=5e-3, batch=16, dropout=0.1, first=0.2, full_softmax=N - 1, negatives=16)
    chain.fit(a_log(walks()), CATALOG)
    assert right(chain) > 0.95


def test_the_full_softmax_is_the_cross_entropy(monkeypatch):
    from intentfeed.evaluate.baselines import transformer

    monkeypatch.setattr(transformer, "ROWS", 3)
    generator, found = torch.Generator().manual_seed(0), []
    target_T = torch.tensor([0, 3, 3, 7, 1])
    first = torch.randn(5, 4, generator=generator), torch.randn(8, 4, generator=generator)
    for loss_of in (transformer.full_softmax, lambda s, i, t: torch.nn.functional.cross_entropy(s @ i.T, t)):
        state_TD, items_ID = (each.clone().requires_grad_() for each in first)
        loss = 3 * loss_of(state_TD, items_ID, target_T)
        loss.backward()
        found.append((loss.detach(), state_TD.grad, items_ID.grad))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_sampled_softmax_is_right_on_average():
    from intentfeed.evaluate.baselines.transformer import full_softmax, sampled_softmax

    generator = torch.Generator().manual_seed(0)
    state_TD, items_ID = torch.randn(6, 4, generator=generator), torch.randn(50, 4, generator=generator)
    target_T, share_I = torch.arange(6), torch.rand(50, generator=generator)
    share_I /= share_I.sum()
    drawn_N = torch.multinomial(share_I, 200_000, replacement=True, generator=generator)
    sampled = sampled_softmax(state_TD, items_ID, target_T, drawn_N, share_I.log())
    assert abs(float(sampled - full_softmax(state_TD, items_ID, target_T))) < 0.02


def test_one_seed_one_result_whatever_ran_before(make):
    asked = [np.array(walk, dtype=np.int32) for walk in walks(40, seed=1)]
    found = []
    for seed, threads in ((1, 1), (1, 2), (2, 1)):
        torch.rand(seed)
        chain = make(epochs=3).seeded(seed)
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        chain.fit(a_log(walks()), CATALOG)
        assert torch.get_num_threads() == threads, "the caller's threads come back"
        torch.set_num_threads(before)
        found.append(chain.recommend_many(asked, 10, exclude_seen=False)[1])
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_training_leaves_the_callers_draws_alone(make):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make(epochs=1).fit(a_log(walks(20)), CATALOG)
    assert torch.equal(torch.rand(3), expected)


def test_watching_keeps_the_best_state_and_how_long_it_took(make):
    seen = iter([0.1, 0.3, 0.2, 0.25, 0.1, 0.9])
    chain = make(patience=3, epochs=99)
    asked = [np.array([0, 1], dtype=np.int32)]
    states = []

    def watch() -> float:
        states.append(chain.recommend_many(asked, 5, exclude_seen=False)[1])
        return next(seen)

    chain.fit_watched(a_log(walks()), CATALOG, watch, seconds=60)
    assert len(states) == 5, "three looks without a gain end it"
    assert np.array_equal(chain.recommend_many(asked, 5, exclude_seen=False)[1], states[1])
    assert not np.array_equal(states[0], states[1])
    length = chain.epochs
    assert 0 < length < 99
    again = chain.seeded(chain.config.seed)
    assert again.epochs == length
    again.fit(a_log(walks()), CATALOG)
    assert np.array_equal(again.recommend_many(asked, 5, exclude_seen=False)[1], states[1]), "fit goes the same way"


def test_time_that_is_up_ends_training(make):
    chain = make()
    chain.fit_watched(a_log(walks()), CATALOG, lambda: 1.0, seconds=0.0)
    assert chain.recommend_many([np.array([0], dtype=np.int32)], 3, exclude_seen=True)[0].min() >= 0


def test_trials_differ_and_are_few(make):
    chain = type(make())()
    assert isinstance(chain, Trainable)
    tried = [trial.config.model_dump_json() for trial in chain.trials()]
    assert 1 < len(set(tried)) == len(tried) <= 10


def test_nan_stops_and_keeps_the_batch(make, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(DataError, match="learning_rate") as stopped:
        make(epochs=50, learning_rate=1e30).fit(a_log(walks()), CATALOG)
    assert not isinstance(stopped.value, CannotRun), "a broken training is no data set that lacks something"
    saved = Path(re.search(r"\S+\.npz", str(stopped.value))[0])
    batch = np.load(saved)
    assert saved.parent == tmp_path
    assert batch["token_BL"].shape[0] == len(batch["n_B"])
    assert len(batch["target_T"]) == len(batch["at_T"]) > 0


def test_without_torch_it_says_how_to_get_it(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(CannotRun, match=r"pip install 'intentfeed\[train\]'"):
        make().fit(a_log(walks(20)), CATALOG)


def test_without_order_it_cannot_run(make):
    with pytest.raises(CannotRun, match="order"):
        make().fit(a_log(walks(), ordered=False), CATALOG)


@pytest.mark.parametrize("sequences", [[], [[1], [2]], [[1, 1, 1]]])
def test_where_nothing_follows_it_cannot_run(make, sequences):
    with pytest.raises(CannotRun, match="follows"):
        make().fit(a_log(sequences), CATALOG)


def test_a_place_does_not_see_what_comes_later():
    chain = KINDS["sasrec"](epochs=1)
    chain.fit(a_log(walks()), CATALOG)
    token_BL = torch.tensor([[1, 2, 3, 4, 5, 6], [1, 2, 3, 9, 8, 7]])
    state_BLD = chain._model(token_BL, torch.tensor([6, 6]))
    assert torch.equal(state_BLD[0, :3], state_BLD[1, :3])
    assert not torch.equal(state_BLD[0, 3], state_BLD[1, 3])


def test_sasrec_is_asked_for_the_event_after_each():
    found = windows(a_log([[1, 2, 3, 4], [5, 6]]), 9)
    lesson = KINDS["sasrec"]().lesson(found, np.array([0, 1]), N, np.random.default_rng(0))
    assert lesson.token_BL.tolist() == [[1, 2, 3], [5, N, N]]
    asked = lesson.token_BL.ravel()[lesson.at_T].tolist()
    assert list(zip(asked, lesson.target_T.tolist(), strict=True)) == [(1, 2), (2, 3), (3, 4), (5, 6)]


def test_what_is_masked_cannot_be_read():
    chain, found = KINDS["bert4rec"](), windows(a_log(walks()), 8)
    rows, rng = np.arange(len(found)), np.random.default_rng(0)
    lesson = chain.lesson(found, rows, N, rng)
    assert (lesson.token_BL.ravel()[lesson.at_T] == N).all(), "what is asked for is hidden"
    inside = np.arange(lesson.token_BL.shape[1]) < lesson.n_B[:, None]
    assert ((lesson.token_BL == N) == ~inside)[~inside].all()
    assert (lesson.token_BL == N)[inside].sum() == len(lesson.at_T), "and nothing else is"
    per_row = np.bincount(lesson.at_T // lesson.token_BL.shape[1], minlength=len(rows))
    assert per_row.min() >= 1
    only_last = (per_row == 1) & (lesson.token_BL[rows, lesson.n_B - 1] == N)
    assert only_last.mean() > 0.5, "half of the windows ask for the last one alone, others by chance"
    whole = np.where(inside, lesson.token_BL, -1)
    whole.ravel()[lesson.at_T] = lesson.target_T
    for row in rows.tolist():
        start, n = int(found.start[row]), int(lesson.n_B[row])
        assert whole[row, :n].tolist() == found.item[start : start + n].tolist()


def test_bert4rec_is_asked_with_a_mask_behind_the_newest():
    chain = KINDS["bert4rec"]()
    assert chain.question(np.arange(3, dtype=np.int32), N).tolist() == [0, 1, 2, N]
    assert chain.question(np.arange(20, dtype=np.int32), N).tolist() == [*range(13, 20), N]


def test_windows_ask_for_each_event_once_and_overlap():
    found = windows(a_log([list(range(25)), [1, 1, 2], [3]]), 10)
    asked = []
    for start, n, fresh in zip(found.start, found.n, found.fresh, strict=True):
        assert n <= 10
        assert fresh >= (5 if start not in (0, 25) else 1)
        asked += found.item[start + fresh : start + n].tolist()
    assert sorted(asked) == sorted([*range(1, 25), 2]), "all but each person's first, none twice"


def test_only_new_events_are_asked_for_where_told():
    found = windows(a_log([[1, 2, 1, 3, 2]]), 9, only_new=True)
    lesson = KINDS["sasrec"]().lesson(found, np.array([0]), N, np.random.default_rng(0))
    assert lesson.target_T.tolist() == [2, 3]


def test_company_and_place_in_the_batch_change_no_score(make):
    chain = make(epochs=2, length=40)
    chain.fit(a_log(walks()), CATALOG)
    rng = np.random.default_rng(0)
    asked = [rng.integers(0, N, size=size).astype(np.int32) for size in rng.integers(1, 60, size=150)]
    ids, scores = chain.recommend_many(asked, N, exclude_seen=False)
    order = rng.permutation(len(asked))
    other_ids, other_scores = chain.recommend_many([asked[at] for at in order], N, exclude_seen=False)
    assert np.array_equal(other_ids, ids[order])
    assert np.array_equal(other_scores, scores[order])
