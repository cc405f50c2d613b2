"""Many questions at one server process: order, room, limits, budgets, faults by the hundred, kills and outages."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from intentfeed.errors import BudgetError, ConfigError
from intentfeed.llm.answer import read_answer
from intentfeed.llm.client import Call
from intentfeed.llm.config import BudgetConfig, LLMConfig, PriceConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from intentfeed.llm.scripted.process import ScriptedProcess
from tests.llm.questions import Rows, question, questions

Scripted = Callable[..., ScriptedProcess]


@pytest.fixture
def log(tmp_path: Path) -> CallLog:
    return CallLog(tmp_path / "llm.sqlite")


def door(server: ScriptedProcess, log: CallLog, **settings: Any) -> EndpointLLM:
    return EndpointLLM(LLMConfig(**{"endpoint": server.url, "model": "scripted", "timeout_s": 10.0, **settings}), log)


def test_every_question_gets_its_own_answer(scripted: Scripted, log: CallLog):
    server = scripted(latency_ms=2)
    replies = list(door(server, log).complete_many(questions(100)))
    assert Counter(reply.key for reply in replies) == Counter(call.key for call in questions(100))
    for call in questions(100):
        reply = log.reply(call.key)
        assert reply is not None
        said = {row.word for row in read_answer(reply.text, Rows).rows}
        assert said & {f"person{call.subject.removeprefix('user')}", "behaviour"}
    assert server.count()["requests"] == 100


def test_what_is_in_the_log_is_not_sent(scripted: Scripted, log: CallLog):
    server = scripted()
    first = {reply.key: reply.text for reply in door(server, log).complete_many(questions(30))}
    again = {reply.key: reply.text for reply in door(server, log).complete_many(questions(40))}
    assert {key: again[key] for key in first} == first
    assert server.count()["requests"] == 40


def test_equal_questions_are_sent_once_and_answered_each(scripted: Scripted, log: CallLog):
    server = scripted(latency_ms=20)
    calls = [question(n % 5) for n in range(50)]
    replies = list(door(server, log).complete_many(calls))
    assert Counter(reply.key for reply in replies) == Counter(call.key for call in calls)
    assert server.count()["requests"] == 5


def test_no_more_are_in_flight_or_drawn_than_allowed(scripted: Scripted, log: CallLog):
    server, drawn = scripted(latency_ms=30), []

    def drawing() -> Iterator[Call]:
        for call in questions(40):
            drawn.append(call)
            yield call

    replies = door(server, log, in_flight=4).complete_many(drawing())
    assert drawn == []
    next(replies)
    assert len(drawn) <= 8
    replies.close()
    assert server.count()["most_at_once"] == 4
    assert server.count()["requests"] <= 8


def test_slow_questions_do_not_keep_answers_back(scripted: Scripted, log: CallLog):
    drawn: list[Call] = []

    def drawing() -> Iterator[Call]:
        for call in questions(40):
            drawn.append(call)
            yield call
            time.sleep(0.05)

    replies = door(scripted(), log).complete_many(drawing())
    next(replies)
    assert len(drawn) < 30
    assert len(list(replies)) == 39


def test_requests_keep_to_the_pace(scripted: Scripted, log: CallLog):
    server = scripted()
    list(door(server, log, requests_per_minute=1_200).complete_many(questions(40)))  # 20 a second after the burst
    with sqlite3.connect(log.path) as db:
        started = [at for (at,) in db.execute("SELECT started FROM attempts ORDER BY started")]
    assert started[-1] - started[0] >= 0.9


def test_tokens_keep_to_the_pace(scripted: Scripted, log: CallLog):
    server = scripted()
    each = log_of_one(scripted, log)
    calls = [question(n, max_tokens=1) for n in range(1, 31)]
    list(door(server, log, tokens_per_minute=each * 600).complete_many(calls))  # ten a second after the burst
    with sqlite3.connect(log.path) as db:
        started = [at for (at,) in db.execute("SELECT started FROM attempts ORDER BY started LIMIT -1 OFFSET 1")]
    assert started[-1] - started[0] >= 1.0


def log_of_one(scripted: Scripted, log: CallLog) -> int:
    """Return the tokens of one question and its answer."""
    spent = door(scripted(), log).complete(question(0)).usage
    return spent.tokens_in + spent.tokens_out


def test_tokens_end_the_run_cleanly_and_more_of_them_take_it_up(scripted: Scripted, log: CallLog):
    each = log_of_one(scripted, log)
    server, cap = scripted(latency_ms=5), each * 30
    capped = door(server, log, budget=BudgetConfig(tokens=cap), in_flight=8)
    replies = list(capped.complete_many(questions(60)))
    counted = server.count()
    assert len(replies) == 60
    assert cap - 2 * (each + 300) <= counted["tokens_in"] + counted["tokens_out"] <= cap
    ended = Counter(reply.why.partition(":")[0] for reply in replies if reply.status == "failed")
    assert list(ended) == ["budget"]
    assert counted["requests"] == 59 - ended["budget"]
    assert {reply.status for reply in capped.complete_many(questions(60)) if log.reply(reply.key) is None} == {"failed"}
    assert server.count() == counted
    rest = list(door(server, log).complete_many(questions(60)))
    assert {reply.status for reply in rest} == {"answered"}
    assert server.count()["requests"] == 59  # question 0 was asked of another server; none was paid twice


def test_money_ends_the_run_at_its_price(scripted: Scripted, log: CallLog):
    price = PriceConfig(input=1.0, cached=0.1, output=4.0)
    server = scripted()
    llm = door(server, log, price=price, budget=BudgetConfig(usd=0.01), in_flight=4)
    replies = list(llm.complete_many(questions(100)))
    counted = server.count()
    cost = (counted["tokens_in"] - 0.9 * counted["tokens_cached"] + 4 * counted["tokens_out"]) / 1e6
    assert log.totals().cost_usd == pytest.approx(cost)
    assert 0.005 < cost <= 0.01
    assert any(reply.why.startswith("budget: llm.budget.usd is used up") for reply in replies)


def test_a_role_has_a_budget_of_its_own(scripted: Scripted, log: CallLog):
    server = scripted()
    config = LLMConfig(endpoint=server.url, model="scripted")
    llm = EndpointLLM(config, log, budgets={"judge": BudgetConfig(tokens=1_300)})
    calls = [question(n, role="judge" if n % 2 else "miner") for n in range(40)]
    ended = {reply.key: reply for reply in llm.complete_many(calls)}
    assert {ended[call.key].status for call in calls if call.role == "miner"} == {"answered"}
    judged = Counter(ended[call.key].status for call in calls if call.role == "judge")
    assert judged["answered"] >= 3
    assert judged["failed"] >= 10


def test_no_budget_no_question(scripted: Scripted, log: CallLog):
    server = scripted()
    llm, drawn = door(server, log, budget=BudgetConfig(usd=0.0)), []
    with pytest.raises(BudgetError, match=r"llm\.budget\.usd is 0"):
        llm.complete_many(drawn.append(call) or call for call in questions(3))  # type: ignore[func-returns-value]
    with pytest.raises(BudgetError):
        llm.probe()
    assert drawn == []
    assert server.count()["requests"] == 0


def test_a_cap_in_money_needs_a_price(log: CallLog):
    with pytest.raises(ConfigError, match=r"set llm\.price\.input"):
        EndpointLLM(LLMConfig(endpoint="http://localhost/v1", budget=BudgetConfig(usd=5.0)), log)


def test_a_third_of_all_requests_go_wrong_and_nobody_is_lost(scripted: Scripted, log: CallLog):
    server = scripted(fault_rate=0.3, seed=3)
    llm = door(server, log, timeout_s=2.5, attempts=4)
    replies = list(llm.complete_many(questions(300)))
    assert Counter(reply.key for reply in replies) == Counter(call.key for call in questions(300))
    answered = [reply for reply in replies if reply.status == "answered"]
    assert len(answered) >= 0.95 * 300
    for reply in answered:
        read_answer(reply.text, Rows)
    counted, spent = server.count(), log.totals()
    assert sum(n > 0 for n in counted["by_fault"].values()) == 9  # every kind was met
    assert (spent.tokens_in, spent.tokens_cached, spent.tokens_out) == (
        counted["tokens_in"], counted["tokens_cached"], counted["tokens_out"],
    )  # fmt: skip
    with sqlite3.connect(log.path) as db:
        heard = db.execute("SELECT count(*) FROM attempts WHERE http_status IS NOT NULL").fetchone()[0]
    assert heard + counted["by_fault"]["hang"] + counted["by_fault"]["drip"] == counted["requests"]
    assert 0 <= spent.n_attempts - counted["requests"] <= 3  # given up before a busy server had read them
    assert (log.n_lost, log.open_calls) == (0, [])
    (miner,) = log.ledger()
    assert miner.usage == spent
    assert sum(row.usage.tokens_out for row in log.ledger("subject")) == spent.tokens_out


def test_who_asks_too_fast_waits_for_a_turn(scripted: Scripted, log: CallLog):
    """No limit is configured, the endpoint has one and does not say when to come again."""
    server = scripted(per_second=25)
    replies = list(door(server, log, attempts=2, in_flight=32).complete_many(questions(100)))
    assert Counter(reply.status for reply in replies) == {"answered": 100}
    counted = server.count()
    assert counted["by_fault"]["refused"] > 10
    assert counted["requests"] == log.totals().n_attempts


def test_faults_are_repeatable(scripted: Scripted, tmp_path: Path):
    told = []
    for n in range(2):
        server, log = (
            scripted(fault_rate=0.5, faults="429,500,malformed,schema,cut", seed=5),
            CallLog(tmp_path / f"{n}"),
        )
        list(door(server, log, in_flight=1 + 7 * n).complete_many(questions(40)))
        told.append((log.fingerprint(), server.count()["by_fault"], log.totals().tokens_out))
    assert told[0] == told[1]


ASK = """
import sys
from pathlib import Path
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from tests.llm.questions import questions

