from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from intentfeed.interests.profile import merge
from intentfeed.types import Interest

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def interest(key: str, events: tuple[int, ...], *, number: int = 1, **changes: object) -> Interest:
    base = Interest(
        user_id="u", interest_id=f"matched interest_{number:02d}", key=key, name=key.title(), listed=True,
        stage="active", confidence=0.8, willingness="spontaneity", reasonableness="strong", status="kept",
        reason="seen", event_ids=events, since=MAY, mined_on=MAY,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def test_the_first_refresh_is_what_was_mined() -> None:
    mined = [interest("a", (1, 2)), interest("b", (3, 4), number=2)]
    assert merge([], mined, as_of=MAY) == mined


def test_an_interest_that_is_mined_again_keeps_its_id_and_first_date() -> None:
    standing = [interest("b", (3, 4), number=7)]
    (after,) = merge(standing, [interest("b", (3, 4, 5), since=JUNE)], as_of=JUNE)
    assert (after.interest_id, after.since, after.event_ids) == ("matched interest_07", MAY, (3, 4, 5))
    assert after.was_named is None


def test_the_same_evidence_under_another_key_is_a_rename() -> None:
    standing = [interest("shoes", (1, 2, 3))]
    (after,) = merge(standing, [interest("running", (1, 2, 3, 4), number=5)], as_of=JUNE)
    assert (after.name, after.was_named, after.interest_id) == ("Running", "Shoes", "matched interest_01")


def test_an_interest_that_is_not_mined_again_ends_with_the_reason_of_its_rejection() -> None:
    standing = [interest("a", (1, 2))]
    (ended, rejected) = merge(standing, [interest("a", (1,), status="rejected", reason="a single view")], as_of=JUNE)
    assert (ended.status, ended.until, ended.reason) == ("ended", JUNE, "a single view")
    assert rejected.status == "rejected"
    assert ended.interest_id != rejected.interest_id
    assert merge([ended], [], as_of=JULY)[0].until == JUNE


def test_an_ended_interest_comes_back_under_its_id() -> None:
    (ended,) = merge([interest("a", (1, 2))], [], as_of=JUNE)
    (back,) = merge([ended], [interest("a", (1, 2, 9), number=3)], as_of=JULY)
    assert (back.status, back.until, back.interest_id) == ("kept", None, "matched interest_01")


def test_a_new_interest_never_takes_the_id_of_an_ended_one() -> None:
    standing = merge([interest("a", (1, 2))], [], as_of=JUNE)
    after = merge(standing, [interest("b", (8, 9))], as_of=JULY)
    assert [i.interest_id for i in after] == ["matched interest_02", "matched interest_01"]


mined_lists = st.lists(
    st.tuples(
        st.sampled_from("abcdef"), st.sets(st.integers(0, 30), min_size=1), st.sampled_from(["kept", "rejected"])
    ),
    max_size=6,
    unique_by=lambda row: row[0],
).map(
    lambda rows: [
        interest(key, tuple(sorted(events)), number=n + 1, status=status)
        for n, (key, events, status) in enumerate(rows)
    ]
)


@given(st.lists(mined_lists, min_size=1, max_size=4))
def test_over_any_refreshes_ids_are_unique_and_nothing_vanishes(refreshes: list[list[Interest]]) -> None:
    profile: list[Interest] = []
    for month, mined in enumerate(refreshes):
        before = {i.interest_id for i in profile if i.status != "rejected"}
        profile = merge(profile, mined, as_of=date(2026, month + 1, 1))
        ids = [i.interest_id for i in profile]
        assert len(set(ids)) == len(ids)
        assert before <= set(ids)
        assert {i.key for i in mined if i.status == "kept"} == {i.key for i in profile if i.status == "kept"}
        assert all((i.until is not None) == (i.status == "ended") for i in profile)


@given(mined_lists, mined_lists)
def test_nothing_new_changes_nothing(first: list[Interest], second: list[Interest]) -> None:
    profile = merge(merge([], first, as_of=MAY), second, as_of=JUNE)
    assert merge(profile, second, as_of=JULY) == profile
