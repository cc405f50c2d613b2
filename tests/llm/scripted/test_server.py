"""The scripted endpoint itself: what others are measured against must be right, repeatable, and account for itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from intentfeed.llm.answer import read_answer, schema_of
from intentfeed.llm.scripted.answers import ANSWERS, speak
from intentfeed.llm.scripted.faults import USUAL, Dice, spoil
from intentfeed.llm.scripted.process import ScriptedProcess
from tests.llm.questions import Rows, Verdict

Scripted = Callable[..., ScriptedProcess]


def post(server: ScriptedProcess, body: dict[str, Any], path: str = "/chat/completions") -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("POST", urlsplit(server.url).path + path, json.dumps(body))
    response = connection.getresponse()
    said: dict[str, Any] = json.loads(response.read())
    connection.close()
    return response.status, said


def body(text: str = "hello there") -> dict[str, Any]:
    schema = {"name": "Rows", "schema": schema_of(Rows), "strict": True}
    return {
        "model": "scripted",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "max_tokens": 100,
    }


def test_it_answers_under_the_schema_and_counts_its_tokens(scripted: Scripted):
    server = scripted()
    status, said = post(server, body("the tent, the stove"))
    assert status == 200
    assert [row.word for row in read_answer(said["choices"][0]["message"]["content"], Rows).rows] == ["tent", "stove"]
    again = post(server, body("a boat, a canoe"))[1]
    assert again["usage"]["prompt_tokens_details"]["cached_tokens"] == 3  # the system message, read before
    counted = server.count()
    assert counted["requests"] == counted["answered"] == 2
    for ours, theirs in (("tokens_in", "prompt_tokens"), ("tokens_out", "completion_tokens")):
        assert counted[ours] == said["usage"][theirs] + again["usage"][theirs]
    post(server, body("a boat, a canoe"))
    assert server.count()["answered_again"] == 1


@pytest.mark.parametrize("returns", [Rows, Verdict])
@pytest.mark.parametrize("nonsense", [False, True])
def test_any_schema_is_filled_in(returns: Any, nonsense: bool):
    said = speak("unknown", schema_of(returns), ("", "words of a prompt"), nonsense=nonsense)
    read_answer(json.dumps(said), returns)


def test_every_role_speaks_json_for_any_prompt():
    for role in ANSWERS.values():
        for said in (
            role.honest("", ""),
            role.nonsense("", ""),
            role.honest("x", "[1] a\n[2] b"),
            role.nonsense("x", "[1]"),
        ):
            assert json.loads(json.dumps(said)) == said


def test_dice_are_fair_and_repeatable():
    dice = Dice(0.3, USUAL, seed=1)
    drawn = [dice.draw(b"%d" % n, 0) for n in range(9_000)]
    assert drawn == [dice.draw(b"%d" % n, 0) for n in range(9_000)]
    assert 0.28 < sum(fault is not None for fault in drawn) / 9_000 < 0.32
    for fault in USUAL:
        assert 240 < drawn.count(fault) < 360
    assert drawn != [dice.draw(b"%d" % n, 1) for n in range(9_000)]  # a second try has a fate of its own
    assert drawn != [Dice(0.3, USUAL, seed=2).draw(b"%d" % n, 0) for n in range(9_000)]


@pytest.mark.parametrize("fault", ["cut", "malformed", "schema"])
def test_a_spoilt_answer_is_no_answer(fault: Any):
    text, finish = spoil({"words": ["tent", "stove"], "sure": True}, fault)
    with pytest.raises(ValueError, match="the answer"):
        read_answer(text, Verdict)
    assert (finish == "length") == (fault == "cut")


@pytest.mark.parametrize(
    "raw", [b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: x\r\n\r\n"]
)
def test_rubbish_on_the_wire_does_not_end_it(scripted: Scripted, raw: bytes):
    import socket

    server = scripted()
    with socket.create_connection((urlsplit(server.url).hostname or "", urlsplit(server.url).port or 0), 5) as rude:
        rude.sendall(raw)
        rude.shutdown(socket.SHUT_WR)
        rude.recv(1_000)
    assert post(server, body())[0] == 200


def test_a_body_that_is_no_request_is_told(scripted: Scripted):
    server = scripted()
    assert post(server, {"model": "scripted"})[0] == 400
    assert post(server, {}, path="/nowhere")[0] == 404
    assert post(server, body())[0] == 200
