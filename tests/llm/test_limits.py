"""How fast and how patient: paces, waits and outages, by a clock that the tests turn."""

from __future__ import annotations

import asyncio

import pytest

from intentfeed.llm.limits import BURST_S, FIRST_WAIT_S, LONGEST_WAIT_S, Outage, Pace, wait_s


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_no_limit_never_waits():
    pace = Pace(0, clock=Clock())
    assert [pace.take(10**9) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_a_pace_spreads_what_is_taken_over_the_minute():
    clock = Clock()
    pace = Pace(60, clock=clock)  # one a second
    assert [pace.take() for _ in range(4)] == [0.0, 1.0, 2.0, 3.0]
    clock.now = 3.5
    assert pace.take() == pytest.approx(0.5)


def test_a_lull_saves_up_no_more_than_a_burst():
    clock = Clock()
    pace = Pace(600, clock=clock)  # ten a second
    clock.now = 1_000.0
    free = sum(pace.take() == 0.0 for _ in range(100))
    assert 10 * BURST_S <= free <= 10 * BURST_S + 1


def test_over_any_long_stretch_the_limit_holds():
    clock = Clock()
    pace, sent = Pace(120, clock=clock), []
    for step in range(1_000):
        clock.now = step * 0.05
        sent.append(clock.now + pace.take(1))
    for start in (0.0, 100.0, 300.0):
        assert sum(start <= at < start + 60 for at in sent) <= 120 + 2 * BURST_S + 1


def test_more_tokens_than_a_minute_holds_are_owed_not_refused():
    clock = Clock()
    pace = Pace(1_000, clock=clock)
    assert pace.take(5_000) == 0.0
    assert pace.take(1) == pytest.approx(300.0)


def test_what_was_not_needed_is_given_back():
    clock = Clock()
    pace = Pace(600, clock=clock)
    pace.take(100)
    pace.give_back(90)
    assert pace.take() == pytest.approx(1.0)
    pace.give_back(-10)
    assert pace.take() == pytest.approx(2.1)


def test_waits_are_jittered_under_a_doubling_bound_and_repeatable():
    keys = [f"{n:032x}" for n in range(2_000)]
    for n_failed in (1, 2, 3, 4):
        waits = [wait_s(key, n_failed) for key in keys]
        bound = FIRST_WAIT_S * 2**n_failed
        assert max(waits) < bound
        assert sum(waits) / len(waits) == pytest.approx(bound / 2, rel=0.05)  # full jitter: the whole range
        assert waits == [wait_s(key, n_failed) for key in keys]
    assert max(wait_s(key, 1_000) for key in keys) < LONGEST_WAIT_S


def test_what_the_far_end_asks_for_is_a_lower_bound():
    waits = [wait_s(f"{n:032x}", 1, told_s=7.0) for n in range(500)]
    assert min(waits) >= 7.0
    assert max(waits) < 8.0
    assert len(set(waits)) > 400  # not all at once when the time is over
    assert wait_s("a" * 32, 1, told_s=0.0) == 0.0


def test_one_scouts_and_the_others_wait():
    async def play() -> list[str]:
        outage, seen = Outage(60.0), []

        async def call(key: str) -> None:
            await outage.hold(key, "refused")
            seen.append(key)
            if key == "a":
                await asyncio.sleep(0.05)
                assert seen == ["a"]  # the others are still held back
                outage.over()

        await asyncio.gather(call("a"), call("b"), call("c"))
        assert not outage.gone
        await outage.ended("d")
        return seen

    assert asyncio.run(play()) == ["a", "b", "c"]


def test_after_the_limit_nobody_waits_any_more():
    async def play() -> None:
        clock = Clock()
        outage = Outage(10.0, clock=clock)
        await outage.hold("a", "refused")
        assert not outage.gone
        clock.now = 10.5
        await outage.hold("a", "Connection refused")
        assert outage.gone
        await outage.ended("b")
        assert "Connection refused" in outage.said_of("http://there/v1")
        outage.over()
        assert not outage.gone

    asyncio.run(play())


def test_a_scout_that_leaves_makes_room_for_the_next():
    async def play() -> None:
        outage = Outage(60.0)
        await outage.hold("a", "refused")
        waiting = asyncio.create_task(outage.ended("b"))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        outage.leave("b")  # not its place to leave
        await asyncio.sleep(0.01)
        assert not waiting.done()
        outage.leave("a")
        await asyncio.wait_for(waiting, 5)

    asyncio.run(play())
