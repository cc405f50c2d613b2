"""Where items have no text, a reason comes from the log: others chose this with something the person had."""

from pathlib import Path

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.explain.check import Verifier
from intentfeed.explain.events import lookup_of
from intentfeed.explain.together import Companions, chosen
from intentfeed.types import ACTION_CODE, History, Interactions

ITEMS = ["a", "b", "c", "d"]
CHOSEN = {"ann": "a", "bob": "ab", "cat": "ab", "dan": "bc", "eve": "d"}


def log(clicks: tuple[str, str] = ("eve", "a")) -> Interactions:
    acts = [(user, item, "purchase") for user, items in CHOSEN.items() for item in items] + [(*clicks, "click")]
    people = sorted(CHOSEN)
    return Interactions(
        user=np.array([people.index(user) for user, _, _ in acts], dtype=np.int32),
        item=np.array([ITEMS.index(item) for _, item, _ in acts], dtype=np.int32),
        action=np.array([ACTION_CODE[action] for *_, action in acts], dtype=np.int8),
        time_s=np.zeros(len(acts), dtype=np.int64),
        value=np.full(len(acts), np.nan),
        n_users=len(people),
        n_items=len(ITEMS),
    )


def history(user_id: str, items: str, action: str = "purchase") -> History:
    n = len(items)
    return History(
        user_id=user_id, attributes={}, event_id=np.arange(n, dtype=np.int64) + 40,
        action=np.full(n, ACTION_CODE[action], dtype=np.int8),
        item=np.array([ITEMS.index(item) for item in items], dtype=np.int32),
        time_s=np.arange(n, dtype=np.int64), value=np.full(n, np.nan), query=[None] * n,
    )  # fmt: skip


@pytest.fixture(scope="module")
def companions() -> Companions:
    return Companions.fit(log(), item_ids=ITEMS)


def test_others_are_people_beside_this_one_who_acted_deliberately(companions: Companions) -> None:
    ann, bob = chosen(history("ann", "a")), chosen(history("bob", "ab"))
    assert companions.others(0, 1, own=ann) == 2
    assert companions.others(0, 1, own=bob) == 1
    assert companions.others(0, 3, own=ann) == 0  # eve only clicked
    assert companions.others(0, 0, own=ann) == 0
    assert companions.others(0, -1, own=ann) == 0


def test_the_reason_cites_the_persons_own_event_and_holds(companions: Companions) -> None:
    own = history("ann", "da")
    reason = companions.explain(own, "b")
    assert reason is not None
    assert {event for claim in reason.claims for event in claim.event_ids} == {41}
    assert "purchase" in reason.text
    bare = Catalog.of({"item_id": ITEMS})
    verifier = Verifier(bare, together=companions)
    assert not verifier.check(reason, 1, events=lookup_of(own), own=chosen(own))
    assert verifier.check(reason, 1, events=lookup_of(own))  # one of the two may be the person


def test_nobody_counts_themselves(companions: Companions) -> None:
    assert companions.explain(history("bob", "ab"), "b") is None
    assert chosen(history("ann", "ab", "click")) == frozenset()


def test_one_other_person_is_not_enough(companions: Companions) -> None:
    assert companions.explain(history("ann", "b"), "c") is None
    assert companions.explain(history("ann", "a"), "nonesuch") is None


def test_what_came_after_the_fit_goes_with_nothing_yet(companions: Companions) -> None:
    own = history("ann", "aa")
    own.item[1] = len(ITEMS) + 2
    told = companions.explain(own, "b")
    assert told is not None
    assert {event for claim in told.claims for event in claim.event_ids} == {40}
    assert companions.others(0, len(ITEMS), own=()) == 0


def test_a_search_or_a_click_is_no_deed(companions: Companions) -> None:
    assert companions.explain(history("ann", "a", "click"), "b") is None


def test_every_deed_fits_the_length_rule(companions: Companions) -> None:
    bare = Catalog.of({"item_id": ITEMS})
    for action in ("purchase", "cart", "detail_view", "favorite", "rate", "tag", "review_read"):
        for n in range(40):
            own = history(f"ann{n}", "a", action)
            reason = companions.explain(own, "b")
            assert reason is not None
            assert not Verifier(bare, together=companions).check(reason, 1, events=lookup_of(own), own=chosen(own)), (
                reason.text
            )


def test_it_comes_back_from_disk(companions: Companions, tmp_path: Path) -> None:
    companions.save(tmp_path)
    again = Companions.load(tmp_path)
    assert again.explain(history("ann", "da"), "b") == companions.explain(history("ann", "da"), "b")
    assert again.others(0, 1, own={0, 1}) == 1


def test_nobody_is_named_on_disk(companions: Companions, tmp_path: Path) -> None:
    companions.save(tmp_path)
    with np.load(tmp_path / "companions.npz") as data:
        texts = {text for name in data.files if data[name].dtype.kind == "U" for text in data[name].tolist()}
    assert texts == set(ITEMS)
