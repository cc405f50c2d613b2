"""Every table of the README's referee section, one `intentfeed eval` after another: what an outsider reruns.

    python -m benchmarks.referee DATA                 # validation, as often as you like
    python -m benchmarks.referee DATA --final         # test: writes the ledger

`DATA` holds one folder a data set, as `intentfeed data prepare` makes them. All methods have the same budget.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from pathlib import Path

BUDGET = ("--trials", "3", "--trial-seconds", "200")
"""Of each method and data set; the issue of fairness is that it is the same for all."""
FEW = "popularity,title-tfidf-knn,bm25,item-knn,ease,intentfeed-core,intentfeed"
"""On other train sets of the same questions: ours, and what learns in a minute."""
TABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("amazon-industrial-2018", ()),
    ("amazon-industrial-minionerec", ()),
    ("amazon-industrial-minionerec", ("--train", "strict", "--methods", FEW)),
    ("amazon-industrial-minionerec", ("--train", "with-valid", "--methods", FEW)),
    ("movielens-100k", ()),
    ("retailrocket-mb", ()),
    ("amazon-industrial-2018", ("--new-items", "0.1", "--keep-in-histories",
                                "--methods", "title-tfidf-knn,item-knn,intentfeed")),
)  # fmt: skip


def main() -> int:
    """Run the tables and return how many failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of data folders")
    parser.add_argument("--final", action="store_true", help="score the test part, with five seeds, into the ledger")
    parser.add_argument("--only", default="", help="comma-separated data sets")
    parser.add_argument("--methods", default="", help="comma-separated; by default all")
    parser.add_argument("--resume", type=Path, help="folder of finished lines: many hours survive a kill")
    args = parser.parse_args()
    only, failed = {name for name in args.only.split(",") if name}, 0
    for name, more in TABLES:
        if (only and name not in only) or not (args.data / name).exists():
            continue
        methods = ("--methods", args.methods) if args.methods and "--methods" not in more else ()
        final = ("--final", "--seeds", "5") if args.final else ()
        final += ("--resume", str(args.resume)) if args.resume else ()
        command = ("intentfeed", "eval", "--data", str(args.data / name), *BUDGET, *more, *methods, *final)
        print(f"$ {shlex.join(command)}", flush=True)
        began = time.monotonic()
        failed += subprocess.run(command, check=False).returncode != 0
        print(f"{time.monotonic() - began:.0f} s\n", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
