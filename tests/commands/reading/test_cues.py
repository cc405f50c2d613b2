"""The cue words of languages: strict data, shipped with the package."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from intentfeed.commands.reading.cue_file import CueFile, read_cues
from intentfeed.commands.reading.cues import load_cues
from intentfeed.errors import ConfigError


@pytest.mark.parametrize("language", ["en", "zh"])
def test_files_have_every_list(language: str) -> None:
    held = read_cues(language)
    needed = {
        "negate",
        "complain",
        "affirm",
        "below",
        "above",
        "near",
        "these",
        "forget",
        "reset",
        "always",
        "satisfied",
    }
    assert needed <= held.phrases.keys()
    assert set(held.degrees) == set(held.roles), "every grade speaks of a role"


def test_an_unknown_list_is_an_error() -> None:
    raw = tomllib.loads(files("intentfeed.commands").joinpath("cues.en.toml").read_text("utf-8"))
    raw["phrases"]["negaet"] = ["no"]
    with pytest.raises(ValueError, match="negaet"):
        CueFile.model_validate(raw)


def test_an_unknown_language_says_what_there_is() -> None:
    for language in ("fr", "../en", ""):
        with pytest.raises(ConfigError, match="choose en or zh"):
            read_cues(language)


def test_the_longest_phrase_wins() -> None:
    cues = load_cues()
    n, cue = cues.at(["no", "more", "than", "50"], 0) or (0, None)
    assert n == 3
    assert cue is not None
    assert "below" in cue.kinds
    assert "negate" not in cue.kinds


def test_no_stop_word_is_a_cue_that_is_needed() -> None:
    """A word that says nothing is passed over only where no cue begins, so the lists may share words."""
    cues = load_cues()
    assert cues.at(["不", "要"], 0) is not None
    assert cues.stop_at(["please"], 0) == 1
    assert cues.is_ordinary("brighter")
    assert not cues.is_ordinary("xqzv")
