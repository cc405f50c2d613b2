"""The four tools of the paper, ready to use; a further one is a file of its own, handed in beside them."""

from __future__ import annotations

from collections.abc import Sequence

from .aggregator import Aggregator
from .attenuator import Attenuator
from .config import CommandsConfig
from .filter import Filter
from .matcher import Matcher
from .tools import Tool, Tools
from .vectors import Vectors


def toolbox(
    config: CommandsConfig | None = None, *, more: Sequence[Tool] = (), vectors: Vectors | None = None
) -> Tools:
    """Return filter, matcher, attenuator and aggregator with their settings, and `more`, by name."""
    config = config or CommandsConfig()
    ours: list[Tool] = [
        Filter(config.filter),
        Matcher(config.matcher, vectors=vectors),
        Attenuator(config.attenuator),
        Aggregator(config.aggregator),
    ]
    return {tool.name: tool for tool in [*ours, *more]}
