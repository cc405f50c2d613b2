"""A bare "undo that" is told from words that ask for something."""

from __future__ import annotations

import pytest

from intentfeed.commands.taken_back import takes_back_the_last


@pytest.mark.parametrize(
    "said",
    [
        "undo",
        "Undo that",
        "take that back",
        "scratch that, please",
        "no wait, undo it",
        "撤销",
        "撤回",
        "never mind that",
    ],
)
def test_nothing_but_taking_back(said: str) -> None:
    assert takes_back_the_last(said)


@pytest.mark.parametrize(
    "said", ["", "please", "undo the price", "undo that and show red ones", "red", "价格撤销", "x" * 300]
)
def test_something_else(said: str) -> None:
    assert not takes_back_the_last(said)
