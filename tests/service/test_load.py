"""The load benchmark: its bar is about commands alone, and a refusal is an error, not a crash."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from benchmarks.serve_load import Waits, crowd, kept

FEED = {"session_id": "s1", "items": [{"item_id": "i1"}]}


def waited(command: float, other: float) -> dict[str, Any]:
    waits = Waits()
    for _ in range(10):
        waits.add("command", command)
    for _ in range(90):
        waits.add("undo", other)
    return waits.row()


def test_quick_undos_do_not_hide_slow_commands():
    slow = waited(command=900.0, other=5.0)
    assert (slow["commands"]["p95_ms"], slow["commands"]["n"], slow["all"]["n"]) == (900.0, 10, 100)
    assert slow["all"]["p50_ms"] == 5.0
    assert not kept(slow)
    assert kept(waited(command=300.0, other=900.0)), "the bar is about commands"


def test_no_command_and_any_error_miss_the_bar():
    assert not kept(Waits().row())
    failed = Waits(ms={"command": [10.0]}, errors=["500 {}"])
    assert not kept(failed.row())


def test_a_refused_opening_is_an_error_and_the_others_go_on():
    n_opened = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal n_opened
        while line := await reader.readline():
            length = 0
            while (head := await reader.readline()).strip():
                name, _, value = head.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            await reader.readexactly(length)
            status, told = "200 OK", FEED
            if line.split()[1] == b"/v1/sessions":
                n_opened += 1
                if n_opened == 1:
                    status, told = "503 Service Unavailable", {"error": {"what": "full"}}
            raw = json.dumps(told).encode()
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw)
        writer.close()

    async def played() -> Waits:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await crowd(f"http://127.0.0.1:{port}", [{}], ["under 50"] * 8, n=2, every_s=0.1, seconds=3.0)

    row = asyncio.run(played()).row()
    assert row["errors"] == 1
    assert row["examples"][0].startswith("opening: 503")
    assert row["commands"]["n"] >= 1
    assert row["all"]["n"] > row["commands"]["n"], "undos and clicks were sent as well"
