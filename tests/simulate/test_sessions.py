"""Sessions end when they should, the recommender is told nothing it may not know, and every round is kept."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from intentfeed.commands.records import read_demand
from intentfeed.simulate.episodes import Casting
from intentfeed.simulate.gold import Gold
from intentfeed.simulate.phrasing import Said, TemplatePhraser
from intentfeed.simulate.sessions import Asked, Feed, Played, after, play, write_samples
from intentfeed.simulate.shopper import Episode, Mind, Shopper
from intentfeed.types import History

from .shelf import shelf_cases, shelf_traits

TRAITS = shelf_traits()
SHOPPER = Shopper(TRAITS)
FIRST = tuple(range(100, 110))


class Heeding:
    """Ranks by how many of the gold demands an item meets: what understanding alone can do."""

    name = "heeding"

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.opened: list[Asked] = []

    def open(self, asked: Asked) -> Feed:
        self.opened.append(asked)
        return Feed(rows=asked.first, state=(asked.episode_id, Mind()))

    def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
        episode_id, mind = feed.state
        self.heard.append((episode_id, text))
        mind = after(mind, Said(text=text, gold=gold, keys=tuple("" for _ in gold.add)))
        met = np.sum([TRAITS.meets(demand) for demand in mind.active], axis=0) * np.ones(120)
        return Feed(rows=tuple(np.argsort(-met, kind="stable").tolist()), state=(episode_id, mind))


class Deaf(Heeding):
    """Shows the same for ever."""

    name = "deaf"

    def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
        self.heard.append((feed.state[0], text))
        return feed


def asked_of(episodes: list[Episode]) -> list[Asked]:
    return [
        Asked(episode_id=episode.episode_id, user_id=episode.user_id, history=History.of_items(episode.history),
              first=FIRST)
        for episode in episodes
    ]  # fmt: skip


def played(scenario, loop, **more) -> list[Played]:
    episodes, left = Casting(TRAITS, **more).cast(shelf_cases(), scenario)
    assert not left
    return play(loop, asked_of(episodes), episodes, SHOPPER, TemplatePhraser(TRAITS))


def fresh(sessions: list[Played]) -> list[Played]:
    """Return those that the first feed does not satisfy already."""
    return [one for one in sessions if not set(one.episode.targets) & set(FIRST[:5])]


def test_understanding_helps_and_deafness_does_not():
    heeding, deaf = fresh(played("multi", Heeding())), fresh(played("multi", Deaf()))
    assert np.mean([one.passed_at > 0 for one in heeding]) >= 0.7
    assert not any(one.passed_at for one in deaf)


def test_a_session_ends_when_content_or_weary_or_out_of_rounds():
    for one in fresh(played("multi", Heeding())):
        ends = [play.satisfied for play in one.rounds]
        assert not any(ends[:-1])
        assert one.passed_at == (len(ends) if ends[-1] else 0)
        assert (one.closing is not None) == ends[-1]
        assert ends[-1] or len(ends) == min(one.episode.persona.patience, 5)
    assert {len(one.rounds) for one in played("single", Heeding())} == {1}


def test_with_drift_only_the_second_target_counts():
    sessions = fresh(played("drift", Heeding()))
    for one in sessions:
        for round_ in one.rounds:
            assert round_.target == one.episode.target(round_.number)
        if one.passed_at:
            assert one.passed_at >= one.episode.drift_round
            assert one.rounds[-1].target == one.episode.targets[1]
    content_before = [
        round_ for one in sessions for round_ in one.rounds
        if round_.satisfied and round_.number < one.episode.drift_round
    ]  # fmt: skip
    assert content_before, "somebody is content before the change of mind"
    assert 0.3 <= np.mean([one.passed_at > 0 for one in sessions]) < 1


def test_conditions_of_the_first_target_are_inactive_after_the_change_of_mind():
    for one in played("drift", Heeding()):
        for round_ in one.rounds:
            for demand in round_.active:
                assert TRAITS.meets(demand)[round_.target], (one.episode.episode_id, round_.number, demand)


def test_the_recommender_is_told_nothing_of_what_is_meant():
    loop = Heeding()
    sessions = played("drift", loop)
    assert {field.name for field in fields(Asked)} == {"episode_id", "user_id", "history", "first", "today"}
    meant = {one.episode.episode_id: one.episode.targets for one in sessions}
    for asked in loop.opened:
        assert not set(meant[asked.episode_id]) & set(asked.history.item.tolist())
    for episode_id, text in loop.heard:
        for target in meant[episode_id]:
            assert TRAITS.catalog.item_ids[target] not in text
            assert TRAITS.catalog.titles[target].lower() not in text.lower()
    for one in sessions:
        for round_ in one.rounds:
            for demand in round_.said.gold.add:
                assert demand.quote.casefold() in round_.said.text.casefold(), "gold says no more than the words do"


def test_no_round_looks_ahead():
    """Two recommenders that show the same until round 2 hear the same until then, whatever they show later."""

    class Late(Heeding):
        def command(self, feed: Feed, text: str, gold: Gold) -> Feed:
            n = sum(1 for episode_id, _ in self.heard if episode_id == feed.state[0])
            found = super().command(feed, text, gold)
            return found if n < 1 else replace(found, rows=FIRST)

    one, other = Heeding(), Late()
    first, second = played("multi", one), played("multi", other)
    for left, right in zip(first, second, strict=True):
        assert [round_.said for round_ in left.rounds[:2]] == [round_.said for round_ in right.rounds[:2]]


def test_the_same_in_every_run_and_in_any_company():
    whole = played("drift", Heeding())
    assert [one.rounds[0].said for one in whole] == [one.rounds[0].said for one in played("drift", Heeding())]
    episodes, _ = Casting(TRAITS).cast(shelf_cases(), "drift")
    alone = play(Heeding(), asked_of(episodes[5:6]), episodes[5:6], SHOPPER, TemplatePhraser(TRAITS))[0]
    assert [round_.said for round_ in alone.rounds] == [round_.said for round_ in whole[5].rounds]
    assert alone.passed_at == whole[5].passed_at


def test_half_of_all_commands_complain():
    sessions = fresh(played("multi", Heeding()))
    said = [round_.said for one in sessions for round_ in one.rounds if round_.said.gold.add]
    assert np.mean([one.complaints > 0 for one in said]) >= 0.5


def test_the_gold_memory_heeds_the_newest():
    for one in played("multi", Deaf()):
        for round_ in one.rounds:
            numbers = [demand.field for demand in round_.active if getattr(demand, "field", "") in ("price", "year")]
            assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("depth", [5, 10, 50])
def test_found_at_a_depth_is_no_later_than_the_pass(depth: int):
    for one in fresh(played("multi", Heeding())):
        if one.passed_at:
            assert 1 <= one.found_at(depth) <= one.passed_at


def test_every_round_is_kept_as_a_line_of_json(tmp_path):
    sessions = played("drift", Heeding())
    n = write_samples(tmp_path / "rounds.jsonl", sessions, TRAITS.catalog.item_ids, "heeding")
    lines = [json.loads(line) for line in (tmp_path / "rounds.jsonl").read_text().splitlines()]
    assert len(lines) == n == sum(len(one.rounds) for one in sessions)
    assert [path.name for path in tmp_path.iterdir()] == ["rounds.jsonl"]
    rounds = [round_ for one in sessions for round_ in one.rounds]
    for line, round_ in zip(lines, rounds, strict=True):
        assert line["command"] == round_.said.text
        assert tuple(read_demand(held) for held in line["gold"]["add"]) == round_.said.gold.add
        assert tuple(read_demand(held) for held in line["gold_after"]) == round_.active
        assert len(line["feed"]) == len(line["next_feed"]) == 10
