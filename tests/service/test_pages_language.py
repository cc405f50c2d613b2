"""Every word of the pages is data, one file a language, and the pages of a Chinese catalogue speak Chinese."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter
from urllib.parse import quote

import pytest

import intentfeed.service
from intentfeed.commands.records import Command, Memory, Shown
from intentfeed.service.pages.html import asset
from intentfeed.service.pages.wording import wording_in
from intentfeed.service.process import ServiceProcess
from intentfeed.service.refusal import Refusal
from intentfeed.workspace import load

from .test_pages import opened_page, posted

SERVICE = Path(intentfeed.service.__file__).parent
TEMPLATES = sorted(path.name for path in (SERVICE / "web").glob("*.html"))
ENGLISH_ONLY = {"rounds.html"}
"""The engineer's page."""
ONE_SIDED = {"refused", "unheard"}
"""What needs no other words in English, in which the service and the parser speak."""
HAN, LATIN = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]{2,}")
READ = ("aria-label", "title", "placeholder", "data-say", "alt")
"""Attributes that are read out or shown."""
SAID = [
    "不要黑色，最好轻便一点",
    "100元以下",
    "以后都不要儿童的",
    "大概30元",
    "给我看喵呜嘎啦",
    "谢谢，很满意",
    "0.01元以下",
]


