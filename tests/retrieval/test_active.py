"""Serving intents: plain NumPy says what the network says, of any person and any words, in any company."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from intentfeed.data.catalog import Catalog
from intentfeed.errors import DataError
from intentfeed.retrieval.active import ActiveTowers
from intentfeed.retrieval.active_config import ActiveConfig
from intentfeed.retrieval.active_intents import NONE, Facets
from intentfeed.retrieval.fit_towers import FitConfig, fit
from intentfeed.retrieval.sequence_config import SequenceConfig
from intentfeed.retrieval.sequence_events import read_history
from intentfeed.retrieval.towers import LONGEST
from intentfeed.types import History
from tests.retrieval.styles import N_ITEMS, PER_SHELF, SHELVES, Styles, shelf_of, style_of, styles

torch = pytest.importorskip("torch")
LENGTH = 8
ALL = np.arange(N_ITEMS, dtype=np.int32)
SMALL: dict[str, Any] = {"dims": 16, "layers": 1, "length": LENGTH, "log_dims": 8, "interests": 0, "batch": 32,
                         "least_steps": 1, "dropout": 0.1}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> Styles:
    return styles(80)


@pytest.fixture(scope="module")
def facets(world: Styles) -> Facets:
    return Facets.of(world.data.catalog)


def learner_of(world: Styles, facets: Facets, **settings: Any) -> Any:
    from intentfeed.retrieval.active_network import ActiveLearner

    sizes = {"hidden": 24, "facing": 12, **settings}
    return ActiveLearner(world.data, facets, ActiveConfig(sequence=SequenceConfig(**SMALL), **sizes), seed=1)


@pytest.fixture(scope="module")
def learner(world: Styles, facets: Facets) -> Any:
    found = learner_of(world, facets)
    fit(found, FitConfig(epochs=6, lr=5e-3, threads=1), seed=1)
    return found


@pytest.fixture(scope="module")
def towers(learner: Any) -> ActiveTowers:
    found: ActiveTowers = learner.export()
    return found


def people(n: int = 20, *, seed: int = 8) -> list[History]:
    rng = np.random.default_rng(seed)
    return [History.of_items(rng.integers(-1, N_ITEMS + 3, length)) for length in rng.integers(0, 2 * LENGTH, n)]


def by_network(learner: Any, history: History, phrases: list[int]) -> np.ndarray:
    """Return cosines [I] of one person's vector and every item, with what the intent looks at, as torch has them."""
    net, head, config = learner.net.eval(), learner.head.eval(), learner.active
    events = read_history(history, N_ITEMS, longest=LENGTH)
    rows, known = torch.arange(N_ITEMS), torch.zeros(N_ITEMS)
    known[torch.from_numpy(learner._met)] = 1
    with torch.no_grad():
        items = net.items(rows, known)
        states = torch.zeros((1, 0, config.sequence.dims))
        if len(events):
            padding = torch.zeros((1, len(events)), dtype=torch.bool)
            kinds, gaps = torch.from_numpy(events.kind)[None], torch.from_numpy(events.gap)[None]
            states = net.states(items[torch.from_numpy(events.item)][None], kinds, gaps, padding)
        n = states.shape[1]
        states = torch.cat([head.nobody.expand(1, 1, -1), states], dim=1)
        said = torch.tensor([[*phrases, NONE, NONE][:2]])
        q = head.intents(head.texts_XT, said)
        asked = torch.zeros((1, n + 1), dtype=torch.bool)
        asked[0, -1] = True
        padding = torch.zeros((1, n), dtype=torch.bool)
        person = learner._people(states, padding, q[:, None].expand(1, n + 1, -1), asked)
        scores = person @ items.T
        if phrases and config.facing:
            looks = torch.nn.functional.normalize(q @ head.look, dim=-1)
            scores = scores + head.weight * (looks @ head.faces(net.text_IT, rows, known).T)
    found: np.ndarray = scores[0].numpy()
    return found


@pytest.mark.parametrize("phrases", [[], [0], [1, 5]], ids=["silent", "one", "two"])
def test_numpy_says_what_the_network_says(learner: Any, facets: Facets, phrases: list[int]) -> None:
    towers, told = learner.export(), [facets.phrases[phrase] for phrase in phrases]
    for history in people():
        ours = towers.scores(history, told, ALL) / LONGEST**2
        assert np.abs(ours - by_network(learner, history, phrases)).max() < 3e-3


@pytest.mark.parametrize("settings", [{"facing": 0}, {"hidden": 8}], ids=str)
def test_so_it_does_in_other_shapes(world: Styles, facets: Facets, settings: dict[str, int]) -> None:
    learner = learner_of(world, facets, **settings)
    for history in people(5):
        ours = learner.export().scores(history, [facets.phrases[0]], ALL) / LONGEST**2
        assert np.abs(ours - by_network(learner, history, [0])).max() < 3e-3


