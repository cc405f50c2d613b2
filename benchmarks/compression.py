"""How fast, in how much memory and how well logs become digests: Parquet in, rendered digests out.

    python benchmarks/compression.py                      20 million events, three interleaved runs
    python benchmarks/compression.py --events 2000000     smaller
    python benchmarks/compression.py --log wide           half a million items and no visits: as hard as it gets
    python benchmarks/compression.py --data FOLDER        tokens of another log: interactions.parquet, items.parquet

Each run is a process of its own with a pool of workers below it; the memory is the sum of what all of them hold (PSS)
ten times a second. Between the runs, in one process on one thread, our grouping and a hand-written Polars query that
does the same are run by turns over the same partitions, and the CPU seconds of each are summed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import psutil
from wide_log import wide_log

from intentfeed.data.catalog import Catalog
from intentfeed.data.compress import CompressConfig, compress, totals
from intentfeed.data.events import partition_events
from intentfeed.data.facts import find_facts
from intentfeed.data.item_table import ItemTable, item_table
from intentfeed.data.items import read_items
from intentfeed.data.lines import find_lines
from intentfeed.data.mapping import IngestConfig
from intentfeed.data.short import collisions, short_texts
from intentfeed.data.spread import read_part
from intentfeed.data.tokens import TOKEN_RULE
from intentfeed.executor import ONE_THREAD, executor
from intentfeed.types import RELIABLE

# The log and its items


def load_catalog(folder: Path) -> Catalog:
    """Return the items with their short texts, made once and kept beside them."""
    path = folder / "catalog.parquet"
    if not path.exists():
        catalog, _ = read_items(folder / "items.parquet", IngestConfig())
        start = time.process_time()
        texts = short_texts(catalog)
        print(
            f"items, once: {len(catalog):,} shortened in {time.process_time() - start:.1f} CPU s, "
            f"{collisions(catalog, texts):.2%} of titles share a text"
        )
        Catalog(catalog.frame.with_columns(short=texts)).save(path)
    return Catalog.load(path)


# One run: a process and its workers


def run(source: Path, out: Path, n_partitions: int, workers: int) -> dict[str, float]:
    """Return the seconds of each stage: partition the log, compress each partition, write the digests."""
    start = time.perf_counter()
    catalog = Catalog.load(source / "catalog.parquet")
    items = out / "items.parquet"
    item_table(catalog.frame).frame.write_parquet(items, compression="lz4")
    with executor(workers) as pool:
        ready = time.perf_counter()
        ingested = partition_events(
            source / "events", catalog, IngestConfig(), folder=out / "events", n_partitions=n_partitions, executor=pool
        )
        del catalog
        partitioned = time.perf_counter()
        as_of = ingested.last.date() if ingested.last else date(1970, 1, 1)
        (out / "as_of").write_text(as_of.isoformat())
        jobs = [(folder, items, out / f"digests-{part:04}.parquet", as_of) for part, folder in ingested.parts.items()]
        stages = np.array(list(pool.map(compress_part, jobs))).sum(axis=0)
    end = time.perf_counter()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    names = ("read", "compress", "write")
    return {
        "events": ingested.n_events,
        "seconds": end - start,
        "cpu": sum(one.ru_utime + one.ru_stime for one in used),
        "start": ready - start,
        "partition": partitioned - ready,
        "digests": end - partitioned,
        **dict(zip(names, stages.tolist(), strict=True)),
    }


_ITEMS: dict[Path, ItemTable] = {}


def compress_part(job: tuple[Path, Path, Path, date]) -> tuple[float, float, float]:
    """Write the digests of one partition; the item table is read once a worker."""
    folder, items, out, as_of = job
    if items not in _ITEMS:
        _ITEMS[items] = ItemTable(pl.read_parquet(items))
    start = time.perf_counter()
    events = read_part(folder)
    read = time.perf_counter()
    digests = compress(events, _ITEMS[items], CompressConfig(), as_of=as_of)
    done = time.perf_counter()
    digests.write_parquet(out, compression="zstd", compression_level=1)
    return read - start, done - read, time.perf_counter() - done


class MemoryWatch:
    """The largest sum of PSS over a process and all below it, sampled until it ends."""

    def __init__(self, pid: int) -> None:
        self.peak_mib = 0.0
        self._process = psutil.Process(pid)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while True:
            try:
                family = [self._process, *self._process.children(recursive=True)]
            except psutil.Error:
                return
            self.peak_mib = max(self.peak_mib, sum(_pss_kib(process.pid) for process in family) / 1024)
            time.sleep(0.1)


def _pss_kib(pid: int) -> int:
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(row.split()[1]) for row in rows if row.startswith("Pss:"))


def watched(arguments: list[str]) -> dict[str, float]:
    """Run this file as a child, and return what it prints with its CPU seconds and peak memory."""
    child = subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)
    memory = MemoryWatch(child.pid)
    text, _ = child.communicate()
    if child.returncode:
        raise SystemExit(f"a run failed with exit code {child.returncode}")
    return {**json.loads(text.splitlines()[-1]), "peak_mib": memory.peak_mib}


# The grouping against a query written by hand


def by_hand(events: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return both grouping steps as a Polars user would write them: same facts, same lines, same orders.

    Of seven ways to write it, this was the fastest that compares the item sets themselves.
    """
    day = pl.col("timestamp").dt.date()
    age = (pl.lit(as_of) - day).dt.total_days()
    bucket = pl.when(age <= 30).then(day).when(age <= 365).then(day.dt.month_start()).otherwise(day.dt.truncate("1y"))
    step1 = (
        events.lazy()
        .filter(pl.col("action").is_in(list(RELIABLE)))
        .select(
            pl.col("user_id", "action").cast(pl.Categorical),
            "timestamp",
            item=pl.coalesce("item_id", "query").cast(pl.Categorical),
            bucket=bucket,
            grain=pl.when(age <= 30).then(0).when(age <= 365).then(1).otherwise(2).cast(pl.Int8),
        )
        .sort("timestamp", descending=True, maintain_order=True)
        .group_by("user_id", "grain", "bucket", "action", maintain_order=True)
        .agg(pl.col("item").unique(maintain_order=True), pl.col("timestamp").first())
    )
    return (
        step1.with_columns(key=pl.col("item").list.sort())
        .group_by("user_id", "key", maintain_order=True)
        .agg("grain", "bucket", "action", pl.col("item").first(), pl.col("timestamp").first())
        .sort("user_id", "timestamp", descending=[False, True])
        .collect()
    )


