"""Kill a run at random moments, start it again, and hold the result against an undisturbed one.

    python benchmarks/kill.py [--kills 30] [--users 600] [--seed 0]

Every kill is SIGKILL to the whole process group, at a moment drawn evenly over the length of an undisturbed run; after
each the run is started again in the same workspace, until one comes through. Exit 1 if any table differs in any row.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from intentfeed.data.schema import TABLES
from intentfeed.data.store import Store
from intentfeed.simulate.world import WorldConfig, ensure_world

KEYS = {"events": ["event_id"], "explanations": ["interest_key", "item_id"]}


def main() -> None:
    """Kill, rerun, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--users", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        world = ensure_world(WorldConfig(seed=options.seed, n_users=options.users), root / "worlds")
        command = [sys.executable, "-c", "from intentfeed.cli.main import main; main()", "run", "--json"]
        command += ["-e", str(world.events), "-i", str(world.items), "-u", str(world.users), "-c", str(world.context)]
        start = time.perf_counter()
        subprocess.run([*command, "-o", str(root / "whole")], stdout=subprocess.DEVNULL, check=True)
        length = time.perf_counter() - start
        print(f"undisturbed: {length:.1f} s")

        rng, done, round_, wrong = random.Random(options.seed), 0, 0, 0
        while done < options.kills:
            workspace, kills = root / f"killed-{round_}", 0
            while done < options.kills:
                moment = rng.uniform(0.3, length)
                if not killed(command, workspace, moment):
                    break
                done, kills = done + 1, kills + 1
                print(f"  kill {done} after {moment:.1f} s", flush=True)
            subprocess.run([*command, "-o", str(workspace)], stdout=subprocess.DEVNULL, check=True)
            found = differing(root / "whole", workspace)
            wrong += bool(found)
            print(
                f"round {round_}: {kills} kills, " + (f"DIFFERS in {', '.join(found)}" if found else "all tables equal")
            )
            round_ += 1
        print(f"{done} kills in {round_} rounds: {wrong} with a difference")
        sys.exit(1 if wrong else 0)


def killed(command: list[str], workspace: Path, moment: float) -> bool:
    """Start the run and kill it after `moment` seconds; False if it was over before."""
    process = subprocess.Popen([*command, "-o", str(workspace)], stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def differing(one: Path, other: Path) -> list[str]:
    """Return the tables that are not equal row for row."""
    found = []
    for name in TABLES:
        left, right = (Store(root).scan(name).collect() for root in (one, other))
        keys = KEYS.get(name, ["user_id"])
        if not left.sort(keys, maintain_order=True).equals(right.sort(keys, maintain_order=True)):
            found.append(name)
    return found


if __name__ == "__main__":
    main()
