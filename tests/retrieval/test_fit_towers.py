"""The loop: one seed one result, kills cost nothing, what ends it is said, broken numbers leave their batch behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from intentfeed.errors import ConfigError, DataError  # noqa: E402
from intentfeed.retrieval.fit_towers import Batch, FitConfig, fit, seeded  # noqa: E402
from intentfeed.retrieval.paper_config import PaperConfig  # noqa: E402
from intentfeed.retrieval.paper_network import PaperLearner  # noqa: E402
from tests.retrieval.tastes import tastes  # noqa: E402

ONE = FitConfig(epochs=4, threads=1, checkpoint_s=0, lr=0.05)
TRUTH = np.array([1.0, -2.0, 0.5], dtype=np.float32)


class Line:
    """Learns three numbers from noisy sums of them, with torch's chance in the loss."""

    steps = 5

    def __init__(self, seed: int = 0, *, bad_at: int = -1) -> None:
        with seeded(seed):
            self.network: Any = torch.nn.Linear(3, 1, bias=False)
        self.bad_at, self.seen = bad_at, 0

    def batches(self, epoch: int, generator: np.random.Generator) -> Iterator[Batch]:
        for step in range(self.steps):
            x = generator.normal(size=(16, 3)).astype(np.float32)
            y = x @ TRUTH
            if epoch * self.steps + step == self.bad_at:
                x[3, 1] = np.nan
            yield {"x": x, "y": y}

    def loss(self, batch: Mapping[str, Any]) -> Any:
        self.seen += 1
        x = torch.nn.functional.dropout(batch["x"], 0.1)
        return ((self.network(x)[:, 0] - batch["y"]) ** 2).mean()

    def export(self) -> Any:
        raise NotImplementedError

    def error(self) -> float:
        """Return minus the distance to the truth, as validation would."""
        return -float((self.network.weight.detach()[0] - torch.from_numpy(TRUTH)).abs().max())


def weights(learner: Any) -> dict[str, np.ndarray]:
    return {name: tensor.numpy().copy() for name, tensor in learner.network.state_dict().items()}


def same(left: Any, right: Any) -> bool:
    ours, theirs = weights(left), weights(right)
    return ours.keys() == theirs.keys() and all((ours[name] == theirs[name]).all() for name in ours)


def test_it_learns_and_one_seed_gives_one_result() -> None:
    first, again, other = Line(1), Line(1), Line(2)
    begin = first.error()
    found = fit(first, ONE.model_copy(update={"epochs": 60}), seed=1)
    fit(again, ONE.model_copy(update={"epochs": 60}), seed=1)
    fit(other, ONE.model_copy(update={"epochs": 60}), seed=2)
    assert first.error() > -0.2 > begin
    assert (found.epochs, found.why, found.score) == (60, "epochs", None)
    assert found.losses[-1] < found.losses[0] / 3
    assert same(first, again)
    assert not same(first, other)


def test_the_chance_and_threads_of_others_are_left_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    fit(Line(3), ONE.model_copy(update={"threads": threads + 1}), seed=3)
    assert (torch.rand(3) == expected).all()
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_it_ends_when_nothing_is_gained_and_keeps_the_best() -> None:
    scores = iter([0.1, 0.5, 0.3, 0.5, 0.2, 0.9])
    learner, kept = Line(), []

    def watch() -> float:
        assert not learner.network.training
        kept.append(weights(learner)["weight"])
        return next(scores)

    found = fit(learner, ONE.model_copy(update={"patience": 3, "epochs": 50}), watch=watch)
    assert (found.why, found.epochs, found.score) == ("patience", 2, 0.5)
    assert found.scores == (0.1, 0.5, 0.3, 0.5, 0.2)
    assert (weights(learner)["weight"] == kept[1]).all()


def test_a_training_of_the_length_that_was_found_ends_the_same() -> None:
    watched, plain = Line(), Line()
    scores = iter([0.1, 0.5, 0.3, 0.2, 0.1])
    found = fit(watched, ONE.model_copy(update={"epochs": 50}), watch=lambda: next(scores))
    fit(plain, ONE, epochs=found.epochs)
    assert same(watched, plain)


def test_time_ends_it_within_an_epoch_and_what_is_there_is_judged() -> None:
    asked = []
    found = fit(Line(), ONE, seconds=1e-9, watch=lambda: asked.append(1) or 0.5)
    assert (found.why, found.epochs, found.score) == ("time", 0.2, 0.5)
    assert len(asked) == 1


class Killed(Exception):  # noqa: N818
    """Stands for a process that is gone."""


