"""Are our SASRec and BERT4Rec as good as RecTools', on the same split, by the same metrics?

    python benchmarks/rectools_check.py FOLDER… [--python PYTHON] [--methods sasrec,bert4rec] [--final]

Each FOLDER is a data set of `intentfeed eval --data`. Both sides learn the same events, answer the same questions from
the whole catalogue, and have the same width, layers, heads, length, dropout, batch and rate of learning; both keep the
number of epochs that was best on the valid part. With --final the test part is scored once, each side trained anew on
what the test part allows for as many epochs as were best on the valid part. Prints ours, theirs and the paired 95 %
interval of the ratio, and exits with 1 where ours is more than 5 % below theirs.

RecTools needs an older NumPy, so it runs in an environment of its own: the one of --python, or one that is made in
--env (some gigabytes, once) by `pip install 'rectools[torch]'`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intentfeed.data.catalog import Catalog
from intentfeed.data.history import interactions
from intentfeed.data.split import Split
from intentfeed.evaluate.baselines.bert4rec import Bert4Rec, Bert4RecConfig
from intentfeed.evaluate.baselines.sasrec import SasRec, SasRecConfig
from intentfeed.evaluate.baselines.sequential import Sequential
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.evaluate.intervals import bootstrap, ratio_interval
from intentfeed.evaluate.measure import measure
from intentfeed.evaluate.recommender import Lists, answers
from intentfeed.evaluate.tuning import TuningConfig, watch
from intentfeed.types import Interactions

VERSION = "0.19.0"
METRICS = ("ndcg@10", "hr@10")
K = 10
SIZES: dict[str, dict[str, Any]] = {
    "amazon-industrial-2018": {"length": 16, "dropout": 0.3, "batch": 128, "learning_rate": 3e-3},
    "movielens-100k": {"length": 50, "dropout": 0.3, "batch": 32, "learning_rate": 1e-3},
}
"""What both sides use; 64 wide, 2 layers of 2 heads and Adam are common to all."""
OTHERS: dict[str, Any] = {"length": 50, "dropout": 0.3, "batch": 128, "learning_rate": 1e-3}
LOOKS = {
    "sasrec": (2, 4, 6, 8, 10, 12, 15, 20, 25, 30, 40, 60, 80),
    "bert4rec": (5, 10, 15, 20, 30, 40, 60, 80, 120, 160, 240),
}
"""Numbers of epochs after which theirs is looked at; ours is looked at as the referee does."""


@dataclass(frozen=True)
class Side:
    """What one side answered, and after how much."""

    lists: Lists
    epochs: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--python", type=Path, help="Of an environment that has RecTools.")
    parser.add_argument("--env", type=Path, help="Folder of the environment to be made; by default a temporary one.")
    parser.add_argument("--methods", default="sasrec,bert4rec")
    parser.add_argument("--final", action="store_true", help="Score the test part.")
    parser.add_argument("--seconds", type=float, default=300.0, help="Most seconds that either side may train.")
    parser.add_argument("--patience", type=int, help="Looks without a better score after which ours stops.")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    worse = 0
    with tempfile.TemporaryDirectory() as scratch:
        python = options.python or environment(options.env or Path(scratch) / "env")
        for folder in options.folders:
            for method in options.methods.split(","):
                place = Path(scratch) / f"{folder.name}-{method}"
                worse += not check(folder, method, python, place, options)
    sys.exit(worse > 0)


def environment(folder: Path) -> Path:
    """Return the interpreter of an environment with RecTools, made where it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", f"rectools[torch]=={VERSION}"], check=True)
    return python


def check(folder: Path, method: str, python: Path, place: Path, options: argparse.Namespace) -> bool:
    """Print one comparison, and return whether ours is within 5 % of theirs or better."""
    dataset = read_dataset(folder)
    size = SIZES.get(dataset.name, OTHERS)
    valid = dataset.cut("valid")
    ours, model = learn_ours(method, size, valid, dataset.catalog, options)
    theirs = learn_theirs(method, size, valid, dataset.catalog, python, place, options)
    asked = valid
    if options.final:
        asked = dataset.cut("test")
        ours = refit_ours(model, asked, dataset.catalog, options.seed)
        looks = [round(theirs.epochs)]
        theirs = learn_theirs(method, size, asked, dataset.catalog, python, place / "final", options, looks)
    print(
        f"\n{dataset.name}, {asked.part} part, split {asked.split_hash}, learnt from {asked.fit_hash}: {method}, {size}"
    )
    draws = {}
    for name, side in (("ours", ours), ("theirs", theirs)):
        values = measure(side.lists, asked, METRICS)
        draws[name] = bootstrap(np.stack(list(values.values()), axis=1), asked.cases.users, n=1_000, seed=0)
        scores = "  ".join(f"{metric} {values[metric].mean():.4f}" for metric in METRICS)
        short = int((side.lists[0] < 0).any(axis=1).sum())
        print(f"  {name:7} {scores}  {side.epochs:.1f} epochs, {side.seconds:.0f} s, {short} short lists")
    for column, metric in enumerate(METRICS):
        low, high = ratio_interval(draws["ours"][:, column], draws["theirs"][:, column]) or (np.nan, np.nan)
        ratio = draws["ours"][:, column].mean() / draws["theirs"][:, column].mean()
        print(f"  ours / theirs {metric}: {ratio:.3f} [{low:.3f}, {high:.3f}]", flush=True)
    first = [measure(side.lists, asked, METRICS[:1])[METRICS[0]].mean() for side in (ours, theirs)]
    return bool(first[0] >= 0.95 * first[1])


