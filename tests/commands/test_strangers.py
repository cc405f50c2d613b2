"""Commands of people who never saw the parser, with gold by hand, in front of two generated shops.

`strangers.<language>.jsonl` has one command a line: `text`, `feed` (the ten items on the screen), `before` (what held)
and `gold` (`feedback`, `wishes`, `retracts`, `clears`). The parser was improved on the even lines; of the odd ones
only the score was ever looked at. Each bar is what is reached, less a little.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.grounded import GroundedParser
from intentfeed.data.catalog import Catalog
from intentfeed.data.items import read_items
from intentfeed.data.mapping import IngestConfig
from intentfeed.evaluate.commands.cases import written_case
from intentfeed.evaluate.commands.match import Matching
from intentfeed.evaluate.commands.slots import SlotReport, score
from intentfeed.simulate.world import WorldConfig, ensure_world

SHOPS = {
    "en": WorldConfig(seed=81, n_users=60, n_items=1600, min_leaves=160),
    "zh": WorldConfig(seed=82, n_users=60, n_items=900, min_leaves=160, language="zh"),
}


def strangers(language: str, half: str) -> list[dict[str, Any]]:
    path = Path(__file__).with_name(f"strangers.{language}.jsonl")
    held = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return held[0 if half == "even" else 1 :: 2]


@pytest.fixture(scope="module")
def shops(common: Path) -> dict[str, Catalog]:
    return {
        language: read_items(ensure_world(config, common / "worlds").items, IngestConfig())[0]
        for language, config in SHOPS.items()
    }


def scored(catalog: Catalog, language: str, half: str) -> SlotReport:
    registry = FieldRegistry.of(catalog)
    lines = strangers(language, half)
    feeds = {str(at): line["feed"] for at, line in enumerate(lines)}
    cases = [written_case({**line, "feed": at}, feeds, catalog, registry) for at, line in enumerate(lines)]
    return score(cases, GroundedParser(registry, catalog), Matching.of(registry, catalog))


@pytest.mark.parametrize(
    ("language", "half", "hard", "soft"),
    [("en", "even", 0.78, 0.67), ("en", "odd", 0.63, 0.50), ("zh", "even", 0.75, 0.50), ("zh", "odd", 0.50, 0.34)],
)
def test_reads_what_strangers_type(
    shops: dict[str, Catalog], language: str, half: str, hard: float, soft: float
) -> None:
    report = scored(shops[language], language, half)
    print(f"\n{language} {half}:", *report.lines(), sep="\n")
    assert report.f1("hard") >= hard
    assert report.f1("soft") >= soft
    assert report.feedback_coarse >= 0.9
