"""The door's settings: weights in this process are named after their folder, to tell their answers apart."""

from __future__ import annotations

import pytest

from intentfeed.errors import ConfigError
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.door import open_door
from intentfeed.llm.log import CallLog


@pytest.mark.parametrize(
    ("endpoint", "model", "name"),
    [
        ("local:/models/small-3b", "", "small-3b"),
        ("local:small/", "", "small"),
        ("local:small", "mine", "mine"),
        ("http://here/v1", "", ""),
    ],
)
def test_weights_are_named_after_their_folder(endpoint: str, model: str, name: str) -> None:
    assert LLMConfig(endpoint=endpoint, model=model).model == name


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9/v1", "batches", "replay"])
def test_a_door_without_a_model_is_refused(endpoint: str, tmp_path) -> None:
    with pytest.raises(ConfigError, match="no model is named"):
        open_door(LLMConfig(endpoint=endpoint), CallLog(tmp_path / "llm.sqlite"))