def leaves(told: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a file with its place, the numbers of a list left out."""
    if isinstance(told, Mapping):
        for name, inner in told.items():
            yield from leaves(inner, f"{at}.{name}" if at else str(name))
    elif isinstance(told, list | tuple):
        for inner in told:
            yield from leaves(inner, f"{at}[]")
    else:
        yield at, str(told)


def places(sentence: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(sentence) if name is not None})


def shared(language: str) -> list[tuple[str, str]]:
    return [pair for pair in leaves(wording_in(language).model_dump()) if pair[0].split(".")[0] not in ONE_SIDED]


def test_both_files_say_the_same_things() -> None:
    english, chinese = (
        [(at, places(text)) for at, text in shared(language) if at != "language"] for language in ("en", "zh")
    )
    assert english == chinese
    assert wording_in("other") == wording_in("en")
    assert not HAN.search(json.dumps(wording_in("en").model_dump(), ensure_ascii=False))
    latin = [(at, text) for at, text in shared("zh") if at != "language" and LATIN.search(re.sub(r"\{\w+\}", "", text))]
    assert not latin
    one_sided = [wording_in("zh").model_dump()[name] for name in sorted(ONE_SIDED)]
    assert all(HAN.search(text) and not places(text) for told in one_sided for text in told.values())


@pytest.mark.parametrize("name", sorted(set(TEMPLATES) - ENGLISH_ONLY))
def test_no_template_holds_words_of_its_own(name: str) -> None:
    page = (SERVICE / "web" / name).read_text("utf-8")
    code = re.findall(r"\{[{%](.*?)[%}]\}", page, re.DOTALL)
    spoken = [text for part in code for text in re.findall(r'"([^"]*)"', part) if re.search(r"[A-Za-z]+[ .,:!?]", text)]
    assert [text for text in spoken if not text.endswith(".html")] == []
    left = re.sub(r"\{[{%#].*?[%#}]\}", "", page, flags=re.DOTALL)
    read = [text for attribute in READ for text in re.findall(rf'\b{attribute}="([^"]*)"', left)]
    texts = [*read, re.sub(r"<[^>]*>", " ", left)]
    assert set(LATIN.findall(" ".join(texts))) <= {"intentfeed"}


def test_the_script_holds_no_words_of_its_own() -> None:
    script = re.sub(r"(?m)^\s*//.*$", "", asset("page.js").decode())
    texts = [re.sub(r"\$\{[^}]*\}", "", one) for one in re.findall(r'"[^"\n]*"|`[^`]*`', script)]
    assert len(texts) > 50
    sentences = {
        one for one in texts if re.search(r"[A-Za-z]{2,},? [a-z]{2,}|[a-z]{2,}[.:!?…]\W*$|[“”]|^\W[A-Z][a-z]+\W$", one)
    }
    code = {'"use strict"', '"input, select, textarea"', '".chip details[open]"', '"Enter"', '"Escape"', '"Accept"'}
    assert sentences <= code
    named = set(re.findall(r'(?:WORDS\.|filled\(")(\w+)', script)) | {"heard", "filtered", "ranked"}
    assert named == wording_in("en").for_script().keys()


def test_every_refusal_that_a_page_may_show_is_said_in_chinese() -> None:
    """Those of the code, by their status; a status that nobody thought of has words, too."""
    told = wording_in("zh")
    found = [
        node.args[0].value
        for path in SERVICE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal"
        and node.args and isinstance(node.args[0], ast.Constant)
    ]  # fmt: skip
    assert len(found) > 20
    known = {name.split(" ")[0] for name in told.refused}
    assert {str(status) for status in found} - known <= {"303", "500"}  # led on; ours, which is no page
    assert told.told(Refusal(404, "no", where="item_id", mend="no")) == told.refused["404 item_id"]
    assert told.told(Refusal(404, "no", where="elsewhere", mend="no")) == told.refused["404"]
    assert told.told(Refusal(418, "no", where="pot", mend="no")) == told.refused["other"]
    assert wording_in("en").told(Refusal(404, "no", where="item_id", mend="no")) is None


def test_what_the_parser_does_not_take_up_is_said_in_chinese() -> None:
    note = wording_in("zh").note
    assert note("'喵呜': nothing of this catalogue") == "“喵呜”：这里没有这样的"
    assert note("“{quoted}”: a reason that is new") == "“{quoted}”"
    assert note("something without a quote") == "有一部分没能听懂"
    assert wording_in("en").note("'flurbs': nothing of this catalogue") == "'flurbs': nothing of this catalogue"


class Spoken(HTMLParser):
    """Collects what a page says: its texts, and the attributes that are read out."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.language = ""
        self._unread = 0
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag == "html":
            self.language = held["lang"] or ""
        self._unread += tag in ("q", "pre")
        self.texts += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("q", "pre")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.texts.append(data)


@pytest.fixture(scope="module")
def pages(chinese_service: ServiceProcess, chinese_people: list[str]) -> dict[str, Spoken]:
    """Return pages of a Chinese workspace by name, in all the states that commands lead to."""
    service, found = chinese_service, dict[str, Spoken]()

    def keep(name: str, path: str) -> None:
        answer = service.ask("GET", path)
        assert answer.status == 200, name
        found[name] = Spoken(answer.body)

    keep("start", "/")
    keep("signing", "/sign-in?wrong=1")
    for who in ("", chinese_people[0]):
        at = opened_page(service, who)
        keep(f"first {who}", at)
        for text in SAID:
            posted(service, f"{at}/command", text=text)
            keep(f"{text} {who}", at)
        for verb in ("undo", "preferences/c1/scope", "undo", "preferences/c1/drop"):
            assert posted(service, f"{at}/{verb}", scope="season").status == 303
            keep(f"{verb} {who}", at)
        item_id = service.ask("GET", f"/v1{at.replace('/feed/', '/sessions/')}").json["items"][0]["item_id"]
        keep(f"why {who}", f"{at}/why?item_id={quote(item_id)}")
        assert posted(service, f"{at}/feedback", item_id=item_id, action="purchase").status == 303
        keep(f"bought {who}", at)
        keep(f"interests {who}", f"{at}/interests")
    keep("person", f"/person?user_id={chinese_people[0]}")
    found["problem"] = Spoken(service.ask("GET", "/feed/nothing").body)
    found["stale"] = Spoken(posted(service, f"{at}/command", text="红色", round="0").body)
    found["no item"] = Spoken(service.ask("GET", f"{at}/why?item_id=x").body)
    return found


def test_a_chinese_page_is_chinese(
    pages: dict[str, Spoken], chinese_workspace: Path, chinese_people: list[str]
) -> None:
    """No Latin word is left but those of the catalogue, the people's ids, and on the page of a person what a run has
    written down of interests that were turned down, and of tags."""
    ws = load(chinese_workspace)
    catalog = ws.models.catalog
    own = {word for text in (*catalog.titles, *catalog.frame["brand"]) for word in LATIN.findall(text)}
    own |= {"intentfeed", *(word for user_id in ws.user_ids() for word in LATIN.findall(user_id))}
    stored = [text for one in ("interests", "tags") for text in ws.store.scan(one).collect()["reason"]]
    stored.sort(key=len, reverse=True)
    people = {word for value in ws.people.values() for word in LATIN.findall(value)}
    for name, page in pages.items():
        assert page.language == "zh", name
        said = " ".join(re.sub(r"\s+", " ", text) for text in page.texts)
        for text in stored if name == "person" else ():
            said = said.replace(re.sub(r"\s+", " ", text), "")
        left = set(LATIN.findall(said)) - own - (people if name == "person" else set())
        assert not left, (name, left)
        assert HAN.search(said)


def test_what_happened_is_told_in_chinese(pages: dict[str, Spoken], chinese_people: list[str]) -> None:
    def said(name: str) -> str:
        return re.sub(r"\s+", " ", " ".join(pages[f"{name} {chinese_people[0]}"].texts))

    assert "价格不超过100" in said("100元以下")
    assert re.search(r"放宽 符合“0.01元以下”.*只影响排序", said("0.01元以下"))
    assert "很高兴你喜欢" in said("谢谢，很满意")
    assert re.search("没有采纳|最好 喵呜", said("给我看喵呜嘎啦"))
    assert "本季有效" in said("preferences/c1/scope")
    assert "你移除了“黑色”" in said("preferences/c1/drop")
    assert "你买了“" in said("bought")
    assert "没有这个会话" in " ".join(pages["problem"].texts)
    assert "推荐已经更新了" in " ".join(pages["stale"].texts)
    assert "不在当前的推荐里" in " ".join(pages["no item"].texts)


def test_the_engineer_s_page_stays_english(chinese_service: ServiceProcess) -> None:
    at = opened_page(chinese_service)
    posted(chinese_service, f"{at}/command", text="100元以下")
    page = Spoken(chinese_service.ask("GET", f"{at}/rounds").body)
    assert page.language == "en"
    assert "Each as it was parsed, planned, scored and timed. Newest first." in page.texts
    assert "must be" in page.texts


def test_what_is_offered_is_understood(chinese_service: ServiceProcess, chinese_workspace: Path) -> None:
    ws, words = load(chinese_workspace), wording_in("zh").examples
    slate = tuple(Shown(position=at, row=at) for at in range(1, 13))
    for place in range(1, 13):
        asked = Command(text=words.refusing(place), slate=slate, memory=Memory(), round=1, today=ws.context.as_of)
        told = ws.interactive.parser.parse(asked)
        assert [one.polarity for one in told.add] == ["negative"], place
        assert not told.ignored
    page = chinese_service.ask("GET", opened_page(chinese_service, load(chinese_workspace).user_ids()[1])).body.decode()
    assert len(re.findall('class="example"', page)) >= 3
