"""Records to HTML: strict templates that escape everything, headers that let nothing foreign in, refusals as pages."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Coroutine
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined

from ..refusal import Refusal, invalid
from .words import acted, counted, day, number

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",  # so that a form says where it comes from, and the guard lets it in
}
ASSETS = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}
LONGEST = 300
"""Characters of one text from the data that a page shows."""
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\U000e0000-\U000e007f]")


def render(template: str, **shown: object) -> str:
    """Return a page; every value in it is text, never markup."""
    return _environment().get_template(template).render(**shown)


def page(template: str, *, status: int = 200, **shown: object) -> HTMLResponse:
    """Return a page as an answer."""
    return HTMLResponse(render(template, **shown), status, HEADERS)


def problem(refusal: Refusal, back: str = "/") -> HTMLResponse:
    """Return a refusal as a page that says what is wrong and where to go on."""
    answer = page("problem.html", status=refusal.status, what=refusal.what, mend=refusal.mend, back=back)
    answer.headers.update(refusal.headers)
    return answer


def seen(value: object, longest: int = LONGEST) -> str:
    """Return a text as it is shown: no control characters, not longer than a screen can bear."""
    text = UNSEEN.sub(" ", str(value).encode("utf-8", "replace").decode())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


@cache
def asset(name: str) -> bytes:
    """Return one of the files beside the templates."""
    return files("intentfeed.service").joinpath("web", name).read_bytes()


class PageRoute(APIRoute):
    """A route whose refusals are pages that say what is wrong and where to go on."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with refusals told in HTML."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except (Refusal, RequestValidationError) as error:
                refusal = error if isinstance(error, Refusal) else _wrong_address(error)
                session_id = request.path_params.get("session_id")
                return problem(
                    refusal, f"/feed/{session_id}" if session_id and refusal.status not in (404, 410) else "/"
                )

        return told


def _wrong_address(error: RequestValidationError) -> Refusal:
    found = invalid(error)
    what = f"this page cannot be shown without a right {found.where.rpartition('.')[2]}: {found.what}"
    return Refusal(422, what, where=found.where, mend="go back and follow a link of the feed")


def _asset_url(name: str) -> str:
    return f"/static/{name}?v={zlib.crc32(asset(name)):08x}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("intentfeed.service", "web"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(seen=seen, day=day, number=number, acted=acted, counted=counted)
    made.globals.update(asset_url=_asset_url)
    return made
