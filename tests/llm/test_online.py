"""A question while a person waits, over a real server process: in time, late, equal, refused, gone and back again."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from intentfeed.errors import ConfigError
from intentfeed.llm.answer import Answer, read_answer
from intentfeed.llm.client import Call, Reply
from intentfeed.llm.config import BudgetConfig, LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.online import Doors, KeptAnswers, OnlineDoor, open_online, reply_within
from intentfeed.llm.online_endpoint import OnlineEndpoint
from intentfeed.llm.openai import EndpointLLM
from intentfeed.llm.scripted.process import ScriptedProcess
from tests.llm.questions import question
from tests.llm.serving import serving

Scripted = Callable[..., ScriptedProcess]


@pytest.fixture
def log(tmp_path: Path) -> CallLog:
    return CallLog(tmp_path / "llm.sqlite")


@pytest.fixture
def door(log: CallLog) -> Iterator[Callable[..., OnlineEndpoint]]:
    """Return what opens the door to a server; closed with the test."""
    opened: list[OnlineEndpoint] = []

    def open_it(url: str, again_s: float = 0.2, **settings: object) -> OnlineEndpoint:
        config = LLMConfig(endpoint=url, model="scripted", **settings)  # type: ignore[arg-type]
        opened.append(OnlineEndpoint(config, log, again_s=again_s))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


def ask(door: OnlineEndpoint, n: int = 0, seconds: float = 5.0):
    return reply_within(door.begin(question(n)), question(n), seconds)


def rows(log: CallLog) -> list[tuple[str, int]]:
    with sqlite3.connect(log.path) as db:
        return db.execute("SELECT status, n_attempts FROM calls ORDER BY asked").fetchall()


def test_an_answer_in_time_is_the_answer_and_equal_questions_are_asked_once(scripted: Scripted, log: CallLog, door):
    server = scripted()
    online = door(server.url)
    first = ask(online)
    assert first.status == "answered"
    again = ask(online)
    assert again.text == first.text
    assert ask(door(server.url)).text == first.text  # another process would find it, too
    assert server.count()["requests"] == 1
    assert log.totals().n_attempts == 1


def test_equal_questions_under_way_wait_for_the_same_answer(scripted: Scripted, door):
    server = scripted(latency_ms=300)
    online = door(server.url)
    begun = [online.begin(question(0)) for _ in range(5)]
    assert {reply_within(each, question(0), 5).status for each in begun} == {"answered"}
    assert server.count()["requests"] == 1


def test_connections_stay_open_between_questions(scripted: Scripted, door):
    online = door(scripted().url)
    ask(online)
    started = time.monotonic()
    assert all(ask(online, n).status == "answered" for n in range(1, 21))
    assert time.monotonic() - started < 10.0  # a fresh client for each would load certificates twenty times
    assert online._line is not None


def test_what_comes_late_is_not_waited_for_and_lands_in_the_log(scripted: Scripted, log: CallLog, door):
    online = door(scripted(latency_ms=700).url)
    started = time.monotonic()
    late = ask(online, seconds=0.1)
    assert time.monotonic() - started < 0.6
    assert (late.status, late.why) == ("failed", "time: no answer within 0.10 s")
    assert not late.is_final
    assert online.settle(10)
    assert rows(log) == [("answered", 1)]
    assert ask(online, seconds=0.1).status == "answered"


@pytest.mark.parametrize("fault", ["429", "500", "drop", "malformed", "schema", "prose"])
def test_one_fault_is_mended_within_the_time(scripted: Scripted, door, fault: str):
    server = scripted(fault_rate=1, faults=fault, most_faults=1)
    reply = ask(door(server.url), seconds=10)
    assert (reply.status, reply.why) == ("answered", "")
    assert server.count()["requests"] <= 2


def test_attempts_end_sooner_than_in_a_batch(scripted: Scripted, log: CallLog, door):
    server = scripted(fault_rate=1, faults="500")
    assert ask(door(server.url), seconds=20).why.startswith("endpoint: HTTP 500")
    assert server.count()["requests"] == 3


def test_who_is_gone_is_left_alone_and_asked_again_later(scripted: Scripted, door):
    server = scripted()
    online = door(server.url, again_s=0.5)
    server.stop()
    assert ask(online).why.startswith("endpoint: nobody answers")
    started = time.monotonic()
    assert "asked again after 0.5 s" in ask(online, 1).why
    assert time.monotonic() - started < 0.2
    server.start()
    time.sleep(0.6)
    assert ask(online, 1).status == "answered"


def test_a_wrong_key_is_told_and_nobody_is_raised_at(scripted: Scripted, door):
    online = door(scripted(key="right").url)
    assert "turns away" in ask(online).why
    assert "turns away" in ask(online, 1).why


def test_a_used_up_budget_is_told(scripted: Scripted, door):
    server = scripted()
    none = door(server.url, budget=BudgetConfig(tokens=0))
    assert ask(none).why.startswith("budget: llm.budget.tokens is 0")
    little = door(server.url, budget=BudgetConfig(tokens=1_000))
    assert [ask(little, n).status for n in range(10)][-1] == "failed"
    assert server.count()["requests"] < 10


def test_no_more_are_under_way_than_allowed(scripted: Scripted, door):
    online = door(scripted(latency_ms=400).url, in_flight=2)
    begun = [online.begin(question(n)) for n in range(3)]
    assert begun[2].result(0).why == "endpoint: 2 questions are under way already"
    assert all(reply_within(begun[n], question(n), 5).status == "answered" for n in range(2))


def test_closing_breaks_off_what_is_under_way(scripted: Scripted, log: CallLog):
    online = OnlineEndpoint(LLMConfig(endpoint=scripted(latency_ms=5_000).url, model="scripted"), log)
    online.begin(question(0))
    time.sleep(0.3)
    started = time.monotonic()
    online.close()
    assert time.monotonic() - started < 2
    with sqlite3.connect(log.path) as db:
        assert db.execute("SELECT error FROM attempts").fetchall() == [("interrupted",)]


def test_any_llm_is_asked_on_a_thread_of_its_own(scripted: Scripted, log: CallLog):
    server = scripted(latency_ms=200)
    config = LLMConfig(endpoint=server.url, model="scripted")
    online = OnlineDoor(EndpointLLM(config, log), log, most=3)
    begun = [online.begin(question(n)) for n in (0, 0, 1, 2, 3)]
    assert not begun[0].done()
    assert begun[4].result(0).why == "endpoint: 3 questions are under way already"
    assert [reply_within(each, question(0), 10).status for each in begun[:4]] == ["answered"] * 4
    assert online.settle(5)
    assert server.count()["requests"] == 3
    assert online.begin(question(0)).result(0).status == "answered"
    server.stop()
    gone = OnlineDoor(EndpointLLM(config.model_copy(update={"outage_s": 0.0}), log), log)
    assert reply_within(gone.begin(question(9)), question(9), 5).why.startswith("endpoint: nobody answers")
    online.close()
    gone.close()


class Free(Answer):
    """A text of any kind."""

    word: str


@pytest.mark.parametrize("word", ["\\ud800x", "\\udc00"])
def test_half_a_character_in_an_answer_breaks_nothing(door, word: str):
    choice = {"index": 0, "message": {"role": "assistant", "content": f'{{"word":"{word}"}}'}, "finish_reason": "stop"}
    call = question(returns=Free)
    with serving(json.dumps({"choices": [choice]}).encode()) as url:
        reply = reply_within(door(url).begin(call), call, 5)
    assert reply.status == "answered"
    assert read_answer(reply.text, Free).word.startswith("?")


def test_the_log_alone_answers_a_replay_and_a_folder(scripted: Scripted, log: CallLog, door, tmp_path: Path):
    ask(door(scripted().url))
    for endpoint in ("replay", str(tmp_path / "batches")):
        kept = open_online(LLMConfig(endpoint=endpoint, model="scripted"), log)
        assert isinstance(kept, KeptAnswers)
        assert kept.begin(question(0)).result(0).status == "answered"
        assert kept.begin(question(1)).result(0).why.startswith("replay:")


class Broken:
    """Fails as weights and libraries do: with an error that is none of ours."""

    def complete(self, call: Call) -> Reply:
        raise RuntimeError(f"out of memory over {call.role}")


class Asleep:
    """Takes its time."""

    def complete(self, call: Call) -> Reply:
        time.sleep(0.5)
        return Reply(key=call.key, status="answered")


def test_weights_that_fail_are_told_and_nobody_is_raised_at(log: CallLog):
    online = OnlineDoor(Broken(), log)
    failed = reply_within(online.begin(question(0)), question(0), 5)
    assert failed.why == "endpoint: RuntimeError: out of memory over miner"
    online.close()
    assert reply_within(online.begin(question(1)), question(1), 5).why.startswith("endpoint: RuntimeError: cannot")


def test_closing_tells_who_waits(scripted: Scripted, log: CallLog, door):
    weights = OnlineDoor(Asleep(), log)
    begun = [weights.begin(question(n)) for n in range(2)]
    weights.close()
    assert reply_within(begun[1], question(1), 5).why == "endpoint: closed before the answer came"
    online = door(scripted(latency_ms=5_000).url)
    begun = [online.begin(question(2))]
    time.sleep(0.3)
    online.close()
    assert reply_within(begun[0], question(2), 5).why == "endpoint: closed before the answer came"
    assert ask(online, 3).why == "endpoint: closed"


def test_a_damaged_log_is_told_and_nobody_is_raised_at(scripted: Scripted, tmp_path: Path):
    (tmp_path / "bad.sqlite").write_bytes(b"x" * 5_000)
    bad, cut = CallLog(tmp_path / "bad.sqlite"), CallLog(tmp_path / "cut.sqlite")
    cut.reply("any")
    with sqlite3.connect(cut.path) as db:
        db.execute("DROP TABLE calls")
    for damaged in (bad, cut):
        online = OnlineEndpoint(LLMConfig(endpoint=scripted().url, model="scripted"), damaged)
        for door in (online, KeptAnswers(damaged)):
            assert reply_within(door.begin(question(0)), question(0), 5).why.startswith("endpoint: ")
        online.close()


def test_a_door_is_opened_once_for_the_same_settings_and_log(scripted: Scripted, log: CallLog, tmp_path: Path):
    doors, server = Doors(), scripted()
    config = LLMConfig(endpoint=server.url, model="scripted", budget=BudgetConfig(tokens=1_000))
    one = doors.of(config, log)
    asked = [reply_within(one.begin(question(n)), question(n), 5).status for n in range(10)]
    assert asked[0] == "answered"
    assert asked[-1] == "failed"
    again = doors.of(config.model_copy(), CallLog(log.path))
    assert again is one
    assert reply_within(again.begin(question(11)), question(11), 5).why.startswith("budget: ")  # it does not begin anew
    assert doors.of(config.model_copy(update={"model": "other"}), log) is not one
    assert doors.of(config, CallLog(tmp_path / "another.sqlite")) is not one
    doors.close()
    assert reply_within(one.begin(question(12)), question(12), 5).why == "endpoint: closed"
    assert doors.of(config, log) is not one
    doors.close()


def test_a_model_must_be_named(log: CallLog):
    with pytest.raises(ConfigError, match="no model is named"):
        open_online(LLMConfig(endpoint="http://127.0.0.1:1/v1"), log)
