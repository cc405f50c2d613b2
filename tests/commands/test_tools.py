"""A further tool is one file: planned for, checked, and heard in the sum."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from intentfeed.commands.aggregator import Aggregator, AggregatorArgs
from intentfeed.commands.config import AggregatorConfig
from intentfeed.commands.planner import GroundedPlanner, problems, repaired
from intentfeed.commands.records import Step
from intentfeed.commands.toolbox import toolbox
from intentfeed.commands.tools import Pool, ToolContext
from intentfeed.types import Settings
from tests.commands.tooling import context, hard, pool


class TrendArgs(Settings):
    """How far to look back."""

    days: int = Field(default=7, ge=1, le=30)
    """Days that count."""


class TrendSearcher:
    """Raises what is talked about."""

    name = "trends"
    description = (
        "Raises items that many people talk about these days. Use it when someone asks what is new or popular."
    )
    kind: Literal["score"] = "score"
    args = TrendArgs

    def __init__(self, talked_I: NDArray[np.float64]) -> None:
        self.talked_I = talked_I

    def nominate(self, pool: Pool, args: TrendArgs, context: ToolContext) -> Pool:
        hot = np.argsort(-self.talked_I, kind="stable")[: context.k].astype(np.int32)
        return Pool(mask_I=pool.mask_I, nominated=np.union1d(pool.nominated, hot).astype(np.int32))

    def run(self, pool: Pool, args: TrendArgs, context: ToolContext) -> Pool:
        return pool.scored(self.name, self.talked_I[pool.rows] * min(args.days / 7, 1))


TALKED = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0.9, 0, 0, 0])


def test_a_further_tool_is_planned_for_and_heard() -> None:
    tools, told = toolbox(more=[TrendSearcher(TALKED)]), context(hard("price", "le", 50.0))
    assert list(tools) == ["filter", "matcher", "attenuator", "aggregator", "trends"]

    rules = GroundedPlanner().plan(told.memory)
    plan = (rules[0], Step(tool="trends", args={"days": 14}), *rules[1:])
    assert repaired(plan, told.memory, tools) == (plan, False)
    assert problems((rules[0], Step(tool="trends", args={"days": 900}), *rules[1:]), told.memory, tools)

    found = pool(base=[0.5, *[0.0] * 11])
    for step in plan:
        tool = tools[step.tool]
        found = tool.run(found, tool.args.model_validate(dict(step.args)), told)
    assert found.final_C is not None
    assert found.rows[found.final_C.argsort()[::-1][:2]].tolist() == [0, 8]
    np.testing.assert_allclose(found.final_C, found.scores["matcher"] + found.scores["trends"])


def test_a_broken_plan_keeps_a_further_tool_that_was_told_rightly() -> None:
    tools, told = toolbox(more=[TrendSearcher(TALKED)]), context(hard("price", "le", 50.0))
    plan, mended = repaired((Step(tool="trends", args={"days": 3}),), told.memory, tools)
    assert mended
    assert [step.tool for step in plan] == ["filter", "matcher", "trends", "aggregator"]
    assert problems(plan, told.memory, tools) == []
    plan, _ = repaired((Step(tool="trends", args={"days": -3}),), told.memory, tools)
    assert "trends" not in [step.tool for step in plan]


def test_the_sum_weighs_further_tools_and_counts_what_did_not_run_as_nothing() -> None:
    found = pool([0, 1], [0.0, 0.0]).scored("matcher", np.array([0.5, 0.4])).scored("trends", np.array([0.0, 1.0]))
    final = Aggregator(AggregatorConfig(weights={"trends": 0.2})).run(found, AggregatorArgs(), context()).final_C
    np.testing.assert_allclose(final, [0.5, 0.6])
    np.testing.assert_allclose(Aggregator().run(pool([0, 1]), AggregatorArgs(), context()).final_C, [0, 0])
