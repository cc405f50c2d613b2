"""The page over HTTP, asked without a browser: to whom it answers, and that all text in it is text."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from intentfeed.daily import update
from intentfeed.errors import DataError
from intentfeed.figures import read_figures
from intentfeed.service.app import page_server
from intentfeed.service.page import render_person
from intentfeed.types import Claim, Reason
from intentfeed.workspace import Person, Workspace, load

HOSTILE = '</title><img src=x onerror="alert(1)">\'{{ 7 * 7 }}&amp;'


@contextmanager
def asked(ws: Workspace, path: str = "/", **headers: str) -> Iterator[http.client.HTTPResponse]:
    """Yield the answer of a server of this workspace's page."""
    server = page_server(ws)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    line = http.client.HTTPConnection("127.0.0.1", server.server_port)
    line.request("GET", path, headers=headers)
    yield line.getresponse()
    line.close()
    server.shutdown()
    server.server_close()


def _hostile(person: Person) -> Person:
    """Return a person all of whose texts are hostile."""
    claims = (Claim(kind="item", text=HOSTILE, item_field=HOSTILE, value=HOSTILE),)
    said = Reason(text=HOSTILE, kind="item", claims=claims)
    items = tuple(replace(it, title=HOSTILE, tag=HOSTILE, sources=(HOSTILE,), reason=said) for it in person.slate.items)
    return replace(
        person,
        user_id=HOSTILE,
        attributes=json.dumps({HOSTILE: HOSTILE}),
        digest={**person.digest, "text": HOSTILE},
        interests=[replace(it, name=HOSTILE, reason=HOSTILE, status="kept") for it in person.interests],
        tags=[replace(it, tag=HOSTILE, reason=HOSTILE) for it in person.tags],
        slate=replace(person.slate, items=items),
        evidence={event: {**row, "query": HOSTILE, "title": HOSTILE} for event, row in person.evidence.items()},
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/?user=", 200), ("/?user=nobody", 404), ("/?user=%ff%00", 404), ("/other", 404), ("/../etc", 404)],
)
def test_it_answers_with_a_page_or_says_that_there_is_none(small_workspace: Path, path: str, status: int) -> None:
    with asked(load(small_workspace), path) as answer:
        assert answer.status == status
        assert "Traceback" not in answer.read().decode()


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8765", 200), ("127.0.0.1", 200), ("[::1]:9", 200), ("evil.example", 403), ("", 403)],
)
def test_a_foreign_name_that_leads_here_reads_nothing(small_workspace: Path, host: str, status: int) -> None:
    ws = load(small_workspace)
    with asked(ws, Host=host) as answer:
        assert answer.status == status
        assert (ws.user_ids()[0] in answer.read().decode()) == (status == 200)


def test_nothing_of_the_page_may_run_or_be_kept(small_workspace: Path) -> None:
    with asked(load(small_workspace)) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.findall(r"<script|\son\w+=|javascript:|https?://", answer.read().decode())


def test_whatever_the_data_says_is_text(small_workspace: Path) -> None:
    ws = load(small_workspace)
    evil = _hostile(ws.person(ws.user_ids()[0]))
    page = render_person(ws, evil, [HOSTILE], read_figures(ws.store))
    assert "<img" not in page
    assert page.count("</title>") == 1
    assert "{{ 7 * 7 }}&amp;amp;" in page, "neither evaluated nor taken for an entity"
    n_texts = 6 + 3 * len(evil.interests) + 2 * min(len(evil.tags), 24) + 4 * len(evil.slate.items)
    assert page.count("&lt;img src=x onerror=&#34;alert(1)&#34;&gt;") >= n_texts, "each field was on the page"


def test_a_user_id_with_spaces_can_be_chosen(small_workspace: Path) -> None:
    ws = load(small_workspace)
    odd = "two  spaces "
    page = render_person(ws, ws.person(ws.user_ids()[0]), [odd], read_figures(ws.store))
    assert f'<option value="{odd}"' in page


def test_a_workspace_without_people_has_no_page(small_workspace: Path, tmp_path: Path) -> None:
    workspace = Path(shutil.copytree(small_workspace, tmp_path / "ws"))
    update(workspace, delete=load(workspace).user_ids())
    with pytest.raises(DataError, match="holds no users"):
        page_server(load(workspace))
