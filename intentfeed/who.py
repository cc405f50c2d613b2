"""Who is thought about by a language model: a share, a segment, those worth most, those whose log has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .data.catalog import Catalog
from .data.store import Store
from .errors import ConfigError
from .llm.config import WhoConfig
from .types import ACTION_CODE, ACTIONS, RELIABLE, History

_DELIBERATE_A = np.array([action in RELIABLE for action in ACTIONS])
_PURCHASE = ACTION_CODE["purchase"]
_STEPS = 1 << 20


@dataclass(frozen=True)
class Who:
    """Decides by one person's own history; what it must know of everybody, `floor`, is found beforehand."""

    config: WhoConfig
    price_I: NDArray[np.float64]
    """Price of each row of the catalogue, 0 where it has none."""
    floor: float = 0.0
    """Worth from which a person is among the `top`."""

    def chosen(self, history: History) -> bool:
        """Return whether this person is for the language model."""
        config = self.config
        return (
            in_share(history.user_id, config.share)
            and all(history.attributes.get(name) == value for name, value in config.where.items())
            and int(_DELIBERATE_A[history.action].sum()) >= config.min_events
            and (config.top >= 1 or self._worth(history) >= self.floor)
        )

    def _worth(self, history: History) -> float:
        if self.config.top_by == "events":
            return float(_DELIBERATE_A[history.action].sum())
        bought = history.item[(history.action == _PURCHASE) & (history.item >= 0)]
        return float(self.price_I[bought].sum())


def in_share(user_id: str, share: float) -> bool:
    """Return whether a user is in a share of all; who is in a smaller one is in every larger one too."""
    return crc32(f"llm\t{user_id}".encode()) % _STEPS < share * _STEPS


def prices_of(catalog: Catalog) -> NDArray[np.float64]:
    """Return the price of each row of the catalogue, 0 where there is none."""
    return catalog.frame["price"].fill_null(0.0).fill_nan(0.0).to_numpy()


def floor_of(store: Store, events: Mapping[int, tuple[str, ...]], catalog: Catalog, config: WhoConfig) -> float:
    """Return the worth that the last of the `top` users has; 0 where everybody counts.

    Raises:
        ConfigError: users are to be chosen by what they spent, and no item has a price.
    """
    if config.top >= 1:
        return 0.0
    if config.top_by == "spend" and not prices_of(catalog).any():
        raise ConfigError("llm.who.top_by = spend, but no item of this catalogue has a price: use events")
    prices = catalog.frame.select("item_id", pl.col("price").fill_null(0.0))
    worth: list[pl.Series] = []
    for part, prints in sorted(events.items()):
        rows = store.read("events", part, prints)
        if config.top_by == "events":
            each = rows.group_by("user_id").agg(worth=pl.col("action").is_in(sorted(RELIABLE)).sum())
        else:
            bought = rows.filter(pl.col("action") == "purchase").join(prices.lazy(), on="item_id", how="left")
            each = bought.group_by("user_id").agg(worth=pl.col("price").fill_null(0.0).sum())
        worth.append(each.select(pl.col("worth").cast(pl.Float64)).collect()["worth"])
    every = pl.concat(worth).sort(descending=True) if worth else pl.Series([], dtype=pl.Float64)
    n = round(config.top * len(every))
    return float(every[n - 1]) if n else float("inf")
