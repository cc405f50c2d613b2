"""An OpenAI-compatible endpoint asked while somebody waits: over connections that stay open, on a thread of its own."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import Future
from threading import Lock, Thread

from ..errors import IntentfeedError
from .asker import Asker, Funds
from .budget import Budget
from .client import Call, Reply
from .config import LLMConfig
from .limits import Clock
from .log import CallLog
from .underway import UnderWay, done
from .wire import Dialect, Wire

LATE_S = 20.0
"""A question is given up after this, however much longer `llm.timeout_s` would wait: nobody needs it any more."""
ATTEMPTS = 3
"""At most, for a question that somebody waits for; `llm.attempts` where that is less."""
FIRST_WAIT_S = 0.05
"""Before the second attempt, about; a batch waits ten times as long."""
OUTAGE_S = 0.5
"""For so long an endpoint that refuses connections is tried, and one that says when to come again is obeyed."""
AGAIN_S = 5.0
"""Nobody is asked for this long after the endpoint was gone or turned us away."""


class OnlineEndpoint:
    """An OpenAI-compatible endpoint, asked over connections that stay open; through the log, like every question.

    While the endpoint is away, or turns us away, it is left alone for `again_s` and every reply is a failed one at
    once. The thread begins with the first question, in the process that asks it.
    """

    def __init__(
        self, config: LLMConfig, log: CallLog, *, again_s: float = AGAIN_S, clock: Clock = time.monotonic
    ) -> None:
        hurried = {
            "timeout_s": min(config.timeout_s, LATE_S),
            "attempts": min(config.attempts, ATTEMPTS),
            "outage_s": min(config.outage_s, OUTAGE_S),
        }
        self.config, self.log = config.model_copy(update=hurried), log
        self._again_s, self._clock = again_s, clock
        self._under_way = UnderWay(log, config.in_flight)
        self._lock = Lock()
        self._line: _Line | None = None
        self._left_alone: tuple[float, str] | None = None
        """Until when nobody is asked, and why."""
        self._closed = False

    def begin(self, call: Call) -> Future[Reply]:
        """Return what will hold the reply."""
        return self._under_way.begin(call, self._ask)

    def settle(self, seconds: float) -> bool:
        """Wait for what is under way; return whether all of it has ended."""
        return self._under_way.settle(seconds)

    def close(self) -> None:
        """End the thread; what is under way is noted in the log as interrupted, and nobody is asked any more."""
        with self._lock:
            line, self._line, self._closed = self._line, None, True
        if line is not None:
            line.close()

    def _ask(self, call: Call) -> Future[Reply]:
        with self._lock:
            if self._closed:
                return done(Reply(key=call.key, status="failed", why="endpoint: closed"))
            if self._left_alone is not None:
                until, why = self._left_alone
                if self._clock() < until:
                    return done(Reply(key=call.key, status="failed", why=f"endpoint: {why}"))
                self._left_alone = None
            if self._line is None or not self._line.serves:
                self._line = _Line(self.config, self.log)
            begun = self._line.begin(call)
        begun.add_done_callback(self._note)
        return begun

    def _note(self, begun: Future[Reply]) -> None:
        """Leave the endpoint alone for a while where it is gone or turns us away, and begin anew after that."""
        if begun.cancelled():
            return
        error = begun.exception()
        with self._lock:
            line = self._line
            if line is not None and (isinstance(error, IntentfeedError) or line.gone):
                why = str(error) if error else "nobody answers there"
                self._left_alone = (self._clock() + self._again_s, f"{why} (asked again after {self._again_s:g} s)")
                line.renew()


class _Line:
    """A thread with an event loop that keeps an asker and its connections between questions."""

    def __init__(self, config: LLMConfig, log: CallLog) -> None:
        self._config, self._log, self._pid = config, log, os.getpid()
        self._funds = Funds(Budget(config.budget))
        self._funds.check()
        self._wire: Wire | None = None
        self._asker: Asker | None = None
        self._loop = asyncio.new_event_loop()
        # A daemon: a question that nobody waits for any more must not keep the process from ending.
        self._thread = Thread(target=self._loop.run_forever, name="llm-online", daemon=True)
        self._thread.start()

    @property
    def serves(self) -> bool:
        """Whether this process may use it: a thread does not cross a fork."""
        return self._pid == os.getpid() and self._thread.is_alive()

    @property
    def gone(self) -> bool:
        """Whether nobody was there."""
        return self._asker is not None and self._asker.outage.gone

    def begin(self, call: Call) -> Future[Reply]:
        """Have a call asked."""
        return asyncio.run_coroutine_threadsafe(self._reply(call), self._loop)

    def renew(self) -> None:
        """Look with fresh eyes whether anybody is there."""
        self._asker = None

    def close(self) -> None:
        """Break off what is under way, close the connections, end the thread."""
        if not self.serves:
            return
        try:
            asyncio.run_coroutine_threadsafe(self._ended(), self._loop).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _reply(self, call: Call) -> Reply:
        if self._wire is None:
            self._wire = Wire(self._config, Dialect())  # loads certificates: not on the time of who waits
        if (asker := self._asker) is None:
            hurry = {"outage_s": self._config.outage_s, "first_wait_s": FIRST_WAIT_S}
            asker = self._asker = Asker(self._wire, self._log, self._funds, **hurry)
        return await asker.reply(call)

    async def _ended(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._wire is not None:
            await self._wire.__aexit__()
        self._log.commit()
        self._log.close()
