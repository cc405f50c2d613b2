"""Every setting of the explanations."""

from __future__ import annotations

from typing import Literal

from ..types import Settings
from .facts import FactsConfig
from .rules import LengthRule


class ExplainConfig(Settings):
    """What the catalogue sells, how a sentence is drawn, and how long it may be shown."""

    domain: Literal["auto", "shop", "films", "articles", "generic"] = "auto"
    """Which frames may be used; `auto` takes films where items have directors or actors, else a shop."""
    language: Literal["auto", "en", "zh"] = "auto"
    """Language of the sentences; `auto` takes Chinese where most titles are, else English."""
    southern: bool = False
    """Whether the seasons are those of the southern hemisphere."""
    expires_days: int = 14
    """Days after which a sentence of the table is no longer shown (U29: two weeks)."""
    min_tags: int = 1
    """Tags, of all people together, that must lead from an interest to a category before its items are explained."""
    variants: int = 0
    """Sentences kept for each interest and item, of which each person reads one; 0 takes up to 3 in a small catalogue,
    where few items fill many slots."""
    variants_alone: int = 0
    """Sentences kept for each item by itself; 0 takes up to 20 in a small catalogue."""
    max_evidence: int = 5
    """Events cited for an interest, the last of its evidence."""
    facts: FactsConfig = FactsConfig()
    """What must hold before something is said of an item."""
    length: LengthRule = LengthRule()
    """How long a sentence may be."""

    def n_variants(self, n_items: int, *, alone: bool) -> int:
        """Return how many sentences are kept for each interest and item, or each item, of a catalogue of this size."""
        asked, most, room = (self.variants_alone, 20, 32_000) if alone else (self.variants, 3, 6_000)
        return asked or min(most, max(1, room // max(n_items, 1)))
