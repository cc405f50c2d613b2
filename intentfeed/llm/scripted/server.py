"""The HTTP side of the scripted endpoint: /v1/models, /v1/chat/completions, and /count, its own account of it all."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from .answers import speak
from .faults import Dice, Fault, spoil

MAX_BODY_BYTES = 16_000_000
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 413: "Too Large", 429: "Slow Down",
            500: "Internal Error", 503: "Unavailable"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How the endpoint behaves."""

    dice: Dice = field(default_factory=lambda: Dice(0.0, (), 0))
    model: str = "scripted"
    key: str = ""
    """Only who sends this key is served; '' serves everybody."""
    latency_s: float = 0.0
    context: int = 0
    """Window of the model in tokens; 0 means endless, and then it is not told."""
    schemas: str = "strict"
    """`strict`: follows the JSON schema; `refuse`: 400, as a server without them; `ignore`: answers in prose."""
    retry_after: str = "0.05"
    """What a 429 says of when to come again."""
    drip_s: float = 0.2
    """Between two bytes of a drip."""
    per_second: int = 0
    """More requests than that within a second get a 429 that does not say when to come again; 0 takes them all."""
    most_faults: int = 2**31
    """After so many it behaves."""
    reasoning: bool = False
    """Refuses `max_tokens` and `temperature`, as hosted reasoning models do."""


@dataclass
class Account:
    """What the server saw and gave: the truth that a ledger is held against."""

    requests: int = 0
    answered: int = 0
    """Answers that were sent whole, good or bad; these carry usage."""
    answered_again: int = 0
    """Of them, those whose very question had been given a good answer before."""
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    most_at_once: int = 0
    by_fault: Counter[str] = field(default_factory=Counter)


