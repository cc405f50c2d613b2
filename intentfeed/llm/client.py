"""What is asked of a language model and what comes of it; the protocol of whoever answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

from .answer import Answer, schema_of

Language = Literal["en", "zh"]
"""Of prompts, and of what is written."""

LLMRole = Literal["shortener", "miner", "tagger", "explainer", "judge", "parser", "planner", "shopper", "probe"]
"""Who asks: the roles of RecGPT-V1, RecBot's parser, planner and simulated person, and the probe: can the endpoint do
what we need."""

Status = Literal["answered", "refused", "failed"]
"""`answered`: a valid answer is there. `refused`: the model spoke, twice, and nothing usable came; not asked again.
`failed`: nothing came (endpoint, budget, interrupt); a later run may ask again."""

REASONS = ("answer", "filtered", "budget", "endpoint", "context", "rejected", "replay", "batch", "time")
"""Why there is no answer: the model's answers are of no use, or its keeper withholds them; there is no budget, no
endpoint, no room for the prompt; the endpoint does not take the question; it is not in the log, or not in the files;
it did not come within the time that whoever asked could wait."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of what the model reads."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """One question, complete: equal questions have equal keys, so that none is paid twice. Small enough to pickle."""

    role: LLMRole
    subject: str
    """Whom or what it is about, for the ledger: a user id, an item id, a pair. Stays here; it is never sent."""
    model: str
    prompt_id: str
    prompt_version: int
    prompt_hash: str
    """Hash of the prompt file."""
    messages: tuple[Message, ...]
    """The fixed part first, as the system message, so that a server's prefix cache works."""
    returns: type[Answer]
    """What the answer must be; its class name is the name of the schema."""
    bounds: Mapping[str, Any] = field(default_factory=dict)
    """What validators of `returns` may look up in their context, as the number of lines that may be cited. JSON."""
    max_tokens: int
    temperature: float = 0.6

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema that the answer must follow."""
        return schema_of(self.returns)

    @cached_property
    def key(self) -> str:
        """Hash of everything that bears on the answer: 32 hexadecimal digits."""
        said = [[message.role, message.content] for message in self.messages]
        what = [self.model, said, self.schema, dict(self.bounds), self.max_tokens, self.temperature]
        packed = json.dumps(what, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.blake2b(packed.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What calls cost."""

    n_attempts: int = 0
    """Requests sent, repeated ones and repairs among them."""
    tokens_in: int = 0
    tokens_cached: int = 0
    """Of `tokens_in`, those that the server had in its prefix cache."""
    tokens_out: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            n_attempts=self.n_attempts + other.n_attempts,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_cached=self.tokens_cached + other.tokens_cached,
            tokens_out=self.tokens_out + other.tokens_out,
            cost_usd=self.cost_usd + other.cost_usd,
            seconds=self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a call."""

    key: str
    status: Status
    text: str = ""
    """The valid answer as JSON, whatever was around it taken away; '' unless answered."""
    why: str = ""
    """Why there is no answer: one of REASONS before a colon, then the detail; '' where there is one."""
    usage: Usage = Usage()

    @property
    def is_final(self) -> bool:
        """Whether asking again would be paying twice."""
        return self.status != "failed"


Asked = Callable[[int], None]
"""Told how many calls have come to an end."""


class LLM(Protocol):
    """Answers calls: an endpoint, a model in this process, a folder of batch files, or the log of an earlier run."""

    def complete(self, call: Call) -> Reply:
        """Return what came of one call."""
        ...

    def complete_many(self, calls: Iterable[Call]) -> Iterator[Reply]:
        """Yield what came of each call, in the order in which they end.

        Draws `calls` as it goes, so that memory stays flat. A call whose final reply is in the log is not sent.

        Raises:
            EndpointError: the far end cannot serve us at all, as with a wrong key.
            BudgetError: there is no budget to begin with.
        """
        ...


class Answers(Protocol):
    """Finds the replies that are there: what a worker reads, which never calls a model itself."""

    def reply(self, key: str) -> Reply | None:
        """Return what came of the call with this key; None where it was never asked, or failed."""
        ...
