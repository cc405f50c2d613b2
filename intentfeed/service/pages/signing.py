"""Signing in with a key where the service asks for one: the browser then sends it along, as a cookie no script sees."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from ..guard import COOKIE
from ..routes.calling import Here
from .asking import Fields
from .html import PageRoute, page

router = APIRouter(route_class=PageRoute)
MONTH_S = 30 * 86_400


@router.get("/sign-in")
async def sign_in(here: Here, wrong: str | None = None) -> Response:
    """Return the form that asks for a key."""
    answer = page("sign_in.html", language=here.serving.now.language, wrong=wrong is not None)
    if wrong is not None:
        answer.delete_cookie(COOKIE)
    return answer


@router.post("/sign-in")
async def signed_in(request: Request, given: Fields) -> Response:
    """Let the browser keep the key; whether it is one, the guard says at the next request."""
    answer = RedirectResponse("/", 303)
    secret = quote(given.get("key", "").strip()[:256], safe="")
    answer.set_cookie(
        COOKIE, secret, max_age=MONTH_S, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return answer


@router.post("/sign-out")
async def sign_out() -> Response:
    """Let the browser forget the key."""
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE)
    return answer