def test_company_order_and_threads_change_nothing(towers: ActiveTowers) -> None:
    rows = np.random.default_rng(1).permutation(N_ITEMS).astype(np.int32)
    for history in people():
        with threadpool_limits(1):
            whole = towers.scores(history, ["lamps", "old mill"], ALL)
        with threadpool_limits(2):
            assert (towers.scores(history, ["lamps", "old mill"], rows) == whole[rows]).all()
            alone = [towers.scores(history, ["lamps", "old mill"], rows[at : at + 1])[0] for at in range(7)]
        assert alone == whole[rows[:7]].tolist()
        together = towers.scores_many(history, [(), ("lamps", "old mill"), ("tents",)])
        assert (together[1] == whole).all()
        assert (together[0] == towers.scores(history, (), ALL)).all()


def test_silence_and_what_is_not_understood_are_the_null_intent(towers: ActiveTowers) -> None:
    history = people()[3]
    silent = towers.scores(history, (), ALL)
    for nothing in ([""], ["  "], ["zzz qqq", "ωωω"]):
        assert (towers.scores(history, nothing, ALL) == silent).all()
    assert (towers.scores(history, ["tents", "zzz qqq"], ALL) == towers.scores(history, ["tents"], ALL)).all()
    assert (towers.scores(history, ["tents"], ALL) != silent).any()


def test_what_is_asked_for_comes_first_in_the_persons_own_style(towers: ActiveTowers, world: Styles) -> None:
    log, shown, own = world.data.log, [], []
    for user in range(40):
        history = History.of_items(log.item[log.user == user])
        rows, _ = towers.search(history, ["kettles"], PER_SHELF // 4)
        shown.append((shelf_of(rows) == SHELVES.index("kettles")).mean())
        own.append((style_of(rows) == world.style[user]).mean())
    assert np.mean(shown) > 0.75  # a fifth by chance
    assert np.mean(own) > 0.6  # a quarter by chance: no word tells it


def test_somebody_without_a_history_gets_what_they_ask_for(towers: ActiveTowers) -> None:
    for history in (History.of_items([]), History.of_items([-1, N_ITEMS + 2])):
        rows, _ = towers.search(history, ["hoses"], 10)
        assert (shelf_of(rows) == SHELVES.index("hoses")).mean() > 0.9


def test_search_is_the_best_of_the_scores_within_the_mask(towers: ActiveTowers) -> None:
    history, mask = people()[4], np.random.default_rng(3).random(N_ITEMS) < 0.3
    scores = towers.scores(history, ["lamps"], ALL)
    rows, found = towers.search(history, ["lamps"], 9, mask)
    order = sorted(np.flatnonzero(mask).tolist(), key=lambda row: (-scores[row], row))[:9]
    assert rows.tolist() == order
    assert (found == scores[rows]).all()
    assert len(towers.search(history, ["lamps"], 9, np.zeros(N_ITEMS, dtype=np.bool_))[0]) == 0
    assert len(towers.search(history, ["lamps"], 10_000)[0]) == N_ITEMS


def test_rows_without_a_vector_score_nothing(towers: ActiveTowers) -> None:
    rows = np.array([N_ITEMS, 3, -1], dtype=np.int32)
    scores = towers.scores(people()[0], ["lamps"], rows)
    assert scores[[0, 2]].tolist() == [0.0, 0.0]
    assert scores[1] == towers.scores(people()[0], ["lamps"], ALL)[3]


def test_saved_and_loaded_it_says_the_same(towers: ActiveTowers, world: Styles, tmp_path: Path) -> None:
    towers.save(tmp_path)
    loaded = ActiveTowers.load(tmp_path, world.data.encoder)
    assert loaded.temperature == towers.temperature
    for history in people(6):
        intents = [(), ("lamps",), ("quiet", "tents")]
        assert (loaded.scores_many(history, intents) == towers.scores_many(history, intents)).all()
    with pytest.raises(DataError, match="train active"):
        ActiveTowers.load(tmp_path / "nothing", world.data.encoder)


def columns(world: Styles) -> dict[str, list[Any]]:
    frame = world.data.catalog.frame
    return {name: frame[name].to_list() for name in frame.columns}


def test_a_new_item_is_found_by_what_it_is(towers: ActiveTowers, world: Styles) -> None:
    old, told = world.data.catalog, columns(world)
    for name, values in told.items():
        values.append("new" if name == "item_id" else values[shelf_of(ALL).tolist().index(2)])
    grown = towers.updated(old, Catalog.of(told))
    assert grown.n_items == N_ITEMS + 1
    ranks = []
    for history in (told for told in people() if not (told.item >= N_ITEMS).any()):
        before, after = (of.scores(history, ["hoses"], ALL) for of in (towers, grown))
        assert (before == after).all()
        new = grown.scores(history, ["hoses"], np.array([N_ITEMS], dtype=np.int32))[0]
        ranks.append(int((after > new).sum()))
    assert np.mean(ranks) < 1.5 * PER_SHELF


def test_an_item_that_changed_is_encoded_anew_and_no_other(towers: ActiveTowers, world: Styles) -> None:
    old, told = world.data.catalog, columns(world)
    told["category"][7] = "shop > lamps"
    moved = towers.updated(old, Catalog.of(told))
    before, after = (of.scores(people()[2], ["lamps"], ALL) for of in (towers, moved))
    assert np.flatnonzero(before != after).tolist() == [7]
    assert after[7] > before[7]
    assert (towers.updated(old, old).scores(people()[2], ["lamps"], ALL) == before).all()
