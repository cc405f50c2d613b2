"""What people say: true of what they mean, about what they see, the same in every run, and nothing ahead of time."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest

from intentfeed.simulate.episodes import Casting
from intentfeed.simulate.persona import PersonaConfig, draw_persona
from intentfeed.simulate.shopper import Episode, Mind, Shopper
from intentfeed.simulate.slots import off

from .shelf import shelf_cases, shelf_traits

TRAITS = shelf_traits()
SHOPPER = Shopper(TRAITS)
MULTI, _ = Casting(TRAITS).cast(shelf_cases(), "multi")
DRIFT, _ = Casting(TRAITS).cast(shelf_cases(), "drift")
SINGLE, _ = Casting(TRAITS).cast(shelf_cases(), "single")
FEED = tuple(range(100, 110))


def test_every_demand_is_true_of_what_is_meant():
    rng = np.random.default_rng(5)
    for episode in (*MULTI, *SINGLE, *DRIFT):
        for number in range(1, 5):
            rows = tuple(rng.permutation(120)[:10].tolist())
            for slot in SHOPPER.intention(episode, Mind(), rows, number).slots:
                assert TRAITS.meets(slot.demand)[episode.target(number)], slot


def test_nobody_asks_for_what_the_feed_has_already():
    for episode in MULTI:
        for slot in SHOPPER.intention(episode, Mind(), FEED, 1).slots:
            if slot.demand.polarity == "positive":
                trait = next(trait for trait in TRAITS.of(episode.target(1)) if trait.key == slot.key)
                assert off(trait, FEED, TRAITS) > 0.5


def test_a_complaint_names_what_several_shown_items_have():
    complaints = [
        slot for episode in MULTI for slot in SHOPPER.intention(episode, Mind(), FEED, 1).slots
        if slot.demand.polarity == "negative"
    ]  # fmt: skip
    assert len(complaints) >= 10
    for slot in complaints:
        assert TRAITS.named(slot.demand)[list(FEED)].sum() >= 2


def test_one_demand_or_two_a_round_and_two_or_three_in_a_single_one():
    assert {len(SHOPPER.intention(episode, Mind(), FEED, 1).slots) for episode in MULTI} == {1, 2}
    single = [SHOPPER.intention(episode, Mind(), FEED, 1).slots for episode in SINGLE]
    assert {len(slots) for slots in single} == {2, 3}
    for slots in single:
        assert any("text" in type(slot.demand).__slots__ for slot in slots), "one is soft"
    share = np.mean([any(slot.demand.polarity == "negative" for slot in slots) for slots in single])
    assert 0.3 <= share <= 0.7


def test_half_of_the_first_commands_complain():
    asked = [SHOPPER.intention(episode, Mind(), FEED, 1) for episode in MULTI]
    assert np.mean([any(slot.complaint for slot in one.slots) for one in asked]) >= 0.5


def test_what_was_said_is_not_said_again():
    episode = MULTI[0]
    first = SHOPPER.intention(episode, Mind(), FEED, 1).slots
    wanted = [slot for slot in first if slot.demand.polarity == "positive" and slot.key not in ("price", "year")]
    mind = Mind(said=tuple((slot.key, slot.demand) for slot in wanted))
    for number in (2, 3, 4):
        later = SHOPPER.intention(episode, mind, FEED, number).slots
        assert not {slot.key for slot in later} & {slot.key for slot in wanted}


def test_praise_when_the_target_is_among_the_first_five_and_not_behind():
    episode = MULTI[0]
    target = episode.target(1)
    others = [row for row in FEED if row != target]
    assert SHOPPER.intention(episode, Mind(), (*others[:4], target), 1).kind == "praise"
    assert SHOPPER.intention(episode, Mind(), (*others[:5], target), 1).kind != "praise"


def test_nothing_new_to_say_is_said_again_or_as_a_wish_for_more():
    kinds = set()
    for episode in MULTI:
        said = tuple((trait.key, TRAITS.demand(trait, trait.values[0])) for trait in TRAITS.of(episode.target(1))
                     if trait.values)  # fmt: skip
        numbers = tuple((trait.key, TRAITS.demand(trait, trait.number, op="le"))
                        for trait in TRAITS.of(episode.target(1)) if not trait.values)  # fmt: skip
        kinds.add(SHOPPER.intention(episode, Mind(said=(*said, *numbers, *numbers)), FEED, 2).kind)
    assert kinds == {"again", "more"}


# Determinism, and no look ahead


def test_the_same_in_every_run_and_in_any_company():
    again, _ = Casting(shelf_traits()).cast(shelf_cases(), "multi")
    assert again == MULTI
    alone, _ = Casting(TRAITS).cast(shelf_cases().take(np.array([7])), "multi")
    assert alone == [MULTI[7]]
    assert SHOPPER.intention(alone[0], Mind(), FEED, 1) == SHOPPER.intention(MULTI[7], Mind(), FEED, 1)


def test_another_seed_makes_other_people():
    other, _ = Casting(TRAITS, seed=1).cast(shelf_cases(), "multi")
    assert [one.persona for one in other] != [one.persona for one in MULTI]


def test_what_is_said_depends_on_the_first_ten_shown_and_on_nothing_later():
    for episode in MULTI:
        short = SHOPPER.intention(episode, Mind(), FEED, 1)
        assert SHOPPER.intention(episode, Mind(), (*FEED, 5, 6, 7), 1) == short
    assert set(inspect.signature(Shopper.intention).parameters) == {"self", "episode", "mind", "rows", "number"}


# Drift


def test_the_target_switches_once_at_the_second_or_third_command():
    assert {episode.drift_round for episode in DRIFT} == {2, 3}
    for episode in DRIFT:
        meant = [episode.target(number) for number in range(1, 6)]
        assert meant == [episode.targets[0]] * (episode.drift_round - 1) + [episode.targets[1]] * (
            6 - episode.drift_round
        )


def test_the_two_targets_differ_in_category_and_in_a_hard_field():
    catalog = TRAITS.catalog
    for episode, case in zip(DRIFT, shelf_cases().target.tolist(), strict=True):
        first, second = episode.targets
        assert second == case, "the real last item is the one that counts"
        assert catalog.category_I[first] != catalog.category_I[second]
        assert first not in episode.history
        assert any(catalog.field(first, name) != catalog.field(second, name) for name in ("brand", "price", "colour"))


def stale_mind(episode: Episode) -> Mind:
    category = next(trait for trait in TRAITS.of(episode.targets[0]) if trait.field == "category")
    return Mind(said=(("category", TRAITS.demand(category, category.values[0])),))


def test_most_changes_of_mind_are_said_as_such_and_take_back_what_is_stale():
    turns = [SHOPPER.intention(one, stale_mind(one), FEED, one.drift_round) for one in DRIFT]
    marked = [turn for turn in turns if turn.turned == "marked"]
    assert 0.5 <= len(marked) / len(turns) <= 0.9
    assert any(turn.reset for turn in marked)
    for turn in turns:
        assert turn.turned in ("marked", "unmarked")
        if turn.turned == "unmarked":
            assert not turn.stale
            assert not turn.reset


def test_what_the_second_target_does_not_meet_no_longer_counts():
    for episode in DRIFT:
        mind = stale_mind(episode)
        stale = SHOPPER.stale(episode, mind, episode.drift_round)
        assert stale == mind.active
        assert SHOPPER.turned(mind, stale).said == ()


# Patience


@pytest.mark.parametrize(("patience", "ends"), [(3, 3), (5, 5), (9, 5)])
def test_patience_runs_out_or_the_rounds_do(patience: int, ends: int):
    episode = replace(MULTI[0], persona=replace(MULTI[0].persona, patience=patience))
    assert [SHOPPER.gives_up(episode, n) for n in range(1, 6)] == [n >= ends for n in range(1, 6)]


def test_a_change_of_mind_brings_new_patience():
    episode = replace(DRIFT[0], drift_round=3, persona=replace(DRIFT[0].persona, patience=3))
    assert [SHOPPER.gives_up(episode, n) for n in range(1, 6)] == [False, False, False, False, True]


def test_personas_vary():
    drawn = [draw_persona(np.random.default_rng([0, n]), PersonaConfig()) for n in range(300)]
    assert {one.verbosity for one in drawn} == {"terse", "normal", "chatty"}
    assert {one.patience for one in drawn} == {3, 5}
    assert np.mean([one.complain for one in drawn]) >= 0.5
    assert 0.3 <= np.mean([one.vague for one in drawn]) <= 0.5
