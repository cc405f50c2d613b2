"""How the log half of a space is learnt, and how text foretells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .evidence import Evidence

if TYPE_CHECKING:
    from .space import SpaceConfig


def log_half(found: Evidence, config: SpaceConfig) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the log half of each item inside a history [I, L], and how far an item explains itself [I].

    With X = U S Vᵀ, EASE of full rank scores x V W Vᵀ / (1 - diag) for items not in x, where W = S² / (S² + ridge);
    the leading directions alone keep that form, and W splits evenly between the two sides.
    """
    from scipy.sparse import diags
    from sklearn.utils.extmath import randomized_svd
    from threadpoolctl import threadpool_limits

    factors = np.zeros((found.n_items, config.dims), dtype=np.float32)
    if not len(found.user):
        return factors, np.zeros(found.n_items, dtype=np.float32)
    X = found.matrix()
    X.data = np.ones_like(X.data)
    damping = np.maximum(np.diff(found.starts), 1) ** (-config.user_damping / 2)
    X = (diags(damping) @ X).tocsr().astype(np.float32)
    n = min(config.dims, *X.shape)
    with threadpool_limits(1):
        _, strength, directions = randomized_svd(X, n, n_iter=4, random_state=0)
    weight = strength**2 / (strength**2 + config.ridge)
    factors[:, :n] = (directions * np.sqrt(weight)[:, None]).T
    return factors, (factors**2).sum(axis=1)


def text_to_log(
    text_IT: NDArray[np.float32], log_IL: NDArray[np.float32], n_I: NDArray[np.float32], config: SpaceConfig
) -> NDArray[np.float32]:
    """Return the ridge regression [T, L] from text to log; an item weighs as its evidence does, with a ceiling."""
    from threadpoolctl import threadpool_limits

    weight_I = (n_I / (n_I + config.borrowed + 1))[:, None]
    with threadpool_limits(1):
        gram = text_IT.T @ (weight_I * text_IT) + config.bridge_ridge * np.eye(text_IT.shape[1])
        bridge = np.linalg.solve(gram, text_IT.T @ (weight_I * log_IL))
    return np.asarray(bridge, dtype=np.float32)
