"""Who may ask what: hosts, origins, sizes, keys, other people's data, how often."""

from __future__ import annotations

import json
import shutil
import socket
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from intentfeed.cli.main import app
from intentfeed.errors import ConfigError, IntentfeedError
from intentfeed.service.guard import HEADERS
from intentfeed.service.keys import ENVIRONMENT, new_key
from intentfeed.service.process import Reply, ServiceProcess

from .conftest import Guarded, opened


def refused(reply: Reply, status: int, where: str) -> None:
    assert reply.status == status, reply.body
    assert reply.headers["content-type"] == "application/json"
    error = reply.json["error"]
    assert set(error) == {"what", "where", "how"}
    assert error["where"] == where
    assert error["what"]
    assert error["how"]


# On the loopback address


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8765", 200), ("127.0.0.1", 200), ("[::1]:9", 200), ("LOCALHOST", 200), ("evil.example", 403),
     ("", 403), ("127.0.0.1.evil.example", 403), ("localhost@evil.example", 403)],
)  # fmt: skip
def test_a_foreign_name_that_leads_here_reads_nothing(service: ServiceProcess, host: str, status: int) -> None:
    for path in ("/health", "/v1/events"):
        reply = service.ask("GET", path, headers={"Host": host})
        assert reply.status == status
        if status == 403:
            refused(reply, 403, "Host")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1:1"]
)
def test_a_page_from_elsewhere_changes_nothing(service: ServiceProcess, people: list[str], origin: str) -> None:
    session_id = opened(service, people[0])["session_id"]
    for method, path in (
        ("POST", "/v1/sessions"),
        ("POST", f"/v1/sessions/{session_id}/undo"),
        ("DELETE", "/v1/person"),
    ):
        refused(service.ask(method, path, {}, headers={"Origin": origin}), 403, "Origin")
    reply = service.ask("OPTIONS", "/v1/sessions", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert not [name for name in reply.headers if name.startswith("access-control")]
    assert "access-control-allow-origin" not in service.ask("GET", "/health", headers={"Origin": origin}).headers
    ours = service.ask("POST", "/v1/sessions", {}, headers={"Origin": service.url})
    assert ours.status == 201


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "//[x", "http://[v.x]", ""])
def test_an_origin_that_is_none_is_refused_as_a_foreign_one(service: ServiceProcess, origin: str) -> None:
    refused(service.ask("POST", "/v1/sessions", {}, headers={"Origin": origin}), 403, "Origin")


def test_every_answer_has_the_security_headers(service: ServiceProcess) -> None:
    asks = [("GET", "/health"), ("GET", "/nothing"), ("POST", "/v1/sessions"), ("PUT", "/health"), ("GET", "/metrics")]
    for method, path in asks:
        reply = service.ask(method, path)
        assert {name.lower(): value for name, value in HEADERS.items()}.items() <= reply.headers.items()
        assert "server" not in reply.headers


def test_what_is_not_there_says_so(service: ServiceProcess) -> None:
    refused(service.ask("GET", "/v1/nothing"), 404, "GET /v1/nothing")
    refused(service.ask("PUT", "/v1/sessions", {}), 405, "PUT /v1/sessions")
    refused(service.ask("GET", "/v1/sessions/%2e%2e/rounds/..%2f"), 404, "GET /v1/sessions/../rounds/../")
    refused(service.ask("GET", "/docs"), 404, "GET /docs")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "body"), (b"{", "body.1"), (b"[]", "body"), (b'{"text": 5}', "body.text"), (b'{"text": ""}', "body.text"),
        (b'{"text": null}', "body.text"), (b'{"text": "x", "admin": true}', "body.admin"),
        (b'{"text": "x", "round": "1"}', "body.round"), (b'{"text": "x", "round": 1e999}', "body.round"),
        (b'{"text": "\\ud800"}', "body.text"), (b"[" * 60_000, "POST"), (b'{"text": ' + b"9" * 50_000 + b"}", "POST"),
        (b"\xff\xfe", "body"), (json.dumps({"text": "x" * 2_001}).encode(), "body.text"),
    ],
)  # fmt: skip
def test_a_body_that_is_wrong_says_where(service: ServiceProcess, people: list[str], body: bytes, where: str) -> None:
    session_id = opened(service, people[0])["session_id"]
    reply = service.ask("POST", f"/v1/sessions/{session_id}/commands", body)
    assert 400 <= reply.status < 500
    refused(reply, reply.status, reply.json["error"]["where"])
    assert reply.json["error"]["where"].startswith(where)
    assert len(reply.body) < 1_000, "what was sent is not repeated"