def ours(events: pl.DataFrame, items: ItemTable, as_of: date) -> int:
    """Return the number of lines of our two steps, the counting of the log's tokens included."""
    config = CompressConfig()
    facts, _ = find_facts(events, items, config, as_of=as_of)
    return len(find_lines(facts, config.reading))


def compare(out: Path, n_parts: int) -> dict[str, float]:
    """Return the CPU seconds of both over some partitions, by turns."""
    items = ItemTable(pl.read_parquet(out / "items.parquet"))
    as_of = date.fromisoformat((out / "as_of").read_text())
    seconds = {"ours": 0.0, "by_hand": 0.0}
    lines = {"ours": 0, "by_hand": 0}
    for number, folder in enumerate(sorted((out / "events").glob("part-*"))[:n_parts]):
        events = read_part(folder)
        for name in ("ours", "by_hand") if number % 2 else ("by_hand", "ours"):
            start = time.process_time()
            lines[name] += ours(events, items, as_of) if name == "ours" else by_hand(events, as_of).height
            seconds[name] += time.process_time() - start
    return {**seconds, "lines_ours": lines["ours"], "lines_by_hand": lines["by_hand"]}


# Tokens


def tokens_of(out: Path) -> pl.DataFrame:
    """Return all digests without their texts."""
    return pl.scan_parquet(out / "digests-*.parquet").drop("text").collect()


