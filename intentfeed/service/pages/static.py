"""The stylesheet and the script, which are the same for everybody and never change under one address."""

from __future__ import annotations

from fastapi import APIRouter, Response

from ..refusal import Refusal
from .html import ASSETS, PageRoute, asset

router = APIRouter(route_class=PageRoute)


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Return one of the two files."""
    if name not in ASSETS:
        raise Refusal(404, "there is nothing here", where="path", mend="go back to the start")
    headers = {"Content-Type": ASSETS[name], "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(asset(name), headers=headers)


@router.get("/favicon.ico")
async def icon() -> Response:
    """Return that there is none."""
    return Response(status_code=204)
