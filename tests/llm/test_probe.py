"""One tiny question before a run: every mistake of a user has one good sentence, before anything is spent."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from intentfeed.errors import BudgetError, ConfigError, EndpointError, IntentfeedError
from intentfeed.llm.config import BudgetConfig, LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from intentfeed.llm.probe import probe
from intentfeed.llm.scripted.process import ScriptedProcess
from tests.llm.questions import question
from tests.llm.serving import serving

Scripted = Callable[..., ScriptedProcess]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def config(url: str, **settings: Any) -> LLMConfig:
    return LLMConfig(**{"endpoint": url, "model": "scripted", "timeout_s": 5.0, "attempts": 3, **settings})


def free_port() -> int:
    with socket.socket() as probe_:
        probe_.bind(("127.0.0.1", 0))
        port: int = probe_.getsockname()[1]
        return port


def test_a_good_endpoint_costs_one_small_question(scripted: Scripted, tmp_path: Path):
    server, log = scripted(), CallLog(tmp_path / "llm.sqlite")
    found = probe(config(server.url), log)
    assert (found.model, found.window, found.usage.n_attempts) == ("scripted", 0, 1)
    assert found.usage.tokens_in < 200
    counted = server.count()
    assert (counted["requests"], counted["tokens_in"]) == (1, found.usage.tokens_in)
    assert [(row.role, row.n_answered) for row in log.ledger()] == [("probe", 1)]
    probe(config(server.url), log)
    assert server.count()["requests"] == 2  # the log does not answer for the endpoint


def test_the_window_is_what_the_endpoint_lists_or_the_user_says(scripted: Scripted):
    server = scripted(context=4_096)
    assert probe(config(server.url)).window == 4_096
    assert probe(config(server.url, context_tokens=2_048)).window == 2_048


READY = {"choices": [{"message": {"content": '{"ready": true}'}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    ("pages", "window"),
    [
        ({"/v1/models": {"data": [{"id": "other", "max_model_len": 9}, {"id": "m", "max_model_len": 8_192}]}}, 8_192),
        ({"/v1/models": {"data": [{"id": "m", "context_length": 131_072, "pricing": {}}]}}, 131_072),
        (
            {
                "/v1/models": {"data": [{"id": "a.gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 32_768}}]},
                "/props": {"default_generation_settings": {"n_ctx": 4_096}, "total_slots": 4},
            },
            4_096,
        ),
        ({"/v1/models": {"data": [{"id": "a.gguf", "owned_by": "llamacpp"}]}}, 0),
        ({"/v1/models": {"data": [{"id": "m", "max_model_len": "long"}, 3, None]}}, 0),
        ({"/v1/models": [1, 2]}, 0),
        ({"/v1/models": {"data": None}}, 0),
        ({}, 0),
    ],
)
def test_servers_tell_their_window_in_several_ways(pages: dict[str, object], window: int):
    with serving(json.dumps(READY).encode(), pages=pages) as url:
        assert probe(config(url, model="m")).window == window


@pytest.mark.parametrize(
    ("server", "settings", "kind", "said"),
    [
        ({"key": "right"}, {}, EndpointError,
         r"turns away a request without a key, as there is none in \$OPENAI_API_KEY \(HTTP 401\): set that variable"),
        ({}, {"model": "gpt-99"}, ConfigError,
         r"has no model 'gpt-99' \(The model `gpt-99` does not exist\): set llm\.model to scripted$"),
        ({"no_schema": True}, {}, ConfigError,
         r"does not answer by JSON schema with scripted \('response_format' .* is not supported by this server\)"),
        ({"ignore_schema": True}, {}, ConfigError,
         r"does not answer by JSON schema \(the answer is not JSON; it said 'Well, that depends"),
        ({"context": 100}, {}, ConfigError, r"the window of scripted is too short for probe, .* longer context"),
        ({}, {"budget": BudgetConfig(tokens=0)}, BudgetError,
         r"llm\.budget\.tokens is 0, so no question may be asked"),
        ({"fault_rate": 1, "faults": "500"}, {}, EndpointError, r"HTTP 500: The server had an error, after 3 attempts"),
        ({"fault_rate": 1, "faults": "hang"}, {"timeout_s": 0.2}, EndpointError, r"no answer within 0\.2 s"),
    ],
)  # fmt: skip
def test_each_mistake_has_one_sentence(
    scripted: Scripted, server: dict[str, Any], settings: dict[str, Any], kind: type[Exception], said: str
):
    with pytest.raises(kind, match=said) as caught:
        probe(config(scripted(**server).url, **settings))
    assert isinstance(caught.value, IntentfeedError)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_wrong_key_is_told_from_a_missing_one(scripted: Scripted, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    with pytest.raises(EndpointError, match=r"turns away the key in \$OPENAI_API_KEY \(HTTP 401\)") as caught:
        probe(config(scripted(key="right").url))
    assert "sk-wrong" not in str(caught.value)
    monkeypatch.setenv("OPENAI_API_KEY", "right")
    probe(config(scripted(key="right").url))


def test_a_key_that_no_header_takes_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "schlüssel\nzwei")
    with pytest.raises(ConfigError, match=r"the key in \$OPENAI_API_KEY holds characters"):
        probe(config("http://127.0.0.1:9/v1"))


def test_nobody_there_is_told_within_seconds():
    with pytest.raises(EndpointError, match=r"nobody answers at http://127\.0\.0\.1:\d+/v1 .* correct llm\.endpoint"):
        probe(config(f"http://127.0.0.1:{free_port()}/v1", outage_s=0.3))


def test_a_name_that_nobody_has_is_told():
    with pytest.raises(EndpointError, match=r"nobody answers at http://nowhere\.invalid/v1 \(ConnectError"):
        probe(config("http://nowhere.invalid/v1", outage_s=0.3))


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://here/v1", "http://", "https:///v1"])
def test_what_is_no_web_address_is_told(url: str):
    with pytest.raises(ConfigError, match="is no web address: give the base URL"):
        probe(config(url))


def test_a_base_url_without_its_v1_is_told(scripted: Scripted):
    with pytest.raises(EndpointError, match=r"has no /chat/completions \(HTTP 404\): .* mostly ends in /v1"):
        probe(config(scripted().url.removesuffix("/v1")))


def test_a_model_that_slips_is_asked_again(scripted: Scripted):
    server = scripted(fault_rate=1, faults="malformed,schema,500", most_faults=2)
    assert probe(config(server.url, attempts=4)).window == 0


def test_hosted_reasoning_models_get_what_they_take(scripted: Scripted, tmp_path: Path):
    server = scripted(reasoning=True)
    llm = EndpointLLM(config(server.url), CallLog(tmp_path / "llm.sqlite"))
    llm.probe()
    before = server.count()["requests"]
    assert llm.complete(question()).status == "answered"
    assert server.count()["requests"] == before + 1  # learnt once
