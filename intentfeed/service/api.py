"""The service as an ASGI application, put together on one page."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from .. import __version__
from ..errors import IntentfeedError
from .config import ServiceConfig
from .desk import Desk, every
from .erase import Erasing
from .guard import HERE, Guard
from .keys import Keys
from .metrics import Meters
from .pages import attach
from .pages.html import problem
from .rates import Rates
from .refusal import OURS, Refusal, invalid
from .routes import people, sessions, system
from .routes.calling import Held
from .serving import Serving
from .sessions import Sessions
from .sqlite import SqliteState

ABOUT = """
A feed that listens. Open a session, show its items, pass on what the person types, and show what comes back: the next
feed, what changed and which words did it. Every answer that is not 2xx is `{"error": {"what", "where", "how"}}`.
Changes are done once under an `Idempotency-Key`, however often they are sent.
"""
log = logging.getLogger("intentfeed.service")


@dataclass(frozen=True, kw_only=True)
class Door:
    """By which names the service goes, and who may come in."""

    keys: Keys = field(default_factory=Keys)
    hosts: Sequence[str] = HERE
    """Names in the Host header that it answers to; () for any."""
    origins: Sequence[str] = ()
    """Origins of pages elsewhere that may ask through a browser (CORS)."""


def create_app(
    workspace: Path, door: Door, config: ServiceConfig | None = None, *, today: date | None = None
) -> ASGIApp:
    """Return the service over a finished workspace, ready to be run by an ASGI server.

    Raises:
        DataError: the workspace is none, or the state is unusable.
    """
    config = config or ServiceConfig()
    state = SqliteState(workspace / "service.sqlite")
    serving = Serving(workspace, today)
    meters = Meters()
    meters.watch(state.counts)
    desk = Desk(state, meters, config, _n_workers(config, serving))
    hall = Sessions(state, serving, meters, config)
    erasing = Erasing(state, serving, hall)
    here = Held(state, serving, hall, erasing, desk, meters, config)

    app = FastAPI(
        title="intentfeed", version=__version__, description=ABOUT, docs_url=None, redoc_url=None,
        lifespan=lambda _app: _living(here), redirect_slashes=False,
    )  # fmt: skip
    app.state.held = here
    for router in (sessions.router, people.router, system.router):
        app.include_router(router)
    attach(app)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain_http)
    app.add_exception_handler(sqlite3.OperationalError, _no_state)
    app.add_exception_handler(IntentfeedError, _no_data)
    app.add_exception_handler(Exception, _ours)
    guarded: ASGIApp = Guard(
        app, keys=door.keys, rates=Rates(config), meters=meters, config=config, hosts=door.hosts, origins=door.origins,
        as_page=lambda refusal: problem(refusal, language=serving.now.language),
    )  # fmt: skip
    if door.origins:
        guarded = CORSMiddleware(
            guarded, allow_origins=list(door.origins), allow_methods=["*"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key"], expose_headers=["Idempotency-Replayed"],
        )  # fmt: skip
    return guarded


def _n_workers(config: ServiceConfig, serving: Serving) -> int:
    if config.workers:
        return config.workers
    return 16 if serving.now.ws.config.llm.on else max(os.cpu_count() or 1, 2)


@asynccontextmanager
async def _living(here: Held) -> AsyncIterator[None]:
    """Look after what grows old while the service runs; at the end, finish what was begun."""

    async def refresh() -> None:
        await here.desk.aside(here.sessions.refresh)

    async def tidy() -> None:
        await here.desk.aside(lambda: _tidy(here))

    async def settle() -> None:
        await here.desk.aside(here.erasing.settle)

    config = here.config
    chores = [
        asyncio.create_task(every(seconds, do, name=do.__name__, meters=here.meters))
        for seconds, do in ((config.refresh_s, refresh), (config.tidy_s, tidy), (config.tidy_s, settle))
    ]
    try:
        yield
    finally:
        for chore in chores:
            chore.cancel()
        here.erasing.close()
        await here.desk.close()
        await asyncio.to_thread(here.serving.close)
        here.state.close()


def _tidy(here: Held) -> None:
    config = here.config
    here.state.tidy(
        now=time.time(),
        idle_s=config.idle_hours * 3_600,
        keep_s=config.keep_days * 86_400,
        answers_s=config.answers_hours * 3_600,
    )


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse(error.plain(), error.status, error.headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    refusal = invalid(error)
    return JSONResponse(refusal.plain(), refusal.status)


async def _plain_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    what = {404: "there is nothing here", 405: "this cannot be done here", 400: "the body cannot be read"}
    refusal = Refusal(
        error.status_code, what.get(error.status_code, str(error.detail)[:200]),
        where=f"{request.method[:16]} {request.url.path[:128]}", mend="see /openapi.json for what may be asked",
        headers=error.headers,
    )  # fmt: skip
    return JSONResponse(refusal.plain(), refusal.status, refusal.headers)


async def _no_state(_request: Request, error: Exception) -> Response:
    log.error("the state cannot be used: %s", error)
    refusal = Refusal(503, "the state cannot be written", where="service", mend="try again in a moment")
    return JSONResponse(refusal.plain(), refusal.status, {"Retry-After": "1"})


async def _no_data(_request: Request, error: Exception) -> Response:
    log.error("the workspace cannot be used: %s", error)
    refusal = Refusal(503, "the workspace cannot be read or written", where="service", mend="try again in a moment")
    return JSONResponse(refusal.plain(), refusal.status, {"Retry-After": "1"})


async def _ours(_request: Request, _error: Exception) -> Response:
    return JSONResponse(OURS.plain(), OURS.status)
