"""What a caller reads when something is refused: always JSON, always what, where and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi.exceptions import RequestValidationError

from ..errors import DataError, IntentfeedError


class Refusal(IntentfeedError):  # noqa: N818
    """A request that is not done, with its HTTP status."""

    def __init__(
        self, status: int, what: str, *, where: str, mend: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{what} ({where}): {mend}")
        self.status = status
        self.what, self.where, self.mend = what, where, mend
        self.headers = dict(headers or {})

    def plain(self) -> dict[str, Any]:
        """Return what is sent."""
        return {"error": {"what": self.what, "where": self.where, "how": self.mend}}


OURS = Refusal(500, "a mistake of ours", where="service", mend="try again, and tell whoever runs this service")


def invalid(error: RequestValidationError) -> Refusal:
    """Return what is wrong with the first field, without repeating what was sent."""
    first = error.errors()[0]
    where = ".".join(str(part)[:64] for part in first["loc"][:6]) or "body"
    what = str(first["msg"])[:300] if first["type"] != "json_invalid" else "this is no JSON"
    return Refusal(422, what[:1].lower() + what[1:], where=where, mend="see /openapi.json for what may be sent")


def no_session() -> Refusal:
    """Return the one answer to a session that is not there, not the caller's, or erased: it tells none from another."""
    return Refusal(404, "there is no such session", where="session_id", mend="open one with POST /v1/sessions")


def not_yours() -> Refusal:
    """Return the answer to a person's key that names somebody else."""
    return Refusal(
        403, "this key speaks for one person only", where="user_id", mend="leave user_id out, or use a server key"
    )


def too_many(what: str, *, where: str, wait_s: float) -> Refusal:
    """Return the answer to somebody who asks faster than they may."""
    wait = max(1, round(wait_s + 0.5))
    return Refusal(429, what, where=where, mend=f"try again in {wait} s", headers={"Retry-After": str(wait)})


@contextmanager
def refusing(where: str, status: int) -> Iterator[None]:
    """Pass on in the service's words what the feed says of input that it cannot take."""
    try:
        yield
    except DataError as error:
        what, _, mend = str(error).partition(": ")
        raise Refusal(status, what[:500], where=where, mend=mend[:500] or "send something else") from error
