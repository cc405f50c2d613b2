"""The feed in a real browser: said, obeyed, explained, taken back; by keyboard, without script, on any screen."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from intentfeed.service.process import ServiceProcess

QUIET = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
WAIT_MS = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return headless Chromium; `make test` installs it where that is possible."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as tool:
        chromium = tool.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser: Browser, service: ServiceProcess, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Yield a fresh tab that must see no error and ask for nothing outside this machine."""
    context = browser.new_context(**{"reduced_motion": "reduce", **getattr(request, "param", {})})
    page, wrong = context.new_page(), []
    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on(
        "request", lambda asked: wrong.append(asked.url) if not asked.url.startswith((service.url, "data:")) else None
    )
    yield page
    context.close()
    assert not wrong


def fresh(tab: Page, service: ServiceProcess, user_id: str) -> Page:
    """Open the feed of somebody from the first page."""
    tab.goto(service.url)
    tab.get_by_label("Whose feed?").fill(user_id)
    tab.get_by_role("button", name="Open", exact=True).click()
    expect(tab.locator("article")).to_have_count(10)
    return tab


def say(tab: Page, text: str) -> None:
    """Type a command, and wait for the next round."""
    was = tab.locator("#round").input_value()
    tab.locator("#text").fill(text)
    tab.locator("#text").press("Enter")
    expect(tab.locator("#round")).not_to_have_value(was)


def prices(tab: Page) -> list[float]:
    return [float(one.replace(",", "")) for one in tab.locator(".price:not(.none)").all_inner_texts()]


def chip(tab: Page, label: str) -> Locator:
    return tab.locator(".chip").filter(has_text=label)


def test_a_command_is_obeyed_and_the_change_is_told(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[20])
    was = tab.locator("article h3").all_inner_texts()
    say(tab, "under 50")
    assert max(prices(tab)) < 50
    expect(tab.get_by_role("heading", name=re.compile("You said .?under 50"))).to_be_visible()
    expect(tab.get_by_role("status")).to_contain_text("left")
    expect(tab.locator("#text")).to_have_value("")
    expect(tab.locator("#text")).to_be_focused()
    tab.get_by_text("What left, came and moved").click()
    gone = tab.locator("#diff h3").filter(has_text="Left").locator("+ ul > li")
    assert 0 < gone.count() <= 10
    expect(gone.filter(has_text="“under 50”: price").first).to_be_visible()
    now = tab.locator("article h3").all_inner_texts()
    assert {title for title in was if title not in now} == {
        one.rstrip() for one in gone.locator("b").all_inner_texts()
    }, "what is said to have left has left"
    assert tab.locator(".move", has_text="new").count() == len([title for title in now if title not in was])
    marks = tab.locator("article").first.locator(".marks")
    expect(marks).to_contain_text("price under 50")


def test_the_stages_are_shown_while_one_waits(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[21])
    tab.evaluate(
        """() => { window.stages = []; new MutationObserver(() => window.stages.push(
            [...document.querySelectorAll('#stages li')].filter((one) => one.dataset.state === 'done').length))
            .observe(document.getElementById('stages'), {attributes: true, subtree: true}) }"""
    )
    say(tab, "under 80")
    tab.wait_for_function("window.stages.includes(3)")
    seen = tab.evaluate("window.stages")
    assert sorted(set(seen)) == [0, 1, 2, 3]
    expect(tab.locator("#stages li").nth(0)).to_contain_text("heard “under 80”")
    expect(tab.locator("#stages li").nth(1)).to_contain_text("left")


