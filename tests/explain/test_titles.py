"""A title falls into parts, and says of the item what stands before `for` and after no `not`."""

import pytest

from intentfeed.explain.titles import claimable, head_words, segments


@pytest.mark.parametrize(
    ("segment", "head"),
    [
        ("Heavy Duty Steel Staples", ["Heavy", "Duty", "Steel", "Staples"]),
        ("Replacement Strap for Waterproof Watch", ["Replacement", "Strap"]),
        ("Non Slip Tape", []),
        ("Table 12 inches", []),
        ("Powder Free Gloves", ["Gloves"]),
    ],
)
def test_the_head_stops_at_for_numbers_and_denials(segment: str, head: list[str]) -> None:
    assert head_words(segment) == head


def test_segments_part_at_commas_and_brackets_not_in_fractions() -> None:
    assert segments("Staples, 1/2-Inch (1000 Count) - Steel") == ["Staples", "1/2-Inch", "1000 Count", "Steel"]


def test_a_title_speaks_of_the_item_up_to_what_it_is_for() -> None:
    assert claimable("Strap for Apple, Samsung, Black") == ["Strap for Apple"]
    assert claimable("Wetsuit with Hood, Black") == ["Wetsuit with Hood", "Black"]
    assert claimable("Wetsuit with Hood, Gloves and Socks") == ["Wetsuit with Hood"]
    assert claimable("Tent, Waterproof, 2 Persons") == ["Tent", "Waterproof", "2 Persons"]
