"""Quotes are the person's own words, found whatever a model does to case, blanks and quotation marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.commands.quotes import own_words


@pytest.mark.parametrize(
    ("command", "quote", "own"),
    [
        ("NOTHING  floral,\nplease", "nothing floral", "NOTHING  floral"),
        ("don’t show me red", "don't show me red", "don’t show me red"),
        ("under $50 thanks", '"under $50"', "under $50"),
        ("size M only", "m", "M"),
        ("samsung", "m", ""),
        ("no red", "no floral", ""),
        ("straße rot", "STRASSE", "straße"),
        ("ＬＥＤ灯，不要碎花的", "不要碎花", "不要碎花"),
        ("不要碎花", "不要花", ""),
        ("a <b> c", "‹b›", "<b>"),
        ("a <b> c", "b", "b"),
        ("anything", "", ""),
        ("anything", "...", ""),
        ("", "anything", ""),
    ],
)
def test_a_quote_is_found_as_it_was_typed(command: str, quote: str, own: str):
    assert own_words(command, quote).strip("<>") == own.strip("<>")


@given(st.text(max_size=40), st.text(max_size=10))
def test_what_is_found_stands_in_the_command(command: str, quote: str):
    assert own_words(command, quote) in command


@given(st.lists(st.sampled_from(["red", "no", "under", "50", "floral", "碎花"]), min_size=2, max_size=8))
def test_every_run_of_words_is_found(words: list[str]):
    command = " ".join(words)
    assert own_words(command.upper(), "  ".join(words[:2])).casefold() == " ".join(words[:2])
