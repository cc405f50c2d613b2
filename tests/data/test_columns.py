"""Times, numbers and texts in all the ways in which logs write them."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest

from intentfeed.data.columns import numbers, text, times
from intentfeed.types import NO_TIME

MOMENT = datetime(2024, 2, 29, 13, 37, 5, tzinfo=UTC)
US = int(MOMENT.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([MOMENT], dtype=pl.Datetime("us", "UTC")),
        pl.Series([MOMENT.replace(tzinfo=None)], dtype=pl.Datetime("ns")),
        pl.Series([MOMENT], dtype=pl.Datetime("ms", "UTC")).dt.convert_time_zone("Asia/Tokyo"),
        pl.Series([US // 1_000_000]),
        pl.Series([US // 1_000]),
        pl.Series([US]),
        pl.Series([US * 1_000]),
        pl.Series([US / 1e6]),
        pl.Series([str(US // 1_000_000)]),
        pl.Series([f"{US / 1e6:.1f}"]),
        pl.Series(["2024-02-29T13:37:05Z"]),
        pl.Series(["2024-02-29 13:37:05"]),
        pl.Series(["2024-02-29T13:37:05.000"]),
        pl.Series(["2024-02-29T14:37:05+01:00"]),
        pl.Series(["2024-02-29 05:37:05-0800"]),
        pl.Series([" 2024-02-29 13:37:05 UTC "]),
        pl.Series(["2024-02-29T13:37:05Z"], dtype=pl.Categorical),
    ],
    ids=lambda column: f"{column.dtype}:{column[0]}",
)
def test_one_moment_written_many_ways(column: pl.Series) -> None:
    us, bad = times(column)
    assert us.tolist() == [US]
    assert bad is None


def test_days_and_minutes_are_times() -> None:
    us, bad = times(pl.Series(["2024-02-29", "2024-02-29 13:37", None, ""]))
    assert us.tolist() == [US // 86_400_000_000 * 86_400_000_000, US - 5_000_000, NO_TIME, NO_TIME]
    assert bad is None
    assert times(pl.Series([date(2024, 2, 29)]))[0][0] == us[0]


def test_mixed_epoch_units_are_told_apart_value_by_value() -> None:
    us, _ = times(pl.Series([US // 1_000_000, US // 1_000, US, None]))
    assert us.tolist() == [US, US, US, NO_TIME]


def test_a_stated_unit_wins_over_the_size() -> None:
    early = pl.Series([86_400_000])
    assert times(early, "ms")[0][0] == 86_400_000_000
    assert times(early)[0][0] == 86_400_000_000_000


def test_a_pattern_reads_what_iso_does_not() -> None:
    column = pl.Series(["29/02/2024 13:37:05", "nonsense"])
    assert times(column)[1].tolist() == [True, True]  # type: ignore[union-attr]
    us, bad = times(column, pattern="%d/%m/%Y %H:%M:%S")
    assert us[0] == US
    assert bad is not None
    assert bad.tolist() == [False, True]


@pytest.mark.parametrize(
    "value", ["yesterday", "2024-13-01", "12", "9" * 19, "0001-01-01", 10**18 * 9, -9 * 10**10, 1e300]
)
def test_what_is_no_time_is_marked(value: object) -> None:
    _, bad = times(pl.Series([value, None], strict=False))
    assert bad is not None
    assert bad.tolist() == [True, False]


def test_zones_with_half_hours() -> None:
    india = datetime(2024, 2, 29, 19, 7, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert times(pl.Series([india.isoformat()]))[0].tolist() == [US]


def test_ids_are_texts_whatever_their_type() -> None:
    assert text(pl.Series([1, None, 30])).to_list() == ["1", None, "30"]
    assert text(pl.Series([1.0, 2.5, None, float("nan")])).to_list() == ["1", "2.5", None, None]
    assert text(pl.Series([True, False])).to_list() == ["true", "false"]
    assert text(pl.Series(["a"], dtype=pl.Categorical)).to_list() == ["a"]
    assert text(pl.Series([["a", None, "b"]])).to_list() == ["a, b"]
    assert text(pl.Series([b"a"])).to_list() == ["a"]


def test_numbers_come_from_any_column() -> None:
    found, bad = numbers(pl.Series(["4.5", " 3 ", None, "", "four", "inf"]))
    np.testing.assert_array_equal(found[:4], [4.5, 3.0, np.nan, np.nan])
    assert bad is not None
    assert bad.tolist() == [False, False, False, False, True, True]
    assert numbers(pl.Series([1, None]))[0][0] == 1.0
    assert numbers(pl.Series([None, None]))[1] is None


@pytest.mark.parametrize(
    "column", [pl.Series([20240229, None]), pl.Series([20240229.0, None]), pl.Series(["20240229", None])]
)
def test_a_pattern_holds_for_numbers_too(column: pl.Series) -> None:
    """A pattern that was silently left out would put every event into 1970."""
    us, bad = times(column, "auto", "%Y%m%d")
    assert us.tolist() == [int(datetime(2024, 2, 29, tzinfo=UTC).timestamp()) * 1_000_000, NO_TIME]
    assert bad is None


def test_a_zone_may_follow_the_minutes() -> None:
    us, bad = times(pl.Series(["2024-02-29T15:37+02:00", "2024-02-29 13:37Z", "2024-02-29 13:37"]))
    assert set(us.tolist()) == {US - 5_000_000}
    assert bad is None
