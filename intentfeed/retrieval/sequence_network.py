"""Our own towers as a network that learns: a causal transformer over items, actions and gaps; imported by who trains.

An item is the direction of its id, its place in the log and its text together; some are shown without the first two,
so that the text alone learns to stand for them. People are read from item vectors, so new items can be read, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, embedding, gelu, normalize, scaled_dot_product_attention

from ..errors import DataError
from .fit_towers import Batch, TowerData, seeded
from .neighbours import CLOSE, ItemNeighbours
from .sequence import SequenceTowers
from .sequence_config import SequenceConfig
from .sequence_events import N_GAPS, N_KINDS, Sequence, read_log
from .space import item_text
from .tower_export import exported
from .towers import on_grid

IGNORED = -100
"""Marks a place without a target."""


class Block(nn.Module):
    """One layer: attention to what came before, then a small network; both on normalised states."""

    def __init__(self, config: SequenceConfig) -> None:
        super().__init__()
        dims = config.dims
        self.heads, self.dropout = config.heads, config.dropout
        self.before, self.between = nn.LayerNorm(dims), nn.LayerNorm(dims)
        self.attend, self.join = nn.Linear(dims, 3 * dims), nn.Linear(dims, dims)
        self.widen, self.narrow = nn.Linear(dims, 4 * dims), nn.Linear(4 * dims, dims)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return states [B, N, D]; `mask` says which places each may look at."""
        n_rows, n, dims = states.shape
        q, k, v = self.attend(self.before(states)).view(n_rows, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        dropped = self.dropout if self.training else 0.0
        seen = scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropped)
        states = states + self.drop(self.join(seen.transpose(1, 2).reshape(n_rows, n, dims)))
        inner = self.drop(gelu(self.widen(self.between(states)), approximate="tanh"))
        result: Tensor = states + self.drop(self.narrow(inner))
        return result


class SequenceNetwork(nn.Module):
    """Tables, blocks and, where several interests are asked for, their codes."""

    def __init__(self, config: SequenceConfig, text_IT: NDArray[np.float32], log_IL: NDArray[np.float32]) -> None:
        super().__init__()
        dims = config.dims
        self.config = config
        self.ids = nn.Embedding(len(text_IT), dims)
        self.places = nn.Embedding(config.length, dims)
        self.kinds, self.gaps = nn.Embedding(N_KINDS, dims), nn.Embedding(N_GAPS, dims)
        features = text_IT.shape[1] + log_IL.shape[1]
        bound = 1 / math.sqrt(max(features, 1))
        self.text = nn.Parameter(torch.empty(text_IT.shape[1], dims).uniform_(-bound, bound))
        self.log = nn.Parameter(torch.empty(log_IL.shape[1], dims).uniform_(-bound, bound))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.last = nn.LayerNorm(dims)
        self.codes = nn.Parameter(torch.randn(config.interests, dims) / math.sqrt(dims))
        self.drop = nn.Dropout(config.dropout)
        for table, spread in ((self.ids, 0.02), (self.places, 0.02), (self.kinds, 0.0), (self.gaps, 0.0)):
            nn.init.normal_(table.weight, std=spread)
        self.register_buffer("text_IT", torch.from_numpy(text_IT), persistent=False)
        self.register_buffer("log_IL", torch.from_numpy(log_IL), persistent=False)

    def own(self, rows: Tensor) -> Tensor:
        """Return what is an item's own [N, D]: id and place in the log."""
        log_IL = self.log_IL
        assert isinstance(log_IL, Tensor)
        found: Tensor = self.ids(rows) + log_IL[rows] @ self.log
        return found

    def items(self, rows: Tensor, known: Tensor | None = None) -> Tensor:
        """Return unit vectors [N, D] of items; those that are not `known` by their text alone."""
        text_IT = self.text_IT
        assert isinstance(text_IT, Tensor)
        own = self.own(rows)
        return normalize((own if known is None else own * known[:, None]) + text_IT[rows] @ self.text, dim=-1)

    def states(self, vectors: Tensor, kinds: Tensor, gaps: Tensor, padding: Tensor) -> Tensor:
        """Return states [B, N, D] of item vectors [B, N, D] whose last place is the newest event."""
        n = padding.shape[1]
        scale = math.sqrt(self.config.dims)
        states = vectors * scale + self.places.weight[-n:] + self.kinds(kinds) + self.gaps(gaps)
        states = self.drop(states) * ~padding[..., None]
        before = torch.ones(n, n, dtype=torch.bool, device=padding.device).tril()
        itself = torch.eye(n, dtype=torch.bool, device=padding.device)
        mask = (before & ~padding[:, None, None, :]) | itself
        for block in self.blocks:
            states = block(states, mask)
        result: Tensor = self.last(states)
        return result

    def interests(self, states: Tensor, padding: Tensor) -> Tensor:
        """Return unit vectors [B, N, H, D] at each place: of what comes next, then of each code's interest."""
        found = [states[:, :, None]]
        if len(self.codes):
            weights = (states @ self.codes.T).masked_fill(padding[..., None], -math.inf)
            weights = (weights - weights.amax(dim=1, keepdim=True).detach()).exp()
            sums = (weights[..., None] * states[:, :, None]).cumsum(dim=1)
            found.append(sums / weights.cumsum(dim=1).clamp_min(1e-6)[..., None])
        return normalize(torch.cat(found, dim=2), dim=-1)


