"""Candidates with their sources and scores, for a ranker of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from .data.history import histories
from .data.records import interests_by_user, tags_by_user
from .data.store import replacing
from .errors import DataError
from .feed.recommend import Query, candidates
from .inputs import until
from .jobs import kept
from .types import Candidate
from .workspace import load

CANDIDATES = pl.Schema(
    {
        "user_id": pl.String,
        "item_id": pl.String,
        "source": pl.String,
        "score": pl.Float64,
        "tag": pl.String,
        "interest_id": pl.String,
    }
)
WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    ".parquet": lambda frame, path: frame.write_parquet(path),
    ".csv": lambda frame, path: frame.write_csv(path),
    ".jsonl": lambda frame, path: frame.write_ndjson(path),
}


def export_candidates(
    workspace: Path, output: Path, *, n: int, progress: Callable[[str, int, int], None]
) -> tuple[int, int]:
    """Write up to `n` candidates a user, one row for each source that brought one; return (users, rows).

    Raises:
        DataError: the workspace has no completed run, or the output's ending is unknown.
    """
    if output.suffix not in WRITERS:
        raise DataError(f"{output} has an ending that is not known: use one of {', '.join(WRITERS)}")
    ws = load(workspace)
    frames, n_users = [], 0
    segments = sorted(ws.manifest.segments["slates"].items())
    for done, (part, _) in enumerate(segments, start=1):
        events = until(ws.store.read("events", part, ws.manifest.segments["events"][part]), ws.context.as_of)
        interests = interests_by_user(ws.rows("interests", part))
        tags = tags_by_user(ws.rows("tags", part))
        known = set(ws.rows("digests", part)["user_id"])
        for history in histories(events.filter(pl.col("user_id").is_in(known)).collect(), ws.models.catalog, ws.people):
            user_id = history.user_id
            query = Query(
                user_id=user_id,
                history=history,
                interests=kept(interests.get(user_id, [])),
                tags=tags.get(user_id, []),
                k=n,
            )
            found = _first(candidates(query, ws.feed), n)
            frames.append(
                pl.DataFrame(
                    {
                        "user_id": [user_id] * len(found),
                        "item_id": [ws.models.catalog.item_ids[candidate.item] for candidate in found],
                        "source": [candidate.source for candidate in found],
                        "score": [candidate.score for candidate in found],
                        "tag": [candidate.tag for candidate in found],
                        "interest_id": [candidate.interest_id for candidate in found],
                    },
                    schema=CANDIDATES,
                )
            )
            n_users += 1
        progress("export", done, len(segments))
    rows = pl.concat(frames) if frames else CANDIDATES.to_frame()
    with replacing(output) as path:
        WRITERS[output.suffix](rows, path)
    return n_users, rows.height


def _first(found: Sequence[Candidate], n: int) -> list[Candidate]:
    """Return what the sources brought of the first `n` items."""
    items = set(list(dict.fromkeys(candidate.item for candidate in found))[:n])
    return [candidate for candidate in found if candidate.item in items]
