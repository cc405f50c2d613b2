"""Anything becomes JSON, and what was known of a person comes back the same."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.service.plain import person_of, plain, read_person, text_of
from intentfeed.service.serving import Snapshot

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.just("\ud800")


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.sets(st.text())))
def test_whatever_it_is_it_can_be_sent(value: object) -> None:
    text = text_of(plain(value))
    text.encode()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_arrays_and_days_are_told() -> None:
    told = plain({"a": np.array([1.0, np.nan]), "n": np.int32(3), "day": date(2024, 1, 2), "set": {"b", "a"}})
    assert told == {"a": [1.0, None], "n": 3, "day": "2024-01-02", "set": ["a", "b"]}


def test_what_was_known_of_a_person_comes_back(small_workspace: Path) -> None:
    snapshot = Snapshot.load(small_workspace)
    catalog = snapshot.ws.models.catalog
    for user_id in snapshot.ws.user_ids()[:12]:
        known = snapshot.known(user_id)
        assert known is not None
        again = read_person(user_id, json.loads(text_of(person_of(known, catalog))), catalog)
        assert again.interests == known.interests
        assert again.tags == known.tags
        for name in ("event_id", "action", "item", "time_s", "value"):
            np.testing.assert_array_equal(getattr(again.history, name), getattr(known.history, name))
        assert list(again.history.query) == list(known.history.query)
        assert (again.history.ordered, dict(again.history.attributes)) == (
            known.history.ordered, dict(known.history.attributes),
        )  # fmt: skip
