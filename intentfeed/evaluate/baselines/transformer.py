"""The network that SASRec and BERT4Rec share, and its softmax losses. Needs torch: import it where it is used."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

ROWS = 1_024
"""Places whose scores over the catalogue are held at once; changes no loss."""


class Block(nn.Module):
    """One transformer layer, normalised before each half."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_hidden = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.hidden = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, state_BLD: Tensor, visible: Tensor | None) -> Tensor:
        """Return the states after each place has looked at those that it may see; None stands for all before it."""
        n_rows, length, width = state_BLD.shape
        parts = self.query_key_value(self.before_attention(state_BLD))
        query, key, value = parts.view(n_rows, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=visible, is_causal=visible is None)
        state_BLD = state_BLD + self.dropout(self.attended(seen.transpose(1, 2).reshape(n_rows, length, width)))
        return cast("Tensor", state_BLD + self.dropout(self.hidden(self.before_hidden(state_BLD))))


class Transformer(nn.Module):
    """Items in order → a state at each place, in the space of the items: what it points at is what may come there."""

    def __init__(
        self,
        n_items: int,
        *,
        width: int,
        layers: int,
        heads: int,
        hidden: int,
        length: int,
        dropout: float,
        first: float,
        causal: bool,
    ) -> None:
        super().__init__()
        self.n_items, self.causal = n_items, causal
        self.token = nn.Embedding(n_items + 1, width)  # the last is the mask, and what fills a row
        self.place = nn.Embedding(length, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList([Block(width, heads, hidden * width, dropout) for _ in range(layers)])
        self.last = nn.LayerNorm(width)
        for part in self.modules():
            if isinstance(part, nn.Embedding):
                nn.init.normal_(part.weight, std=first)
            elif isinstance(part, nn.Linear):
                nn.init.normal_(part.weight, std=0.02)
                nn.init.zeros_(part.bias)

    @property
    def items_ID(self) -> Tensor:  # noqa: N802
        """The items' vectors, the same that are read."""
        return self.token.weight[: self.n_items]

    def forward(self, token_BL: Tensor, n_B: Tensor) -> Tensor:
        """Return the states [B, L, D] of rows that hold `n_B` tokens each and are filled up at their end."""
        length = token_BL.shape[1]
        at_L = torch.arange(length)
        # A causal row is numbered from its start, so that a place looks as it will when it is the last one; what sees
        # both ways is numbered from its end, where the question always stands.
        place_BL = at_L if self.causal else (n_B[:, None] - 1 - at_L).clamp(min=0)
        visible = None if self.causal else (at_L < n_B[:, None])[:, None, None, :]
        state_BLD = self.dropout(self.token(token_BL) + self.place(place_BL))
        for block in self.blocks:
            state_BLD = block(state_BLD, visible)
        return cast("Tensor", self.last(state_BLD))


def full_softmax(state_TD: Tensor, items_ID: Tensor, target_T: Tensor) -> Tensor:
    """Return the mean cross-entropy of the targets among the whole catalogue."""
    apply: Any = _FullSoftmax.apply
    return cast("Tensor", apply(state_TD, items_ID, target_T))


class _FullSoftmax(torch.autograd.Function):
    """`cross_entropy(state_TD @ items_ID.T, target_T)` whose gradients are made on the way, in one block of scores."""

    @staticmethod
    def forward(ctx: Any, state_TD: Tensor, items_ID: Tensor, target_T: Tensor) -> Tensor:
        loss, to_items_ID = state_TD.new_zeros(()), torch.zeros_like(items_ID)
        to_state_TD = torch.empty_like(state_TD)
        for start in range(0, len(target_T), ROWS):
            rows = slice(start, start + ROWS)
            wanted_T1 = target_T[rows, None]
            scores_TI = state_TD[rows] @ items_ID.T
            most_T1 = scores_TI.amax(dim=1, keepdim=True)
            right_T1 = scores_TI.gather(1, wanted_T1)
            scores_TI.sub_(most_T1).exp_()
            sum_T1 = scores_TI.sum(dim=1, keepdim=True)
            loss = loss + (sum_T1.log() + most_T1 - right_T1).sum()
            scores_TI.div_(sum_T1).scatter_add_(1, wanted_T1, -torch.ones_like(sum_T1))
            to_state_TD[rows] = scores_TI @ items_ID
            to_items_ID += scores_TI.T @ state_TD[rows]
        ctx.save_for_backward(to_state_TD / len(target_T), to_items_ID / len(target_T))
        return loss / len(target_T)

    @staticmethod
    def backward(ctx: Any, *losses: Tensor) -> tuple[Tensor, Tensor, None]:
        to_state_TD, to_items_ID = ctx.saved_tensors
        return losses[0] * to_state_TD, losses[0] * to_items_ID, None


def sampled_softmax(
    state_TD: Tensor, items_ID: Tensor, target_T: Tensor, drawn_N: Tensor, log_share_I: Tensor
) -> Tensor:
    """Return the mean cross-entropy of the targets among themselves and `drawn_N`, drawn with these log shares.

    Each drawn item stands for all that might have been drawn (the logQ correction), so that the sum under the softmax
    is right on average; where the target itself was drawn it does not count against itself.
    """
    wanted_T1 = (state_TD * items_ID[target_T]).sum(dim=1, keepdim=True)
    stands_for_N = log_share_I[drawn_N] + torch.log(torch.tensor(float(len(drawn_N))))
    others_TN = state_TD @ items_ID[drawn_N].T - stands_for_N
    others_TN = others_TN.masked_fill(drawn_N[None, :] == target_T[:, None], -torch.inf)
    scores = torch.cat([wanted_T1, others_TN], dim=1)
    return functional.cross_entropy(scores, torch.zeros_like(target_T))
