"""The five constraints, each on cases made by hand: what stays, what goes, and the reason told."""

from __future__ import annotations

import numpy as np

from intentfeed.intents.constraints import (
    Draft,
    diversity,
    interest_consistency,
    seasonal_relevance,
    semantic_precision,
    temporal_freshness,
)
from tests.intents.shop import Shop, interest_in


def draft(text: str, category: str = "Shop > Boots", *, score: float = 1.0, interest: str = "") -> Draft:
    """Return a draft."""
    return Draft(text=text, category=category, score=score, interest_id=interest)


def texts(drafts: list[Draft]) -> list[str]:
    """Return what the drafts say."""
    return [draft.text for draft in drafts]


def test_a_tag_hangs_on_a_kept_interest() -> None:
    boots = interest_in("Shop > Boots")
    drafts = [draft("warm boots", interest=boots.interest_id), draft("red boots"), draft("old boots", interest="other")]
    found = interest_consistency(drafts, [boots])
    assert texts(found.kept) == ["warm boots"]
    assert {dropped.why for dropped in found.dropped} == {"hangs on no kept interest"}


def test_without_interests_a_tag_may_hang_on_none() -> None:
    assert texts(interest_consistency([draft("warm boots")], []).kept) == ["warm boots"]


def test_what_was_rejected_is_not_tagged_unless_a_kept_interest_covers_it_too() -> None:
    boots = interest_in("Shop > Boots")
    gifts = interest_in("Shop > Dolls", "Shop > Boots", number=2, status="rejected", name="dolls")
    drafts = [
        draft(text, path, interest=boots.interest_id)
        for text, path in (("a b", "Shop > Boots"), ("c d", "Shop > Dolls"))
    ]
    found = interest_consistency(drafts, [boots, gifts])
    assert texts(found.kept) == ["a b"]
    assert "dolls was rejected" in found.dropped[0].why


def test_brands_vague_words_single_words_and_lists_are_not_precise() -> None:
    said = ["acme boots", "gift set", "boots", "boots & shoes", "tents", "waterproof boots"]
    found = semantic_precision(
        [draft(text) for text in said], vague={"set", "gift"}, brands={"acme"}, specific={"tent"}
    )
    assert texts(found.kept) == ["tents", "waterproof boots"]
    assert [dropped.why.split(" ")[0] for dropped in found.dropped] == ["names", "is", "is", "names"]


def test_freshness_goes_by_meaning_where_the_strings_differ(shop: Shop) -> None:
    had = "Quorvex X300 Boot for Hiking, Carbon and Waterproof, 9 cm"
    drafts = [draft("waterproof carbon hiking boots"), draft("bamboo violin bows")]
    encode = shop.encoder.encode
    found = temporal_freshness(
        drafts, encode(texts(drafts)), encode([had]), threshold=shop.tagger.model.repeat_cosine, names=[had]
    )
    assert texts(found.kept) == ["bamboo violin bows"]
    assert found.dropped[0].text == "waterproof carbon hiking boots"
    assert found.dropped[0].text not in had.lower()
    assert had in found.dropped[0].why


def test_freshness_drops_nothing_where_nothing_was_met() -> None:
    drafts = [draft("warm boots")]
    nothing = np.zeros((0, 4), np.float32)
    assert temporal_freshness(drafts, np.ones((1, 4), np.float32), nothing, threshold=0.1, names=[]).kept == drafts


def test_the_threshold_is_calibrated_between_same_and_different(shop: Shop) -> None:
    model = shop.tagger.model
    own = shop.encoder.encode(["professional steel hiking boots"]) @ model.title_ID[3]
    other = shop.encoder.encode(["bamboo hiking boots"]) @ model.title_ID[3]
    assert other[0] < model.repeat_cosine <= own[0] + 0.05


def test_out_of_season_goes() -> None:
    drafts = [draft("snow boots", "Boots"), draft("beach towels", "Towels"), draft("warm mugs", "Mugs")]
    found = seasonal_relevance(drafts, {"Boots": 1.9, "Towels": 0.2}, least=0.4)
    assert texts(found.kept) == ["snow boots", "warm mugs"]
    assert "0.2 times" in found.dropped[0].why


def test_diversity_caps_each_category_and_says_things_once() -> None:
    drafts = [draft(f"tag {at}", f"c{at % 3}") for at in range(12)] + [draft("tag 0", "c9")]
    found = diversity(drafts, n=6, per_category=2)
    assert texts(found.kept) == [f"tag {at}" for at in range(6)]
    assert len(found.dropped) == 7


def test_diversity_lifts_its_cap_before_it_gives_too_few() -> None:
    drafts = [draft(f"tag {at}", f"c{at % 2}") for at in range(20)]
    assert len(diversity(drafts, n=15, per_category=2).kept) == 15
