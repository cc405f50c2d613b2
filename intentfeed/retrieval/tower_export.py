"""A trained network without torch: its weights as plain arrays, its layers as sums that are exact.

Weights lie on one binary grid and states on another, and both are multiplied in float64: 53 bits hold every partial
sum below 8,192, so that a row's result does not depend on how many rows went through at once, on the order of the sum,
on threads or on the machine. What that costs beside torch's float32 is below 1e-5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn

WEIGHT_GRID, STATE_GRID = 2.0**22, 2.0**18
AT_ONCE = 4_096
"""Rows that go through together: bounds the memory, changes no result."""

Layers = Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Weights [D, E] and biases [E] of each layer; ReLU between them, none after the last."""


def exported(tensor: Tensor) -> NDArray[np.float32]:
    """Return a parameter as an array on the grid of weights."""
    plain = tensor.detach().cpu().double().numpy()
    return (np.round(plain * WEIGHT_GRID) / WEIGHT_GRID).astype(np.float32)


def exported_layers(network: nn.Module) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return the linear layers of a `Sequential` of them and ReLUs, in order."""
    linear: Iterable[Any] = (part for part in network.children() if hasattr(part, "weight"))
    return [(np.ascontiguousarray(exported(part.weight).T), exported(part.bias)) for part in linear]


def through(rows: NDArray[Any], layers: Layers) -> NDArray[np.float64]:
    """Return what the layers make of states [N, D] on the grid: states [N, E] on the grid."""
    weights = [(weight.astype(np.float64), bias.astype(np.float64)) for weight, bias in layers]
    pieces = [_through(rows[lo : lo + AT_ONCE], weights) for lo in range(0, len(rows), AT_ONCE)]
    return np.concatenate(pieces) if pieces else np.zeros((0, layers[-1][1].shape[0]))


def _through(
    rows: NDArray[Any], layers: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]
) -> NDArray[np.float64]:
    state = np.asarray(rows, dtype=np.float64)
    for place, (weight, bias) in enumerate(layers):
        state = laid(state @ weight + bias)
        if place + 1 < len(layers):
            state = np.maximum(state, 0)
    return state


def laid(states: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the states on their grid."""
    return np.round(states * STATE_GRID) / STATE_GRID


def mean_rows(table: NDArray[Any], rows: NDArray[Any], owner: NDArray[Any], n: int) -> NDArray[np.float64]:
    """Return the mean [n, D] of the table's rows that belong to each owner, on the grid; zeros where none do."""
    from scipy.sparse import csr_matrix

    counts = np.bincount(owner, minlength=n)
    which = csr_matrix((np.ones(len(rows)), (owner, rows)), shape=(n, len(table)))
    used = np.unique(rows)  # a table on disk is read where it is needed
    sums = which[:, used] @ np.asarray(table[used], dtype=np.float64) if len(used) else np.zeros((n, table.shape[1]))
    return laid(sums / np.maximum(counts, 1)[:, None])


def layer_arrays(name: str, layers: Layers) -> dict[str, NDArray[np.float32]]:
    """Return the layers as named arrays, for `save_arrays`."""
    return {f"{name}_{part}{n}": array for n, pair in enumerate(layers) for part, array in zip("wb", pair, strict=True)}


def layers_in(name: str, arrays: Mapping[str, NDArray[Any]]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return the layers that `layer_arrays` named."""
    n = sum(key.startswith(f"{name}_w") for key in arrays)
    return [(arrays[f"{name}_w{place}"], arrays[f"{name}_b{place}"]) for place in range(n)]
