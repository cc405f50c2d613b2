"""Which model is asked, how fast, for whom, and what it may cost."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from ..types import Settings
from .client import Language


class PriceConfig(Settings):
    """What a million tokens cost, in US dollars; 0 where the machine is one's own."""

    input: float = 0.0
    """Input that the server reads for the first time."""
    cached: float | None = None
    """Input that the server finds in its prefix cache; None means as any other input."""
    output: float = 0.0
    """What the model writes."""

    @property
    def of_cached(self) -> float:
        """What cached input costs."""
        return self.input if self.cached is None else self.cached


class BudgetConfig(Settings):
    """What a run may cost at most. None means no limit; 0 means nothing at all."""

    tokens: int | None = None
    """In and out together."""
    usd: float | None = None
    """In US dollars, at `price`."""
    hours: float | None = None
    """By the clock, from the first question of this process."""


class WhoConfig(Settings):
    """Who is thought about by the language model; everybody else by the grounded backend."""

    share: float = Field(default=1.0, ge=0, le=1)
    """Share of users, by a stable hash of their id."""
    top: float = Field(default=1.0, ge=0, le=1)
    """Share of users that have the most deliberate events, or have spent the most."""
    top_by: Literal["events", "spend"] = "events"
    """What `top` goes by; spend is the sum of the prices of what was purchased."""
    where: dict[str, str] = Field(default_factory=dict)
    """Attributes that a user must have."""
    min_events: int = 10
    """Deliberate events that a user must have: below it a history says too little (U43)."""
    changed: bool = False
    """Only users whose log has changed since they were last thought about; on a first run that is everybody."""


class LLMConfig(Settings):
    """The one door to language models."""

    endpoint: str = ""
    """An OpenAI-compatible base URL such as http://localhost:8000/v1; a folder, for batch files; `local:FOLDER`, for
    weights in this process; `replay`, for the answers in the log and nothing else; '' asks nobody."""
    model: str = ""
    """As the endpoint calls it."""
    api_key_env: str = "OPENAI_API_KEY"
    """Name of the environment variable that holds the key; the key itself is never written."""
    language: Language | Literal["auto"] = "auto"
    """Language of the prompts and of what is written; `auto` goes by the script of the catalogue's titles."""
    domain: Literal["shop", "films", "articles"] = "shop"
    """What kind of place the prompts speak of."""
    temperature: float = Field(default=0.6, ge=0, le=2)
    """Of the first answer; a repair is asked for at 0."""
    in_flight: int = Field(default=32, ge=1)
    """Calls under way at once."""
    requests_per_minute: int = Field(default=0, ge=0)
    """0 means no limit."""
    tokens_per_minute: int = Field(default=0, ge=0)
    """In and out together, counted before the call by estimate; 0 means no limit."""
    timeout_s: float = Field(default=120.0, gt=0)
    """For one attempt, from the first byte sent to the last received."""
    attempts: int = Field(default=5, ge=1)
    """For one question, while the far end answers with 429 or 5xx, hangs, or breaks off."""
    outage_s: float = Field(default=180.0, ge=0)
    """How long an endpoint that refuses connections is waited for before the run goes on without it."""
    context_tokens: int = Field(default=0, ge=0)
    """Window of the model, where the endpoint does not tell; 0 means unknown."""
    on_fault: Literal["grounded", "stop"] = "grounded"
    """When the endpoint stays away or the budget is used up: the grounded backend takes the rest, recorded as such, or
    the run stops. Either way the same command goes on later and pays for no answer twice."""
    max_fallback: float = Field(default=0.5, ge=0, le=1)
    """Share of calls without a usable answer above which a run stops and says why, instead of passing for an LLM's."""
    price: PriceConfig = PriceConfig()
    budget: BudgetConfig = BudgetConfig()
    who: WhoConfig = WhoConfig()

    @model_validator(mode="before")
    @classmethod
    def _named(cls, found: Any) -> Any:
        """Name weights in this process after their folder, where they have no other name: it marks their answers."""
        if isinstance(found, dict) and not found.get("model") and str(found.get("endpoint", "")).startswith("local:"):
            return {**found, "model": str(found["endpoint"]).rstrip("/").rpartition("/")[2].removeprefix("local:")}
        return found
