"""Users and context, the two optional inputs."""

import json
from datetime import date

import polars as pl
import pytest

from intentfeed.data.mapping import IngestConfig
from intentfeed.data.people import read_context, read_users
from intentfeed.data.schema import CONTEXT
from intentfeed.errors import ConfigError, DataError


def test_attributes_of_users_are_texts() -> None:
    frame = pl.DataFrame({"uid": [1, 2], "age": [24, None], "tags": [["a", "b"], []], "zip": ["07030", ""]})
    people, _ = read_users(frame, IngestConfig(user_columns={"uid": "user_id", "zip": "place"}))
    assert {user: json.loads(said) for user, said in people.items()} == {
        "1": {"age": "24", "place": "07030", "tags": "a, b"},
        "2": {},
    }


def test_without_a_source_nobody_has_attributes() -> None:
    assert read_users(None, IngestConfig())[0] == {}
    people, _ = read_users(pl.DataFrame({"user_id": ["u"], "events": [3]}), IngestConfig(ignore=("events",)))
    assert people == {"u": "{}"}


def test_rows_that_are_no_user_come_back_with_the_reason() -> None:
    people, rejects = read_users(pl.DataFrame({"user_id": ["a", None], "age": [1, 2]}), IngestConfig(max_bad=0.5))
    assert list(people) == ["a"]
    assert rejects.select("source", "row", "why").rows() == [("the users", 1, "no user_id")]


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pl.DataFrame({"visitorid": ["a"]}), '"visitorid" = "user_id"'),
        (pl.DataFrame({"user_id": ["a", "b", "a"]}), "1 user ids occur more than once, first 'a'"),
        (pl.DataFrame({"user_id": ["a", None]}), "1 of 2 rows of the users are unusable"),
    ],
)
def test_unusable_users_get_one_sentence(frame: pl.DataFrame, says: str) -> None:
    with pytest.raises(DataError) as caught:
        read_users(frame, IngestConfig())
    assert says in str(caught.value)


def test_two_columns_of_one_name_are_refused() -> None:
    frame = pl.DataFrame({"user_id": ["u"], "a": ["x"], "b": ["y"]})
    with pytest.raises(ConfigError, match="leads two columns to 'place'"):
        read_users(frame, IngestConfig(user_columns={"a": "place", "b": "place"}))


def test_context_is_read_by_day() -> None:
    frame = pl.DataFrame(
        {"date": ["2025-12-24", "2025-07-01T00:00:00Z"], "text": ["Christmas Eve", "heat"], "kind": ["holiday", None]}
    )
    found = read_context(frame)
    assert found.schema == CONTEXT
    assert found.rows() == [(date(2025, 7, 1), "", "", "heat"), (date(2025, 12, 24), "", "holiday", "Christmas Eve")]
    assert read_context(None).height == 0


def test_unusable_context_gets_one_sentence() -> None:
    with pytest.raises(DataError, match="unreadable date 'soon' in row 1"):
        read_context(pl.DataFrame({"date": ["2025-12-24", "soon"], "text": ["a", "b"]}))
    with pytest.raises(DataError, match="no column 'text'"):
        read_context(pl.DataFrame({"date": ["2025-12-24"]}))
