"""The figures of a workspace: what a person reads after a run, counted from the tables and nowhere else."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from .data.store import Store, replacing
from .data.tokens import TOKEN_RULE
from .jobs import PartReport
from .manifest import Manifest


@dataclass
class Clock:
    """Seconds by stage, in the order of first use."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        start = time.perf_counter()
        yield
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.perf_counter() - start, 3)


def figures(store: Store, manifest: Manifest, clock: Clock, reports: Sequence[PartReport]) -> dict[str, Any]:
    """Return counts, shares and seconds of the state that `manifest` describes; 0 or None where there is nothing."""
    frames = {table: _table(store, manifest, table) for table in ("digests", "interests", "tags", "slates")}
    digests = frames["digests"].select(
        pl.len().alias("users"),
        pl.col("n_reliable", "n_dropped", "tokens_raw", "tokens_before", "tokens_after").sum(),
    )
    counted = digests.collect().row(0, named=True)
    users = counted["users"]
    kept = frames["interests"].filter(pl.col("status") == "kept").select(pl.len()).collect().item()
    rejected = frames["interests"].filter(pl.col("status") == "rejected").select(pl.len()).collect().item()
    tags = frames["tags"].select(pl.len()).collect().item()
    kinds = dict(frames["slates"].group_by("reason_kind").len().collect().rows())
    slots = sum(kinds.values())
    frame_share = (
        frames["slates"].filter(pl.col("frame") != "").group_by("frame").len().select(pl.col("len").max()).collect()
    )
    return {
        "users": users,
        "events": sum(taken.n_events for taken in manifest.taken),
        "rejected_rows": sum(taken.n_rejected for taken in manifest.taken),
        "reliable_events": counted["n_reliable"],
        "as_of": manifest.as_of.isoformat(),
        "tokens_raw": counted["tokens_raw"],
        "tokens_before": counted["tokens_before"],
        "tokens_after": counted["tokens_after"],
        "token_rule": TOKEN_RULE,
        "facts_dropped": counted["n_dropped"],
        "interests_per_user": _per(kept, users),
        "rejected_interests_per_user": _per(rejected, users),
        "tags_per_user": _per(tags, users),
        "slots": slots,
        "reason_interest_share": _per(kinds.get("interest", 0), slots),
        "reason_item_share": _per(kinds.get("item", 0), slots),
        "reason_none_share": _per(kinds.get("none", 0), slots),
        "largest_frame_share": _per(frame_share.item() or 0, slots),
        "seconds": clock.seconds,
        "worker_seconds": _summed(reports),
        "users_per_second": _per(_served(reports), sum(clock.seconds.values())),
        "peak_memory_mb": _peak_mb(reports),
    }


def keep_figures(store: Store, found: dict[str, Any]) -> None:
    """Write the figures beside the tables."""
    with replacing(store.root / "metrics.json") as path:
        path.write_text(json.dumps(found, indent=1) + "\n")


def keep_part(store: Store, part: str, found: dict[str, Any]) -> None:
    """Write the figures of one part of a workspace beside the others, where they are not there already."""
    known = read_figures(store)
    if known.get(part) != found:
        keep_figures(store, {**known, part: found})


def read_figures(store: Store) -> dict[str, Any]:
    """Return what the last run wrote; {} where that file is gone."""
    path = store.root / "metrics.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def _table(store: Store, manifest: Manifest, table: str) -> pl.LazyFrame:
    parts = manifest.segments[table]
    return pl.concat([store.read(table, part, prints) for part, prints in sorted(parts.items())])


def _per(count: float, of: float) -> float:
    return round(count / of, 4) if of else 0.0


def _served(reports: Sequence[PartReport]) -> int:
    """Return how many users were served this time: all of them at a run, those concerned at an update."""
    return sum(report.n_users for report in reports if "recommend" in report.seconds)


def _summed(reports: Sequence[PartReport]) -> dict[str, float]:
    total: dict[str, float] = {}
    for report in reports:
        for stage, seconds in report.seconds.items():
            total[stage] = round(total.get(stage, 0.0) + seconds, 3)
    return total


def _peak_mb(reports: Sequence[PartReport]) -> dict[str, float]:
    """Return the peak resident memory of this process and of its largest worker, in MB."""
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"main": round(mine, 1), "largest_worker": round(max((report.peak_mb for report in reports), default=0), 1)}
