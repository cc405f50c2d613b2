"""The three towers of RecGPT-V1, 7.1, as a network that learns; imported by whoever trains, since it needs torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, normalize

from ..data.ratings import below_own_mean
from ..errors import DataError
from .encode import words
from .features import ItemFeatures
from .fit_towers import seeded
from .learner import Batch, TowerData
from .losses import category_loss, collaborative_loss, tag_loss, tar_loss
from .negatives import Shelves, Taken, evenly, runs
from .paper_config import PaperConfig
from .paper_events import Events, behaviours_in, name_key, speaks
from .paper_towers import MAX_CHARS, PaperTowers
from .tower_export import exported, exported_layers, layer_arrays
from .towers import scale_of

INITIAL = 0.3
"""Spread of untrained embeddings: with 0.1 the first epochs learn little but what is popular, on small logs."""
MEASURED = 10_000
"""Users and tags whose lengths set the scale of queries."""
TYPICAL = 0.99
"""Share of them that must fit the grid as they are; a longer one keeps its direction and is shortened."""


class PaperNetwork(nn.Module):
    """Tables and three DNNs. Code 0 is the stranger in each table."""

    def __init__(
        self, config: PaperConfig, *, n_users: int, n_items: int, n_words: int, fields: list[int], n_behaviours: int
    ) -> None:
        super().__init__()
        self.users = _table(n_users + 1, config.id_dims)
        self.items = _table(n_items + 1, config.id_dims)
        self.fields = nn.ModuleList(_table(size, config.field_dims) for size in fields)
        self.words = _table(n_words + 1, config.field_dims)
        pooled = config.id_dims + config.field_dims
        self.item_tower = _dnn(config.id_dims + len(fields) * config.field_dims, config)
        self.user_tower = _dnn(config.id_dims + n_behaviours * pooled, config)
        self.tag_tower = _dnn(config.field_dims, config)
        self.temperature = config.temperature

    def item_vectors(self, codes_NF: Tensor) -> Tensor:
        """Return h_v [N, D] of codes: the id's, then those of the features."""
        parts = [self.items(codes_NF[:, 0])]
        parts += [table(codes_NF[:, place]) for place, table in enumerate(self.fields, start=1)]
        return self._ended(self.item_tower(torch.cat(parts, 1)))

    def user_vectors(self, users_N: Tensor, ids: Tensor, categories: Tensor, offsets: Tensor, place: int) -> Tensor:
        """Return h_u [N, D] of user rows and the ids and categories in their sequences; `place` is that field's."""
        category_table = self.fields[place].weight
        assert isinstance(category_table, Tensor)
        pooled = [
            embedding_bag(ids, self.items.weight, offsets, mode="mean"),
            embedding_bag(categories, category_table, offsets, mode="mean"),
        ]
        slots = torch.cat(pooled, 1).reshape(len(users_N), -1)
        return self._ended(self.user_tower(torch.cat([self.users(users_N), slots], 1)))

    def tag_vectors(self, word_rows: Tensor, offsets: Tensor) -> Tensor:
        """Return h_t [T, D] of the rows of each phrase's words."""
        return self._ended(self.tag_tower(embedding_bag(word_rows, self.words.weight, offsets, mode="mean")))

    def _ended(self, vectors: Tensor) -> Tensor:
        """Return them as printed; with a temperature, of length 1 and scaled so that products are cosines over it."""
        return vectors if self.temperature is None else normalize(vectors, dim=1) / self.temperature**0.5


