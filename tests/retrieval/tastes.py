"""A small shop where the truth is known: four shelves, and people who each like two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from intentfeed.data.catalog import Catalog
from intentfeed.retrieval.encode import EncoderConfig, SvdEncoder
from intentfeed.retrieval.fit_towers import TowerData
from intentfeed.types import ACTION_CODE, History, Interactions

SHELVES = ("tents", "kettles", "hoses", "lamps")
PER_SHELF = 15
MARKS = ("red", "blue", "light", "folding", "heavy")
ACTIONS = ("detail_view", "purchase")


@dataclass(frozen=True)
class Tastes:
    """The shop, who likes what, and what each took up last, which is not in the log."""

    data: TowerData
    likes: list[tuple[int, int]]
    last: list[int]

    def history(self, user: int, *, named: bool = True) -> History:
        """Return what the log holds of somebody."""
        log, mine = self.data.log, self.data.log.user == user
        history = History.of_items(log.item[mine], user_id=self.data.user_ids[user] if named else "")
        history.action[:] = log.action[mine]
        return history


def tastes(n_users: int = 120, *, seed: int = 5) -> Tastes:
    """Return a world; items of a shelf are taken in runs, so that the last event says which shelf comes next."""
    rng = np.random.default_rng(seed)
    titles = [f"{MARKS[row % 5]} {SHELVES[row // PER_SHELF][:-1]} no{row}" for row in range(4 * PER_SHELF)]
    shelf = [SHELVES[row // PER_SHELF] for row in range(4 * PER_SHELF)]
    columns = {
        "item_id": [f"i{row:02d}" for row in range(4 * PER_SHELF)],
        "title": titles,
        "category": [f"shop > {name}" for name in shelf],
        "brand": [f"brand{row % 3}" for row in range(4 * PER_SHELF)],
        "price": [float(10 + row % 7) for row in range(4 * PER_SHELF)],
    }
    catalog = Catalog.of(columns)
    users, items, actions, likes, last = [], [], [], [], []
    for user in range(n_users):
        first, second = (int(liked) for liked in rng.permutation(4)[:2])
        mine = [PER_SHELF * first + int(at) for at in rng.permutation(PER_SHELF)[:6]]
        mine += [PER_SHELF * second + int(at) for at in rng.permutation(PER_SHELF)[:6]]
        likes.append((first, second))
        last.append(mine.pop())
        users += [user] * len(mine)
        items += mine
        actions += [ACTION_CODE[ACTIONS[int(rng.random() < 0.2)]] for _ in mine]
    log = Interactions(
        user=np.array(users, dtype=np.int32),
        item=np.array(items, dtype=np.int32),
        action=np.array(actions, dtype=np.int8),
        time_s=np.arange(len(users), dtype=np.int64) * 3_600,
        value=np.full(len(users), np.nan),
        n_users=n_users,
        n_items=len(catalog),
    )
    tags = {row: [f"{MARKS[row % 5]} {name[:-1]}", name] for row, name in enumerate(shelf)}
    encoder = SvdEncoder.fit(catalog, EncoderConfig(dims=16))
    names = [f"user {user}" for user in range(n_users)]
    return Tastes(TowerData(catalog=catalog, log=log, encoder=encoder, user_ids=names, tags=tags), likes, last)
