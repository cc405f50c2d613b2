"""The explainer asks about few items at a time, lets through what holds, and has the grounded one write the rest."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.records import interest_rows, tag_rows
from intentfeed.errors import AnswerError
from intentfeed.explain.answer import Explanations
from intentfeed.explain.check import Verifier
from intentfeed.explain.config import ExplainConfig
from intentfeed.explain.explainer import season_of
from intentfeed.explain.grounded import GroundedExplainer
from intentfeed.explain.groups import grouped, slices, with_groups
from intentfeed.explain.llm import LLMExplainer, LLMExplainerConfig
from intentfeed.explain.pairs import pairs_from_tags
from intentfeed.explain.plain_words import plain_words
from intentfeed.explain.table import build_table, write_table
from intentfeed.llm.answer import read_answer
from intentfeed.llm.client import Call, Reply
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.log import CallLog
from intentfeed.llm.openai import EndpointLLM
from intentfeed.llm.prompt import load_prompt
from intentfeed.llm.scripted import explainer as scripted_explainer
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.types import Context
from tests import hostile

from .outfitter import SUMMER, interest_in, outfitter

TENTS, KNIVES = interest_in("Outdoor > Tents"), interest_in("Kitchen > Knives")
ONE = ExplainConfig(variants=1, variants_alone=1)


class Notes(dict[str, Reply]):
    """Answers from a dictionary."""

    def reply(self, key: str) -> Reply | None:
        return self.get(key)


@pytest.fixture(scope="module")
def grounded() -> GroundedExplainer:
    return GroundedExplainer.fit(outfitter(), ExplainConfig())


@pytest.fixture(scope="module")
def pairs(grounded: GroundedExplainer) -> pl.DataFrame:
    return pairs_from_tags(tag_rows([]), interest_rows([TENTS, KNIVES]), grounded.catalog)


def explainer_of(grounded: GroundedExplainer, answers: Notes | CallLog, **settings: Any) -> LLMExplainer:
    config = LLMExplainerConfig(**settings)
    return LLMExplainer(grounded, answers=answers, llm=LLMConfig(model="scripted"), language="en", config=config)


def said(call: Call, speak: Callable[[str, str], dict[str, Any]]) -> Reply:
    system, user = (message.content for message in call.messages)
    return Reply(key=call.key, status="answered", text=json.dumps(speak(system, user)))


# The question


def test_the_prompt_tells_traits_season_and_interest_and_no_identifier(
    grounded: GroundedExplainer, pairs: pl.DataFrame
) -> None:
    call = next(explainer_of(grounded, Notes()).calls(pairs, SUMMER))
    system, user = (message.content for message in call.messages)
    assert "title: " in user
    assert "brand: " in user
    assert "price band: low" in user
    assert "colour: " in user
    assert "<season>\nsummer\n</season>" in user
    assert "3 to 7 words" in user
    everything = system + user
    assert not [item_id for item_id in grounded.catalog.item_ids if item_id in everything]
    assert "2025" not in everything  # the season stands for the day (U29)
    assert "as it comes" not in everything  # of a description
    for rule in ("conversational", "qualities of the product itself", "practical", "must-have", "100 %", "title"):
        assert rule in system


def test_equal_fixed_parts_come_first(grounded: GroundedExplainer, pairs: pl.DataFrame) -> None:
    calls = list(explainer_of(grounded, Notes()).calls(pairs, SUMMER))
    assert len({call.messages[0].content for call in calls}) == 1
    assert len({call.key for call in calls}) == len(calls)


@pytest.mark.parametrize("text", hostile.ORDERS + hostile.TAGS + hostile.MARKUP + hostile.CONTROL)
def test_hostile_fields_stay_inside_their_tags(text: str) -> None:
    row = {"item_id": ["a"], "title": [text], "category": [f"A > {text}"], "brand": [text]}
    catalog = Catalog.of({**row, "attributes": [json.dumps({text: text})]})
    writer = explainer_of(GroundedExplainer.fit(catalog, ExplainConfig()), Notes())
    pair = pl.DataFrame({"interest_key": ["k"], "interest_name": [text], "item_id": ["a"], "item": [0]})
    (call,) = writer.calls(pair, SUMMER)
    clean = next(explainer_of(GroundedExplainer.fit(outfitter(), ExplainConfig()), Notes()).calls(
        pair.with_columns(interest_name=pl.lit("Tents")), SUMMER))  # fmt: skip
    assert call.messages[0] == clean.messages[0]
    user = call.messages[1].content
    for tag in ("interest", "season", "items"):
        assert user.count(f"<{tag}>") == user.count(f"</{tag}>") == 1
    assert user.count("<") == user.count(">") == 6
    assert user.splitlines()[-1].startswith("Task: one line for each of the 1")


def test_the_words_that_the_prompt_calls_safe_are() -> None:
    words, chinese = plain_words("en"), plain_words("zh")
    prompt = load_prompt("explain.write").fixed
    for named, holds in (
        ("times and places", words.takes_mood), ("feelings and company", words.takes_mood),
        ("everyday deeds", words.is_plain), ("only right before one", words.is_mood),
    ):  # fmt: skip
        line = next(line for line in prompt.splitlines() if line.startswith(f"- {named}"))
        listed = [word.strip(" ;.").casefold() for word in line.partition(":")[2].split(",")]
        assert len(listed) > 10
        assert not [word for word in listed if not holds(word)]
    for named in ("时间与地点", "感受与陪伴", "日常动作"):
        lines = load_prompt("explain.write", "zh").fixed.splitlines()
        line = next(line for line in lines if line.startswith(f"- {named}"))
        listed = line.partition("：")[2].strip("；。").split("、")
        assert len(listed) > 10
        assert not set(listed) - chinese.plain


# Groups


@pytest.mark.parametrize(("size", "n_calls"), [(10, 4), (1, 24), (50, 2)])
def test_a_question_covers_one_interest_and_few_items(
    grounded: GroundedExplainer, pairs: pl.DataFrame, size: int, n_calls: int
) -> None:
    assert len(list(explainer_of(grounded, Notes(), items_per_call=size).calls(pairs, SUMMER))) == n_calls


def test_groups_depend_on_no_order_and_take_the_popular_first(pairs: pl.DataFrame) -> None:
    popularity = list(range(len(outfitter())))
    found = grouped(pairs, size=10, per_interest=3, alone=False, popularity=popularity)
    assert found == grouped(
        pairs.sample(fraction=1.0, shuffle=True, seed=7), size=10, per_interest=3, alone=False, popularity=popularity
    )
    assert [(group.key, len(group.items)) for group in found] == [(KNIVES.key, 3), (TENTS.key, 3)]
    assert all(list(group.items) == sorted(group.items, reverse=True) for group in found)
    assert max(found[1].items) == outfitter().row_of["tent11"]


@pytest.mark.parametrize("size", [1, 7, 30, 500])
def test_parts_of_numbered_pairs_tear_no_group(pairs: pl.DataFrame, size: int) -> None:
    numbered = with_groups(pairs, size=5)
    parts = slices(numbered, size)
    assert sum(part.height for part in parts) == pairs.height
    whole = grouped(pairs, size=5, per_interest=0, alone=False)
    assert [it for part in parts for it in grouped(part, size=5, per_interest=0, alone=False)] == whole


# The answer


def test_an_honest_model_writes_and_each_reason_is_verified(grounded: GroundedExplainer, pairs: pl.DataFrame) -> None:
    notes = Notes()
    writer = explainer_of(grounded, notes)
    notes.update({call.key: said(call, scripted_explainer.honest) for call in writer.calls(pairs, SUMMER)})
    rows = write_table(pairs, writer, SUMMER, config=ONE, fallback=grounded).rows
    spoken = rows.filter(pl.col("backend") == "llm")
    assert spoken.height >= 0.8 * 24
    assert set(spoken["interest_key"]) == {TENTS.key, KNIVES.key}
    assert rows.height == pairs.height  # nobody is left without a sentence
    assert writer.spoke["llm"] == spoken.height
    checker, row_of = Verifier(grounded.catalog), grounded.catalog.row_of
    for text, item_id in spoken.select("text", "item_id").iter_rows():
        assert not checker.free.read(text, row_of[item_id], interest_name="Tents", season="summer").violations or (
            not checker.free.read(text, row_of[item_id], interest_name="Knives", season="summer").violations
        )


def test_a_pair_that_the_model_explains_has_that_one_sentence(grounded: GroundedExplainer, pairs: pl.DataFrame) -> None:
    notes = Notes()
    writer = explainer_of(grounded, notes)
    notes.update({call.key: said(call, scripted_explainer.honest) for call in writer.calls(pairs, SUMMER)})
    rows = build_table(pairs, writer, SUMMER, config=ExplainConfig(variants=3, variants_alone=2), fallback=grounded)
    spoken = rows.filter(pl.col("backend") == "llm")
    assert spoken.select("interest_key", "item_id").is_duplicated().sum() == 0
    both = rows.join(spoken.select("interest_key", "item_id"), on=["interest_key", "item_id"], how="semi")
    assert both.height == spoken.height


def test_of_nonsense_nothing_is_said(grounded: GroundedExplainer, pairs: pl.DataFrame) -> None:
    notes = Notes()
    writer = explainer_of(grounded, notes)
    notes.update({call.key: said(call, scripted_explainer.nonsense) for call in writer.calls(pairs, SUMMER)})
    rows = build_table(pairs, writer, SUMMER, config=ONE, fallback=grounded)
    assert set(rows["backend"]) == {"grounded"}
    assert rows.equals(build_table(pairs, grounded, SUMMER, config=ONE))
    assert writer.spoke == {"grounded/nothing held": 24, "grounded/not chosen": len(grounded.catalog)}
    assert {"markup", "words", "refused"} <= set(writer.broken)
    assert len(writer.refused) == 24


@pytest.mark.parametrize("text", hostile.ORDERS + hostile.TAGS + hostile.MARKUP + hostile.LIES + hostile.FRAGMENTS
                         + hostile.CONTROL + hostile.LOOKALIKES)  # fmt: skip
def test_no_hostile_answer_is_shown(grounded: GroundedExplainer, pairs: pl.DataFrame, text: str) -> None:
    notes = Notes()
    writer = explainer_of(grounded, notes)
    few = pairs.filter(pl.col("interest_key") == TENTS.key).head(3)
    row = {"Traits": [text], "Connected": True, "Explanation": text, "Claims": [{"Words": text, "Field": "title"}]}
    for call in writer.calls(few, SUMMER):
        answer = {"Explanations": [{"Item": n, **row} for n in (1, 2, 3)]}
        notes[call.key] = Reply(key=call.key, status="answered", text=json.dumps(answer))
    rows = build_table(few, writer, SUMMER, config=ONE, fallback=grounded)
    assert rows["backend"].to_list() == ["grounded"] * 3


def test_claims_of_the_model_are_believed_nothing(grounded: GroundedExplainer, pairs: pl.DataFrame) -> None:
    notes = Notes()
    writer = explainer_of(grounded, notes, items_per_call=1)
    few = pairs.filter(pl.col("interest_key") == TENTS.key, pl.col("item_id") == "tent01")
    (call,) = writer.calls(few, SUMMER)
    row = {"Item": 1, "Traits": [], "Connected": True, "Explanation": "Waterproof tent for quiet evenings",
           "Claims": [{"Words": "Waterproof", "Field": "waterproof"}]}  # fmt: skip
    notes[call.key] = Reply(key=call.key, status="answered", text=json.dumps({"Explanations": [row]}))
    assert writer.explain(TENTS.key, "Tents", few["item"][0], SUMMER).backend == "grounded"
    true = {**row, "Explanation": "Blue tent for quiet evenings", "Claims": []}
    notes[call.key] = Reply(key=call.key, status="answered", text=json.dumps({"Explanations": [true]}))
    writer = explainer_of(grounded, notes, items_per_call=1)
    writer.expect(few)
    reason = writer.explain(TENTS.key, "Tents", few["item"][0], SUMMER)
    assert (reason.backend, reason.kind, reason.interest_key) == ("llm", "interest", TENTS.key)
    assert {(claim.item_field, claim.text) for claim in reason.claims if claim.kind == "item"} == {
        ("colour", "Blue"), ("category", "tent"),
    }  # fmt: skip


def test_a_sentence_without_the_interest_is_the_items_own(grounded: GroundedExplainer, pairs: pl.DataFrame) -> None:
    notes = Notes()
    writer = explainer_of(grounded, notes, items_per_call=1)
    few = pairs.filter(pl.col("interest_key") == TENTS.key, pl.col("item_id") == "tent01")
    (call,) = writer.calls(few, SUMMER)
    row = {"Item": 1, "Traits": [], "Connected": False, "Explanation": "Ultralight company for slow summer evenings",
           "Claims": []}  # fmt: skip
    notes[call.key] = Reply(key=call.key, status="answered", text=json.dumps({"Explanations": [row]}))
    reason = writer.explain(TENTS.key, "Tents", few["item"][0], SUMMER)
    assert (reason.backend, reason.kind, reason.interest_key) == ("llm", "item", None)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (None, "grounded/no answer"),
        (Reply(key="", status="failed"), "grounded/no answer"),
        (Reply(key="", status="refused"), "grounded/refused"),
        (Reply(key="", status="answered", text="{}"), "grounded/refused"),
    ],
)
def test_without_an_answer_the_grounded_explainer_speaks(
    grounded: GroundedExplainer, pairs: pl.DataFrame, reply: Reply | None, why: str
) -> None:
    notes = Notes()
    writer = explainer_of(grounded, notes)
    few = pairs.filter(pl.col("interest_key") == TENTS.key)
    notes.update({call.key: reply for call in writer.calls(few, SUMMER) if reply is not None})
    assert build_table(few, writer, SUMMER, config=ONE).equals(build_table(few, grounded, SUMMER, config=ONE))
    assert writer.spoke == {why: 12}


def test_items_by_themselves_are_asked_about_only_on_demand(grounded: GroundedExplainer, pairs: pl.DataFrame) -> None:
    alone = pairs.filter(pl.col("interest_key") == "")
    assert not list(explainer_of(grounded, Notes()).calls(alone, SUMMER))
    notes = Notes()
    writer = explainer_of(grounded, notes, alone=True)
    calls = list(writer.calls(alone, SUMMER))
    assert "<interest>\nnone\n</interest>" in calls[0].messages[1].content
    notes.update({call.key: said(call, scripted_explainer.honest) for call in calls})
    rows = build_table(alone, writer, SUMMER, config=ONE, fallback=grounded)
    assert set(rows["kind"]) == {"item"}
    assert rows.filter(pl.col("backend") == "llm").height > 0.5 * rows.height


# What an answer must be


def row_of(number: int, text: str = "Blue tent for quiet evenings") -> dict[str, Any]:
    return {"Item": number, "Traits": ["blue"], "Connected": True, "Explanation": text, "Claims": []}


def test_the_papers_other_key_and_small_slips_are_read() -> None:
    row = {**row_of(1), "Item": "[1]", "Connected": "yes", "Explation": "Blue tent for quiet evenings"}
    del row["Explanation"]
    answer = read_answer(json.dumps({"Explanations": [row]}), Explanations, {"items": 1})
    assert answer.by_item()[1].explanation == "Blue tent for quiet evenings"
    assert answer.by_item()[1].connected


@pytest.mark.parametrize(
    ("rows", "taught"),
    [
        ([row_of(1), row_of(2)], "only 2 have an Explanation"),
        ([row_of(n) for n in (11, 12, 13, 14, 15, 16, 17)], "from 1 to 10"),
        ([row_of(n, " ") for n in range(1, 11)], "only 0 have an Explanation"),
    ],
)
def test_an_answer_beside_the_point_is_sent_back_with_a_lesson(rows: list[dict[str, Any]], taught: str) -> None:
    with pytest.raises(AnswerError) as caught:
        read_answer(json.dumps({"Explanations": rows}), Explanations, {"items": 10})
    assert taught in caught.value.repair


def test_one_bad_row_costs_itself_alone(grounded: GroundedExplainer, pairs: pl.DataFrame) -> None:
    notes = Notes()
    writer = explainer_of(grounded, notes)
    few = pairs.filter(pl.col("interest_key") == TENTS.key).head(4)
    (call,) = writer.calls(few, SUMMER)
    rows = json.loads(said(call, scripted_explainer.honest).text)["Explanations"]
    rows[1]["Explanation"] = "x" * 500
    rows[2]["Item"] = 77
    notes[call.key] = Reply(key=call.key, status="answered", text=json.dumps({"Explanations": rows}))
    build_table(few, writer, SUMMER, config=ONE, fallback=grounded)
    assert writer.spoke == {"llm": 2, "grounded/nothing held": 2}


# Over the wire


def test_over_http_with_faults_every_pair_ends_with_a_reason(
    grounded: GroundedExplainer, pairs: pl.DataFrame, scripted: Callable[..., ScriptedProcess], tmp_path: Path
) -> None:
    server, log = scripted(fault_rate=0.3, seed=3), CallLog(tmp_path / "llm.sqlite")
    llm = LLMConfig(endpoint=server.url, model="scripted", timeout_s=2.0)
    writer = LLMExplainer(
        grounded, answers=log, llm=llm, language="en", config=LLMExplainerConfig(items_per_call=3, alone=True)
    )
    replies = list(EndpointLLM(llm, log).complete_many(writer.calls(pairs, SUMMER)))
    rows = build_table(pairs, writer, SUMMER, config=ONE, fallback=grounded)
    assert rows.height == pairs.height
    assert rows.select("interest_key", "item_id").is_duplicated().sum() == 0
    spoken = rows.filter(pl.col("backend") == "llm")
    assert spoken.height >= 0.5 * pairs.height
    assert len(replies) == len({reply.key for reply in replies})
    text = " ".join(rows["text"]).casefold()
    assert not [lie for lie in ("cures", "titanium", "script", "ignore", "miller", "click", "555") if lie in text]
    again = LLMExplainer(
        grounded, answers=log, llm=llm, language="en", config=LLMExplainerConfig(items_per_call=3, alone=True)
    )
    again.expect(pairs)
    assert build_table(pairs, again, SUMMER, config=ONE, fallback=grounded).equals(rows)


def test_chinese_prompts_ask_for_characters(grounded: GroundedExplainer, pairs: pl.DataFrame) -> None:
    writer = LLMExplainer(grounded, answers=Notes(), llm=LLMConfig(), language="zh")
    call = next(writer.calls(pairs, Context(as_of=SUMMER.as_of)))
    assert "6 到 10 个汉字" in call.messages[1].content
    assert "夏天" in call.messages[1].content
    assert season_of(SUMMER.as_of) == "summer"
