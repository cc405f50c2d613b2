"""Train and test by time: who is asked what, after which history, and what may be learnt before.

A split holds its questions (`Cases`) and the events that a recommender may learn from, and carries a hash of each,
so that two scores can be compared only when they answered the same questions.
"""

from __future__ import annotations

from .cases import DESCRIBED, Cases, How, Part, Split, SplitConfig, sample, sampled
from .cut import split

__all__ = ["DESCRIBED", "Cases", "How", "Part", "Split", "SplitConfig", "sample", "sampled", "split"]
