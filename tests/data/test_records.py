"""What goes into a table comes out of it, field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from intentfeed.data.records import interest_rows, interests_by_user, slate_of, slate_rows, tag_rows, tags_by_user
from intentfeed.data.schema import INTERESTS, SLATES, TAGS
from intentfeed.types import NO_REASON, Claim, Interest, Reason, Slate, SlateItem, Tag

INTEREST = Interest(
    user_id="u", interest_id="matched interest_01", key="category:Home", name="Home", listed=True, stage="stable",
    confidence=0.5, willingness="spontaneity", reasonableness="strong", status="ended", reason="why",
    event_ids=(3, 1), categories=("Home > Lamps",), since=date(2024, 1, 2), until=date(2024, 5, 6), was_named="Lamps",
)  # fmt: skip
TAG = Tag(
    user_id="u", rank=1, tag="red lamps", interest_id="matched interest_01", interest_key="category:Home",
    reason="why", category="Home > Lamps", score=0.25, event_ids=(),
)  # fmt: skip
REASON = Reason(
    text="You bought lamps", kind="interest", interest_key="category:Home", frame="f",
    claims=(Claim(kind="event", text="bought lamps", value="purchase", event_ids=(3, 1)),),
)  # fmt: skip


def shown(rank: int, reason: Reason = NO_REASON) -> SlateItem:
    return SlateItem(
        rank=rank, item_id=f"i{rank}", title="Lamp", score=1.5, sources=("tag", "user"), tag=None, interest_id=None,
        reason=reason,
    )  # fmt: skip


def test_interests_and_tags_come_back_as_they_were() -> None:
    other = replace(INTEREST, user_id="v", event_ids=())
    rows = interest_rows([INTEREST, other])
    assert rows.schema == INTERESTS
    assert interests_by_user(rows) == {"u": [INTEREST], "v": [other]}
    assert tag_rows([TAG]).schema == TAGS
    assert tags_by_user(tag_rows([TAG])) == {"u": [TAG]}


def test_a_slate_comes_back_with_its_reasons_in_order() -> None:
    slate = Slate(user_id="u", items=(shown(1, REASON), shown(2)))
    rows = slate_rows([slate])
    assert rows.schema == SLATES
    assert slate_of("u", rows.reverse()) == slate


def test_nothing_makes_a_table_of_the_right_columns() -> None:
    assert (interest_rows([]).schema, tag_rows([]).schema, slate_rows([]).schema) == (INTERESTS, TAGS, SLATES)
