"""Questions under way while somebody waits: equal ones are asked once, and no more than so many at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from threading import Lock

from .client import Answers, Call, Reply


class UnderWay:
    """What is under way, by key: who asks the same meanwhile waits for the same; and no more than so many at once."""

    def __init__(self, answers: Answers, most: int) -> None:
        self._answers, self._most = answers, most
        self._lock = Lock()
        self._open: dict[str, Future[Reply]] = {}

    def begin(self, call: Call, ask: Callable[[Call], Future[Reply]]) -> Future[Reply]:
        """Return the reply in the log, or one that is under way, or else ask."""
        with self._lock:
            if (begun := self._open.get(call.key)) is not None:
                return begun
        return tried(lambda: self._found(call) or self._asked(call, ask))

    def _found(self, call: Call) -> Future[Reply] | None:
        known = self._answers.reply(call.key)
        return None if known is None else done(known)

    def _asked(self, call: Call, ask: Callable[[Call], Future[Reply]]) -> Future[Reply]:
        with self._lock:
            if (begun := self._open.get(call.key)) is not None:
                return begun
            if len(self._open) >= self._most:
                why = f"endpoint: {len(self._open)} questions are under way already"
                return done(Reply(key=call.key, status="failed", why=why))
            begun = self._open[call.key] = ask(call)
        begun.add_done_callback(lambda _: self._ended(call.key))
        return begun

    def settle(self, seconds: float) -> bool:
        """Wait for what is under way; return whether all of it has ended."""
        with self._lock:
            still = list(self._open.values())
        return not wait_for(still, timeout=seconds).not_done

    def _ended(self, key: str) -> None:
        with self._lock:
            self._open.pop(key, None)


def done(reply: Reply) -> Future[Reply]:
    """Return what holds a reply that is there already."""
    begun: Future[Reply] = Future()
    begun.set_result(reply)
    return begun


def tried(ask: Callable[[], Future[Reply]]) -> Future[Reply]:
    """Return what asking returns, or what holds the error: nobody who asks online is raised at."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  a broken log, weights that do not load, a thread that has ended
        begun: Future[Reply] = Future()
        begun.set_exception(error)
        return begun
