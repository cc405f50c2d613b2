"""The pages over HTTP, as a browser without script asks for them: forms, headers, keys, and text that stays text."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlencode

import polars as pl
import pytest

from intentfeed.daily import update
from intentfeed.service.process import Reply, ServiceProcess
from intentfeed.workspace import load
from tests.hostile import CONTROL, HUGE, LOOKALIKES, MARKUP, TAGS

from .conftest import Guarded

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ALLOWED = {"src", "href", "action"}


class Read(HTMLParser):
    """Collects what a page has that a browser acts on, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.hidden: dict[str, str] = {}
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.append(tag)
        self.attributes |= held.keys()
        self.links |= {value or "" for name, value in attrs if name in ALLOWED}
        if tag == "input" and held.get("type") == "hidden":
            self.hidden[held["name"] or ""] = held["value"] or ""

    def handle_data(self, data: str) -> None:
        self.text += data


def posted(service: ServiceProcess, path: str, headers: dict[str, str] | None = None, **fields: str) -> Reply:
    origin = {"Origin": service.url} if headers is None else headers
    return service.ask("POST", path, urlencode(fields).encode(), headers={**FORM, **origin})


def opened_page(service: ServiceProcess, user_id: str = "") -> str:
    """Return the path of a new feed."""
    answer = posted(service, "/open", user_id=user_id)
    assert answer.status == 303, answer.body
    return answer.headers["location"]


def told(page: str) -> str:
    """Return a text as the pages show it in one line."""
    return re.sub(r"\s+", " ", page)


def test_a_page_may_run_load_and_send_nothing_of_others(service: ServiceProcess, people: list[str]) -> None:
    at = opened_page(service, people[40])
    for path in ("/", at, f"{at}/rounds", f"{at}/interests", f"/person?user_id={people[40]}"):
        answer = service.ask("GET", path)
        assert answer.status == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        read = Read(answer.body)
        assert "style" not in read.attributes
        assert not [name for name in read.attributes if name.startswith("on")]
        assert all(link.startswith(("/", "#")) or link == "data:," for link in read.links), read.links
        assert read.tags.count("h1") == 1
        assert read.tags.count("main") == 1


def test_a_command_works_as_a_form_and_is_done_once(service: ServiceProcess, people: list[str]) -> None:
    at = opened_page(service, people[41])
    sent = {**Read(service.ask("GET", at).body).hidden, "text": "under 50"}
    held = {name: sent[name] for name in ("round", "text")} | {"once": "test-once-1"}
    for _ in range(2):
        assert posted(service, f"{at}/command", **held).headers["location"] == at
    page = told(Read(service.ask("GET", at).body).text)
    assert "You said under 50" in page
    assert "must be price under 50" in page
    assert posted(service, f"{at}/undo").status == 303
    page = told(Read(service.ask("GET", at).body).text)
    assert "You undid under 50" in page
    assert "undone in round 2" in page


def test_a_wrong_form_is_a_sentence(service: ServiceProcess, people: list[str]) -> None:
    at = opened_page(service, people[42])
    assert posted(service, f"{at}/command", text="under 50").status == 303
    behind = posted(service, f"{at}/command", text="under 40", round="0")
    assert behind.status == 409
    assert "moved on to round 1" in Read(behind.body).text
    for path, fields in (
        (f"{at}/preferences/c99/drop", {}),
        (f"{at}/preferences/c1/scope", {"scope": "<b>ever</b>"}),
        (f"{at}/feedback", {"item_id": "nothing", "action": "like"}),
        (f"{at}/feedback", {"action": "like"}),
    ):
        answer = posted(service, path, **fields)
        assert answer.status in (404, 422)
        assert "That did not work" in Read(answer.body).text
        assert b"Traceback" not in answer.body
        assert b"<b>ever" not in answer.body
    assert posted(service, f"{at}/command", text="   ").status == 303, "saying nothing is no mistake"
    assert service.ask("GET", "/feed/nothing-here").status == 404
    assert service.ask("GET", f"{at}/why?item_id=nothing").status == 404
    assert service.ask("GET", "/person?user_id=nobody").status == 404


def test_a_page_from_elsewhere_may_change_nothing(service: ServiceProcess, people: list[str]) -> None:
    at = opened_page(service, people[43])
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        refused = posted(service, f"{at}/command", {"Origin": origin}, text="under 50")
        assert refused.status == 403
        assert "Pages from elsewhere may change nothing here" in Read(refused.body).text
    assert "Nothing yet. Everything you say" in Read(service.ask("GET", at).body).text