class PaperLearner:
    """L_TAR over a log, a catalogue and its tags: what `fit` needs."""

    network: nn.Module

    def __init__(self, data: TowerData, config: PaperConfig | None = None, *, seed: int = 0) -> None:
        self.config = config = config or PaperConfig()
        self._read_log(data)
        sales_I = np.bincount(self._items, minlength=len(data.catalog))
        self.features = ItemFeatures.fit(data.catalog, sales_I, config.features)
        names = [column.name for column in self.features.columns]
        self._category, self._sales = (
            names.index("category"),
            [at for at, name in enumerate(names, 1) if name == "sales"],
        )
        ids = np.where(sales_I > 0, np.arange(1, len(sales_I) + 1), 0)[:, None]  # who was never taken stays a stranger
        self.codes = np.concatenate([ids, self.features.codes(data.catalog, sales_I)], axis=1).astype(np.int32)
        self.shelves = Shelves(data.catalog.category_I)
        self._read_tags(data)
        with seeded(seed):
            self.net = PaperNetwork(
                config,
                n_users=len(self.user_keys),
                n_items=len(data.catalog),
                n_words=len(self.vocabulary),
                fields=self.features.sizes,
                n_behaviours=self.events.n_behaviours,
            )
        self.network = self.net

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.pairs) // self._batch)

    def batches(self, epoch: int, generator: np.random.Generator) -> Iterator[Batch]:
        """Yield the pairs (u, v) in random order, each batch with its negatives and some tags."""
        del epoch
        order = generator.permutation(self.pairs)
        for lo in range(0, len(order), self._batch):
            yield self._compose(order[lo : lo + self._batch], generator)

    def loss(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return L_TAR a pair: each loss over the number of its pairs."""
        net, n_tags = self.net, len(batch["tag_offsets"])
        items_QD = net.item_vectors(batch["codes"])
        users_ND = net.user_vectors(
            batch["users"], batch["bag_ids"], batch["bag_categories"], batch["bag_offsets"], self._category
        )
        pool_CD = items_QD[batch["pool"]]
        collaborative = collaborative_loss(users_ND, items_QD[batch["targets"]], pool_CD, batch["unclicked"])
        collaborative = collaborative / len(users_ND)
        if not n_tags:
            return collaborative
        tags_TD = net.tag_vectors(batch["word_rows"], batch["tag_offsets"])
        tag = tag_loss(tags_TD, items_QD[batch["tagged"]], pool_CD, batch["untagged"]) / n_tags
        shelved = batch["shelved"]
        category = category_loss(
            tags_TD[shelved], items_QD[batch["same"]], items_QD[batch["other"]], batch["elsewhere"]
        ) / max(len(shelved), 1)
        return tar_loss(collaborative, tag, category, self.config.alpha)

    def export(self) -> PaperTowers:
        """Return the towers as the network stands."""
        net = self.net
        arrays: dict[str, NDArray[Any]] = {
            "user_keys": self.user_keys,
            "user_table": exported(net.users.weight),
            "item_table": exported(net.items.weight),
            "words": exported(net.words.weight),
            "item_codes": self.codes,
            "item_vectors": np.zeros((len(self.codes), self.config.dims), dtype=np.float32),
            **{f"field_table{at}": exported(table.weight) for at, table in enumerate(net.fields)},  # type: ignore[arg-type]
            **layer_arrays("item", exported_layers(net.item_tower)),
            **layer_arrays("user", exported_layers(net.user_tower)),
            **layer_arrays("tag", exported_layers(net.tag_tower)),
        }
        meta: dict[str, Any] = {
            "features": self.features.to_json(),
            "behaviours": self.behaviours,
            "words": self.vocabulary,
            "max_events": self.config.max_events,
            "unit": self.config.temperature is not None,
            "temperature": self.config.temperature,
            "item_scale": 1.0,
            "query_scale": 1.0,
        }
        towers = PaperTowers(arrays, meta)
        if not meta["unit"]:
            meta["item_scale"] = scale_of(towers.item_states(self.codes))
            meta["query_scale"] = self._query_scale(towers)
        towers = PaperTowers(arrays, meta)
        return PaperTowers({**arrays, "item_vectors": towers.item_rows(self.codes)}, meta)

    def _read_log(self, data: TowerData) -> None:
        """Set events, pairs (u, v) with something before them, and who is a stranger."""
        log = data.log
        keep = speaks(log.action) & ~below_own_mean(log.action, log.value, log.user, log.n_users)
        self._users, self._items, actions = log.user[keep], log.item[keep], log.action[keep]
        self.behaviours = behaviours_in(log, self.config.max_behaviours)
        self.events = Events.of(self._users, self._items, actions, n_users=log.n_users, behaviours=self.behaviours)
        pair = self._users.astype(np.int64) * max(log.n_items, 1) + self._items
        first = np.zeros(len(pair), dtype=np.bool_)
        first[np.unique(pair, return_index=True)[1]] = True
        begins = np.r_[True, self._users[1:] != self._users[:-1]] if len(pair) else first
        self.pairs = np.flatnonzero(first & ~begins)
        if not len(self.pairs):
            raise DataError("nobody in the log took two different items: towers need people with at least two events")
        self._batch = min(self.config.batch, max(32, len(self.pairs) // self.config.least_steps))
        self.clicked = Taken(self._users, self._items, n_rows=log.n_users, n_items=log.n_items)
        keys = np.array([name_key(user_id) for user_id in data.user_ids], dtype=np.uint64)
        self.user_keys = np.sort(keys)
        self.user_rows = 1 + np.searchsorted(self.user_keys, keys) if len(keys) else np.zeros(log.n_users, np.int64)

    def _read_tags(self, data: TowerData) -> None:
        """Set the phrases, their words, which items carry which, and the events whose item carries one."""
        told = {row: [text[:MAX_CHARS] for text in texts] for row, texts in sorted(data.tags.items())}
        read = {text: list(words(text)) for texts in told.values() for text in texts}
        self.texts = sorted(text for text, found in read.items() if found)
        self.vocabulary = sorted({word for text in self.texts for word in read[text]})
        word_row = {word: row for row, word in enumerate(self.vocabulary, start=1)}
        place = {text: at for at, text in enumerate(self.texts)}
        self._word_rows = np.array([word_row[word] for text in self.texts for word in read[text]], dtype=np.int64)
        self._word_starts = np.cumsum([0, *(len(read[text]) for text in self.texts)])
        carried = [(place[text], row) for row, texts in told.items() for text in dict.fromkeys(texts) if text in place]
        text_of, item_of = np.array(carried, dtype=np.int64).reshape(-1, 2).T
        self.carriers = Taken(text_of, item_of, n_rows=len(self.texts), n_items=len(data.catalog))
        self.texts_of = Taken(item_of, text_of, n_rows=len(data.catalog), n_items=len(self.texts))
        has = np.diff(self.texts_of.starts) > 0
        self.tagged = self._items[has[self._items]]

    def _compose(self, events_N: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        config = self.config
        users, targets = self._users[events_N], self._items[events_N].astype(np.int64)
        tagged, text = self._draw_tags(generator)
        pool = evenly(len(self.codes), config.negatives, generator)
        pool = np.unique(np.concatenate([pool, targets, tagged])) if config.in_batch else pool
        other = evenly(len(self.codes), 2 * config.n_other, generator)
        shelved = np.flatnonzero(self.shelves.category_I[tagged] > 0)
        same = self.shelves.same(tagged[shelved], config.n_same, generator)
        items = np.unique(np.concatenate([targets, tagged, pool, other, same.ravel()]))
        at = np.zeros(len(self.codes), dtype=np.int64)
        at[items] = np.arange(len(items))
        rows, owner = self.events.before(users, events_N, config.max_events)
        counts = np.bincount(owner, minlength=len(users) * self.events.n_behaviours)
        word_at, word_owner = runs(self._word_starts[text], self._word_starts[text + 1])
        return {
            "users": np.where(generator.random(len(users)) < config.stranger, 0, self.user_rows[users]),
            "bag_ids": self.codes[rows, 0].astype(np.int64),
            "bag_categories": self.codes[rows, 1 + self._category].astype(np.int64),
            "bag_offsets": np.cumsum(counts) - counts,
            "codes": self._as_new(items, generator),
            "targets": at[targets],
            "pool": at[pool],
            "unclicked": self.clicked.absent(users, pool),
            "word_rows": self._word_rows[word_at],
            "tag_offsets": np.searchsorted(word_owner, np.arange(len(text))),
            "tagged": at[tagged],
            "untagged": self.carriers.absent(text, pool),
            "shelved": shelved,
            "same": at[same],
            "other": at[other],
            "elsewhere": self.shelves.elsewhere(tagged[shelved], other),
        }

    def _draw_tags(self, generator: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return some clicked items that carry tags, and one of each one's."""
        n = min(self.config.tag_batch, self._batch) if len(self.tagged) else 0
        items = self.tagged[generator.integers(0, max(len(self.tagged), 1), size=n)].astype(np.int64)
        lo, hi = self.texts_of.starts[items], self.texts_of.starts[items + 1]
        return items, self.texts_of.items[generator.integers(lo, hi)]

    def _as_new(self, items: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
        """Return the items' codes, some of them as if nobody had ever taken that item [ours]."""
        codes = self.codes[items].astype(np.int64)
        new = generator.random(len(items)) < self.config.stranger
        for column in (0, *self._sales):
            codes[new, column] = 0
        return codes

    def _query_scale(self, towers: PaperTowers) -> float:
        """Return what queries are multiplied by so that all but the longest of the training's own fit the grid."""
        users = np.unique(self._users)
        users = users[:: -(-len(users) // MEASURED)]
        states = towers.pooled_states(self.user_rows[users], *self.events.before(users, None, self.config.max_events))
        texts = self.texts[:: -(-len(self.texts) // MEASURED) or 1]
        lengths = np.sqrt(np.square(np.concatenate([states, towers.tag_states(texts)[0]])).sum(axis=1))
        typical = np.quantile(lengths, TYPICAL, method="lower")
        return scale_of(np.array([[typical]]))


def _table(n: int, dims: int) -> nn.Embedding:
    table = nn.Embedding(n, dims)
    nn.init.normal_(table.weight, std=INITIAL)
    return table


def _dnn(n_in: int, config: PaperConfig) -> nn.Sequential:
    sizes, parts = [n_in, *config.hidden, config.dims], list[nn.Module]()
    for wide, narrow in pairwise(sizes):
        parts += [nn.Linear(wide, narrow), nn.ReLU()]
    return nn.Sequential(*parts[:-1])
