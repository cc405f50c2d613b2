"""What a strong language model makes of twenty people of the sample world, beside the grounded backend and the truth.

    python -m benchmarks.strong_model [--answers benchmarks/answers/world-0] [--keep FOLDER]

Runs the chain twice over world 0 (600 people, the first 20 of whom get rows): grounded, and with the answers of a
strong model, which lie in a folder of batch files. Prints how its rows fared in the checks and what the truth says of
both. Where today's prompts ask something that the folder does not answer, it says which file was written and stops.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from intentfeed.batch import run
from intentfeed.config import load_config
from intentfeed.data.store import Store
from intentfeed.errors import AnswersAwaited
from intentfeed.evaluate.interests import Case, Claimed, read_case, score
from intentfeed.simulate.world import World, WorldConfig, ensure_world
from intentfeed.types import RELIABLE

N_PEOPLE = 20
FIRST = 30
"""Tags that are looked at, as in HR@30."""


def main() -> None:
    """Run both, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=Path, default=Path(__file__).parent / "answers" / "world-0")
    parser.add_argument("--keep", type=Path, help="where worlds and workspaces stay [thrown away]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = options.keep or Path(folder)
        world = ensure_world(WorldConfig(seed=0, n_users=600), root / "worlds")
        grounded = _run(world, root / "grounded")
        shutil.rmtree(root / "strong", ignore_errors=True)
        shutil.copytree(root / "grounded", root / "strong")
        batches = root / "answers"
        shutil.rmtree(batches, ignore_errors=True)
        shutil.copytree(options.answers, batches)
        strong: dict[str, Any] = {}
        try:
            strong = _run(world, root / "strong", f"llm.endpoint={str(batches)!r}", "llm.model=strong")
        except AnswersAwaited as waiting:
            print(waiting)
            sys.exit(2)
        print(f"questions {strong['llm']['questions']}, who spoke {strong['llm']['spoke']}")
        case = _of(read_case(world), root / "grounded")
        for name, figures in (("grounded", grounded), ("strong", strong)):
            print(f"{name:>9}: {_report(Store(root / name), case, world, figures)}")


def _run(world: World, workspace: Path, *settings: str) -> dict[str, Any]:
    roles = 'llm.roles=["miner", "tagger"]'
    config = load_config(overrides=["run.workers=1", roles, "llm.max_fallback=1.0", *settings])
    outcome = run(
        str(world.events),
        str(world.items),
        workspace=workspace,
        users=str(world.users),
        context=str(world.context),
        config=config,
        limit=N_PEOPLE,
    )
    return outcome.figures


def _of(case: Case, workspace: Path) -> Case:
    """Return the case of the people who were asked about: those with interests, all of whom both runs know."""
    people = set(Store(workspace).scan("digests").select("user_id").collect()["user_id"])
    return replace(case, true={user: true for user, true in case.true.items() if user in people})


def _report(store: Store, case: Case, world: World, figures: dict[str, Any]) -> str:
    """Return how true the interests are, and how far tags lead to true interests and to what came next."""
    people = store.scan("digests").select("user_id").collect()["user_id"]
    kept = store.scan("interests").filter(pl.col("status") == "kept").collect()
    found: dict[str, list[Claimed]] = {user: [] for user in kept["user_id"].unique(maintain_order=True)}
    for user, categories, events, confidence in kept.select(
        "user_id", "categories", "event_ids", "confidence"
    ).iter_rows():
        found[user].append(Claimed(tuple(categories), frozenset(events), confidence))
    scored = score(found, case)
    tags = store.scan("tags").filter(pl.col("rank") <= FIRST).collect()
    true = {user: {path for one in claims for path in one.categories} for user, claims in case.true.items()}
    within = [
        any(_near(category, path) for path in true.get(user, ()))
        for user, category in tags.select("user_id", "category").iter_rows()
    ]
    who = dict(Counter(tags["backend"].to_list()))
    said = [
        f"interests a person {kept.height / len(people):.1f}",
        f"precision {scored.precision:.3f}, recall {scored.recall:.3f}, F1 {scored.f1:.3f}",
        f"first {FIRST} tags in a true interest {sum(within) / len(within):.3f}",
        f"categories of what came next among them {_met(tags, case, world):.3f}",
        f"tags by {who}",
        f"reasons tied to an interest {figures['reason_interest_share']:.2f}",
    ]
    return "; ".join(said)


def _near(one: str, other: str) -> bool:
    return one == other or one.startswith(other + " > ") or other.startswith(one + " > ")


def _met(tags: pl.DataFrame, case: Case, world: World) -> float:
    """Return the share of deliberate events on new items in the two weeks after whose category is among the tags."""
    leaf = dict(case.catalog.frame.select("item_id", "category").iter_rows())
    future = pl.read_parquet(world.folder / "truth" / "future.parquet")
    later = future.filter(pl.col("action").is_in(RELIABLE) & pl.col("item_id").is_not_null())
    later = later.select("user_id", "item_id").unique().join(
        case.events.select("user_id", "item_id").unique(), on=["user_id", "item_id"], how="anti"
    )  # fmt: skip
    said = {user: set(rows["category"]) for (user,), rows in tags.group_by("user_id")}
    hits = [leaf[item] in said[user] for user, item in later.iter_rows() if user in said]
    return sum(hits) / max(len(hits), 1)


if __name__ == "__main__":
    main()
