"""The page of one person, in a real browser: it says who, what and why, and nothing in the data can act on it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from intentfeed.daily import update
from intentfeed.service.app import page_server
from intentfeed.workspace import load

QUIET = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return headless Chromium; `make test` installs it where that is possible."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as tool:
        chromium = tool.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


def serving(server: ThreadingHTTPServer) -> str:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


@pytest.fixture(scope="module")
def address(small_workspace: Path) -> Iterator[str]:
    """Return where the page of the finished run is."""
    server = page_server(load(small_workspace))
    yield serving(server)
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a fresh tab that must see no error and ask for nothing outside this machine."""
    tab, wrong = browser.new_page(), []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    tab.on("request", lambda request: wrong.append(request.url) if "127.0.0.1" not in request.url else None)
    yield tab
    tab.close()
    assert not [text for text in wrong if "favicon" not in text]


def test_the_page_says_who_what_and_why(page: Page, address: str, small_workspace: Path) -> None:
    ws = load(small_workspace)
    person = ws.person(ws.user_ids()[0])
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(person.user_id)
    cards = page.get_by_role("article")
    assert cards.count() == len(person.slate.items) == 10
    kept = [interest for interest in person.interests if interest.status == "kept"]
    expect(page.get_by_text(f"{len(kept)} interests")).to_be_visible()
    why = cards.first.locator("dl")
    expect(why).to_be_hidden()
    cards.first.get_by_text("Why this").click()
    expect(why).to_be_visible()
    expect(why).to_contain_text("Found by")


def test_someone_else_can_be_chosen_by_keyboard(page: Page, address: str, small_workspace: Path) -> None:
    other = load(small_workspace).user_ids()[3]
    page.goto(address)
    page.get_by_label("Someone else").select_option(other)
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(other)


def test_a_narrow_screen_scrolls_in_one_direction_only(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_unknown_person_is_a_sentence(page: Page, address: str) -> None:
    answer = page.request.get(f"{address}?user=%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/plain")


def test_text_of_items_is_text(page: Page, small_workspace: Path, tmp_path: Path) -> None:
    workspace = Path(shutil.copytree(small_workspace, tmp_path / "ws"))
    slates = load(workspace).store.scan("slates").collect()
    item_id, user_id = slates.select("item_id", "user_id").row(0)
    hostile = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    update(workspace, items=pl.DataFrame({"item_id": [item_id], "title": [hostile], "brand": [hostile]}))
    server = page_server(load(workspace), first_user=user_id)
    page.goto(serving(server))
    assert page.title() == f"intentfeed · {user_id}"
    expect(page.get_by_role("heading", level=3).filter(has_text=hostile)).to_be_visible()
    assert page.locator("img, script").count() == 0
    server.shutdown()
    server.server_close()
