"""How many planted falsehoods does the check catch, and how many true reasons does it drop?

    python benchmarks/planted_falsehoods.py [--set world] [--n 1000] [--seed 0]

Takes true reasons of people with evidence in a real log (the sample world's, or a set of the shared folder), plants
falsehoods of many kinds in them, each unlike the check's own rules, and prints the share caught of each kind beside
the share of true reasons dropped. Exits 1 below 98 % caught or above 2 % dropped.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from falsehood_kinds import KINDS
from falsehood_setting import Case, Setting, load, true_cases

from intentfeed.explain.check import Verifier
from intentfeed.explain.explainer import season_of


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--set", default="world", help="world, or a folder of the shared data sets")
    arguments.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    arguments.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "intentfeed")
    arguments.add_argument("--n", type=int, default=1000, help="falsehoods")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--show", type=int, default=0, help="print so many of the missed and of the dropped")
    given = arguments.parse_args()

    setting = load(given.set, given.shared, given.cache, random.Random(given.seed))
    true, dropped, planted, missed = measure(setting, given.n)
    n_missed = Counter(name for name, _ in missed)
    for name, n in sorted(planted.items()):
        print(f"{name:28s} {n - n_missed[name]:4d} of {n:4d}  {100 * (1 - n_missed[name] / n):6.1f} %")
    n = planted.total()
    share = 100 * (1 - len(missed) / max(1, n))
    lost = 100 * len(dropped) / max(1, len(true))
    print(f"{given.set}: caught {n - len(missed)} of {n} falsehoods ({share:.1f} %, bar 98 %)")
    print(f"{given.set}: dropped {len(dropped)} of {len(true)} true reasons ({lost:.2f} %, bar 2 %)")
    for name, case in missed[: given.show]:
        print("missed ", name, "|", case.reason.text, "|", setting.catalog.titles[case.item], "|", case.reason.claims)
    for case, found in dropped[: given.show]:
        print("dropped", case.reason.text, "|", found)
    return int(share < 98 or lost > 2 or n < given.n)


def measure(
    setting: Setting, n: int
) -> tuple[list[Case], list[tuple[Case, list[Any]]], Counter[str], list[tuple[str, Case]]]:
    """Return true reasons, those of them that the check dropped, `n` falsehoods by kind, and those that it missed."""
    verifier = Verifier(setting.catalog, together=setting.companions)
    true = true_cases(setting, 3 * n)
    checked = [(case, check(verifier, setting, case)) for case in true]
    kept = [case for case, found in checked if not found]
    planted, missed, barren = Counter[str](), list[tuple[str, Case]](), set[str]()
    while planted.total() < n and len(barren) < len(KINDS):
        for name, plant in KINDS.items():
            case = None if name in barren else plant_one(setting, plant, kept)
            if case is None:
                barren.add(name)
                continue
            planted[name] += 1
            if not check(verifier, setting, case):
                missed.append((name, case))
    return true, [(case, found) for case, found in checked if found], planted, missed


def plant_one(setting: Setting, plant: Callable[[Setting, Case], Case | None], cases: Sequence[Case]) -> Case | None:
    """Return a falsehood planted in one of the cases; None where none of many lends itself to it."""
    for case in setting.rng.choices(cases, k=400):
        false = plant(setting, case)
        if false is not None:
            return false
    return None


def check(verifier: Verifier, setting: Setting, case: Case) -> list[Any]:
    """Return what the check holds against a case."""
    return verifier.check(
        case.reason,
        case.item,
        interest=case.interest,
        events=lambda number: setting.log[number] if 0 <= number < len(setting.log) else None,
        season=season_of(setting.context.as_of),
        own=case.own,
    )


if __name__ == "__main__":
    sys.exit(main())
