"""The grounded explainer says only what holds, always the same, in many ways."""

import json
from collections import Counter
from pathlib import Path

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.explain.check import Verifier
from intentfeed.explain.config import ExplainConfig
from intentfeed.explain.explainer import season_of
from intentfeed.explain.frames import shipped
from intentfeed.explain.grounded import GroundedExplainer
from intentfeed.types import NO_REASON, Context

from .outfitter import LEAVES, SUMMER, WINTER, outfitter


@pytest.fixture(scope="module")
def explainer() -> GroundedExplainer:
    return GroundedExplainer.fit(outfitter(), ExplainConfig())


def pairs(explainer: GroundedExplainer) -> list[tuple[str, str, int]]:
    """Return each item alone, with its own category, its part of the shop, and a neighbour's category."""
    found = []
    for row, path in enumerate(explainer.catalog.frame["category"].to_list()):
        near = [other for other in LEAVES if other.split(" > ")[0] == path.split(" > ")[0]]
        names = ["", path, path.split(" > ")[0], near[row % len(near)]]
        found += [(f"category:{name}" if name else "", name.split(" > ")[-1], row) for name in names]
    return found


@pytest.mark.parametrize("context", [SUMMER, WINTER])
def test_every_reason_passes_the_check(explainer: GroundedExplainer, context: Context) -> None:
    verifier = Verifier(explainer.catalog)
    season = season_of(context.as_of)
    for key, name, row in pairs(explainer):
        for variant in range(6):
            reason = explainer.explain(key, name, row, context, variant=variant)
            assert reason.kind == ("interest" if key else "item")
            assert not verifier.check(reason, row, interest_name=name or None, season=season), reason


def test_no_frame_speaks_on_more_than_a_twentieth(explainer: GroundedExplainer) -> None:
    for alone in (True, False):
        frames = Counter(
            explainer.explain(key, name, row, SUMMER, variant=variant).frame
            for key, name, row in pairs(explainer)
            for variant in range(10)
            if alone is not bool(key)
        )
        assert max(frames.values()) <= 0.05 * frames.total()


def test_the_same_pair_gets_the_same_sentence_whatever_came_before(explainer: GroundedExplainer) -> None:
    fresh = GroundedExplainer(explainer.catalog, explainer.trade, ExplainConfig())
    some = pairs(explainer)[::-7]
    again = [fresh.explain(key, name, row, SUMMER) for key, name, row in some]
    assert again == [explainer.explain(key, name, row, SUMMER) for key, name, row in some]


def test_an_interest_reason_names_the_interest_and_cites_no_person(explainer: GroundedExplainer) -> None:
    reason = explainer.explain("category:Outdoor > Tents", "Tents", explainer.catalog.row_of["tent05"], SUMMER)
    (claim,) = [claim for claim in reason.claims if claim.kind == "interest"]
    assert claim.value is not None
    assert claim.value.casefold() == "tents"
    assert "tents" in reason.text.casefold()
    assert all(not claim.event_ids for claim in reason.claims)


def test_a_season_is_named_only_in_season(explainer: GroundedExplainer) -> None:
    rows = [row for row, path in enumerate(explainer.catalog.frame["category"].to_list()) if path.endswith("Tents")]
    in_summer, in_winter = (
        [explainer.explain("k", "Tents", row, context, variant=v).text for row in rows for v in range(20)]
        for context in (SUMMER, WINTER)
    )
    assert any("summer" in text.casefold() for text in in_summer)
    assert not any("summer" in text.casefold() or "winter" in text.casefold() for text in in_winter)


def test_what_is_of_the_interest_is_told_from_what_goes_with_it(explainer: GroundedExplainer) -> None:
    row = explainer.catalog.row_of["sleepingbag05"]
    beside = [explainer.explain("k", "Tents", row, SUMMER, variant=v).frame for v in range(60)]
    same = [explainer.explain("k", "Sleeping Bags", row, SUMMER, variant=v).frame for v in range(60)]
    assert not any("same" in frame for frame in beside)
    assert any("same" in frame for frame in same)


def test_a_possessive_name_stands_only_before_a_noun(explainer: GroundedExplainer) -> None:
    row = explainer.catalog.row_of["storybook05"]
    slots = {
        slot
        for variant in range(60)
        for slot in shipped().by_id[explainer.explain("k", "Children's", row, SUMMER, variant=variant).frame].slots
    }
    assert "label" in slots
    assert not slots & {"interest", "same"}


def test_a_name_too_long_for_any_frame_gets_no_interest_reason(explainer: GroundedExplainer) -> None:
    name = "Tents, Shelters, Tarps, Bivouacs, Hammocks, Awnings and Canopies"
    assert explainer.explain("k", name, 0, SUMMER) == NO_REASON


def test_an_item_without_any_text_has_nothing_to_say() -> None:
    bare = Catalog.of({"item_id": ["a", "b"]})
    explainer = GroundedExplainer.fit(bare, ExplainConfig())
    assert explainer.explain("", "", 0, SUMMER) == NO_REASON
    assert explainer.explain("items:a", "Items like a", 0, SUMMER).kind == "interest"


def test_films_speak_of_people_and_years() -> None:
    films = Catalog.of(
        {
            "item_id": [f"f{n}" for n in range(30)],
            "title": [f"Film {n}" for n in range(30)],
            "category": ["Drama", "Comedy", "War"] * 10,
            "attributes": [
                json.dumps(
                    {"directors": ["Agnes Varda"], "actors": ["Jean Gabin"], "genres": ["Drama", "Crime"], "year": 1962}
                )
            ]
            * 30,
        }
    )
    explainer = GroundedExplainer.fit(films, ExplainConfig())
    verifier = Verifier(films)
    texts = set()
    for row in range(30):
        for key, name in (("", ""), ("category:Drama", "Drama")):
            for variant in range(8):
                reason = explainer.explain(key, name, row, SUMMER, variant=variant)
                assert not verifier.check(reason, row, interest_name=name or None, season="summer"), reason
                texts.add(reason.text)
    assert {word for text in texts for word in ("Agnes Varda", "Jean Gabin", "1962", "crime") if word in text} == {
        "Agnes Varda", "Jean Gabin", "1962", "crime",
    }  # fmt: skip


def test_an_article_bends_to_what_follows(explainer: GroundedExplainer) -> None:
    texts = [
        f" {explainer.explain(key, name, row, SUMMER, variant=v).text}"
        for key, name, row in pairs(explainer)
        for v in range(8)
    ]
    wrong = ("a ultralight", "A ultralight", "a organic", "a illustrated", "an packable", "an grippy", "an forged")
    assert not any(f" {pair}" in text for text in texts for pair in wrong)
    assert any(" an " in text or " An " in text for text in texts)


def test_it_comes_back_from_disk(explainer: GroundedExplainer, tmp_path: Path) -> None:
    explainer.save(tmp_path)
    again = GroundedExplainer.load(tmp_path, explainer.catalog)
    for key, name, row in pairs(explainer)[::5]:
        assert again.explain(key, name, row, SUMMER) == explainer.explain(key, name, row, SUMMER)


def test_new_items_are_explained_by_what_was_fitted(explainer: GroundedExplainer, tmp_path: Path) -> None:
    explainer.save(tmp_path)
    frame = explainer.catalog.frame
    new = frame.tail(1).with_columns(item_id=frame["item_id"].tail(1) + "-new")
    grown = Catalog(frame.vstack(new))
    reason = GroundedExplainer.load(tmp_path, grown).explain("", "", len(grown) - 1, SUMMER)
    assert reason.kind == "item"
    assert not Verifier(grown).check(reason, len(grown) - 1, season="summer")
