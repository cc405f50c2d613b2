"""Cut one log four ways: leave one out, by a column, by published rows, at one moment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError
from ...types import ACTION_CODE, ACTIONS, NO_TIME, History
from ..catalog import Catalog
from ..history import ORDER
from ..schema import EVENTS
from .cases import DESCRIBED, Cases, How, Part, Split, SplitConfig, fit_digest
from .leaks import NO_ORDER, SAME, refuse_copies, refuse_later, refuse_learnt_answers, refuse_other_names

SPLITS = ["train", "valid", "test"]
"""Of the column `split`; where times are equal, what is held out comes last."""


def split(
    events: pl.DataFrame,
    catalog: Catalog,
    *,
    part: Part,
    how: How = "loo",
    config: SplitConfig | None = None,
    rows: pl.DataFrame | None = None,
) -> Split:
    """Return one part of a split of `events` (columns of schema.EVENTS; `split` as well where it is given).

    `loo` holds out each user's last item for the test and the one before for the valid part. `given` obeys the
    column `split`; where that names no valid rows they are held out of train as the last item that had one of the
    actions the test asks for. `rows` takes the questions from `rows` (split, history_item_ids, item_id, optional
    user_id). `time` cuts everybody at the same moment and asks for the first new item after it.

    Raises:
        DataError: nothing can be asked; or what would be learnt holds a copy of a held-out row, or an event after the
            question of its own user.
    """
    config = config or SplitConfig()
    ordered = bool(events["timestamp"].is_not_null().any() or events["position"].is_not_null().any())
    log = _in_order(events, catalog, config, ordered, by_column=how in ("given", "rows"))
    if how == "rows":
        if rows is None:
            raise DataError("a split by rows needs eval.parquet beside the interactions: choose --split loo instead")
        known, cases = _by_rows(log, rows, catalog, part, config, ordered)
    elif how == "given":
        if "split" not in log.columns:
            raise DataError("the interactions have no column `split` to go by: choose --split loo instead")
        known, cases = _by_column(log, part, config, ordered)
    elif how == "time":
        known, cases = _by_time(log, part, config)
    else:
        known, cases = _leave_one_out(log, config, ordered, 1 if part == "test" else 2)
    fit = known.filter("counts")
    if not len(cases):
        raise DataError(f"the {part} part of this split asks nothing: no user has enough events for {DESCRIBED[how]}")
    return Split(
        how=how,
        part=part,
        known=known.select(EVENTS.names()),
        fit=fit.select(EVENTS.names()),
        cases=cases,
        exclude_seen=config.exclude_seen,
        ordered=ordered,
        split_hash=cases.digest(catalog),
        fit_hash=fit_digest(fit),
        notes=tuple(_notes(cases, config, known_order=ordered or how == "loo")),
    )


def _notes(cases: Cases, config: SplitConfig, *, known_order: bool) -> Iterator[str]:
    """Yield what a reader of the scores must know of the questions."""
    if not known_order:
        yield NO_ORDER
    again = sum(target in history for history, target in zip(cases.histories, cases.target, strict=True))
    if again and config.exclude_seen:
        yield f"{again:,} of {len(cases):,} questions ask for an item seen before, which nobody may list here"


def _in_order(
    events: pl.DataFrame, catalog: Catalog, config: SplitConfig, ordered: bool, *, by_column: bool
) -> pl.DataFrame:
    """Return the events in time with `item` (catalogue row), `at` (place), `counts` and `asked` (may be asked for)."""
    rows = pl.DataFrame({"item_id": catalog.item_ids, "item": np.arange(len(catalog), dtype=np.int32)})
    log = events.join(rows, on="item_id", how="left", maintain_order="left")
    by_column = by_column and "split" in log.columns
    held = pl.col("split").replace_strict(SPLITS, range(len(SPLITS)), default=len(SPLITS), return_dtype=pl.Int8)
    log = log.with_columns((held if by_column else pl.lit(0, dtype=pl.Int8)).alias("side"))
    if ordered:
        *moment, number = ORDER
        log = log.sort(*moment, "side", number, nulls_last=True, maintain_order=True)
    else:  # by lot, but the same lot whatever the order of the file
        log = log.sort("user_id", "item_id", "action", "event_id")
        lot = np.random.default_rng(config.seed).random(log.height)
        log = log.with_columns(lot=lot).sort("user_id", "side", "lot").drop("lot")
    counts = pl.col("item").is_not_null() & pl.col("action").is_in(config.actions)
    return log.drop("side").with_columns(
        pl.int_range(pl.len()).over("user_id").alias("at"),
        counts.alias("counts"),
        (counts & pl.col("action").is_in(config.targets or config.actions)).alias("asked"),
    )


def _leave_one_out(log: pl.DataFrame, config: SplitConfig, ordered: bool, nth: int) -> tuple[pl.DataFrame, Cases]:
    """Return what precedes each user's `nth` last target, and the targets; a first event is never a target.

    Where only new items are asked for, the question is put before the user first met the item in any way; else
    before the first copy of the row, as a row that was logged twice is one event.
    """
    met = log.filter(pl.col("counts") | (pl.col("item").is_not_null() & (pl.col("action") != "impression")))
    again = SAME if ordered else ["user_id", "at"]
    first = log.filter("counts").group_by("user_id").agg(pl.col("at").min().alias("first"))
    targets = (
        met.group_by(["user_id", "item"] if config.exclude_seen else again, maintain_order=True)
        .agg(pl.col("at").min().alias("cut"), pl.col("item").first().alias("target"), pl.col("asked").any())
        .join(first, on="user_id", maintain_order="left")
        .filter(pl.col("asked"), pl.col("cut") > pl.col("first"))
        .with_columns(pl.col("cut").rank("ordinal", descending=True).over("user_id").alias("nth"))
    )
    # Someone with too few events for a valid question still has the test's answer kept out of sight
    ends = targets.filter(pl.col("nth") <= nth).group_by("user_id").agg(pl.col("cut").min().alias("end"))
    known = log.join(ends, on="user_id", how="left", maintain_order="left").filter(
        pl.col("end").is_null() | (pl.col("at") < pl.col("end"))
    )
    return known.drop("end"), _cases(log, targets.filter(pl.col("nth") == nth).select("user_id", "cut", "target"))


def _by_column(log: pl.DataFrame, part: Part, config: SplitConfig, ordered: bool) -> tuple[pl.DataFrame, Cases]:
    """Return train (and valid, for the test) to learn from, and a question for each row of the part."""
    held = log.filter(pl.col("split") == part, pl.col("counts"))
    if part == "valid" and held.is_empty():
        asked = log.filter(pl.col("split") == "test")["action"].unique().to_list()
        train = _learnt(log, part, config, ordered).with_columns(
            (pl.col("counts") & pl.col("action").is_in(asked)).alias("asked")
        )
        return _leave_one_out(train, config, ordered, 1)
    targets = held.select("user_id", pl.col("at").alias("cut"), pl.col("item").alias("target"))
    return _learnt(log, part, config, ordered), _cases(log, targets)


def _learnt(log: pl.DataFrame, part: Part, config: SplitConfig, ordered: bool) -> pl.DataFrame:
    """Return the rows that the column `split` lets the part learn from; neither part's answers are among them."""
    refuse_other_names(log["split"], SPLITS)
    before = ["train", "valid"] if part == "test" and config.learn_valid else ["train"]
    known = log.filter(pl.col("split").is_in(before))
    if ordered:
        parts = list(dict.fromkeys([part, "test"]))
        held = log.filter(pl.col("split").is_in(parts))
        refuse_copies(known, held)  # first: a copy lies after questions, too, and this says more
        for name in parts:
            refuse_later(known, held.filter(pl.col("split") == name).select("user_id", "at"), name)
    return known