class SequenceLearner:
    """What the training loop needs of it (`fit_towers.Learner`)."""

    def __init__(self, data: TowerData, config: SequenceConfig | None = None, *, seed: int = 0) -> None:
        self.config = config or SequenceConfig()
        self.encoder = data.encoder
        self.text_IT = item_text(data.encoder, data.catalog)
        self.n_items = len(data.catalog)
        self._stranger = self.config.stranger if self.text_IT.any() else 0.0
        log_IL = _log_vectors(data, self.config)
        self.pieces = _pieces(read_log(data.log), self.config.length)
        if not self.pieces:
            raise DataError("nobody in the log took two different items: towers need people with at least two events")
        self._batch = min(self.config.batch, max(8, len(self.pieces) // self.config.least_steps))
        self._lengths = np.array([len(piece) for piece in self.pieces])
        counts = np.bincount(np.concatenate([piece.item[1:] for piece in self.pieces]), minlength=self.n_items)
        self._share_I = counts / counts.sum()
        self._met = np.unique(np.concatenate([piece.item for piece in self.pieces]))
        """Items that anybody took up; no other is a negative, or new items would learn to stay away."""
        with seeded(seed):
            self.net = SequenceNetwork(self.config, self.text_IT, log_IL)
        self.network: nn.Module = self.net

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.pieces) // self._batch)

    def batches(self, epoch: int, generator: np.random.Generator) -> Iterator[Batch]:
        """Yield batches of pieces of about the same length, in any order."""
        del epoch
        lot = generator.permutation(len(self.pieces))
        lot = lot[np.argsort(self._lengths[lot] // 8, kind="stable")]
        cuts = [lot[lo : lo + self._batch] for lo in range(0, len(lot), self._batch)]
        for at in generator.permutation(len(cuts)).tolist():
            yield self.batch_of(cuts[at], generator)

    def batch_of(self, rows: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Return the batch of these pieces."""
        return self._compose([self.pieces[row] for row in rows.tolist()], generator)

    def loss(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the cross-entropy of what came next: by the state, and by the interest that it answers best."""
        net, config = self.net, self.config
        items_QD = net.items(batch["rows"], batch["known"])
        padding, targets = batch["padding"], batch["targets"]
        states = net.states(embedding(batch["inputs"], items_QD), batch["kinds"], batch["gaps"], padding)
        asked = targets != IGNORED
        vectors_NHD, wanted = net.interests(states, padding)[asked], targets[asked]
        next_ND, interests_NHD = vectors_NHD[:, 0], vectors_NHD[:, 1:]
        loss = cross_entropy(next_ND @ items_QD.T / config.temperature - batch["drawn"], wanted)
        n_interests = interests_NHD.shape[1]
        if n_interests:
            answers = (interests_NHD * items_QD[wanted][:, None]).sum(-1)
            best_ND = interests_NHD[torch.arange(len(wanted), device=wanted.device), answers.argmax(dim=1)]
            loss = loss + cross_entropy(best_ND @ items_QD.T / config.temperature - batch["drawn"], wanted)
        if n_interests > 1:
            alike = interests_NHD @ interests_NHD.transpose(1, 2)
            apart = (torch.triu(alike, diagonal=1) ** 2).sum() / len(wanted) / math.comb(n_interests, 2)
            loss = loss + config.apart * apart
        return loss

    def export(self) -> SequenceTowers:
        """Return the towers as the network stands."""
        net = self.net.eval()
        where = net.text.device  # a GPU, where it is asked while it learns
        rows = torch.arange(self.n_items, device=where)
        known = torch.zeros(self.n_items, device=where)
        known[torch.from_numpy(self._met).to(where)] = 1
        with torch.no_grad():
            own, vectors = net.own(rows) * known[:, None], net.items(rows, known)
        arrays: dict[str, NDArray[Any]] = {
            "item_vectors": on_grid(vectors.cpu().double().numpy()),
            "own": own.cpu().numpy(),
            "text": exported(net.text),
            "places": exported(net.places.weight),
            "kinds": exported(net.kinds.weight),
            "gaps": exported(net.gaps.weight),
            "codes": exported(net.codes),
        }
        for name, tensor in net.state_dict().items():
            if name.startswith(("blocks.", "last.")):
                turned = exported(tensor).T if tensor.ndim == 2 else exported(tensor)
                arrays[name.replace(".", "_")] = np.ascontiguousarray(turned)
        config = self.config
        meta = {"layers": config.layers, "heads": config.heads, "length": config.length,
                "temperature": config.temperature}  # fmt: skip
        return SequenceTowers(arrays, meta, self.encoder)

    def _compose(self, pieces: list[Sequence], generator: np.random.Generator) -> Batch:
        n = max(len(piece) for piece in pieces) - 1
        inputs, targets = np.zeros((len(pieces), n), np.int64), np.full((len(pieces), n), IGNORED, np.int64)
        kinds, gaps = np.zeros_like(inputs), np.zeros_like(inputs)
        for row, piece in enumerate(pieces):
            at = slice(n - len(piece) + 1, n)
            inputs[row, at], targets[row, at] = piece.item[:-1], piece.item[1:]
            kinds[row, at], gaps[row, at] = piece.kind[:-1], piece.gap[:-1]
        padding = targets == IGNORED
        rows, drawn = self._candidates(inputs[~padding], targets[~padding], generator)
        place = np.zeros(self.n_items, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        targets[~padding] = place[targets[~padding]]
        return {
            "rows": rows,
            "known": (generator.random(len(rows)) >= self._stranger).astype(np.float32),
            "drawn": drawn,
            "inputs": np.where(padding, 0, place[inputs]),
            "kinds": kinds,
            "gaps": gaps,
            "padding": padding,
            "targets": targets,
        }

    def _candidates(
        self, inputs: NDArray[np.int64], targets: NDArray[np.int64], generator: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the items of a step, and the logarithm of how likely each was to be among them (logQ correction)."""
        n_met = len(self._met)
        if n_met <= self.config.full_softmax:
            return self._met, np.zeros(n_met, dtype=np.float32)
        evenly = generator.choice(self._met, size=min(self.config.negatives, n_met), replace=False)
        rows = np.unique(np.concatenate([evenly, targets, inputs]))
        return rows, np.log(np.maximum(1 - self._missed(rows, len(targets)), 1e-6)).astype(np.float32)

    def _missed(self, rows: NDArray[np.int64], n_targets: int) -> NDArray[np.float64]:
        """Return how likely each of these items was not to be among those of a step."""
        n_met = len(self._met)
        evenly = min(self.config.negatives, n_met) / n_met
        found: NDArray[np.float64] = (1 - self._share_I[rows]) ** (2 * n_targets) * (1 - evenly)
        return found


def _pieces(sequences: list[Sequence], length: int) -> list[Sequence]:
    """Return windows of `length` + 1 from each end backwards, so that every event but a first one is asked for once."""
    found = []
    for sequence in sequences:
        hi = len(sequence)
        while hi > 1:
            lo = max(0, hi - length - 1)
            found.append(sequence.part(lo, hi))
            hi = lo + 1
    return found


def _log_vectors(data: TowerData, config: SequenceConfig) -> NDArray[np.float32]:
    """Return unit vectors [I, L] of which items stand close together in histories; zeros for what nobody took."""
    from sklearn.utils.extmath import randomized_svd
    from threadpoolctl import threadpool_limits

    n_items = len(data.catalog)
    width = min(config.log_dims, n_items - 1)
    if width < 2:
        return np.zeros((n_items, 0), dtype=np.float32)
    close = ItemNeighbours.fit(data.log, CLOSE).similarity_II
    with threadpool_limits(1):
        left, strength, _ = randomized_svd((close + close.T) / 2, width, n_iter=4, random_state=0)
    vectors = left * np.sqrt(strength)
    lengths = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    return np.asarray(vectors / np.maximum(lengths, 1e-9) * (lengths > 1e-6), dtype=np.float32)
