"""A server that says what it is told to, word for word: for what no well-behaved endpoint would say."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NO_PAGES: Mapping[str, object] = {}


@contextmanager
def serving(*bodies: bytes, status: int = 200, pages: Mapping[str, object] = NO_PAGES) -> Iterator[str]:
    """Yield the URL of a server that answers each POST with these bodies in turn, the last one for ever.

    `pages` is what it shows at its paths, as JSON.
    """
    left = list(bodies)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._say(status, left.pop(0) if len(left) > 1 else left[0])

        def do_GET(self) -> None:
            known = self.path in pages
            self._say(200 if known else 404, json.dumps(pages[self.path]).encode() if known else b"nothing here")

        def _say(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
