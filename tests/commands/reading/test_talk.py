"""Small talk asks for nothing, alone or beside a wish; what is wished for beside it is read: one cause a test."""

from __future__ import annotations

import pytest

from intentfeed.commands.records import Command, Delta, Memory
from tests.commands.reading.test_wordings import shop
from tests.commands.said import TODAY


def parsed(text: str) -> Delta:
    return shop().parse(Command(text=text, slate=(), memory=Memory(), round=1, today=TODAY))


def demands(text: str) -> set[tuple[str, str]]:
    """Return the polarity and the words of what is asked for."""
    return {(one.polarity, one.quote) for one in parsed(text).add}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Waiting for the lamp to warm up.", id="a verb that goes on"),
        pytest.param("Dropped the kettle this morning.", id="a verb of the past"),
        pytest.param("My cousin left her rug at the station.", id="somebody did something"),
        pytest.param("Mopped the rug and the olive tiles.", id="joined by an and"),
        pytest.param("Feet up on the rug.", id="a place of somebody's day"),
        pytest.param("昨天把台灯摔坏了。", id="zh, a time of the past"),
    ],
)
def test_a_sentence_of_small_talk_asks_for_nothing(text: str) -> None:
    assert parsed(text).add == ()


@pytest.mark.parametrize("wish", ["No red lamps, please.", "Rugs under 40.", "Could you find me a lamp by Arbeck?"])
@pytest.mark.parametrize("talk", ["Spilled soup on the rug, half the kettle of it.", "Waiting for the kettle to boil."])
def test_a_wish_beside_small_talk_is_read_as_if_it_stood_alone(wish: str, talk: str) -> None:
    assert demands(wish)
    assert demands(f"{talk} {wish}") == demands(f"{wish} {talk}") == demands(wish)


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        pytest.param("The cat broke it yesterday, show me lamps", "show me lamps", id="behind a comma"),
        pytest.param("Waiting for the bus so no rugs today", "no rugs today", id="behind a so"),
        pytest.param("I'm looking to spend 20 to 30", "I'm looking to spend 20 to 30", id="looking is no story"),
        pytest.param("Missed the tram. Red lamps.", "Red lamps.", id="a bare wish"),
    ],
)
def test_a_wish_in_a_sentence_that_also_tells_a_story_is_read(text: str, alone: str) -> None:
    assert demands(alone)
    assert demands(text) == demands(alone)


@pytest.mark.parametrize(
    "text", ["A lamp on my desk", "rugs under the table", "Only lamps, for at work", "A red rug in my colour"]
)
def test_what_is_named_first_is_wanted_wherever_it_is_to_stand(text: str) -> None:
    assert parsed(text).add
