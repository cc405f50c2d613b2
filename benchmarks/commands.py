"""The whole table of the feed that listens: three scenarios, all loops, on every data set and on the sample world.

    python -m benchmarks.commands DATA                    # validation, clauses a: as often as you like
    python -m benchmarks.commands DATA --final            # test, clauses c, which nothing was tuned on

`DATA` holds one folder a data set, as `intentfeed data prepare` makes them. `--json FILE` keeps all figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from rich.console import Console

from intentfeed.evaluate.commands.run import Wanted, reports
from intentfeed.simulate.phrasing import HELD_OUT

DATASETS = ("movielens-100k", "amazon-industrial-2018")
WORLD_SEED = 101


def main() -> int:
    """Print the tables and return 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of data folders")
    parser.add_argument("--final", action="store_true", help="the test part, with the clauses that nothing is tuned on")
    parser.add_argument("--ledger", type=Path, help="file that --final adds a line to; by default the committed one")
    parser.add_argument("--limit", type=int, default=300, help="people asked of each data set, drawn by lot; 0 for all")
    parser.add_argument("--only", default="", help="comma-separated data sets; `world` is the sample world")
    parser.add_argument("--scenarios", default="", help="comma-separated; by default all three")
    parser.add_argument("--loops", default="", help="separated by semicolons; by default all")
    parser.add_argument("--sasrec", action="store_true", help="train SASRec as well")
    parser.add_argument("--active", action="store_true", help="train the score that hears what is asked for, for ours")
    parser.add_argument("--active-seconds", type=float, default=120.0, help="longest time of that, a data set")
    parser.add_argument("--with-torch", action="store_true", help="both of them")
    parser.add_argument("--samples", type=Path, help="folder for the round records")
    parser.add_argument("--json", type=Path, help="file for all figures")
    args = parser.parse_args()
    names = [name for name in args.only.split(",") if name] or [*DATASETS, "world"]
    began, kept, console = time.monotonic(), [], Console(width=130)
    for name in names:
        wanted = Wanted(
            data=() if name == "world" else (args.data / name,),
            worlds=(WORLD_SEED,) if name == "world" else (),
            scenarios=tuple(one for one in args.scenarios.split(",") if one),
            loops=tuple(one.strip() for one in args.loops.split(";") if one.strip()),
            family=HELD_OUT if args.final else "a",
            limit=args.limit or None,
            with_torch=args.sasrec or args.with_torch,
            active_s=args.active_seconds if args.active or args.with_torch else 0.0,
            samples=args.samples,
            final=args.final,
            ledger=args.ledger,
        )
        for report in reports(wanted):
            report.print(console)
            kept.append(report.to_json())
            print(f"{time.monotonic() - began:.0f} s\n", flush=True)
            if args.json is not None:
                args.json.write_text(json.dumps(kept, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
