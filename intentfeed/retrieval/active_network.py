"""The network behind the active-intent-aware score as it learns (RecBot, 5.2); imported by who trains.

Every place of a history asks for the next item twice: without an intent, as sequence towers do, and with one that the
next item answers. A learnt state before the first event lets somebody without a history be asked, too [ours].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, embedding, log_softmax, normalize, relu, scaled_dot_product_attention

from ..errors import DataError
from .active import ActiveTowers
from .active_config import ActiveConfig
from .active_intents import NONE, Facets
from .fit_towers import Batch, TowerData, seeded
from .sequence_events import Sequence, read_log
from .sequence_network import IGNORED, SequenceLearner, _pieces
from .tower_export import exported
from .towers import on_grid


class ActiveHead(nn.Module):
    """What turns a person's state by what they ask for."""

    def __init__(self, config: ActiveConfig, text_IT: NDArray[np.float32]) -> None:
        super().__init__()
        dims, n_text = config.sequence.dims, text_IT.shape[1]
        self.read, self.ask = nn.Linear(n_text, config.hidden), nn.Linear(config.hidden, dims)
        self.null, self.nobody = nn.Parameter(torch.zeros(dims)), nn.Parameter(torch.randn(dims))
        self.query, self.key, self.value, self.turn = (nn.Linear(dims, dims, bias=False) for _ in range(4))
        self.gate, self.last = nn.Linear(3 * dims, dims), nn.LayerNorm(dims)
        self.look = nn.Parameter(torch.randn(dims, config.facing) / math.sqrt(dims))
        self.ids = nn.Embedding(len(text_IT), config.facing)
        bound = 1 / math.sqrt(max(n_text, 1))
        self.text = nn.Parameter(torch.empty(n_text, config.facing).uniform_(-bound, bound))
        self.weight = nn.Parameter(torch.ones(1))
        nn.init.normal_(self.ids.weight, std=0.02)
        nn.init.normal_(self.value.weight, std=0.02)

    def intents(self, texts_XT: Tensor, phrases: Tensor) -> Tensor:
        """Return q [N, D] of phrases [N, P], each a row of the texts; that of silence where none is a phrase."""
        told = phrases != NONE
        parts = relu(self.read(texts_XT))[phrases.clamp_min(0)] * told[..., None]
        n_told = told.sum(dim=-1, keepdim=True)
        return torch.where(n_told > 0, self.ask(parts.sum(dim=-2) / n_told.clamp_min(1)), self.null)

    def turned(self, newest: Tensor, seen: Tensor, q: Tensor) -> Tensor:
        """Return unit vectors [N, D] of people, from their newest states and what the intent saw in all of them."""
        gate = torch.sigmoid(self.gate(torch.cat([seen, newest, q], dim=-1)))
        return normalize(self.last(newest + seen + gate * self.turn(q)), dim=-1)

    def faces(self, text_IT: Tensor, rows: Tensor, known: Tensor) -> Tensor:
        """Return unit vectors [N, S] of items that intents look at; of those not `known`, from their text alone."""
        return normalize(self.ids(rows) * known[:, None] + text_IT[rows] @ self.text, dim=-1)