def print_tokens(title: str, found: Mapping[str, float]) -> None:
    users, events = found["users"], found["n_events"]
    print(
        f"\n{title}: {users:,} users, {events:,} events, {found['n_reliable']:,} deliberate, {found['n_lines']:,} lines"
    )
    print(f"  {'stage':46} {'tokens':>15} {'a user':>10} {'of raw':>8} {'in window':>10}")
    stages = {
        "raw": "every event a line: day, action, record",
        "before": "2.1 deliberate events only",
        "short": "2.2 items shortened",
        "after": "2.3 digests (within the budget)",
    }
    for name, text in stages.items():
        tokens = found[f"tokens_{name}"]
        share = found[f"share_within_window_{name}"]
        print(f"  {text:46} {tokens:>15,} {tokens / users:>10,.0f} {tokens / found['tokens_raw']:>8.1%} {share:>10.2%}")
    print(f"  dropped by the budget: {found['n_dropped']:,} facts")


def print_readings(parts: list[pl.DataFrame], items: ItemTable, as_of: date) -> None:
    """Print tokens by reading and by labels, without a budget."""
    print(f"\n  {'reading':10} {'labels':10} {'tokens':>13} {'lines':>11} {'of 2.2':>8} {'CPU s':>7}")
    for reading in ("literal", "per_item"):
        for labels in ("absolute", "relative"):
            config = CompressConfig(reading=reading, labels=labels, budget_tokens=10**9)
            start = time.process_time()
            found = totals(pl.concat([compress(events, items, config, as_of=as_of) for events in parts]))
            seconds = time.process_time() - start
            share = found["tokens_after"] / found["tokens_short"]
            print(
                f"  {reading:10} {labels:10} {found['tokens_after']:>13,} {found['n_lines']:>11,}"
                f" {share:>8.1%} {seconds:>7.2f}"
            )


def other_log(folder: Path, preset: str) -> None:
    """Print the tokens of a data set folder, as a run with that preset would compress it."""
    from intentfeed.config import load_config  # not at the top: the workers would pay for it
    from intentfeed.data.presets import names

    config = load_config(preset_name=preset if preset in names() else None)
    catalog, _ = read_items(folder / "items.parquet", config.ingest)
    texts = short_texts(catalog, config.short)
    catalog = Catalog(catalog.frame.with_columns(short=texts))
    log = next(path for name in ("interactions", "events") if (path := folder / f"{name}.parquet").exists())
    with tempfile.TemporaryDirectory() as out:
        found = partition_events(log, catalog, config.ingest, folder=Path(out), n_partitions=4)
        parts = [read_part(part) for part in found.parts.values()]
    as_of = found.last.date() if found.last else date(1970, 1, 1)
    items = item_table(catalog.frame)
    digests = pl.concat([compress(events, items, config.compress, as_of=as_of) for events in parts])
    print_tokens(folder.name, totals(digests))
    print(f"  {collisions(catalog, texts):.2%} of titles share their short text with another")
    print_readings(parts, items, as_of)
    print(f"\n{TOKEN_RULE}")


# The command


