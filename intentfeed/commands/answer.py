"""What a model answers when it reads a command or plans the next slate: closed schemas, made from fields and tools.

The schema that the endpoint is told names the fields of the catalogue and the tools of the feed and nothing else. What
comes is read more leniently than that: an odd row costs itself a check in code, not the whole answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Self, get_args

from pydantic import BeforeValidator, Field, ValidationInfo, create_model, model_validator

from ..llm.answer import Answer, schema_of
from ..types import Settings
from .quotes import own_words
from .records import Feedback, Polarity

ABOUT = "about"
"""The facet of what no field of the catalogue says."""
OPS = ("eq", "in", "contains", "lt", "le", "gt", "ge", "between", "around", "less", "more", "like")
"""The comparisons of the records, and four that code turns into those: near a number, below or above what is shown,
and likeness, which only a judgement of sense decides."""
MAX_ADDED = 12
MAX_ENDED = 12
MAX_VALUES = 8
MAX_PLACES = 12
MAX_QUOTE_CHARS = 200
MAX_VALUE_CHARS = 80
MAX_STEPS = 8
_PLACE = re.compile(r"[\[#]?(\d{1,3})(?:\.0)?\]?")


def _cut(most: int) -> BeforeValidator:
    """Return what cuts a text rather than refusing a whole answer for one, and reads a number as its digits."""

    def cut(value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        return value[:most] if isinstance(value, str) else "" if value is None else value

    return BeforeValidator(cut)


def _first(most: int) -> BeforeValidator:
    """Return what reads a single thing as a list of one, and nothing beyond the first `most`."""

    def first(value: Any) -> Any:
        return [] if value is None else value[:most] if isinstance(value, list) else [value]

    return BeforeValidator(first)


def _places(value: Any) -> Any:
    """Return row numbers as integers: `"[3]"`, `3.0` and a single number too; what is no number is left out."""
    many = value if isinstance(value, list) else [] if value is None else [value]
    found = (_PLACE.fullmatch(str(each).strip()) for each in many[:MAX_PLACES])
    return [int(match[1]) for match in found if match]


def _names(*names: str) -> Any:
    """Return a field that the schema bounds to some names; an odd one costs its row a check, not the whole answer."""
    return Field(json_schema_extra={"enum": list(names)})


def _list(most: int) -> Any:
    return Field(default_factory=list, json_schema_extra={"maxItems": most})


Quote = Annotated[str, _cut(MAX_QUOTE_CHARS), Field(json_schema_extra={"maxLength": MAX_QUOTE_CHARS})]
Said = Annotated[str, _cut(MAX_VALUE_CHARS), Field(json_schema_extra={"maxLength": MAX_VALUE_CHARS})]
Short = Annotated[str, _cut(12), Field(json_schema_extra={"maxLength": 12})]


class SaidDemand(Answer):
    """One thing that a command asks for, with the words that say it (RecBot, 3.3)."""

    quote: Quote
    polarity: str = _names(*get_args(Polarity))
    field: str
    op: str = _names(*OPS)
    values: Annotated[list[Said], _first(MAX_VALUES)] = _list(MAX_VALUES)
    """What it is compared with; numbers and dates as text, so that one key serves every field."""
    than: Annotated[list[int], BeforeValidator(_places)] = _list(MAX_PLACES)
    """Numbers of the rows on the screen that are meant; what stands in them is looked up in code."""
    holds: Short = "session"
    """For how long: session, season, always, or the first day on which it no longer does."""


class SaidRetraction(Answer):
    """A demand that a command takes back."""

    id: Short
    quote: Quote


class SaidClearing(Answer):
    """A field about which a command wants everything forgotten."""

    field: str
    quote: Quote


class ParsedCommand(Answer):
    """What a command changes: the delta of RecBot, 3.4, each part with the words that say it."""

    feedback: str = _names(*get_args(Feedback))
    add: Annotated[list[SaidDemand], _first(2 * MAX_ADDED)] = _list(MAX_ADDED)
    retract: Annotated[list[SaidRetraction], _first(MAX_ENDED)] = _list(MAX_ENDED)
    clear: Annotated[list[SaidClearing], _first(MAX_ENDED)] = _list(MAX_ENDED)
    tightens: bool = False
    widens: bool = False
    left: Annotated[list[Quote], _first(MAX_ENDED)] = _list(MAX_ENDED)
    """Words of the command that ask for what nothing here can do."""

    @model_validator(mode="after")
    def _is_usable(self, info: ValidationInfo) -> Self:
        """Refuse an answer that as a whole was not made from the command; a single bad row is dropped later.

        `bounds` are: `command`, its words; `ids`, of the demands that hold; `last` where nothing is mended any more.
        """
        bounds = info.context or {}
        if not bounds or bounds.get("last"):
            return self
        quotes = [*(row.quote for row in self.add), *(row.quote for row in self.retract)]
        quotes += [row.quote for row in self.clear]
        unsaid = [quote for quote in quotes if not own_words(bounds["command"], quote)]
        if unsaid and 2 * len(unsaid) >= len(quotes):
            raise ValueError(
                f"{len(unsaid)} of {len(quotes)} quotes do not stand in <command>, such as {unsaid[0]!r}: copy each "
                "quote letter by letter from the command, or leave its row out"
            )
        unknown = [row.id for row in self.retract if row.id not in bounds["ids"]]
        if unknown:
            raise ValueError(
                f"no demand has the id {unknown[0]!r}: retract ids that stand in <memory>"
                + (f", which are {', '.join(bounds['ids'])}" if bounds["ids"] else ", where none stands now")
            )
        return self


class SaidStep(Answer):
    """One tool call, as a model says it."""

    tool: str
    args: dict[str, Any] = Field(default_factory=dict)


class PlannedChain(Answer):
    """The tools to run, in their order, with what each is told (RecBot, 4.3)."""

    plan: Annotated[list[SaidStep], _first(MAX_STEPS)]


@lru_cache(maxsize=64)
def parsed_command(fields: tuple[str, ...]) -> type[ParsedCommand]:
    """Return the answer type whose schema allows these fields, and `about`, and no others."""
    names = _names(*fields, ABOUT)
    demand = create_model("SaidDemand", __base__=SaidDemand, field=(str, names))
    clearing = create_model("SaidClearing", __base__=SaidClearing, field=(str, names))
    rows: Any = list[demand]  # type: ignore[valid-type]
    ends: Any = list[clearing]  # type: ignore[valid-type]
    return create_model(
        "ParsedCommand",
        __base__=ParsedCommand,
        __doc__=ParsedCommand.__doc__,
        add=(Annotated[rows, _first(2 * MAX_ADDED)], _list(MAX_ADDED)),
        clear=(Annotated[ends, _first(MAX_ENDED)], _list(MAX_ENDED)),
    )


def planned_chain(args: Mapping[str, type[Settings]]) -> type[PlannedChain]:
    """Return the answer type whose schema allows these tools, each with its own arguments, and no others."""
    steps: list[Any] = [
        {
            "type": "object",
            "properties": {"tool": {"type": "string", "enum": [name]}, "args": schema_of(kind)},
            "required": ["tool", "args"],
            "additionalProperties": False,
        }
        for name, kind in args.items()
    ]
    shape: Any = {"items": {"anyOf": steps}, "minItems": 1, "maxItems": MAX_STEPS}
    return create_model(
        "PlannedChain",
        __base__=PlannedChain,
        __doc__=PlannedChain.__doc__,
        plan=(Annotated[list[SaidStep], _first(MAX_STEPS)], Field(json_schema_extra=shape)),
    )