def test_chips_say_who_said_what_and_let_it_hold_for_longer(
    tab: Page, service: ServiceProcess, people: list[str]
) -> None:
    fresh(tab, service, people[22])
    say(tab, "under 60, nothing unisex")
    hard, unwanted = chip(tab, "price under 60"), chip(tab, "unisex")
    expect(hard).to_contain_text("must be")
    expect(unwanted).to_contain_text("must not be")
    assert hard.locator("summary .icon").first.inner_html() != unwanted.locator("summary .icon").first.inner_html()
    hard.locator("summary").click()
    expect(hard).to_contain_text("You said in round 1: under 60")
    hard.get_by_role("button", name="always").click()
    expect(hard.locator(".scope")).to_have_text("always")
    expect(hard.get_by_role("button", name="always")).to_have_attribute("aria-pressed", "true")
    unwanted.get_by_role("button", name="Remove").click()
    expect(unwanted).to_have_count(0)
    expect(tab.locator("#turns")).to_contain_text("taken back")
    fresh(tab, service, people[22])
    expect(chip(tab, "price under 60")).to_have_count(1)
    chip(tab, "price under 60").locator("summary").click()
    expect(chip(tab, "price under 60")).to_contain_text("in an earlier session")
    chip(tab, "price under 60").get_by_role("button", name="Remove").click()
    expect(chip(tab, "price under 60")).to_have_count(0)


def test_one_tap_takes_it_back(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[23])
    was = tab.locator("article h3").all_inner_texts()
    say(tab, "under 30")
    tab.get_by_role("button", name=re.compile("Undo .under 30")).click()
    expect(tab.get_by_role("heading", name=re.compile("You undid .?under 30"))).to_be_visible()
    assert tab.locator("article h3").all_inner_texts() == was
    assert tab.locator(".chip").count() == 0
    expect(tab.locator("#turns")).to_contain_text("undone in round 2")


def test_a_reason_shows_its_evidence(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[24])
    card = tab.locator("article").first
    why = card.get_by_role("link", name=re.compile("^Why this"))
    why.click()
    panel = card.locator(".panel")
    expect(panel).to_contain_text("Found by")
    expect(why).to_have_attribute("aria-expanded", "true")
    why.click()
    expect(panel).to_be_hidden()
    interest = tab.locator("#known .interest").first
    interest.click()
    expect(tab.locator("#evidence-1 .events li").first).to_contain_text(re.compile(r"\d+ \w{3} 20\d\d"))


def test_what_one_does_with_a_card_is_noted(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[25])
    title = tab.locator("article h3").first.inner_text()
    tab.locator("article").first.get_by_role("button", name="Bought").click()
    expect(tab.locator("#changes-h")).to_contain_text("You bought")
    assert title not in tab.locator("article h3").all_inner_texts()
    other = tab.locator("article h3").nth(1).inner_text()
    tab.locator("article").nth(1).get_by_role("button", name="Not for me").click()
    expect(tab.locator("#changes-h")).to_contain_text("nothing like the second one")
    assert other not in tab.locator("article h3").all_inner_texts()
    expect(tab.locator(".chip.unwanted")).to_have_count(1)


def test_every_example_is_understood(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[26])
    examples = tab.locator(".example").all_inner_texts()
    assert len(examples) >= 3
    tab.locator(".example").first.click()
    expect(tab.get_by_role("heading", name=re.compile(f"You said .?{examples[0]}"))).to_be_visible()
    assert tab.locator(".chip").count() >= 1
    assert "Not taken up" not in tab.locator("#changes").inner_text()


def test_what_cannot_be_taken_up_is_said(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[27])
    say(tab, "under 0.01")
    expect(tab.locator("#changes .eased")).to_contain_text("under 0.01")
    tab.get_by_role("button", name=re.compile("^Undo")).first.click()
    expect(tab.locator(".chip")).to_have_count(0)
    say(tab, "...")
    expect(tab.locator("#changes")).to_contain_text("could be turned into a change")


def test_an_empty_slate_says_why_and_how_to_go_on(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[28])
    session = service.ask("GET", "/v1/sessions/" + tab.url.rsplit("/", 1)[1]).json
    assert session["items"]
    say(
        tab,
        ", ".join(f"nothing for {one}" for one in ("unisex", "women", "men", "kids", "baby", "cat", "dog")),
    )
    if tab.locator("article").count():
        pytest.skip("this catalogue has items for others still")
    expect(tab.get_by_role("heading", name="Nothing is left to show")).to_be_visible()
    tab.locator("#undo-empty").click()
    expect(tab.locator("article")).to_have_count(10)


