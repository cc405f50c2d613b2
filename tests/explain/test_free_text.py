"""Of a free sentence every word is borne out, names the interest, or states nothing; anything else is refused."""

import re

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.explain.check import Verifier
from intentfeed.explain.plain_words import plain_words
from intentfeed.explain.reading import Reading
from intentfeed.types import Reason
from tests import hostile

from .outfitter import outfitter

HARM = hostile.ORDERS + hostile.TAGS + hostile.MARKUP + hostile.LIES + hostile.FRAGMENTS + hostile.CONTROL
HOSTILE = HARM + hostile.LOOKALIKES + [text[:5_000] for text in hostile.HUGE] + hostile.EMPTY
assert len(HOSTILE) >= 100

CATALOG = outfitter()
VERIFIER = Verifier(CATALOG)
TENT = CATALOG.row_of["tent01"]
"""Harrow & Pike Ultralight Tent, Blue, Pack of 2; made for summer, neither waterproof nor red, cheap."""


def read(text: str, item: int = TENT, *, interest: str | None = "Camping", season: str = "summer") -> Reading:
    return VERIFIER.free.read(text, item, interest_name=interest, season=season)  # type: ignore[arg-type]


def rules(text: str, item: int = TENT, *, interest: str | None = "Camping", season: str = "summer") -> set[str]:
    return {violation.rule for violation in read(text, item, interest=interest, season=season).violations}


TRUE = [
    "Blue tent, slow evenings",
    "An ultralight tent for quiet evenings",
    "Your camping plans just found company",
    "Harrow & Pike joins your camping story",
    "Ultralight dreams for your camping days",
    "Hello summer, hello blue tent",
    "The tent your weekend was waiting for",
    "Go on, your camping is calling",
    "Gently priced company for your camping",
    "Blue, ultralight and ready for your camping",
    "Quiet mornings start with a tent",
]


@pytest.mark.parametrize("text", TRUE)
def test_what_fields_bear_out_may_be_said(text: str) -> None:
    reading = read(text)
    assert not reading.violations
    assert reading.claims


def test_claims_point_at_the_fields_that_bear_them_out() -> None:
    claims = read("Blue tent by Harrow & Pike, your camping summer").claims
    said = [(claim.kind, claim.text, claim.item_field or claim.value) for claim in claims]
    assert said == [
        ("item", "Blue", "colour"), ("item", "tent", "category"), ("item", "Harrow & Pike", "brand"),
        ("interest", "camping", "Camping"), ("season", "summer", "summer"), ("item", "summer", "season"),
    ]  # fmt: skip


FALSE = [
    ("Waterproof tent for quiet evenings", "words"),  # only number 0 is
    ("Red tent for slow weekends", "foreign"),  # another item's colour
    ("Northfold tent for slow weekends", "foreign"),  # another brand
    ("A rug for your camping days", "foreign"),  # another thing
    ("Breathable tent for quiet evenings", "words"),  # invented
    ("A quiet tent for you", "words"),  # a mood is no quality
    ("Fresh kitchen tents for your evening", "words"),  # nor is it one before a place that belongs to the thing
    ("Winter nights in a blue tent", "season"),
    ("Not a blue tent, your camping story", "negation"),
    ("Blue tent, never without you", "negation"),
    ("Two blue tents for your weekend", "words"),
    ("2 nights with a blue tent", "number"),
    ("Blue tent at 50 % off", "markup"),
    ("Half price blue tent", "words"),
    ("A splurge of a blue tent", "words"),  # it is among the cheapest
    ("Buy this blue tent", "refused"),
    ("The best blue tent", "refused"),
    ("The bluest tent of your summer", "refused"),
    ("Blue tent that cures boredom", "refused"),
    ("Dear Anna, your blue tent", "words"),
    ("A blue tent for Grace", "words"),
    ("Blue tent <b>today</b>", "markup"),
    ("Blue tent today 😀", "markup"),
    ("Camping tent of your dreams", "interest"),  # nothing says that it is one for camping
    ("Just follow your dreams today", "empty"),
    ("Blue tent for your blue tent", "repeat"),
    ("Everyone's favourite blue tent", "words"),
    ("Harrow & Pike Ultralight Tent, Blue, Pack", "title"),
    ("Your blue tent and your Sunday Story", "name"),
]


@pytest.mark.parametrize(("text", "rule"), FALSE)
def test_what_nothing_bears_out_is_refused(text: str, rule: str) -> None:
    assert rule in rules(text)


def test_words_of_another_thing_in_the_title_are_not_the_items() -> None:
    frame = CATALOG.frame.clone()
    title = "Steel Tent Pegs for Trail Shoes with Velcro"
    frame = frame.with_columns(title=frame["title"].scatter(TENT, title))
    reader = Verifier(Catalog(frame)).free
    for text, holds in (("Steel pegs for quiet evenings", True), ("Velcro for quiet evenings", False)):
        assert (not reader.read(text, TENT).violations) == holds


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_gets_through(text: str) -> None:
    reading = read(text[:200])
    reason = Reason(text=text[:200], kind="item", claims=reading.claims, backend="llm")
    assert VERIFIER.check(reason, TENT, season="summer")


