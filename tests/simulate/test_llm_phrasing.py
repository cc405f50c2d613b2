"""A model's words are taken where the guards let them through, and the file's own where they do not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from intentfeed.llm.client import Call, Reply
from intentfeed.llm.config import LLMConfig
from intentfeed.simulate.llm_phrasing import LLMPhraser
from intentfeed.simulate.phrasing import TRIES, Saying, TemplatePhraser

from ..rendered import stays
from .shelf import shelf_traits
from .test_phrasing import sayings

TRAITS = shelf_traits()
TEMPLATE = TemplatePhraser(TRAITS)


class Door:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self, answer: Callable[[Call], str]) -> None:
        self.answer, self.asked = answer, list[Call]()

    def complete(self, call: Call) -> Reply:
        return next(self.complete_many([call]))

    def complete_many(self, calls: Iterable[Call]) -> Iterator[Reply]:
        calls = list(calls)
        self.asked += calls
        for call in reversed(calls):
            text = self.answer(call)
            yield Reply(key=call.key, status="answered" if text else "failed", text=text)


def phraser(answer: Callable[[Call], str]) -> tuple[LLMPhraser, Door]:
    door = Door(answer)
    return LLMPhraser(TEMPLATE, door, LLMConfig(model="told")), door


def meaning(call: Call) -> str:
    return call.messages[1].content.split("<meaning>\n")[1].split("\n</meaning>")[0]


def asking() -> list[Saying]:
    return [saying for saying in sayings() if saying.intention.slots and saying.intention.kind == "ask"][:60]


def test_a_faithful_wording_is_taken_with_quotes_of_its_own():
    said = phraser(lambda call: json.dumps({"Text": f"honestly: {meaning(call)}"}))[0].say(asking())
    assert {one.by for one in said} == {"llm"}
    for one in said:
        assert one.text.startswith("honestly: ")
        assert all(demand.quote in one.text for demand in one.gold.add)
    plain = TEMPLATE.say(asking())
    for one, template in zip(said, plain, strict=True):
        assert [type(demand) for demand in one.gold.add] == [type(demand) for demand in template.gold.add]


def test_a_wording_that_gives_the_item_away_is_refused_five_times_and_then_the_clause_speaks():
    first = asking()[0]
    title = TRAITS.catalog.titles[first.episode.target(first.number)]
    made, door = phraser(lambda call: json.dumps({"Text": f"{meaning(call)}, like the {title}"}))
    said = made.say([first])[0]
    assert (said.by, said.refused, len(door.asked)) == ("template", TRIES, TRIES)
    assert said.text == TEMPLATE.one(first).text
    assert len({call.key for call in door.asked}) == TRIES, "each try is another question"


def test_a_wording_without_the_slots_is_refused():
    said = phraser(lambda _: json.dumps({"Text": "whatever you like"}))[0].say(asking())
    assert {one.by for one in said} == {"template"}


def test_silence_and_nonsense_leave_the_clauses_to_speak():
    for answer in ("", "[]", "no JSON"):
        said = phraser(lambda _, answer=answer: answer)[0].say(asking()[:3])
        assert [one.text for one in said] == [one.text for one in TEMPLATE.say(asking()[:3])]


def test_the_model_is_never_told_what_is_meant():
    made, door = phraser(lambda call: json.dumps({"Text": meaning(call)}))
    those = asking()
    made.say(those)
    for saying, call in zip(those, door.asked[: len(those)], strict=True):
        target = saying.episode.target(saying.number)
        told = " ".join(message.content for message in call.messages)
        assert TRAITS.catalog.titles[target] not in told
        assert TRAITS.catalog.item_ids[target] not in told


def test_a_second_try_is_told_what_was_wrong():
    texts = iter(["nothing at all", "nothing at all"])
    made, door = phraser(lambda call: json.dumps({"Text": next(texts, meaning(call))}))
    said = made.say(asking()[:1])[0]
    assert (said.by, said.refused) == ("llm", 2)
    assert "refused" not in door.asked[0].messages[1].content
    assert "refused" in door.asked[1].messages[1].content


def test_it_speaks_chinese():
    chinese = TemplatePhraser(TRAITS, language="zh")
    door = Door(lambda call: json.dumps({"Text": meaning(call)}))
    said = LLMPhraser(chinese, door, LLMConfig(model="told")).say(asking())
    assert sum(one.by == "llm" for one in said) >= 0.9 * len(said)


def test_the_page_shows_what_is_sent():
    """The rendered prompt stands in docs/prompts."""
    first = asking()[0]
    calls = {}
    for language in ("en", "zh"):
        door = Door(lambda call: json.dumps({"Text": meaning(call)}))
        LLMPhraser(TemplatePhraser(TRAITS, language=language), door, LLMConfig(model="told")).say([first])
        calls[language] = door.asked[0]
    stays("simulate.phrase", "What a language model reads to put a simulated person's command into words.", calls)