def test_everything_can_be_done_by_keyboard(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[29])
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab.keyboard.press("/")
    expect(tab.locator("#text")).to_be_focused()
    tab.keyboard.type("under 70")
    tab.keyboard.press("Enter")
    expect(tab.locator("#round")).to_have_value("1")
    expect(tab.locator("#text")).to_be_focused()
    order = []
    for _ in range(40):
        tab.keyboard.press("Tab")
        order.append(tab.evaluate("document.activeElement.id || document.activeElement.className || ''"))
        assert tab.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle !== 'none' || document.activeElement.id === 'text'"
        )
        if str(order[-1]).startswith("card-"):
            break
    assert order.index("undo") < next(at for at, name in enumerate(order) if str(name).startswith("card-"))
    cards = tab.locator("[data-card]")
    for key, n in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 9), ("Home", 0)):
        tab.keyboard.press(key)
        expect(cards.nth(n)).to_be_focused()
    tab.keyboard.press("Enter")
    expect(cards.first.locator(".panel")).to_contain_text("Found by")
    tab.locator("#undo").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name=re.compile("You undid .?under 70"))).to_be_visible()
    assert tab.evaluate("document.activeElement !== document.body"), "focus is never lost"


@pytest.mark.parametrize("tab", [{"java_script_enabled": False}], indirect=True)
def test_it_works_without_script(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[30])
    tab.locator("#text").fill("under 60")
    tab.locator("#text").press("Enter")
    expect(tab.locator("#changes-h")).to_contain_text("You said under 60")
    assert max(prices(tab)) < 60
    tab.locator(".example").nth(1).click()
    expect(tab.locator(".chip")).not_to_have_count(1)
    chip(tab, "price under 60").locator("summary").click()
    chip(tab, "price under 60").get_by_role("button", name="this season").click()
    expect(chip(tab, "price under 60").locator(".scope")).to_have_text("this season")
    tab.locator("#undo").click()
    expect(chip(tab, "price under 60").locator(".scope")).to_have_text("this session")
    tab.get_by_role("link", name=re.compile("^Why this")).first.click()
    expect(tab.locator("#why")).to_contain_text("Found by")
    tab.get_by_role("link", name="Back to the feed").click()
    tab.get_by_role("link", name="Rounds").click()
    expect(tab.get_by_role("heading", name=re.compile("command .?under 60"))).to_be_visible()


@pytest.mark.parametrize("tab", [{"viewport": {"width": 360, "height": 780}}], indirect=True)
def test_a_narrow_screen_scrolls_in_one_direction_only(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[31])
    say(tab, "under 60, rather something blue")
    session = tab.url
    for path in ("", "/rounds", "/interests"):
        tab.goto(session + path)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.goto(session)
    small = tab.evaluate(
        """() => [...document.querySelectorAll('button, summary, .why a, input:not([type=hidden]), select')]
            .filter((one) => {
                const box = one.getBoundingClientRect();
                return box.width && (box.height < 24 || box.width < 24);
            }).map((one) => one.outerHTML)"""
    )
    assert not small, "nothing to tap is smaller than 24 pixels (WCAG 2.2, 2.5.8)"


@pytest.mark.parametrize("tab", [{"color_scheme": "dark"}], indirect=True)
def test_a_dark_screen_is_dark(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[32])
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", ground)[:3])) < 40


