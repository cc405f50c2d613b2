"""What columns and actions mean is settled before a log is read; what cannot be settled is told."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from intentfeed.data.mapping import IngestConfig
from intentfeed.data.meaning import checked_files, checked_frame
from intentfeed.data.read import files_of
from intentfeed.errors import DataError


def log(*actions: str) -> pl.DataFrame:
    return pl.DataFrame({"user_id": "u", "item_id": "i", "action": list(actions)})


@pytest.mark.parametrize(
    ("actions", "meant"), [(("click", "purchase"), "detail_view"), (("click", "detail_view"), None)]
)
def test_clicks_are_views_where_the_log_knows_no_other_view(
    tmp_path: Path, actions: tuple[str, ...], meant: str | None
) -> None:
    log(*actions).write_parquet(tmp_path / "a.parquet")
    log("purchase").write_parquet(tmp_path / "b.parquet")
    for found in (
        checked_frame(log(*actions), IngestConfig()),
        checked_files(files_of(tmp_path, "events"), IngestConfig()),
    ):
        assert not found.single_view
        assert found.actions.get("click") == meant
    kept = IngestConfig(single_view=False)
    assert checked_frame(log(*actions), kept) == kept


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (IngestConfig(filter={"split": "train"}), "no column 'split' to filter by"),
        (IngestConfig(event_columns={"at": "timestamp"}), "reads timestamp from 'at'"),
        (IngestConfig(event_columns={"action": "query"}), "action"),
    ],
)
def test_a_column_that_is_not_there_is_told(config: IngestConfig, why: str) -> None:
    with pytest.raises(DataError, match=why):
        checked_frame(log("purchase"), config)