class ActiveLearner(SequenceLearner):
    """What the training loop needs of it (`fit_towers.Learner`)."""

    def __init__(self, data: TowerData, facets: Facets, config: ActiveConfig | None = None, *, seed: int = 0) -> None:
        self.active = config or ActiveConfig()
        super().__init__(data, self.active.sequence, seed=seed)
        if not len(facets):
            raise DataError(
                "no value of the catalogue is shared by enough items to be asked for: an active score needs "
                "categories, brands or attributes, or a smaller intents.least_items"
            )
        self.facets = facets
        met = np.zeros(self.n_items, dtype=np.float32)
        met[self._met] = 1
        self._held = facets.holds.multiply(met[None]).tocsr()
        self._held.eliminate_zeros()
        self._first = _firsts(read_log(data.log), self.active.sequence.length)
        texts = data.encoder.encode(facets.phrases)
        self._heard = texts.any(axis=1)
        with seeded(seed, 1):
            self.head = ActiveHead(self.active, self.text_IT)
        self.head.register_buffer("texts_XT", torch.from_numpy(texts), persistent=False)
        self.network = nn.ModuleDict({"base": self.net, "head": self.head})

    def batch_of(self, rows: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Return the batch of these pieces, with an intent for every place that is asked with one."""
        batch = dict(super().batch_of(rows, generator))
        inputs, targets, padding, pool = (batch[name] for name in ("inputs", "targets", "padding", "rows"))
        newest = (~padding).argmax(axis=1)
        first = np.where(self._first[rows], inputs[np.arange(len(inputs)), newest], IGNORED)
        targets = np.concatenate([first[:, None], targets], axis=1)
        wanted = targets[targets != IGNORED]
        values, phrases = self.facets.draw(pool[wanted], self.active.intents, generator)
        unheard = (phrases != NONE) & np.logical_not(self._heard)[phrases]
        values, phrases = (np.where(unheard, NONE, array) for array in (values, phrases))
        silent = generator.random(len(wanted)) < self.active.null_share
        able = np.flatnonzero(~silent & (phrases != NONE).any(axis=1))
        able = np.sort(generator.permutation(able)[: self.active.asked])
        named, place = np.unique(values[able], return_inverse=True)
        holds = self.facets.holds[np.maximum(named, 0)][:, pool].toarray() > 0
        holds[named == NONE] = True
        weights = np.full(len(wanted), self.active.plain, dtype=np.float32)
        weights[np.setdiff1d(np.arange(len(wanted)), able)] = 1.0
        return {
            **batch,
            "targets": targets,
            "plain": weights,
            "asked": able,
            "phrases": phrases[able],
            "values": place.reshape(len(able), 2),
            "holds": holds,
        }

    def _candidates(
        self, inputs: NDArray[np.int64], targets: NDArray[np.int64], generator: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the items of a step; where not all are, also some that share a value with one of the targets."""
        rows, drawn = super()._candidates(inputs, targets, generator)
        if len(rows) == len(self._met) or not self.active.share:
            return rows, drawn
        values, _ = self.facets.draw(targets, self.active.intents, generator)
        named = np.unique(values[values != NONE])
        n_held, alike = np.diff(self._held.indptr)[named], [rows]
        for value in named[n_held > 0].tolist():
            members = self._held.indices[self._held.indptr[value] : self._held.indptr[value + 1]]
            alike.append(generator.choice(members, size=min(self.active.share, len(members)), replace=False))
        rows = np.unique(np.concatenate(alike)).astype(np.int64)
        chance = np.minimum(self.active.share / np.maximum(n_held, 1), 1 - 1e-6)
        passed_over = np.exp(np.log1p(-chance) @ self._held[named][:, rows].toarray())
        among = 1 - self._missed(rows, len(targets)) * passed_over
        return rows, np.log(np.maximum(among, 1e-6)).astype(np.float32)

    def loss(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the cross-entropy of what came next, without an intent, with one, and among what answers it."""
        net, head = self.net, self.head
        items_QD, padding, targets = net.items(batch["rows"], batch["known"]), batch["padding"], batch["targets"]
        states = net.states(embedding(batch["inputs"], items_QD), batch["kinds"], batch["gaps"], padding)
        states = torch.cat([head.nobody.expand(len(states), 1, -1), states], dim=1)
        asked = targets != IGNORED
        plain_ND = self._people(states, padding, head.null.expand_as(states), asked)
        plain_N = cross_entropy(self._logits(plain_ND, items_QD) - batch["drawn"], targets[asked], reduction="none")
        loss = (plain_N * batch["plain"]).sum()
        if len(batch["asked"]):
            loss = loss + self._told(batch, states, asked, items_QD)
        return loss / max(len(plain_N), 1)

    def _told(self, batch: Mapping[str, Tensor], states: Tensor, asked: Tensor, items_QD: Tensor) -> Tensor:
        """Return the loss of the places that are asked with an intent, summed."""
        net, head, config, at = self.net, self.head, self.active, batch["asked"]
        texts_XT, text_IT = head.texts_XT, net.text_IT
        assert isinstance(texts_XT, Tensor)
        assert isinstance(text_IT, Tensor)
        q_ND = head.intents(texts_XT, batch["phrases"])
        places = tuple(index[at] for index in torch.nonzero(asked, as_tuple=True))
        spread = head.null.expand_as(states).clone().index_put(places, q_ND)
        here = torch.zeros_like(asked).index_put(places, torch.ones_like(at, dtype=torch.bool))
        logits = self._logits(self._people(states, batch["padding"], spread, here), items_QD) - batch["drawn"]
        answers = batch["holds"][batch["values"]].all(dim=1)
        wanted, loss = batch["targets"][here], torch.zeros((), device=logits.device)
        if config.facing:
            looks_NS = head.weight * normalize(q_ND @ head.look, dim=-1)
            looked = self._logits(looks_NS, head.faces(text_IT, batch["rows"], batch["known"]))
            logits = logits + looked
            found = (log_softmax(looked, dim=1) * answers).sum(dim=1) / answers.sum(dim=1)
            loss = loss - config.meaning * found.sum()
        loss = loss + cross_entropy(logits, wanted, reduction="sum")
        if config.among:
            alike = logits.masked_fill(~answers, -math.inf)
            loss = loss + config.among * cross_entropy(alike, wanted, reduction="sum")
        return loss

    def _logits(self, people_ND: Tensor, items_QD: Tensor) -> Tensor:
        """Return cosines by the temperature; what is short is scaled, not the scores of every item."""
        return people_ND / self.active.sequence.temperature @ items_QD.T

    def export(self) -> ActiveTowers:  # type: ignore[override]
        """Return the towers as the network stands."""
        base = super().export()
        head = self.head.eval()
        where = head.text.device
        rows = torch.arange(self.n_items, device=where)
        known = torch.zeros(self.n_items, device=where)
        known[torch.from_numpy(self._met).to(where)] = 1
        text_IT = self.net.text_IT
        assert isinstance(text_IT, Tensor)
        with torch.no_grad():
            own = (head.ids(rows) * known[:, None]).cpu().numpy()
            faces = on_grid(head.faces(text_IT, rows, known).cpu().double().numpy())
        arrays: dict[str, Any] = {
            "read_w": head.read.weight.T,
            "read_b": head.read.bias,
            "ask_w": head.ask.weight.T,
            "ask_b": head.ask.bias,
            "null": head.null,
            "nobody": head.nobody,
            "query": head.query.weight.T,
            "key": head.key.weight.T,
            "value": head.value.weight.T,
            "turn": head.turn.weight.T,
            "gate": head.gate.weight.T,
            "gate_b": head.gate.bias,
            "last_w": head.last.weight,
            "last_b": head.last.bias,
            "look": head.look,
            "text": head.text,
            "weight": head.weight,
        }
        plain = {name: np.ascontiguousarray(exported(tensor)) for name, tensor in arrays.items()}
        return ActiveTowers(base, plain, faces, own, self.encoder)

    def _people(self, states: Tensor, padding: Tensor, q: Tensor, asked: Tensor) -> Tensor:
        """Return unit vectors [N, D] of the people at the places that are asked, each with its q [B, N, D]."""
        head, n = self.head, states.shape[1]
        here = torch.cat([padding.new_zeros((len(padding), 1)), padding], dim=1)
        before = torch.ones(n, n, dtype=torch.bool, device=states.device).tril()
        seen = scaled_dot_product_attention(
            head.query(q), head.key(states), head.value(states), attn_mask=before & ~here[:, None, :]
        )
        return head.turned(states[asked], seen[asked], q[asked])


def _firsts(sequences: list[Sequence], length: int) -> NDArray[np.bool_]:
    """Return whether each piece is the beginning of a history: `_pieces` cuts a history from its end."""
    counts = [len(_pieces([sequence], length)) for sequence in sequences]
    found = np.zeros(sum(counts), dtype=np.bool_)
    found[np.cumsum([n for n in counts if n], dtype=np.int64) - 1] = True
    return found
