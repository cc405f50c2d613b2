"""Settings merge in a stated order, and a wrong one is a sentence that says which and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from intentfeed.config import Config, dump_config, load_config
from intentfeed.errors import ConfigError


def test_later_wins(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[feed]\nk = 7\n[run]\nworkers = 2\n")
    config = load_config(file, preset_name="movielens-100k", overrides=["feed.k=9", "feed.k=11"])
    assert (config.feed.k, config.run.workers) == (11, 2)
    preset = load_config(preset_name="movielens-100k")
    assert config.ingest == preset.ingest != Config().ingest


def test_what_is_kept_is_what_was_resolved(tmp_path: Path) -> None:
    config = load_config(preset_name="amazon-industrial-2018", overrides=["feed.k=3", "ingest.filter.split=train"])
    (tmp_path / "config.toml").write_text(dump_config(config))
    assert load_config(tmp_path / "config.toml") == config


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("run.n_partitions=0", "greater than or equal to 1"),
        ("run.workers=-1", "greater than or equal to 0"),
        ("run.max_segments=0", "greater than or equal to 1"),
        ("ingest.max_bad=-1", "greater than or equal to 0"),
        ("ingest.max_bad=2", "less than or equal to 1"),
        ("ingest.max_row_bytes=0", "max_row_bytes"),
        ('ingest.delimiter="ab"', "at most 1 character"),
        ("run.worker=1", "did you mean workers"),
        ("nothing", "section.key=value"),
        ("run=5", "setting run = 5"),
    ],
)
def test_a_wrong_setting_says_what_is_allowed(override: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        load_config(overrides=[override])
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[feed")
    for path, says in (
        (tmp_path, "Is a directory"),
        (tmp_path / "gone.toml", "No such file"),
        (tmp_path / "broken.toml", "mend that line"),
    ):
        with pytest.raises(ConfigError, match=says) as caught:
            load_config(path)
        assert str(path) in str(caught.value)