def test_whoever_listens_is_told_the_same(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[33])
    say(tab, "under 60, nothing unisex")
    nameless = tab.evaluate(
        """() => [...document.querySelectorAll('button, a, input:not([type=hidden]), select, summary, aside, nav')]
            .filter((one) => !(one.innerText || one.getAttribute('aria-label') || one.getAttribute('aria-labelledby')
                || (one.labels && one.labels.length) || '').trim && !one.labels).map((one) => one.outerHTML)"""
    )
    assert not nameless
    unlabelled = tab.evaluate(
        """() => [...document.querySelectorAll('input:not([type=hidden]), select')].filter((one) => !one.labels.length)
            .map((one) => one.outerHTML)"""
    )
    assert not unlabelled
    broken = tab.evaluate(
        """() => [...document.querySelectorAll('[aria-labelledby], [aria-controls], [for], [form]')].flatMap((one) =>
            ['aria-labelledby', 'aria-controls', 'for', 'form'].map((name) => one.getAttribute(name)).filter(Boolean))
            .filter((id) => !document.getElementById(id))"""
    )
    assert not broken
    twice = tab.evaluate(
        """() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
            return ids.filter((id, at) => ids.indexOf(id) !== at) }"""
    )
    assert not twice
    levels = [
        int(name) for name in tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((one) => one.tagName[1])")
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for role in ("banner", "main", "complementary", "navigation"):
        expect(tab.get_by_role(role)).to_have_count(1)
    assert tab.locator("html").get_attribute("lang") == "en"
    assert tab.locator("[aria-live=polite]").count() == 1


def test_the_engineer_sees_inside(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    fresh(tab, service, people[34])
    say(tab, "under 60, nothing unisex")
    tab.get_by_role("link", name="Rounds").click()
    latest = tab.locator(".round").first
    expect(latest.get_by_role("heading", level=2)).to_contain_text("under 60, nothing unisex")
    expect(latest).to_contain_text("read by grounded")
    expect(latest.get_by_role("table").first).to_contain_text("under 60")
    for tool in ("filter", "matcher", "aggregator"):
        expect(latest.locator(".plan")).to_contain_text(tool)
    expect(latest.locator(".memory .came")).to_have_count(2)
    assert latest.locator(".scores tbody tr").count() == 10
    expect(latest.locator(".timings")).to_contain_text("total")


def test_somebody_new_and_somebody_else_have_feeds(tab: Page, service: ServiceProcess, people: list[str]) -> None:
    tab.goto(service.url)
    tab.get_by_role("button", name=re.compile("Somebody new")).click()
    expect(tab.locator("#changes")).to_contain_text("Nothing is known of you yet")
    tab.get_by_label("Feed of").select_option(people[35])
    tab.get_by_role("button", name="Switch").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(f"Feed of {people[35]}")
    tab.get_by_role("link", name="Person").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(people[35])
    expect(tab.get_by_role("heading", name=re.compile(r"\d+ interests?"))).to_be_visible()


def test_a_chinese_page_speaks_chinese_while_it_works(
    browser: Browser, chinese_service: ServiceProcess, chinese_people: list[str]
) -> None:
    """What the script says comes from the page: stages, the field, what is read out, and what went wrong."""
    page = browser.new_context(reduced_motion="reduce").new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(chinese_service.url)
    page.get_by_label("看谁的推荐？").fill(chinese_people[0])
    page.get_by_role("button", name="打开", exact=True).click()
    expect(page.locator("article")).to_have_count(10)
    assert page.locator("html").get_attribute("lang") == "zh"
    say(page, "100元以下")
    expect(page.locator("#stages li")).to_have_text(["听到了“100元以下”", re.compile(r"^筛选后剩\d+个$"), "排好了10个"])
    expect(page.get_by_role("status")).to_contain_text("主要因为“100元以下”")
    expect(page.locator("#text")).to_have_attribute("placeholder", re.compile("^对推荐说：."))
    expect(chip(page, "价格不超过100")).to_have_count(1)
    page.get_by_role("link", name=re.compile("^为什么推荐")).first.click()
    expect(page.locator("article .panel").first).to_contain_text("来自")
    page.locator("#round").evaluate("(one) => { one.value = 0 }")
    page.locator("#text").fill("200元以下")
    page.locator("#text").press("Enter")
    expect(page.locator("#problem")).to_have_text(
        "推荐已经更新了：请看过最新的再说一次。请重新加载页面，看看现在的推荐。"
    )
    page.context.close()
