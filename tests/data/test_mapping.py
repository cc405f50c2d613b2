"""The settings of ingestion, as files carry them."""

import tomllib
from pathlib import Path

import pytest
import tomli_w

from intentfeed.data.mapping import IngestConfig, action_of
from intentfeed.data.presets import names, preset
from intentfeed.types import ACTIONS

GUIDE = Path(__file__).parents[2] / "docs" / "data-in.md"


def test_the_example_of_the_guide_is_a_config() -> None:
    example = GUIDE.read_text(encoding="utf-8").split("```toml")[1].split("```")[0]
    config = IngestConfig.model_validate(tomllib.loads(example)["ingest"])
    assert config.event_columns["visitorid"] == "user_id"
    assert config.max_bad == 0.02


def test_the_guide_names_every_action() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    assert [action for action in ACTIONS if action not in guide] == []


@pytest.mark.parametrize("name", names())
def test_a_config_survives_its_file(name: str) -> None:
    config = IngestConfig.model_validate({**preset(name)["ingest"], "filter": {"a": [1, "x"], "b": True}})
    written = tomli_w.dumps(config.model_dump(mode="json", exclude_none=True))
    assert IngestConfig.model_validate(tomllib.loads(written)) == config


def test_actions_are_known_by_common_names_and_the_config_wins() -> None:
    config = IngestConfig(actions={"view": "click", "Peek": "impression"})
    assert action_of("view", config) == "click"
    assert action_of("View", config) == "detail_view"
    assert action_of("Peek", config) == "impression"
    assert action_of(" Add_To_Cart ", config) == "cart"
    assert action_of("stare", config) is None
