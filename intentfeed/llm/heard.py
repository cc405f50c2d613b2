"""One line of an answers file: what was said, or why nothing was, and what the service objects to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .budget import price_of
from .client import Usage
from .config import PriceConfig
from .turns import text_of

_SENT = Usage(n_attempts=1)
_PASSING = {408, 409, 425, 429}
_WINDOW = re.compile(r"context|maximum.{0,20}length|too (long|many tokens)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quirks:
    """What a service has objected to, so that the next files leave it out."""

    length: bool = False
    """It wants `max_completion_tokens`, not `max_tokens`."""
    temperature: bool = False
    """It takes no temperature."""

    def bent(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body of a request without what the service objects to."""
        renamed = {"max_tokens": "max_completion_tokens"} if self.length else {}
        left = {"temperature"} if self.temperature else set()
        return {renamed.get(name, name): each for name, each in body.items() if name not in left}

    def and_those_of(self, said: str) -> Quirks:
        """Return these and what an objection adds to them."""
        low = said.lower()
        if "unsupported" not in low and "not support" not in low:
            return self
        return Quirks(self.length or "max_completion_tokens" in low, self.temperature or "temperature" in low)


@dataclass(frozen=True, slots=True)
class Heard:
    """One line of an answers file: a text, or a fault."""

    text: str = ""
    fault: str = ""
    """Why there is no text; '' where there is one."""
    again: bool = False
    """Whether the fault may pass."""
    cut: bool = False
    """The text had not come to its end."""
    status: int | None = None
    usage: Usage = _SENT


def heard(line: Mapping[str, Any], price: PriceConfig) -> Heard:
    """Return what a line of an answers file says."""
    response = line.get("response")
    response = response if isinstance(response, dict) else {}
    body = response.get("body", response)  # some writers leave the envelope out
    body = body if isinstance(body, dict) else {}
    status = response.get("status_code")
    status = status if isinstance(status, int) else None
    choices = body.get("choices")
    if isinstance(choices, list) and choices and (status is None or status == 200):
        text, finish = text_of(choices[0])
        usage = _usage(body.get("usage"), price)
        if finish == "content_filter":
            return Heard(fault="filtered: the content filter stopped the answer", status=200, usage=usage)
        return Heard(text=text, cut=finish == "length", status=200, usage=usage)
    said = _message(line.get("error")) or _message(body) or "no choices in the body"
    told = f"{f'HTTP {status}, ' if status else ''}{said}"[:300]
    if status == 400 and _WINDOW.search(told):
        return Heard(fault=f"context: {told}", status=status)
    passing = status is None or status in _PASSING or status >= 500 or status == 200
    again = passing or Quirks().and_those_of(told) != Quirks()
    return Heard(fault=f"endpoint: {told}", again=again, status=status)


def _message(error: object) -> str:
    if isinstance(error, str):
        return error
    if not isinstance(error, dict):
        return ""
    said = error.get("message") or error.get("error") or error.get("code")
    return _message(said)


def _usage(told: object, price: PriceConfig) -> Usage:
    counts = told if isinstance(told, dict) else {}
    details = counts.get("prompt_tokens_details")
    tokens_in, tokens_out = _count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens"))
    cached = min(_count(details.get("cached_tokens")) if isinstance(details, dict) else 0, tokens_in)
    cost = price_of(price, tokens_in=tokens_in, tokens_cached=cached, tokens_out=tokens_out)
    return Usage(n_attempts=1, tokens_in=tokens_in, tokens_cached=cached, tokens_out=tokens_out, cost_usd=cost)


def _count(told: object) -> int:
    return max(0, told) if isinstance(told, int) else 0
