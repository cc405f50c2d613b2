"""Before spending: how many questions, how many tokens, what money and hours, from the prompts themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .data.tokens import TOKEN_RULE, count_tokens
from .llm.client import Call, LLMRole, Reply
from .llm.config import LLMConfig
from .llm.log import CallLog

TYPICAL_ROW: dict[LLMRole, tuple[str, int]] = {
    "shortener": ("items", 24),
    "miner": ("ask", 115),
    "tagger": ("ask", 53),
    "explainer": ("items", 90),
}
"""Which bound of a question says how many rows its answer has, and the tokens of a row, as a strong model answered on
three data sets; a log that has enough answers of a role knows better."""
AROUND_ROWS = 60
"""Tokens of an answer beside its rows."""
ENOUGH = 20
STREAM_TOKENS_PER_S = 40.0
"""Speed at which one answer is written, where the log knows no better: that of a hosted model of middling size."""


@dataclass
class RoleEstimate:
    """What one role would ask."""

    role: LLMRole
    n_calls: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    """Of these, what a prefix cache already holds: the fixed part, but for its first time."""
    tokens_out: int = 0
    longest: int = 0
    """Tokens of the longest prompt and its answer, which the model's window must hold."""


@dataclass(frozen=True)
class Estimate:
    """The price of a run, role by role; questions that the log can answer cost nothing and are not in it."""

    roles: tuple[RoleEstimate, ...]
    cost_usd: float
    hours: float
    n_known: int
    """Questions whose answers are there already."""
    token_rule: str = TOKEN_RULE

    @property
    def n_calls(self) -> int:
        """Questions in all."""
        return sum(role.n_calls for role in self.roles)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**asdict(self), "n_calls": self.n_calls, "roles": [asdict(role) for role in self.roles]}


class CountingLLM:
    """Stands where a model would, counts, and answers nothing: every role then goes on with the grounded backend."""

    def __init__(self, config: LLMConfig, log: CallLog) -> None:
        self.config, self.log = config, log
        self._roles: dict[LLMRole, RoleEstimate] = {}
        self._fixed: dict[str, int] = {}
        self._answer, self._speed = _measured(log)
        self.n_known = 0

    def complete(self, call: Call) -> Reply:
        """Return that nothing came of it."""
        known = self.log.reply(call.key)
        if known is not None:
            self.n_known += 1
            return known
        self._count(call)
        return Reply(key=call.key, status="failed", why="estimate: nobody was asked")

    def complete_many(self, calls: Iterable[Call]) -> Iterator[Reply]:
        """Yield for each call that nothing came of it."""
        yield from map(self.complete, calls)

    def _count(self, call: Call) -> None:
        at = self._roles.setdefault(call.role, RoleEstimate(call.role))
        fixed_text = call.messages[0].content
        is_new = fixed_text not in self._fixed
        fixed = self._fixed.setdefault(fixed_text, count_tokens(fixed_text))
        varying = sum(count_tokens(message.content) for message in call.messages[1:])
        answer = min(self._answer.get(call.role) or _typical(call), call.max_tokens)
        at.n_calls += 1
        at.tokens_in += fixed + varying
        at.tokens_cached += 0 if is_new else fixed
        at.tokens_out += answer
        at.longest = max(at.longest, fixed + varying + call.max_tokens)

    def estimate(self) -> Estimate:
        """Return what has been counted, priced."""
        roles, price, config = tuple(self._roles.values()), self.config.price, self.config
        n = sum(role.n_calls for role in roles)
        into, cached, out = (
            sum(getattr(role, name) for role in roles) for name in ("tokens_in", "tokens_cached", "tokens_out")
        )
        cost = ((into - cached) * price.input + cached * price.of_cached + out * price.output) / 1e6
        writing = out / self._speed / config.in_flight / 3600
        by_calls = n / config.requests_per_minute / 60 if config.requests_per_minute else 0.0
        by_tokens = (into + out) / config.tokens_per_minute / 60 if config.tokens_per_minute else 0.0
        return Estimate(roles, round(cost, 4), round(max(writing, by_calls, by_tokens), 4), self.n_known)


def _typical(call: Call) -> int:
    """Return the tokens that an answer usually has."""
    bound, tokens = TYPICAL_ROW.get(call.role, ("", 0))
    return AROUND_ROWS + tokens * int(call.bounds.get(bound, 1))


def _measured(log: CallLog) -> tuple[dict[LLMRole, int], float]:
    """Return tokens of an answer by role, and tokens a second of one stream, as the log knows them."""
    answer, speed = dict[LLMRole, int](), STREAM_TOKENS_PER_S
    written, seconds = 0, 0.0
    for row in log.ledger():
        if row.n_answered >= ENOUGH:
            answer[row.role] = round(row.usage.tokens_out / row.n_answered)
            written, seconds = written + row.usage.tokens_out, seconds + row.usage.seconds
    return answer, written / seconds if written and seconds else speed
