"""One question through every fault of a real server process: what is tried again, repaired, salvaged, given up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from intentfeed.errors import ConfigError, EndpointError
from intentfeed.llm.answer import read_answer
from intentfeed.llm.client import Call
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from intentfeed.llm.scripted.process import ScriptedProcess
from tests.llm.questions import Rows, Verdict, question, questions

Scripted = Callable[..., ScriptedProcess]


@pytest.fixture
def log(tmp_path: Path) -> CallLog:
    return CallLog(tmp_path / "llm.sqlite")


def door(server: ScriptedProcess, log: CallLog, **settings: Any) -> EndpointLLM:
    return EndpointLLM(LLMConfig(**{"endpoint": server.url, "model": "scripted", "timeout_s": 10.0, **settings}), log)


def attempts(log: CallLog) -> list[tuple[str, int | None, str]]:
    with sqlite3.connect(log.path) as db:
        return db.execute("SELECT kind, http_status, error FROM attempts ORDER BY id").fetchall()


def agrees(log: CallLog, server: ScriptedProcess) -> None:
    """The ledger is the server's own account."""
    spent, counted = log.totals(), server.count()
    assert spent.n_attempts == counted["requests"]
    assert spent.tokens_in == counted["tokens_in"]
    assert spent.tokens_cached == counted["tokens_cached"]
    assert spent.tokens_out == counted["tokens_out"]


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("429", [("first", 429), ("retry", 200)]),
        ("500", [("first", 500), ("retry", 200)]),
        ("503", [("first", 503), ("retry", 200)]),
        ("drop", [("first", None), ("retry", 200)]),
        ("malformed", [("first", 200), ("repair", 200)]),
        ("schema", [("first", 200), ("repair", 200)]),
        ("cut", [("first", 200), ("repair", 200)]),
        ("prose", [("first", 200)]),
        ("nonsense", [("first", 200)]),
    ],
)
def test_one_fault_costs_one_more_attempt_at_most(scripted: Scripted, log: CallLog, fault: str, seen: list[Any]):
    server = scripted(fault_rate=1, faults=fault, most_faults=1)
    reply = door(server, log).complete(question(returns=Verdict))
    assert (reply.status, reply.why) == ("answered", "")
    assert read_answer(reply.text, Verdict).sure
    assert [(kind, status) for kind, status, _ in attempts(log)] == seen
    assert reply.usage.n_attempts == len(seen)
    agrees(log, server)


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_an_attempt_has_its_time_and_no_more(scripted: Scripted, log: CallLog, fault: str):
    """Even where a byte comes every 50 ms, so that no timeout per read would ever end it."""
    server = scripted(fault_rate=1, faults=fault, most_faults=1, drip_ms=50)
    reply = door(server, log, timeout_s=0.7).complete(question())
    assert reply.status == "answered"
    assert [kind for kind, _, _ in attempts(log)] == ["first", "retry"]
    assert "no answer within 0.7 s" in attempts(log)[0][2]
    assert 0.7 <= reply.usage.seconds < 5.0
    agrees(log, server)


def test_of_an_answer_cut_off_the_whole_rows_are_kept_at_once(scripted: Scripted, log: CallLog):
    server = scripted(fault_rate=1, faults="cut", most_faults=1)
    reply = door(server, log).complete(question())
    assert reply.status == "answered"
    assert len(read_answer(reply.text, Rows).rows) == 1
    assert reply.usage.n_attempts == 1


def test_bounds_decide_what_is_enough(scripted: Scripted, log: CallLog):
    server = scripted(fault_rate=1, faults="cut", most_faults=1)
    reply = door(server, log).complete(question(bounds={"at_least": 2}))
    assert len(read_answer(reply.text, Rows).rows) == 2
    assert [kind for kind, _, _ in attempts(log)] == ["first", "repair"]


def test_the_repair_teaches_and_is_the_last_word(scripted: Scripted, log: CallLog):
    server = scripted()
    reply = door(server, log).complete(question(bounds={"at_least": 3}))
    assert reply.status == "refused"
    assert (
        reply.why
        == "answer: the answer does not fit Rows: at the whole answer: there are 2 rows where 3 were asked for"
    )
    assert [kind for kind, _, _ in attempts(log)] == ["first", "repair"]
    # The second request held the bad answer and the lesson beside the question.
    with sqlite3.connect(log.path) as db:
        first, second = (n for (n,) in db.execute("SELECT tokens_in FROM attempts ORDER BY id"))
    assert second > first + 20
    assert door(server, log).complete(question(bounds={"at_least": 3})).status == "refused"
    assert server.count()["requests"] == 2  # it is final: nobody is asked a third time


