"""The words of the trade are those that a catalogue shares, and they come back from disk."""

from pathlib import Path

from intentfeed.explain.facts import FactsConfig
from intentfeed.explain.item_facts import ItemFacts
from intentfeed.explain.trade import Features, Trade

from .outfitter import outfitter

CATALOG = outfitter()
TRADE = Trade.fit(CATALOG, FactsConfig())


def test_a_modifier_stands_before_a_noun_and_is_not_the_noun() -> None:
    assert TRADE.is_modifier("Ultralight")
    assert not TRADE.is_modifier("tent")
    assert not TRADE.is_modifier("never said")


def test_features_are_what_attributes_and_titles_share_but_for_the_brand() -> None:
    told = {(it.field, it.text) for it in Features(CATALOG, TRADE).of(CATALOG.row_of["tent05"])}
    assert {("feature", "ultralight"), ("colour", "olive")} <= told
    assert not {text for _, text in told} & {"Velm", "velm"}


def test_the_trade_comes_back_from_disk(tmp_path: Path) -> None:
    TRADE.save(tmp_path)
    facts, again = (ItemFacts(CATALOG, trade, domain="shop") for trade in (TRADE, Trade.load(tmp_path)))
    assert all(again.of(row) == facts.of(row) for row in range(len(CATALOG)))
