"""How fast is the door to a language model, and does its memory stay flat?

    python -m benchmarks.door [--calls 2000] [--rounds 3] [--in-flight 32] [--memory 100000]

Asks the scripted endpoint, a process of its own, the same structured questions in turn through a bare `openai` client
(`chat.completions.create`, the answer validated, nothing logged or limited) and through the door (validated, logged in
SQLite before it counts, within limits and budgets), round about, so that what else runs on the machine hits both.
`--memory N` then sends N questions through the door alone and prints its resident memory on the way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from openai import AsyncOpenAI

from intentfeed.llm.answer import Answer, read_answer
from intentfeed.llm.client import Call, Message
from intentfeed.llm.config import BudgetConfig, LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.llm.wire import Wire

SYSTEM = "You name what one person likes, from what they did. Cite the lines that show it. " * 30
BEHAVIOUR = "\n".join(
    f"[{n}] 2024-03: purchase ×2 of camping › stoves, canister stove titan 115 g" for n in range(1, 31)
)


class Row(Answer):
    """One interest."""

    name: str
    stage: str
    evidence: list[int]
    reason: str


class Found(Answer):
    """What is asked for."""

    thinking: str
    rows: list[Row]


def questions(first: int, n: int) -> Iterator[Call]:
    """Yield n questions, none like another."""
    for number in range(first, first + n):
        said = Message("system", SYSTEM), Message("user", f"Person {number}\n<behaviour>\n{BEHAVIOUR}\n</behaviour>")
        yield Call(
            role="miner",
            subject=f"user{number}",
            model="scripted",
            prompt_id="benchmark",
            prompt_version=1,
            prompt_hash="0",
            messages=said,
            returns=Found,
            max_tokens=1_000,
        )


async def bare(url: str, calls: Iterator[Call], in_flight: int) -> None:
    """Have the calls answered by the SDK alone."""
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
        wire = Wire(LLMConfig(endpoint=url, model="scripted"))

        async def work() -> None:
            for call in calls:
                body = wire._body(call, call.messages, call.temperature)
                done = await client.chat.completions.create(**body)  # type: ignore[call-overload]
                read_answer(done.choices[0].message.content, call.returns)

        await asyncio.gather(*(work() for _ in range(in_flight)))


def door(url: str, calls: Iterator[Call], in_flight: int, log: CallLog) -> Iterator[int]:
    """Have the calls answered by the door; yield how many there are so far."""
    config = LLMConfig(endpoint=url, model="scripted", in_flight=in_flight, budget=BudgetConfig(tokens=10**12))
    for n, reply in enumerate(EndpointLLM(config, log).complete_many(calls), 1):
        assert reply.status == "answered", reply.why
        yield n


def race(url: str, folder: Path, *, calls: int, rounds: int, in_flight: int) -> dict[str, object]:
    """Return calls a second, and milliseconds of this process's CPU a call, of both."""
    rates: dict[str, list[float]] = {"bare": [], "door": []}
    cpu: dict[str, list[float]] = {"bare": [], "door": []}
    for number in range(rounds):
        for name in rates:
            asked = questions(number * calls, calls)
            began, worked = time.perf_counter(), time.process_time()
            if name == "bare":
                asyncio.run(bare(url, asked, in_flight))
            else:
                for _ in door(url, asked, in_flight, CallLog(folder / f"{number}.sqlite")):
                    pass
            rates[name].append(calls / (time.perf_counter() - began))
            cpu[name].append((time.process_time() - worked) / calls * 1_000)
    return {
        f"{name} {what}": round(statistics.median(values[name]), 2)
        for name in rates
        for what, values in (("calls/s", rates), ("cpu ms/call", cpu))
    } | {"rounds calls/s": {name: [round(rate) for rate in each] for name, each in rates.items()}}


def memory(url: str, folder: Path, n: int, in_flight: int) -> Iterator[dict[str, float]]:
    """Yield the resident memory of this process on the way through n calls."""
    began, process, log = time.perf_counter(), psutil.Process(), CallLog(folder / "memory.sqlite")
    for done in door(url, questions(0, n), in_flight, log):
        if done in (n // 100, n // 10, n // 2, n):
            took = time.perf_counter() - began
            size = (folder / "memory.sqlite").stat().st_size
            yield {
                "calls": done,
                "rss_mb": round(process.memory_info().rss / 2**20, 1),
                "calls/s": round(done / took, 1),
                "log bytes/call": round(size / done),
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--memory", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ScriptedProcess() as server:
        sizes = {"calls": chosen.calls, "rounds": chosen.rounds, "in_flight": chosen.in_flight}
        if chosen.rounds:
            print(json.dumps({**sizes, **race(server.url, Path(folder), **sizes)}), flush=True)
        if chosen.memory:
            for line in memory(server.url, Path(folder), chosen.memory, chosen.in_flight):
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