def test_a_megabyte_is_too_much_however_it_comes(service: ServiceProcess, people: list[str]) -> None:
    path = f"/v1/sessions/{opened(service, people[0])['session_id']}/commands"
    large = json.dumps({"text": "A" * (1 << 20)}).encode()
    refused(service.ask("POST", path, large), 413, "body")
    assert service.ask("POST", path, json.dumps({"text": "A" * 60_000}).encode()).status == 422
    where = urlsplit(service.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=30) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for at in range(0, len(large), 32_768):
            chunk = large[at : at + 32_768]
            line.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        line.sendall(b"0\r\n\r\n")
        answer = b""
        while chunk := line.recv(65_536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 413"), "announced or not"
    assert b'"error"' in answer


@pytest.mark.parametrize("key", ["", "a b", "k" * 129, "naïve", "../x"])
def test_not_everything_can_be_a_key_of_a_request(service: ServiceProcess, key: str) -> None:
    sent = {"Idempotency-Key": key.encode().decode("latin-1")}
    refused(service.ask("POST", "/v1/sessions", {}, headers=sent), 422, "Idempotency-Key")


# Beyond this machine


def serve(*arguments: object) -> None:
    app(["serve", *map(str, arguments)], standalone_mode=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "shop.example"])
def test_without_a_key_nobody_else_is_served(small_workspace: Path, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    with pytest.raises(ConfigError, match=r"no key is set: make one with `intentfeed serve --new-key NAME`") as error:
        serve(small_workspace, "--host", host, "--port", 0)
    assert "\n" not in str(error.value)
    assert not (small_workspace / "service.sqlite").exists()


def test_what_cannot_be_served_is_one_sentence(tmp_path: Path, small_workspace: Path, service: ServiceProcess) -> None:
    taken = urlsplit(service.url).port
    for arguments, says in (
        ([], "needs the workspace"),
        ([tmp_path / "none", "--port", 0], "holds no completed run"),
        ([small_workspace, "--port", taken], "cannot be listened at"),
        ([small_workspace, "--set", "idle_ours=3"], "did you mean idle_hours"),
        ([small_workspace, "--keys", tmp_path / "none"], "cannot be read"),
    ):
        with pytest.raises(IntentfeedError, match=says) as error:
            serve(*arguments)
        assert "\n" not in str(error.value)


def test_a_key_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    serve("--new-key", "shop", "--for-user", "u 1", "--json")
    made = json.loads(capsys.readouterr().out)
    assert len(made["key"]) > 40
    assert 'user = "u 1"' in made["section"]
    assert made["key"] not in made["section"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/events",
        "/metrics",
        "/v1/person?user_id=u1",
        "/v1/sessions/x",
        "/v1/nothing",
        "/v1",
        "/v1/sessions/x/rounds",
    ],
)
def test_data_is_for_those_who_have_a_key(guarded: Guarded, path: str) -> None:
    refused(guarded.running.ask("GET", path), 401, "Authorization")
    for value in ("Bearer ", "Basic eDp5", "Bearer \xff", guarded.server, "Bearer if_wrong"):
        reply = guarded.running.ask("GET", path, headers={"Authorization": value})
        refused(reply, 401, "Authorization")
        assert reply.headers["www-authenticate"] == "Bearer"
    assert guarded.running.ask("GET", "/health").status == 200
    assert guarded.running.ask("GET", "/openapi.json").status == 200


def test_a_persons_key_speaks_for_that_person(guarded: Guarded, people: list[str]) -> None:
    own = guarded.ask(guarded.person, "POST", "/v1/sessions", {})
    assert own.json["user_id"] == guarded.user_id
    assert guarded.ask(guarded.person, "POST", "/v1/sessions", {"history": [own.json["items"][0]["item_id"]]}).json[
        "user_id"
    ] == guarded.user_id, "whatever they bring is theirs, and is erased with them"  # fmt: skip
    refused(guarded.ask(guarded.person, "POST", "/v1/sessions", {"user_id": people[1]}), 403, "user_id")
    for method, path in (("GET", "/v1/person"), ("DELETE", "/v1/person"), ("GET", "/v1/person/erasure")):
        refused(guarded.ask(guarded.person, method, f"{path}?user_id={people[1]}"), 403, "user_id")
    for path in ("/v1/events", "/metrics"):
        refused(guarded.ask(guarded.person, "GET", path), 403, "Authorization")
    assert guarded.ask(guarded.person, "GET", "/v1/person").json["user_id"] == guarded.user_id


