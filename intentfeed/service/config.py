"""The settings of the service: how much it takes at once, how long it keeps what, and what a caller may ask."""

from __future__ import annotations

from pydantic import Field

from ..types import Settings

LONGEST_TEXT = 2_000
LONGEST_HISTORY = 500


class ServiceConfig(Settings):
    """Limits and spans of `intentfeed serve`; none of them changes what is recommended."""

    workers: int = Field(default=0, ge=0, le=256)
    """Threads that compute feeds; 0 takes one a core, or sixteen where a language model is waited for."""
    waiting: int = Field(default=256, ge=1)
    """Requests that may wait for a thread; whoever comes then is told to try again in a moment."""
    waiting_per_session: int = Field(default=16, ge=1)
    """Requests that may wait for their turn in one session."""
    body_kb: int = Field(default=64, ge=1)
    """Largest body of a request."""
    body_s: float = Field(default=20.0, gt=0)
    """How long a body may take to arrive."""
    text_characters: int = Field(default=LONGEST_TEXT, ge=1, le=LONGEST_TEXT)
    """Longest command; the interface describes the most that can be set here."""
    history_items: int = Field(default=LONGEST_HISTORY, ge=0, le=LONGEST_HISTORY)
    """Longest history of somebody who is not known."""
    preferences: int = Field(default=50, ge=1)
    """Preferences that may hold at once in a session: each is looked at for each feed, and costs time."""
    server_per_minute: int = Field(default=6_000, ge=1)
    """Requests a minute of a key that speaks for everybody, where the key itself says nothing else."""
    person_per_minute: int = Field(default=120, ge=1)
    """Requests a minute of a key that speaks for one person, where the key itself says nothing else."""
    failures_per_minute: int = Field(default=30, ge=1)
    """Wrong keys a minute from one address, after which it is not told whether they are wrong."""
    idle_hours: float = Field(default=12.0, gt=0)
    """A session ends when nothing was heard in it for so long."""
    keep_days: float = Field(default=30.0, gt=0)
    """How long an ended session and its rounds stay readable; standing preferences stay until they are taken back."""
    answers_hours: float = Field(default=24.0, gt=0)
    """How long an Idempotency-Key is remembered."""
    tidy_s: float = Field(default=60.0, gt=0)
    """Seconds between two looks for sessions that have ended, and for erasures that the workspace still owes."""
    refresh_s: float = Field(default=2.0, gt=0)
    """Seconds between two looks whether a run or an update has committed a new state of the workspace."""
    sessions_in_memory: int = Field(default=2_000, ge=0)
    """Sessions kept ready beside the database."""
    items_in_memory: int = Field(default=100_000, ge=0)
    """Items that the rounds of those sessions have shown, of 5 kB each; sessions beyond are read from the database."""
    stop_s: int = Field(default=30, ge=1)
    """How long requests in flight may take to finish once the process is told to stop."""
