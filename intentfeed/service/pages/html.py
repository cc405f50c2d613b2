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
from markupsafe import Markup, escape

from ..refusal import Refusal, invalid
from ..routes.calling import held
from .wording import wording_in
from .words import counted

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


def render(template: str, *, language: str, **shown: object) -> str:
    """Return a page in the language of its catalogue; every value in it is text, never markup."""
    return _environment().get_template(template).render(t=wording_in(language), **shown)


def page(template: str, *, language: str, status: int = 200, **shown: object) -> HTMLResponse:
    """Return a page as an answer."""
    return HTMLResponse(render(template, language=language, **shown), status, HEADERS)


def problem(refusal: Refusal, back: str = "/", *, language: str = "en") -> HTMLResponse:
    """Return a refusal as a page that says what is wrong and where to go on."""
    words = wording_in(language)
    what = f"{refusal.what[:1].upper()}{seen(refusal.what[1:])}"
    told = words.told(refusal) or words.problem.told.format(what=what, mend=seen(refusal.mend))
    answer = page("problem.html", language=language, status=refusal.status, told=told, back=back)
    answer.headers.update(refusal.headers)
    return answer


def filled(sentence: str, **given: object) -> Markup:
    """Return a sentence with its places filled: markup stays markup, and text becomes text."""
    return escape(sentence).format(**given)


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
                there = f"/feed/{session_id}" if session_id and refusal.status not in (404, 410) else "/"
                return problem(refusal, there, language=held(request).serving.now.language)

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
    made.filters.update(seen=seen, filled=filled, counted=counted)
    made.globals.update(asset_url=_asset_url)
    return made
