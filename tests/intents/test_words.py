"""Words, and how lexicon reads titles."""

from __future__ import annotations

import doctest

import pytest

from intentfeed.intents import lexicon, phrases, words
from intentfeed.intents.words import stem, stems


@pytest.mark.parametrize("module", [words, lexicon, phrases], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_singular_and_plural_share_a_stem() -> None:
    pairs = [("torches", "torch"), ("women's", "women"), ("berries", "berry"), ("lens", "len")]
    assert [stem(word) for word, _ in pairs] == [word for _, word in pairs]


def test_other_scripts_pass_through() -> None:
    assert stems("防水 登山靴 42") == ["防水", "登山靴"]
