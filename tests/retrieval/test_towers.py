"""What every kind of trained towers must do: the contract, on a shop where the truth is known."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.errors import DataError
from intentfeed.retrieval.fuse import fuse_scores
from intentfeed.retrieval.towers import GRID, Towers, interest_scores, load_towers, on_grid, scale_of
from intentfeed.types import History
from tests.retrieval.tastes import PER_SHELF, SHELVES, Tastes, tastes

torch = pytest.importorskip("torch")
N_USERS, N_ITEMS = 120, 4 * PER_SHELF
LATE = PER_SHELF * 2
"""A row of the shelf of hoses."""


def paper(world: Tastes) -> Towers:
    from intentfeed.retrieval.fit_towers import FitConfig, fit
    from intentfeed.retrieval.paper_config import PaperConfig
    from intentfeed.retrieval.paper_network import PaperLearner

    config = PaperConfig(dims=16, field_dims=16, id_dims=8, hidden=(64, 32))
    learner = PaperLearner(world.data, config, seed=1)
    fit(learner, FitConfig(epochs=8, threads=1), seed=1)
    return learner.export()


def sequence(world: Tastes) -> Towers:
    from intentfeed.retrieval.fit_towers import FitConfig, fit
    from intentfeed.retrieval.sequence_config import SequenceConfig
    from intentfeed.retrieval.sequence_network import SequenceLearner

    learner = SequenceLearner(world.data, SequenceConfig(dims=16, layers=1, length=12), seed=1)
    fit(learner, FitConfig(epochs=16, threads=1), seed=1)
    return learner.export()


TRAINED: dict[str, Callable[[Tastes], Towers]] = {"paper": paper, "sequence": sequence}


@pytest.fixture(scope="module")
def world() -> Tastes:
    return tastes(N_USERS)


@pytest.fixture(scope="module", params=sorted(TRAINED))
def towers(request: pytest.FixtureRequest, world: Tastes) -> Towers:
    return TRAINED[request.param](world)


def all_of(world: Tastes, *, named: bool = True) -> list[History]:
    return [world.history(user, named=named) for user in range(N_USERS)]


def shelves_of(scores_QI: np.ndarray, n: int) -> np.ndarray:
    return np.argsort(-scores_QI, axis=1, kind="stable")[:, :n] // PER_SHELF


# How good they are. Half of the shelves are a person's, a quarter is the one that they look at now.


def test_people_are_led_to_their_shelves(towers: Towers, world: Tastes) -> None:
    scores = interest_scores(towers.encode_users(all_of(world)), towers.item_vectors)
    shown = shelves_of(scores, 10)
    liked = np.mean([np.isin(shown[user], world.likes[user]).mean() for user in range(N_USERS)])
    assert liked > 0.85


def test_strangers_are_led_to_their_shelves(towers: Towers, world: Tastes) -> None:
    other = tastes(60, seed=77)
    histories = [other.history(user, named=False) for user in range(60)]
    shown = shelves_of(interest_scores(towers.encode_users(histories), towers.item_vectors), 10)
    assert np.mean([np.isin(shown[user], other.likes[user]).mean() for user in range(60)]) > 0.8


def test_what_comes_next_ranks_high(towers: Towers, world: Tastes) -> None:
    histories = all_of(world)
    scores = interest_scores(towers.encode_users(histories), towers.item_vectors)
    for user, history in enumerate(histories):
        scores[user, history.item] = -np.inf
    found = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    hits = np.mean([world.last[user] in found[user] for user in range(N_USERS)])
    assert hits > 2 * 10 / (N_ITEMS - 11)  # chance: 0.20


def test_tags_lead_to_their_category(towers: Towers) -> None:
    shown = shelves_of(towers.encode_tags([f"heavy {name[:-1]}" for name in SHELVES]) @ towers.item_vectors.T, 10)
    assert (shown == np.arange(4)[:, None]).mean() > 0.9


def test_new_items_are_found_by_their_fields(towers: Towers, world: Tastes) -> None:
    """The same fields, as if nobody had ever seen them: people and tags find the shelf all the same."""
    as_new = towers.encode_items(world.data.catalog)
    shown = shelves_of(interest_scores(towers.encode_users(all_of(world)), as_new), 10)
    assert np.mean([np.isin(shown[user], world.likes[user]).mean() for user in range(N_USERS)]) > 0.8
    asked = shelves_of(towers.encode_tags(SHELVES) @ as_new.T, 10)
    assert (asked == np.arange(4)[:, None]).mean() > 0.9


# The contract


def test_shapes_and_grid(towers: Towers, world: Tastes) -> None:
    users, tags = towers.encode_users(all_of(world)), towers.encode_tags(SHELVES)
    assert towers.item_vectors.shape == (towers.n_items, towers.dims) == (N_ITEMS, towers.dims)
    assert users.shape[::2] == (N_USERS, towers.dims)
    assert tags.shape == (4, towers.dims)
    for vectors in (users, tags, towers.item_vectors):
        assert vectors.dtype == np.float32
        assert (vectors * GRID == np.round(vectors * GRID)).all()
        assert np.square(vectors.astype(np.float64)).sum(axis=-1).max() < 1


def test_many_equal_one_by_one(towers: Towers, world: Tastes) -> None:
    histories = [*all_of(world), History.of_items([LATE]), History.of_items([])]
    many = towers.encode_users(histories)
    assert (many == np.concatenate([towers.encode_users([history]) for history in histories])).all()
    assert (many == towers.encode_users(histories[::-1])[::-1]).all()
    texts = ["red tent", "heavy hose", "tent tent"]
    assert (towers.encode_tags(texts) == np.concatenate([towers.encode_tags([text]) for text in texts])).all()
    catalog = world.data.catalog
    single = [towers.encode_items(Catalog(catalog.frame[[row]])) for row in range(N_ITEMS)]
    assert (towers.encode_items(catalog) == np.concatenate(single)).all()


def test_scores_do_not_depend_on_company(towers: Towers, world: Tastes) -> None:
    users = towers.encode_users(all_of(world))
    scores = interest_scores(users, towers.item_vectors)
    for rows in ([3], [5, 3, 80], range(60)):
        assert (interest_scores(users[list(rows)], towers.item_vectors) == scores[list(rows)]).all()
    assert (interest_scores(users, towers.item_vectors[7:9]) == scores[:, 7:9]).all()


def test_nobody_and_nothing_are_zero(towers: Towers) -> None:
    nobody = [History.of_items([]), History.of_items([-1, N_ITEMS + 5]), History.of_items([3], action="impression")]
    assert not towers.encode_users(nobody).any()
    assert towers.encode_users([History.of_items([3])]).any(axis=2).all()
    assert not towers.encode_tags(["", "qqqq zzzz"]).any()
    assert len(towers.encode_users([])) == len(towers.encode_tags([])) == 0


def test_fused_queries_are_fused_scores(towers: Towers, world: Tastes) -> None:
    """RecGPT-V1, 7.4, checks 2 and 3."""
    user = towers.encode_users([world.history(0)])[0, 0]
    tags, items = towers.encode_tags(SHELVES), towers.item_vectors
    for beta in (0.0, 0.1, 0.5, 0.9, 1.0):
        fused = (np.float32(beta) * user + np.float32(1 - beta) * tags) @ items.T
        assert np.abs(fused - fuse_scores(user @ items.T, tags @ items.T, beta)).max() < 1e-6
    assert (fuse_scores(user @ items.T, tags @ items.T, 1.0) == user @ items.T).all()
    assert (fuse_scores(user @ items.T, tags @ items.T, 0.0) == tags @ items.T).all()


def test_new_items_join_and_the_others_stay(towers: Towers, world: Tastes) -> None:
    frame = world.data.catalog.frame
    late = frame[[LATE]].with_columns(item_id=frame["item_id"][[0]].replace_strict({"i00": "new"}))
    grown = towers.add_items(Catalog(frame.vstack(late)))
    assert grown.n_items == N_ITEMS + 1
    assert (grown.item_vectors[:N_ITEMS] == towers.item_vectors).all()
    assert (grown.item_vectors[N_ITEMS:] == towers.encode_items(Catalog(late))).all()
    assert grown.encode_users([History.of_items([N_ITEMS])]).any()  # it is read in a history, too
    assert towers.n_items == N_ITEMS
    assert towers.add_items(world.data.catalog).n_items == N_ITEMS


def test_a_changed_item_moves_alone(towers: Towers, world: Tastes) -> None:
    old = world.data.catalog
    columns: dict[str, list[Any]] = {name: old.frame[name].to_list() for name in old.frame.columns}
    for name in ("title", "category"):
        columns[name][3] = columns[name][LATE]
    moved = towers.updated(old, Catalog.of(columns))
    same = (moved.item_vectors == towers.item_vectors).all(axis=1)
    assert same.tolist() == [row != 3 for row in range(N_ITEMS)]
    assert (towers.updated(old, old).item_vectors == towers.item_vectors).all()


def test_those_who_leave_are_strangers(towers: Towers, world: Tastes) -> None:
    left = towers.without_users(["user 0", "nobody"])
    stranger = History.of_items(world.history(0).item, user_id="")
    stranger.action[:] = world.history(0).action
    assert (left.encode_users([world.history(0)]) == towers.encode_users([stranger])).all()
    assert (left.encode_users([world.history(1)]) == towers.encode_users([world.history(1)])).all()


def test_what_is_loaded_is_what_was_saved(towers: Towers, world: Tastes, tmp_path: Path) -> None:
    towers.save(tmp_path)
    loaded = load_towers(tmp_path, world.data.encoder)
    assert loaded.kind == towers.kind
    assert isinstance(loaded, Towers)
    assert isinstance(loaded.item_vectors, np.memmap)
    assert (loaded.item_vectors == towers.item_vectors).all()
    assert (loaded.encode_users(all_of(world)) == towers.encode_users(all_of(world))).all()
    assert (loaded.encode_tags(SHELVES) == towers.encode_tags(SHELVES)).all()
    names = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"user 7" not in names  # people are numbers


def test_serving_needs_no_torch(towers: Towers, world: Tastes, tmp_path: Path) -> None:
    towers.save(tmp_path / "towers")
    encoder: Any = world.data.encoder
    encoder.save(tmp_path)
    code = (
        "import sys; sys.modules['torch'] = None; from pathlib import Path; import numpy as np\n"
        "from intentfeed.retrieval.encode import SvdEncoder\n"
        "from intentfeed.retrieval.towers import load_towers, interest_scores\n"
        "from intentfeed.types import History\n"
        f"here = Path({str(tmp_path)!r}); towers = load_towers(here / 'towers', SvdEncoder.load(here))\n"
        f"users = towers.encode_users([History.of_items([{LATE}, {LATE + 1}])])\n"
        "towers.encode_tags(['red tent'])\n"
        "print(interest_scores(users, towers.item_vectors).tobytes().hex())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = interest_scores(towers.encode_users([History.of_items([LATE, LATE + 1])]), towers.item_vectors)
    assert done.stdout.strip() == here.tobytes().hex()


# What they share


def test_vectors_on_the_grid_are_short_enough() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(0, 1, (200, 64))
    laid = on_grid(vectors, scale_of(vectors))
    assert np.square(laid.astype(np.float64)).sum(axis=1).max() < 1
    assert np.abs(laid - vectors * scale_of(vectors)).max() <= 0.5 / GRID + 1e-7
    longer = on_grid(vectors, 10 * scale_of(vectors))
    assert np.square(longer.astype(np.float64)).sum(axis=1).max() < 1
    cosine = (longer * vectors).sum(axis=1) / np.sqrt((longer**2).sum(axis=1) * (vectors**2).sum(axis=1))
    assert cosine.min() > 0.999
    assert not on_grid(np.zeros((2, 4))).any()
    assert scale_of(np.zeros((2, 4))) == 1


def test_of_several_interests_the_best_counts() -> None:
    users = np.array([[[1, 0], [0, 1]], [[-1, 0], [0, -1]]], dtype=np.float32)
    items = np.array([[0.5, 0.25], [-1, 0.5]], dtype=np.float32)
    assert interest_scores(users, items).tolist() == [[0.5, 0.5], [-0.25, 1.0]]


def test_a_folder_without_towers_says_so(tmp_path: Path, world: Tastes) -> None:
    with pytest.raises(DataError, match="holds no towers: train them"):
        load_towers(tmp_path, world.data.encoder)
    (tmp_path / "towers.json").write_text('{"kind": "eiffel", "arrays": []}')
    with pytest.raises(DataError, match="towers of kind 'eiffel', known are paper, sequence"):
        load_towers(tmp_path, world.data.encoder)
