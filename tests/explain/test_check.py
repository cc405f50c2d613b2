"""The check passes what is true and names what is wrong with the rest."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.explain.check import Verifier, verify
from intentfeed.types import NO_REASON, Claim, Reason

from .outfitter import interest_in, log_of, outfitter

CATALOG = outfitter()
TENT = CATALOG.row_of["tent01"]
TENTS = interest_in("Outdoor > Tents")
TRUE = Reason(
    text="Ultralight tent for tents and more",
    kind="interest",
    interest_key=TENTS.key,
    claims=(
        Claim(kind="item", text="Ultralight", item_field="feature", value="ultralight"),
        Claim(kind="item", text="tent", item_field="title", value="Tent"),
        Claim(kind="interest", text="tents", value="Tents", event_ids=(0, 1)),
    ),
)
"""As a free writer would put it: no frame."""
FRAMED = Reason(
    text="Something ultralight for tents",
    kind="interest",
    interest_key=TENTS.key,
    claims=(
        Claim(kind="item", text="ultralight", item_field="feature", value="ultralight"),
        Claim(kind="interest", text="tents", value="Tents", event_ids=(0, 1)),
    ),
    frame="feature-03",
)


def rules(reason: Reason, *, item: int = TENT, catalog: Catalog = CATALOG, **given) -> set[str]:  # type: ignore[no-untyped-def]
    given = {"interest": TENTS, "events": log_of(CATALOG), "season": "summer", **given}
    return {found.rule for found in verify(reason, catalog=catalog, item=item, **given)}


def item_claim(text: str, field: str, value: str, sentence: str = "One more in {}") -> Reason:
    """Return a free writer's sentence with one claim about the item."""
    claim = Claim(kind="item", text=text, item_field=field, value=value)
    return Reason(text=sentence.format(text), kind="item", claims=(claim,))


@pytest.mark.parametrize("reason", [TRUE, FRAMED])
def test_what_is_true_passes(reason: Reason) -> None:
    assert rules(reason) == set()


def test_no_reason_is_no_violation() -> None:
    assert rules(NO_REASON) == set()
    assert rules(replace(NO_REASON, text="Just so, for you")) == {"kind"}


@pytest.mark.parametrize("reason", [TRUE, FRAMED])
@pytest.mark.parametrize("word", ["waterproof", "titanium", "not", "never", "fur"])
def test_a_word_more_is_a_word_too_many(reason: Reason, word: str) -> None:
    assert "words" in rules(replace(reason, text=f"{word} {reason.text}"))


def test_a_frame_that_does_not_exist_is_no_excuse() -> None:
    assert "words" in rules(replace(TRUE, frame="nonesuch-01"))


def test_a_word_for_a_word_of_the_frame_is_seen() -> None:
    assert rules(replace(FRAMED, text="Nothing ultralight for tents")) == {"words"}


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("silk", "material", "silk"),
        ("plain", "feature", "plain"),
        ("red", "colour", "red"),
        ("waterproof", "waterproof", "true"),
        ("Velm", "brand", "Velm"),
        ("Harrow", "brand", "Harrow"),
        ("rugs", "category", "Rugs"),
        ("14.0", "price", "14.0"),
        ("blue", "colour", ""),
        ("blue", "", "blue"),
        ("red", "colour", "blue"),
        ("blue steel", "colour", "blue"),
    ],
)
def test_a_field_that_does_not_hold_it_is_named(text: str, field: str, value: str) -> None:
    assert "item" in rules(item_claim(text, field, value), interest=None)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("blue", "colour", "blue"),
        ("blue colour", "colour", "blue"),
        ("Harrow & Pike", "brand", "Harrow & Pike"),
        ("tents", "category", "Tents"),
        ("outdoor", "category", "Outdoor"),
        ("pack of 2", "title", "Pack of 2"),
        ("15", "price", "15"),
    ],
)
def test_a_field_that_holds_it_speaks(text: str, field: str, value: str) -> None:
    assert rules(item_claim(text, field, value), interest=None) == set()


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("Gloves, Latex Free", "latex"),
        ("Non Slip Tape", "slip"),
        ("Strap for Waterproof Watch", "waterproof"),
        ("Lamp with Bamboo Foot", "bamboo"),
        ("Glass-jar Blender", "glass"),
        ("Jacket, not Waterproof", "waterproof"),
        ("Rust Resistant Screws", "rust"),
        ("Strap for Garmin, Samsung", "samsung"),
    ],
)
def test_a_title_that_denies_or_undoes_a_word_does_not_say_it(title: str, word: str) -> None:
    one = Catalog.of({"item_id": ["x"], "title": [title]})
    assert rules(item_claim(word, "title", word, "And it is {}"), item=0, catalog=one, interest=None) == {"item"}


def test_a_compound_is_not_cut_short() -> None:
    one = Catalog.of({"item_id": ["x"], "title": ["Carbon Steel Pan"], "attributes": ['{"material": "carbon steel"}']})
    assert rules(item_claim("carbon", "title", "Carbon"), item=0, catalog=one, interest=None) == {"item"}
    assert rules(item_claim("carbon steel", "title", "Carbon Steel"), item=0, catalog=one, interest=None) == set()


def priced(value: str, item_id: str) -> set[str]:
    claims = (
        Claim(kind="item", text="ultralight tent", item_field="title", value="Ultralight Tent"),
        Claim(kind="item", text="gently priced", item_field="price", value=value),
    )
    text, frame = "Ultralight tent, gently priced", "itemprice-01"
    return rules(
        Reason(text=text, kind="item", claims=claims, frame=frame), item=CATALOG.row_of[item_id], interest=None
    )


