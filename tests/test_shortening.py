"""A short text of the model's stands only where each word is the record's own and no other item has the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.digest_parse import parse_digest
from intentfeed.data.item_table import item_table
from intentfeed.data.short import short_texts
from intentfeed.data.tokens import count_tokens
from intentfeed.errors import AnswerError
from intentfeed.llm.answer import read_answer
from intentfeed.llm.client import Call, Reply
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from intentfeed.llm.scripted import shortener as scripted_shortener
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.shortening import LLMShortenerConfig, Shortener, ShortTexts
from tests import hostile


class Notes(dict[str, Reply]):
    """Answers from a dictionary."""

    def reply(self, key: str) -> Reply | None:
        return self.get(key)


def framed(catalog: Catalog) -> pl.DataFrame:
    return catalog.frame.with_columns(short=short_texts(catalog))


def shop(n: int = 60) -> pl.DataFrame:
    kinds = ("ridge tent", "gas stove", "bread knife", "frying pan")
    leaves = ("Outdoor > Tents", "Outdoor > Stoves", "Kitchen > Knives", "Kitchen > Pans")
    titles = [
        f"{('Norling', 'Acme Camp', 'Vale')[i % 3]} Premium {kinds[i % 4]}, free shipping and best value, "
        f"MX{i}, {i % 7 + 1} cm"
        for i in range(n)
    ]
    colours = [json.dumps({"colour": ("red", "blue", "green")[i % 3], "waterproof": True}) for i in range(n)]
    return framed(
        Catalog.of(
            {
                "item_id": [f"i{i:03d}" for i in range(n)],
                "title": titles,
                "category": [leaves[i % 4] for i in range(n)],
                "brand": [("Norling", "Acme Camp", "Vale")[i % 3] for i in range(n)],
                "attributes": colours,
            }
        )
    )


SHOP = shop()


def one(title: str, *, category: str = "", brand: str = "", **attributes: Any) -> pl.DataFrame:
    row = {"item_id": ["a"], "title": [title], "category": [category], "brand": [brand]}
    return framed(Catalog.of({**row, "attributes": [json.dumps(attributes)]}))


def entry(
    number: int, name: str, category: str = "", brand: str = "", attributes: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {"Item": number, "Name": name, "Category": category, "Brand": brand, "Attributes": list(attributes)}


def shortener_of(answers: Notes | CallLog, **settings: Any) -> Shortener:
    return Shortener(answers=answers, llm=LLMConfig(), language="en", config=LLMShortenerConfig(**settings))


def told(frame: pl.DataFrame, *entries: dict[str, Any], **settings: Any) -> tuple[list[str], Shortener]:
    """Return the short texts where a model answers the one question with these entries."""
    notes = Notes()
    role = shortener_of(notes, whole_tokens=0, **settings)
    (call,) = role.calls(frame)
    notes[call.key] = Reply(key=call.key, status="answered", text=json.dumps({"Items": entries}))
    return role.shorts(frame).to_list(), role


def answered(role: Shortener, frame: pl.DataFrame, speak: Callable[[str, str], dict[str, Any]]) -> dict[str, Reply]:
    def reply(call: Call) -> Reply:
        system, user = (message.content for message in call.messages)
        return Reply(key=call.key, status="answered", text=json.dumps(speak(system, user)))

    return {call.key: reply(call) for call in role.calls(frame)}


# The question


def test_few_records_to_a_question_without_ids_or_prices() -> None:
    calls = list(shortener_of(Notes()).calls(SHOP))
    assert len(calls) == 3
    system, user = (message.content for message in calls[0].messages)
    assert "MX19" in user
    assert "MX20" not in user
    assert "colour: red" in user
    assert not [item_id for item_id in SHOP["item_id"] if item_id in user + system]
    assert {call.role for call in calls} == {"shortener"}


def test_a_title_that_is_short_already_is_not_asked_about() -> None:
    frame = one("Ridge 2", category="Outdoor > Tents", brand="Vale")
    role = shortener_of(Notes())
    assert not list(role.calls(frame))
    assert role.shorts(frame).to_list() == frame["short"].to_list()
    assert role.spoke["grounded/not chosen"] == 1


@pytest.mark.parametrize("text", hostile.ORDERS + hostile.TAGS + hostile.MARKUP + hostile.CONTROL)
def test_hostile_records_stay_inside_their_tag(text: str) -> None:
    frame = one(f"{text} a title that is long enough to ask about", brand=text, **{text: text})
    (call,) = shortener_of(Notes()).calls(frame)
    user = call.messages[1].content
    assert user.count("<") == user.count(">") == 2
    assert user.startswith("<items>\n[1]\ntitle: ")
    assert user.splitlines()[-1].startswith("Task: shorten each of the 1 records")


# The answer


def test_an_honest_model_shortens_nearly_all() -> None:
    notes = Notes()
    role = shortener_of(notes)
    notes.update(answered(role, SHOP, scripted_shortener.honest))
    texts = role.shorts(SHOP)
    assert role.spoke["llm"] >= 0.8 * SHOP.height
    assert texts.n_unique() == SHOP.height
    for text in texts:
        assert count_tokens(text) <= 20
        assert len(parse_digest(f"today (liked) | {text}")) == 1
    table = item_table(SHOP.with_columns(short=texts))
    assert table.frame["short"].equals(texts)


def test_of_nonsense_nothing_is_kept() -> None:
    notes = Notes()
    role = shortener_of(notes)
    notes.update(answered(role, SHOP, scripted_shortener.nonsense))
    assert role.shorts(SHOP).equals(SHOP["short"])
    assert role.spoke == {"grounded/not chosen": 0, "grounded/nothing held": 60, "llm": 0}


TENT = one(
    "Norling Premium Ridge Tent for 2, not waterproof, free shipping, 4,500 g", category="Outdoor > Tents",
    brand="Norling", colour="sky blue", season="summer",
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (entry(1, "Ridge Tent", "Tents", "Norling", ("sky blue",)), "Ridge Tent Norling sky blue"),
        (entry(1, "Norling Ridge Tent, 4,500 g.", "", "Norling"), "Norling Ridge Tent 4500 g"),
        (entry(1, "RIDGE TENT", "", "", ("summer", "sky blue")), "RIDGE TENT summer sky blue"),
    ],
)
def test_what_the_record_says_is_taken(given: dict[str, Any], text: str) -> None:
    assert told(TENT, given)[0] == [text]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (entry(1, "Ridge Tent Pro"), "not in the record"),
        (entry(1, "Ridge Tent", "Shelters"), "not in the record"),
        (entry(1, "Ridge Tent", "", "Vale"), "not in the record"),
        (entry(1, "Ridge Tent", "", "", ("red",)), "not in the record"),
        (entry(1, "Waterproof Ridge Tent"), "cut to mean something else"),
        (entry(1, "Ridge Tent <b>"), "markup"),
        (entry(1, "Ridge Tent free shipping"), "advertising"),
        (entry(1, "sky blue"), "without its name"),
        (entry(1, ""), "without its name"),
        (entry(2, "Ridge Tent"), "missing"),
    ],
)
def test_what_the_record_does_not_say_is_not(given: dict[str, Any], why: str) -> None:
    # A second record, so that an entry for it alone is an answer.
    frame = pl.concat([TENT, one("Acme gas stove with a very long name").with_columns(item_id=pl.lit("b"))])
    texts, role = told(frame, given, entry(2, "Acme gas stove"))
    assert texts[0] == TENT["short"][0]
    assert role.broken[why] >= 1


def test_what_is_too_long_loses_its_attributes_first() -> None:
    frame = one("Norling extraordinarily comprehensive expedition ridge tent MX-4500-B", category="Outdoor > Tents",
                brand="Norling", colour="sky blue", material="ripstop polyester")  # fmt: skip
    name = "extraordinarily comprehensive expedition ridge tent MX-4500-B"
    (text,), role = told(frame, entry(1, name, "Tents", "Norling", ("sky blue", "ripstop polyester")))
    assert role.spoke["llm"] == 1
    assert text.startswith(name)
    assert count_tokens(text) <= 20
    assert "polyester" not in text


def test_two_items_never_come_to_one_text_unless_their_own_do() -> None:
    frame = framed(Catalog.of({
        "item_id": ["a", "b", "c"],
        "title": ["Vale ridge tent MX1 for the mountains", "Vale ridge tent MX2 for the mountains",
                  "Vale ridge tent MX3 for the mountains"],
    }))  # fmt: skip
    entries = [entry(1, "Vale ridge tent"), entry(2, "Vale ridge tent"), entry(3, "Vale ridge tent MX3")]
    texts, role = told(frame, *entries)
    assert texts == [*frame["short"].to_list()[:2], "Vale ridge tent MX3"]
    assert role.broken["same as another"] == 2
    same = frame.with_columns(short=pl.lit("tent"))
    assert told(same, *entries)[0] == ["Vale ridge tent", "Vale ridge tent", "Vale ridge tent MX3"]


def test_nor_do_they_come_to_that_of_an_item_told_before() -> None:
    frame = one("Vale ridge tent MX1 for the mountains")
    notes = Notes()
    role = shortener_of(notes)
    (call,) = role.calls(frame)
    answer = {"Items": [entry(1, "Vale ridge tent")]}
    notes[call.key] = Reply(key=call.key, status="answered", text=json.dumps(answer))
    beside = pl.DataFrame({"title": ["Vale ridge tent MX9"], "short": ["Vale Ridge Tent"]})
    assert role.shorts(frame).to_list() == ["Vale ridge tent"]
    assert role.shorts(frame, beside=beside).to_list() == frame["short"].to_list()


@pytest.mark.parametrize(
    ("name", "holds"),
    [("防滑登山鞋 42码", True), ("登山鞋", True), ("防水登山鞋", False), ("登山靴", False), ("真皮登山鞋", False),
     ("皮登山鞋", False)],
)  # fmt: skip
def test_chinese_names_are_made_of_stretches_of_the_record(name: str, holds: bool) -> None:
    frame = one("苇谷 户外防滑登山鞋 仿皮 包邮 42码", category="户外 > 登山鞋", brand="苇谷")
    assert (told(frame, entry(1, name))[1].spoke["llm"] == 1) == holds


@pytest.mark.parametrize("text", hostile.ORDERS + hostile.TAGS + hostile.MARKUP + hostile.LIES + hostile.FRAGMENTS
                         + hostile.CONTROL + hostile.LOOKALIKES + hostile.EMPTY)  # fmt: skip
def test_no_hostile_answer_becomes_a_text(text: str) -> None:
    texts, _ = told(TENT, entry(1, text, text[:80], text[:80], (text[:60],)))
    assert texts == TENT["short"].to_list()


def test_the_part_is_not_told_as_what_it_is_for() -> None:
    frame = one("Silicone case for Norling Phone 12 with strap", brand="Acme")
    assert told(frame, entry(1, "Norling Phone 12"))[0] == frame["short"].to_list()
    assert told(frame, entry(1, "Silicone case for Norling Phone 12"))[1].spoke["llm"] == 1


def test_too_few_entries_are_sent_back_with_a_lesson() -> None:
    with pytest.raises(AnswerError) as caught:
        read_answer(json.dumps({"Items": [entry(1, "x")]}), ShortTexts, {"items": 20})
    assert "only 1 of them have a Name" in caught.value.repair


# Over the wire


def test_over_http_with_faults_every_item_has_a_text(scripted: Callable[..., ScriptedProcess], tmp_path: Path) -> None:
    server, log = scripted(fault_rate=0.3, seed=5), CallLog(tmp_path / "llm.sqlite")
    llm = LLMConfig(endpoint=server.url, model="scripted", timeout_s=2.0)
    role = Shortener(answers=log, llm=llm, language="en", config=LLMShortenerConfig(items_per_call=3))
    list(EndpointLLM(llm, log).complete_many(role.calls(SHOP)))
    texts = role.shorts(SHOP)
    assert len(texts) == SHOP.height
    assert role.spoke["llm"] >= 0.5 * SHOP.height
    assert not [text for text in texts if "90" in text or "script" in text or "cure" in text.casefold()]
    assert role.shorts(SHOP).equals(texts)
