"""A question while a person waits: it is begun, waited for as long as there is time, and kept when it comes late.

The batch path asks many questions and has hours. Here there is one, and a second: connections stay open between
questions, equal questions under way are asked once, and what comes after its time still lands in the log, where
the next equal question finds it. Calls no model by itself; whoever asks brings the answer for when there is none.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from pathlib import Path
from threading import Lock, Thread
from typing import Protocol

from ..errors import BudgetError, ConfigError, IntentfeedError
from .asker import Asker, Funds
from .budget import Budget
from .client import LLM, Answers, Call, Reply
from .config import LLMConfig
from .door import LOCAL
from .limits import Clock
from .log import CallLog
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


class OnlineLLM(Protocol):
    """Answers calls while somebody waits."""

    def begin(self, call: Call) -> Future[Reply]:
        """Return at once what will hold the reply; the log's, where the question was asked before. Raises nothing."""
        ...

    def close(self) -> None:
        """Let go of threads and connections; from then on only what the log knows is answered."""
        ...


def reply_within(begun: Future[Reply], call: Call, seconds: float) -> Reply:
    """Return the reply if it comes within the time, else a failed one that says why; the question goes on."""
    try:
        return begun.result(timeout=max(0.0, seconds))
    except CancelledError:
        why = "endpoint: closed before the answer came"
    except BudgetError as error:
        why = f"budget: {error}"
    except Exception as error:  # noqa: BLE001  whoever waits goes on without a model, whatever became of it
        late = isinstance(error, TimeoutError) and not begun.done()
        why = f"time: no answer within {max(0.0, seconds):.2f} s" if late else f"endpoint: {_named(error)}"
    return Reply(key=call.key, status="failed", why=why)


def open_online(config: LLMConfig, log: CallLog) -> OnlineLLM:
    """Return who answers while somebody waits; asks nobody yet, so that a service starts whatever the endpoint does.

    A folder of batch files answers from the log only: nobody waits for a file.

    Raises:
        ConfigError: no model is named, or an extra is not installed.
    """
    if not config.model:
        raise ConfigError(f"llm.endpoint is {config.endpoint}, but no model is named: give --model, or set llm.model")
    if config.endpoint.startswith(("http://", "https://")):
        return OnlineEndpoint(config, log)
    if config.endpoint.startswith(LOCAL):
        from .local import LocalLLM

        return OnlineDoor(LocalLLM(Path(config.endpoint.removeprefix(LOCAL)), config, log), log)
    return KeptAnswers(log)


class Doors:
    """The doors that are open: one for the same settings and log, however often a workspace is loaded anew, so that
    connections, weights and what is left of the budget last until they are closed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[tuple[str, Path], OnlineLLM] = {}

    def of(self, config: LLMConfig, log: CallLog) -> OnlineLLM:
        """Return the door of these settings and this log.

        Raises:
            ConfigError: as of `open_online`.
        """
        at = (config.model_dump_json(), log.path.resolve())
        with self._lock:
            if at not in self._open:
                self._open[at] = open_online(config, log)
            return self._open[at]

    def close(self) -> None:
        """Close them all; whoever asks for one afterwards gets a new one."""
        with self._lock:
            doors, self._open = list(self._open.values()), {}
        for door in doors:
            door.close()


class KeptAnswers:
    """Answers from the log of an earlier run, or of a folder of batch files, and nothing else."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def begin(self, call: Call) -> Future[Reply]:
        """Return the reply in the log, or a failed one that says there is none."""
        missing = Reply(key=call.key, status="failed", why="replay: this question is not in the log")
        return _tried(lambda: _done(self.answers.reply(call.key) or missing))

    def close(self) -> None:
        """Do nothing: there is nobody to let go of."""


class _Shared:
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
        return _tried(lambda: self._found(call) or self._asked(call, ask))

    def _found(self, call: Call) -> Future[Reply] | None:
        known = self._answers.reply(call.key)
        return None if known is None else _done(known)

    def _asked(self, call: Call, ask: Callable[[Call], Future[Reply]]) -> Future[Reply]:
        with self._lock:
            if (begun := self._open.get(call.key)) is not None:
                return begun
            if len(self._open) >= self._most:
                why = f"endpoint: {len(self._open)} questions are under way already"
                return _done(Reply(key=call.key, status="failed", why=why))
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


class OnlineDoor:
    """Any `LLM` of one question at a time, as weights in this process, asked on a thread of its own."""

    def __init__(self, llm: LLM, answers: Answers, *, most: int = 8) -> None:
        self._llm = llm
        self._shared = _Shared(answers, most)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="llm")

    def begin(self, call: Call) -> Future[Reply]:
        """Return what will hold the reply."""
        return self._shared.begin(call, lambda call: self._thread.submit(self._llm.complete, call))

    def settle(self, seconds: float) -> bool:
        """Wait for what is under way; return whether all of it has ended."""
        return self._shared.settle(seconds)

    def close(self) -> None:
        """Let go of the thread; nobody is asked any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


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
        self._shared = _Shared(log, config.in_flight)
        self._lock = Lock()
        self._line: _Line | None = None
        self._left_alone: tuple[float, str] | None = None
        """Until when nobody is asked, and why."""
        self._closed = False

    def begin(self, call: Call) -> Future[Reply]:
        """Return what will hold the reply."""
        return self._shared.begin(call, self._ask)

    def settle(self, seconds: float) -> bool:
        """Wait for what is under way; return whether all of it has ended."""
        return self._shared.settle(seconds)

    def close(self) -> None:
        """End the thread; what is under way is noted in the log as interrupted, and nobody is asked any more."""
        with self._lock:
            line, self._line, self._closed = self._line, None, True
        if line is not None:
            line.close()

    def _ask(self, call: Call) -> Future[Reply]:
        with self._lock:
            if self._closed:
                return _done(Reply(key=call.key, status="failed", why="endpoint: closed"))
            if self._left_alone is not None:
                until, why = self._left_alone
                if self._clock() < until:
                    return _done(Reply(key=call.key, status="failed", why=f"endpoint: {why}"))
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


def _done(reply: Reply) -> Future[Reply]:
    begun: Future[Reply] = Future()
    begun.set_result(reply)
    return begun


def _tried(ask: Callable[[], Future[Reply]]) -> Future[Reply]:
    """Return what asking returns, or what holds the error: nobody who asks online is raised at."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  a broken log, weights that do not load, a thread that has ended
        begun: Future[Reply] = Future()
        begun.set_exception(error)
        return begun


def _named(error: Exception) -> str:
    """Return an error of ours in its own words, any other with its kind."""
    return str(error) if isinstance(error, IntentfeedError) else f"{type(error).__name__}: {error}"[:200]
