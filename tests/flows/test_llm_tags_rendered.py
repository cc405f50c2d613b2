"""The page that shows the prompt for tags, from the sample world in two languages, says what the code says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from intentfeed.data.history import histories, interactions
from intentfeed.data.item_table import item_table
from intentfeed.data.people import read_context
from intentfeed.data.sequences import SequenceConfig
from intentfeed.data.short import short_texts
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.intents.grounded import GroundedTagger
from intentfeed.intents.llm import LLMTagger, LLMTaggerConfig
from intentfeed.interests.grounded import GroundedMiner
from intentfeed.llm.client import Call, Language, Reply
from intentfeed.llm.config import LLMConfig
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.neighbours import ItemNeighbours
from intentfeed.simulate.world import WorldConfig, ensure_world
from intentfeed.types import Context
from tests.rendered import stays

SIZE = {"seed": 11, "n_users": 30, "n_items": 900, "min_leaves": 60, "events_per_user": 150.0, "heavy_users": 0}
ABOUT = (
    "The question for tags (RecGPT-V1, 4.3 and 4.4), as a model reads it: a person of the sample world. The first\n"
    "message is the same for everybody, so that a server's prefix cache works; whatever stands inside the tags of the\n"
    "second is data."
)


class Nothing:
    """No reply at all."""

    def reply(self, key: str) -> Reply | None:
        return None


def example(common: Path, language: Language) -> Call:
    """Return the question about the person of a small world whose history is nearest to 90 events."""
    world = ensure_world(WorldConfig.model_validate({**SIZE, "language": language}), common / "worlds")
    dataset = read_dataset(world.folder)
    catalog, users = dataset.catalog, pl.read_parquet(world.users)
    attributes = {row.pop("user_id"): json.dumps({k: str(v) for k, v in row.items()}) for row in users.to_dicts()}
    log = interactions(dataset.events, catalog)
    grounded = GroundedTagger.fit(catalog, log, encoder=SvdEncoder.fit(catalog), neighbours=ItemNeighbours.fit(log))
    miner = GroundedMiner.fit(catalog, log)
    frame = catalog.frame.with_columns(short=short_texts(catalog))
    tagger = LLMTagger(
        grounded,
        answers=Nothing(),
        llm=LLMConfig(model="any"),
        language=language,
        chosen=lambda _: True,
        texts=item_table(frame).frame["short"].to_list(),
        config=LLMTaggerConfig(sequences=SequenceConfig(views=40)),
    )
    notes = read_context(world.context)
    people = sorted(
        histories(dataset.events, catalog, attributes), key=lambda history: (abs(len(history) - 90), history.user_id)
    )
    for history in people:
        day = datetime.fromtimestamp(int(history.time_s.max()), UTC).date()
        context = Context(as_of=day, notes=tuple(notes.filter(notes["date"] == day)["text"].to_list()))
        kept = [interest for interest in miner.mine(history, "", context) if interest.status == "kept"]
        call = tagger.call(history, kept, context)
        if call and len(kept) >= 2:
            return call
    raise AssertionError("nobody in this world has two interests")


def test_the_page_of_the_prompt_is_rendered_from_the_code(common: Path) -> None:
    stays("intents.tag", ABOUT, {"en": example(common, "en"), "zh": example(common, "zh")})
