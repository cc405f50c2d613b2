"""The page that shows the prompt for interests, from the sample world in two languages, says what the code says."""

from __future__ import annotations

from pathlib import Path

from intentfeed.data.compress import CompressConfig, compress
from intentfeed.data.history import histories, interactions
from intentfeed.data.item_table import item_table
from intentfeed.data.short import short_texts
from intentfeed.evaluate.interests import read_case
from intentfeed.interests.grounded import GroundedMiner
from intentfeed.interests.llm import LLMMiner
from intentfeed.llm.client import Call, Language, Reply
from intentfeed.llm.config import LLMConfig
from intentfeed.simulate.world import WorldConfig, ensure_world
from intentfeed.types import Context
from tests.rendered import stays

SIZE = {"seed": 11, "n_users": 30, "n_items": 900, "min_leaves": 60, "events_per_user": 150.0, "heavy_users": 0}
ABOUT = (
    "The question for interests (RecGPT-V1, 3.2), as a model reads it: a person of the sample world. The first\n"
    "message is the same for everybody, so that a server's prefix cache works; whatever stands inside the tags of the\n"
    "second is data. The numbers in brackets are what an answer cites; code leads them back to events."
)


class Nothing:
    """No reply at all."""

    def reply(self, key: str) -> Reply | None:
        return None


def example(common: Path, language: Language) -> Call:
    """Return the question about the person of a small world whose digest is nearest to 60 lines."""
    case = read_case(ensure_world(WorldConfig.model_validate({**SIZE, "language": language}), common / "worlds"))
    table = item_table(case.catalog.frame.with_columns(short=short_texts(case.catalog)))
    miner = LLMMiner(
        GroundedMiner.fit(case.catalog, interactions(case.events, case.catalog)),
        answers=Nothing(),
        llm=LLMConfig(model="any"),
        language=language,
        chosen=lambda _: True,
        texts=table.frame["short"].to_list(),
        compress=CompressConfig(),
    )
    digests = compress(case.events, table, CompressConfig(), as_of=case.as_of)
    text_of = dict(digests.select("user_id", "text").iter_rows())
    people = list(histories(case.events, case.catalog, case.people))
    calls = [miner.call(history, text_of[history.user_id], Context(as_of=case.as_of)) for history in people]
    return min((call for call in calls if call), key=lambda call: (abs(call.bounds["n_lines"] - 60), call.subject))


def test_the_page_of_the_prompt_is_rendered_from_the_code(common: Path) -> None:
    stays("interests.mine", ABOUT, {"en": example(common, "en"), "zh": example(common, "zh")})
