"""Quality against minutes: what our towers and SASRec find after so long a training, on the validation questions.

    python -m benchmarks.minutes DATA/movielens-100k [--minutes 0.5,1,2,4,8,20] [--methods intentfeed,sasrec]

First ours without towers, which has nothing to stop. Then each learner anew with so many minutes at most, as the
referee trains it (`fit_watched`, its first settings): ours spends half of them to find the length on items hidden from
the log, the rest on what serves; SASRec stops by the very questions that are asked here, which flatters it. Minutes are
those of the whole fit, with what comes before and after the training, by the wall and of the processor; a training is
cut by the wall, so that on a machine with other work it learns less.
Who was done in less than half of the time would be no other with more, and is not asked again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from intentfeed.data.history import interactions
from intentfeed.data.split import Split, sampled
from intentfeed.errors import ConfigError
from intentfeed.evaluate.dataset import DEFAULT_TRAIN, Dataset, read_dataset
from intentfeed.evaluate.measure import measure
from intentfeed.evaluate.methods import methods
from intentfeed.evaluate.offline import Served
from intentfeed.evaluate.ours import Ours, OursCore
from intentfeed.evaluate.recommender import Recommender, Trainable, answers
from intentfeed.evaluate.tuning import TuningConfig, Valid, epochs_of, watch
from intentfeed.retrieval.fit_towers import torch_or_say

METRICS = ("hr@10", "ndcg@10")
MINUTES = (0.5, 1.0, 2.0, 4.0, 8.0, 20.0)
LEARNERS = (Ours.name, "sasrec")
HEAD = f"{'method':<16}{'at most':>8}{'minutes':>9}{'of cpu':>8}{'epochs':>8}{METRICS[0]:>9}{METRICS[1]:>9}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One training: what it was allowed, what it took, what it found."""

    method: str
    allowed: float | None
    """Minutes; None for what has no limit."""
    wall: float
    cpu: float
    """Minutes of the processor, of all threads."""
    epochs: float | None
    """Until the state that serves, where the method tells."""
    scores: tuple[float, ...]

    def __str__(self) -> str:
        allowed = "" if self.allowed is None else f"{self.allowed:g}"
        epochs = "" if self.epochs is None else f"{self.epochs:.1f}"
        found = "".join(f"{score:>9.4f}" for score in self.scores)
        return f"{self.method:<16}{allowed:>8}{self.wall:>9.2f}{self.cpu:>8.2f}{epochs:>8}{found}"


def rows(dataset: Dataset, split: Split, names: Sequence[str], minutes: Sequence[float], *, seed: int) -> Iterator[Row]:
    """Yield ours without towers, then each learner with more and more time, as soon as they are there."""
    valid = Valid(split, interactions(split.fit, dataset.catalog), dataset.catalog)
    yield _row(_made(dataset, OursCore.name, split), valid, None)
    for name in names:
        for allowed in sorted(minutes):
            learner = _made(dataset, name, split)
            if not isinstance(learner, Trainable):
                raise ConfigError(f"{name} learns in one go, so that no time can stop it: name one of sasrec, bert4rec")
            found = _row(learner.seeded(seed), valid, allowed)
            yield found
            if found.wall < allowed / 2:
                break


def _made(dataset: Dataset, name: str, split: Split) -> Recommender:
    """Return the method of this name, untrained, as the referee's table has it."""
    [make] = methods(dataset, [name], how=split.how, exclude_seen=split.exclude_seen)
    made = make()
    assert not isinstance(made, Served)
    return made


def _row(recommender: Recommender, valid: Valid, allowed: float | None) -> Row:
    began, cpu = time.monotonic(), time.process_time()
    if allowed is None:
        recommender.fit(valid.log, valid.catalog)
    else:
        assert isinstance(recommender, Trainable)
        looks = watch(recommender, valid.split, TuningConfig())
        recommender.fit_watched(valid.log, valid.catalog, looks, seconds=60 * allowed)
    wall, cpu = (time.monotonic() - began) / 60, (time.process_time() - cpu) / 60
    lists = answers(recommender, valid.split.cases, 10, exclude_seen=valid.split.exclude_seen)
    scores = tuple(float(values.mean()) for values in measure(lists, valid.split, METRICS).values())
    return Row(
        method=recommender.name, allowed=allowed, wall=wall, cpu=cpu, epochs=epochs_of(recommender), scores=scores
    )


def main() -> None:
    """Read a data set, train, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of a data set, as `intentfeed data prepare` makes it")
    parser.add_argument("--minutes", default=",".join(f"{some:g}" for some in MINUTES), help="comma-separated")
    parser.add_argument("--methods", default=",".join(LEARNERS), help="comma-separated learners")
    parser.add_argument("--train", default=DEFAULT_TRAIN, help="which train set is learnt from, as in intentfeed eval")
    parser.add_argument("--limit", type=int, help="ask only so many, drawn by lot")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch_or_say()  # not while the clock runs
    dataset = read_dataset(args.data)
    split = dataset.cut("valid", train=args.train)
    split = split if args.limit is None else sampled(split, args.limit, dataset.catalog)
    print(f"{dataset.name}, validation: {len(split.cases):,} questions, {len(dataset.catalog):,} items, "
          f"split {split.split_hash} · fit {split.fit_hash}, seed {args.seed}\n{HEAD}")  # fmt: skip
    minutes = [float(some) for some in args.minutes.split(",") if some]
    for row in rows(dataset, split, [name for name in args.methods.split(",") if name], minutes, seed=args.seed):
        print(row, flush=True)


if __name__ == "__main__":
    main()
