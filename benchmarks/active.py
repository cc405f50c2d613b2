"""What the active-intent-aware score is worth: history alone, words alone, both mixed, and the two learnt together.

    python -m benchmarks.active DATA/amazon-industrial-2018 DATA/movielens-100k [--people 2000] [--seed 0]

Validation questions of a data set: what did each person take up next? Asked without a word, and with one or two values
that the item shares with others (RecBot, 5.2: category-level, never title words), said as the catalogue spells them and
in words of their own. Plain and active towers learn from the same log and stop by the same hidden items. Mixtures are
RecBot's: each score by min-max over the candidates, α chosen on the hidden items. "knows the fields" is a filter that
needs no words: it keeps what carries the values, by the catalogue itself. The head says whether the interactive feed,
which knows the fields and has a ranker of its own, would serve the score.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from intentfeed.commands.config import CommandsConfig
from intentfeed.config import settings_of
from intentfeed.data.history import interactions
from intentfeed.data.split import sample
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.evaluate.intervals import bootstrap, interval
from intentfeed.feed.active import FeedJudge
from intentfeed.retrieval.active import ActiveTowers
from intentfeed.retrieval.active_intents import NONE, Facets
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.fit_active import Asked, TrainActiveConfig, ranks_of
from intentfeed.retrieval.fit_towers import TowerData, fit, torch_or_say
from intentfeed.retrieval.held_out import HeldOut
from intentfeed.retrieval.sequence import SequenceTowers
from intentfeed.retrieval.sequence_config import SequenceConfig
from intentfeed.retrieval.space import item_text
from intentfeed.types import History

K = 10
ALPHAS = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Question:
    """What one person is asked with, and what they took up."""

    history: History
    target: int
    values: tuple[int, ...]
    bare: tuple[str, ...]
    worded: tuple[str, ...]
    other: tuple[str, ...]
    """What somebody else asked for."""


@dataclass(frozen=True)
class Trained:
    """Both kinds of towers, from the same log."""

    plain: SequenceTowers
    active: ActiveTowers
    seconds: dict[str, float]


Scores = dict[str, NDArray[np.float32]]


def questions(
    histories: Sequence[History], targets: Sequence[int], facets: Facets, config: TrainActiveConfig
) -> list[Question]:
    """Return those whose item has a value that may be named."""
    rng = np.random.default_rng(1)
    values_N2, phrases_N2 = facets.draw(
        np.asarray(targets), config.active.intents.model_copy(update={"bare": 0.0}), rng
    )
    able = np.flatnonzero((values_N2 != NONE).any(axis=1)).tolist()
    other = {row: able[(place + 1) % len(able)] for place, row in enumerate(able)}
    return [
        Question(
            histories[row],
            int(targets[row]),
            tuple(value for value in values_N2[row].tolist() if value != NONE),
            facets.texts(values_N2[row]),
            tuple(facets.phrases[phrase] for phrase in phrases_N2[row].tolist() if phrase != NONE),
            facets.texts(values_N2[other[row]]),
        )
        for row in able
    ]


def trained(
    data: TowerData, facets: Facets, config: TrainActiveConfig, *, seed: int, keep: Path | None, minutes: float
) -> tuple[Trained, HeldOut]:
    torch_or_say()
    from intentfeed.retrieval.active_network import ActiveLearner
    from intentfeed.retrieval.sequence_network import SequenceLearner

    held = HeldOut.of(data, most=config.watched)
    asked, seconds = Asked.of(held, facets, config.active), {}

    def learnt(name: str, kind: Any, make: Callable[[], Any], watch: Callable[[Any], float]) -> Any:
        folder = keep / name if keep else None
        if folder and (folder / "seconds").exists():
            seconds[name] = float((folder / "seconds").read_text())
            return kind.load(folder, data.encoder)
        learner = make()
        seconds[name] = fit(
            learner, config.fit, seed=seed, watch=lambda: watch(learner.export()), seconds=60 * minutes
        ).seconds
        towers = learner.export()
        if folder:
            towers.save(folder)
            (folder / "seconds").write_text(str(seconds[name]))
        return towers

    plain = learnt("plain", SequenceTowers, lambda: SequenceLearner(held.data, SequenceConfig(), seed=seed), held.ndcg)
    active = learnt(
        "active",
        ActiveTowers,
        lambda: ActiveLearner(held.data, facets, config.active, seed=seed),
        lambda towers: float(np.mean(asked.ndcg(towers))),
    )
    return Trained(plain, active, seconds), held


def scored(question: Question, made: Trained, texts_ID: NDArray[np.float32], encoder: SvdEncoder) -> Scores:
    """Return scores_I of everything that is not a mixture."""
    plain = made.plain.encode_users([question.history])[0, 0] @ made.plain.item_vectors.T
    asked = made.active.scores_many(question.history, [(), question.bare, question.worded, question.other])
    words = {
        name: encoder.encode([" ".join(texts)])[0] @ texts_ID.T
        for name, texts in (("bare", question.bare), ("worded", question.worded), ("other", question.other))
    }
    found = {
        "plain": plain,
        "active, silent": asked[0],
        "active": asked[1],
        "active, in other words": asked[2],
        "active, what another asked": asked[3],
    }
    return found | {f"cosine {name}": vector for name, vector in words.items()}


def evened(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = scores.min(), scores.max()
    found: NDArray[np.float32] = (scores - low) / max(high - low, 1e-9)
    return found


def mixed(scores: Scores, one: str, words: str, alpha: float) -> NDArray[np.float32]:
    return alpha * evened(scores[words]) + (1 - alpha) * evened(scores[one])


def filtered(scores: Scores, one: str, words: str, keep: float) -> NDArray[np.float32]:
    """Return the scores of those that the words fit best, a share of the catalogue; the rest behind them."""
    cosine = scores[words]
    level = np.partition(cosine, int((1 - keep) * (len(cosine) - 1)))[int((1 - keep) * (len(cosine) - 1))]
    found: NDArray[np.float32] = evened(scores[one]) + 2 * (cosine >= level)
    return found


class Table:
    """NDCG@10, recall@10 and the share of the ten that answer what was asked, by method and question."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[float, float, float]]] = {}

    def add(self, name: str, scores: NDArray[np.float32], question: Question, answers: NDArray[np.bool_]) -> None:
        """Rank a question's target among what was not met before."""
        rank = int(ranks_of(scores[None].astype(np.float32), question.target, question.history.item)[0])
        shown = np.array(scores, dtype=np.float64)
        shown[question.history.item[question.history.item >= 0]] = -np.inf
        first = np.argsort(-shown, kind="stable")[:K]
        hit = rank < K
        self.rows.setdefault(name, []).append((hit / np.log2(rank + 2), float(hit), float(answers[first].mean())))

    def frame(self, mixture: str) -> pl.DataFrame:
        """Return the means, each method beside plain towers and beside their mixture with words."""
        lines = []
        for name, rows in self.rows.items():
            ndcg, recall, answered = (round(float(value), 4) for value in np.array(rows).mean(axis=0))
            lines.append((name, ndcg, self._beside(name, "plain"), self._beside(name, mixture), recall, answered))
        names = ["method", f"ndcg@{K}", "less plain, 95 %", "less mixture, 95 %", f"recall@{K}", f"answer, of {K}"]
        return pl.DataFrame(lines, schema=names, orient="row")

    def _beside(self, name: str, other: str) -> str:
        """Return the interval of the difference in NDCG, question by question."""
        differences = (np.array(self.rows[name]) - np.array(self.rows[other]))[:, :1]
        numbers = [str(row) for row in range(len(differences))]
        low, high = interval(bootstrap(differences, numbers, n=1_000, seed=0)[:, 0])
        return f"{low:+.4f} … {high:+.4f}"