@pytest.mark.parametrize("step", [1, 5, 7, 10, 13])
def test_resumed_anywhere_it_ends_as_if_it_had_never_stopped(tmp_path: Path, step: int) -> None:
    unbroken = Line(4)
    whole = fit(unbroken, ONE, seed=4, watch=unbroken.error)
    broken, n = Line(4), 0

    def kill(_what: str, _done: int, _of: int) -> None:
        nonlocal n
        n += 1
        if n > step:
            raise Killed

    with pytest.raises(Killed):
        fit(broken, ONE, seed=4, watch=broken.error, folder=tmp_path, progress=kill)
    resumed = Line(99)  # whatever it begins with, the checkpoint decides
    found = fit(resumed, ONE, seed=4, watch=resumed.error, folder=tmp_path, resume=True)
    assert same(resumed, unbroken)
    assert (found.scores, found.losses, found.epochs) == (whole.scores, whole.losses, whole.epochs)
    assert resumed.seen <= 20 - step + 1  # the step in flight is all that is learnt twice


def test_what_is_finished_is_not_trained_again(tmp_path: Path) -> None:
    first, again = Line(), Line()
    fit(first, ONE, folder=tmp_path)
    fit(again, ONE, folder=tmp_path, resume=True)
    assert same(first, again)
    assert again.seen == 0


def test_without_resuming_it_begins_anew(tmp_path: Path) -> None:
    first, again = Line(), Line()
    fit(first, ONE, folder=tmp_path)
    fit(again, ONE, folder=tmp_path)
    assert again.seen == first.seen


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    fit(Line(), ONE, folder=tmp_path, name="the log of May")
    for changed in ({"name": "the log of June"}, {"name": "the log of May", "seed": 1}):
        with pytest.raises(DataError, match="other data, settings or seed"):
            fit(Line(), ONE, folder=tmp_path, resume=True, **changed)


CHILD = """
import sys
from pathlib import Path
from intentfeed.retrieval.fit_towers import FitConfig, fit
from intentfeed.retrieval.paper_config import PaperConfig
from intentfeed.retrieval.paper_network import PaperLearner
from tests.retrieval.test_fit_towers import SMALL, THREE
from tests.retrieval.tastes import tastes

learner = PaperLearner(tastes(30).data, SMALL, seed=6)
tell = lambda what, done, of: print(what, done, flush=True)
fit(learner, THREE, seed=6, folder=Path(sys.argv[1]), progress=tell)
"""
SMALL = PaperConfig(dims=8, field_dims=8, id_dims=4, hidden=(16,), least_steps=8)
THREE = FitConfig(epochs=3, threads=1, checkpoint_s=0)


def test_a_process_that_is_killed_costs_nothing(tmp_path: Path) -> None:
    """A real one, by SIGKILL in the middle of the second epoch; the towers are the same to the last bit."""
    data = tastes(30).data
    root = str(Path(__file__).parents[2])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=root,
        env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("epoch 2 4"):
            child.send_signal(signal.SIGKILL)
            break
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()
    assert (tmp_path / "last.pt").exists()

    unbroken, resumed = PaperLearner(data, SMALL, seed=6), PaperLearner(data, SMALL, seed=6)
    steps: list[tuple[str, int]] = []
    fit(unbroken, THREE, seed=6)
    fit(resumed, THREE, seed=6, folder=tmp_path, resume=True, progress=lambda what, done, _: steps.append((what, done)))
    assert steps[0] in [("epoch 2", done) for done in range(3, 8)]  # it went on where it was
    assert same(resumed, unbroken)
    ours, theirs = resumed.export(), unbroken.export()
    assert (ours.item_vectors == theirs.item_vectors).all()
    assert (ours.encode_tags(["red tent"]) == theirs.encode_tags(["red tent"])).all()


def test_a_loss_that_is_no_number_leaves_its_batch(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the loss is nan at step 2 of epoch 2.*lower rate than 0\.05") as error:
        fit(Line(bad_at=7), ONE, folder=tmp_path)
    path = tmp_path / "bad-batch-1-2.npz"
    assert str(path) in str(error.value)
    with np.load(path) as batch:
        assert np.argwhere(np.isnan(batch["x"])).tolist() == [[3, 1]]
        assert batch["y"].shape == (16,)
    assert not list(tmp_path.glob(".*"))


def test_a_gradient_that_is_no_number_stops_it_too() -> None:
    class Cliff(Line):
        def loss(self, batch: Mapping[str, Any]) -> Any:
            return (self.network.weight * 0).abs().sqrt().sum()  # 0, with a slope of infinity times 0

    with pytest.raises(DataError, match="the gradient is no number at step 0 of epoch 1"):
        fit(Cliff(), ONE)


def test_the_rate_rises_from_nothing() -> None:
    slow, quick = Line(), Line()
    begin = weights(slow)["weight"]
    fit(slow, ONE.model_copy(update={"warmup_steps": 100}), epochs=0.2)
    fit(quick, ONE, epochs=0.2)
    moved = [np.abs(weights(line)["weight"] - begin).max() for line in (slow, quick)]
    assert moved[0] == pytest.approx(moved[1] / 100, rel=1e-3)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said() -> None:
    with pytest.raises(ConfigError, match="torch finds no GPU"):
        fit(Line(), ONE.model_copy(update={"device": "cuda"}))


def test_without_torch_it_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from intentfeed.errors import ConfigError\n"
        "from intentfeed.retrieval.fit_towers import fit\n"
        "try: fit(None)\n"
        "except ConfigError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("pip install 'intentfeed[train]'")
