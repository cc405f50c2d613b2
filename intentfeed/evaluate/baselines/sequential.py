"""What the neural baselines share: the training loop, early stopping, answers of fixed shape.

torch comes in with the first `fit`. It runs on one thread of the processor, so that every sum is made in one order:
one seed gives one result on one kind of processor, however many cores it has and whoever else is asked at the time.
"""

from __future__ import annotations

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...data.catalog import Catalog
from ...errors import DataError
from ...types import Interactions, Settings
from ..recommender import CannotRun, Histories, Lists, chunks, stack, top_k
from .windows import Lesson, Windows, settled, windows

if TYPE_CHECKING:
    from torch import Tensor

    from .transformer import Transformer

LENGTHS = (8, 16, 32, 64, 128, 256)
"""A question is filled up to the first of these that holds it."""
QUESTIONS = 32
"""Questions answered at once, filled up with empty ones: a sum's order depends on the shape, and so must not."""
LOOK = 20_000
"""Places trained at least between two looks at validation."""
SHUFFLED = 16
"""Batches that are made together of windows of like length."""


class SequentialConfig(Settings):
    """Size, regularisation and length of training."""

    width: int = 64
    """Numbers in an item's vector."""
    layers: int = 2
    """Transformer layers."""
    heads: int = 2
    """Attention heads."""
    hidden: int = 1
    """Width of the layer within each block, as a multiple of `width`."""
    length: int = 50
    """Items of a history that are read, the newest; longer ones are trained in overlapping windows."""
    dropout: float = 0.3
    """Share of the numbers that is dropped in training."""
    first: float = 0.02
    """Spread of the numbers in the first vectors: more learns faster, less is kinder to rare items."""
    learning_rate: float = 3e-3
    """Of Adam."""
    batch: int = 128
    """Windows a step."""
    epochs: int = 30
    """Times that the log is seen, where validation did not say."""
    patience: int = 5
    """Looks at validation without a gain before training stops."""
    only_new: bool = False
    """Learn to foretell only what is new to the person: for logs where what was seen is not asked for again."""
    full_softmax: int = 20_000
    """Largest catalogue over which the softmax is taken whole; above, over `negatives` drawn items."""
    negatives: int = 2_048
    """Items drawn a step, half of them evenly and half by how often they were had."""
    seed: int = 0
    """Of the first weights, the batches, the dropout and the draws."""


