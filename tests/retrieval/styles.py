"""A small shop where words and taste are apart: shelves that anybody can name, and styles that no text tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.encode import EncoderConfig, SvdEncoder
from intentfeed.retrieval.fit_towers import TowerData
from intentfeed.types import ACTION_CODE, Interactions

SHELVES = ("tents", "kettles", "hoses", "lamps", "chairs")
N_STYLES, PER_STYLE = 4, 6
PER_SHELF = N_STYLES * PER_STYLE
N_ITEMS = len(SHELVES) * PER_SHELF
BRANDS = ("northern peak", "quiet river", "old mill")


@dataclass(frozen=True)
class Styles:
    """The shop and everybody's style; what each takes next is any item of that style, on any shelf."""

    data: TowerData
    style: list[int]


def shelf_of(rows: np.ndarray) -> np.ndarray:
    found: np.ndarray = rows // PER_SHELF
    return found


def style_of(rows: np.ndarray) -> np.ndarray:
    found: np.ndarray = rows % N_STYLES
    return found


def styles(n_users: int = 160, *, length: int = 12, seed: int = 3, misleading: bool = False) -> Styles:
    """Return a world in which a person takes items of one style from shelves in no order.

    With `misleading` titles each names another shelf and another brand as well: what an item goes with, not what it is.
    """
    rng = np.random.default_rng(seed)
    rows = np.arange(N_ITEMS)
    shelf = [SHELVES[place] for place in shelf_of(rows).tolist()]
    catalog = Catalog.of(
        {
            "item_id": [f"i{row:03d}" for row in rows],
            "title": [_beside(row) if misleading else f"model no{row}" for row in rows.tolist()],
            "category": [f"shop > {name}" for name in shelf],
            "brand": [BRANDS[row % len(BRANDS)] for row in rows],
        }
    )
    style = [int(rng.integers(N_STYLES)) for _ in range(n_users)]
    taken = [rng.permutation(rows[style_of(rows) == mine])[:length] for mine in style]
    n = n_users * length
    log = Interactions(
        user=np.repeat(np.arange(n_users), length).astype(np.int32),
        item=np.concatenate(taken).astype(np.int32),
        action=np.full(n, ACTION_CODE["purchase"], dtype=np.int8),
        time_s=np.arange(n, dtype=np.int64) * 3_600,
        value=np.full(n, np.nan),
        n_users=n_users,
        n_items=N_ITEMS,
    )
    encoder = SvdEncoder.fit(catalog, EncoderConfig(dims=24))
    names = [f"user {user}" for user in range(n_users)]
    return Styles(TowerData(catalog=catalog, log=log, encoder=encoder, user_ids=names, tags={}), style)


def _beside(row: int) -> str:
    shelf, brand = row // PER_SHELF + 1 + row // N_STYLES % (len(SHELVES) - 1), row + 1 + row // 3 % 2
    return f"model no{row}, beside {SHELVES[shelf % len(SHELVES)]} and {BRANDS[brand % len(BRANDS)]}"
