"""A run again without the endpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from intentfeed.llm.replay import ReplayLLM
from intentfeed.llm.scripted.process import ScriptedProcess
from tests.llm.questions import question, questions


def test_a_whole_run_is_replayed_when_nobody_is_there(scripted: Callable[..., ScriptedProcess], tmp_path: Path):
    log, server = CallLog(tmp_path / "llm.sqlite"), scripted()
    llm = EndpointLLM(LLMConfig(endpoint=server.url, model="scripted"), log)
    said = {reply.key: reply.text for reply in llm.complete_many(questions(20))}
    server.stop()
    before = log.totals()
    replies = list(ReplayLLM(CallLog(log.path)).complete_many(questions(21)))
    assert [reply.key for reply in replies] == [call.key for call in questions(21)]
    assert {reply.key: reply.text for reply in replies[:20]} == said
    assert (replies[20].status, replies[20].why) == ("failed", "replay: this question is not in the log")
    assert ReplayLLM(log).complete(question(3)).status == "answered"
    assert log.totals() == before
