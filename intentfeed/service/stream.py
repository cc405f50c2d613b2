"""The stages of a command as server-sent events: heard, planned, filtered, ranked, and then the feed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from ..feed.interactive import Heard
from .plain import plain, text_of
from .refusal import OURS, Refusal
from .sessions import Asked
from .state import Answer

if TYPE_CHECKING:
    from .routes.calling import Held

STAGES = {"parsed": "heard", "planned": "planned", "filtered": "filtered", "ranked": "ranked"}
log = logging.getLogger("intentfeed.service")


def wants_stream(request: Request) -> bool:
    """Return whether the caller asks for the stages."""
    return "text/event-stream" in request.headers.get("accept", "")


async def stream(here: Held, this: Asked, session_id: str, say: Callable[[Heard], Answer]) -> Response:
    """Return the stages as they come; a request that is refused before the first of them is refused as any other.

    The work is done once and to its end, whether or not somebody still listens.
    """
    loop, told = asyncio.get_running_loop(), asyncio.Queue[tuple[str, str] | None]()

    def heard(stage: str, facts: dict[str, Any]) -> None:
        event = STAGES.get(stage, stage), text_of(plain(facts))
        loop.call_soon_threadsafe(told.put_nowait, event)

    once = here.desk.once(this.caller.name, this.idempotency_key, this.what, session_id, lambda: say(heard))
    task = here.desk.outlive(once)
    task.add_done_callback(lambda _: told.put_nowait(None))
    first = await told.get()
    if first is None:
        await task  # a refusal is raised here, before anything was sent
    replayed = first is None and task.result()[1]  # what is only said again has no stages
    return EventSourceResponse(
        _events(first, told, task), headers={"Idempotency-Replayed": "true"} if replayed else None, ping=15,
        shutdown_grace_period=here.config.stop_s,
    )  # fmt: skip


async def _events(
    first: tuple[str, str] | None,
    told: asyncio.Queue[tuple[str, str] | None],
    task: asyncio.Task[tuple[Answer, bool]],
) -> AsyncIterator[ServerSentEvent]:
    event = first
    while event is not None:
        yield ServerSentEvent(event=event[0], data=event[1])
        event = await told.get()
    failed = task.exception()
    if failed is None:
        answer, _replayed = task.result()
        yield ServerSentEvent(event="feed", data=answer.body)
        return
    if not isinstance(failed, Refusal):
        log.error("a command failed", exc_info=failed)
    refusal = failed if isinstance(failed, Refusal) else OURS
    yield ServerSentEvent(event="error", data=text_of(refusal.plain()))
