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
    southern: bool = False
    """Whether the seasons are those of the southern hemisphere."""
    expires_days: int = 14
    """Days after which a sentence of the table is no longer shown (U29: two weeks)."""
    min_tags: int = 1
    """Tags, of all people together, that must lead from an interest to a category before its items are explained."""
    max_evidence: int = 5
    """Events cited for an interest, the last of its evidence."""
    facts: FactsConfig = FactsConfig()
    """What must hold before something is said of an item."""
    length: LengthRule = LengthRule()
    """How long a sentence may be."""
