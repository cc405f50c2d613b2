"""A line of an answers file is a text or a fault, and a fault passes or does not."""

from __future__ import annotations

from typing import Any

import pytest

from intentfeed.llm.config import PriceConfig
from intentfeed.llm.heard import Quirks, heard

PRICE = PriceConfig(input=1.0, cached=0.5, output=2.0)


def line(status: int = 200, **body: Any) -> dict[str, Any]:
    return {"custom_id": "x", "response": {"status_code": status, "body": body}}


def said(text: str, finish: str = "stop") -> list[dict[str, Any]]:
    return [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}]


def test_a_text_comes_with_what_it_cost() -> None:
    usage = {"prompt_tokens": 1_000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 5_000}}
    found = heard(line(choices=said("{}"), usage=usage), PRICE)
    assert (found.text, found.fault, found.cut) == ("{}", "", False)
    assert (found.usage.tokens_in, found.usage.tokens_cached, found.usage.tokens_out) == (1_000, 1_000, 100)
    assert found.usage.cost_usd == pytest.approx((1_000 * 0.5 + 100 * 2.0) / 1e6)
    assert heard(line(choices=said("{", "length")), PRICE).cut
    assert heard(line(choices=said("", "content_filter")), PRICE).fault.startswith("filtered: ")


@pytest.mark.parametrize(
    ("status", "told", "fault", "again"),
    [
        (429, "slow down", "endpoint: HTTP 429, slow down", True),
        (500, "oops", "endpoint: HTTP 500, oops", True),
        (401, "who are you", "endpoint: HTTP 401, who are you", False),
        (400, "maximum context length is 4096 tokens", "context: HTTP 400, maximum", False),
        (400, "'temperature' is not supported here", "endpoint: HTTP 400, 'temperature'", True),
    ],
)
def test_a_fault_is_told_and_asked_again_where_it_may_pass(status: int, told: str, fault: str, again: bool) -> None:
    found = heard(line(status, error={"message": told}), PRICE)
    assert found.fault.startswith(fault)
    assert (found.text, found.again, found.status) == ("", again, status)


def test_what_a_service_objects_to_is_left_out() -> None:
    body = {"model": "m", "max_tokens": 9, "temperature": 0.5}
    quirks = Quirks().and_those_of("Unsupported parameter: use 'max_completion_tokens' instead")
    assert quirks.bent(body) == {"model": "m", "max_completion_tokens": 9, "temperature": 0.5}
    both = quirks.and_those_of("'temperature' does not support 0.5")
    assert both.bent(body) == {"model": "m", "max_completion_tokens": 9}
    assert Quirks().and_those_of("temperature too hot").bent(body) == body
