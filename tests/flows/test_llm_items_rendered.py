"""The pages that show the prompts about items, from the sample world in two languages, say what the code says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from intentfeed.data.catalog import Catalog, leaf_name
from intentfeed.data.short import short_texts
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.explain.config import ExplainConfig
from intentfeed.explain.grounded import GroundedExplainer
from intentfeed.explain.llm import LLMExplainer, LLMExplainerConfig
from intentfeed.llm.client import Call, Language, Reply
from intentfeed.llm.config import LLMConfig
from intentfeed.shortening import LLMShortenerConfig, Shortener
from intentfeed.simulate.world import WorldConfig, ensure_world
from intentfeed.types import Context
from tests.rendered import stays

from .test_llm_tags_rendered import SIZE

ABOUT_REASONS = (
    "The question for reasons (RecGPT-V1, 8.2 and 8.3), as a model reads it: one interest and a few items of the\n"
    "sample world. The first message is the same for every question, so that a server's prefix cache works; whatever\n"
    "stands inside the tags of the second is data."
)
ABOUT_SHORT = (
    "The question that shortens items (RecGPT-V1, 2.2), as a model reads it: a few items of the sample world. The\n"
    "first message is the same for every question, so that a server's prefix cache works; whatever stands inside the\n"
    "tags of the second is data."
)
SPRING = date(2025, 3, 20)


class Nothing:
    """No reply at all."""

    def reply(self, key: str) -> Reply | None:
        return None


def shop(common: Path, language: Language) -> Catalog:
    world = ensure_world(WorldConfig.model_validate({**SIZE, "language": language}), common / "worlds")
    return read_dataset(world.folder).catalog


def reasons(common: Path, language: Language) -> Call:
    """Return the question about the largest category and its first four items."""
    catalog = shop(common, language)
    path = catalog.frame["category"].value_counts().sort("count", "category", descending=[True, False])["category"][0]
    rows = catalog.frame["category"].eq(path).arg_true().head(4).to_list()
    key, name = f"category:{path}", leaf_name(path)
    pairs = pl.DataFrame(
        {
            "interest_key": [key] * 4,
            "interest_name": [name] * 4,
            "item_id": [catalog.item_ids[row] for row in rows],
            "item": rows,
        }
    )
    writer = LLMExplainer(
        GroundedExplainer.fit(catalog, ExplainConfig()),
        answers=Nothing(),
        llm=LLMConfig(model="any"),
        language=language,
        config=LLMExplainerConfig(),
    )
    return next(writer.calls(pairs, Context(as_of=SPRING)))


def shorts(common: Path, language: Language) -> Call:
    """Return the question about the first four items that are worth one."""
    catalog = shop(common, language)
    frame = catalog.frame.with_columns(short=short_texts(catalog)).head(40)
    config = LLMShortenerConfig(items_per_call=4)
    role = Shortener(answers=Nothing(), llm=LLMConfig(model="any"), language=language, config=config)
    return next(role.calls(frame))


def test_the_page_of_reasons_is_what_the_code_says(common: Path) -> None:
    stays("explain.write", ABOUT_REASONS, {language: reasons(common, language) for language in ("en", "zh")})


def test_the_page_of_short_texts_is_what_the_code_says(common: Path) -> None:
    stays("data.shorten", ABOUT_SHORT, {language: shorts(common, language) for language in ("en", "zh")})