class Endpoint:
    """Answers requests; keeps no text, only hashes and counts."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.account = Account()
        self._seen: Counter[bytes] = Counter()
        self._well_answered: set[bytes] = set()
        self._cached: set[int] = set()
        self._at_once = 0
        self._taken: deque[float] = deque([float("-inf")] * manners.per_second)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side closes it."""
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # whoever breaks off or sends no HTTP is let go
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.strip().lower(): text.strip() for name, _, text in (line.partition(":") for line in head[1:])}
        length = int(headers.get("content-length", "0"))
        if length > MAX_BODY_BYTES:
            await _send(writer, 413, _error("the request is too large"))
            return False
        body = await reader.readexactly(length)
        route = (method, path.partition("?")[0].rstrip("/"))
        if route == ("GET", "/count"):
            await _send(writer, 200, vars(self.account))
        elif self.manners.key and headers.get("authorization") != f"Bearer {self.manners.key}":
            await _send(writer, 401, _error("Incorrect API key provided", code="invalid_api_key"))
        elif route == ("GET", "/v1/models"):
            await _send(writer, 200, self._models())
        elif route == ("POST", "/v1/chat/completions"):
            return await self._chat(body, reader, writer)
        else:
            await _send(writer, 404, _error("Not Found"))
        return True

    def _models(self) -> dict[str, Any]:
        model: dict[str, Any] = {"id": self.manners.model, "object": "model", "created": 0, "owned_by": "intentfeed"}
        if self.manners.context:
            model["max_model_len"] = self.manners.context
        return {"object": "list", "data": [model]}

    async def _chat(self, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        account = self.account
        account.requests += 1
        self._at_once += 1
        account.most_at_once = max(account.most_at_once, self._at_once)
        try:
            digest = blake2b(body, digest_size=16).digest()
            fault = self.manners.dice.draw(body, self._seen[digest])
            fault = fault if account.by_fault.total() < self.manners.most_faults else None
            self._seen[digest] += 1
            if fault:
                account.by_fault[fault] += 1
            asked = _asked(body)
            if self.manners.latency_s:
                await asyncio.sleep(self.manners.latency_s)
            if (refusal := self._refusal(asked)) is not None:
                account.by_fault["refused"] += 1
                await _send(writer, *refusal)
                return True
            return await self._answer(asked, digest, fault, reader, writer)
        finally:
            self._at_once -= 1

    def _refusal(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """Return the answer to what this endpoint does not do at all."""
        manners = self.manners
        if not asked:
            return 400, _error("The request must hold messages, each with a role and a content.")
        if manners.per_second and self._is_too_fast():
            return 429, _error("Rate limit reached", code="rate_limit_exceeded")
        if asked.get("model") != manners.model:
            return 404, _error(f"The model `{asked.get('model')}` does not exist.", code="model_not_found")
        if manners.reasoning and "max_tokens" in asked:
            said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
            return 400, _error(said, code="unsupported_parameter", param="max_tokens")
        if manners.reasoning and asked.get("temperature", 1) != 1:
            said = "Unsupported value: 'temperature' does not support it; only the default (1) is supported."
            return 400, _error(said, code="unsupported_value", param="temperature")
        if manners.schemas == "refuse" and asked.get("response_format", {}).get("type") == "json_schema":
            said = "'response_format' of type 'json_schema' is not supported by this server."
            return 400, _error(said, param="response_format")
        wanted = _tokens_of(asked["messages"]) + _max_tokens(asked)
        if manners.context and wanted > manners.context:
            said = f"This model's maximum context length is {manners.context} tokens. However, you requested {wanted}."
            return 400, _error(said, code="context_length_exceeded", param="messages")
        return None

    def _is_too_fast(self) -> bool:
        now = time.monotonic()
        if now - self._taken[0] < 1.0:
            return True
        self._taken.rotate(-1)
        self._taken[-1] = now
        return False

    async def _answer(
        self,
        asked: Mapping[str, Any],
        digest: bytes,
        fault: Fault | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        if fault == "429":
            said = _error("Rate limit reached", code="rate_limit_exceeded")
            await _send(writer, 429, said, retry_after=self.manners.retry_after)
        elif fault in ("500", "503"):
            await _send(writer, int(fault), _error("The server had an error"))
        elif fault == "hang":
            await reader.read(1)  # nothing comes, until the client goes away
            return False
        else:
            return await self._speak(asked, digest, fault, writer)
        return True

    async def _speak(
        self, asked: Mapping[str, Any], digest: bytes, fault: Fault | None, writer: asyncio.StreamWriter
    ) -> bool:
        messages = asked["messages"]
        system, user = (
            (messages[0]["content"], messages[1]["content"]) if len(messages) > 1 else ("", messages[0]["content"])
        )
        form = asked.get("response_format", {}).get("json_schema")
        if form is None or self.manners.schemas == "ignore":
            text, finish = "Well, that depends on what you mean.", "stop"
        else:
            answer = speak(form["name"], form["schema"], (system, user), nonsense=fault == "nonsense")
            text, finish = spoil(answer, fault)
        usage = self._usage(messages, text)
        said = _completion(asked["model"], text, finish, usage)
        if fault in ("drip", "drop"):
            if not await _drip(writer, said, self.manners.drip_s if fault == "drip" else None):
                return False
            self._book(digest, usage, well=True)  # somebody had the patience
            return True
        self._book(digest, usage, well=fault in (None, "prose", "nonsense"))
        await _send(writer, 200, said)
        return True

    def _usage(self, messages: list[dict[str, str]], text: str) -> dict[str, Any]:
        """Return usage by the server's own count; the first message is cached once it has been read."""
        known = hash_of(messages[0]["content"])
        cached = tokens(messages[0]["content"]) if known in self._cached else 0
        self._cached.add(known)
        n_in, n_out = _tokens_of(messages), tokens(text)
        details = {"cached_tokens": cached}
        return {"prompt_tokens": n_in, "completion_tokens": n_out, "total_tokens": n_in + n_out,
                "prompt_tokens_details": details}  # fmt: skip

    def _book(self, digest: bytes, usage: dict[str, Any], *, well: bool) -> None:
        account = self.account
        account.answered += 1
        account.answered_again += digest in self._well_answered
        account.tokens_in += usage["prompt_tokens"]
        account.tokens_cached += usage["prompt_tokens_details"]["cached_tokens"]
        account.tokens_out += usage["completion_tokens"]
        if well:
            self._well_answered.add(digest)


def _asked(body: bytes) -> dict[str, Any]:
    """Return the request; {} where it is none that can be answered."""
    try:
        asked = json.loads(body)
        return (
            asked if asked["messages"] and all(isinstance(each["content"], str) for each in asked["messages"]) else {}
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        return {}


def tokens(text: str) -> int:
    """Return the length of a text in this server's tokens: four bytes each."""
    return -(-len(text.encode()) // 4)


def hash_of(text: str) -> int:
    """Return a number for a text, the same in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _tokens_of(messages: list[dict[str, str]]) -> int:
    return sum(tokens(message["content"]) + 4 for message in messages)


def _max_tokens(asked: Mapping[str, Any]) -> int:
    return int(asked.get("max_tokens") or asked.get("max_completion_tokens") or 0)


def _error(message: str, *, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": code, "param": param}}


def _completion(model: str, text: str, finish: str, usage: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text, "refusal": None}, "finish_reason": finish}
    return {"id": "scripted", "object": "chat.completion", "created": 0, "model": model, "choices": [choice],
            "usage": usage}  # fmt: skip


def _packed(status: int, said: Mapping[str, Any], retry_after: str = "") -> bytes:
    body = json.dumps(said, ensure_ascii=False).encode()
    more = f"retry-after: {retry_after}\r\n" if retry_after else ""
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-type: application/json\r\n{more}content-length: {len(body)}"
    )
    return f"{head}\r\n\r\n".encode() + body


async def _send(writer: asyncio.StreamWriter, status: int, said: Mapping[str, Any], *, retry_after: str = "") -> None:
    writer.write(_packed(status, said, retry_after))
    await writer.drain()


async def _drip(writer: asyncio.StreamWriter, said: Mapping[str, Any], every_s: float | None) -> bool:
    """Send an answer byte by byte, each in time for a reader that minds only silence; or break off in its middle."""
    packed = _packed(200, said)
    if every_s is None:
        writer.write(packed[: len(packed) // 2])
        await writer.drain()
        return False
    for at in range(len(packed)):
        writer.write(packed[at : at + 1])
        await writer.drain()
        await asyncio.sleep(every_s)
    return True