def learn_ours(
    method: str, size: dict[str, Any], valid: Split, catalog: Catalog, options: argparse.Namespace
) -> tuple[Side, Sequential]:
    """Return what ours answers after the epochs that were best on the valid part, and ours itself."""
    model: Sequential
    stop = {"patience": options.patience} if options.patience else {}
    if method == "sasrec":
        model = SasRec(SasRecConfig(**size, **stop, seed=options.seed))
    else:
        model = Bert4Rec(Bert4RecConfig(**size, **stop, seed=options.seed))
    started, looks = time.perf_counter(), watch(model, valid, TuningConfig())
    model.fit_watched(interactions(valid.fit, catalog), catalog, looks, seconds=options.seconds)
    seconds = time.perf_counter() - started
    lists = answers(model, valid.cases, K, exclude_seen=valid.exclude_seen)
    return Side(lists, model.epochs, seconds), model


def refit_ours(model: Sequential, test: Split, catalog: Catalog, seed: int) -> Side:
    """Return what ours answers to the test part after as many epochs."""
    started, again = time.perf_counter(), model.seeded(seed)
    again.fit(interactions(test.fit, catalog), catalog)
    seconds = time.perf_counter() - started
    return Side(answers(again, test.cases, K, exclude_seen=test.exclude_seen), again.epochs, seconds)


def learn_theirs(
    method: str,
    size: dict[str, Any],
    asked: Split,
    catalog: Catalog,
    python: Path,
    place: Path,
    options: argparse.Namespace,
    looks: list[int] | None = None,
) -> Side:
    """Return what RecTools answers after that one of `looks` epochs that scores best on the part asked."""
    place.mkdir(parents=True)
    write_events(place / "train.csv", interactions(asked.fit, catalog))
    write_questions(place / "questions.csv", asked)
    settings = {
        "method": method,
        "model": {
            "n_factors": 64,
            "n_blocks": 2,
            "n_heads": 2,
            "batch_size": size["batch"],
            "lr": size["learning_rate"],
            "dropout_rate": size["dropout"],
            "session_max_len": size["length"],
        },
        "looks": looks or LOOKS[method],
        "until_s": 0 if looks else options.seconds,
        "k": K,
        "exclude_seen": asked.exclude_seen,
        "seed": options.seed,
        "threads": 1,
    }
    (place / "settings.json").write_text(json.dumps(settings))
    side = Path(__file__).with_name("rectools_side.py")
    with (place / "log").open("w") as log:
        quiet = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        done = subprocess.run([python, side, place], cwd=place, env=quiet, stdout=log, stderr=log, check=False)
    if done.returncode:
        sys.exit(f"RecTools broke off:\n{(place / 'log').read_text()[-2_000:]}")
    found = list[Side]()
    for line in (place / "seconds.csv").read_text().split():
        epochs, seconds = line.split(",")
        lists = read_lists(place / f"lists-{epochs}.csv", len(asked.cases))
        found.append(Side((lists, np.zeros(lists.shape, dtype=np.float32)), float(epochs), float(seconds)))
    print(
        "  theirs by epochs:", "  ".join(f"{each.epochs:.0f}: {score(each, asked):.4f}" for each in found), flush=True
    )
    return max(found, key=lambda each: score(each, asked))


def score(side: Side, asked: Split) -> float:
    return float(measure(side.lists, asked, METRICS[:1])[METRICS[0]].mean())


def write_events(path: Path, log: Interactions) -> None:
    """Write the events to learn from; the place in the order stands for the time, so that no tie is broken anew."""
    first = np.searchsorted(log.user, log.user)
    write(path, log.user, log.item, np.arange(len(log)) - first)


def write_questions(path: Path, asked: Split) -> None:
    """Write each question's history under the number of the question."""
    histories = asked.cases.histories
    number = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    place = np.concatenate([np.arange(len(history)) for history in histories])
    write(path, number, np.concatenate(histories), place)


def write(path: Path, user: NDArray[Any], item: NDArray[Any], place: NDArray[Any]) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["user_id", "item_id", "datetime"])
        rows.writerows(zip(user.tolist(), item.tolist(), (1_000_000_000 + place).tolist(), strict=True))


def read_lists(path: Path, n: int) -> NDArray[np.int32]:
    """Return ids_PK; -1 where a question was not answered, or with fewer."""
    ids_PK = np.full((n, K), -1, dtype=np.int32)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            ids_PK[int(row["user_id"]), int(row["rank"]) - 1] = int(row["item_id"])
    return ids_PK


if __name__ == "__main__":
    main()