def test_the_person_s_page_says_all_that_is_known(
    service: ServiceProcess, people: list[str], small_workspace: Path
) -> None:
    ws = load(small_workspace)
    person = ws.person(people[44])
    page = told(Read(service.ask("GET", f"/person?user_id={people[44]}").body).text)
    kept = [one for one in person.interests if one.status == "kept"]
    assert f"{len(kept)} interest" in page
    for one in kept:
        assert told(one.name) in page
        assert told(one.reason) in page
    for tag in person.tags[:24]:
        assert tag.tag in page
    for item in person.slate.items:
        assert told(item.title) in page
        assert told(item.reason.text) in page
    assert person.digest["text"].split("\n")[0][:60] in page


def test_keys_are_asked_for_and_kept_from_scripts(guarded: Guarded) -> None:
    service = guarded.running
    origin = {"Origin": service.url}
    for path in ("/", "/feed/x", f"/person?user_id={guarded.user_id}"):
        answer = service.ask("GET", path)
        assert (answer.status, answer.headers.get("location")) == (303, "/sign-in"), path
    assert service.ask("GET", "/sign-in").status == 200
    answer = posted(service, "/sign-in", key=guarded.person)
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    mine = {"Cookie": cookie.split(";")[0]}
    opened = posted(service, "/open", {**origin, **mine})
    assert opened.status == 303
    feed = service.ask("GET", opened.headers["location"], headers=mine)
    assert guarded.user_id in Read(feed.body).text
    assert posted(service, "/open", mine).status == 303, "without an Origin a cookie opens nothing"
    assert posted(service, "/open", mine).headers["location"].startswith("/sign-in")
    assert service.ask("GET", "/person?user_id=somebody-else", headers=mine).status == 403
    assert "Switch" not in Read(feed.body).text
    assert "Sign out" in Read(feed.body).text
    out = posted(service, "/sign-out", {**origin, **mine})
    assert (out.status, out.headers["location"]) == (303, "/sign-in")
    assert 'intentfeed_key=""' in out.headers["set-cookie"]
    wrong = service.ask("GET", "/", headers={"Cookie": "intentfeed_key=if_nonsense"})
    assert wrong.headers["location"] == "/sign-in?wrong=1"
    theirs = posted(service, "/sign-in", key=guarded.server).headers["set-cookie"].split(";")[0]
    assert service.ask("GET", opened.headers["location"], headers={"Cookie": theirs}).status == 404


@pytest.fixture(scope="module")
def hostile(small_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServiceProcess, str]]:
    """Yield a service whose items are called what nobody should call an item, and a person to whom they are shown."""
    workspace = Path(shutil.copytree(small_workspace, tmp_path_factory.mktemp("evil") / "ws"))
    ws = load(workspace)
    user_id = ws.user_ids()[45]
    item_ids = ws.person(user_id).slate.item_ids
    texts = [*MARKUP[: len(item_ids) - 3], HUGE[0], "\u202eevil\u2066\x00\x1b[31m", "قميص أزرق من القطن 蓝色棉衬衫"]
    update(
        workspace, items=pl.DataFrame({"item_id": item_ids, "title": texts, "brand": [text[:400] for text in texts]})
    )
    with ServiceProcess(workspace, ["--today", "2024-06-03"]) as running:
        yield running, user_id


def test_text_of_items_people_and_queries_is_text(hostile: tuple[ServiceProcess, str]) -> None:
    service, user_id = hostile
    at = opened_page(service, user_id)
    first = service.ask("GET", at).body
    assert b"&lt;script&gt;" in first or b"onerror" in first or b"javascript:" in first, "a hostile item is shown"
    for text in (MARKUP[0], MARKUP[6], TAGS[0], CONTROL[1], LOOKALIKES[6], HUGE[0]):
        posted(service, f"{at}/command", text=text[:2000])
        feed = service.ask("GET", f"/v1{at.replace('/feed/', '/sessions/')}").json
        pages = [at, f"{at}/rounds", f"/person?user_id={quote(text[:200])}", f"/person?user_id={user_id}"]
        pages += [f"{at}/why?item_id={quote(item['item_id'])}" for item in feed["items"][:1]]
        for path in pages:
            answer = service.ask("GET", path)
            assert answer.status in (200, 404, 422), (path, answer.status)
            read = Read(answer.body)
            assert read.tags.count("script") <= 1
            assert not {"iframe", "img", "object", "math", "style", "base", "b onmouseover"} & set(read.tags)
            assert not [name for name in read.attributes if name.startswith("on") and name != "once"]
            assert not [link for link in read.links if not link.startswith(("/", "#", "data:,"))]
            assert not re.search("[\x00-\x08\x0b\x0e-\x1f\x7f]", read.text), "a screen shows no control characters"
            assert len(answer.body) < 600_000
    assert Read(first).tags.count("article") == 10
