"""An interest leads to the items of its evidence and of its tags, and of these to no others."""

from dataclasses import replace

import polars as pl

from intentfeed.data.catalog import Catalog
from intentfeed.data.records import interest_rows, tag_rows
from intentfeed.explain.config import ExplainConfig
from intentfeed.explain.grounded import GroundedExplainer
from intentfeed.explain.pairs import pairs_from_tags
from intentfeed.explain.table import build_table
from intentfeed.types import Interest

from .outfitter import BAGS, JAM, RUGS, SUMMER, TENTS, outfitter, tag

CATALOG = outfitter()


def leads(pairs: pl.DataFrame, interest: Interest, catalog: Catalog) -> set[str]:
    found = pairs.filter(pl.col("interest_key") == interest.key)["item"].to_list()
    return {catalog.frame["category"][row] for row in found}


def test_an_interest_leads_to_the_categories_of_its_tags() -> None:
    tags = [
        tag(TENTS, "Outdoor > Tents"),
        tag(TENTS, "Outdoor > Sleeping Bags", 1),
        tag(BAGS, "Outdoor > Sleeping Bags"),
    ]
    pairs = pairs_from_tags(tag_rows(tags), interest_rows([TENTS, BAGS]), CATALOG)
    assert leads(pairs, TENTS, CATALOG) == {"Outdoor > Tents", "Outdoor > Sleeping Bags"}
    assert leads(pairs, BAGS, CATALOG) == {"Outdoor > Sleeping Bags"}
    assert pairs.filter(pl.col("interest_key") == "").height == len(CATALOG)
    assert pairs.filter(pl.col("interest_key") == TENTS.key)["interest_name"].unique().to_list() == ["Tents"]


def test_evidence_leads_where_no_tag_does() -> None:
    pairs = pairs_from_tags(tag_rows([]), interest_rows([RUGS]), CATALOG)
    assert leads(pairs, RUGS, CATALOG) == {"Home > Rugs"}


def test_what_is_rejected_or_out_of_stock_leads_nowhere() -> None:
    frame = CATALOG.frame
    status = pl.when(pl.col("item_id") == "tent05").then(pl.lit("out_of_stock")).otherwise(pl.col("status"))
    catalog = Catalog(frame.with_columns(status=status))
    ended = replace(BAGS, status="ended")
    tags = tag_rows([tag(TENTS, "Outdoor > Tents"), tag(BAGS, "Outdoor > Sleeping Bags")])
    pairs = pairs_from_tags(tags, interest_rows([TENTS, ended]), catalog)
    assert BAGS.key not in pairs["interest_key"].to_list()
    assert "tent05" not in pairs["item_id"].to_list()


def test_an_interest_named_like_an_attribute_leads_to_what_has_it() -> None:
    olive = replace(TENTS, key="facet:colour=olive", name="Olive")
    pairs = pairs_from_tags(tag_rows([tag(olive, JAM)]), interest_rows([olive]), CATALOG)
    found = pairs.filter(pl.col("interest_key") == olive.key)["item"].to_list()
    assert len(found) == 8
    assert {CATALOG.attributes[row]["colour"] for row in found} == {"olive"}


def test_the_name_that_most_people_have_is_taken() -> None:
    people = [
        replace(TENTS, user_id=user, name=name) for user, name in (("a", "Shelters"), ("b", "Tents"), ("c", "Tents"))
    ]
    pairs = pairs_from_tags(tag_rows([]), interest_rows(people), CATALOG)
    assert pairs.filter(pl.col("interest_key") == TENTS.key)["interest_name"].unique().to_list() == ["Tents"]


def test_a_catalogue_without_categories_leaves_the_items_alone() -> None:
    bare = Catalog.of({"item_id": ["a", "b"]})
    pairs = pairs_from_tags(tag_rows([tag(TENTS, "")]), interest_rows([TENTS]), bare)
    assert pairs["interest_key"].to_list() == ["", ""]
    assert build_table(pairs, GroundedExplainer.fit(bare, ExplainConfig()), SUMMER).is_empty()


def test_a_tag_that_strays_off_the_shelf_leads_nowhere() -> None:
    tags = tag_rows([tag(TENTS, JAM), tag(TENTS, "Outdoor > Trail Running", 1)])
    pairs = pairs_from_tags(tags, interest_rows([TENTS]), CATALOG)
    assert leads(pairs, TENTS, CATALOG) == {"Outdoor > Tents", "Outdoor > Trail Running"}
