"""Candidates leave with their sources, so that a ranker of one's own can take over."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from intentfeed.batch import quiet
from intentfeed.errors import DataError
from intentfeed.export import export_candidates


def test_each_user_gets_n_items_with_every_source(small_workspace: Path, tmp_path: Path) -> None:
    n_users, n_rows = export_candidates(small_workspace, tmp_path / "out.parquet", n=30, progress=quiet)
    rows = pl.read_parquet(tmp_path / "out.parquet")
    assert rows.height == n_rows
    assert rows["user_id"].n_unique() == n_users == 48
    assert rows.group_by("user_id").agg(pl.col("item_id").n_unique())["item_id"].max() == 30
    assert not rows.select("user_id", "item_id", "source").is_duplicated().any()
    assert rows.filter(pl.col("source") == "tag")["tag"].is_not_null().all()


def test_an_unknown_ending_is_refused(small_workspace: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="ending"):
        export_candidates(small_workspace, tmp_path / "out.xlsx", n=5, progress=quiet)
