"""The page over HTTP, on this machine only; the service with commands and keys comes later."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from ..errors import DataError
from ..figures import read_figures
from ..workspace import Workspace
from .page import render_person

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

HERE = ("127.0.0.1", "localhost", "[::1]")
"""Names under which a browser on this machine asks; a foreign name that leads here is a page trying to read along."""


def page_server(ws: Workspace, *, port: int = 0, first_user: str | None = None) -> ThreadingHTTPServer:
    """Return a server of one page a person, bound to the loopback address; port 0 takes a free one.

    Raises:
        DataError: the port is taken, or there is nobody to show.
    """
    users = ws.user_ids()
    if not users:
        raise DataError(f"{ws.store.root} holds no users, so there is no page to show: run it on a log that has some")
    figures = read_figures(ws.store)

    def page(user_id: str | None) -> tuple[int, str]:
        try:
            return 200, render_person(ws, ws.person(user_id or first_user or users[0]), users, figures)
        except DataError as error:
            return 404, str(error)

    try:
        return ThreadingHTTPServer(("127.0.0.1", port), _handler(page))
    except OSError as error:
        raise DataError(
            f"port {port} is not free ({error.strerror}): choose another with --port, or 0 for any"
        ) from error


def _handler(page: Callable[[str | None], tuple[int, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if re.sub(r":\d+$", "", self.headers.get("Host", "")) not in HERE:
                self.send_error(403)
                return
            url = urlsplit(self.path)
            if url.path != "/":
                self.send_error(404)
                return
            status, text = page(parse_qs(url.query).get("user", [None])[0])
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"text/{'html' if status == 200 else 'plain'}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in SECURITY.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Keep the terminal quiet."""

    return Handler
