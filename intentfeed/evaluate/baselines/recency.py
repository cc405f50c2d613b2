"""How the neighbour baselines weigh the past: each event a fixed share of the one after it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..recommender import Histories


def recency_rows(histories: Histories, n_items: int, recency: float) -> Any:
    """Return the histories as CSR [U, I]: the last event weighs 1, each earlier one `recency` times the next.

    An item that comes twice counts twice. Weights below a millionth are left out.
    """
    from scipy.sparse import csr_matrix

    reach = len(max(histories, key=len, default=np.empty(0)))
    if recency < 1:
        reach = min(reach, int(np.log(1e-6) / np.log(recency)) + 1)
    newest = [history[-reach:] if reach else history for history in histories]
    edges = np.concatenate([[0], np.cumsum([len(history) for history in newest])])
    items = np.concatenate([*newest, np.empty(0, dtype=np.int32)]).astype(np.int32)
    weights = np.concatenate([*(recency ** np.arange(len(h) - 1, -1, -1.0) for h in newest), np.empty(0)])
    rows = csr_matrix((weights.astype(np.float32), items, edges), shape=(len(histories), n_items))
    rows.sum_duplicates()
    return rows
