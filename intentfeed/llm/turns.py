"""The body of a request, how a text is read as its answer, and what is said where it cannot be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import PydanticSerializationError

from ..errors import AnswerError
from .answer import Answer, read_answer, salvage
from .client import Call, Message

_SHOWN_ANSWER_CHARS = 2_000


def body_of(call: Call, messages: Sequence[Message], *, temperature: float) -> dict[str, Any]:
    """Return the body of a chat request, as an endpoint or a service for batches takes it."""
    schema = {"name": call.returns.__name__, "schema": call.schema, "strict": True}
    return {
        "model": call.model,
        "messages": turns_of(messages),
        "max_tokens": call.max_tokens,
        "temperature": temperature,
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


def turns_of(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return the messages as every server and every chat template takes them."""
    return [{"role": turn.role, "content": turn.content} for turn in messages]


def answer_of(call: Call, text: str, *, cut: bool = False) -> Answer:
    """Return the answer that a text holds; of one that was `cut` off, what is whole of it.

    Raises:
        AnswerError: there is none; says to the model what to mend.
    """
    try:
        return read_answer(text, call.returns, call.bounds)
    except AnswerError as error:
        if not cut:
            raise
        if (whole := salvage(text, call.returns, call.bounds)) is not None:
            return whole
        raise AnswerError(
            f"the answer was cut off after {call.max_tokens:,} tokens",
            answer=error.answer,
            repair=f"Your answer was cut off, as it is limited to {call.max_tokens:,} tokens. Answer again with one "
            "complete JSON object, shorter: fewer rows and fewer words.",
        ) from error


def with_repair(call: Call, error: AnswerError) -> tuple[Message, ...]:
    """Return the question with the bad answer, shortened, and what was wrong with it; the fixed part still first."""
    said = error.answer[:_SHOWN_ANSWER_CHARS].strip() or "(nothing)"
    return *call.messages, Message("assistant", said), Message("user", error.repair)


def salvaged(call: Call, texts: Sequence[str]) -> Answer | None:
    """Return what is whole of the first of these useless answers that has anything whole; None where none has."""
    bounds = {**call.bounds, "last": True}  # no further repair follows: a type may be content with fewer rows
    return next((whole for text in texts if (whole := salvage(text, call.returns, bounds)) is not None), None)


def json_of(answer: Answer) -> str:
    """Return an answer as it stands in a reply."""
    try:
        return answer.model_dump_json(by_alias=True)
    except PydanticSerializationError:  # half a character, which a model can write as \\ud800 and no file can hold
        told = json.dumps(answer.model_dump(mode="python", by_alias=True), ensure_ascii=False)
        return told.encode("utf-8", "replace").decode()


def text_of(choice: object) -> tuple[str, str]:
    """Return what the model said in a choice of a chat completion, and why it ended there."""
    told: Mapping[str, Any] = choice if isinstance(choice, Mapping) else {}
    message = told.get("message")
    message = message if isinstance(message, Mapping) else {}
    content = message.get("content") or message.get("refusal") or ""
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else "", str(told.get("finish_reason") or "")
