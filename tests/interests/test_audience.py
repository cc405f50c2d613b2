"""Whom items are for, from who comes back to them."""

from __future__ import annotations

import numpy as np
import pytest

from intentfeed.interests.audience import MAX_VALUES, MIN_PEOPLE, People


def test_a_number_is_cut_into_equal_parts_of_the_people() -> None:
    known = People.fit([{"age": str(18 + n % 50)} for n in range(500)])
    assert [name for name, _ in known.values] == ["age"] * 5
    assert known.share_V == pytest.approx(np.full(5, 0.2), abs=0.02)
    assert [len(known.of({"age": age})) for age in ("17", "30", "90", "old")] == [1, 1, 1, 0]
    assert known.of({"age": "17"}) != known.of({"age": "90"})


def test_an_age_that_is_no_number_makes_no_part_of_its_own() -> None:
    """'nan' once became an edge, and everybody was younger than it."""
    known = People.fit([{"age": str(18 + n % 50) if n else "nan", "sex": "fm"[n % 2]} for n in range(500)])
    assert known.values == [("sex", "f"), ("sex", "m")]
    assert not any(np.isnan(edge) for edges in known.edges.values() for edge in edges)


def test_what_nearly_everybody_has_of_their_own_is_left_out() -> None:
    people = [{"zip": f"{n:05d}x", "city": "Ulm" if n % 3 else "Bonn"} for n in range(MAX_VALUES * MIN_PEOPLE)]
    assert {name for name, _ in People.fit(people).values} == {"city"}
    assert People.fit([]).values == []
