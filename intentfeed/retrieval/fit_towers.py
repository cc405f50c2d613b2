"""The training loop, shared by every kind of towers: a model brings its batches and its loss, all else is here.

One seed, one result: each epoch's generator and each step's seed follow from the seed and the place alone, so that a
training that was killed and resumed ends as an unbroken one. What stops it is named, and a loss that is no number
leaves its batch behind.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..data.store import fingerprint
from ..errors import ConfigError, DataError
from .checkpoint import Checkpoints, Standing, save_batch
from .learner import Batch as Batch  # under both names: whoever trains needs the loop and these together
from .learner import FitConfig as FitConfig
from .learner import Fitted as Fitted
from .learner import Learner as Learner
from .learner import Progress as Progress
from .learner import TowerData as TowerData
from .learner import Watch
from .learner import quiet as quiet

if TYPE_CHECKING:
    from torch import Tensor


def fit(
    learner: Learner,
    config: FitConfig | None = None,
    *,
    seed: int = 0,
    watch: Watch | None = None,
    seconds: float = math.inf,
    epochs: float | None = None,
    folder: Path | None = None,
    faults: Path | None = None,
    resume: bool = False,
    name: str = "",
    progress: Progress = quiet,
) -> Fitted:
    """Return how it went; the learner's network is trained then, in its best state, on the CPU, and in `eval` mode.

    Learns for `epochs` (the setting's number by default), until `watch` has gained nothing for `patience` epochs, or
    until `seconds` are over; the state of the highest score is kept, and without `watch` the last one. With a `folder`
    it keeps checkpoints there, and with `resume` goes on from one; `name` says what the data are, so that a checkpoint
    of others is refused. A batch that breaks it is saved in `faults`, by default in `folder`. A training that time has
    cut ends where this machine got to; every other one is the same wherever and however often it was interrupted.

    Raises:
        ConfigError: torch is not installed.
        DataError: the loss is no number any more, or the checkpoint is of another training.
    """
    torch_or_say()
    config = config or FitConfig()
    what = fingerprint(
        name, seed, config.model_dump(exclude={"checkpoint_s", "epochs", "patience"}), learner.steps, _shapes(learner)
    )
    kept = Checkpoints(folder, what) if folder else None
    with _fixed(config):
        return _Training(learner, config, seed, kept, faults or folder, progress).run(
            watch, seconds=seconds, epochs=epochs or config.epochs, resume=resume
        )


def torch_or_say() -> None:
    """Load torch, its threads told to wait quietly: beside other work, spinning ones are ten times slower.

    Raises:
        ConfigError: it is not installed; the sentence names the extra.
    """
    if "torch" not in sys.modules:  # its OpenMP reads this when it is loaded, and never again
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # on a GPU: the same sums every time
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "training towers needs torch, which the core does not bring: pip install 'intentfeed[train]'"
        ) from error


@contextmanager
def seeded(*place: int) -> Iterator[None]:
    """Let torch's chance follow from these numbers inside the block, and be as before after it."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(_seed_of(*place))
        yield


class _Training:
    """One run of the loop."""

    def __init__(
        self,
        learner: Learner,
        config: FitConfig,
        seed: int,
        kept: Checkpoints | None,
        faults: Path | None,
        progress: Progress,
    ) -> None:
        import torch

        self.learner, self.config, self.seed, self.kept, self.progress = learner, config, seed, kept, progress
        self.faults = faults
        self.device = device_of(config)
        self.network = learner.network.to(self.device)
        self.mixed = self.device == "cuda" and config.mixed and torch.cuda.is_bf16_supported()
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.lr, weight_decay=config.weight_decay, fused=True
        )
        self.at = Standing()
        self.best: dict[str, Tensor] | None = None

    def run(self, watch: Watch | None, *, seconds: float, epochs: float, resume: bool) -> Fitted:
        found = self.kept.load(self.network, self.optimizer) if self.kept and resume else None
        if found:
            self.at, self.best = found
        elif self.kept:
            self.kept.clear()
        self.clock = time.monotonic() - self.at.seconds
        self.saved_at = self.at.seconds
        last_step = round(epochs * self.learner.steps)
        while (why := self._over(seconds, last_step)) is None:
            whole = self._epoch(seconds, last_step)
            if watch is not None:
                self._judge(watch)
            if whole:
                self._close_epoch()
            self._save()
        if self.best is not None:
            self.network.load_state_dict(self.best)
        self.network.to("cpu").eval()
        return Fitted(
            epochs=self.at.best_epochs if self.best is not None else self._epochs(),
            score=self.at.best_score if self.best is not None else None,
            seconds=self.at.seconds,
            scores=tuple(self.at.scores),
            losses=tuple(self.at.losses),
            why=why,
        )

    def _over(self, seconds: float, last_step: int) -> Literal["patience", "time", "epochs"] | None:
        if self._steps() >= last_step:
            return "epochs"
        if self.at.waited >= self.config.patience:
            return "patience"
        return "time" if self.at.seconds >= seconds else None

    def _epoch(self, seconds: float, last_step: int) -> bool:
        """Learn from what is left of an epoch; return whether it came to its end."""
        at, steps = self.at, self.learner.steps
        self.network.train()
        generator = np.random.default_rng([self.seed, at.epoch])
        for step, batch in enumerate(self.learner.batches(at.epoch, generator)):
            if step < at.step:  # done before a kill
                continue
            if self._steps() >= last_step or at.seconds >= seconds:
                return False
            at.loss_sum += self._learn(batch)
            at.step, at.seconds = step + 1, time.monotonic() - self.clock
            self.progress(f"epoch {at.epoch + 1}", at.step, steps)
            if at.step < steps and at.seconds >= self.saved_at + self.config.checkpoint_s:
                self._save()
        return True

    def _learn(self, batch: Batch) -> float:
        """Take one step down and return the loss."""
        import torch

        torch.manual_seed(_seed_of(self.seed, self.at.epoch, self.at.step))
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.lr * min(1.0, (self._steps() + 1) / max(self.config.warmup_steps, 1))
        self.optimizer.zero_grad(set_to_none=True)
        tensors = {name: torch.from_numpy(array).to(self.device) for name, array in batch.items()}
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.mixed):
            loss = self.learner.loss(tensors)
        loss.backward()  # type: ignore[no-untyped-call]
        length = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip)
        value = float(loss.detach())
        if not math.isfinite(value) or not math.isfinite(float(length)):
            self._give_up(batch, value)
        self.optimizer.step()
        return value

    def _give_up(self, batch: Batch, value: float) -> None:
        folder = self.faults or Path(tempfile.mkdtemp(prefix="intentfeed-"))
        path = save_batch(folder, batch, f"bad-batch-{self.at.epoch}-{self.at.step}")
        what = f"the loss is {value}" if not math.isfinite(value) else "the gradient is no number"
        raise DataError(
            f"{what} at step {self.at.step} of epoch {self.at.epoch + 1}, whose batch is saved in {path} (numpy.load "
            f"reads it): look there for values that are no numbers, or train with a lower rate than {self.config.lr:g}"
        )

    def _judge(self, watch: Watch) -> None:
        """Ask how good it is, and keep the state where it is the best so far."""
        self.network.eval()
        at, score = self.at, float(watch())
        at.scores.append(score)
        at.waited += 1
        if score > at.best_score or self.best is None:
            at.best_score, at.best_epochs, at.waited = score, self._epochs(), 0
            self.best = {name: tensor.detach().cpu().clone() for name, tensor in self.network.state_dict().items()}
            if self.kept:
                self.kept.save_best(at, self.best)

    def _close_epoch(self) -> None:
        at = self.at
        at.losses.append(at.loss_sum / max(at.step, 1))
        at.epoch, at.step, at.loss_sum = at.epoch + 1, 0, 0.0

    def _save(self) -> None:
        self.at.seconds = self.saved_at = time.monotonic() - self.clock
        if self.kept:
            self.kept.save(self.at, self.network, self.optimizer)

    def _steps(self) -> int:
        return self.at.epoch * self.learner.steps + self.at.step

    def _epochs(self) -> float:
        return self._steps() / self.learner.steps


def device_of(config: FitConfig) -> Literal["cpu", "cuda"]:
    """Return where to train.

    Raises:
        ConfigError: a GPU is asked for, and there is none.
    """
    import torch

    if config.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError('device = "cuda" is set, and torch finds no GPU: set it to auto or cpu')
    return "cuda" if config.device != "cpu" and torch.cuda.is_available() else "cpu"


@contextmanager
def _fixed(config: FitConfig) -> Iterator[None]:
    """Hold fixed, inside the block, what results depend on beside the seed."""
    import torch

    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(config.threads)
    torch.use_deterministic_algorithms(True, warn_only=device_of(config) == "cuda")
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict)


def _seed_of(*place: int) -> int:
    return int(np.random.SeedSequence(place).generate_state(1)[0])


def _shapes(learner: Learner) -> list[list[Any]]:
    return [[name, list(tensor.shape)] for name, tensor in learner.network.state_dict().items()]
