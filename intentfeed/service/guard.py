"""What every request passes before a route sees it: whose host, whose key, how often, how large; and what goes out."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .config import ServiceConfig
from .keys import NOBODY, Key, Keys
from .metrics import Meters
from .rates import Rates
from .refusal import OURS, Refusal

HERE = ("127.0.0.1", "localhost", "[::1]")
"""Names under which a browser on this machine asks; a foreign name that leads here is a page trying to read along."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer; a route that needs another value of one of them sets it."""
COOKIE = "intentfeed_key"
"""Holds the key of whoever signed in on a page."""
SAFE = ("GET", "HEAD", "OPTIONS")
log = logging.getLogger("intentfeed.service")
DRAINED = 16 << 20
"""Bytes of a body too large that are read and thrown away, so that its sender is there to read why."""


def needs_key(path: str) -> bool:
    """Return whether a path holds data: everything but health, the description of the interface, and signing in."""
    return path.startswith(("/v1", "/metrics")) or is_page(path)


def is_page(path: str) -> bool:
    """Return whether a path is a page with data, which a browser asks for."""
    return path in ("/", "/open", "/person") or path.startswith("/feed/")


class Guard:
    """ASGI middleware, the outermost one: refuses in JSON, or in a page; adds security headers, counts and times."""

    def __init__(
        self, app: ASGIApp, *, keys: Keys, rates: Rates, meters: Meters, config: ServiceConfig,
        hosts: Sequence[str], origins: Sequence[str], as_page: Callable[[Refusal], ASGIApp],
    ) -> None:  # fmt: skip
        self.app, self.as_page = app, as_page
        self.keys, self.rates, self.meters, self.config = keys, rates, meters, config
        self.hosts, self.origins = tuple(hosts), tuple(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        outgoing = _Outgoing(send)
        began = time.perf_counter()
        with self.meters.in_flight.track_inprogress():
            try:
                self._admit(scope)
                body = await _read(receive, Headers(scope=scope), self.config)
                if body is None:
                    return
                await self.app(scope, _again(body, receive), outgoing)
            except Refusal as refusal:
                self.meters.refused.labels(str(refusal.status)).inc()
                if is_page(scope["path"]) and refusal.status >= 400 and not outgoing.status:
                    await self.as_page(refusal)(scope, receive, outgoing)
                else:
                    await outgoing.refuse(refusal)
            except Exception:  # whatever a caller sends, they are answered, and the next one is listened to
                log.exception("a request failed")
                await outgoing.refuse(OURS)
            finally:
                self._count(scope, outgoing.status or 499, time.perf_counter() - began)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in (*SAFE, "POST", "PUT", "PATCH", "DELETE") else "other"
        self.meters.requests.labels(route, method, str(status)).inc()
        self.meters.seconds.labels(route).observe(seconds)

    def _admit(self, scope: Scope) -> None:
        """Say in the scope who is calling, or refuse."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.hosts and re.sub(r":\d+$", "", host).lower() not in self.hosts:
            raise Refusal(
                403, "this service does not go by that name", where="Host",
                mend="ask it by a name that it was started with",
            )  # fmt: skip
        self._check_origin(scope["method"], headers.get("origin"), host)
        if not needs_key(scope["path"]):
            return
        authorization = headers.get("authorization", "") or self._signed_in(scope["method"], headers)
        try:
            key = self._caller(authorization, (scope.get("client") or ("",))[0])
        except Refusal as refusal:
            raise _to_sign_in(refusal, wrong=bool(authorization)) if is_page(scope["path"]) else refusal from None
        self.rates.count(key)
        scope.setdefault("state", {})["caller"] = key

    def _check_origin(self, method: str, origin: str | None, host: str) -> None:
        """Refuse a change that a foreign page asks a browser to make."""
        if origin is None or method in SAFE or origin in self.origins:
            return
        if _host_of(origin) != host.lower():
            raise Refusal(
                403, "pages from elsewhere may change nothing here", where="Origin",
                mend="start the service with --cors-origin to allow one",
            )  # fmt: skip

    @staticmethod
    def _signed_in(method: str, headers: Headers) -> str:
        """Return the authorization that a browser keeps; for a change only where it says which page asks for it."""
        secret = unquote(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""))
        return f"Bearer {secret}" if secret and (method in SAFE or headers.get("origin")) else ""

    def _caller(self, authorization: str, address: str) -> Key:
        if not self.keys:
            return NOBODY
        scheme, _, secret = authorization.partition(" ")
        key = self.keys.find(secret.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            if secret:  # whoever shows no key tries none, and is told where to give one
                self.rates.failed(address)  # only wrong keys: behind one address there may be right ones, too
            raise Refusal(
                401, "no key, or one that is not known" if not secret else "this key is not known",
                where="Authorization", mend="send the header `Authorization: Bearer <key>`",
                headers={"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        return key


def _host_of(origin: str) -> str | None:
    """Return the host and port of an origin; None of what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _to_sign_in(refusal: Refusal, *, wrong: bool) -> Refusal:
    """Return what leads a browser without a key to where it can give one."""
    if refusal.status != 401:
        return refusal
    where = "/sign-in?wrong=1" if wrong else "/sign-in"
    return Refusal(303, refusal.what, where=refusal.where, mend="sign in", headers={"Location": where})


class _Outgoing:
    """Sends an answer with the security headers, and knows its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Send a refusal, unless an answer has begun."""
        if self.status:
            return
        body = json.dumps(refusal.plain()).encode()
        headers = {"content-type": "application/json", "content-length": str(len(body)), **refusal.headers}
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self({"type": "http.response.start", "status": refusal.status, "headers": pairs})
        await self({"type": "http.response.body", "body": body})


async def _read(receive: Receive, headers: Headers, config: ServiceConfig) -> bytes | None:
    """Return the whole body, which is small; None where the sender has gone away.

    Raises:
        Refusal: it is too large, or takes too long.
    """
    most, end = config.body_kb << 10, time.monotonic() + config.body_s
    length = headers.get("content-length", "")
    too_large = length.isdigit() and (len(length) > 18 or int(length) > most)
    body, n, more = b"", 0, True
    while more:
        try:
            message = await asyncio.wait_for(receive(), max(end - time.monotonic(), 0.01))
        except TimeoutError:
            raise Refusal(
                408, "the body did not arrive in time", where="body", mend="send it again in one go",
                headers={"Connection": "close"},
            ) from None  # fmt: skip
        if message["type"] == "http.disconnect":
            return None
        chunk, more = message.get("body", b""), message.get("more_body", False)
        n += len(chunk)
        too_large |= n > most
        body = b"" if too_large else body + chunk
        more &= n < DRAINED
    if too_large:
        raise Refusal(
            413, f"the body is larger than {config.body_kb} kB", where="body",
            mend="send less: a command is a sentence or two", headers={"Connection": "close"},
        )  # fmt: skip
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what receives a body that was read already, and then whatever comes."""
    told = False

    async def receives() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receives
