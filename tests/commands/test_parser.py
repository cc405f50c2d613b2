"""The guards that hold for every parser."""

from __future__ import annotations

from intentfeed.commands.parser import cut, is_quoted, quoted
from intentfeed.commands.records import Preference


def demand(quote: str) -> Preference:
    return Preference(polarity="negative", facet="about", text="floral", quote=quote)


def test_a_quote_is_words_of_the_command() -> None:
    assert is_quoted("NO Floral", "please, no floral today")
    assert not is_quoted("no stripes", "please, no floral today")
    assert not is_quoted("   ", "please")


def test_demands_without_evidence_are_dropped_and_told() -> None:
    kept, dropped = quoted([demand("no floral"), demand("never said")], "No floral, please")
    assert [one.quote for one in kept] == ["no floral"]
    assert len(dropped) == 1
    assert "never said" in dropped[0]


def test_a_short_command_is_read_whole() -> None:
    assert cut("under 50", 8) == ("under 50", ())


def test_a_long_command_is_cut_between_words() -> None:
    kept, notes = cut("no floral " * 100, 25)
    assert kept == "no floral no floral no"
    assert "1,000" in notes[0]
    assert cut("字" * 30, 10)[0] == "字" * 10