def test_a_session_is_found_by_whoever_opened_it_alone(guarded: Guarded) -> None:
    opened_by = {
        key: guarded.ask(key, "POST", "/v1/sessions", {"user_id": guarded.user_id}).json
        for key in (guarded.server, guarded.other, guarded.person)
    }
    asks = [
        ("GET", "", None), ("DELETE", "", None), ("GET", "/rounds", None), ("GET", "/preferences", None),
        ("GET", "/interests", None), ("GET", "/reasons?item_id=x", None), ("POST", "/undo", None),
        ("POST", "/commands", {"text": "under 5"}), ("POST", "/feedback", {"item_id": "x", "action": "click"}),
        ("PATCH", "/preferences/c1", {"scope": "always"}), ("DELETE", "/preferences/c1", None),
    ]  # fmt: skip
    for (mine, feed), other, (method, path, body) in product(opened_by.items(), opened_by, asks):
        if other == mine:
            continue
        refused(guarded.ask(other, method, f"/v1/sessions/{feed['session_id']}{path}", body), 404, "session_id")
    for key, feed in opened_by.items():
        assert guarded.ask(key, "GET", f"/v1/sessions/{feed['session_id']}").json["round"] == 0, "untouched"


def test_keys_of_requests_are_the_callers_own(guarded: Guarded) -> None:
    first = guarded.ask(guarded.server, "POST", "/v1/sessions", {}, **{"Idempotency-Key": "shared"}).json
    other = guarded.ask(guarded.other, "POST", "/v1/sessions", {}, **{"Idempotency-Key": "shared"}).json
    assert first["session_id"] != other["session_id"]


def test_session_ids_cannot_be_guessed(guarded: Guarded) -> None:
    ids = [guarded.ask(guarded.server, "POST", "/v1/sessions", {}).json["session_id"] for _ in range(6)]
    assert len(set(ids)) == 6
    assert min(map(len, ids)) >= 32
    for session_id in (ids[0][:-1], ids[0] + "A", ids[0].swapcase(), "%", "%25", "*", "' OR 1=1 --", "_" * 32):
        refused(guarded.ask(guarded.server, "GET", f"/v1/sessions/{session_id}"), 404, "session_id")


def test_a_memory_that_is_full_takes_nothing_more_and_lets_go(guarded: Guarded) -> None:
    session_id = guarded.ask(guarded.server, "POST", "/v1/sessions", {}).json["session_id"]
    path = f"/v1/sessions/{session_id}"

    def say(text: str) -> Reply:
        return guarded.ask(guarded.server, "POST", f"{path}/commands", {"text": text})

    for word in ("plastic", "cotton", "wood", "steel"):
        assert say(f"no {word}").status == 200
    held = guarded.ask(guarded.server, "GET", path).json
    assert len(held["preferences"]) == 4
    refused(say("no leather"), 409, "preferences")
    assert guarded.ask(guarded.server, "GET", path).json == held, "nothing of it was kept"
    assert guarded.ask(guarded.server, "POST", f"{path}/undo").status == 200
    assert say("no leather").status == 200
    assert say("start over").json["preferences"] == []


def test_whoever_asks_too_fast_waits(guarded: Guarded) -> None:
    replies = [guarded.ask(guarded.slow, "GET", "/v1/events") for _ in range(7)]
    assert [reply.status for reply in replies] == [200] * 5 + [429] * 2
    refused(replies[-1], 429, "Authorization")
    assert 1 <= int(replies[-1].headers["retry-after"]) <= 61
    assert guarded.ask(guarded.server, "GET", "/v1/events").status == 200, "others are not held up"


def test_whoever_tries_keys_is_no_longer_listened_to(small_workspace: Path, tmp_path: Path) -> None:
    secret, section = new_key("shop")
    (tmp_path / "keys.toml").write_text(section)
    with ServiceProcess(
        Path(shutil.copytree(small_workspace, tmp_path / "ws")),
        ["--keys", str(tmp_path / "keys.toml"), "--set", "failures_per_minute=10"],
    ) as strict:

        def ask(key: str) -> Reply:
            return strict.ask("GET", "/v1/events", headers={"Authorization": f"Bearer {key}"})

        assert [ask(f"if_{at}").status for at in range(12)] == [401] * 10 + [429] * 2
        assert ask(secret).status == 200, "a right key is heard, whoever else tries behind the same address"
        spoofed = {"Authorization": "Bearer if_x", "X-Forwarded-For": "198.51.100.7"}
        refused(strict.ask("GET", "/v1/events", headers=spoofed), 429, "Authorization")
        refused(strict.ask("GET", "/v1/events"), 401, "Authorization")
        for path in ("/", "/feed/x", "/person?user_id=u01"):
            answer = strict.ask("GET", path)
            assert (answer.status, answer.headers.get("location")) == (303, "/sign-in"), "a stranger is asked for a key"
        told = strict.ask("GET", "/", headers={"Cookie": "intentfeed_key=if_nonsense"})
        assert told.status == 429
        assert told.headers["content-type"].startswith("text/html"), "a browser is told in a page"
        assert b"oo many wrong keys" in told.body
        assert "retry-after" in told.headers
