"""Praise of what is on the screen changes nothing; praise with a change is the change; a question is neither."""

from __future__ import annotations

import json
from datetime import date

import pytest

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.records import Command, Constraint, Delta, Shown
from intentfeed.data.catalog import Catalog

KINDS = {
    "Home > Lighting > Table Lamps": ("Bedside Lamp", "Brass Desk Lamp", "Paper Lamp", "Clip Lamp", "Piano Lamp"),
    "Kitchen > Tableware > Mugs": ("Stoneware Mug", "Glass Mug", "Travel Mug", "Enamel Mug", "Soup Mug"),
    "Outdoors > Camping > Tents": ("Dome Tent", "Tunnel Tent", "Beach Tent", "Trekking Tent", "Family Tent"),
    "家居 > 灯具 > 台灯": ("床头台灯", "黄铜台灯", "纸艺台灯", "夹式台灯", "学习台灯"),
    "厨房 > 餐具 > 杯子": ("陶瓷杯子", "玻璃杯子", "旅行杯子", "搪瓷杯子", "早餐杯子"),
}
COLOURS = ("red", "blue", "green", "white", "black")
LAMPS, MUGS, TENTS, LAMPS_ZH, MUGS_ZH = (tuple(range(at, at + 5)) for at in range(0, 25, 5))
MIXED = (0, 5, 6, 10, 11, 12)
"""One lamp, two mugs, three tents."""


def shop() -> Catalog:
    rows = [(kind, title, at) for kind, titles in KINDS.items() for at, title in enumerate(titles)]
    return Catalog.of(
        {
            "item_id": [f"x{number}" for number in range(len(rows))],
            "title": [title for _, title, _ in rows],
            "category": [kind for kind, _, _ in rows],
            "price": [10.0 * (at + 1) for _, _, at in rows],
            "attributes": [json.dumps({"colour": COLOURS[at]}) for _, _, at in rows],
        }
    )


@pytest.fixture(scope="module")
def parser() -> GroundedParser:
    catalog = shop()
    return GroundedParser(FieldRegistry.of(catalog), catalog)


def heard(parser: GroundedParser, text: str, rows: tuple[int, ...]) -> Delta:
    slate = tuple(Shown(position=at, row=row) for at, row in enumerate(rows, start=1))
    return parser.parse(Command(text=text, slate=slate, today=date(2025, 3, 1)))


def about(delta: Delta) -> set[str]:
    return {demand.field if isinstance(demand, Constraint) else demand.facet for demand in delta.add}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("love these lamps", LAMPS),
        ("I really like the lamps", LAMPS),
        ("the lamps are great", LAMPS),
        ("Nice lamps!", LAMPS),
        ("what beautiful lamps", LAMPS),
        ("great mugs, thanks", MUGS),
        ("the mugs are great", MUGS),
        ("the mugs are great", MIXED),
        ("love these mugs", MIXED),
        ("thanks for the mugs", MIXED),
        ("happy with the mugs", MUGS),
        ("the first one is great", MIXED),
        ("这些杯子不错", MUGS_ZH),
        ("喜欢这些台灯", LAMPS_ZH),
        ("台灯都挺好的", LAMPS_ZH),
        ("真漂亮的杯子", MUGS_ZH),
        ("第一个杯子不错", MUGS_ZH),
    ],
)
def test_praise_of_what_is_shown_asks_for_nothing(parser: GroundedParser, text: str, rows: tuple[int, ...]) -> None:
    delta = heard(parser, text, rows)
    assert (delta.feedback, delta.add) == ("satisfied", ())


@pytest.mark.parametrize(
    ("text", "rows", "asked"),
    [
        ("nice lamps but cheaper", LAMPS, {"price"}),
        ("lovely lamps, but nothing over 20", LAMPS, {"price"}),
        ("the lamps are nice, but can I see red ones", LAMPS, {"colour"}),
        ("love these mugs but in blue", MUGS, {"colour"}),
        ("thanks for the mugs, but I need tents", MUGS, {"category"}),
        ("台灯不错，但是便宜点", LAMPS_ZH, {"price"}),
        ("杯子很好，不过要便宜一点的", MUGS_ZH, {"price"}),
    ],
)
def test_praise_with_a_change_is_the_change(
    parser: GroundedParser, text: str, rows: tuple[int, ...], asked: set[str]
) -> None:
    assert about(heard(parser, text, rows)) == asked


@pytest.mark.parametrize(
    ("text", "rows", "asked"),
    [
        ("nice mugs", TENTS, {"category"}),
        ("nice mugs", MIXED, {"category"}),
        ("I love lamps", LAMPS, {"category"}),
        ("I like lamps", LAMPS, {"category"}),
        ("I like the red ones", MIXED, {"colour"}),
        ("a nice mug please", MUGS, {"category"}),
        ("beautiful lamps. more of them", LAMPS, {"category"}),
        ("the first one is great, more like that", MIXED, {"category"}),
        ("the lamp is nice but not red", MIXED, {"category", "colour"}),
        ("mugs would be lovely", TENTS, {"category"}),
        ("I don't like these lamps", LAMPS, {"category"}),
        ("not happy with the lamps", LAMPS, {"category"}),
        ("我喜欢杯子", MUGS_ZH, {"category"}),
    ],
)
def test_what_asks_is_no_praise(parser: GroundedParser, text: str, rows: tuple[int, ...], asked: set[str]) -> None:
    delta = heard(parser, text, rows)
    assert about(delta) == asked
    assert delta.feedback == "new"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("tell me more about the first one", MUGS),
        ("tell me about the second mug", MUGS),
        ("more about the third", MUGS),
        ("what is the first one made of?", MUGS),
        ("can you describe the last one", MUGS),
        ("介绍一下第一个", MUGS_ZH),
        ("第二个怎么样？", MUGS_ZH),
        ("第一个是什么材质的", MUGS_ZH),
    ],
)
def test_a_question_asks_for_no_item(parser: GroundedParser, text: str, rows: tuple[int, ...]) -> None:
    delta = heard(parser, text, rows)
    assert (delta.feedback, delta.add) == ("neutral", ())


def test_a_wish_beside_a_question_is_heard(parser: GroundedParser) -> None:
    assert about(heard(parser, "tell me more about the second one, and nothing over 20", MUGS)) == {"price"}
    assert about(heard(parser, "more about tents please", MUGS)) == {"category"}, "no place stands beside it"
    assert about(heard(parser, "类似第一个的怎么样", MUGS_ZH)) == {"category"}, "it asks for more of its kind"


def test_thanks_in_chinese_ask_only_behind_a_thing(parser: GroundedParser) -> None:
    assert heard(parser, "谢谢", MUGS_ZH).feedback == "satisfied"
    assert heard(parser, "谢谢，这些杯子正合我意", MUGS_ZH).add == ()
    assert about(heard(parser, "来点台灯，谢谢", MUGS_ZH)) == {"category"}
    assert about(heard(parser, "台灯谢谢", MUGS_ZH)) == {"category"}
