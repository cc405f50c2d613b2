"""What a run asks a language model, wave by wave: each wave needs the answers of the one before.

Workers write the questions, this process has them answered, workers read the answers. No worker calls a model, and
what it makes of an answer depends on the answer alone: hence resume, replay, and batch files without further ado.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

from .config import Config, ThinkConfig
from .data.store import Store, fingerprint
from .errors import BudgetError, EndpointError
from .estimate import CountingLLM, Estimate
from .jobs import PartReport
from .llm.client import LLM, Call, LLMRole
from .llm.door import open_door
from .llm.log import CallLog, LedgerRow
from .roles import log_of
from .types import Executor

Work = TypeVar("Work")
Progress = Callable[[str, int, int], None]
LATER = "run the same command again to go on, no answer is paid for twice"


@dataclass
class Asking:
    """Has questions answered for one run, and counts what came of them."""

    llm: LLM
    log: CallLog
    config: ThinkConfig
    pool: Executor
    progress: Progress
    outcome: Counter[str] = field(default_factory=Counter)
    """Questions of this run by what came of them; those answered earlier are not among them."""
    why: Counter[str] = field(default_factory=Counter)
    """Questions without a usable answer, by the kind of fault."""
    spoke: Counter[str] = field(default_factory=Counter)
    """Who wrote the sentences of this run's explanations."""

    @property
    def is_estimate(self) -> bool:
        """Whether nobody is really asked."""
        return isinstance(self.llm, CountingLLM)

    def asks(self, role: LLMRole) -> bool:
        """Return whether the role thinks with the model."""
        return role in self.config.roles

    def ask(self, role: LLMRole, questions: Callable[[Work], list[Call]], work: Sequence[Work]) -> None:
        """Have every question of a wave answered that is open.

        Raises:
            BudgetError: the budget is used up, and the run is to stop then.
            EndpointError: the endpoint stays away, and the run is to stop then; or too few answers are of use.
            AnswersAwaited: the questions were written to batch files.
        """
        if self.asks(role):
            self.ask_all(role, chain.from_iterable(self.pool.map(questions, work)))

    def ask_all(self, role: LLMRole, calls: Iterable[Call]) -> None:
        """Have these questions answered; see `ask`."""
        found: Counter[str] = Counter()
        whys: dict[str, str] = {}
        for reply in self.llm.complete_many(_distinct(calls, found)):
            found[reply.status] += 1
            if reply.status != "answered":
                kind = reply.why.partition(":")[0]
                self.why[kind] += 1
                whys.setdefault(kind, reply.why)
            self.progress(f"ask {role}", found.total() - found["asked"], found["asked"])
        if self.is_estimate:
            return
        self.outcome += Counter({status: found[status] for status in ("answered", "refused", "failed")})
        self._judge(role, found, whys)

    def _judge(self, role: LLMRole, found: Counter[str], whys: dict[str, str]) -> None:
        """Stop the run where it was told to, or where hardly anybody was answered."""
        n, answered = found["asked"], found["answered"]
        told = f"{answered:,} of {n:,} questions to the {role} were answered"
        if self.config.on_fault == "stop" and found["failed"]:
            kind = "budget" if "budget" in whys else next(iter(whys))
            error = BudgetError if kind == "budget" else EndpointError
            raise error(f"{whys[kind]}; {told}: {LATER}")
        if n and "budget" not in whys and n - answered > self.config.max_fallback * n:
            raise EndpointError(
                f"only {told} ({next(iter(whys.values()))}): mend that or take another model, then {LATER}; "
                "llm.max_fallback says how many may fail"
            )

    def figures(self, reports: Iterable[PartReport]) -> dict[str, Any]:
        """Return what was asked in this run, what came of it, who spoke, and what all of it has cost so far."""
        spoke = Counter(self.spoke)
        for report in reports:
            spoke.update(report.spoke)
        return {
            "model": self.config.model,
            "questions": dict(self.outcome),
            "without_answer": dict(self.why),
            "spoke": dict(sorted(spoke.items())),
            "ledger": {row.role: _plain(row) for row in self.log.ledger()},
        }

    def estimate(self) -> Estimate | None:
        """Return what asking would cost, where nobody was really asked."""
        return self.llm.estimate() if isinstance(self.llm, CountingLLM) else None


def _plain(row: LedgerRow) -> dict[str, float]:
    usage = row.usage
    return {
        "questions": row.n_calls,
        "answered": row.n_answered,
        "attempts": usage.n_attempts,
        "tokens_in": usage.tokens_in,
        "tokens_cached": usage.tokens_cached,
        "tokens_out": usage.tokens_out,
        "cost_usd": round(usage.cost_usd, 6),
        "seconds": round(usage.seconds, 3),
    }


def _distinct(calls: Iterable[Call], found: Counter[str]) -> Iterator[Call]:
    seen: set[str] = set()
    for call in calls:
        if call.key not in seen:
            seen.add(call.key)
            found["asked"] += 1
            yield call


@contextmanager
def asking_through(
    store: Store, config: Config, pool: Executor, progress: Progress, *, estimate: bool = False
) -> Iterator[Asking | None]:
    """Yield who asks through the door that the settings name; None where they name none.

    Raises:
        EndpointError: there is nobody, the key or the model is wrong, or schemas are not supported.
        BudgetError: the budget is nothing.
    """
    if not config.llm.on:
        yield None
        return
    log = CallLog(log_of(store.root))
    llm = CountingLLM(config.llm, log) if estimate else open_door(config.llm, log)
    yield Asking(llm, log, config.llm, pool, progress)


def thought(print_: str, config: Config, log: CallLog) -> str:
    """Return the fingerprint of what is made with the answers that are there; `print_` itself where nobody is asked."""
    if not config.llm.on:
        return print_
    return fingerprint(print_, config.llm.bearing(), log.fingerprint(config.llm.roles))