class Sequential(ABC):
    """A transformer over item ids, trained with softmax loss; its kinds differ in what they ask of a window."""

    name: ClassVar[str]
    TRIED: ClassVar[Sequence[Mapping[str, object]]]
    """Settings worth trying, at most ten, the likeliest first."""
    CAUSAL: ClassVar[bool]
    """Whether a place sees only what lies before it."""
    TARGETS: ClassVar[int]
    """Events that a window holds beyond those that are read."""

    def __init__(self, config: SequentialConfig) -> None:
        self.config = config
        self._epochs = float(config.epochs)
        self._model: Transformer | None = None
        self._people_I: NDArray[np.float32] = np.zeros(0, dtype=np.float32)

    @property
    def epochs(self) -> float:
        """Times that `fit` sees the log: those of the best state that `fit_watched` found, or the setting's."""
        return self._epochs

    def trials(self) -> Sequence[Self]:
        """Return one for each of TRIED."""
        return [self._other(changed) for changed in self.TRIED]

    def seeded(self, seed: int) -> Self:
        """Return an unfitted one of the same settings, as long a training and another seed."""
        return self._other({"seed": seed}, self._epochs)

    def fit(self, interactions: Interactions, catalog: Catalog) -> None:
        """Learn for as long as `fit_watched` found, or the setting says.

        Raises:
            CannotRun: the log has no order, or nobody in it has two events; or torch is missing.
            DataError: the loss became NaN; the message names a file with the batch.
        """
        with _one_thread(self.config.seed):
            training = _Training(self, interactions, len(catalog))
            while training.epochs < self._epochs:
                training.step()
            training.model.eval()
        self._learnt(training)

    def fit_watched(
        self, interactions: Interactions, catalog: Catalog, watch: Callable[[], float], *, seconds: float
    ) -> None:
        """Learn until `watch` gains no more, or the time is up; the best state is kept, and when it was reached.

        A look is taken once an epoch, on small logs after every LOOK places.

        Raises:
            CannotRun, DataError: as `fit`.
        """
        until = perf_counter() + seconds
        with _one_thread(self.config.seed):
            training = _Training(self, interactions, len(catalog))
            self._learnt(training)
            best, state, since = -np.inf, training.state(), 0
            while since < self.config.patience and (perf_counter() < until or not training.steps):
                for _ in range(training.look_after):
                    training.step()
                    if perf_counter() > until:
                        break
                training.model.eval()
                score = watch()
                training.model.train()
                since += 1
                if score > best:
                    best, state, since, self._epochs = score, training.state(), 0, training.epochs
            training.model.load_state_dict(state)
            training.model.eval()

    def recommend_many(self, histories: Histories, k: int, *, exclude_seen: bool) -> Lists:
        """Return what is likeliest to come next; to somebody without a past, what most people had."""
        asked = chunks(histories)
        return stack([top_k(self._scores(piece), piece, k, exclude_seen=exclude_seen) for piece in asked], k)

    @abstractmethod
    def lesson(self, windows: Windows, rows: NDArray[np.int64], mask: int, rng: np.random.Generator) -> Lesson:
        """Return what the windows of one batch teach."""

    @abstractmethod
    def question(self, history: NDArray[np.int32], mask: int) -> NDArray[np.int32]:
        """Return the tokens after which, or at whose last place, the next item is asked for."""

    def _other(self, changed: Mapping[str, object], epochs: float | None = None) -> Self:
        """Return an unfitted one with some settings changed."""
        other = type(self)(self.config.model_copy(update=changed))
        if epochs is not None:
            other._epochs = epochs
        return other

    def _learnt(self, training: _Training) -> None:
        """Answer from now on as this training stands."""
        self._model, self._people_I = training.model, training.people_I

    def _scores(self, histories: Histories) -> NDArray[np.float32]:
        """Return scores_UI; each question is asked in a shape that depends on its own length only."""
        import torch

        assert self._model is not None, "fit comes first"
        scores_UI = np.tile(self._people_I, (len(histories), 1))
        asked = {row: self.question(settled(history), len(self._people_I)) for row, history in enumerate(histories)}
        shape_of = {
            row: _filled(len(asked[row]), self.config.length) for row, past in enumerate(histories) if len(past)
        }
        with _one_thread(), torch.inference_mode():
            items_ID = self._model.items_ID
            for length in sorted(set(shape_of.values())):
                rows = [row for row, shape in shape_of.items() if shape == length]
                for start in range(0, len(rows), QUESTIONS):
                    piece = rows[start : start + QUESTIONS]
                    token_BL = np.full((QUESTIONS, length), len(self._people_I), dtype=np.int64)
                    n_B = np.ones(QUESTIONS, dtype=np.int64)
                    for at, row in enumerate(piece):
                        n_B[at] = len(asked[row])
                        token_BL[at, : n_B[at]] = asked[row]
                    state_BLD = self._model(torch.from_numpy(token_BL), torch.from_numpy(n_B))
                    state_BD = state_BLD[torch.arange(QUESTIONS), torch.from_numpy(n_B) - 1]
                    scores_UI[piece] = (state_BD @ items_ID.T).numpy()[: len(piece)]
        return scores_UI


