"""The table holds checked sentences for what the tags lead to, and a lookup finds the right one or says nothing."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.records import interest_rows, tag_rows
from intentfeed.data.schema import EXPLANATIONS
from intentfeed.explain.check import Verifier
from intentfeed.explain.config import ExplainConfig
from intentfeed.explain.explainer import season_of
from intentfeed.explain.grounded import GroundedExplainer
from intentfeed.explain.pairs import pairs_from_tags
from intentfeed.explain.table import ExplanationTable, build_table, in_order, write_table
from intentfeed.explain.together import Companions
from intentfeed.types import NO_REASON, Backend, Claim, Context, Reason

from .outfitter import BAGS, RUGS, SUMMER, TENTS, WINTER, log_of, outfitter, tag
from .test_together import ITEMS, history, log


@pytest.fixture(scope="module")
def explainer() -> GroundedExplainer:
    return GroundedExplainer.fit(outfitter(), ExplainConfig())


@pytest.fixture(scope="module")
def pairs(explainer: GroundedExplainer) -> pl.DataFrame:
    tags = tag_rows(
        [tag(TENTS, "Outdoor > Tents"), tag(TENTS, "Outdoor > Sleeping Bags", 1), tag(BAGS, "Outdoor > Sleeping Bags")]
    )
    return pairs_from_tags(tags, interest_rows([TENTS, BAGS]), explainer.catalog)


@pytest.fixture(scope="module")
def rows(pairs: pl.DataFrame, explainer: GroundedExplainer) -> pl.DataFrame:
    return build_table(pairs, explainer, SUMMER)


@pytest.fixture
def table(rows: pl.DataFrame) -> ExplanationTable:
    return ExplanationTable(rows)


# Rows


def test_every_row_is_checked_and_holds_no_user(rows: pl.DataFrame, explainer: GroundedExplainer) -> None:
    assert dict(rows.schema) == dict(EXPLANATIONS)
    assert rows.equals(rows.sort("interest_key", "item_id", maintain_order=True))
    assert not any(claim["event_ids"] for claims in rows["claims"].to_list() for claim in claims)
    assert set(rows["season"]) == {"summer"}
    assert set(rows["expires"]) == {SUMMER.as_of + timedelta(days=14)}


def test_a_part_of_the_table_equals_that_part_of_the_whole(
    rows: pl.DataFrame, pairs: pl.DataFrame, explainer: GroundedExplainer
) -> None:
    some = pairs.filter(pl.col("item_id").str.ends_with("05"))
    part = build_table(some, explainer, SUMMER)
    assert part.equals(rows.filter(pl.col("item_id").str.ends_with("05")))


class Boaster:
    """A writer that says more than it can show."""

    backend: Backend = "llm"

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def explain(
        self,
        interest_key: str,
        interest_name: str,
        item: int,
        context: Context,
        *,
        variant: int = 0,
    ) -> Reason:
        claim = Claim(kind="item", text="fireproof", item_field="title", value="fireproof")
        return Reason(text="The most fireproof of all", kind="item", claims=(claim,), backend="llm")


def test_chunks_of_items_come_to_the_whole_table(
    rows: pl.DataFrame, pairs: pl.DataFrame, explainer: GroundedExplainer
) -> None:
    for size in (1, 7, 50):
        chunks = pairs.sort("item", "interest_key").iter_slices(size)
        parts = [build_table(chunk, explainer, SUMMER) for chunk in chunks]
        assert in_order(parts).equals(rows)


def test_what_is_refused_is_told_and_a_grounded_sentence_takes_its_place(
    pairs: pl.DataFrame, explainer: GroundedExplainer, rows: pl.DataFrame
) -> None:
    alone = pairs.filter(pl.col("interest_key") == "").head(5)
    boaster = Boaster(explainer.catalog)
    written = write_table(alone, boaster, SUMMER, config=ExplainConfig(variants_alone=1))
    assert written.rows.is_empty()
    assert len(written.refused) == 5
    assert "item" in {violation.rule for _, found in written.refused for violation in found}
    saved = write_table(alone, boaster, SUMMER, config=ExplainConfig(variants_alone=1), fallback=explainer)
    assert saved.rows["backend"].to_list() == ["grounded"] * 5
    assert len(saved.refused) == 5


# Lookup


def test_a_hit_cites_the_persons_own_events_and_passes_the_check(
    table: ExplanationTable, explainer: GroundedExplainer
) -> None:
    reason = table.attach([TENTS], "tent05", None, SUMMER.as_of)
    assert reason.kind == "interest"
    assert {claim.event_ids for claim in reason.claims if claim.kind == "interest"} == {(0, 1, 2)}
    row = explainer.catalog.row_of["tent05"]
    checker = Verifier(explainer.catalog)
    season = season_of(SUMMER.as_of)
    assert not checker.check(reason, row, interest=TENTS, events=log_of(explainer.catalog), season=season)


def test_the_newest_evidence_is_cited_up_to_a_bound(rows: pl.DataFrame) -> None:
    table = ExplanationTable(rows, max_evidence=2)
    many = replace(TENTS, event_ids=tuple(range(30)))
    reason = table.attach([many], "tent05", None, SUMMER.as_of)
    assert {claim.event_ids for claim in reason.claims if claim.kind == "interest"} == {(28, 29)}


def test_of_several_interests_the_one_with_most_tags_speaks(table: ExplanationTable) -> None:
    both, day = [TENTS, BAGS], SUMMER.as_of
    one = table.attach(both, "sleepingbag05", None, day, support={TENTS.key: 3, BAGS.key: 1})
    other = table.attach(both, "sleepingbag05", None, day, support={TENTS.key: 1, BAGS.key: 3})
    brought = table.attach(both, "sleepingbag05", TENTS.key, day, support={TENTS.key: 1, BAGS.key: 1})
    surest = table.attach([TENTS, replace(BAGS, confidence=0.95)], "sleepingbag05", None, day)
    assert [it.interest_key for it in (one, other, brought, surest)] == [TENTS.key, BAGS.key, TENTS.key, BAGS.key]


def test_a_miss_lets_the_item_speak_for_itself(table: ExplanationTable) -> None:
    reason = table.attach([RUGS], "tent05", None, SUMMER.as_of)
    assert reason.kind == "item"
    assert reason.interest_key is None
    assert table.attach([], "tent05", None, SUMMER.as_of).kind == "item"
    assert table.attach([RUGS], "nonesuch", None, SUMMER.as_of) == NO_REASON


def test_an_interest_that_ended_or_was_renamed_does_not_speak(table: ExplanationTable) -> None:
    day = SUMMER.as_of
    assert table.attach([replace(TENTS, status="ended")], "tent05", None, day).kind == "item"
    assert table.attach([replace(TENTS, name="Shelters")], "tent05", None, day).kind == "item"


def test_a_row_past_its_day_is_a_miss(table: ExplanationTable) -> None:
    last = SUMMER.as_of + timedelta(days=13)
    assert table.attach([TENTS], "tent05", None, last).kind == "interest"
    assert table.attach([TENTS], "tent05", None, last + timedelta(days=1)) == NO_REASON


def test_a_sentence_of_summer_is_not_read_in_autumn(explainer: GroundedExplainer, pairs: pl.DataFrame) -> None:
    late = replace(SUMMER, as_of=SUMMER.as_of.replace(month=8, day=25))
    config = ExplainConfig(variants=30, expires_days=60)
    table = ExplanationTable(build_table(pairs, explainer, late, config=config))
    tents = [item_id for item_id in explainer.catalog.item_ids if item_id.startswith("tent")]
    people = [replace(TENTS, user_id=f"u{n}") for n in range(20)]
    said = {
        day: {table.attach([who], item_id, None, day).text for who in people for item_id in tents}
        for day in (late.as_of, late.as_of + timedelta(days=10))
    }
    in_summer, in_autumn = said.values()
    assert any("summer" in text.casefold() for text in in_summer)
    assert not any("summer" in text.casefold() for text in in_autumn)


def test_people_read_different_sentences_of_a_pair_and_each_always_the_same(table: ExplanationTable) -> None:
    people = [replace(TENTS, user_id=f"u{n}") for n in range(12)]
    said = [table.attach([who], "tent05", None, SUMMER.as_of).text for who in people]
    assert len(set(said)) > 1
    assert said == [table.attach([who], "tent05", None, SUMMER.as_of).text for who in people]


def test_a_pair_explained_again_is_read_anew(
    rows: pl.DataFrame, pairs: pl.DataFrame, explainer: GroundedExplainer
) -> None:
    later = replace(SUMMER, as_of=SUMMER.as_of + timedelta(days=20))
    again = build_table(pairs, explainer, later)
    table = ExplanationTable(pl.concat([rows, again]))
    assert len(table) == again.height
    assert table.attach([TENTS], "tent05", None, later.as_of).kind == "interest"


def test_the_log_speaks_where_the_catalogue_is_silent() -> None:
    companions = Companions.fit(log(), item_ids=ITEMS)
    empty = pl.DataFrame(schema=EXPLANATIONS)
    table = ExplanationTable(empty, companions=companions)
    assert table.attach([], "b", None, WINTER.as_of, history=history("ann", "a")).claims[0].kind == "event"
    assert table.attach([], "d", None, WINTER.as_of, history=history("ann", "a")) == NO_REASON
    assert table.hits == {"event": 1, "none": 1}


def test_hits_are_counted_by_kind(table: ExplanationTable) -> None:
    for item_id in ("tent05", "sleepingbag01", "jam03", "nonesuch"):
        table.attach([TENTS], item_id, None, SUMMER.as_of)
    assert table.hits == {"interest": 2, "item": 1, "none": 1}
