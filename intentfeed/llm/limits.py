"""How fast: requests and tokens a minute, how long to wait after a fault, and how long for an endpoint that is away."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable

BURST_S = 1.0
"""After a lull, as much goes out at once as is due in this time."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
SCOUT_EVERY_S = 2.0

Clock = Callable[[], float]


class Pace:
    """Lets so many units a minute through, evenly; whoever takes more than there are waits for what is owed."""

    def __init__(self, per_minute: int, *, clock: Clock = time.monotonic) -> None:
        self._unit_s = 60.0 / per_minute if per_minute else 0.0
        self._clock = clock
        self._due = clock()

    def take(self, n: int = 1) -> float:
        """Return for how many seconds to wait before `n` units may be used; they are taken at once."""
        if not self._unit_s:
            return 0.0
        now = self._clock()
        start = max(self._due, now - BURST_S)
        self._due = start + n * self._unit_s
        return max(0.0, start - now)

    def give_back(self, n: int) -> None:
        """Return units that were taken and not needed; with n < 0, take what was needed beyond."""
        self._due -= n * self._unit_s


def wait_s(key: str, n_failed: int, *, told_s: float | None = None, first_s: float = FIRST_WAIT_S) -> float:
    """Return how long to wait before the next attempt: full jitter under a bound that begins at `first_s` and doubles.

    Where the far end said how long, at least that. The jitter is drawn from the call's key, so a run can be repeated.
    """
    drawn = hashlib.blake2b(f"{key}/{n_failed}".encode(), digest_size=8).digest()
    share = int.from_bytes(drawn, "big") / 2**64
    if told_s is not None:
        return told_s + share * min(1.0, told_s)
    return float(share * min(LONGEST_WAIT_S, first_s * 2 ** min(n_failed, 16)))


class Outage:
    """Holds all calls back while nobody is at the far end: one scouts, the others wait, and no attempt is used up."""

    def __init__(self, limit_s: float, *, clock: Clock = time.monotonic) -> None:
        self.limit_s = limit_s
        self.gone = False
        """The endpoint stayed away for longer than `limit_s`."""
        self._clock = clock
        self._since: float | None = None
        self._scout: str | None = None
        self._n_scouted = 0
        self._why = ""
        self._over = asyncio.Event()
        self._over.set()

    async def ended(self, key: str) -> None:
        """Return when there is no outage, or when this call is the one that scouts."""
        while self._scout not in (None, key):
            await self._over.wait()

    async def hold(self, key: str, why: str) -> None:
        """Take note that nobody is there; return when this call may look again, or the endpoint is `gone`."""
        now, self._why = self._clock(), why
        if self._since is None:
            self._since, self._n_scouted = now, 0
        if now - self._since >= self.limit_s:
            self.gone = True
            self.over(keep=True)
        elif self._scout in (None, key):
            self._scout = key
            self._over.clear()
            left_s = self._since + self.limit_s - now
            await asyncio.sleep(min(left_s, SCOUT_EVERY_S, 0.1 * 2 ** min(self._n_scouted, 10)))
            self._n_scouted += 1
        else:
            await self.ended(key)

    def said_of(self, endpoint: str) -> str:
        """Return in one sentence that nobody is there."""
        return (
            f"nobody answers at {endpoint} ({self._why}), waited for {self.limit_s:g} s: start the server there, or "
            "correct llm.endpoint"
        )

    def over(self, *, keep: bool = False) -> None:
        """Let everybody go on: somebody is there again, or nobody will be (`keep`)."""
        if not keep:
            self._since, self.gone = None, False
        self._scout = None
        self._over.set()

    def leave(self, key: str) -> None:
        """Let another call scout, where this one, which did, has come to its end."""
        if self._scout == key:
            self._scout = None
            self._over.set()
