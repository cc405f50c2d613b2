"""The wire and the schemas against inference servers that others wrote, with random weights made on the spot.

`llama-server` is looked for on the path, the two Python servers among what is installed. Random weights know nothing:
what comes back fits its schema only because the server made it, so the schemas are read as we mean them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from intentfeed.errors import ConfigError, EndpointError, IntentfeedError
from intentfeed.explain.answer import Explanations
from intentfeed.intents.answer import ItemTags
from intentfeed.interests.answer import MinedInterests
from intentfeed.judge.rubrics import Verdict
from intentfeed.llm.answer import Answer
from intentfeed.llm.client import Call, Message
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from intentfeed.shortening import ShortTexts
from tests.llm.tiny import save_tiny_gguf, save_tiny_model

N_CALLS = 100
KEY = "a key of our own"


class Found(Answer):
    word: str = Field(alias="词", min_length=1, max_length=12)
    kind: Literal["露营", "books"]
    lines: list[int] = Field(min_length=1, max_length=3)
    share: float | None


class Finds(Answer):
    thought: str = Field(max_length=20)
    rows: list[Found] = Field(max_length=3)
    sure: bool


def call_about(number: int, **changes: Any) -> Call:
    text = f"<behaviour>[1] 帐篷 {number}</behaviour>"
    asked: dict[str, Any] = {
        "role": "miner", "subject": f"u{number}", "model": "tiny", "prompt_id": "p", "prompt_version": 1,
        "prompt_hash": "h", "messages": (Message("system", "Say what you see. " * 8), Message("user", text)),
        "returns": Finds, "max_tokens": 900, "temperature": 0.8,
    }  # fmt: skip
    return Call(**(asked | changes))


def has(*modules: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in modules)


@contextmanager
def running(command: Callable[[int], list[str]], log: Path, waits_at: str) -> Iterator[str]:
    """Yield the address of a server process once it answers at a path."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "LLAMA_API_KEY": ""}
    with log.open("wb") as said:
        process = subprocess.Popen(command(port), stdout=said, stderr=subprocess.STDOUT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            if process.poll() is not None:
                raise AssertionError(f"the server ended:\n{log.read_text(errors='replace')[-2000:]}")
            try:
                urllib.request.urlopen(address + waits_at, timeout=1).close()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("llama-server")
    if program is None or not has("gguf", "tokenizers"):
        pytest.skip("llama-server is not on the path, or gguf and tokenizers are not installed")
    folder = tmp_path_factory.mktemp("llama")
    weights = save_tiny_gguf(folder / "tiny.gguf")
    common = ["-m", str(weights), "--alias", "tiny", "-c", "16384", "-np", "8", "-t", "1", "--metrics"]

    def command(port: int) -> list[str]:
        return [program, "--host", "127.0.0.1", "--port", str(port), "--api-key", KEY, *common]

    with running(command, folder / "log", "/health") as address:
        yield address


@pytest.fixture(scope="module")
def llama_cpp_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not has("llama_cpp", "uvicorn", "gguf", "tokenizers"):
        pytest.skip("llama-cpp-python[server], gguf or tokenizers is not installed")
    folder = tmp_path_factory.mktemp("llama")
    weights = save_tiny_gguf(folder / "tiny.gguf")
    fixed = ["--model", str(weights), "--model_alias", "tiny", "--n_ctx", "2048", "--verbose", "false"]

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", str(port), *fixed]

    with running(command, folder / "log", "/v1/models") as address:
        yield address


@pytest.fixture(scope="module")
def transformers_serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    if not has("transformers", "torch", "tokenizers", "fastapi", "uvicorn"):
        pytest.skip("transformers[serving] is not installed")
    folder = tmp_path_factory.mktemp("hf")
    weights = str(save_tiny_model(folder / "tiny"))
    program = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", weights]

    def command(port: int) -> list[str]:
        return [*program, "--host", "127.0.0.1", "--port", str(port)]

    with running(command, folder / "log", "/health") as address:
        yield address, weights


def door(address: str, folder: Path, **settings: Any) -> EndpointLLM:
    config = {"endpoint": f"{address}/v1", "model": "tiny", "in_flight": 8, "timeout_s": 60.0, "outage_s": 5.0}
    return EndpointLLM(LLMConfig(**(config | settings)), CallLog(folder / "llm.sqlite"))


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.mark.usefixtures("key")
def test_llama_cpp_follows_the_schema_and_counts_as_we_do(llama_server: str, tmp_path: Path):
    llm = door(llama_server, tmp_path)
    assert llm.probe().window == 2048
    replies = list(llm.complete_many(call_about(number) for number in range(N_CALLS)))
    assert [reply.status for reply in replies] == ["answered"] * N_CALLS
    assert {reply.usage.n_attempts for reply in replies} == {1}
    assert {row.kind for reply in replies for row in Finds.model_validate_json(reply.text).rows} == {"露营", "books"}
    request = urllib.request.Request(f"{llama_server}/metrics", headers={"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request) as told:
        lines = dict(line.rsplit(" ", 1) for line in told.read().decode().splitlines() if line.startswith("llamacpp:"))
    ours = llm.log.totals()
    assert int(lines["llamacpp:tokens_predicted_total"]) == ours.tokens_out
    assert int(lines["llamacpp:prompt_tokens_total"]) == ours.tokens_in - ours.tokens_cached
    assert ours.tokens_cached > 0.3 * ours.tokens_in


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("returns", [ShortTexts, MinedInterests, ItemTags, Explanations, Verdict])
def test_llama_cpp_takes_the_schema_of_every_role(llama_server: str, tmp_path: Path, returns: type[Answer]):
    """Random weights finish few of the big ones, and cite what does not exist; turned down is none."""
    llm = door(llama_server, tmp_path)
    replies = list(llm.complete_many(call_about(number, returns=returns, max_tokens=400) for number in range(4)))
    assert {reply.status for reply in replies} <= {"answered", "refused"}
    assert llm.log.totals().tokens_out > 4 * 10


def test_llama_cpp_turns_away_a_wrong_key(llama_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "wrong")
    with pytest.raises(EndpointError, match=r"turns away the key in \$OPENAI_API_KEY \(HTTP 401\)"):
        door(llama_server, tmp_path).probe()


@pytest.mark.usefixtures("key")
def test_llama_cpp_says_when_the_window_is_too_short(llama_server: str, tmp_path: Path):
    long = call_about(1, messages=(Message("system", "Say."), Message("user", "tent " * 3_000)))
    with pytest.raises(ConfigError, match="the window of tiny is too short for p"):
        door(llama_server, tmp_path).complete(long)


def test_llama_cpp_python_knows_no_schema_and_the_probe_says_so(llama_cpp_python: str, tmp_path: Path):
    """Its server takes `json_object` with a schema of its own, not the `json_schema` that everybody else takes."""
    with pytest.raises(IntentfeedError, match="json_schema"):
        door(llama_cpp_python, tmp_path).probe()


def test_transformers_serve_knows_no_schema_and_the_probe_says_so(transformers_serve: tuple[str, str], tmp_path: Path):
    address, model = transformers_serve
    with pytest.raises(IntentfeedError) as said:
        door(address, tmp_path, model=model).probe()
    assert "schema" in str(said.value) or "response_format" in str(said.value)