def test_low_means_the_lowest_quarter_of_the_own_category() -> None:
    assert priced("lowest quarter of Outdoor > Tents", "tent01") == set()
    assert priced("lowest quarter of Outdoor > Tents", "tent05") == {"item"}
    assert priced("lowest quarter of Home > Rugs", "tent01") == {"item"}
    assert priced("highest quarter of Outdoor > Tents", "tent11") == {"item"}  # gently priced does not say that


def test_rare_means_few_of_the_own_category() -> None:
    def rare(field: str, value: str, item_id: str) -> set[str]:
        text = value if value != "true" else field
        claims = (
            Claim(kind="item", text="Tents", item_field="category", value="Tents"),
            Claim(kind="item", text=text, item_field=field, value=value),
            Claim(kind="item", text="Rare", item_field=field, value=f"{value} in few of Outdoor > Tents"),
        )
        reason = Reason(text=f"Rare in Tents: {text}", kind="item", claims=claims, frame="itemrare-01")
        return rules(reason, item=CATALOG.row_of[item_id], interest=None)

    assert rare("waterproof", "true", "tent00") == set()
    assert rare("colour", "blue", "tent01") == {"item"}


def test_the_season_is_that_of_the_day_and_of_the_item() -> None:
    claims = (
        Claim(kind="item", text="Tents", item_field="category", value="Tents"),
        Claim(kind="season", text="summer", value="summer"),
        Claim(kind="item", text="summer", item_field="season", value="summer"),
    )
    reason = Reason(text="Tents for summer", kind="item", claims=claims, frame="itemseason-02")
    assert rules(reason, interest=None) == set()
    assert rules(reason, interest=None, season="winter") == {"season"}
    assert "item" in rules(reason, interest=None, item=CATALOG.row_of["jam03"])


def test_an_interest_is_the_persons_own_and_kept() -> None:
    other = interest_in("Home > Rugs")
    assert "interest" in rules(FRAMED, interest=other)
    assert "interest" in rules(FRAMED, interest=replace(TENTS, name="Shelters"))
    assert "interest" in rules(FRAMED, interest=replace(TENTS, status="ended"))
    assert "interest" in rules(replace(FRAMED, interest_key=other.key))
    assert "interest" in rules(FRAMED, interest=None)
    assert "interest" in rules(replace(FRAMED, kind="item"))
    assert "interest" in rules(replace(TRUE, claims=TRUE.claims[:2]))


def test_its_events_are_its_own_and_the_persons() -> None:
    def citing(*event_ids: int) -> Reason:
        return replace(FRAMED, claims=tuple(
            replace(it, event_ids=event_ids) if it.kind == "interest" else it for it in FRAMED.claims))  # fmt: skip

    assert rules(citing(0, 2)) == set()
    assert rules(citing(4)) == {"evidence"}  # another person's
    assert rules(citing(3)) == {"evidence"}  # hers, of another interest
    assert rules(citing(99)) == {"evidence"}
    theirs = replace(TENTS, event_ids=(0, 4))
    assert rules(citing(4), interest=theirs) == {"evidence"}  # as if mined wrongly


def test_an_interest_stays_near_where_it_leads() -> None:
    jam = CATALOG.row_of["jam01"]
    plain = Reason(
        text="Straight to tents", kind="interest", interest_key=TENTS.key, frame="own-19",
        claims=(Claim(kind="interest", text="tents", value="Tents", event_ids=(0,)),),
    )  # fmt: skip
    assert rules(plain) == set()
    assert rules(plain, item=CATALOG.row_of["sleepingbag01"]) == set()  # under one parent
    assert rules(plain, item=jam) == {"relevance"}
    assert rules(plain, item=jam, related=("Kitchen > Jams, Jellies & Preserves",)) == set()


def test_an_interest_named_like_an_attribute_leads_to_what_has_it() -> None:
    olive = replace(TENTS, name="Olive", key="facet:colour=olive", categories=("Outdoor > Tents",))
    claims = (Claim(kind="interest", text="olive", value="Olive", event_ids=(0,)),)
    reason = Reason(text="Straight to olive", kind="interest", interest_key=olive.key, claims=claims, frame="own-19")
    assert rules(reason, interest=olive, item=CATALOG.row_of["tent02"]) == set()
    assert rules(reason, interest=olive, item=CATALOG.row_of["tent01"]) == {"relevance"}


class Pairs:
    """Knows that five people had both of two items."""

    def __init__(self, one: int, other: int) -> None:
        self.pair = {one, other}

    def others(self, item: int, other: int, *, own: Collection[int]) -> int:
        assert {item, other} <= set(own)
        return 5 if {item, other} == self.pair else 0


def test_a_deed_is_what_the_log_says_and_others_chose_both() -> None:
    jam = CATALOG.row_of["jam03"]
    verifier = Verifier(CATALOG, together=Pairs(TENT, jam))

    def found(word: str, action: str, event: int, item: int = TENT) -> set[str]:
        claims = (
            Claim(kind="event", text=word, value=action, event_ids=(event,)),
            Claim(kind="event", text="People pair this", value="together", event_ids=(event,)),
        )
        reason = Reason(text=f"People pair this with your {word}", kind="item", claims=claims)
        return {it.rule for it in verifier.check(reason, item, events=log_of(CATALOG))}

    assert found("purchase", "purchase", 3) == set()
    assert found("cart pick", "cart", 3) == {"event"}
    assert found("purchase", "purchase", 0) == {"event"}
    assert found("purchase", "purchase", 99) == {"event"}
    assert found("purchase", "purchase", 3, CATALOG.row_of["woolrug01"]) == {"event"}


def test_the_title_is_no_reason() -> None:
    title = CATALOG.titles[TENT]
    assert "title" in rules(item_claim(title, "title", title, "{}"), interest=None)
