"""The log of calls: what is in it is found again, from any process, and adds up."""

from __future__ import annotations

import multiprocessing
import pickle
import sqlite3
from pathlib import Path

import pytest

from intentfeed.llm.client import Reply, Usage
from intentfeed.llm.log import CallLog
from tests.llm.questions import question

SPENT = Usage(n_attempts=1, tokens_in=100, tokens_cached=60, tokens_out=20, cost_usd=0.5, seconds=2.0)


def answered(log: CallLog, n: int, *, text: str = '{"rows":[]}', **changes: object) -> str:
    call = question(n, **changes)
    number = log.begin(call, "first")
    log.end(number, http_status=200, usage=SPENT, text=text)
    log.finish(call, Reply(key=call.key, status="answered", text=text, usage=SPENT))
    log.commit()
    return call.key


@pytest.fixture
def log(tmp_path: Path) -> CallLog:
    return CallLog(tmp_path / "llm.sqlite")


def test_an_answer_is_found_with_what_it_cost(log: CallLog):
    key = answered(log, 1, text='{"rows":[],"好":"🙂"}')
    reply = log.reply(key)
    assert reply is not None
    assert (reply.status, reply.text, reply.usage) == ("answered", '{"rows":[],"好":"🙂"}', SPENT)
    assert log.messages(key) == question(1).messages
    assert log.reply("0" * 32) is None
    assert log.messages("0" * 32) == ()


def test_a_failed_call_is_asked_again_and_a_refused_one_is_not(log: CallLog):
    for n, status in enumerate(("failed", "refused")):
        call = question(n)
        log.end(log.begin(call, "first"), http_status=500, usage=SPENT, text="", error="HTTP 500")
        log.finish(call, Reply(key=call.key, status=status, why="endpoint: HTTP 500", usage=SPENT))
    log.commit()
    assert log.missing([question(n).key for n in (1, 2, 0)]) == [question(2).key, question(0).key]
    assert log.reply(question(0).key) is None
    refused = log.reply(question(1).key)
    assert refused is not None
    assert refused.why == "endpoint: HTTP 500"


def test_missing_takes_any_number_of_keys(log: CallLog):
    there = [answered(log, n) for n in range(3)]
    keys = [f"{n:032x}" for n in range(1_200)] + there
    assert log.missing(keys) == keys[:-3]


def test_what_was_sent_and_never_ended_is_seen_after_a_kill(log: CallLog):
    log.begin(question(1), "first")
    log.commit()
    answered(log, 2)
    after = CallLog(log.path)
    assert after.open_calls == [question(1).key]
    assert after.n_lost == 1
    answered(after, 1)
    assert after.open_calls == []
    assert after.n_lost == 1  # what the first attempt cost stays unknown


def test_what_is_not_committed_is_not_there(log: CallLog):
    log.begin(question(1), "first")
    assert CallLog(log.path).open_calls == []


def test_the_ledger_adds_up_by_role_and_by_subject(log: CallLog):
    for n in range(4):
        answered(log, n, role="miner" if n < 3 else "tagger", subject="ann" if n % 2 else "bob")
    call = question(9)
    log.begin(call, "first")
    log.commit()
    roles = {row.role: row for row in log.ledger()}
    assert (roles["miner"].n_calls, roles["miner"].n_answered, roles["miner"].n_open) == (4, 3, 1)
    assert roles["miner"].usage.tokens_in == 300
    people = {(row.role, row.subject): row.usage.cost_usd for row in log.ledger("subject")}
    assert people == {("miner", "ann"): 0.5, ("miner", "bob"): 1.0, ("miner", "user9"): 0.0, ("tagger", "ann"): 0.5}
    assert log.totals().n_attempts == 5
    assert log.totals().cost_usd == sum(people.values())


def test_the_fingerprint_follows_answers_and_nothing_else(log: CallLog, tmp_path: Path):
    empty = log.fingerprint()
    answered(log, 1)
    answered(log, 2, role="tagger")
    both, mined = log.fingerprint(), log.fingerprint(["miner"])
    assert len({empty, both, mined}) == 3
    log.begin(question(3), "first")
    log.commit()
    assert log.fingerprint() == both  # an open call is no answer
    answered(log, 4, role="tagger")
    assert log.fingerprint(["miner"]) == mined
    other = CallLog(tmp_path / "other.sqlite")
    answered(other, 4, role="tagger")
    answered(other, 2, role="tagger")
    answered(other, 1)
    assert other.fingerprint() == log.fingerprint()  # nor does the order bear on it
    answered(other, 1, text='{"rows":[1]}')
    assert other.fingerprint() != log.fingerprint()


def look(log: CallLog, key: str, out: multiprocessing.Queue[str]) -> None:
    reply = log.reply(key)
    out.put(reply.text if reply else "")


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_another_process_reads_while_this_one_writes(log: CallLog, how: str):
    key = answered(log, 1)
    log.begin(question(2), "first")  # a transaction is open
    context = multiprocessing.get_context(how)
    out = context.Queue()
    process = context.Process(target=look, args=(pickle.loads(pickle.dumps(log)), key, out))
    process.start()
    assert out.get(timeout=30) == '{"rows":[]}'
    process.join()
    log.commit()
    assert log.open_calls == [question(2).key]


def test_the_fixed_part_is_kept_once(log: CallLog):
    for n in range(50):
        answered(log, n)
    kept = sqlite3.connect(log.path).execute("SELECT count(*) FROM texts").fetchone()
    assert kept == (2,)  # the system message and the schema


def test_forgetting_a_person_leaves_nothing_of_them(log: CallLog):
    for n in range(3):
        answered(log, n, subject="ann" if n else "bob")
    assert log.forget(["ann", "nobody"]) == 2
    assert [row.subject for row in log.ledger("subject")] == ["bob"]
    assert log.totals().n_attempts == 1


def test_texts_that_no_file_holds_are_kept_nearly_whole(log: CallLog):
    key = answered(log, 1)
    log.end(1, http_status=200, usage=SPENT, text="half a \ud83d", error="at \udc00: too much")
    log.commit()
    assert log.reply(key) is not None
