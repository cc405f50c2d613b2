"""A whole run once more, from the log and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .client import Call, Reply
from .log import CallLog


class ReplayLLM:
    """Answers from the log of an earlier run; what is not there fails, and nobody is asked."""

    def __init__(self, log: CallLog) -> None:
        self.log = log

    def complete(self, call: Call) -> Reply:
        """Return the reply in the log, or a failed one that says there is none."""
        missing = Reply(key=call.key, status="failed", why="replay: this question is not in the log")
        return self.log.reply(call.key) or missing

    def complete_many(self, calls: Iterable[Call]) -> Iterator[Reply]:
        """Yield each reply, in the order of the calls."""
        return (self.complete(call) for call in calls)
