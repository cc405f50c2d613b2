"""One request over the wire, and what may go wrong with it, sorted by what is to be done about it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.request import getproxies

import httpx2
import openai
from openai import AsyncOpenAI

from ..errors import ConfigError, EndpointError
from .budget import price_of, tokens_like
from .client import Call, Message, Usage
from .config import LLMConfig
from .turns import body_of, text_of

TroubleKind = Literal["away", "busy", "broken", "context", "filtered", "rejected"]
"""`away`: nobody is there. `busy` and `broken`: try again. The others: this question will never get an answer here."""

_RETRIED = {408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
_WINDOWS = ("max_model_len", "n_ctx", "context_length", "max_context_length", "context_window")
"""What servers call the model's window where they list it: vLLM and SGLang, others, hosted ones."""
_SCHEMAS = ("response_format", "json_schema")
_SHOWN = 300
_OFFERED = 8
_MANY = 2**40
_CODE = re.compile(r"^Error code: \d+( - )?")
CONNECT_S = 10.0
LANE_WIDTH = 4


class Trouble(Exception):  # noqa: N818
    """One attempt brought nothing; `wait_s` where the far end said when to come again."""

    def __init__(
        self, kind: TroubleKind, message: str, *, http_status: int | None = None, wait_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.http_status = http_status
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the model said in one attempt, and what that cost."""

    text: str
    cut: bool
    """It had not finished: `max_tokens` or the window was reached."""
    usage: Usage
    http_status: int = 200


@dataclass(slots=True)
class Dialect:
    """Which of the optional parts of a request this endpoint takes; learnt as it objects to them."""

    length: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True

    def learn(self, said: str) -> None:
        """Leave out, or call by its other name, what the endpoint objects to."""
        if "unsupported" in said.lower() or "not support" in said.lower():
            if "max_completion_tokens" in said:
                self.length = "max_completion_tokens"
            elif "temperature" in said:
                self.temperature = False


class Wire:
    """Talks to one OpenAI-compatible endpoint; an async context manager that holds its connections."""

    def __init__(self, config: LLMConfig, dialect: Dialect | None = None) -> None:
        self.config = config
        self.dialect = dialect or Dialect()
        self.offered: list[str] = []
        """Models that the endpoint lists, once it was asked for its `window`."""
        self._client = _client(config)

    async def __aenter__(self) -> Wire:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(self, call: Call, messages: Sequence[Message], temperature: float) -> Spoken:
        """Return what the model says.

        Raises:
            Trouble: this attempt failed.
            EndpointError, ConfigError: every attempt would.
        """
        started = time.monotonic()
        try:
            async with asyncio.timeout(self.config.timeout_s):  # a server that drips beats every timeout per read
                response = await self._post(call, messages, temperature)
        except (TimeoutError, openai.APITimeoutError) as error:
            if isinstance(error.__cause__, httpx2.ConnectTimeout):
                raise Trouble("away", "no connection in time") from error
            raise Trouble("busy", f"no answer within {self.config.timeout_s:g} s") from error
        except openai.APIStatusError as error:
            raise self._objection(error) from error
        except openai.APIConnectionError as error:
            cause = error.__cause__
            kind: TroubleKind = "away" if isinstance(cause, httpx2.ConnectError) else "broken"
            raise Trouble(kind, shown(f"{type(cause).__name__}: {cause}")) from error
        return _spoken(response, self.config, messages, time.monotonic() - started)

    async def window(self, model: str) -> int:
        """Return the model's window as the endpoint tells it; 0 where it does not. Notes which models it offers."""
        listed = await self._told("/models")
        models = listed.get("data")
        models = [each for each in models if isinstance(each, dict)] if isinstance(models, list) else []
        self.offered = sorted(str(each.get("id")) for each in models)
        for each in models:
            if each.get("owned_by") == "llamacpp":  # lists what the model was trained with, not what it was given
                given = (await self._told(str(httpx2.URL(self.config.endpoint).copy_with(path="/props")))).get(
                    "default_generation_settings"
                )
                return _count(given.get("n_ctx"), 0) if isinstance(given, dict) else 0
            if each.get("id") == model:
                return next((size for name in _WINDOWS if (size := _count(each.get(name), 0))), 0)
        return 0

    async def _told(self, path: str) -> dict[str, Any]:
        """Return the JSON object at a path, {} where there is none: not every server has it, and none needs to."""
        with contextlib.suppress(openai.APIError, TimeoutError, ValueError, RecursionError):
            async with asyncio.timeout(min(self.config.timeout_s, CONNECT_S)):
                told = (await self._client.get(path, cast_to=httpx2.Response)).json()
            return told if isinstance(told, dict) else {}
        return {}

    async def _post(self, call: Call, messages: Sequence[Message], temperature: float) -> httpx2.Response:
        """Post the request; once more without what the endpoint does not know."""
        while True:
            # Below the SDK's typed methods: those cost half of the throughput and check what we check anyway.
            sent, body = replace(self.dialect), self._body(call, messages, temperature)
            try:
                return await self._client.post("/chat/completions", cast_to=httpx2.Response, body=body)
            except openai.BadRequestError as error:
                self.dialect.learn(error.message)
                if self.dialect == sent:
                    raise

    def _body(self, call: Call, messages: Sequence[Message], temperature: float) -> dict[str, object]:
        body: dict[str, object] = body_of(call, messages, temperature=temperature)
        if not self.dialect.temperature:
            del body["temperature"]
        if self.dialect.length != "max_tokens":
            body[self.dialect.length] = body.pop("max_tokens")
        return body

    def _objection(self, error: openai.APIStatusError) -> Exception:
        """Return what an error status means for us."""
        status, code = error.status_code, str(error.code or "")
        said = shown(_CODE.sub("", error.message)).rstrip(".")
        config, low = self.config, f"{error.code} {error.message}".lower()
        if status in (401, 403):
            held = (
                "the key in" if os.environ.get(config.api_key_env) else "a request without a key, as there is none in"
            )
            return EndpointError(
                f"{config.endpoint} turns away {held} ${config.api_key_env} (HTTP {status}): set that variable to a "
                "key it accepts, or name another one in llm.api_key_env"
            )
        if code == "insufficient_quota" or status == 402:
            return EndpointError(f"{config.endpoint} says that the account has nothing left to spend: {said}")
        if status == 500 and any(word in low for word in _SCHEMAS):  # llama_cpp.server on a form it does not know
            return self._no_schemas(said)
        if status in _RETRIED:
            wait = _retry_after(error.response.headers)
            kind: TroubleKind = "busy" if status in (408, 425, 429) else "broken"
            return Trouble(kind, f"HTTP {status}: {said}", http_status=status, wait_s=wait)
        if status == 404:
            return self._not_found(low, said)
        if "content_filter" in low or "content management policy" in low:
            return Trouble("filtered", said, http_status=status)
        if "context" in low and any(word in low for word in ("length", "exceed", "maximum", "window", "size")):
            return Trouble("context", said, http_status=status)
        if any(word in low for word in (*_SCHEMAS, "structured output", "grammar")):
            return self._no_schemas(said)
        return Trouble("rejected", f"HTTP {status}: {said}", http_status=status)

    def _no_schemas(self, said: str) -> ConfigError:
        return ConfigError(
            f"{self.config.endpoint} does not answer by JSON schema with {self.config.model} ({said}): use a model and "
            "a server that support response_format json_schema, as vLLM, SGLang, llama.cpp and Ollama do"
        )

    def _not_found(self, low: str, said: str) -> Exception:
        endpoint = self.config.endpoint.rstrip("/")
        if "model" not in low:
            return EndpointError(
                f"{endpoint} has no /chat/completions (HTTP 404): llm.endpoint must be the base URL of an "
                "OpenAI-compatible server, which mostly ends in /v1"
            )
        choice = ", ".join(self.offered[:_OFFERED]) or f"one that {endpoint}/models lists"
        return ConfigError(f"{endpoint} has no model {self.config.model!r} ({said}): set llm.model to {choice}")


class _Lanes(httpx2.AsyncBaseTransport):
    """Several small pools of connections in turn: of one large pool, each request looks at every idle connection."""

    def __init__(self, n: int) -> None:
        context, limits = httpx2.create_ssl_context(), httpx2.Limits(max_connections=None)
        self._pools = [httpx2.AsyncHTTPTransport(verify=context, limits=limits) for _ in range(n)]
        self._turn = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._turn = (self._turn + 1) % len(self._pools)
        return await self._pools[self._turn].handle_async_request(request)

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


def _client(config: LLMConfig) -> AsyncOpenAI:
    key = os.environ.get(config.api_key_env, "").strip() or "none"
    if not key.isascii() or not key.isprintable():
        raise ConfigError(f"the key in ${config.api_key_env} holds characters that no key has: set it again")
    if not config.endpoint.startswith(("http://", "https://")) or not httpx2.URL(config.endpoint).host:
        raise ConfigError(
            f"llm.endpoint is {config.endpoint!r}, which is no web address: give the base URL of an OpenAI-compatible "
            "server, such as http://localhost:8000/v1"
        )
    proxied = bool(getproxies())  # a transport of our own would go past them
    limits = httpx2.Limits(max_connections=config.in_flight + 8, max_keepalive_connections=config.in_flight + 8)
    lanes = None if proxied else _Lanes(-(-config.in_flight // LANE_WIDTH))
    return AsyncOpenAI(
        base_url=config.endpoint,
        api_key=key,
        max_retries=0,
        timeout=httpx2.Timeout(config.timeout_s, connect=min(CONNECT_S, config.timeout_s)),
        http_client=openai.DefaultAsyncHttpxClient(limits=limits, transport=lanes),
    )


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Return for how long the far end asks us to stay away, whichever way it says so."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        told = headers.get(name, "")
        with contextlib.suppress(ValueError):
            return min(max(0.0, float(told) * unit_s), 86_400.0)
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    return None


def _spoken(response: httpx2.Response, config: LLMConfig, messages: Sequence[Message], seconds: float) -> Spoken:
    """Return what a completion says; a server may leave out the usage, then it is estimated."""
    try:
        said = response.json()
        text, finish = text_of(said["choices"][0])
        used = said.get("usage") or {}
        details = used.get("prompt_tokens_details") or {}
        told = used.get("prompt_tokens"), details.get("cached_tokens"), used.get("completion_tokens")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        said_ = shown(response.text[:80])
        raise Trouble("broken", f"not a chat completion: {said_!r}", http_status=response.status_code) from error
    if finish == "content_filter":
        raise Trouble("filtered", "the endpoint's content filter stopped the answer", http_status=response.status_code)
    text = whole_text(text)
    tokens_in = _count(told[0], sum(tokens_like(each.content) for each in messages))
    cached, tokens_out = min(_count(told[1], 0), tokens_in), _count(told[2], tokens_like(text))
    cost = price_of(config.price, tokens_in=tokens_in, tokens_cached=cached, tokens_out=tokens_out)
    usage = Usage(
        n_attempts=1,
        tokens_in=tokens_in,
        tokens_cached=cached,
        tokens_out=tokens_out,
        cost_usd=cost,
        seconds=seconds,
    )
    return Spoken(text, finish == "length", usage, response.status_code)


def _count(told: object, estimated: int) -> int:
    """Return a number of tokens as the far end tells it, if it is one."""
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 <= told < _MANY else estimated


def shown(text: str) -> str:
    """Return a text of the far end as one short printable line, fit for a sentence of ours."""
    return "".join(each if each.isprintable() else " " for each in text[:_SHOWN]).strip()


def whole_text(text: str) -> str:
    """Return a text without halves of characters, which JSON can hold and no file or wire does."""
    return text.encode("utf-8", "replace").decode()
