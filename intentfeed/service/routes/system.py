"""Is it alive, can it serve, how does it fare, what can be asked for."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from ... import __version__
from ..models import Askable, Problem
from ..refusal import Refusal
from .calling import DESCRIBED, Caller, Here, Server, shown

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


@router.get(
    "/v1/fields", response_model=dict[str, Askable], responses=DESCRIBED, tags=["feed"],
    summary="What can be asked for",
)  # fmt: skip
async def fields(here: Here, _who: Caller) -> Response:
    """Return the fields of the catalogue, their types, units and most frequent values, in the catalogue's order."""
    return shown(await here.desk.read(here.serving.now.ws.interactive.registry.schema))
