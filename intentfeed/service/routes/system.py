"""Is it alive, can it serve, how does it fare."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from ... import __version__
from ..models import Problem
from ..refusal import Refusal
from .calling import Here, Server, shown

router = APIRouter(tags=["service"])


@router.get("/health", summary="Is the process alive")
async def health() -> Response:
    """Return that it is, and its version."""
    return shown({"status": "alive", "version": __version__})


@router.get("/ready", summary="Can it serve", responses={503: {"model": Problem}})
async def ready(here: Here) -> Response:
    """Return 200 where a workspace is loaded and the state can be written."""
    if not (here.serving.root / "manifest.json").exists():
        raise Refusal(503, "the workspace has gone", where="workspace", mend="put it back, or start with another")
    await here.desk.read(here.state.check)
    return shown({"status": "ready", "run": here.serving.now.ws.manifest.run})


@router.get("/metrics", summary="Counters for Prometheus", response_class=Response)
async def metrics(here: Here, _who: Server) -> Response:
    """Return the counters in Prometheus' text format."""
    return Response(await here.desk.read(here.meters.text), media_type=CONTENT_TYPE_LATEST)