def _by_rows(
    log: pl.DataFrame, rows: pl.DataFrame, catalog: Catalog, part: Part, config: SplitConfig, ordered: bool
) -> tuple[pl.DataFrame, Cases]:
    """Return the log's train events and the published questions; items that the catalogue lacks cannot be hit."""
    if "split" not in log.columns:
        raise DataError("interactions beside eval.parquet need a column `split`, or train would hold the answers")
    asked = rows.filter(pl.col("split") == part)
    has_users = "user_id" in asked.columns
    if not has_users:
        asked = asked.with_row_index("user_id").with_columns(pl.col("user_id").cast(pl.String))
    row_of, users = catalog.row_of, asked["user_id"].to_list()
    histories = [
        np.array([row_of[item] for item in history if item in row_of], dtype=np.int32)
        for history in asked["history_item_ids"].to_list()
    ]
    n_of = dict(log["action"].value_counts().iter_rows())
    usual = max(ACTIONS, key=lambda action: n_of.get(action, 0))
    cases = Cases(
        users=users,
        histories=histories,
        target=np.array([row_of.get(item, -1) for item in asked["item_id"].to_list()], dtype=np.int32),
        events=[History.of_items(row, user_id=user, action=usual) for user, row in zip(users, histories, strict=True)],
    )
    if (cases.target < 0).any():
        missing = asked["item_id"].to_list()[int(np.argmax(cases.target < 0))]
        raise DataError(f"eval.parquet asks for item {missing!r}, which the items do not hold: add it to them")
    known = _learnt(log, part, config, ordered)
    if ordered and has_users:
        in_log = log.filter(pl.col("split") == part).select("user_id").unique()
        unseen = known.join(in_log, on="user_id", how="anti", maintain_order="left")
        refuse_learnt_answers(unseen, cases, asked["history_item_ids"].list.len().cast(pl.Int64).to_numpy(), part)
    return known, cases


