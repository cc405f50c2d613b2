"""A far end that sends what no far end should: whatever comes, one question fails, the run does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from intentfeed.errors import ConfigError
from intentfeed.llm.client import Reply
from intentfeed.llm.config import LLMConfig, PriceConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from tests.llm.questions import question
from tests.llm.serving import serving

GOOD = '{"rows": [{"word": "tent", "line": 1}]}'


def said(content: object, *, finish: str = "stop", usage: object = None, **message: object) -> bytes:
    choice = {"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def asked(url: str, folder: Path, **settings: Any) -> Reply:
    config = LLMConfig(**{"endpoint": url, "model": "m", "attempts": 1, "timeout_s": 10.0, **settings})
    return EndpointLLM(config, CallLog(folder / "llm.sqlite")).complete(question())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Welcome to nginx!</body></html>",
        b"null",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"choices": [{}], "usage": 3}',
        b'{"choices": [null], "usage": "much"}',
        b"[" * 100_000,
        b'{"choices": [{"message": {"content": "\xff\xfe"}}]}',
    ],
)
def test_what_is_no_completion_fails_one_question(tmp_path: Path, body: bytes):
    with serving(body) as url:
        reply = asked(url, tmp_path)
    assert reply.status in ("failed", "refused")
    assert reply.why.startswith(("endpoint: not a chat completion", "answer: the answer is empty"))
    assert reply.why.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        '{"rows": [], "\\udc00": 1}',
        '{"rows": [{"word": "x", "line": ' + "9" * 6_000 + "}]}",
        '{"rows": [{"word": "x", "line": NaN}]}',
        "[" * 50_000,
        '{"a":' * 50_000,
        "\x00\x1b[31mred\x1b[0m",
        "{" * 200_001,
    ],
)
def test_what_is_no_answer_is_repaired(tmp_path: Path, text: str):
    with serving(said(text), said(GOOD)) as url:
        reply = asked(url, tmp_path)
    assert (reply.status, reply.text) == ("answered", '{"rows":[{"word":"tent","line":1}]}')
    with serving(said(text)) as url:
        reply = asked(url, tmp_path / "again")
    assert reply.status == "refused"
    assert reply.why.isprintable()


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": -5, "completion_tokens": 2**80}, {"prompt_tokens": "9"}])
def test_usage_that_is_missing_or_odd_is_estimated(tmp_path: Path, usage: object):
    with serving(said(GOOD, usage=usage)) as url:
        reply = asked(url, tmp_path, price=PriceConfig(input=1.0, output=1.0))
    assert reply.status == "answered"
    assert 20 < reply.usage.tokens_in < 500
    assert 5 < reply.usage.tokens_out < 50
    assert reply.usage.cost_usd == pytest.approx((reply.usage.tokens_in + reply.usage.tokens_out) / 1e6)


def test_cached_tokens_are_no_more_than_there_are(tmp_path: Path):
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 999}}
    with serving(said(GOOD, usage=usage)) as url:
        assert asked(url, tmp_path).usage.tokens_cached == 10


def test_a_refusal_is_no_answer_and_a_filter_is_final(tmp_path: Path):
    with serving(said(None, refusal="I cannot help with that.")) as url:
        reply = asked(url, tmp_path)
        assert (reply.status, reply.usage.n_attempts) == ("refused", 2)
    with serving(said("", finish="content_filter")) as url:
        reply = asked(url, tmp_path / "filter")
    assert (reply.status, reply.usage.n_attempts) == ("refused", 1)
    assert reply.why.startswith("filtered: ")


def test_an_answer_in_parts_is_put_together(tmp_path: Path):
    with serving(said([{"type": "text", "text": GOOD[:12]}, {"type": "text", "text": GOOD[12:]}])) as url:
        assert asked(url, tmp_path).status == "answered"


def test_half_a_character_becomes_a_whole_one(tmp_path: Path):
    with serving(said('{"rows": [{"word": "\ud83d", "line": 1}]}')) as url:
        assert asked(url, tmp_path).text == '{"rows":[{"word":"?","line":1}]}'


def test_thoughts_before_the_answer_do_no_harm(tmp_path: Path):
    with serving(said('<think>{"rows": []} would be too few {…}</think>\n' + GOOD)) as url:
        assert asked(url, tmp_path).text == '{"rows":[{"word":"tent","line":1}]}'


@pytest.mark.parametrize("message", ["\x1b[2Jall is well", "a\nb\r\nc", "x" * 5_000, "\ud83d half", {"deep": ["odd"]}])
def test_what_an_error_says_is_shown_as_one_short_line(tmp_path: Path, message: object):
    with serving(json.dumps({"error": {"message": message}}).encode(), status=500) as url:
        reply = asked(url, tmp_path)
    assert reply.status == "failed"
    assert reply.why.isprintable()
    assert len(reply.why) < 400


@pytest.mark.parametrize("status", [400, 422, 500])
@pytest.mark.parametrize("said", ["Input should be 'text' in body.response_format.type", "unknown type json_schema"])
def test_a_server_without_schemas_is_named_whatever_its_status(tmp_path: Path, status: int, said: str):
    body = json.dumps({"error": {"message": said, "type": "internal_server_error"}}).encode()
    with serving(body, status=status) as url, pytest.raises(ConfigError, match="does not answer by JSON schema"):
        asked(url, tmp_path)
