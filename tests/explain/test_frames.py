"""The shipped frames keep their promises, and a bad one is refused by name."""

import pytest

from intentfeed.errors import DataError
from intentfeed.explain.frames import EVENT_SLOTS, INTEREST_SLOTS, ITEM_SLOTS, parse, shipped
from intentfeed.explain.rules import LengthRule, prohibited
from intentfeed.explain.words import tokens

ONE = """
[[frame]]
id = "a-01"
branch = "item"
text = "{Noun}, gently priced"
phrases = { "gently priced" = "price:low" }
"""


def test_there_are_enough_frames_to_keep_each_below_a_twentieth() -> None:
    for domain, n_interest, n_item in (
        ("shop", 100, 80),
        ("films", 60, 45),
        ("articles", 45, 30),
        ("generic", 100, 80),
    ):
        assert len(shipped().of("interest", domain)) >= n_interest  # type: ignore[arg-type]
        assert len(shipped().of("item", domain)) >= n_item  # type: ignore[arg-type]
    assert len(shipped().of("event", "generic")) >= 20


def test_no_sentence_is_there_twice() -> None:
    texts = [(frame.branch, frame.text.casefold()) for frame in shipped().all]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("frame", shipped().all, ids=lambda frame: frame.id)
def test_a_frame_leaves_room_and_breaks_no_prohibition(frame) -> None:  # type: ignore[no-untyped-def]
    filled = frame.text
    for slot in frame.slots:
        filled = filled.replace("{" + slot + "}", "x").replace("{" + slot.capitalize() + "}", "X")
    assert not list(prohibited(filled, tokens(filled), (), LengthRule(min_words=1)))
    assert set(frame.slots) <= INTEREST_SLOTS | ITEM_SLOTS | EVENT_SLOTS
    assert frame.branch != "interest" or set(frame.slots) & INTEREST_SLOTS
    assert frame.branch == "interest" or not set(frame.slots) & INTEREST_SLOTS


def test_a_frame_is_parsed_into_its_parts() -> None:
    frame = parse(ONE).by_id["a-01"]
    assert frame.slots == ("noun",)
    assert frame.capital == (True,)
    assert frame.needs == {"noun", "price:low"}
    assert frame.fixed == ((), ("gently", "priced"))
    assert parse(ONE).phrases == {"gently priced": "price:low"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (ONE + "\n" + ONE, "a-01 is defined twice"),
        (ONE.replace("{Noun}", "{Gadget}"), "gadget"),
        (ONE.replace("price:low", "price:odd"), "price:odd"),
        (ONE.replace('"item"', '"shelf"'), "shelf"),
        (ONE.replace("text = ", 'tone = "dry"\ntext = '), "tone"),
        (ONE.replace('{ "gently', '{ "rather'), "a phrase that it does not hold"),
    ],
)
def test_a_bad_frame_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(DataError, match=named):
        parse(text)