config = LLMConfig(endpoint=sys.argv[1], model="scripted", in_flight=16)
for reply in EndpointLLM(config, CallLog(Path(sys.argv[2]))).complete_many(questions(300)):
    print(reply.key, flush=True)
"""


def test_a_killed_run_pays_for_no_answer_twice(scripted: Scripted, log: CallLog):
    server = scripted(latency_ms=15)
    root = Path(__file__).parents[2]
    asking = subprocess.Popen(
        [sys.executable, "-c", ASK, server.url, str(log.path)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert asking.stdout is not None
    told = [asking.stdout.readline().strip() for _ in range(100)]
    os.kill(asking.pid, signal.SIGKILL)
    told += [line.strip() for line in asking.stdout if len(line) == 33]
    asking.wait()
    asking.stdout.close()
    assert log.missing(told) == []  # what was told is in the log
    n_lost, sent = log.n_lost, log.totals().n_attempts
    assert 0 <= n_lost <= 16
    assert len(log.open_calls) == n_lost
    assert 0 <= sent - server.count()["requests"] <= n_lost
    missing = set(log.missing(call.key for call in questions(300)))
    before = server.count()["requests"]

    replies = list(door(server, log).complete_many(questions(300)))
    assert {reply.status for reply in replies} == {"answered"}
    assert len(replies) == 300
    counted = server.count()
    assert counted["requests"] - before == len(missing)  # only those without an answer were asked
    assert counted["answered_again"] <= n_lost  # answered on the wire, and lost with the process
    assert log.open_calls == []
    with sqlite3.connect(log.path) as db:
        asked = dict(db.execute("SELECT key, count(*) FROM attempts GROUP BY key"))
    assert {asked[key] for key in told} == {1}


def test_an_interrupted_run_ends_at_once_and_leaves_nothing_open_on_the_wire(scripted: Scripted, log: CallLog):
    server = scripted(latency_ms=50)
    command = [sys.executable, "-c", ASK, server.url, str(log.path)]
    asking = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(__file__).parents[2]
    )
    assert asking.stdout is not None
    told = [asking.stdout.readline().strip() for _ in range(20)]
    asking.send_signal(signal.SIGINT)
    assert asking.wait(timeout=30) != 0
    asking.stdout.close()
    assert log.missing(told) == []
    assert log.n_lost == 0  # each attempt has its end, if only as interrupted
    assert log.totals().n_attempts < 300


FULL = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))\n"


def test_a_disk_that_is_full_is_told(scripted: Scripted, log: CallLog):
    server = scripted()
    command = [sys.executable, "-c", FULL + ASK, server.url, str(log.path)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=60, check=False
    )
    assert "DataError: " in done.stderr
    assert "cannot be written" in done.stderr
    told = done.stdout.split()
    assert 0 < len(told) < 300
    assert log.missing(told) == []  # what was told before is in the log


def test_a_server_that_is_away_for_a_while_is_waited_for(scripted: Scripted, log: CallLog):
    server, replies = scripted(latency_ms=10), []
    back = threading.Timer(1.5, server.start)
    for reply in door(server, log, in_flight=8, attempts=2).complete_many(questions(120)):
        replies.append(reply)
        if len(replies) == 40:
            server.stop()
            back.start()
    back.join()
    assert Counter(reply.status for reply in replies) == {"answered": 120}
    assert all(reply.usage.n_attempts <= 2 for reply in replies)  # waiting used up no attempt
    assert log.open_calls == []


def test_a_server_that_stays_away_costs_its_time_once(scripted: Scripted, log: CallLog):
    server, replies = scripted(latency_ms=10), []
    llm = door(server, log, in_flight=8, outage_s=0.5)
    for reply in llm.complete_many(questions(80)):
        replies.append(reply)
        if len(replies) == 20:
            server.stop()
    assert len(replies) == 80
    failed = [reply for reply in replies if reply.status == "failed"]
    assert len(failed) >= 40
    assert all(reply.why.startswith("endpoint: ") for reply in failed)
    assert sum(f"nobody answers at {server.url}" in reply.why for reply in failed) >= 40
    began = time.monotonic()
    assert llm.complete(question(500)).status == "failed"
    assert time.monotonic() - began < 0.45  # it is known to be gone
    server.start()
    assert {reply.status for reply in llm.complete_many(questions(80))} == {"answered"}
    assert log.open_calls == []


def test_whoever_stops_listening_leaves_nothing_behind(scripted: Scripted, log: CallLog):
    server = scripted(latency_ms=50)
    replies = door(server, log, in_flight=4).complete_many(questions(50))
    next(replies)
    replies.close()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("llm")]
    assert log.n_lost == 0
    with sqlite3.connect(log.path) as db:
        assert db.execute("SELECT count(*) FROM attempts WHERE error = 'interrupted'").fetchone()[0] > 0


def test_an_error_among_the_questions_comes_through(scripted: Scripted, log: CallLog):
    def broken() -> Iterator[Call]:
        yield question(1)
        raise RuntimeError("no more questions")

    with pytest.raises(RuntimeError, match="no more questions"):
        list(door(scripted(), log).complete_many(broken()))


def test_it_works_inside_an_event_loop_as_in_a_notebook(scripted: Scripted, log: CallLog):
    server = scripted()

    async def cell() -> int:
        llm = door(server, log)
        llm.probe()
        return len(list(llm.complete_many(questions(5))))

    assert asyncio.run(cell()) == 5


def test_neither_key_nor_person_is_sent_or_kept_where_it_must_not_be(
    scripted: Scripted, log: CallLog, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("INTENTFEED_TEST_KEY", "sk-very-secret")
    server = scripted(key="sk-very-secret")
    llm = door(server, log, api_key_env="INTENTFEED_TEST_KEY")
    assert llm.complete(question(1, subject="ann.lee@example.org")).status == "answered"
    log.close()
    kept = b"".join(path.read_bytes() for path in log.path.parent.iterdir())
    assert b"sk-very-secret" not in kept
    assert not any("ann.lee" in message.content for message in log.messages(question(1).key))