@pytest.mark.parametrize("text", HARM)
def test_no_hostile_title_bears_itself_out(text: str) -> None:
    """A seller who writes orders, markup or discounts into a title does not hear them said."""
    title = f"Ultralight tent {text}"
    catalog = Catalog(CATALOG.frame.with_columns(title=CATALOG.frame["title"].scatter(TENT, title)))
    verifier = Verifier(catalog)
    for said in (text, f"{text[:40]}, slow evenings"):
        reading = verifier.free.read(said, TENT, season="summer")
        if not verifier.check(Reason(text=said, kind="item", claims=reading.claims, backend="llm"), TENT):
            assert re.fullmatch(r"[\w ,.:'&;-]{3,60}", said)  # a few words of the title, which the page shows anyway
            assert not set(said.casefold().split()) & plain_words("en").refused
            assert len(said.split()) <= 7


def test_the_claims_of_a_reason_must_be_those_of_its_sentence() -> None:
    reading = read("Blue tent, slow evenings", interest=None)
    honest = Reason(text="Blue tent, slow evenings", kind="item", claims=reading.claims, backend="llm")
    assert not VERIFIER.check(honest, TENT, season="summer")
    fewer = Reason(text=honest.text, kind="item", claims=reading.claims[:1], backend="llm")
    assert {it.rule for it in VERIFIER.check(fewer, TENT, season="summer")} == {"claim"}


def test_a_sentence_without_a_frame_is_free_only_where_a_model_wrote_it() -> None:
    reading = read("Blue tent, slow evenings", interest=None)
    grounded = Reason(text="Blue tent, slow evenings", kind="item", claims=reading.claims)
    assert "words" in {it.rule for it in VERIFIER.check(grounded, TENT, season="summer")}


# Chinese

SHOP = Catalog.of(
    {
        "item_id": ["a", "b", "c"],
        "title": ["苇谷 防滑登山鞋 雾霾蓝", "橡野 免洗客厅地毯 酒红", "鹿舟 仿皮背包 适用苹果电脑"],
        "category": ["户外 > 登山鞋", "家居 > 地毯", "户外 > 背包"],
        "brand": ["苇谷", "橡野", "鹿舟"],
        "attributes": ['{"颜色": "雾霾蓝", "功能": "防滑"}', '{"颜色": "酒红"}', '{"季节": "冬季"}'],
    }
)
ZH = Verifier(SHOP)


@pytest.mark.parametrize(
    ("text", "item", "kind"),
    [
        ("登山鞋陪你去远方", 0, "item"), ("防滑登山鞋伴你徒步", 0, "interest"), ("雾霾蓝遇见徒步时光", 0, "interest"),
        ("酒红地毯点缀日常", 1, "item"), ("客厅地毯的慢时光", 1, "item"), ("夏天带上登山鞋", 0, "item"),
    ],
)  # fmt: skip
def test_chinese_sentences_are_covered_by_known_pieces(text: str, item: int, kind: str) -> None:
    reading = ZH.free.read(text, item, interest_name="户外徒步", season="summer")
    assert not reading.violations
    assert reading.kind == kind


@pytest.mark.parametrize(
    ("text", "item", "rule"),
    [
        ("防水登山鞋陪你", 0, "words"), ("酒红登山鞋陪你", 0, "foreign"), ("登山鞋最好穿", 0, "refused"),
        ("冬天穿上登山鞋", 0, "season"), ("真皮背包陪你走", 2, "words"), ("皮背包陪你走天下", 2, "words"),
        ("苹果电脑陪你走", 2, "words"), ("点击购买登山鞋", 0, "refused"), ("王女士的登山鞋", 0, "words"),
        ("登山鞋三折包邮", 0, "refused"), ("今天也要开心呀", 0, "empty"), ("苇谷防滑登山鞋雾霾蓝", 0, "title"),
        ("夏天带上背包吧", 2, "season"),
    ],
)  # fmt: skip
def test_chinese_sentences_that_nothing_bears_out_are_refused(text: str, item: int, rule: str) -> None:
    reading = ZH.free.read(text, item, interest_name="户外徒步", season="summer")
    assert rule in {violation.rule for violation in reading.violations}


# The lists


def test_plain_words_state_nothing() -> None:
    words = plain_words("en")
    anywhere = words.plain | words.occasion | words.feeling
    assert len(anywhere) > 1000
    assert not anywhere & words.refused
    told = """waterproof organic soft warm cool dry strong light cheap free best new safe quiet natural pure fresh
    cotton leather protects lasts cures boosts saves guaranteed first only top twice dozen baby mother doctor padded
    cooling lightweight durable heals quality value sale"""
    assert not {word for word in told.split() if words.is_plain(word)}


def test_chinese_plain_words_state_nothing() -> None:
    words = plain_words("zh")
    assert len(words.plain) > 400
    assert not [word for word in words.plain | words.particle if any(it in word for it in words.refused)]
    assert not words.plain & {"防水", "真皮", "纯棉", "便宜", "优惠", "治疗", "柔软", "温暖", "正品", "安全", "健康"}
