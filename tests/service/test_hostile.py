"""Whatever is sent, in whatever place: no mistake of ours, a JSON error, nobody else's data."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intentfeed.service.process import Reply, ServiceProcess
from intentfeed.workspace import load
from tests.hostile import TEXTS

from .conftest import opened

CANARY = "canarywordof"
HOSTILE = [text[:70_000] for text in TEXTS]
TEXT = st.sampled_from(HOSTILE) | st.text(max_size=200) | st.just("A" * (1 << 20)) | st.just("\u202eevil\u2066")
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        "text",
        "round",
        "user_id",
        "history",
        "k",
        "scope",
        "item_id",
        "action",
        "session_id",
        "tool",
        "__proto__",
        "plan",
    ]
)
BODY = (
    st.dictionaries(FIELDS, ANY, max_size=4).map(lambda held: json.dumps(held).encode())
    | TEXT.map(lambda text: json.dumps({"text": text}).encode())
    | ANY.map(lambda held: json.dumps(held).encode())
    | st.binary(max_size=300)
)
PATHS = [
    ("POST", "/v1/sessions"), ("GET", "/v1/sessions/{a}"), ("POST", "/v1/sessions/{a}/commands"),
    ("POST", "/v1/sessions/{a}/undo"), ("POST", "/v1/sessions/{a}/feedback"), ("GET", "/v1/sessions/{a}/rounds"),
    ("GET", "/v1/sessions/{a}/reasons?item_id={b}"), ("PATCH", "/v1/sessions/{a}/preferences/{b}"),
    ("DELETE", "/v1/sessions/{a}/preferences/{b}"), ("GET", "/v1/person/erasure?user_id={b}"),
    ("GET", "/v1/events?after={b}"), ("GET", "/{b}"), ("POST", "/v1/{b}"), ("GET", "/metrics?{b}"),
]  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Idempotency-Key", "Accept", "Content-Type", "Authorization", "Origin", "X-Forwarded-For", "Range"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60),
    max_size=2,
)
MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def check(reply: Reply) -> None:
    """Check that a refusal says what, where and how, and that nothing was a mistake of ours."""
    assert reply.status < 500, (reply.status, reply.body[:500])
    if reply.status >= 400 and reply.headers.get("content-type"):
        assert reply.headers["content-type"].startswith("application/json"), reply.body[:200]
        assert set(reply.json["error"]) == {"what", "where", "how"}
        assert len(reply.body) < 2_000


@pytest.fixture(scope="module")
def canary(service: ServiceProcess, people: list[str]) -> str:
    """Return the session of somebody who said a word that nobody else says."""
    session_id = str(opened(service, people[25])["session_id"])
    said = {"text": f"no {CANARY}"}
    assert service.ask("POST", f"/v1/sessions/{session_id}/commands", said).status == 200
    return session_id


@pytest.fixture(scope="module")
def own(service: ServiceProcess, people: list[str]) -> str:
    """Return the session of whoever asks."""
    return str(opened(service, people[26])["session_id"])


@pytest.fixture(scope="module")
def fields(service: ServiceProcess) -> set[str]:
    """Return what a demand may speak of."""
    return {*load(service.workspace).interactive.registry.fields, "about"}


@MANY
@given(where=st.sampled_from(PATHS), a=st.none() | TEXT, b=TEXT, body=BODY, headers=HEADERS)
def test_any_request_is_answered_or_refused(
    service: ServiceProcess, own: str, canary: str, where: tuple[str, str], a: str | None, b: str, body: bytes,
    headers: dict[str, str],
) -> None:  # fmt: skip
    method, path = where
    path = path.replace("{a}", own if a is None else quoted(a)).replace("{b}", quoted(b))
    sent = {name: value.strip() for name, value in headers.items()}
    reply = service.ask(method, path, None if method == "GET" else body, headers=sent)
    check(reply)
    assert CANARY.encode() not in reply.body
    assert canary.encode() not in reply.body


@MANY
@given(text=TEXT)
def test_any_command_is_understood_within_the_schema_or_refused(
    service: ServiceProcess, own: str, fields: set[str], text: str
) -> None:
    reply = service.ask("POST", f"/v1/sessions/{own}/commands", json.dumps({"text": text[:2_000]}).encode())
    check(reply)
    assert CANARY.encode() not in reply.body
    if reply.status == 200:
        told: dict[str, Any] = reply.json
        added = told["understood"]["add"]
        assert {demand.get("field") or demand.get("facet") for demand in added} <= fields
        assert all(demand["quote"].casefold() in text.casefold() for demand in added)
        assert told["items"] or told["empty_why"]


def quoted(text: str) -> str:
    """Return a text as part of a path, as a hostile client would send it: short, and otherwise as it is."""
    return quote(text[:1_500].encode("utf-8", "replace"), safe="/.")
