"""What a workspace holds, as its manifest says: which files count, and how they came to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from . import __version__
from .data.store import Store
from .inputs import EventsIn
from .jobs import Job
from .types import Context

Segments = Mapping[str, Mapping[int, tuple[str, ...]]]
"""Table → partition → fingerprints of its files, oldest first."""
BY_USER = ("digests", "interests", "tags", "slates")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One committed state of a workspace; a new state is a new manifest."""

    base: str
    """Fingerprint of the run that began the workspace."""
    run: str
    """Fingerprint of the run or update that made this state."""
    n_partitions: int
    as_of: date
    context_notes: tuple[str, ...]
    catalog: str
    people: str
    models: str
    taken: tuple[EventsIn, ...]
    """Every batch of events that came in, in order: where event ids point."""
    segments: Segments
    thought: str = ""
    """Fingerprint of the answers of a language model that this state was made with; '' where none was asked."""
    towers: str = ""
    """Fingerprint of the trained towers; '' where there are none."""
    active: str = ""
    """Fingerprint of the active towers, which hear what is asked for; '' where there are none."""
    n_open: int = 0
    """Questions to it that got no answer for want of endpoint or budget: a rerun asks them again."""

    @property
    def context(self) -> Context:
        """The day of this state."""
        return Context(as_of=self.as_of, notes=self.context_notes)

    @property
    def next_event_id(self) -> int:
        """The id of the next raw row to come."""
        return sum(taken.n_rows for taken in self.taken)

    @property
    def contents(self) -> set[str]:
        """What earlier updates brought."""
        return {taken.content for taken in self.taken} - {""}

    def with_base(self, jobs: Sequence[Job], explanations: tuple[str, ...]) -> Manifest:
        """Return the state in which one file a partition, the one that its job wrote, holds each user table."""
        tables: dict[str, Mapping[int, tuple[str, ...]]] = {
            table: {job.part: (job.served if table == "slates" else job.understood,) for job in jobs}
            for table in BY_USER
        }
        return replace(self, segments={**self.segments, **tables, "explanations": {0: explanations}})

    def with_update(self, jobs: Sequence[Job], explanations: tuple[str, ...]) -> Manifest:
        """Return the state in which the files that `jobs` wrote count."""
        tables = {table: dict(self.segments[table]) for table in BY_USER}
        for job in jobs:
            for table, files in tables.items():
                new, old = (job.served, job.old_served) if table == "slates" else (job.understood, job.old_understood)
                files[job.part] = (*old, new) if job.mode == "segment" else (new,)
        return replace(self, segments={**self.segments, **tables, "explanations": {0: explanations}})

    def shares(
        self, store: Store, limit: int | None = None
    ) -> Iterator[tuple[int, tuple[str, ...], tuple[str, ...] | None]]:
        """Yield (partition, its event files, its users or None for all) of those that have users to think of."""
        events = self.segments["events"]
        if limit is None:
            yield from ((part, prints, None) for part, prints in sorted(events.items()))
            return
        users = {
            part: store.read("events", part, prints).select(pl.col("user_id").unique()).collect()["user_id"].to_list()
            for part, prints in events.items()
        }
        first = set(sorted(user for found in users.values() for user in found)[:limit])
        for part, prints in sorted(events.items()):
            only = tuple(sorted(first.intersection(users[part])))
            if only:
                yield part, prints, only

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {
            "base": self.base,
            "run": self.run,
            "version": __version__,
            "n_partitions": self.n_partitions,
            "as_of": self.as_of.isoformat(),
            "context_notes": list(self.context_notes),
            "catalog": self.catalog,
            "people": self.people,
            "models": self.models,
            "taken": [taken.to_json() for taken in self.taken],
            "thought": self.thought,
            "towers": self.towers,
            "active": self.active,
            "n_open": self.n_open,
            "segments": {
                table: {str(part): list(prints) for part, prints in parts.items()}
                for table, parts in self.segments.items()
            },
        }

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Manifest:
        """Return the state that `to_json` wrote."""
        return cls(
            base=found["base"],
            run=found["run"],
            n_partitions=found["n_partitions"],
            as_of=date.fromisoformat(found["as_of"]),
            context_notes=tuple(found["context_notes"]),
            catalog=found["catalog"],
            people=found["people"],
            models=found["models"],
            taken=tuple(EventsIn.of(taken) for taken in found["taken"]),
            thought=found["thought"],
            towers=found.get("towers", ""),
            active=found.get("active", ""),
            n_open=found["n_open"],
            segments={
                table: {int(part): tuple(prints) for part, prints in parts.items()}
                for table, parts in found["segments"].items()
            },
        )
