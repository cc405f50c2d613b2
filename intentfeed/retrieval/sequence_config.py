"""The settings of our own towers."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from ..types import Settings


class SequenceConfig(Settings):
    """Sizes and chances of the sequence towers [ours]. Chosen on validation rows of four unlike logs (docs/LOG.md)."""

    dims: int = Field(default=64, ge=2)
    """Width of every vector."""
    layers: int = Field(default=2, ge=1)
    """Blocks of the transformer."""
    heads: int = Field(default=2, ge=1)
    """Attention heads of a block; they share the width."""
    length: int = Field(default=100, ge=1)
    """Newest distinct items of a history that are read."""
    interests: int = Field(default=4, ge=0)
    """Codes that each look for an interest of their own, beside the vector of what comes next (RecGPT-V2, 4.2)."""
    apart: float = Field(default=0.05, ge=0)
    """Weight of the penalty on interests that lie together."""
    temperature: float = Field(default=0.07, gt=0)
    """What cosines are divided by in the softmax."""
    log_dims: int = Field(default=128, ge=0)
    """Width of what is read of co-occurrence beside the text; 0 reads text and id alone."""
    dropout: float = Field(default=0.3, ge=0, lt=1)
    """Share of activations that a step leaves out."""
    stranger: float = Field(default=0.1, ge=0, lt=1)
    """Share of items that a step treats as new, known by their text alone, so that new ones find trained weights; none
    where the catalogue has no text."""
    batch: int = Field(default=128, ge=1)
    """Histories of a step."""
    least_steps: int = Field(default=16, ge=1)
    """Steps of an epoch: in a small log the batches are smaller."""
    full_softmax: int = Field(default=8_000, ge=0)
    """Items up to which every one is a negative; in a larger catalogue some are drawn, and corrected for."""
    negatives: int = Field(default=4_096, ge=1)
    """Items drawn evenly then; the other targets of a step are negatives too."""

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.dims % self.heads:
            raise ValueError(f"dims = {self.dims} cannot be shared by heads = {self.heads}: give a multiple of it")
        return self
