"""All loops play the same sessions; understanding is worth something, and the table says how much."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from intentfeed.commands.records import Constraint
from intentfeed.errors import ConfigError, DataError
from intentfeed.evaluate.commands.active import UNTRAINED
from intentfeed.evaluate.commands.loops import variants
from intentfeed.evaluate.commands.report import CommandsReport, is_baseline, report_of, table_of
from intentfeed.evaluate.commands.run import Wanted, chosen, reports
from intentfeed.evaluate.commands.sitting import Outcome, Sitting
from intentfeed.evaluate.ledger import Ledger
from intentfeed.simulate.gold import Gold
from intentfeed.simulate.sessions import Asked
from intentfeed.types import History

from .shop import shelf_dataset, shelf_sitting


@pytest.fixture(scope="module")
def sitting(tmp_path_factory: pytest.TempPathFactory) -> Sitting:
    return shelf_sitting(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="module")
def outcomes(sitting: Sitting) -> dict[str, Outcome]:
    return {one.loop: one for one in sitting.run("multi", sitting.loops())[0]}


def passed(outcomes: dict[str, Outcome], name: str) -> float:
    return outcomes[name].measured.mean("pass@5")


def test_everybody_plays_the_same_sessions_from_the_same_first_feed(outcomes: dict[str, Outcome]):
    first = [[(one.episode, one.first, one.rounds[0].said) for one in found.played] for found in outcomes.values()]
    assert all(one == first[0] for one in first)
    assert len(first[0]) >= 15
    for episode, rows, _ in first[0]:
        assert not set(episode.targets) & set(rows[:5]), "sessions that the first feed satisfies are removed"


def test_understanding_beats_deafness(outcomes: dict[str, Outcome]):
    assert passed(outcomes, "oracle parser") >= 0.8
    assert passed(outcomes, "intentfeed") >= passed(outcomes, "feed, blind") + 0.4
    assert passed(outcomes, "oracle parser") >= passed(outcomes, "intentfeed") - 0.05
    assert passed(outcomes, "feed, blind") == 0


def test_the_oracle_meets_what_it_understands(outcomes: dict[str, Outcome]):
    assert outcomes["oracle parser"].measured.mean("csr@10") >= 0.97
    assert outcomes["oracle parser"].measured.mean("csr/hard@10") >= 0.9, "values give way before the kind"
    assert outcomes["- filter"].measured.mean("csr/hard@10") < outcomes["oracle parser"].measured.mean("csr/hard@10")
    assert outcomes["oracle, no memory"].measured.mean("csr@10") < outcomes["oracle parser"].measured.mean("csr@10")


def test_the_blind_feed_repeats_itself_or_advances(outcomes: dict[str, Outcome]):
    for session in outcomes["feed, blind"].played:
        assert len({one.feed.rows for one in session.rounds}) == 1
    for session in outcomes["feed, blind, next"].played:
        shown = [row for one in session.rounds for row in one.feed.rows] + list(session.first)
        assert len(shown) == len(set(shown))


def test_no_loop_shows_what_was_seen_or_anything_twice(outcomes: dict[str, Outcome]):
    for found in outcomes.values():
        for session in found.played:
            for one in session.rounds:
                assert len(set(one.feed.rows)) == len(one.feed.rows) <= 10
                assert not set(one.feed.rows) & set(session.episode.history), found.loop


def test_a_search_knows_what_was_typed(outcomes: dict[str, Outcome]):
    assert passed(outcomes, "bm25, all") > passed(outcomes, "feed, blind")


def test_a_fault_in_the_masks_of_the_feed_is_none_of_the_judge(sitting: Sitting):
    assert sitting.traits.masks is not sitting.feed.masks
    shown = Constraint(polarity="positive", field="brand", op="eq", value="Dunvik", quote="")
    np.testing.assert_array_equal(sitting.traits.masks.of(shown), sitting.feed.masks.of(shown))


def test_a_loop_opens_with_the_feed_that_it_is_told_to(sitting: Sitting):
    loop = next(one for one in variants(sitting.feed) if one.name == "- filter")
    asked = Asked(episode_id="e", user_id="p00", history=History.of_items([3, 14, 75]), first=tuple(range(20, 30)))
    opened = loop.open(asked)
    assert opened.rows == asked.first
    assert opened.state.session.rows == asked.first, "what is said of it is said of these"
    heard = loop.command(opened, "the first one but cheaper", Gold(feedback="new"))
    [bound] = [one for one in heard.facts["prefs_after"]["positive"]["hard"] if one["field"] == "price"]
    assert bound["value"] == sitting.dataset.catalog.field(20, "price")


def test_the_same_in_every_run(sitting: Sitting, outcomes: dict[str, Outcome]):
    loops = chosen(sitting.loops(), ["intentfeed", "InteRecAgent-like"])
    for again in sitting.run("multi", loops)[0]:
        before = outcomes[again.loop]
        assert [[one.feed.rows for one in session.rounds] for session in again.played] == [
            [one.feed.rows for one in session.rounds] for session in before.played
        ]
        np.testing.assert_array_equal(again.measured.values_SM, before.measured.values_SM)


def test_with_drift_memory_still_helps_whoever_understands(sitting: Sitting):
    loops = chosen(sitting.loops(), ["oracle parser", "oracle, no memory"])
    kept, forgotten = sitting.run("drift", loops)[0]
    assert kept.measured.mean("pass@5") > forgotten.measured.mean("pass@5")


def test_the_report_says_what_it_measured(sitting: Sitting, outcomes: dict[str, Outcome]):
    table = table_of(sitting, "multi", list(outcomes.values()), sitting.cast("multi")[2])
    report: CommandsReport = report_of(sitting, [table])
    told = json.loads(json.dumps(report.to_json()))
    assert "wrong" in told["tables"][0]["slots"]
    assert "wrong" not in report.to_json(examples=False)["tables"][0]["slots"], "figures, no words"
    assert {"brand", "price", "year", "colour"} <= set(told["fields"]["hard"])
    assert "category" in told["fields"]["soft"]
    assert told["tables"][0]["sessions"] == len(outcomes["intentfeed"].played)
    best = table.best_baseline
    assert best is not None
    assert is_baseline(best.loop)
    assert table.gap_closed <= 1.2
    for line in table.lines:
        low, high = line.intervals["pass@5"]
        assert low <= line.values["pass@5"] <= high
    console = Console(record=True, width=130, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    report.print(console)
    text = console.export_text()
    assert "InteRecAgent-like" in text
    assert "hard: " in text
    assert "positive hard" in text, "the slots of our parser are beside it"


def test_round_records_are_kept(sitting: Sitting, tmp_path: Path):
    sitting.run("single", chosen(sitting.loops(), ["intentfeed"]), samples=tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "single.intentfeed.jsonl").read_text().splitlines()]
    assert {"command", "gold", "delta", "prefs_before", "prefs_after", "plan", "next_feed", "feed"} <= set(lines[0])
    assert all(len(line["feed"]) == 10 for line in lines)


def test_a_look_at_the_test_part_is_in_the_ledger_before_anybody_sees_it(tmp_path: Path):
    (tmp_path / "shelf").mkdir()
    shelf_dataset(tmp_path / "shelf")
    ledger = Ledger(tmp_path / "ledger.jsonl")
    asked = Wanted(data=(tmp_path / "shelf",), scenarios=("single",), loops=("bm25, all",), limit=12)
    [seen] = reports(asked)
    assert (seen.part, seen.notes) == ("valid", (UNTRAINED,))
    assert not ledger.path.exists(), "validation leaves no trace"
    final = replace(asked, final=True, ledger=ledger.path)
    first_look = next(reports(final))
    assert len(ledger.lines()) == 1
    assert first_look.notes[1:] == ("by the ledger, nobody looked at this test split before",)
    [again] = reports(replace(final, limit=11))  # another sample is a look at the same whole
    assert "looked at once before" in again.notes[1]
    first, second = ledger.lines()
    assert (first["kind"], first["report"]["part"], first["split"]["hash"]) == ("commands", "test", first["hashes"][0])
    assert [line["looked_at_before"] for line in (first, second)] == [0, 1]
    assert first["report"]["tables"][0]["loops"][0]["loop"] == "bm25, all"
    with pytest.raises(DataError, match="--ledger"):
        list(reports(replace(final, ledger=tmp_path)))


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted(), "name what to play on"),
        (Wanted(data=(Path("x"),), scenarios=("duel",)), "no scenario 'duel'"),
        (Wanted(data=(Path("x"),), family="z"), "no family"),
    ],
)
def test_what_there_is_not_is_said(wanted: Wanted, why: str):
    with pytest.raises(ConfigError, match=why):
        list(reports(wanted))


def test_an_unknown_loop_is_said(sitting: Sitting):
    with pytest.raises(ConfigError, match="no loop 'zen'"):
        chosen(sitting.loops(), ["zen"])
