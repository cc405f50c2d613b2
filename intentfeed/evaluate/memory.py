"""How much memory did it take? The process is looked at every few milliseconds while a method works."""

from __future__ import annotations

from threading import Event, Thread
from types import TracebackType

import psutil

EVERY_S = 0.02
MIB = 2**20


class PeakMemory:
    """Watches resident memory between enter and exit; whatever earlier methods left behind is in `before_mib`."""

    def __init__(self) -> None:
        self._process, self._ended = psutil.Process(), Event()
        self._watcher = Thread(target=self._watch, daemon=True)
        self.before_mib = self.peak_mib = 0.0

    def __enter__(self) -> PeakMemory:
        """Begin to watch."""
        self.before_mib = self.peak_mib = self._held()
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching, after a last look."""
        self._ended.set()
        self._watcher.join()
        self.peak_mib = max(self.peak_mib, self._held())

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_S):
            self.peak_mib = max(self.peak_mib, self._held())

    def _held(self) -> float:
        return float(self._process.memory_info().rss / MIB)
