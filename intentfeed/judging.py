"""A sample of what a workspace holds, judged; the verdicts lie beside what they judge (RecGPT-V1, 10)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import polars as pl

from .asking import Asking, asking_through
from .data.bands import bands
from .data.catalog import Catalog
from .data.records import interests_by_user, tags_by_user
from .errors import ConfigError
from .executor import executor
from .explain.explainer import season_of
from .judge.judge import Judgement, LLMJudge, Sample
from .judge.rubrics import TASKS, Task, criteria_of
from .judge.verdicts import VERDICTS, keep_verdicts
from .llm.log import CallLog
from .roles import language_of, log_of
from .types import Interest
from .workspace import Workspace

KEY = ["task", "user_id", "subject", "backend"]


@dataclass(frozen=True)
class Judged:
    """The verdicts of one sitting."""

    rows: pl.DataFrame
    """Columns of VERDICTS."""
    n_samples: int
    n_unjudged: int
    """Questions without a usable answer."""

    @cached_property
    def by_criterion(self) -> pl.DataFrame:
        """Share that passes each criterion, by who made the output."""
        return (
            self.rows.group_by("task", "criterion", "backend")
            .agg(n=pl.len(), passed=pl.col("passed").mean())
            .sort("task", "criterion", "backend")
        )

    @cached_property
    def qualified(self) -> pl.DataFrame:
        """Share of outputs that pass every criterion of their task (10.3); those not judged by all are left out."""
        n = pl.col("task").replace_strict({task: len(criteria_of(task)) for task in TASKS}, return_dtype=pl.UInt32)
        each = self.rows.group_by(KEY).agg(n=pl.len(), passed=pl.col("passed").all()).filter(pl.col("n") == n)
        return each.group_by("task", "backend").agg(n=pl.len(), passed=pl.col("passed").mean()).sort("task", "backend")


def judge(workspace: Workspace, *, tasks: Sequence[Task] = TASKS, n_users: int = 20, per_user: int = 5) -> Judged:
    """Return what the model behind the workspace's door says of a sample, and keep it under `verdicts/`.

    Judged are, for `n_users` users drawn by a stable hash, the first `per_user` kept interests, tags and reasons shown.
    The same sample is asked about once: verdicts come from the log of calls when they are there.

    Raises:
        ConfigError: no model is set.
        EndpointError, BudgetError, AnswersAwaited: see `batch.run`.
    """
    config, store = workspace.config, workspace.store
    if not config.llm.on:
        raise ConfigError("nobody is there to judge: give --llm and --model, or set llm.endpoint and llm.model")
    samples = [each for task in tasks for each in _samples(workspace, task, n_users, per_user)]
    language = language_of(config, workspace.models.catalog)
    judge_ = LLMJudge(answers=CallLog(log_of(store.root)), llm=config.llm, language=language, config=config.llm.judge)
    with executor(1) as pool, asking_through(store, config, pool, lambda *_: None) as asking:
        assert asking is not None
        _ask(asking, judge_, samples)
    found = list(judge_.judge(samples))
    rows = _rows(found, config.llm.model, workspace.manifest.run)
    n_asked = sum(len(criteria_of(sample.task)) for sample in samples)
    keep_verdicts(store, rows)
    return Judged(rows=rows, n_samples=len(samples), n_unjudged=n_asked - len(found))


def _ask(asking: Asking, judge_: LLMJudge, samples: Sequence[Sample]) -> None:
    missing = set(asking.log.missing([call.key for call in judge_.calls(samples)]))
    asking.ask_all("judge", (call for call in judge_.calls(samples) if call.key in missing))


# What is shown to the judge


def _samples(workspace: Workspace, task: Task, n_users: int, per_user: int) -> Iterator[Sample]:
    users = sorted(workspace.user_ids(), key=lambda user: (crc32(f"judge\t{user}".encode()), user))[:n_users]
    if task == "explanation":
        yield from _sentences(workspace, users, per_user)
        return
    scan = workspace.store.scan
    mine = pl.col("user_id").is_in(users)
    digests = dict(scan("digests").filter(mine).select("user_id", "text").collect().iter_rows())
    interests = interests_by_user(scan("interests").filter(mine, pl.col("status") == "kept").collect())
    tags = tags_by_user(scan("tags").filter(mine).collect()) if task == "tag" else {}
    today = workspace.context.as_of
    for user in users:
        about = {"attributes": _attributes(workspace, user), "behaviour": digests.get(user, "").split("\n")}
        kept = interests.get(user, [])
        if task == "interest":
            for interest in kept[:per_user]:
                shown = {**about, "interest": interest.name, "reason": interest.reason}
                yield Sample(
                    task=task, user_id=user, subject=interest.interest_id, backend=interest.backend, shown=shown
                )
            continue
        names = {interest.interest_id: interest.name for interest in kept}
        season = season_of(today, southern=workspace.config.explain.southern)
        about |= {"today": today.isoformat(), "season": season, "interests": _names(kept)}
        for tag in tags.get(user, [])[:per_user]:
            shown = {**about, "tag": tag.tag, "interest": names.get(tag.interest_id, "none"), "reason": tag.reason}
            yield Sample(task=task, user_id=user, subject=str(tag.rank), backend=tag.backend, shown=shown)


def _attributes(workspace: Workspace, user_id: str) -> str:
    """Return what is known of a person, in bands (U45)."""
    found = bands(json.loads(workspace.people.get(user_id, "{}")))
    return ", ".join(f"{name} {value}" for name, value in found.items()) or "unknown"


def _names(interests: Sequence[Interest]) -> list[str]:
    return [interest.name for interest in interests]


def _sentences(workspace: Workspace, users: Sequence[str], per_user: int) -> Iterator[Sample]:
    """Yield what is said beside the first items of these users' slates; each sentence once."""
    shown = workspace.store.scan("slates").filter(
        pl.col("user_id").is_in(users) & (pl.col("reason") != "") & (pl.col("rank") <= per_user)
    )
    rows = shown.select("interest_key", "item_id", "reason", "backend").unique().sort("interest_key", "item_id")
    catalog = workspace.models.catalog
    name_of = dict(workspace.store.scan("interests").select("key", "name").unique("key").collect().iter_rows())
    season = season_of(workspace.context.as_of, southern=workspace.config.explain.southern)
    for key, item_id, sentence, backend in rows.collect().iter_rows():
        row = catalog.row_of.get(item_id)
        if row is None:
            continue
        yield Sample(
            task="explanation",
            user_id="",
            subject=f"{key}\t{item_id}",
            backend=backend,
            shown={
                "interest": name_of.get(key, "none") if key else "none",
                "item": item_lines(catalog, row),
                "season": season,
                "sentence": sentence,
            },
        )


def item_lines(catalog: Catalog, row: int) -> list[str]:
    """Return the fields of an item, one a line."""
    at = catalog.frame.row(row, named=True)
    fields = {name: at[name] for name in ("title", "category", "brand", "price") if at[name] not in (None, "")}
    return [f"{name}: {value}" for name, value in {**fields, **catalog.attributes[row]}.items()]


def _rows(found: Sequence[Judgement], model: str, run: str) -> pl.DataFrame:
    rows = [
        (
            it.sample.task, it.sample.user_id, it.sample.subject, it.sample.backend, it.criterion.name,
            it.criterion.scheme.__name__, it.label, it.passed, it.thought, model, it.prompt_hash, run,
        )
        for it in found
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=VERDICTS, orient="row")
