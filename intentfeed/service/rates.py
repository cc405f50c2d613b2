"""How often a caller may ask: a moving window a key, and one an address for secrets that are wrong."""

from __future__ import annotations

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from .config import ServiceConfig
from .keys import NOBODY, Key
from .refusal import too_many


class Rates:
    """Counts in this process; a storage that several processes share would take the place of the one in memory."""

    def __init__(self, config: ServiceConfig) -> None:
        self._config = config
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, key: Key) -> None:
        """Count one request of a key; the person at this machine is not counted.

        Raises:
            Refusal: there were too many in the last minute.
        """
        if key is NOBODY:
            return
        usual = self._config.server_per_minute if key.is_server else self._config.person_per_minute
        limit = RateLimitItemPerMinute(key.per_minute or usual)
        if not self._limiter.hit(limit, "key", key.name):
            reset = self._limiter.get_window_stats(limit, "key", key.name).reset_time
            raise too_many(
                f"key {key.name} may ask {limit.amount} times a minute", where="Authorization",
                wait_s=reset - time.time(),
            )  # fmt: skip

    def failed(self, address: str) -> None:
        """Count one wrong key of an address.

        Raises:
            Refusal: there were too many in the last minute.
        """
        if not self._limiter.hit(self._failures, "address", address):
            raise too_many("too many wrong keys came from this address", where="Authorization", wait_s=60)

    @property
    def _failures(self) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(self._config.failures_per_minute)
