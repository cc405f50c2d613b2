"""`python -m intentfeed.llm.scripted`: serve until told to stop; the address stands on the first line, as JSON."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys

from . import command_parser, command_planner, explainer, judge, miner, shortener, tagger  # noqa: F401  they register
from .faults import FAULTS, USUAL, Dice, Fault
from .server import Endpoint, Manners


def _faults(text: str) -> tuple[Fault, ...]:
    known: dict[str, Fault] = {fault: fault for fault in FAULTS}
    if unknown := [name for name in text.split(",") if name not in known]:
        raise argparse.ArgumentTypeError(f"no such fault: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    return tuple(known[name] for name in text.split(","))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m intentfeed.llm.scripted", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started it has ended")
    parser.add_argument("--fault-rate", type=float, default=0.0, help="share of requests that go wrong")
    parser.add_argument("--faults", type=_faults, default=USUAL, help=f"of {','.join(FAULTS)}")
    parser.add_argument("--most-faults", type=int, default=2**31, help="after so many it behaves")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--drip-ms", type=float, default=200.0, help="between two bytes of a drip")
    parser.add_argument("--retry-after", default="0.05", help="what a 429 says")
    parser.add_argument("--per-second", type=int, default=0, help="answer more requests than that with 429")
    parser.add_argument("--context", type=int, default=0, help="window in tokens; 0 is endless")
    parser.add_argument("--no-schema", action="store_const", const="refuse", default="strict", dest="schemas")
    parser.add_argument("--ignore-schema", action="store_const", const="ignore", dest="schemas")
    parser.add_argument("--reasoning", action="store_true", help="takes neither max_tokens nor temperature")
    parser.add_argument("--key", default="", help="the only key that is served")
    parser.add_argument("--model", default="scripted")
    return parser.parse_args()


def _manners(chosen: argparse.Namespace) -> Manners:
    return Manners(
        dice=Dice(chosen.fault_rate, chosen.faults, chosen.seed),
        model=chosen.model,
        key=chosen.key,
        latency_s=chosen.latency_ms / 1000,
        context=chosen.context,
        schemas=chosen.schemas,
        retry_after=chosen.retry_after,
        drip_s=chosen.drip_ms / 1000,
        per_second=chosen.per_second,
        most_faults=chosen.most_faults,
        reasoning=chosen.reasoning,
    )


async def _serve(chosen: argparse.Namespace) -> None:
    endpoint, stop = Endpoint(_manners(chosen)), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    server = await asyncio.start_server(endpoint.serve, chosen.host, chosen.port, backlog=1024, limit=65_536)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"url": f"http://{chosen.host}:{port}/v1"}) + "\n")
    sys.stdout.flush()
    parent = os.getppid()
    while not stop.is_set() and (os.getppid() == parent or not chosen.with_parent):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1.0)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
