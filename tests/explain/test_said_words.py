"""A free sentence is cut into words as they are compared; capitals that no sentence asks for are seen."""

from __future__ import annotations

from intentfeed.explain.said_words import said_words


def test_words_are_compared_in_small_letters_and_stand_where_they_stood() -> None:
    text = "Slow mornings, don’t they?"
    said = said_words(text)
    assert [word.text for word in said] == ["slow", "mornings", "don't", "they"]
    assert [text[word.start : word.end] for word in said] == ["Slow", "mornings", "don’t", "they"]


def test_a_capital_is_one_that_the_sentence_does_not_ask_for() -> None:
    said = said_words("Meet Anna on Monday. She and I say: Hello")
    assert [word.text for word in said if word.capital] == ["anna"]


def test_parts_of_a_compound_are_marked() -> None:
    said = said_words("A roll-top bag")
    assert [word.text for word in said if word.hyphened] == ["roll", "top"]
