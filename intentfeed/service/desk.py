"""Who is served when: one request a session at a time, equal requests once, computing beside the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from .config import ServiceConfig
from .metrics import Meters
from .refusal import Refusal, too_many
from .state import Answer, Conflict, State

Got = TypeVar("Got")
log = logging.getLogger("intentfeed.service")
AGAIN = 5
"""Times that work is done anew because another process wrote first."""


class Desk:
    """Lets requests to their work. Lives on the event loop; what it is given to do runs on threads."""

    def __init__(self, state: State, meters: Meters, config: ServiceConfig, n_workers: int) -> None:
        self._state, self._meters, self._config = state, meters, config
        self._turns: dict[tuple[str, ...], _Turn] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._working = ThreadPoolExecutor(n_workers, thread_name_prefix="feed")
        self._reading = ThreadPoolExecutor(2, thread_name_prefix="read")
        self._n_working = self._n_reading = 0

    async def read(self, look: Callable[..., Got], *given: Any) -> Got:
        """Return what a quick look into the state gives, not queueing behind feeds that are computed.

        Raises:
            Refusal: too many wait already.
        """
        self._check_room(self._n_reading)
        self._n_reading += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reading, look, *given)
        finally:
            self._n_reading -= 1

    async def work(self, do: Callable[..., Got], *given: Any) -> Got:
        """Return what work on a feed gives.

        Raises:
            Refusal: too many wait already.
        """
        self._check_room(self._n_working)
        self._n_working += 1
        self._meters.waiting.set(self._n_working)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._working, do, *given)
        finally:
            self._n_working -= 1
            self._meters.waiting.set(self._n_working)

    def _check_room(self, n_waiting: int) -> None:
        if n_waiting >= self._config.waiting:
            raise Refusal(
                503, "the service has more to do than it can", where="service", mend="try again in a moment",
                headers={"Retry-After": "1"},
            )  # fmt: skip

    async def aside(self, do: Callable[[], Got]) -> Got:
        """Return what something long gives that nobody waits for."""
        return await asyncio.to_thread(do)

    async def once(
        self, owner: str, key: str | None, asked: str, session_id: str, do: Callable[[], Answer]
    ) -> tuple[Answer, bool]:
        """Return (the answer, whether it had been given before).

        Requests with one key wait for each other, and the first one's answer is everybody's. Requests of one session
        take turns. `do` writes what it changes together with its answer.

        Raises:
            Refusal: the key was used for another request, or too many wait.
        """
        if key is None:
            async with self._turn("session", session_id):
                return await self._do(do), False
        async with self._turn("key", owner, key):
            found = await self.read(self._state.answer, owner, key)
            if found is None:
                async with self._turn("session", session_id):
                    try:
                        return await self._do(do), False
                    except Conflict:
                        found = await self.read(self._state.answer, owner, key)
                        if found is None:
                            raise
        if found.asked != asked:
            raise Refusal(
                409, "this key was used for another request", where="Idempotency-Key",
                mend="take a new key for each new request, and the same one to repeat it",
            )  # fmt: skip
        self._meters.replayed.inc()
        return found, True

    async def in_turn(self, session_id: str, do: Callable[[], Got]) -> Got:
        """Return what changing a session gives, done when those who asked before are through.

        Raises:
            Refusal: too many wait, or others change it again and again.
        """
        async with self._turn("session", session_id):
            return await self._do(do)

    async def _do(self, do: Callable[[], Got]) -> Got:
        """Do it, anew where another process has written first."""
        for _ in range(AGAIN - 1):
            try:
                return await self.work(do)
            except Conflict:
                continue
        try:
            return await self.work(do)
        except Conflict as error:
            raise Refusal(
                409, "this session is being changed by somebody else", where="session_id", mend="try again in a moment"
            ) from error

    def outlive(self, work: Coroutine[Any, Any, Got]) -> asyncio.Task[Got]:
        """Return a task that is finished even if whoever asked has gone away."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda done: None if done.cancelled() else done.exception())  # somebody has looked
        return task

    @asynccontextmanager
    async def _turn(self, *name: str) -> AsyncIterator[None]:
        turn = self._turns.setdefault(name, _Turn())
        if turn.n_waiting > self._config.waiting_per_session:
            raise too_many("too many requests wait for their turn here", where=name[0], wait_s=1)
        turn.n_waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.n_waiting -= 1
            if not turn.n_waiting:
                self._turns.pop(name, None)

    async def close(self) -> None:
        """Finish what was begun."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._config.stop_s)
        for pool in (self._working, self._reading):
            await asyncio.to_thread(pool.shutdown)


class _Turn:
    """A queue at one session or key."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.n_waiting = 0


async def every(seconds: float, do: Callable[[], Awaitable[None]], *, name: str, meters: Meters) -> None:
    """Do something again and again: whatever goes wrong once is told, counted, and tried again next time."""
    told = ""
    while True:
        await asyncio.sleep(seconds)
        try:
            await do()
        except Exception as error:  # a chore that ended would end in silence, and erasures with it
            meters.chores_failed.labels(name).inc()
            said = f"{type(error).__name__}: {error}"
            if said != told:  # what stays wrong is told once, not with every look
                log.exception("%s failed, and is tried again every %g s", name, seconds)
            told = said
        else:
            told = ""
