"""The pages of the prompts that read commands and plan: the package renders what docs/prompts shows, word for word."""

from __future__ import annotations

from dataclasses import replace

from intentfeed.commands.llm import LLMParser, LLMPlanner
from intentfeed.commands.planner import GroundedPlanner
from intentfeed.commands.records import Constraint, Memory, Preference
from intentfeed.commands.toolbox import toolbox
from intentfeed.llm.client import Call, Language, Reply
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.online import KeptAnswers
from tests.commands.dresses import Verbatim, command, shop
from tests.rendered import stays

ABOUT_PARSE = (
    "The question what a command changes (RecBot, 3; the paper's own prompts are not public), as a model reads it: a\n"
    "small shop, five items on the screen, two demands that hold. The first message and the fields are the same for\n"
    "every command, so that a server's prefix cache works; whatever stands inside the tags of the second is data."
)
ABOUT_PLAN = (
    "The question which tools to run for what holds (RecBot, 4), as a model reads it. Tools tell about themselves, so\n"
    "that one more needs no other prompt; of the demands only what a plan needs is shown, not the person's own words."
)
HELD: dict[Language, tuple[Constraint | Preference, ...]] = {
    "en": (
        Constraint(id="c1", polarity="positive", field="price", op="le", value=80.0, quote="under 80"),
        Preference(id="c3", polarity="negative", facet="about", text="flashy", quote="less flashy", scope="always"),
    ),
    "zh": (
        Constraint(id="c1", polarity="positive", field="price", op="le", value=500.0, quote="五百以内"),
        Preference(id="c3", polarity="negative", facet="about", text="花哨", quote="别太花哨", scope="always"),
    ),
}
TYPED = {"en": "why is everything floral? like the third, but cheaper", "zh": "怎么全是碎花？像第三个，但要便宜点"}


class Nothing:
    """No reply at all."""

    def reply(self, key: str) -> Reply | None:
        return None


def asked(language: Language) -> Call:
    """Return the question about a command."""
    registry, catalog = shop(language)
    parser = LLMParser(
        registry, catalog, KeptAnswers(Nothing()), Verbatim(), llm=LLMConfig(model="any"), language=language
    )
    return parser.call(replace(command(TYPED[language], *HELD[language]), round=4))


def planned(language: Language) -> Call:
    """Return the question about a memory."""
    door = KeptAnswers(Nothing())
    planner = LLMPlanner(toolbox(), door, GroundedPlanner(), llm=LLMConfig(model="any"), language=language)
    return planner.call(Memory(demands=HELD[language]))


def test_the_page_of_the_parsers_prompt_is_rendered_from_the_code() -> None:
    stays("commands.parse", ABOUT_PARSE, {"en": asked("en"), "zh": asked("zh")})


def test_the_page_of_the_planners_prompt_is_rendered_from_the_code() -> None:
    stays("commands.plan", ABOUT_PLAN, {"en": planned("en"), "zh": planned("zh")})
