"""How long from a command to the new feed, grounded, in a catalogue of 100,000 items?

    python benchmarks/commands_speed.py                    p50, p95 of a round, and of its stages
    python benchmarks/commands_speed.py --items 10000 100000

The catalogue, the log and the vectors are those of `recommend.py`, which are drawn from one seed; the items have a
colour and a material beside their price, brand and category. Sessions of six rounds go through wide and narrow demands,
wanted and unwanted, hard and soft, free words, and a retraction. Each round is one call of `InteractiveFeed.command` in
this process, one after another, and counts whole: parser, memory, plan, tools, ranking, reasons, diff.

Wall time is what a person waits; beside it stands the time of the thread alone, which other work on the machine does
not lengthen.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from recommend import drawn_parts, drawn_queries

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.parser import Parser
from intentfeed.commands.records import Command, Constraint, Delta, Preference
from intentfeed.data.catalog import Catalog
from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.parts import FeedParts

COLORS = ("red", "light blue", "green", "black", "white", "grey", "orange")
MATERIALS = ("plastic", "steel", "oak", "cotton", "glass")
TODAY = date(2026, 10, 1)


def with_attributes(catalog: Catalog, rng: np.random.Generator) -> Catalog:
    """Return the catalogue with a colour and a material an item."""
    import polars as pl

    color = rng.integers(0, len(COLORS), len(catalog)).tolist()
    material = rng.integers(0, len(MATERIALS), len(catalog)).tolist()
    told = [
        json.dumps({"color": COLORS[one], "material": MATERIALS[two]}) for one, two in zip(color, material, strict=True)
    ]
    return Catalog(catalog.frame.with_columns(pl.Series("attributes", told)))


def sessions(n: int, n_items: int, seed: int) -> list[list[str]]:
    """Return what people say, six commands a session."""
    rng = np.random.default_rng(seed)
    n_shelves = n_items // 200
    found = []
    for _ in range(n):
        shelf, aisle = int(rng.integers(n_shelves)), int(rng.integers(max(n_shelves // 20, 1)))
        price, other = int(rng.integers(20, 80)), int(rng.integers(20, 60))
        color, worse = rng.choice(COLORS, 2, replace=False)
        material = rng.choice(MATERIALS)
        found.append(
            [
                f"under {price}",
                f"something {color}",
                f"no {material}, please",
                f"show me shelf {shelf}" if rng.random() < 0.5 else f"aisle {aisle}",
                f"around {other} and nothing {worse}",
                f"forget the price, but only {color}",
            ]
        )
    return found


class Said:
    """Stands for a parser: reads the sentences above, and nothing else."""

    def __init__(self, registry: FieldRegistry) -> None:
        self.registry = registry

    def parse(self, command: Command) -> Delta:
        """Return what one of the sentences says."""
        text, words = command.text, command.text.replace(",", "").split()
        if text.startswith("under"):
            price = Constraint(polarity="positive", field="price", op="le", value=float(words[1]), quote=text)
            return Delta(feedback="new", add=(price,))
        if text.startswith("something"):
            return Delta(feedback="new", add=(_soft("positive", "color", text.removeprefix("something "), text),))
        if text.startswith("no "):
            return Delta(feedback="new", add=(_soft("negative", "material", words[1], text),))
        if text.startswith(("show me", "aisle")):
            return Delta(feedback="new", add=(_soft("positive", "category", " ".join(words[-2:]), text),))
        if text.startswith("around"):
            near, worse = float(words[1]), text.partition("nothing ")[2]
            about = Constraint(
                polarity="positive", field="price", op="between", value=(0.8 * near, 1.2 * near), approximate=True,
                quote=f"around {words[1]}",
            )  # fmt: skip
            return Delta(feedback="revise", add=(about, _soft("negative", "color", worse, f"nothing {worse}")))
        color = text.rpartition("only ")[2]
        only = Constraint(polarity="positive", field="color", op="in", value=(color,), quote=f"only {color}")
        return Delta(feedback="revise", clear_fields=("price",), add=(only,))


def _soft(polarity: Any, facet: str, text: str, quote: str) -> Preference:
    return Preference(polarity=polarity, facet=facet, text=text, quote=quote)


def parser_of(name: str, catalog: Catalog) -> Callable[[FieldRegistry], Parser]:
    """Return what makes the parser: the grounded one, or the one above, which takes no time."""
    if name == "none":
        return Said
    from intentfeed.commands.grounded import GroundedParser

    return lambda registry: GroundedParser(registry, catalog)


def timed(feed: InteractiveFeed, parts: FeedParts, log: Any, args: argparse.Namespace) -> dict[str, Any]:
    """Return percentiles of the rounds in milliseconds, and what their stages took."""
    histories = [query.history for query in drawn_queries(log, args.sessions, n_tags=0, seed=args.seed + 1)]
    wall, thread, stages, sizes = list[float](), list[float](), dict[str, list[float]](), list[int]()
    warm = max(args.sessions // 10, 1)
    said = sessions(args.sessions, len(parts.catalog), args.seed)
    for at, (history, texts) in enumerate(zip(histories, said, strict=True)):
        session = feed.open(session_id=f"s{at}", history=history, today=TODAY)
        for text in texts:
            started, worked = time.perf_counter(), time.thread_time()
            session = feed.command(session, text, today=TODAY)
            if at >= warm:
                wall.append(time.perf_counter() - started)
                thread.append(time.thread_time() - worked)
                sizes.append(len(session.rows))
                for stage, ms in session.last.latency_ms.items():
                    stages.setdefault(stage, []).append(ms)
    row: dict[str, Any] = {"items": len(parts.catalog), "rounds": len(wall), "shown": round(float(np.mean(sizes)), 2)}
    for name, seconds in (("wall", wall), ("thread", thread)):
        for q in (50, 95, 99):
            row[f"{name}_p{q}_ms"] = round(float(np.percentile(seconds, q)) * 1e3, 2)
    row["stages_mean_ms"] = {stage: round(float(np.sum(ms)) / len(wall), 2) for stage, ms in stages.items()}
    return row


def main() -> None:
    """Print one line of JSON a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[100_000])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parser", choices=("grounded", "none"), default="grounded")
    args = parser.parse_args()
    for n in args.items:
        parts, log, took = drawn_parts(n, 4 * n, args.seed, with_attributes)
        started = time.perf_counter()
        feed = InteractiveFeed.build(parts, parser_of(args.parser, parts.catalog))
        took["feed_s"] = time.perf_counter() - started
        row = timed(feed, parts, log, args)
        row |= {name: round(seconds, 1) for name, seconds in took.items()}
        row["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
