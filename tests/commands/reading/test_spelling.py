"""Slips of the keyboard are mended; correct words stay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.commands.reading.spelling import LONGEST, Speller, distances, is_slip

WORDS = {
    "coffee": 9,
    "waterproof": 5,
    "stainless": 4,
    "bluetooth": 3,
    "jacket": 8,
    "hoses": 2,
    "elastic": 3,
    "candies": 2,
    "summer": 7,
}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("coffe", "coffee"),
        ("waterprof", "waterproof"),
        ("watrproof", "waterproof"),
        ("stainles", "stainless"),
        ("blutooth", "bluetooth"),
        ("bluetooht", "bluetooth"),
        ("jakcet", "jacket"),
        ("jackett", "jacket"),
        ("sumer", "summer"),
        ("coffee", "coffee"),
    ],
)
def test_slips_are_mended(typed: str, meant: str) -> None:
    assert Speller(WORDS).meant(typed) == meant


@pytest.mark.parametrize(
    "typed", ["horses", "plastic", "candles", "simmering", "toffee", "packet", "cat", "jack", "登山", "x" * 50, ""]
)
def test_correct_words_stay(typed: str) -> None:
    assert Speller(WORDS).meant(typed) is None


@given(st.text("abcde", min_size=1, max_size=8), st.text("abcde", min_size=1, max_size=8))
def test_distance_is_that_of_the_slow_way(one: str, other: str) -> None:
    letters_WL = np.array([list(other.encode().ljust(LONGEST, b"\0"))], dtype=np.uint8)
    assert distances(one, letters_WL, np.array([len(other)]))[0] == slow(one, other)


def slow(one: str, other: str) -> int:
    """Return the distance by its definition: letters left out, added, changed, or swapped with a neighbour."""
    rows = [[max(i, j) if not min(i, j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            same = one[i - 1] == other[j - 1]
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (not same))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def test_a_letter_that_merely_differs_is_no_slip() -> None:
    assert is_slip("wpol", "wool")
    assert not is_slip("pool", "wool")
    assert not is_slip("cold", "gold")