class _Training:
    """A network on its way: steps, and how far it has come."""

    def __init__(self, kind: Sequential, log: Interactions, n_items: int) -> None:
        import torch

        from .transformer import Transformer

        self.kind, self.n_items = kind, n_items
        config = self.config = kind.config
        self.windows = windows(log, config.length + kind.TARGETS, only_new=config.only_new)
        self.rng = np.random.default_rng(config.seed)
        pairs = np.unique(log.user.astype(np.int64) * n_items + log.item)
        self.people_I = np.bincount(pairs % n_items, minlength=n_items).astype(np.float32)
        self.share_I = (self.people_I.astype(np.float64) / self.people_I.sum() + 1 / n_items) / 2
        self.log_share_I = torch.from_numpy(np.log(self.share_I).astype(np.float32))
        self.model = Transformer(
            n_items,
            width=config.width,
            layers=config.layers,
            heads=config.heads,
            hidden=config.hidden,
            length=config.length,
            dropout=config.dropout,
            first=config.first,
            causal=kind.CAUSAL,
        )
        self.adam = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate, betas=(0.9, 0.98), fused=True)
        self.steps_an_epoch = -(-len(self.windows) // config.batch)
        places = int((self.windows.n - self.windows.fresh).sum())
        self.look_after = self.steps_an_epoch * max(1, -(-LOOK // max(places, 1)))
        self.steps = 0
        self._lessons = self._forever()

    @property
    def epochs(self) -> float:
        """Times that the log was seen."""
        return self.steps / self.steps_an_epoch

    def state(self) -> dict[str, Tensor]:
        """Return a copy of the weights."""
        return {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    def step(self) -> None:
        """Learn from one batch."""
        import torch

        lesson = next(self._lessons)
        self.steps += 1
        if not len(lesson.target_T):
            return
        loss = self._loss(lesson)
        if not torch.isfinite(loss):
            raise DataError(
                f"the loss of {self.kind.name} became {loss.item()} at step {self.steps} (epoch {self.epochs:.2f}): "
                f"the batch is in {_kept(lesson)}; lower learning_rate (now {self.config.learning_rate:g})"
            )
        self.adam.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.adam.step()

    def _loss(self, lesson: Lesson) -> Tensor:
        """Return the loss of one batch; scores are made at the places asked about only."""
        import torch

        from .transformer import full_softmax, sampled_softmax

        state_BLD = self.model(torch.from_numpy(lesson.token_BL), torch.from_numpy(lesson.n_B))
        state_TD = state_BLD.flatten(0, 1)[torch.from_numpy(lesson.at_T)]
        target_T = torch.from_numpy(lesson.target_T)
        if self.n_items <= self.config.full_softmax:
            return full_softmax(state_TD, self.model.items_ID, target_T)
        drawn_N = torch.from_numpy(self.rng.choice(self.n_items, size=self.config.negatives, p=self.share_I))
        return sampled_softmax(state_TD, self.model.items_ID, target_T, drawn_N, self.log_share_I)

    def _forever(self) -> Iterator[Lesson]:
        """Yield the batches of epoch after epoch; rows of a batch are of like length, so that little is filled up."""
        size = self.config.batch
        while True:
            order = self.rng.permutation(len(self.windows))
            batches = []
            for start in range(0, len(order), size * SHUFFLED):
                some = order[start : start + size * SHUFFLED]
                some = some[np.argsort(self.windows.n[some], kind="stable")]
                batches += [some[at : at + size] for at in range(0, len(some), size)]
            for at in self.rng.permutation(len(batches)).tolist():
                yield self.kind.lesson(self.windows, batches[at], self.n_items, self.rng)


def _filled(n: int, longest: int) -> int:
    """Return the length to which a question of `n` tokens is filled up."""
    return min(next((length for length in LENGTHS if length >= n), longest), longest)


def _kept(lesson: Lesson) -> Path:
    """Return the file to which a batch was saved."""
    handle, name = tempfile.mkstemp(prefix="intentfeed-batch-", suffix=".npz")
    with os.fdopen(handle, "wb") as file:
        np.savez(file, token_BL=lesson.token_BL, n_B=lesson.n_B, at_T=lesson.at_T, target_T=lesson.target_T)
    return Path(name)


@contextmanager
def _one_thread(seed: int | None = None) -> Iterator[None]:
    """Run torch on one thread, from a seed where one is given; the caller's threads and random state come back."""
    try:
        import torch
    except ImportError as error:
        raise CannotRun("needs torch: pip install 'intentfeed[train]'") from error
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
