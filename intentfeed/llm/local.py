"""A language model in this process: any folder of weights, answers that follow the schema, batch equal to single."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import AnswerError, ConfigError
from .answer import Answer
from .budget import Budget, Hold, price_of
from .client import Call, Message, Reply, Usage
from .config import LLMConfig
from .log import AttemptKind, CallLog
from .turns import answer_of, json_of, salvaged, with_repair

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .weights import Row, Weights

_PLACES = {"cpu": 8, "cuda": 32}
_WAITING = 8
"""Questions that wait for a batch, for each of its places: enough to fill nearly all places."""
_NOTHING = Usage()


@dataclass
class _Job:
    """A question, or its repair, on its way through the model."""

    call: Call
    messages: tuple[Message, ...]
    kind: AttemptKind
    temperature: float
    prompt: NDArray[np.int64]
    hold: Hold
    texts: list[str] = field(default_factory=list)
    """What was said before, latest first."""
    spent: Usage = _NOTHING


class LocalLLM:
    """Answers calls with the weights of a folder.

    A call gets the same answer whether it is alone or among others. The sums of a matrix product depend on its shape
    and on the place of a row in it, so both follow from the call itself: each batch has the same number of places, a
    prompt is padded to a length that follows from its own, and its key says which place it takes; places that stay
    empty are computed all the same. (A mixture of experts shapes its products by all rows: there it does not hold.)
    """

    def __init__(self, folder: Path, config: LLMConfig, log: CallLog, *, n_places: int | None = None) -> None:
        if not folder.is_dir():
            raise ConfigError(
                f"llm.endpoint is local:{folder}, and there is no such folder: name one that holds weights"
            )
        from .weights import Weights

        self.config, self.log = config, log
        self.weights: Weights = Weights(folder)
        self.window = min(self.weights.window, config.context_tokens or self.weights.window)
        self.n_places = n_places or min(_PLACES[self.weights.device], config.in_flight)
        self.budget = Budget(config.budget)
        self.n_batches = 0
        """Batches computed so far."""

    def complete(self, call: Call) -> Reply:
        """Return what came of one call."""
        (reply,) = self.complete_many([call])
        return reply

    def complete_many(self, calls: Iterable[Call]) -> Iterator[Reply]:
        """Yield what came of each call, in the order in which they end.

        Raises:
            BudgetError: there is no budget to begin with.
        """
        Budget(self.config.budget).check()
        return self._replies(calls)

    def _replies(self, calls: Iterable[Call]) -> Iterator[Reply]:
        waiting = _Waiting(self.n_places)
        try:
            for call in calls:
                if (known := self.log.reply(call.key)) is not None:
                    yield known
                else:
                    yield from self._enter(call, waiting)
                while waiting.n >= _WAITING * self.n_places:
                    yield from self._said(waiting)
            while waiting.n:
                yield from self._said(waiting)
        finally:
            self.log.commit()

    def _enter(self, call: Call, waiting: _Waiting) -> Iterator[Reply]:
        """Let a call wait for its batch; yield a failed reply where it cannot be asked."""
        job = self._job(call, call.messages, "first", call.temperature)
        if why := self._too_long(job):
            yield self._failed(job, why)
            return
        while not self.budget.fits(job.hold):
            if self.budget.used_up:
                yield self._failed(job, f"budget: {self.budget.used_up}")
                return
            yield from self._said(waiting)
        self._wait(job, waiting)

    def _said(self, waiting: _Waiting) -> Iterator[Reply]:
        """Compute a batch; yield what came of those calls that need no repair."""
        length, jobs = waiting.batch()
        rows, began = [self._row(job) for job in jobs], time.monotonic()
        attempts = [None if job is None else self.log.begin(job.call, job.kind) for job in jobs]
        self.weights.say(rows, length)
        self.n_batches += 1
        seconds = (time.monotonic() - began) / sum(job is not None for job in jobs)
        for job, row, attempt in zip(jobs, rows, attempts, strict=True):
            if job is not None and attempt is not None:
                yield from self._heard(job, row, attempt, seconds, waiting)
        self.log.commit()

    def _heard(self, job: _Job, row: Row, attempt: int, seconds: float, waiting: _Waiting) -> Iterator[Reply]:
        """Yield the reply that a text makes; where it is of no use, say once what was wrong with it (U44)."""
        call, text = job.call, self.weights.text(row)
        tokens_in, tokens_out = len(job.prompt), len(row.said)
        cost = price_of(self.config.price, tokens_in=tokens_in, tokens_out=tokens_out)
        usage = Usage(n_attempts=1, tokens_in=tokens_in, tokens_out=tokens_out, cost_usd=cost, seconds=seconds)
        self.budget.settle(job.hold, usage)
        job.spent += usage
        job.texts.insert(0, text)
        try:
            answer, problem = answer_of(call, text, cut=row.cut), None
        except AnswerError as error:
            answer, problem = None, error
        self.log.end(attempt, http_status=None, usage=usage, text=text, error=str(problem or ""))
        if problem is None or not self._repaired(job, problem, waiting):
            yield self._ended(job, answer or salvaged(call, job.texts), problem)

    def _repaired(self, job: _Job, problem: AnswerError, waiting: _Waiting) -> bool:
        """Return whether a useless answer gets a repair, and let it wait for its batch."""
        if job.kind == "repair":
            return False
        repair = self._job(job.call, with_repair(job.call, problem), "repair", 0.0)
        if self._too_long(repair) or not self.budget.fits(repair.hold):
            return False
        repair.texts, repair.spent = job.texts, job.spent
        self._wait(repair, waiting)
        return True

    def _ended(self, job: _Job, answer: Answer | None, problem: AnswerError | None) -> Reply:
        if answer is not None:
            reply = Reply(key=job.call.key, status="answered", text=json_of(answer), usage=job.spent)
        else:
            reply = Reply(key=job.call.key, status="refused", why=f"answer: {problem}", usage=job.spent)
        self.log.finish(job.call, reply)
        return reply

    def _failed(self, job: _Job, why: str) -> Reply:
        reply = Reply(key=job.call.key, status="failed", why=why)
        self.log.finish(job.call, reply)
        return reply

    def _job(self, call: Call, messages: tuple[Message, ...], kind: AttemptKind, temperature: float) -> _Job:
        prompt = self.weights.prompt(messages)
        usd = price_of(self.config.price, tokens_in=len(prompt), tokens_out=call.max_tokens)
        return _Job(call, messages, kind, temperature, prompt, Hold(len(prompt) + call.max_tokens, usd))

    def _too_long(self, job: _Job) -> str:
        """Return why a question does not fit into the window; '' where it does."""
        if len(job.prompt) + job.call.max_tokens < self.window:
            return ""
        return (
            f"context: {len(job.prompt):,} tokens of prompt and {job.call.max_tokens:,} of answer do not fit into the "
            f"window of {self.window:,}"
        )

    def _wait(self, job: _Job, waiting: _Waiting) -> None:
        self.budget.hold(job.hold)
        bucket = self.weights.bucket(len(job.prompt))
        length = max(len(job.prompt) + 1, min(bucket, self.window - job.call.max_tokens))
        waiting.add(job, length, place=int(job.call.key[:8], 16) % self.n_places)

    def _row(self, job: _Job | None) -> Row:
        """Return a row of a batch; an empty place has one, too, or the sums of the others would come out otherwise."""
        from .weights import Row

        if job is None:
            return Row(np.zeros(1, dtype=np.int64), None, 0, 0.0, np.random.default_rng(0))
        generator = np.random.default_rng(int(job.call.key, 16))
        matcher = self.weights.matcher(job.call.schema)
        return Row(job.prompt, matcher, job.call.max_tokens, job.temperature, generator)


class _Waiting:
    """Jobs that wait for a batch, by padded length and by the place that they take in it."""

    def __init__(self, n_places: int) -> None:
        self.n = 0
        self._n_places = n_places
        self._queues: dict[int, list[deque[_Job]]] = {}

    def add(self, job: _Job, length: int, *, place: int) -> None:
        """Let a job wait."""
        if length not in self._queues:
            self._queues[length] = [deque() for _ in range(self._n_places)]
        self._queues[length][place].append(job)
        self.n += 1

    def batch(self) -> tuple[int, list[_Job | None]]:
        """Return the jobs of the length that fills most places, one a place, with None for a place that stays empty."""
        length = min(self._queues, key=lambda each: (-sum(map(bool, self._queues[each])), each))
        queues = self._queues[length]
        jobs = [queue.popleft() if queue else None for queue in queues]
        self.n -= sum(job is not None for job in jobs)
        if not any(queues):
            del self._queues[length]
        return length, jobs
