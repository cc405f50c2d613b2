"""The planner: the four rules, what is wrong with a plan, and its repair."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentfeed.commands.planner import GroundedPlanner, plain_plan, problems, repaired
from intentfeed.commands.records import Memory, Plan, Step
from intentfeed.commands.toolbox import toolbox
from tests.commands.tooling import context, hard, soft, unwanted

TOOLS = toolbox()
CELLS = (hard("price", "le", 50.0), unwanted(hard("material", "eq", "plastic")), soft("color", "green"),
         unwanted(soft("about", "floral")))  # fmt: skip


def memory(*demands: Any) -> Memory:
    return context(*demands).memory


def plan_of(*steps: tuple[str, dict[str, Any]]) -> Plan:
    return tuple(Step(tool=tool, args=args) for tool, args in steps)


def test_every_kind_of_demand_has_its_tool_and_no_other_runs() -> None:
    assert plain_plan(GroundedPlanner().plan(memory())) == [
        {"tool": "matcher", "args": {"positive": [], "use_collab": True}},
        {"tool": "aggregator", "args": {}},
    ]
    tools = {
        "wanted hard": (CELLS[0], ["filter", "matcher", "aggregator"]),
        "unwanted hard": (CELLS[1], ["filter", "matcher", "aggregator"]),
        "wanted soft": (CELLS[2], ["matcher", "aggregator"]),
        "unwanted soft": (CELLS[3], ["matcher", "attenuator", "aggregator"]),
    }
    for demand, expected in tools.values():
        assert [step.tool for step in GroundedPlanner().plan(memory(demand))] == expected
    assert plain_plan(GroundedPlanner().plan(memory(*CELLS))) == [
        {"tool": "filter", "args": {"positive_hard": ["c1"], "negative_hard": ["c2"]}},
        {"tool": "matcher", "args": {"positive": ["c3"], "use_collab": True}},
        {"tool": "attenuator", "args": {"negative": ["c4"]}},
        {"tool": "aggregator", "args": {}},
    ]


FULL = (
    ("filter", {"positive_hard": ["c1"], "negative_hard": ["c2"]}),
    ("matcher", {"positive": ["c3"]}),
    ("attenuator", {"negative": ["c4"]}),
    ("aggregator", {}),
)
WRONG = {
    "nothing": ((), "c1"),
    "an unknown tool": ((*FULL[:3], ("delete_everything", {})), "no tool 'delete_everything'"),
    "a forgotten demand": ((("filter", {"positive_hard": ["c1"]}), *FULL[1:]), "nothing heeds c2"),
    "an id that is not there": ((*FULL[:1], ("matcher", {"positive": ["c3", "c9"]}), *FULL[2:]), "no such demand"),
    "an id of another cell": ((*FULL[:1], ("matcher", {"positive": ["c3", "c4"]}), *FULL[2:]), "no such demand"),
    "scoring before restricting": ((FULL[1], FULL[0], *FULL[2:]), "comes first"),
    "no merging": (FULL[:3], "exactly one step"),
    "merging twice": ((*FULL, FULL[3]), "twice"),
    "merging too early": ((FULL[0], FULL[3], *FULL[1:3]), "comes first"),
    "a tool twice": ((FULL[0], FULL[1], FULL[1], *FULL[2:]), "matcher stands there twice"),
    "an argument beyond the schema": (
        (*FULL[:1], ("matcher", {"positive": ["c3"], "user_id": "u7"}), *FULL[2:]), "its schema refuses",
    ),
    "an argument of another type": ((*FULL[:1], ("matcher", {"positive": 7}), *FULL[2:]), "its schema refuses"),
    "a number instead of an id": ((*FULL[:1], ("matcher", {"positive": [3]}), *FULL[2:]), "its schema refuses"),
}  # fmt: skip


def test_a_right_plan_is_left_alone() -> None:
    plan = plan_of(*FULL)
    assert problems(plan, memory(*CELLS), TOOLS) == []
    assert repaired(plan, memory(*CELLS), TOOLS) == (plan, False)
    swapped = plan_of(FULL[0], FULL[2], FULL[1], FULL[3])  # the two scorers may come in any order
    assert repaired(swapped, memory(*CELLS), TOOLS) == (swapped, False)


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_plan_is_told_and_replaced_by_the_rules(what: str) -> None:
    steps, why = WRONG[what]
    plan, held = plan_of(*steps), memory(*CELLS)
    assert why in " ".join(problems(plan, held, TOOLS))
    assert repaired(plan, held, TOOLS) == (GroundedPlanner().plan(held), True)


NAMES = st.sampled_from(["filter", "matcher", "attenuator", "aggregator", "rm", "", "user"])
IDS = st.one_of(st.sampled_from(["c1", "c2", "c3", "c4", "c99", "'; drop table"]), st.integers(), st.none())
ARGS = st.dictionaries(
    st.sampled_from(["positive", "negative", "positive_hard", "negative_hard", "use_collab", "sql", "user_id"]),
    st.one_of(st.lists(IDS, max_size=4), IDS, st.booleans()),
    max_size=3,
)


@given(st.lists(st.tuples(NAMES, ARGS), max_size=6))
def test_whatever_a_planner_says_what_runs_is_right(steps: list[tuple[str, dict[str, Any]]]) -> None:
    held = memory(*CELLS)
    plan, mended = repaired(plan_of(*steps), held, TOOLS)
    assert problems(plan, held, TOOLS) == []
    assert mended == bool(problems(plan_of(*steps), held, TOOLS))
