"""The losses of the three towers (RecGPT-V1, 7.2), as printed: sums over pairs, no temperature, no normalisation.

Pure functions of vectors. Every loss is made of terms -log(exp(s⁺) / (exp(s⁺) + Σ exp(s⁻))), one a positive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def contrast(positive_N: Tensor, negative_NM: Tensor, allowed_NM: Tensor | None = None) -> Tensor:
    """Return the terms [N] of scores: what a positive loses against its negatives, those not `allowed` left out.

    In float32, whatever precision the scores come in.
    """
    if allowed_NM is not None:
        negative_NM = negative_NM.masked_fill(~allowed_NM, -float("inf"))
    import torch

    positive_N, negative_NM = positive_N.float(), negative_NM.float()
    return torch.cat([positive_N.unsqueeze(1), negative_NM], 1).logsumexp(1) - positive_N


def collaborative_loss(
    users_ND: Tensor, items_ND: Tensor, negatives: Tensor, allowed_NM: Tensor | None = None
) -> Tensor:
    """Return L_col of pairs (u, v): h_u, h_v, and V⁻, shared by all pairs [M, D] or each pair's own [N, M, D]."""
    return contrast(_inner(users_ND, items_ND), _against(users_ND, negatives), allowed_NM).sum()


def tag_loss(tags_ND: Tensor, items_ND: Tensor, negatives: Tensor, allowed_NM: Tensor | None = None) -> Tensor:
    """Return L_tag of pairs (t, v): h_t, h_v, and V⁻, a set of negative items for each tag (the formula; X3)."""
    return contrast(_inner(tags_ND, items_ND), _against(tags_ND, negatives), allowed_NM).sum()


def category_loss(tags_ND: Tensor, same_NCD: Tensor, negatives: Tensor, allowed_NM: Tensor | None = None) -> Tensor:
    """Return L_cate of pairs (t, v): C_v⁺ are items of v's category, C_v⁻ items of others.

    The sum over positives is outside the logarithm: a term each, whose denominator holds that positive and all
    negatives, not the other positives.
    """
    negative_NM = _against(tags_ND, negatives)
    n_pairs, n_same, dims = same_NCD.shape
    positive_P = _inner(tags_ND.repeat_interleave(n_same, 0), same_NCD.reshape(n_pairs * n_same, dims))
    allowed_PM = None if allowed_NM is None else allowed_NM.repeat_interleave(n_same, 0)
    return contrast(positive_P, negative_NM.repeat_interleave(n_same, 0), allowed_PM).sum()


def tar_loss(collaborative: Tensor, tag: Tensor, category: Tensor, alpha: float) -> Tensor:
    """Return L_TAR: α weighs the two semantic losses against each other, the collaborative one has weight 1."""
    return collaborative + alpha * tag + (1 - alpha) * category


def _inner(left_ND: Tensor, right_ND: Tensor) -> Tensor:
    return (left_ND * right_ND).sum(1)


def _against(queries_ND: Tensor, negatives: Tensor) -> Tensor:
    """Return scores [N, M] against negatives that are shared [M, D] or each query's own [N, M, D]."""
    if negatives.dim() == 2:
        return queries_ND @ negatives.T
    return (queries_ND.unsqueeze(1) * negatives).sum(2)