def main() -> None:
    args = arguments()
    if args.child == "run":
        print(json.dumps(run(args.folder, args.out, args.partitions, args.workers)))
    elif args.child == "compare":
        print(json.dumps(compare(args.out, args.compare)))
    elif args.data:
        other_log(args.data, args.preset or args.data.name)
    else:
        bench(args)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--log", choices=("world", "wide"), default="world", help="the sample shop, or many items")
    parser.add_argument("--users", type=int, default=0, help="default: one for each 100 events")
    parser.add_argument("--items", type=int, default=0, help="of a wide log; default: one for each 40 events")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--partitions", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--compare", type=int, default=8, help="partitions over which both groupings are timed")
    parser.add_argument("--data", type=Path, default=None, help="folder of another log: tokens only")
    parser.add_argument("--preset", default="", help="of the other log; default: the folder's name")
    parser.add_argument("--folder", type=Path, default=None, help="where the log is kept between calls")
    parser.add_argument("--out", type=Path, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def bench(args: argparse.Namespace) -> None:
    root = args.folder or Path(tempfile.gettempdir()) / "intentfeed-benchmarks"
    folder = root / f"{args.log}-{args.events}-{args.users}-{args.items}"
    if not (folder / "catalog.parquet").exists():
        shutil.rmtree(folder, ignore_errors=True)
        child = multiprocessing.get_context("spawn").Process(target=prepare, args=(folder, args))
        child.start()
        child.join()
    runs, groupings = [], []
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory(dir=folder) as out:
            common = ["--folder", str(folder), "--out", out, "--workers", str(args.workers)]
            runs.append(watched(["--child", "run", "--partitions", str(args.partitions), *common]))
            os.environ.update(ONE_THREAD)
            groupings.append(watched(["--child", "compare", "--compare", str(args.compare), *common]))
            for name in ONE_THREAD:
                os.environ.pop(name, None)
            found = totals(tokens_of(Path(out)))
            if len(runs) == args.runs:
                report(runs, groupings, args)
                print_tokens("the generated log", found)
                part = sorted((Path(out) / "events").glob("part-*"))[0]
                print(f"\n  one partition of {args.partitions}, no budget")
                as_of = date.fromisoformat((Path(out) / "as_of").read_text())
                print_readings([read_part(part)], ItemTable(pl.read_parquet(Path(out) / "items.parquet")), as_of)
    print(f"\n{TOKEN_RULE}")


def prepare(folder: Path, args: argparse.Namespace) -> None:
    """Make the log and the short texts of its items, in a process of its own: what it leaves in memory is not ours."""
    from intentfeed.simulate.biglog import big_log

    users, items = args.users or args.events // 100, args.items or args.events // 40
    if args.log == "world":
        big_log(folder, n_events=args.events, n_users=users, per_file=2_500_000)
    else:
        wide_log(folder, n_events=args.events, n_users=users, n_items=items)
    load_catalog(folder)


def report(runs: list[dict[str, float]], groupings: list[dict[str, float]], args: argparse.Namespace) -> None:
    print(f"\n{runs[0]['events']:,} events, {args.workers} workers, {args.partitions} partitions, {args.runs} runs")
    print("  run  seconds  CPU s  M events/s  start  partition  digests  PSS MiB | grouping: ours  by hand  ratio")
    for number, (one, two) in enumerate(zip(runs, groupings, strict=True), start=1):
        print(
            f"  {number:>3} {one['seconds']:>8.1f} {one['cpu']:>6.1f} {one['events'] / one['seconds'] / 1e6:>11.2f}"
            f" {one['start']:>6.1f} {one['partition']:>10.1f} {one['digests']:>8.1f} {one['peak_mib']:>8.0f}"
            f" | {two['ours']:>12.2f} s {two['by_hand']:>6.2f} s {two['ours'] / two['by_hand']:>6.2f}"
        )
    speed = statistics.median(one["events"] / one["seconds"] for one in runs) / 1e6
    peak = statistics.median(one["peak_mib"] for one in runs)
    ratio = statistics.median(two["ours"] / two["by_hand"] for two in groupings)
    print(
        f"  median: {speed:.2f} M events/s (aim ≥ 1.0), {peak:.0f} MiB (aim ≤ 1536),"
        f" grouping × {ratio:.2f} (aim ≤ 1.25)"
    )
    for two in groupings:
        if two["lines_ours"] != two["lines_by_hand"]:
            print(
                f"  lines differ: {two['lines_ours']:,} and {two['lines_by_hand']:,} by hand,"
                " where items of equal text are two"
            )


if __name__ == "__main__":
    main()
