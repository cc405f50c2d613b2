"""Where one person's behaviour leads, through which interest, and how the score is mixed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from intentfeed.intents.links import NONE, OWN, SHELF, TOGETHER
from intentfeed.intents.reach import Reach, ReachConfig, Reacher
from intentfeed.types import History, Interest
from tests.intents.shop import Shop, interest_in, leaves, past_of

HIKING, COOKING, MUSIC = "Outdoors > Hiking", "Kitchen > Cooking", "Music > Playing"
BOOTS, PANS, STRINGS = (
    f"{HIKING} > Hiking Boots",
    f"{COOKING} > Frying Pans",
    f"{MUSIC} > Guitar Strings",
)

PLAIN = {"interest_weight": 0, "query_weight": 0, "season_power": 0}
"""The votes of the items alone."""


def reacher(shop: Shop, **config: float) -> Reacher:
    return Reacher(shop.tagger.model, ReachConfig.model_validate({**PLAIN, **config}))


def reach(shop: Shop, history: History, *kept: Interest, month: int = 6, **config: float) -> Reach:
    found = reacher(shop, **config)
    return found.reach(found.read(history), kept, month=month)


def row(path: str) -> int:
    """Return the first item of a leaf."""
    return leaves().index(path) * 12


def code(shop: Shop, path: str) -> int:
    return shop.tagger.model.paths.index(path)


def test_own_shelf_and_company_are_told_apart(shop: Shop) -> None:
    found = reach(shop, past_of(("purchase", row(BOOTS), 9)))
    how = {path: int(found.led.how_C[code(shop, path)]) for path in leaves()}
    assert how[BOOTS] == OWN
    beside = {how[path] for path in leaves() if path.startswith(HIKING) and path != BOOTS}
    assert beside <= {SHELF, TOGETHER}
    assert beside
    assert found.led.how_C[0] == NONE


def test_only_behaviour_inside_an_interest_leads_anywhere(shop: Shop) -> None:
    both = past_of(("purchase", row(BOOTS), 9), ("purchase", row(PANS), 8))
    found = reach(shop, both, interest_in(HIKING))
    assert found.led.how_C[code(shop, BOOTS)] == OWN
    assert found.led.how_C[code(shop, PANS)] != OWN
    assert found.interest(code(shop, BOOTS)) == interest_in(HIKING)
    assert found.interest(code(shop, PANS)) is None
    assert reach(shop, both).led.how_C[code(shop, PANS)] == OWN, "without interests all of it counts"


def test_where_two_interests_cover_a_category_the_stronger_one_keeps_it(shop: Shop) -> None:
    strong, weak = interest_in("Outdoors"), interest_in(HIKING, number=2)
    assert reach(shop, past_of(("purchase", row(BOOTS), 9)), strong, weak).interest(code(shop, BOOTS)) == strong
    assert reach(shop, past_of(("purchase", row(BOOTS), 9)), weak, strong).interest(code(shop, BOOTS)) == weak


def test_a_search_reaches_its_category_only_inside_an_interest(shop: Shop) -> None:
    asked = past_of(("purchase", row(BOOTS), 9), ("search", "bamboo violin bow", 3))
    bows = code(shop, f"{MUSIC} > Violin Bows")
    assert reach(shop, asked).query_of == {bows: 0}
    assert bows not in reach(shop, asked, interest_in(HIKING)).query_of
    music = reach(shop, asked, interest_in(HIKING), interest_in(MUSIC, number=2))
    assert music.query_of == {bows: 0}
    assert music.interest(bows) == interest_in(MUSIC, number=2)


def test_a_search_weighs_as_much_as_it_is_told_to(shop: Shop) -> None:
    asked = past_of(("purchase", row(BOOTS), 9), ("search", "bamboo violin bow", 3))
    bows = code(shop, f"{MUSIC} > Violin Bows")
    without, with_ = (reach(shop, asked, query_weight=weight).score_C for weight in (0.0, 0.4))
    assert with_[bows] == pytest.approx(0.6 * without[bows] + 0.4, rel=1e-5)
    assert with_.sum() == pytest.approx(1, rel=1e-5)


def test_a_long_interest_weighs_where_its_evidence_lies(shop: Shop) -> None:
    both = past_of(("purchase", row(PANS), 400), *(("detail_view", row(BOOTS) + at, 5) for at in range(12)))
    held = interest_in(COOKING)
    without, with_ = (reach(shop, both, held, interest_weight=weight).score_C for weight in (0.0, 0.5))
    assert with_[code(shop, PANS)] == pytest.approx(0.5 * without[code(shop, PANS)] + 0.5, rel=1e-5)


def test_the_season_moves_the_score_by_its_power(shop: Shop) -> None:
    model = shop.tagger.model
    lift_CM = model.lift_CM.copy()
    lift_CM[code(shop, BOOTS), 0] = 4.0
    winter = Reacher(replace(model, lift_CM=lift_CM), ReachConfig(season_power=0.5))
    past = winter.read(past_of(("purchase", row(BOOTS), 9)))
    january, june = (winter.reach(past, (), month=month).score_C[code(shop, BOOTS)] for month in (1, 6))
    assert january == pytest.approx(2 * june * model.lift_CM[code(shop, BOOTS), 5] ** -0.5, rel=1e-5)


def test_ranked_yields_the_best_and_the_best_of_every_interest(shop: Shop) -> None:
    both = past_of(("purchase", row(STRINGS), 300), *(("detail_view", row(BOOTS) + at, 5) for at in range(6)))
    found = reach(shop, both, interest_in(HIKING), interest_in(MUSIC, number=2))
    spoken = np.ones(len(found.score_C), dtype=np.bool_)
    ranked = list(found.ranked(spoken, 1))
    assert [held for _, _, held in ranked] == [0, 1]
    assert ranked[0][1] >= ranked[1][1]
    everything = [at for at, _, _ in found.ranked(spoken, 10_000)]
    assert len(set(everything)) == len(everything)
    assert not list(found.ranked(np.zeros_like(spoken), 10)), "what cannot be said is no tag"


def test_what_is_missed_is_what_votes_name_and_nothing_leads_to(shop: Shop) -> None:
    found = reach(shop, past_of(("purchase", row(BOOTS), 9), ("purchase", row(PANS), 1)), interest_in(HIKING))
    spoken = np.ones(len(found.score_C), dtype=np.bool_)
    missed = found.missed(spoken, 20)
    assert code(shop, PANS) in missed
    assert all(found.led.how_C[at] == NONE for at in missed)
    assert "hangs on no kept interest" in found.why_missed(code(shop, PANS), shop.tagger.model.paths)


def test_nobody_known_reaches_nothing(shop: Shop) -> None:
    found = reach(shop, past_of())
    assert not list(found.ranked(np.ones(len(found.score_C), dtype=np.bool_), 50))
    assert reach(shop, past_of(), interest_in()).interest_C.max() == -1
