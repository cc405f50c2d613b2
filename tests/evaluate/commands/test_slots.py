"""A perfect parser scores one, a deaf one nothing, and every mistake is counted in its cell and listed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from intentfeed.commands.grounded import GroundedParser
from intentfeed.commands.records import Command, Constraint, Delta, Memory, Preference
from intentfeed.errors import DataError
from intentfeed.evaluate.commands.cases import SlotCase
from intentfeed.evaluate.commands.match import Matching
from intentfeed.evaluate.commands.slots import by_kind, score, score_file
from intentfeed.simulate.gold import Gold
from tests.simulate.shelf import shelf_traits

TRAITS = shelf_traits()
MATCHING = Matching.of(TRAITS.registry, TRAITS.catalog)
UNDER = Constraint(polarity="positive", field="price", op="le", value=50.0, quote="under 50")
BOOTS = Preference(polarity="positive", facet="category", text="Wear > Boots", quote="boots")
NO_OAK = Preference(polarity="negative", facet="material", text="oak", quote="no oak")
HELD = Memory(demands=(replace(BOOTS, id="c1"), replace(UNDER, id="c2")), next_number=3)
GOLDS = {
    "boots under 50": Gold(feedback="new", add=(BOOTS, UNDER)),
    "no oak": Gold(feedback="new", add=(NO_OAK,)),
    "forget the boots": Gold(feedback="revise", retracts=(BOOTS,)),
    "never mind the price": Gold(feedback="revise", clears=("price",)),
    "thanks": Gold(feedback="satisfied"),
}


class Told:
    """A parser that answers as it is told."""

    def __init__(self, answer: Callable[[str], Delta]) -> None:
        self.answer = answer

    def parse(self, command: Command) -> Delta:
        return self.answer(command.text)


def cases() -> list[SlotCase]:
    return [
        SlotCase(name=text, command=Command(text=text, memory=HELD, today=date(2025, 1, 1)), gold=gold)
        for text, gold in GOLDS.items()
    ]


def perfect(text: str) -> Delta:
    gold = GOLDS[text]
    return replace(gold.delta(), retract_ids=("c1",) if gold.retracts else ())


def test_a_perfect_parser_scores_one():
    report = score(cases(), Told(perfect), MATCHING)
    assert report.scores() == (1, 1, 1)
    assert (report.feedback, report.retraction, report.n_retractions, report.exact) == (1, 1, 2, 1)
    assert report.wrong == ()


def test_a_deaf_parser_scores_nothing():
    report = score(cases(), Told(lambda _: Delta(feedback="neutral")), MATCHING)
    assert report.scores()[1:] == (0, 0)
    assert (report.feedback, report.retraction, report.exact) == (0, 0, 0)
    assert by_kind(report)["missed positive hard"] == 1


def test_what_is_invented_costs_precision_in_its_cell():
    def babbling(text: str) -> Delta:
        return replace(perfect(text), add=(*GOLDS[text].add, replace(NO_OAK, text="linen")))

    report = score(cases(), Told(babbling), MATCHING)
    assert report.scores("negative soft") == (pytest.approx(1 / 6), 1, pytest.approx(2 / 7))
    assert report.scores("positive hard") == (1, 1, 1)
    assert by_kind(report)["invented negative soft"] == 5


def test_one_slot_is_matched_once():
    report = score(cases()[:1], Told(lambda _: Delta(feedback="new", add=(UNDER, UNDER))), MATCHING)
    assert report.hits["positive hard"] == (1, 1, 1)
    assert report.hits["positive soft"] == (0, 0, 1)


def test_taking_back_too_much_is_wrong():
    def forgetting(text: str) -> Delta:
        return replace(perfect(text), retract_ids=("c1", "c2")) if GOLDS[text].retracts else perfect(text)

    report = score(cases(), Told(forgetting), MATCHING)
    assert report.retraction == 0.5
    assert [one.kind for one in report.wrong] == ["retraction"]


def test_new_and_revise_are_told_apart_and_taken_together():
    report = score(cases()[:2], Told(lambda text: replace(perfect(text), feedback="revise")), MATCHING)
    assert (report.feedback, report.feedback_coarse) == (0, 1)


def test_nothing_to_take_back_has_no_score():
    assert math.isnan(score(cases()[:1], Told(perfect), MATCHING).retraction)


# Commands that people wrote


def files(folder: Path) -> tuple[Path, Path, Path]:
    catalog = TRAITS.catalog
    frame = catalog.frame.select("item_id", "title", "category", "brand", "price").with_columns(
        colour=[held["colour"] for held in catalog.attributes], year=[held["year"] for held in catalog.attributes]
    )
    frame.write_parquet(folder / "items.parquet")
    feeds = [{"n": 1, "feed": [f"thing{row:03d}" for row in range(10)]}]
    (folder / "feeds.jsonl").write_text("".join(json.dumps(feed) + "\n" for feed in feeds))
    wish = {"polarity": "positive", "quote": "x", "lasts": "session"}
    commands = [
        {"id": "a", "feed": 1, "before": [], "text": "cheaper than the second one, only Dunvik",
         "gold": {"feedback": "new", "retracts": [], "clears": [], "wishes": [
             {**wish, "field": "price", "op": "lt", "value": {"than": [2]}},
             {**wish, "field": "brand", "op": "eq", "value": "Dunvik"}]}},
        {"id": "b", "feed": 1, "before": [{**wish, "id": "c1", "field": "price", "op": "le", "value": 50}],
         "text": "around 40, and nothing with floral prints",
         "gold": {"feedback": "revise", "retracts": [], "clears": [], "wishes": [
             {**wish, "field": "price", "op": "about", "value": 40},
             {**wish, "polarity": "negative", "field": "about", "op": "is", "value": "floral print"}]}},
        {"id": "c", "feed": 1,
         "before": [{**wish, "id": "b7", "field": "category", "op": "eq", "value": "Wear > Boots"}],
         "text": "no longer boots",
         "gold": {"feedback": "revise", "retracts": ["b7"], "clears": [], "wishes": []}},
    ]  # fmt: skip
    (folder / "commands.jsonl").write_text("\n".join(json.dumps(command) for command in commands))
    return folder / "commands.jsonl", folder / "feeds.jsonl", folder / "items.parquet"


def test_written_commands_are_scored_hard_and_soft_by_the_registry(tmp_path: Path):
    price = TRAITS.registry.numbers_I("price")[1]
    answers = {
        "cheaper than the second one, only Dunvik": Delta(feedback="new", add=(
            Constraint(polarity="positive", field="price", op="lt", value=float(price), quote=""),
            Constraint(polarity="positive", field="brand", op="eq", value="Dunvik", quote=""))),
        "around 40, and nothing with floral prints": Delta(feedback="new", add=(
            Constraint(polarity="positive", field="price", op="between", value=(32.0, 48.0), quote=""),
            Preference(polarity="negative", facet="about", text="floral prints", quote=""))),
        "no longer boots": Delta(feedback="revise", retract_ids=("b7",)),
    }  # fmt: skip
    report = score_file(*files(tmp_path), Told(answers.__getitem__))
    assert report.scores() == (1, 1, 1)
    assert report.hits["positive hard"] == (3, 3, 3)
    assert report.hits["negative soft"] == (1, 1, 1)
    assert (report.feedback_coarse, report.retraction, report.exact) == (1, 1, 1)
    assert report.feedback == pytest.approx(2 / 3)


def test_our_parser_reads_written_commands(tmp_path: Path):
    report = score_file(*files(tmp_path), GroundedParser)
    assert report.scores()[2] >= 0.6
    assert json.dumps(report.to_json())
    assert any("F1" in line for line in report.lines())


def test_a_command_before_no_feed_says_so(tmp_path: Path):
    commands, feeds, items = files(tmp_path)
    feeds.write_text("")
    with pytest.raises(DataError, match="feed '1'"):
        score_file(commands, feeds, items, GroundedParser)


@pytest.mark.parametrize(
    ("text", "why"),
    [("[1, 2]", "line 1 .* has no 'n'"), ("{", "is not JSON"), ('{"n": 1, "items": []}', "has no 'feed'")],
)
def test_another_layout_is_refused_by_its_line(tmp_path: Path, text: str, why: str):
    commands, feeds, items = files(tmp_path)
    feeds.write_text(text)
    with pytest.raises(DataError, match=why):
        score_file(commands, feeds, items, GroundedParser)


def test_what_is_taken_back_may_be_told_in_its_words(tmp_path: Path):
    commands, feeds, items = files(tmp_path)
    line = json.loads(commands.read_text().splitlines()[2])
    line["gold"]["retracts"] = ["boots"]
    commands.write_text(json.dumps(line))
    report = score_file(commands, feeds, items, GroundedParser)
    assert (report.n, report.n_retractions, report.retraction) == (1, 1, 1)
