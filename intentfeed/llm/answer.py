"""Text → typed answer, or an error that teaches: what was wrong, where, and what would be right."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import AnswerError


class Answer(BaseModel):
    """Base of every answer type: no key that the schema does not name, no other type than it says."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


A = TypeVar("A", bound=Answer)

MAX_ANSWER_CHARS = 200_000
"""An answer above this is not looked at."""
_SHOWN_PROBLEMS = 5
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)


@lru_cache(maxsize=64)
def _schema(returns: type[BaseModel]) -> str:
    return json.dumps(_closed(returns.model_json_schema(by_alias=True)))


def schema_of(returns: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of an answer: every object closed, every key required, references resolved."""
    schema: dict[str, Any] = json.loads(_schema(returns))
    return schema


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema in the narrow form that every server understands."""
    definitions = schema.pop("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return walk(definitions[node["$ref"].rpartition("/")[2]])
        # Titles, descriptions and defaults only cost tokens; a property may be *named* like one, so look at its parent.
        plain = {name: each for name, each in node.items() if name not in ("title", "description", "default")}
        walked = {name: walk(each) for name, each in plain.items() if name != "properties"}
        if "properties" in plain:
            walked["properties"] = {name: walk(each) for name, each in plain["properties"].items()}
            walked["required"] = list(plain["properties"])
            walked["additionalProperties"] = False
        return walked

    closed: dict[str, Any] = walk(schema)
    return closed


def read_answer(text: str, returns: type[A], bounds: Mapping[str, Any] | None = None) -> A:
    """Return the typed answer that a text holds, whatever fence or prose stands around it (U44).

    `bounds` reaches the validators of the type as their context.

    Raises:
        AnswerError: there is none; `repair` says to the model what to mend.
    """
    found = _json(text)
    if found is None:
        raise AnswerError(
            "the answer is not JSON" if text.strip() else "the answer is empty",
            answer=text[:2000],
            repair="Your answer was not one complete JSON object. Answer again with that object alone: no prose, no "
            "code fence, and short enough to be finished.",
        )
    try:
        return returns.model_validate(found, context=dict(bounds or {}))
    except ValidationError as error:
        problems = _problems(error)
        raise AnswerError(
            f"the answer does not fit {returns.__name__}: {problems[0]}",
            answer=text[:2000],
            repair="Your answer was JSON, but not what was asked for:\n"
            + "\n".join(f"- {problem}" for problem in problems)
            + "\nAnswer again with the whole corrected JSON object alone.",
        ) from error


def salvage(text: str, returns: type[A], bounds: Mapping[str, Any] | None = None) -> A | None:
    """Return what is whole of an answer that was cut off in the middle of a list; None where nothing is.

    Only the last, unfinished element is lost. For a second answer that failed, too: better eleven sound rows than none.
    """
    text = text[:MAX_ANSWER_CHARS]
    start = text.find("{")
    ends = [match.end() for match in re.finditer(r"\}", text)] if start >= 0 else []
    for end in reversed(ends[-50:]):
        try:
            found = json.loads(text[start:end] + "]}")
            return returns.model_validate(found, context=dict(bounds or {}))
        except (ValueError, RecursionError):  # no JSON, not of the type, a number of 5,000 digits
            continue
    return None


def _json(text: str) -> Any | None:
    """Return the JSON object of a text; of several the largest, so that an example quoted in the prose does not win."""
    text = text[:MAX_ANSWER_CHARS].strip()
    found = _loads(text)
    if found is not None:
        return found
    for fenced in _FENCE.findall(text):
        if (found := _loads(fenced.strip())) is not None:
            return found
    return _embedded(text)


def _loads(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _embedded(text: str) -> dict[str, Any] | None:
    """Return the largest object that stands somewhere in a prose text."""
    decoder, best, size, at = json.JSONDecoder(), None, 0, text.find("{")
    for _ in range(50):
        if at < 0:
            break
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        if isinstance(found, dict) and end - at > size:
            best, size = found, end - at
        at = text.find("{", end)
    return best


def _problems(error: ValidationError) -> list[str]:
    """Return the first problems, one sentence each, with their place."""
    said = []
    for each in error.errors()[:_SHOWN_PROBLEMS]:
        place = ".".join(str(part) for part in each["loc"]) or "the whole answer"
        said.append(f"at {place}: {each['msg'].removeprefix('Value error, ')}")
    more = error.error_count() - len(said)
    return [*said, f"and {more} more like these"] if more > 0 else said
