"""What a run may still spend, in tokens, money and time: held back before each attempt, settled after it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..errors import BudgetError
from .client import Usage
from .config import BudgetConfig, PriceConfig
from .limits import Clock

_NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Hold:
    """What an attempt may cost at most, by estimate."""

    tokens: int = 0
    usd: float = 0.0


class Budget:
    """Knows what is spent and what is held for attempts under way.

    An attempt holds its estimated input and the whole of its `max_tokens`, so what is overspent is at most the error
    of the estimates of the calls in flight. Hours count from the first attempt, for this process.
    """

    def __init__(
        self,
        config: BudgetConfig,
        *,
        name: str = "llm.budget",
        spent: Usage = _NOTHING,
        clock: Clock = time.monotonic,
    ) -> None:
        self.config = config
        self.name = name
        self.spent_tokens = spent.tokens_in + spent.tokens_out
        self.spent_usd = spent.cost_usd
        self.used_up = ""
        """Why nothing more may be spent; '' while something may."""
        self.n_held = 0
        self._held_tokens = 0
        self._held_usd = 0.0
        self._clock = clock
        self._began: float | None = None

    def check(self) -> None:
        """Raise where there is no budget to begin with.

        Raises:
            BudgetError: one of the limits is 0, or an earlier run has used it up.
        """
        limits = {"tokens": self.config.tokens, "usd": self.config.usd, "hours": self.config.hours}
        for unit, limit in limits.items():
            if limit is not None and limit <= 0:
                raise BudgetError(
                    f"{self.name}.{unit} is {limit:g}, so no question may be asked: raise it, leave it out for no "
                    "limit, or run without a language model"
                )
        if why := self._beyond(Hold()):
            raise BudgetError(f"{why} before the first question: raise it or leave it out for no limit")

    def fits(self, hold: Hold) -> bool:
        """Return whether an attempt may be paid beside those under way; where none is and it may not, it is over."""
        if not self.used_up:
            why = self._beyond(hold)
            if why and not self.n_held:
                self.used_up = why
            return not why
        return False

    def hold(self, hold: Hold) -> None:
        """Set aside what an attempt may cost."""
        self._began = self._clock() if self._began is None else self._began
        self.n_held += 1
        self._held_tokens += hold.tokens
        self._held_usd += hold.usd

    def settle(self, hold: Hold, usage: Usage = _NOTHING) -> None:
        """Put what an attempt did cost in the place of what was set aside for it."""
        self.n_held -= 1
        self._held_tokens -= hold.tokens
        self._held_usd -= hold.usd
        self.spent_tokens += usage.tokens_in + usage.tokens_out
        self.spent_usd += usage.cost_usd

    def _beyond(self, hold: Hold) -> str:
        limit = self.config
        if limit.tokens is not None and self.spent_tokens + self._held_tokens + max(hold.tokens, 1) > limit.tokens:
            return f"{self.name}.tokens is used up ({self.spent_tokens:,} of {limit.tokens:,} spent)"
        if limit.usd is not None and self.spent_usd + self._held_usd + hold.usd > limit.usd:
            return f"{self.name}.usd is used up ({self.spent_usd:,.4f} of {limit.usd:,.4f} spent)"
        if limit.hours is not None and self._hours() >= limit.hours:
            return f"{self.name}.hours is used up ({limit.hours:g} h)"
        return ""

    def _hours(self) -> float:
        return 0.0 if self._began is None else (self._clock() - self._began) / 3600


def price_of(price: PriceConfig, *, tokens_in: int, tokens_cached: int = 0, tokens_out: int = 0) -> float:
    """Return what these tokens cost in US dollars; `tokens_cached` are part of `tokens_in`."""
    new = (tokens_in - tokens_cached) * price.input + tokens_cached * price.of_cached
    return (new + tokens_out * price.output) / 1e6


def tokens_like(text: str) -> int:
    """Return a quick estimate of a text's tokens: four ASCII characters each, any other character one."""
    n_chars = len(text)
    if text.isascii():
        return n_chars // 4 + 1
    n_wide = (len(text.encode("utf-8", "replace")) - n_chars + 1) // 2
    return max(0, n_chars - n_wide) // 4 + n_wide + 1
