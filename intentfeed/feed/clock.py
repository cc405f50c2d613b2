"""How long each stage of a round took."""

from __future__ import annotations

import time


class Clock:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._started = self._last = time.perf_counter()
        self._took: dict[str, float] = {}

    def done(self, stage: str) -> None:
        """Note that a stage has ended now; it began when the one before it ended."""
        now = time.perf_counter()
        self._took[stage] = self._took.get(stage, 0.0) + now - self._last
        self._last = now

    def told(self) -> dict[str, float]:
        """Return milliseconds by stage, and in all."""
        took = {**self._took, "total": time.perf_counter() - self._started}
        return {stage: round(1000 * seconds, 2) for stage, seconds in took.items()}
