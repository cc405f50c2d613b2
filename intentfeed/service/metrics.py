"""What the service counts, for Prometheus: no label ever holds a text, an item or a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 0.8, 1.5, 3.0, 6.0)


class Meters:
    """The counters of one service; a registry of its own, so that two in one process do not meet."""

    def __init__(self) -> None:
        self.registry = at = CollectorRegistry()
        self.requests = Counter(
            "intentfeed_requests", "Requests by route and status.", ["route", "method", "status"], registry=at
        )
        self.seconds = Histogram(
            "intentfeed_request_seconds", "Time to the last byte, by route.", ["route"], registry=at, buckets=SECONDS
        )
        self.in_flight = Gauge("intentfeed_requests_in_flight", "Requests that are being answered.", registry=at)
        self.rounds = Counter(
            "intentfeed_rounds", "Rounds by kind, and by who understood the command.", ["kind", "speaker"], registry=at
        )
        self.stages = Histogram(
            "intentfeed_stage_seconds", "Time of each stage of a round.", ["stage"], registry=at, buckets=SECONDS
        )
        self.empty = Counter("intentfeed_empty_slates", "Rounds after which nothing could be shown.", registry=at)
        self.relaxed = Counter("intentfeed_relaxed_demands", "Demands eased for lack of items.", registry=at)
        self.replayed = Counter("intentfeed_replayed_answers", "Answers given before, by their key.", registry=at)
        self.refused = Counter("intentfeed_refused", "Requests refused, by status.", ["status"], registry=at)
        self.chores_failed = Counter(
            "intentfeed_chores_failed", "Refreshing, tidying or erasing that went wrong.", ["chore"], registry=at
        )
        self.waiting = Gauge("intentfeed_work_waiting", "Requests that wait for a thread or compute.", registry=at)

    def watch(self, counts: Callable[[], Mapping[str, int]]) -> None:
        """Have open sessions and people who are owed an erasure read when they are asked for."""
        at = self.registry
        sessions = Gauge("intentfeed_sessions_open", "Sessions that may go on.", registry=at)
        owed = Gauge("intentfeed_erasures_owed", "People erased here whom the workspace still holds.", registry=at)
        sessions.set_function(lambda: counts()["sessions"])
        owed.set_function(lambda: counts()["owed"])

    def text(self) -> bytes:
        """Return everything in the text format."""
        return generate_latest(self.registry)
