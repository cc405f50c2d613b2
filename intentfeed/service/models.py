"""What callers send, checked before anything else sees it, and what they read, described for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ..commands.records import Scope
from ..types import Action
from .config import LONGEST_HISTORY, LONGEST_TEXT

Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class Body(BaseModel):
    """Base of what is sent: an unknown field is an error, and a number is no text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Opening(Body):
    """Whose feed it is to be: a user's, or that of somebody who brings a history; nobody in particular is welcome."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": "u1"}, {"history": ["i7", "i42"], "k": 10}]})

    user_id: Id | None = Field(None, description="Whose feed. A person's key need not say it.")
    history: list[Id] | None = Field(
        None,
        max_length=LONGEST_HISTORY,
        description="Item ids, oldest first, of somebody of whom the workspace knows nothing.",
    )
    k: int | None = Field(None, ge=1, le=100, description="Places on the feed.")


class Saying(Body):
    """What a person types in front of the feed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "nothing floral, under 50"}, {"text": "the second one but cheaper"}]}
    )

    text: str = Field(min_length=1, max_length=LONGEST_TEXT, description="In the person's own words.")
    round: int | None = Field(
        None, ge=0, description="The round of the feed it was said in front of; refused where that has moved on."
    )


class Editing(Body):
    """How long a preference is to hold."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"scope": "always"}]})

    scope: Scope


class Happening(Body):
    """What a person did with an item."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"item_id": "i42", "action": "favorite"}]})

    item_id: Id
    action: Action


class Wrong(BaseModel):
    """What is wrong, where, and how to mend it."""

    what: str
    where: str
    how: str


class Problem(BaseModel):
    """Every answer that is not 2xx."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"error": {"what": "there is no such session", "where": "session_id",
                           "how": "open one with POST /v1/sessions"}}
            ]
        }
    )  # fmt: skip

    error: Wrong


class Met(BaseModel):
    """Whether an item meets a preference."""

    demand_id: str
    holds: bool


class Card(BaseModel):
    """One item of the feed."""

    rank: int
    item_id: str
    title: str
    fields: dict[str, Any] = Field(description="The item's own key fields.")
    score: float
    reason: str = Field(description="Why it is there, in one sentence; '' where nothing true can be said.")
    reason_kind: Literal["interest", "item", "none"]
    interest_id: str | None
    meets: list[Met]


class Feed(BaseModel):
    """The feed as it stands, with what the last round changed."""

    session_id: str
    user_id: str | None
    known: bool = Field(description="Whether anything is known of the person's past.")
    round: int
    kind: Literal["open", "command", "undo", "edit", "feedback"]
    command: str
    items: list[Card]
    preferences: list[dict[str, Any]] = Field(description="What holds, in the order in which it was said.")
    understood: dict[str, Any] | None = Field(
        description="What the command was understood to say, by whom (`speaker`), and what could not be taken up."
    )
    planned_by: Literal["grounded", "llm"] = Field(description="Who chose what to do about it.")
    diff: dict[str, Any] = Field(description="What left, came, moved and stayed, and which words caused it.")
    relaxed: list[dict[str, Any]] = Field(description="What was eased because too little met it.")
    dropped: dict[str, int] = Field(description="How many items each preference or filter took away.")
    empty_why: str
    short: str = Field(description="Where less of what was asked for is left than places: that, in one sentence.")
    latency_ms: dict[str, float]


class Preferences(BaseModel):
    """What holds, and what held once with why it no longer does."""

    preferences: list[dict[str, Any]]
    ended: list[dict[str, Any]]


class Askable(BaseModel):
    """A field of the catalogue that a command may speak of."""

    type: Literal["number", "date", "category", "value", "list", "text"]
    hard: bool = Field(description="Whether a rule decides who meets it; if not, it is a matter of sense.")
    coverage: float = Field(description="Share of the items that have it.")
    unit: str = ""
    values: list[str] = Field(default=[], description="The most frequent ones, as the catalogue spells them.")
    n_values: int = 0
    low: float | str | None = Field(default=None, description="The least one; of dates as YYYY-MM-DD.")
    high: float | str | None = None


class Interests(BaseModel):
    """Named interests, each with the events that show it."""

    interests: list[dict[str, Any]]


class Why(BaseModel):
    """Why an item is on the feed: the sentence, its claims with their evidence, the preferences it meets, scores."""

    item_id: str
    title: str
    reason: str
    kind: str
    backend: str
    claims: list[dict[str, Any]]
    interest: dict[str, Any] | None
    tag: str | None
    sources: list[str]
    meets: list[dict[str, Any]]
    scores: dict[str, float | None]


class Record(BaseModel):
    """The engineer's record of a session: its newest rounds as they were parsed, planned, scored and shown."""

    session_id: str
    user_id: str | None
    opened: float
    used: float
    ended: float | None
    n_rounds: int = Field(description="How many there are in all.")
    before: int | None = Field(description="Ask with it for the rounds before these; null where these are the first.")
    rounds: list[dict[str, Any]]


class Erased(BaseModel):
    """What an erasure did at once, and what the workspace still owes."""

    user_id: str
    erased: dict[str, int]
    workspace: Literal["pending", "nothing"]


class Erasure(BaseModel):
    """Where an erasure stands."""

    user_id: str
    workspace: Literal["pending", "nothing"]
    since: float | None
    tries: int
    why: str


class Happenings(BaseModel):
    """Feedback events in the order in which they came, and where to go on."""

    events: list[dict[str, Any]]
    next: int
