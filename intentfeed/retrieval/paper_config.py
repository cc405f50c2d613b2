"""The settings of the paper's towers."""

from __future__ import annotations

from pydantic import Field

from ..types import Settings
from .features import FeatureConfig


class PaperConfig(Settings):
    """Sizes, negatives and weights of RecGPT-V1's towers; defaults of U25 to U27 where the paper says nothing."""

    dims: int = Field(default=64, ge=2)
    """Width of h_u, h_v, h_t."""
    field_dims: int = Field(default=64, ge=1)
    """Width of the embeddings of features and words."""
    id_dims: int = Field(default=32, ge=1)
    """Width of the embeddings of users' and items' ids."""
    hidden: tuple[int, ...] = (256, 128)
    """Widths inside each DNN."""
    batch: int = Field(default=4_096, ge=1)
    """Pairs (u, v) of a step."""
    least_steps: int = Field(default=50, ge=1)
    """Steps of an epoch: in a small log the batches are smaller [ours]."""
    tag_batch: int = Field(default=1_024, ge=0)
    """Pairs (t, v) of a step; 0 trains without tags."""
    negatives: int = Field(default=100, ge=1)
    """Items of V⁻, drawn evenly."""
    in_batch: bool = True
    """Take the other positives of the batch as negatives, too."""
    n_same: int = Field(default=4, ge=1)
    """Items of C_v⁺."""
    n_other: int = Field(default=64, ge=1)
    """Items of C_v⁻; twice as many are drawn, since some are of the category."""
    alpha: float = Field(default=0.5, ge=0, le=1)
    """Weight of L_tag beside L_cate: 1 trains without categories, 0 without tags' own items."""
    temperature: float | None = Field(default=None, gt=0)
    """Products become cosines over this, e.g. 0.07 (U26); none as printed."""
    max_events: int = Field(default=50, ge=1)
    """Newest events of a sequence that are read."""
    max_behaviours: int = Field(default=4, ge=1)
    """Most common behaviours that get a sequence each."""
    stranger: float = Field(default=0.1, ge=0, lt=1)
    """Share of users and items that are trained on as if new, so that new ones find trained weights [ours]."""
    features: FeatureConfig = FeatureConfig()
