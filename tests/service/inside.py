"""A service asked in this process, without a port: for what depends on who asks, not on how it is listened to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from intentfeed.service.process import Reply


def ask(
    app: ASGIApp, method: str, path: str, body: object = None, *, key: str = "",
    headers: Mapping[str, str] | None = None, address: str = "127.0.0.1",
) -> Reply:  # fmt: skip
    """Return the answer to one request."""
    return asyncio.run(asked(app, method, path, body, key=key, headers=headers, address=address))


async def asked(
    app: ASGIApp, method: str, path: str, body: object = None, *, key: str = "",
    headers: Mapping[str, str] | None = None, address: str = "127.0.0.1",
) -> Reply:  # fmt: skip
    """Return the answer to one request among others."""
    kind = {"content-type": "application/json"} if body is not None else {}
    sent = {"host": "localhost", **kind, **({"authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
    where, _, query = path.partition("?")
    told: list[Message] = []
    coming: list[Message] = [{"type": "http.request", "body": b"" if body is None else json.dumps(body).encode()}]

    async def receive() -> Message:
        if coming:
            return coming.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        told.append(message)

    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(where), "raw_path": where.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": (address, 5_000), "server": ("localhost", 80), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    first, *rest = told
    names = {name.decode(): value.decode() for name, value in first["headers"]}
    return Reply(first["status"], names, b"".join(part.get("body", b"") for part in rest))
