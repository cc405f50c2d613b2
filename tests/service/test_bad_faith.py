"""The benchmark of bad faith: it says as many things as it is told to, and sees what a page would run."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hostile import Found, Person, look, pages_of, talk
from benchmarks.hostile_pages import page_wrongs, scripts
from intentfeed.service.process import Reply, ServiceProcess
from intentfeed.workspace import load
from tests.hostile import TEXTS

from .conftest import opened

OURS = '<script src="/static/page.js?v=0a1b2c3d" defer></script><a href="/feed/1">one</a><form action="/open"></form>'


@pytest.mark.parametrize(
    "page",
    [
        "<script>alert(1)</script>",
        "<script src='https://evil.example/page.js'></script>",
        "<script src='/static/page.js?v=0a1b2c3d'>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<b onmouseover=alert(1)>one</b>",
        "<a href='javascript:alert(1)'>one</a>",
        "<a href='//evil.example'>one</a>",
        "<form action='https://evil.example'></form>",
        "<svg><animate onbegin=alert(1)></svg>",
        "<meta http-equiv=refresh content=0>",
        "<iframe srcdoc=one></iframe>",
        "<p>\x1b[31m</p>",
    ],
)
def test_what_a_browser_would_run_is_seen(page: str):
    assert scripts(OURS + page)


def test_our_own_pages_pass():
    assert scripts(OURS + "<p>&lt;script&gt;alert(1)&lt;/script&gt; onerror=x javascript:y</p>") == []
    html = {"content-type": "text/html; charset=utf-8"}
    strict = {**html, "content-security-policy": "default-src 'none'; script-src 'self'"}
    assert page_wrongs(Reply(200, strict, OURS.encode())) == []
    assert page_wrongs(Reply(200, html, OURS.encode())), "no policy"
    assert page_wrongs(Reply(200, {**html, "content-security-policy": "default-src *"}, OURS.encode()))


def test_as_many_things_are_said_as_asked_and_the_pages_are_looked_at(
    service: ServiceProcess, small_workspace: Path, people: list[str]
):
    me, other = (Person(people[at], "", f"canary{-at}word") for at in (-2, -1))
    me.session_id, other.session_id = (str(opened(service, one.user_id)["session_id"]) for one in (me, other))
    fields = {*load(small_workspace).interactive.registry.fields, "about"}
    found = talk(service, [me], me, 20, 5, fields)
    assert found.commands == 20
    assert found.statuses.total() > found.commands + found.pages, "other ways in were tried too"
    assert found.pages >= 3
    assert me.shown
    assert len(pages_of(me)) == 3
    assert not found.counts, found.examples
    service.ask("POST", f"/v1/sessions/{other.session_id}/commands", {"text": f"no {other.word} {TEXTS[30][:200]}"})
    theirs = Found()
    look(service, f"/feed/{other.session_id}", me, [me, other], theirs)
    assert set(theirs.counts) == {"foreign words", "foreign pages"}, "without keys anybody may look: that is noticed"
