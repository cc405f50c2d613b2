"""Batch files: whatever comes back, in whatever order, ends in the same replies, and nothing is asked for nothing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationInfo, field_validator

from intentfeed.errors import AnswersAwaited, BudgetError, ConfigError
from intentfeed.llm.answer import Answer
from intentfeed.llm.batch import BatchLLM
from intentfeed.llm.client import Call, Message, Reply
from intentfeed.llm.config import BudgetConfig, LLMConfig, PriceConfig
from intentfeed.llm.log import CallLog

CONFIG = LLMConfig(endpoint="batch", model="m", price=PriceConfig(input=1.0, cached=0.1, output=10.0))


class Row(Answer):
    word: str = Field(max_length=40)
    line: int


class Rows(Answer):
    rows: list[Row] = Field(max_length=9)

    @field_validator("rows")
    @classmethod
    def _real(cls, rows: list[Row], info: ValidationInfo) -> list[Row]:
        if any(row.line > (info.context or {})["n_lines"] for row in rows):
            raise ValueError("these lines do not exist")
        return rows


def call_about(number: int, **changes: Any) -> Call:
    asked: dict[str, Any] = {
        "role": "miner", "subject": f"user-{number}", "model": "m", "prompt_id": "p", "prompt_version": 1,
        "prompt_hash": "h", "messages": (Message("system", "Say."), Message("user", f"question {number}: 帐篷")),
        "returns": Rows, "bounds": {"n_lines": 5}, "max_tokens": 100, "temperature": 0.6,
    }  # fmt: skip
    return Call(**(asked | changes))


CALLS = [call_about(number) for number in range(8)]
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 40}}


def good_text(messages: list[dict[str, str]]) -> str:
    return json.dumps({"rows": [{"word": messages[1]["content"], "line": 1}]}, ensure_ascii=False)


def line(custom_id: str, text: str, *, finish: str = "stop") -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    body = {"id": f"chat-{custom_id}", "choices": [choice], "usage": USAGE}
    return {"id": "b", "custom_id": custom_id, "response": {"status_code": 200, "body": body}, "error": None}


def fault(custom_id: str, status: int, said: str = "try later") -> dict[str, Any]:
    body = {"error": {"message": said, "type": "server_error"}}
    return {"id": "b", "custom_id": custom_id, "response": {"status_code": status, "body": body}, "error": None}


Service = Callable[[dict[str, Any]], list[Any]]
"""What comes back for one request: objects, or texts that are written as they are."""


def well(request: dict[str, Any]) -> list[Any]:
    return [line(request["custom_id"], good_text(request["body"]["messages"]))]


def requests_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(each) for each in path.read_text(encoding="utf-8").splitlines()]


def answer(files: tuple[Path, ...], service: Service = well, order: random.Random | None = None) -> None:
    """Play the service: put an answers file beside each requests file that has none."""
    for path in files:
        back = [each for request in requests_in(path) for each in service(request)]
        if order is not None:
            order.shuffle(back)
        texts = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) + "\n" for each in back]
        target = path.with_name(path.name.replace("requests", "answers"))
        target.write_text("".join(texts), encoding="utf-8")


def told(llm: BatchLLM, calls: list[Call]) -> tuple[dict[str, Reply], AnswersAwaited | None]:
    """Return the replies of one run, and what it stopped with."""
    replies: dict[str, Reply] = {}
    try:
        for reply in llm.complete_many(calls):
            replies[reply.key] = reply
    except AnswersAwaited as awaited:
        return replies, awaited
    return replies, None


def run_to_the_end(
    llm: BatchLLM, calls: list[Call], service: Service = well, order: random.Random | None = None
) -> tuple[dict[str, Reply], int]:
    """Return the replies of the run that ends, and how often the service was needed."""
    for n_rounds in range(9):
        replies, awaited = told(llm, calls)
        if awaited is None:
            return replies, n_rounds
        answer(awaited.files, service, order)
    raise AssertionError("the run never ends")


@pytest.fixture
def llm(tmp_path: Path) -> Iterator[BatchLLM]:
    log = CallLog(tmp_path / "llm.sqlite")
    yield BatchLLM(tmp_path / "batch", CONFIG, log)
    log.close()


def test_an_empty_answers_file_means_that_all_got_lost(llm: BatchLLM):
    replies, n_rounds = run_to_the_end(llm, CALLS, service=lambda _: [])
    assert n_rounds == 3
    assert {reply.status for reply in replies.values()} == {"failed"}


def test_questions_are_written_the_run_stops_and_goes_on(llm: BatchLLM):
    replies, awaited = told(llm, CALLS)
    assert not replies
    assert awaited is not None
    assert [path.name for path in awaited.files] == ["miner-001.requests.jsonl"]
    assert "wrote 8 requests to" in str(awaited)
    assert "miner-001.answers.jsonl" in str(awaited)
    assert "run the same command again" in str(awaited)

    answer(awaited.files)
    replies, awaited = told(llm, CALLS)
    assert awaited is None
    assert {key: json.loads(reply.text)["rows"][0]["word"] for key, reply in replies.items()} == {
        call.key: call.messages[1].content for call in CALLS
    }
    assert all(llm.log.reply(call.key) is not None for call in CALLS)


def test_a_request_is_what_services_take_and_names_nobody(llm: BatchLLM):
    _, awaited = told(llm, CALLS[:1])
    assert awaited is not None
    text = awaited.files[0].read_text(encoding="utf-8")
    (request,) = requests_in(awaited.files[0])
    assert set(request) == {"custom_id", "method", "url", "body"}
    assert (request["custom_id"], request["method"], request["url"]) == (CALLS[0].key, "POST", "/v1/chat/completions")
    assert request["body"]["response_format"]["json_schema"] == {
        "name": "Rows",
        "schema": CALLS[0].schema,
        "strict": True,
    }
    assert request["body"]["max_tokens"] == 100
    assert "帐篷" in text
    assert "user-0" not in text


def test_what_is_under_way_is_not_asked_again(llm: BatchLLM):
    _, first = told(llm, CALLS[:5])
    _, second = told(llm, CALLS)
    assert first is not None
    assert second is not None
    assert [path.name for path in second.files] == ["miner-001.requests.jsonl", "miner-002.requests.jsonl"]
    assert [len(requests_in(path)) for path in second.files] == [5, 3]
    assert "5 requests of" in str(second)
    _, third = told(llm, CALLS)
    assert third is not None
    assert third.files == second.files
    assert "wrote" not in str(third)


def test_what_is_in_the_log_needs_no_file(llm: BatchLLM):
    expected, _ = run_to_the_end(llm, CALLS)
    for path in llm.folder.iterdir():
        path.unlink()
    replies, awaited = told(llm, CALLS)
    assert awaited is None
    assert replies == expected


def test_a_question_twice_in_one_wave_is_written_once(llm: BatchLLM):
    _, awaited = told(llm, [CALLS[0], CALLS[1], CALLS[0]])
    assert awaited is not None
    assert len(requests_in(awaited.files[0])) == 2


def test_files_are_split_by_lines_and_bytes_and_by_role(tmp_path: Path):
    llm = BatchLLM(tmp_path / "batch", CONFIG, CallLog(tmp_path / "log"), max_lines=3)
    _, awaited = told(llm, [*CALLS, call_about(9, role="tagger")])
    assert awaited is not None
    assert {path.name: len(requests_in(path)) for path in awaited.files} == {
        "miner-001.requests.jsonl": 3, "miner-002.requests.jsonl": 3, "miner-003.requests.jsonl": 2,
        "tagger-001.requests.jsonl": 1,
    }  # fmt: skip

    llm = BatchLLM(tmp_path / "bytes", CONFIG, CallLog(tmp_path / "log"), max_bytes=2_500)
    _, awaited = told(llm, CALLS)
    assert awaited is not None
    assert len(awaited.files) > 1
    assert all(path.stat().st_size <= 2_500 for path in awaited.files)


def test_a_run_broken_off_leaves_no_file(llm: BatchLLM):
    def calls() -> Iterator[Call]:
        yield from CALLS
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(llm.complete_many(calls()))
    assert list(llm.folder.iterdir()) == []


def test_a_useless_answer_gets_one_repair_and_then_no_other(llm: BatchLLM):
    def nonsense(request: dict[str, Any]) -> list[Any]:
        return [line(request["custom_id"], '{"rows": [{"word": "w", "line": 77}]}')]

    _, awaited = told(llm, CALLS[:2])
    assert awaited is not None
    answer(awaited.files, nonsense)
    _, awaited = told(llm, CALLS[:2])
    assert awaited is not None
    repair = requests_in(awaited.files[-1])[0]
    assert repair["custom_id"] == CALLS[0].key + ".repair"
    assert [turn["role"] for turn in repair["body"]["messages"]] == ["system", "user", "assistant", "user"]
    assert "these lines do not exist" in repair["body"]["messages"][-1]["content"]

    turn = iter((nonsense, well))
    answer(awaited.files, lambda request: next(turn)(request))
    replies, awaited = told(llm, CALLS[:2])
    assert awaited is None
    refused, answered = (replies[call.key] for call in CALLS[:2])
    assert (refused.status, refused.why.partition(":")[0]) == ("refused", "answer")
    assert answered.status == "answered"
    assert told(llm, CALLS[:2]) == (replies, None)


def test_of_a_cut_off_answer_the_whole_rows_are_kept(llm: BatchLLM):
    text = '{"rows": [{"word": "one", "line": 1}, {"word": "two", "line": 2}, {"word": "thr'
    replies, n_rounds = run_to_the_end(
        llm, CALLS[:1], lambda request: [line(request["custom_id"], text, finish="length")]
    )
    assert n_rounds == 1
    assert [row["word"] for row in json.loads(replies[CALLS[0].key].text)["rows"]] == ["one", "two"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_line_that_failed_is_asked_again_twice(llm: BatchLLM, status: int):
    asked: list[str] = []

    def down(request: dict[str, Any]) -> list[Any]:
        asked.append(request["custom_id"])
        return [fault(request["custom_id"], status)]

    replies, _ = run_to_the_end(llm, CALLS[:1], down)
    key = CALLS[0].key
    assert asked == [key, f"{key}.2", f"{key}.3"]
    assert replies[key].status == "failed"
    assert replies[key].why.startswith(f"endpoint: HTTP {status}")
    assert llm.log.totals().cost_usd == 0


def test_what_can_never_be_answered_is_not_asked_again(llm: BatchLLM):
    said = "This model's maximum context length is 4096 tokens, however you requested 9000"
    replies, n_rounds = run_to_the_end(llm, CALLS[:1], lambda request: [fault(request["custom_id"], 400, said)])
    assert n_rounds == 1
    assert replies[CALLS[0].key].why.startswith("context: HTTP 400")


def test_an_expired_batch_is_asked_again(llm: BatchLLM):
    turn = iter(range(9))

    def expired(request: dict[str, Any]) -> list[Any]:
        said = {"code": "batch_expired", "message": "not executed in time"}
        return (
            [{"custom_id": request["custom_id"], "response": None, "error": said}] if next(turn) == 0 else well(request)
        )

    replies, n_rounds = run_to_the_end(llm, CALLS[:1], expired)
    assert (replies[CALLS[0].key].status, n_rounds) == ("answered", 2)


def test_what_a_service_objects_to_is_left_out_next_time(llm: BatchLLM):
    def picky(request: dict[str, Any]) -> list[Any]:
        if "max_tokens" in request["body"]:
            said = "Unsupported parameter: 'max_tokens' is not supported: use 'max_completion_tokens' instead."
            return [fault(request["custom_id"], 400, said)]
        assert request["body"]["max_completion_tokens"] == 100
        return well(request)

    replies, n_rounds = run_to_the_end(llm, CALLS, picky)
    assert ({reply.status for reply in replies.values()}, n_rounds) == ({"answered"}, 2)


def test_the_ledger_counts_each_line_once_at_the_price_of_batches(llm: BatchLLM):
    def twice(request: dict[str, Any]) -> list[Any]:
        if request["custom_id"] == CALLS[0].key:
            return [line(request["custom_id"], "no JSON")]
        return well(request) * 2

    replies, _ = run_to_the_end(llm, CALLS, twice)
    one = (60 * 1.0 + 40 * 0.1 + 20 * 10.0) / 1e6
    assert replies[CALLS[1].key].usage.cost_usd == pytest.approx(one)
    assert replies[CALLS[0].key].usage.n_attempts == 2
    total = llm.log.totals()
    assert (total.n_attempts, total.tokens_in, total.tokens_cached, total.tokens_out) == (9, 900, 360, 180)
    assert total.cost_usd == pytest.approx(9 * one)


def test_broken_lines_and_strangers_are_counted_and_told(llm: BatchLLM):
    _, awaited = told(llm, CALLS)
    assert awaited is not None
    answer(
        awaited.files, lambda request: well(request) if request["custom_id"] != CALLS[3].key else ['{"custom_id": "x\n']
    )
    stray = llm.folder / "other.jsonl"
    stray.write_text(json.dumps(line("f" * 32, "{}")) + "\n[]\n\n", encoding="utf-8")
    replies, awaited = told(llm, CALLS)
    assert len(replies) == 7
    assert awaited is not None
    assert "2 broken lines left out (the first is miner-001.answers.jsonl, line 4: it is not complete JSON)" in str(
        awaited
    )
    assert "1 answer to questions that stand in no requests file" in str(awaited)
    assert requests_in(awaited.files[0])[0]["custom_id"] == CALLS[3].key + ".2"


def test_the_budget_holds_what_is_under_way(tmp_path: Path):
    log = CallLog(tmp_path / "log")
    worth = sum(len(turn.content) // 4 + 1 for turn in CALLS[0].messages) + 100
    config = CONFIG.model_copy(update={"budget": BudgetConfig(tokens=3 * worth + 50)})
    llm = BatchLLM(tmp_path / "batch", config, log)
    _, awaited = told(llm, CALLS)
    assert awaited is not None
    assert len(requests_in(awaited.files[0])) == 3
    assert "5 more wait until the budget has room" in str(awaited)
    answer(awaited.files)
    replies, awaited = told(llm, CALLS)
    assert (len(replies), awaited) == (8, None)
    assert [replies[call.key].status for call in CALLS] == ["answered"] * 3 + ["failed"] * 5
    assert replies[CALLS[7].key].why.startswith("budget: llm.budget.tokens is used up (360 of")

    nothing = CONFIG.model_copy(update={"budget": BudgetConfig(usd=0)})
    with pytest.raises(BudgetError, match="usd is 0"):
        BatchLLM(tmp_path / "batch", nothing, log).complete_many(CALLS)


def test_a_file_is_no_folder(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is a file"):
        BatchLLM(tmp_path / "file", CONFIG, CallLog(tmp_path / "log"))


Damage = st.sampled_from(
    ["well", "twice", "lost", "truncated", "429", "500", "expired", "useless", "useless first", "empty"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damage=st.lists(Damage, min_size=len(CALLS), max_size=len(CALLS)), seed=st.integers(0, 10_000), tail=st.booleans()
)
def test_whatever_comes_back_ends_in_the_same_replies(
    damage: list[str], seed: int, tail: bool, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("batch")
    log = CallLog(folder / "llm.sqlite")
    of = {call.key: each for call, each in zip(CALLS, damage, strict=True)}

    def service(request: dict[str, Any]) -> list[Any]:
        custom_id = request["custom_id"]
        useless = line(custom_id, '{"rows": "?"}')
        back: dict[str, list[Any]] = {
            "well": well(request), "twice": well(request) * 2, "lost": [], "429": [fault(custom_id, 429)],
            "truncated": [json.dumps(well(request)[0])[:-9] + ("" if tail else "\n")], "500": [fault(custom_id, 500)],
            "expired": [{"custom_id": custom_id, "response": None, "error": {"code": "batch_expired"}}],
            "useless": [useless], "useless first": [useless, *well(request)], "empty": [line(custom_id, "")],
        }  # fmt: skip
        return back[of.get(custom_id, "well")]

    replies, n_rounds = run_to_the_end(BatchLLM(folder / "batch", CONFIG, log), CALLS, service, random.Random(seed))
    log.close()
    expected = {call.key: json.loads(good_text([{}, {"content": call.messages[1].content}])) for call in CALLS}
    assert {key: json.loads(reply.text) for key, reply in replies.items()} == expected
    assert n_rounds <= 4