def test_after_a_useless_repair_what_is_whole_of_either_is_kept(scripted: Scripted, log: CallLog):
    """The first was malformed behind its rows, the second cut; the rows of one of them are sound."""
    server = scripted(fault_rate=1, faults="cut")
    reply = door(server, log).complete(question())
    assert reply.status == "answered"
    server = scripted(fault_rate=1, faults="malformed")
    assert door(server, log).complete(question(1)).status == "refused"


def test_the_far_ends_faults_end_with_the_attempts(scripted: Scripted, log: CallLog):
    server = scripted(fault_rate=1, faults="500")
    reply = door(server, log, attempts=2).complete(question())
    assert (reply.status, reply.is_final) == ("failed", False)
    assert reply.why == "endpoint: HTTP 500: The server had an error, after 2 attempts"
    assert server.count()["requests"] == 2
    agrees(log, server)
    server.stop()
    good = scripted()
    assert door(good, log).complete(question()).status == "answered"  # a later run asks again
    assert [kind for kind, _, _ in attempts(log)] == ["first", "retry", "first"]


def test_attempts_are_counted_anew_for_the_repair(scripted: Scripted, log: CallLog):
    server = scripted(fault_rate=1, faults="malformed", most_faults=1)
    reply = door(server, log, attempts=1).complete(question(returns=Verdict))
    assert reply.status == "answered"


def test_a_429_is_obeyed(scripted: Scripted, log: CallLog):
    server = scripted(fault_rate=1, faults="429", most_faults=2, retry_after="0.6")
    assert door(server, log).complete(question()).status == "answered"
    with sqlite3.connect(log.path) as db:
        at = [started for (started,) in db.execute("SELECT started FROM attempts ORDER BY id")]
    assert all(later - earlier >= 0.6 for earlier, later in pairwise(at))


@pytest.mark.parametrize("told", ["86400", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_who_is_sent_away_for_a_day_does_not_wait(scripted: Scripted, log: CallLog, told: str):
    server = scripted(fault_rate=1, faults="429", retry_after=told)
    reply = door(server, log, outage_s=5.0).complete(question())
    assert reply.status == "failed"
    assert reply.why.startswith("endpoint: HTTP 429")
    assert server.count()["requests"] == 1


def test_a_proxy_without_its_server_is_waited_for(scripted: Scripted, log: CallLog):
    """503 beyond the attempts: nobody has got through, so it is an outage and not this question's fault."""
    server = scripted(fault_rate=1, faults="503", most_faults=8)
    replies = list(door(server, log, attempts=2, in_flight=3, outage_s=60.0).complete_many(questions(6)))
    assert {reply.status for reply in replies} == {"answered"}
    agrees(log, server)


def test_a_prompt_beyond_the_window_ends_the_run_where_none_fits(scripted: Scripted, log: CallLog):
    server = scripted(context=300)
    with pytest.raises(ConfigError, match=r"the window of scripted is too short for test\.rows, .* longer context"):
        door(server, log).complete(question())


def test_a_prompt_beyond_the_window_fails_alone_where_others_fit(scripted: Scripted, log: CallLog):
    server = scripted(context=700)
    llm = door(server, log)
    assert llm.complete(question()).status == "answered"
    calls = [question(1), question(2, max_tokens=5_000), question(3)]
    ended = {reply.key: reply for reply in llm.complete_many(calls)}
    assert [ended[call.key].status for call in calls] in (["answered", "failed", "answered"],)
    assert ended[calls[1].key].why.startswith("context: ")


def test_a_repair_beyond_the_window_is_no_fault_of_the_endpoint(scripted: Scripted, log: CallLog):
    """The first question ever: it fits, its repair, which is longer, does not."""
    call = question(bounds={"at_least": 3})
    fits = door(scripted(), log).complete(question(1)).usage.tokens_in + call.max_tokens
    reply = door(scripted(context=fits + 4), CallLog(log.path.with_name("other.sqlite"))).complete(call)
    assert reply.status == "refused"
    assert "there are 2 rows where 3 were asked for" in reply.why


def test_a_changed_key_ends_the_run_and_keeps_what_is_there(scripted: Scripted, log: CallLog):
    server = scripted()

    def asking() -> Iterator[Call]:
        for call in questions(200):
            if call.subject == "user12":
                server.stop()
                server.arguments["key"] = "another"
                server.start()
            yield call

    with pytest.raises(EndpointError, match="turns away a request without a key"):
        list(door(server, log, in_flight=2).complete_many(asking()))
    kept = 200 - len(log.missing(call.key for call in questions(200)))
    assert 8 <= kept <= 12
