"""Tags of the small shop: about the right things, for true reasons, and the same each time."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.intents.constraints import Draft, diversity
from intentfeed.intents.grounded import GroundedTagger, TaggerConfig
from intentfeed.intents.tag import Tagger
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.retrieval.neighbours import ItemNeighbours
from intentfeed.types import ACTIONS, History, Interactions, Tag
from tests.intents.shop import BRANDS, MATERIALS, MODIFIERS, Shop, interest_in, past_of

HIKING, COOKING = "Outdoors > Hiking", "Kitchen > Cooking"
WALKER = past_of(("detail_view", 0, 200), ("purchase", 14, 100), ("detail_view", 3, 60), ("favorite", 30, 55))


def tags_of(shop: Shop, history: History, *interests: str) -> list[Tag]:
    """Return the tags of a history with one interest for each category given."""
    kept = [interest_in(path, number=number) for number, path in enumerate(interests, start=1)]
    return shop.tagger.tag(history, kept, shop.today)


def test_it_is_a_tagger(shop: Shop) -> None:
    tagger: Tagger = shop.tagger
    assert tagger.backend == "grounded"


def test_fifty_distinct_tags_in_rank_order(shop: Shop) -> None:
    tags = tags_of(shop, WALKER, HIKING)
    assert len(tags) == 50
    assert len({tag.tag for tag in tags}) == 50
    assert [tag.rank for tag in tags] == list(range(1, 51))
    assert all(one.score >= two.score for one, two in pairwise(tags))


def test_the_first_tags_name_the_likely_categories_once_each(shop: Shop) -> None:
    tags = tags_of(shop, WALKER, HIKING)
    first = [tag.category for tag in tags[:5]]
    assert len(set(first)) == 5
    assert all(category.startswith(HIKING) for category in first)


def test_phi_maps_each_tag_to_its_category(shop: Shop) -> None:
    tags = tags_of(shop, WALKER, HIKING)
    assert shop.tagger.phi.predict([tag.tag for tag in tags]) == [tag.category for tag in tags]


def test_no_brand_no_model_and_a_modifier_each(shop: Shop) -> None:
    for tag in tags_of(shop, WALKER, HIKING):
        words = set(tag.tag.split(" "))
        assert not words & {brand.lower() for brand in BRANDS}
        assert words & {*MODIFIERS, *MATERIALS} or " " in tag.tag


def test_every_tag_hangs_on_a_given_interest_and_cites_own_events(shop: Shop) -> None:
    tags = tags_of(shop, WALKER, HIKING)
    assert {tag.interest_id for tag in tags} == {"matched interest_01"}
    assert {tag.interest_key for tag in tags} == {"key 1"}
    assert all(tag.event_ids and set(tag.event_ids) <= set(WALKER.event_id.tolist()) for tag in tags)


def test_reasons_count_what_is_there(shop: Shop) -> None:
    place = {event_id: at for at, event_id in enumerate(WALKER.event_id.tolist())}
    deed = {"viewed": "detail_view", "bought": "purchase", "saved": "favorite"}
    seen = 0
    for tag in tags_of(shop, WALKER):
        cited = [place[event_id] for event_id in tag.event_ids]
        leaf = re.search(r"× in ([^,;]+), last “(.+?)”", tag.reason)
        assert leaf, tag.reason
        paths = [shop.catalog.frame["category"][int(WALKER.item[at])] for at in cited]
        assert {path.rpartition(" > ")[2] for path in paths} == {leaf.group(1)}
        assert shop.catalog.titles[int(WALKER.item[cited[0]])].startswith(leaf.group(2).rstrip("…"))
        for verb, n in re.findall(r"(viewed|bought|saved) (\d+)×", tag.reason):
            assert sum(ACTIONS[WALKER.action[at]] == deed[verb] for at in cited) == int(n)
            seen += 1
    assert seen >= 50


def test_people_who_have_both_are_counted_right(shop: Shop) -> None:
    paths = np.array(shop.catalog.frame["category"].to_list())
    has: dict[int, set[str]] = {}
    for user, item in zip(shop.log.user.tolist(), shop.log.item.tolist(), strict=True):
        has.setdefault(user, set()).add(paths[item].rpartition(" > ")[2])
    told = 0
    for tag in tags_of(shop, WALKER):
        found = re.search(
            r"× in ([^,;]+),.*; (\d+) of (\d+) people .* something in ([^,;]+)(?:, ([\d.]+) times as often)?",
            tag.reason,
        )
        if found:
            source, both, have, target, lift = found.groups()
            assert int(have) == sum(source in own for own in has.values())
            assert int(both) == sum({source, target} <= own for own in has.values())
            at_large = sum(target in own for own in has.values()) / len(has)
            assert lift is None or abs(int(both) / int(have) / at_large - float(lift)) <= 0.051
            told += 1
    assert told >= 3


def test_two_interests_both_get_tags(shop: Shop) -> None:
    both = past_of(("purchase", 0, 300), ("purchase", 60, 290), ("detail_view", 75, 200), ("detail_view", 14, 100))
    tags = tags_of(shop, both, HIKING, COOKING)
    assert {tag.interest_id for tag in tags[:6]} == {"matched interest_01", "matched interest_02"}
    for tag in tags:
        assert tag.category.startswith(HIKING if tag.interest_id.endswith("01") else COOKING) or "people" in tag.reason


def test_behaviour_outside_the_interests_leads_nowhere(shop: Shop) -> None:
    gift = past_of(("purchase", 0, 300), ("detail_view", 14, 200), ("purchase", 180, 50))
    assert not [tag for tag in tags_of(shop, gift, HIKING) if tag.event_ids == (102,)]


def test_what_reaches_no_interest_is_refused_with_its_why(shop: Shop) -> None:
    walker = past_of(("detail_view", 0, 200), ("purchase", 14, 100), ("detail_view", 75, 60), ("favorite", 90, 55))
    tags, dropped = shop.tagger.consider(walker, [interest_in(HIKING)], shop.today)
    assert tags
    assert all(tag.category.startswith(HIKING) or "times as often" in tag.reason for tag in tags)
    whys = [drop.why for drop in dropped if drop.constraint == "interest"]
    assert [why for why in whys if re.search(r"\d+ of \d+ people with something in .+ have it too, [\d.]+ times", why)]


def test_further_phrases_come_from_own_categories_first(shop: Shop) -> None:
    drafts = [
        Draft(text=f"{path} {at}", category=path, score=1.0, own=path == "own")
        for path in ("own", "other")
        for at in range(6)
    ]
    kept = diversity(drafts, n=8, per_category=2).kept
    assert [draft.category for draft in kept].count("own") == 6
    assert len(kept) == 8


def test_without_interests_tags_hang_on_none(shop: Shop) -> None:
    tags = tags_of(shop, WALKER)
    assert tags
    assert {tag.interest_id for tag in tags} == {""}


def test_of_nobody_known_nothing_is_said(shop: Shop) -> None:
    assert tags_of(shop, past_of()) == []
    assert tags_of(shop, past_of(("impression", 3, 1)), HIKING) == []


def test_a_search_leads_to_what_it_means(shop: Shop) -> None:
    tags = tags_of(shop, past_of(("detail_view", 0, 100), ("search", "bamboo violin bow", 90)))
    (violin, *_) = [tag for tag in tags if tag.category.endswith("Violin Bows")]
    assert violin.event_ids == (101,)
    assert "searched for “bamboo violin bow”" in violin.reason
    assert violin.rank <= 6


def test_what_was_had_this_month_is_not_repeated(shop: Shop) -> None:
    had = shop.catalog.titles[14]
    old, new = past_of(("purchase", 0, 200), ("purchase", 14, 60)), past_of(("purchase", 0, 200), ("purchase", 14, 6))
    _, dropped = shop.tagger.consider(new, [], shop.today)
    fresh = [drop for drop in dropped if drop.constraint == "freshness"]
    assert fresh
    assert all(had in drop.why for drop in fresh)
    said = {tag.tag for tag in shop.tagger.tag(new, [], shop.today)}
    assert not said & {drop.text for drop in fresh}
    assert {drop.text for drop in fresh} & {tag.tag for tag in shop.tagger.tag(old, [], shop.today)}


def test_events_after_the_day_do_not_count_as_the_last_month(shop: Shop) -> None:
    _, dropped = shop.tagger.consider(past_of(("purchase", 14, 60), ("purchase", 14, -3)), [], shop.today)
    assert not [drop for drop in dropped if drop.constraint == "freshness"]


def test_the_own_taste_chooses_the_words(shop: Shop) -> None:
    bamboo = [row for row in range(60) if "Bamboo" in shop.catalog.titles[row]][:6]
    tags = tags_of(shop, past_of(*[("purchase", row, 300 - at) for at, row in enumerate(bamboo)]), HIKING)
    assert sum("bamboo" in tag.tag for tag in tags[:5]) >= 4


def test_the_same_person_gets_the_same_tags_whoever_is_asked_before(shop: Shop) -> None:
    before = tags_of(shop, WALKER, HIKING)
    tags_of(shop, past_of(("purchase", 200, 4)), "Music > Playing")
    assert tags_of(shop, WALKER, HIKING) == before


def test_a_fit_is_deterministic(shop: Shop) -> None:
    again = GroundedTagger.fit(shop.catalog, shop.log, encoder=shop.encoder, neighbours=shop.neighbours)
    assert again.tag(WALKER, [], shop.today) == shop.tagger.tag(WALKER, [], shop.today)


def test_saves_and_loads(shop: Shop, tmp_path: Path) -> None:
    shop.tagger.save(tmp_path)
    again = GroundedTagger.load(tmp_path, shop.catalog, encoder=shop.encoder, neighbours=shop.neighbours)
    for history in (WALKER, past_of(("purchase", 14, 6), ("search", "steel pots", 3))):
        assert again.tag(history, [], shop.today) == shop.tagger.tag(history, [], shop.today)
    assert not list(tmp_path.glob("*.pkl"))


def test_a_catalogue_that_has_grown_keeps_the_old_and_takes_the_new(shop: Shop, tmp_path: Path) -> None:
    shop.tagger.save(tmp_path)
    frame = shop.catalog.frame
    new = frame.head(1).with_columns(
        pl.lit("new1").alias("item_id"), pl.lit("Nimblo Carbon Hiking Boots").alias("title")
    )
    grown = Catalog(pl.concat([new, frame]))  # every row moves by one
    tagger = GroundedTagger.load(tmp_path, grown, encoder=shop.encoder, neighbours=shop.neighbours)
    moved = replace(WALKER, item=WALKER.item + 1)
    assert tagger.tag(moved, [], shop.today) == shop.tagger.tag(WALKER, [], shop.today)
    only_new = replace(past_of(("purchase", 0, 100)))
    tags = tagger.tag(only_new, [], shop.today)
    assert tags[0].category.startswith(HIKING)
    assert "Nimblo Carbon Hiking Boots" in tags[0].reason


def test_an_item_lies_in_the_category_that_it_has_now_whether_others_came_or_not(shop: Shop, tmp_path: Path) -> None:
    shop.tagger.save(tmp_path)
    frame = shop.catalog.frame
    moved = frame.with_columns(
        category=pl.when(pl.col("item_id") == "i0000").then(pl.lit(f"{COOKING} > Saucepans")).otherwise("category")
    )
    grown = pl.concat([moved, frame.tail(1).with_columns(item_id=pl.lit("new"))])
    for catalog in (Catalog(moved), Catalog(grown)):
        tagger = GroundedTagger.load(tmp_path, catalog, encoder=shop.encoder)
        tags = tagger.tag(past_of(("purchase", 0, 100)), [], shop.today)
        assert tags[0].category.startswith(COOKING)
        assert "in Saucepans" in tags[0].reason


@pytest.mark.parametrize("missing", ["category", "title", "both"])
def test_catalogues_without_text_or_category_do_not_crash(shop: Shop, missing: str) -> None:
    empty = [pl.lit("").alias(name) for name in ("category", "title") if missing in (name, "both")]
    catalog = Catalog(shop.catalog.frame.with_columns(empty))
    tagger = GroundedTagger.fit(
        catalog, shop.log, encoder=SvdEncoder.fit(catalog), neighbours=ItemNeighbours.fit(shop.log)
    )
    tags = tagger.tag(WALKER, [], shop.today)
    assert bool(tags) == (missing == "title")  # with category names there is something to say, else nothing is invented


def test_an_empty_log_is_legal(shop: Shop) -> None:
    none = np.zeros(0, np.int32)
    log = Interactions(
        none, none, none.astype(np.int8), none.astype(np.int64), none.astype(float), 0, len(shop.catalog)
    )
    tagger = GroundedTagger.fit(shop.catalog, log, encoder=shop.encoder, neighbours=ItemNeighbours.fit(log))
    assert tagger.tag(WALKER, [], shop.today)


def test_fewer_tags_can_be_asked_for(shop: Shop) -> None:
    tagger = GroundedTagger(TaggerConfig(n_tags=7), shop.tagger.model, shop.catalog, shop.encoder)
    assert len(tagger.tag(WALKER, [], shop.today)) == 7
