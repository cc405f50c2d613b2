"""Any OpenAI-compatible endpoint as an `LLM`: many questions in flight, none lost, none paid twice, no fault fatal."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Thread

from ..errors import ConfigError, DataError, EndpointError
from .asker import Asker, Funds
from .budget import Budget
from .client import Call, LLMRole, Reply, Usage
from .config import BudgetConfig, LLMConfig
from .log import CallLog
from .probe import Probed, probe_with
from .wire import Dialect, Wire

_NOTHING = Usage()
_NO_BUDGETS: Mapping[LLMRole, BudgetConfig] = {}


class EndpointLLM:
    """Answers calls by an OpenAI-compatible endpoint, through the log.

    What is in the log is not sent. `budgets` limits single roles, beside the whole run's `config.budget`; `spent` is
    what earlier runs have used of the latter. Each question has `config.attempts`, and as many for its one repair,
    while the far end is busy or breaks off; while nobody is there all calls wait, for `config.outage_s`.
    """

    def __init__(
        self,
        config: LLMConfig,
        log: CallLog,
        *,
        budgets: Mapping[LLMRole, BudgetConfig] = _NO_BUDGETS,
        spent: Usage = _NOTHING,
    ) -> None:
        if config.budget.usd and not (config.price.input or config.price.output):
            raise ConfigError(
                "llm.budget.usd is set, but tokens have no price: set llm.price.input and llm.price.output, in US "
                "dollars a million"
            )
        self.config = config
        self.log = log
        self.funds = Funds(
            Budget(config.budget, spent=spent),
            {role: Budget(each, name=f"the budget of the {role}:") for role, each in budgets.items()},
        )
        self._dialect = Dialect()
        self._outage_s = config.outage_s
        """After the endpoint stayed away once, it is not waited for again until it is back."""

    def probe(self) -> Probed:
        """Return what the endpoint is like, from one tiny question; ask it before a run.

        Raises:
            BudgetError: there is no budget to begin with.
            EndpointError: nobody is there, it turns us away, or it is no OpenAI-compatible server.
            ConfigError: the model is unknown, or it does not answer by schema.
        """
        self.funds.check()
        with ThreadPoolExecutor(1) as thread:  # not here: the caller may be inside an event loop, as in a notebook
            return thread.submit(asyncio.run, probe_with(self._wire(), self.log, self.funds)).result()

    def complete(self, call: Call) -> Reply:
        """Return what came of one call."""
        (reply,) = self.complete_many([call])
        return reply

    def complete_many(self, calls: Iterable[Call]) -> Iterator[Reply]:
        """Yield what came of each call, in the order in which they end; draws `calls` as there is room in flight.

        Every reply that is yielded is in the log. Calls that the budget or the endpoint did not allow come back
        `failed`, with why; the same run again asks only for those.

        Raises:
            BudgetError: there is no budget to begin with.
            EndpointError: the endpoint turns us away, or no answer can come from it.
            ConfigError: the model, the schema or the window does not do.
        """
        self.funds.check()
        return self._replies(calls)

    def _replies(self, calls: Iterable[Call]) -> Iterator[Reply]:
        """Draw and look up on this thread, ask on another: what is in flight goes on while the caller works."""
        open_: Counter[str] = Counter()
        source, drawn_all = iter(calls), False
        asker = Asker(self._wire(), self.log, self.funds, outage_s=self._outage_s)
        with _Session(asker) as session:
            while open_ or not drawn_all:
                room = not drawn_all and len(open_) < 2 * self.config.in_flight
                if room and (call := next(source, None)) is None:
                    drawn_all = True
                elif room and call is not None:
                    if (known := self.log.reply(call.key)) is not None:
                        yield known
                        continue
                    if call.key not in open_:
                        session.send(call)
                    open_[call.key] += 1
                if open_ and (reply := session.receive(wait=not room)) is not None:
                    self._outage_s = 0.0 if asker.outage.gone else self.config.outage_s
                    for _ in range(open_.pop(reply.key)):
                        yield reply

    def _wire(self) -> Wire:
        return Wire(self.config, self._dialect)


class _Session:
    """A thread with an event loop that asks what it is sent, for as long as the block lasts."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._loop = asyncio.new_event_loop()
        self._inbox: asyncio.Queue[Call] = asyncio.Queue()
        self._replies: SimpleQueue[Reply | None] = SimpleQueue()
        self._stop = asyncio.Event()
        self._error: BaseException | None = None
        # A daemon: a reader that is forgotten half-way must not keep the whole process from ending.
        self._thread = Thread(target=self._run, name="llm", daemon=True)

    def __enter__(self) -> _Session:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def send(self, call: Call) -> None:
        """Have a call asked."""
        self._loop.call_soon_threadsafe(self._inbox.put_nowait, call)

    def receive(self, *, wait: bool) -> Reply | None:
        """Return the next reply, or None where there is none yet; raises what made it impossible to go on."""
        try:
            reply = self._replies.get(block=wait)
        except Empty:
            return None
        if reply is None:
            raise self._error or EndpointError("the questions were interrupted: run the same command again to go on")
        return reply

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._error = self._loop.run_until_complete(self._ask_all())
        finally:
            self._replies.put(None)

    async def _ask_all(self) -> BaseException | None:
        """Let as many workers ask as may be in flight, until the block ends or one meets what nobody can mend."""
        async with self._asker.wire:
            workers = [asyncio.create_task(self._work()) for _ in range(self._asker.config.in_flight)]
            stop = asyncio.create_task(self._stop.wait())
            await asyncio.wait([stop, *workers], return_when=asyncio.FIRST_COMPLETED)
            for task in (stop, *workers):
                task.cancel()
            ended = await asyncio.gather(*workers, return_exceptions=True)
        try:
            self._asker.log.commit()
        except DataError as error:
            ended.append(error)
        self._asker.log.close()
        errors = (each for each in ended if not isinstance(each, asyncio.CancelledError))
        return next((each for each in errors if isinstance(each, BaseException)), None)

    async def _work(self) -> None:
        while True:
            self._replies.put(await self._asker.reply(await self._inbox.get()))