def best(
    asked: Sequence[Question],
    scores: Sequence[Scores],
    make: Callable[[Scores, float], NDArray[np.float32]],
    choices: Sequence[float],
) -> float:
    def ndcg(choice: float) -> float:
        table = Table()
        for question, of in zip(asked, scores, strict=True):
            table.add("it", make(of, choice), question, np.zeros(len(of["plain"]), dtype=bool))
        return float(np.mean([row[0] for row in table.rows["it"]]))

    return max(choices, key=ndcg)


def report(
    folder: Path, config: TrainActiveConfig, *, people: int, seed: int, keep: Path | None, minutes: float
) -> pl.DataFrame:
    dataset = read_dataset(folder)
    split, catalog = dataset.cut("valid"), dataset.catalog
    encoder = SvdEncoder.fit(catalog)
    data = TowerData(catalog=catalog, log=interactions(split.fit, catalog), encoder=encoder, tags={})
    facets = Facets.of(catalog, config.active.intents)
    made, held = trained(data, facets, config, seed=seed, keep=keep / dataset.name if keep else None, minutes=minutes)
    texts_ID = item_text(encoder, catalog)
    hidden = questions(held.histories, held.targets.tolist(), facets, config)[: people // 2]
    cases = sample(split.cases, people)
    histories = cases.events or [History.of_items(items) for items in cases.histories]
    asked = questions(histories, cases.target.tolist(), facets, config)
    learn = [scored(question, made, texts_ID, encoder) for question in hidden]
    ways: dict[str, Callable[[Scores, float], NDArray[np.float32]]] = {
        "plain, mixed with cosine": lambda of, a: mixed(of, "plain", "cosine bare", a),
        "active, mixed with cosine": lambda of, a: mixed(of, "active", "cosine bare", a),
    }
    keeps = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
    chosen = {name: best(hidden, learn, make, ALPHAS) for name, make in ways.items()}
    share = best(hidden, learn, lambda of, s: filtered(of, "plain", "cosine bare", s), keeps)
    table = Table()
    for question in asked:
        of, answers = scored(question, made, texts_ID, encoder), facets.answering(question.values)
        for name in ("plain", "active, silent", "cosine bare"):
            table.add(name, of[name], question, answers)
        table.add(
            f"plain, filtered by cosine ({share:g})", filtered(of, "plain", "cosine bare", share), question, answers
        )
        for name, make in ways.items():
            table.add(f"{name} (α {chosen[name]:g})", make(of, chosen[name]), question, answers)
        for name in ("active", "active, in other words", "active, what another asked"):
            table.add(name, of[name], question, answers)
        alpha = chosen["plain, mixed with cosine"]
        table.add("plain, mixed, in other words", mixed(of, "plain", "cosine worded", alpha), question, answers)
        for name in ("plain", "active"):
            table.add(f"{name}, filter knows the fields", evened(of[name]) + 2 * answers, question, answers)
    feed = dataset.config.feed.model_copy(update={"exclude_seen": split.exclude_seen})
    worth = FeedJudge(feed=feed, commands=CommandsConfig(), shares=config.shares)(
        Asked.of(held, facets, config.active), made.active
    )
    print(
        f"{dataset.name}: {len(asked):,} questions, {len(catalog):,} items, {len(facets)} values; trained in "
        + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in made.seconds.items())
        + f"; in the feed: {worth.why}"
    )
    return table.frame(f"plain, mixed with cosine (α {alpha:g})")


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said.add_argument("data", type=Path, nargs="+")
    said.add_argument("--people", type=int, default=2_000)
    said.add_argument("--seed", type=int, default=0)
    said.add_argument("--minutes", type=float, default=20.0, help="longest time of each training")
    said.add_argument("--keep", type=Path, help="folder of trained towers, taken from there when it has them")
    said.add_argument("--set", action="append", default=[], dest="overrides")
    given = said.parse_args()
    config = settings_of(TrainActiveConfig, {}, given.overrides)
    for folder in given.data:
        began = time.monotonic()
        found = report(folder, config, people=given.people, seed=given.seed, keep=given.keep, minutes=given.minutes)
        with pl.Config(
            tbl_rows=-1,
            tbl_hide_dataframe_shape=True,
            tbl_hide_column_data_types=True,
            fmt_str_lengths=60,
            tbl_width_chars=140,
        ):
            print(found)
        print(f"{time.monotonic() - began:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