def _by_time(log: pl.DataFrame, part: Part, config: SplitConfig) -> tuple[pl.DataFrame, Cases]:
    """Return what lies before one moment, and for each user with a past the first target from that moment on."""
    times = log["timestamp"]
    if times.null_count():
        raise DataError("a time cut needs a timestamp on every event: choose --split loo instead")
    share = config.valid_from if part == "valid" else config.test_from
    cut = times.quantile(share, interpolation="higher")
    end = times.quantile(config.test_from, interpolation="higher") if part == "valid" else None
    known = log.filter(pl.col("timestamp") < cut)
    later = log.filter(pl.col("timestamp") >= cut, pl.col("asked"))
    if end is not None:
        later = later.filter(pl.col("timestamp") < end)
    if config.exclude_seen:
        met = known.filter(pl.col("action") != "impression")
        later = later.join(met, on=["user_id", "item"], how="anti", maintain_order="left")
    refuse_later(known, later.select("user_id", "at"), part)
    targets = later.group_by("user_id", maintain_order=True).agg(pl.col("item").first().alias("target"))
    past = known.group_by("user_id").agg(pl.col("counts").any(), (pl.col("at").max() + 1).alias("cut"))
    targets = targets.join(past.filter("counts"), on="user_id", how="inner", maintain_order="left")
    return known, _cases(log, targets.select("user_id", "cut", "target"))


def _cases(log: pl.DataFrame, targets: pl.DataFrame) -> Cases:
    """Return one question a row of `targets` (user_id, cut, target): the history is what lies before the cut."""
    asked = targets.sort("user_id", "cut").with_row_index("case")
    past = (
        log.filter("counts")
        .select("user_id", "at", "item", "event_id", "action", "timestamp", "value")
        .join(asked, on="user_id", how="inner", maintain_order="left")
    )
    past = past.filter(pl.col("at") < pl.col("cut")).sort("case", "at", maintain_order=True)
    edges = np.searchsorted(past["case"].to_numpy(), np.arange(asked.height + 1))
    events = _histories(past, asked["user_id"].to_list(), edges)
    return Cases(
        users=asked["user_id"].to_list(),
        histories=[history.item for history in events],
        target=asked["target"].cast(pl.Int32).to_numpy(),
        events=events,
    )


def _histories(past: pl.DataFrame, users: list[str], edges: NDArray[np.int64]) -> list[History]:
    """Return the events between each edge and the next as one history, for each of the users."""
    event_id, item = past["event_id"].to_numpy(), past["item"].cast(pl.Int32).to_numpy()
    action = past["action"].replace_strict(ACTION_CODE, return_dtype=pl.Int8).to_numpy()
    time_s = past["timestamp"].dt.epoch("s").fill_null(NO_TIME).to_numpy()
    value = past["value"].fill_null(float("nan")).to_numpy()
    return [
        History(
            user_id=user,
            attributes={},
            event_id=event_id[lo:hi],
            action=action[lo:hi],
            item=item[lo:hi],
            time_s=time_s[lo:hi],
            value=value[lo:hi],
            query=[None] * (hi - lo),
        )
        for user, lo, hi in zip(users, edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    ]
