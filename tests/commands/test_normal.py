"""Words and phrases are compared in one form, whatever the script."""

from __future__ import annotations

import polars as pl
import pytest

from intentfeed.commands.normal import forms, key, phrases, singular, spaced, spaced_text


@pytest.mark.parametrize(
    ("text", "sought", "found"),
    [
        ("Silk-lined Boots", "silk", True), ("Silk-lined Boots", "lined boot", True), ("Milk jug", "ilk", False),
        ("Boxes of tea", "box", True), ("Box of tea", "boxes", True), ("Glass", "glas", False),
        ("Two batteries", "battery", True), ("真丝长裙", "长裙", True), ("真丝长裙", "丝裙", False),
        ("T恤 白色", "t恤", True), ("Éclair", "éclair", True), ("snake_case", "snake case", True), ("a.b", "A B", True),
    ],
)  # fmt: skip
def test_a_phrase_is_found_as_whole_words(text: str, sought: str, found: bool) -> None:
    assert any(phrase in spaced_text(text) for phrase in phrases(sought)) == found


@pytest.mark.parametrize("text", ["", "  ", "!?", "___"])
def test_a_text_without_words_is_found_nowhere(text: str) -> None:
    assert phrases(text) == []
    assert spaced_text(text).strip() == ""


def test_a_column_is_spaced_as_each_of_its_texts() -> None:
    texts = ["Paper-bag", "半身裙 Blue", "ÉCLAIR!", "", "ไทย"]
    assert spaced(pl.Series(texts)).to_list() == [spaced_text(text) for text in texts]


def test_plurals() -> None:
    assert [singular(word) for word in ("boots", "boot", "dresses", "batteries", "bus", "glass")] == [
        "boot", "boot", "dress", "battery", "bus", "glass",
    ]  # fmt: skip
    assert forms("m") == {"m"}
    assert forms("裙") == {"裙"}
    assert key(" A  b ") == key("a B") == "a b"
