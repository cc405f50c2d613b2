"""The benchmark log has exactly the size and the share of clicks that it promises."""

from pathlib import Path

import polars as pl

from intentfeed.simulate.biglog import big_log


def test_big_log_is_exact_ordered_and_fits_its_catalogue(tmp_path: Path) -> None:
    folder, items = big_log(tmp_path, n_events=120_000, n_users=5_000, seed=1, per_file=100_000)
    files = sorted(folder.glob("*.parquet"))
    assert len(files) == 2
    for file, n in zip(files, (100_000, 20_000), strict=True):
        part = pl.read_parquet(file)
        assert part.height == n
        assert (part["action"] == "click").sum() == 0.4 * n
        assert part["timestamp"].is_sorted()
    log = pl.concat([pl.read_parquet(file) for file in files])
    assert log["timestamp"].is_sorted()
    assert not set(log["item_id"].drop_nulls()) - set(pl.read_parquet(items)["item_id"])
    assert (log["query"].is_null() == (log["action"] != "search")).all()
    assert log.group_by("session_id").agg(pl.col("user_id").n_unique())["user_id"].max() == 1


def test_same_seed_same_log(tmp_path: Path) -> None:
    for name in "ab":
        big_log(tmp_path / name, n_events=50_000, n_users=500, seed=2)
    first, second = (pl.read_parquet(tmp_path / name / "events" / "part-000.parquet") for name in "ab")
    assert first.equals(second)
