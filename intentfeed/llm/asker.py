"""Asks one question until there is an answer, or it is known why there will be none; all in the log, all paid for."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..errors import AnswerError, ConfigError, DataError, EndpointError
from .answer import Answer
from .budget import Budget, Hold, price_of, tokens_like
from .client import Call, LLMRole, Message, Reply, Status, Usage
from .limits import FIRST_WAIT_S, Outage, Pace, wait_s
from .log import AttemptKind, CallLog
from .turns import answer_of, json_of, salvaged, with_repair
from .wire import Spoken, Trouble, Wire, shown, whole_text

_NOTHING = Usage()
_TRIED_AGAIN = ("busy", "broken")
_TOO_FAST = 429
_QUEUE_DOUBLINGS = 3
_QUEUE_MOVES_S = 15.0
_GATEWAY = (502, 503, 504)
"""What a proxy says when the server behind it is not there."""


@dataclass
class Funds:
    """The budget of the run, and those of single roles beside it."""

    whole: Budget
    roles: Mapping[LLMRole, Budget] = field(default_factory=dict)

    def of(self, role: LLMRole) -> tuple[Budget, ...]:
        """Return the budgets that a role draws on."""
        return (self.whole, self.roles[role]) if role in self.roles else (self.whole,)

    def check(self) -> None:
        """Raise where there is nothing to begin with."""
        for budget in (self.whole, *self.roles.values()):
            budget.check()


@dataclass(frozen=True, slots=True)
class Heard:
    """What one attempt, or all of them, brought: an answer, or an error that teaches, or trouble."""

    text: str = ""
    answer: Answer | None = None
    error: AnswerError | None = None
    trouble: str = ""
    """Why nothing was said, as it stands in the reply."""
    turned_down: bool = False
    """The far end does not take this question."""
    final: bool = False
    """Asking again later is of no use."""


@dataclass
class Tally:
    """What the attempts at one call have cost so far."""

    begun: bool = False
    usage: Usage = _NOTHING


class Asker:
    """Asks one call after the other; what the calls in flight share stands here: pace, outage, budget, the log."""

    def __init__(
        self, wire: Wire, log: CallLog, funds: Funds, *, outage_s: float, first_wait_s: float = FIRST_WAIT_S
    ) -> None:
        self.config = config = wire.config
        self.log = log
        self.funds = funds
        self.wire = wire
        self.outage = Outage(outage_s)
        self._first_wait_s = first_wait_s
        self._requests = Pace(config.requests_per_minute)
        self._tokens = Pace(config.tokens_per_minute)
        self._freed = asyncio.Event()
        self._written: asyncio.Future[None] | None = None
        self._taken: set[str] = set()
        """Prompts that the far end has taken: what it then says against one question is about that one alone."""
        self._heard_at = -math.inf
        """When somebody last got through."""
        self._likeness = 1.0
        """Real tokens of a prompt for each one estimated."""

    async def reply(self, call: Call) -> Reply:
        """Return what came of a call, once it is in the log."""
        tally = Tally()
        try:
            reply = await self._asked(call, tally)
        finally:
            self.outage.leave(call.key)
        reply = replace(reply, usage=tally.usage)
        if tally.begun:
            self.log.finish(call, reply)
            await self._lasting()
        return reply

    async def _asked(self, call: Call, tally: Tally) -> Reply:
        """Ask, and where the answer is of no use, say once what was wrong with it (U44)."""
        first = await self.heard(call, call.messages, call.temperature, "first", tally)
        if first.answer is not None or first.error is None:
            return _reply(call, first)
        second = await self.heard(call, with_repair(call, first.error), 0.0, "repair", tally)
        if second.answer is not None:
            return _reply(call, second)
        whole = salvaged(call, (second.text, first.text))  # better eleven sound rows than none
        if whole is not None:
            return _reply(call, Heard(answer=whole))
        return _reply(call, first if second.turned_down else second)

    async def heard(
        self, call: Call, messages: Sequence[Message], temperature: float, kind: AttemptKind, tally: Tally
    ) -> Heard:
        """Return the first thing that the model says, through as many attempts as it takes and the config allows."""
        n_failed = n_queued = 0
        since = time.monotonic()
        while True:
            await self.outage.ended(call.key)
            if self.outage.gone:
                return Heard(trouble=f"endpoint: {self.outage.said_of(self.config.endpoint)}")
            hold = self._worth(call, messages)
            if why := await self._paid(call, hold):
                return Heard(trouble=f"budget: {why}")
            try:
                return await self._attempt(call, messages, temperature, kind, hold, tally)
            except Trouble as trouble:
                last = n_failed + 1 >= self.config.attempts
                if trouble.kind == "away" or (last and self._behind_a_proxy(trouble, since)):
                    await self.outage.hold(call.key, str(trouble))
                    continue
                self.outage.over()
                if trouble.kind not in _TRIED_AGAIN:
                    return self._turned_down(call, trouble)
                queued = self._only_queued(trouble, since)
                n_failed, n_queued = n_failed + (not queued), n_queued + queued
                if (last and not queued) or (trouble.wait_s or 0.0) > self.config.outage_s:
                    return Heard(trouble=f"endpoint: {trouble}, after {n_failed + n_queued} attempts")
                tries = n_failed + min(n_queued, _QUEUE_DOUBLINGS)
                await asyncio.sleep(wait_s(call.key, tries, told_s=trouble.wait_s, first_s=self._first_wait_s))
                kind = "retry"

    def _behind_a_proxy(self, trouble: Trouble, since: float) -> bool:
        """Return whether it looks as if nobody is behind a proxy: its errors, and nobody has got through meanwhile."""
        return trouble.http_status in _GATEWAY and self._heard_at < since

    def _only_queued(self, trouble: Trouble, since: float) -> bool:
        """Return whether we merely ask too fast: others get through, so it is our turn soon and no attempt is lost."""
        now = time.monotonic()
        lately = now - self._heard_at < _QUEUE_MOVES_S
        return trouble.http_status == _TOO_FAST and lately and now - since < self.config.outage_s

    async def _attempt(
        self,
        call: Call,
        messages: Sequence[Message],
        temperature: float,
        kind: AttemptKind,
        hold: Hold,
        tally: Tally,
    ) -> Heard:
        """Send one request and read what comes; in the log before it is sent, and again when it has ended."""
        usage, number, started = _NOTHING, 0, 0.0
        try:
            await asyncio.sleep(max(self._requests.take(), self._tokens.take(hold.tokens)))
            number, started = self.log.begin(call, kind), time.monotonic()
            tally.begun = True
            await self._lasting()
            spoken = await self.wire.ask(call, messages, temperature)
            usage = spoken.usage
            self._learn(call, messages, usage)
            heard = self._read(call, spoken)
            said = str(heard.error or "")
            self.log.end(number, http_status=spoken.http_status, usage=usage, text=spoken.text, error=said)
        except Trouble as trouble:
            if trouble.kind == "away":
                self.log.unsent(number)
            else:
                usage = Usage(n_attempts=1, seconds=time.monotonic() - started)
                self.log.end(number, http_status=trouble.http_status, usage=usage, text="", error=str(trouble))
            raise
        except asyncio.CancelledError:
            if number:
                usage = Usage(n_attempts=1, seconds=time.monotonic() - started)
                self.log.end(number, http_status=None, usage=usage, text="", error="interrupted")
            raise
        finally:
            self._settle(call, hold, usage)
            tally.usage += usage
        self.outage.over()
        return heard

    def _read(self, call: Call, spoken: Spoken) -> Heard:
        try:
            answer = answer_of(call, spoken.text, cut=spoken.cut)
        except AnswerError as error:
            # A model may put half a character into a key, and so into what is said of it; no wire would take that.
            said, answer_, repair = (whole_text(text) for text in (str(error), error.answer, error.repair))
            return Heard(text=spoken.text, error=AnswerError(said, answer=answer_, repair=repair))
        return Heard(answer=answer)

    def _turned_down(self, call: Call, trouble: Trouble) -> Heard:
        """Return that this question cannot be asked here; where no question of its kind could, that ends the run."""
        if trouble.kind == "filtered":
            return Heard(trouble=f"filtered: {trouble}", turned_down=True, final=True)
        if call.prompt_id in self._taken:
            return Heard(trouble=f"{trouble.kind}: {trouble}", turned_down=True)
        if trouble.kind == "context":
            n_in = sum(tokens_like(message.content) for message in call.messages)
            raise ConfigError(
                f"the window of {call.model} is too short for {call.prompt_id}, about {n_in:,} tokens and "
                f"{call.max_tokens:,} for the answer ({trouble}): start the server with a longer context, or shorten "
                "the digests"
            )
        raise EndpointError(f"{self.config.endpoint} does not take our requests: {trouble}")

    async def _paid(self, call: Call, hold: Hold) -> str:
        """Set aside what an attempt may cost, as soon as it fits beside those in flight; return why it never will."""
        budgets = self.funds.of(call.role)
        while not all(budget.fits(hold) for budget in budgets):
            if why := next((budget.used_up for budget in budgets if budget.used_up), ""):
                return why
            self._freed.clear()
            await self._freed.wait()
        for budget in budgets:
            budget.hold(hold)
        return ""

    def _settle(self, call: Call, hold: Hold, usage: Usage) -> None:
        for budget in self.funds.of(call.role):
            budget.settle(hold, usage)
        self._tokens.give_back(hold.tokens - usage.tokens_in - usage.tokens_out)
        self._freed.set()

    def _worth(self, call: Call, messages: Sequence[Message]) -> Hold:
        """Return what an attempt may cost at most: its prompt by estimate, its answer in full length."""
        n_in = int(self._likeness * sum(tokens_like(message.content) for message in messages)) + 1
        usd = price_of(self.config.price, tokens_in=n_in, tokens_out=call.max_tokens)
        return Hold(n_in + call.max_tokens, usd)

    def _learn(self, call: Call, messages: Sequence[Message], usage: Usage) -> None:
        self._heard_at = time.monotonic()
        self._taken.add(call.prompt_id)
        seen = usage.tokens_in / max(1, sum(tokens_like(message.content) for message in messages))
        self._likeness += 0.05 * (min(5.0, max(0.2, seen)) - self._likeness)

    async def _lasting(self) -> None:
        """Return once all that was written would survive a kill; calls of one turn of the loop share a commit."""
        if self._written is None:
            loop = asyncio.get_running_loop()
            self._written = loop.create_future()
            loop.call_soon(self._commit)
        await self._written

    def _commit(self) -> None:
        assert self._written is not None
        written, self._written = self._written, None
        try:
            self.log.commit()
        except DataError as error:  # raised where somebody waits for it: here it would be lost in the loop
            written.set_exception(error)
        else:
            written.set_result(None)


def _reply(call: Call, heard: Heard) -> Reply:
    if heard.answer is not None:
        return Reply(key=call.key, status="answered", text=json_of(heard.answer))
    if heard.error is not None:
        return Reply(key=call.key, status="refused", why=shown(f"answer: {heard.error}"))
    status: Status = "refused" if heard.final else "failed"
    return Reply(key=call.key, status=status, why=heard.trouble)
