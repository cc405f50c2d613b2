"""What is to be done about what a person asked for: memory → tool calls, checked and mended in code (RecBot, 4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, runtime_checkable

from pydantic import ValidationError

from .records import Constraint, Memory, Plan, Preference, Speaker, Step
from .tools import Tools

CELLS = {
    "positive_hard": ("positive", Constraint),
    "negative_hard": ("negative", Constraint),
    "positive": ("positive", Preference),
    "negative": ("negative", Preference),
}
"""Arguments that take ids of demands, and of which cell of the memory (RecBot, 3.2)."""
ORDER = {"retrieve": 0, "restrict": 1, "score": 2, "merge": 3}


class Planner(Protocol):
    """Chooses which tools to run; whatever it answers is checked before anything runs."""

    def plan(self, memory: Memory) -> Plan:
        """Return the steps for what holds."""
        ...


class Considered(Protocol):
    """A plan with who made it."""

    @property
    def plan(self) -> Plan:
        """What may run."""
        ...

    @property
    def speaker(self) -> Speaker:
        """Who made it."""
        ...

    @property
    def repaired(self) -> bool:
        """Whether another one was made, which may not have run."""
        ...


@runtime_checkable
class Considers(Protocol):
    """A planner that also tells who made the plan."""

    def consider(self, memory: Memory, *, subject: str = "") -> Considered:
        """Return the plan and who made it; `subject` says whom the question is about, as in `Command`."""
        ...


class GroundedPlanner:
    """The four rules of RecBot, 4.2, and its edge cases (4.3): code alone, which a model must not be worse than."""

    def plan(self, memory: Memory) -> Plan:
        """Return the shortest chain that heeds every demand; without any, the feed's own order."""
        wanted, unwanted = ids(memory, "positive_hard"), ids(memory, "negative_hard")
        likes, dislikes = ids(memory, "positive"), ids(memory, "negative")
        steps = []
        if wanted or unwanted:
            steps.append(Step(tool="filter", args={"positive_hard": wanted, "negative_hard": unwanted}))
        steps.append(Step(tool="matcher", args={"positive": likes, "use_collab": True}))
        if dislikes:
            steps.append(Step(tool="attenuator", args={"negative": dislikes}))
        return (*steps, Step(tool="aggregator"))


def ids(memory: Memory, cell: str) -> list[str]:
    """Return the ids of the demands of a cell, in the order in which they were said."""
    polarity, kind = CELLS[cell]
    return [demand.id for demand in memory.demands if demand.polarity == polarity and isinstance(demand, kind)]


def problems(plan: Plan, memory: Memory, tools: Tools) -> list[str]:
    """Return what is wrong with a plan, each in words that a planner can mend it by; [] where it may run.

    Known tools, each once; arguments by schema; demands that hold, of the right cell, none forgotten; what restricts
    before what scores, and one step that merges, at the end.
    """
    found = [f"there is no tool {step.tool!r}: choose among {', '.join(tools)}" for step in plan
             if step.tool not in tools]  # fmt: skip
    if found:
        return found
    names = [step.tool for step in plan]
    found += [f"{name} stands there twice: run it once" for name in dict.fromkeys(names) if names.count(name) > 1]
    for step in plan:
        found += _wrong_args(step, memory, tools)
    if found:
        return found
    kinds = [tools[name].kind for name in names]
    if kinds != sorted(kinds, key=ORDER.__getitem__):
        found.append("what retrieves comes first, then what restricts, then what scores, then what merges")
    if kinds.count("merge") != 1:
        found.append("exactly one step must merge the scores, and it comes last")
    for cell in CELLS:
        missing = [one for one in ids(memory, cell) if one not in _named(plan, cell)]
        if missing:
            found.append(f"nothing heeds {', '.join(missing)}: name them as {cell}")
    return found


def repaired(plan: Plan, memory: Memory, tools: Tools) -> tuple[Plan, bool]:
    """Return the plan, or the rules' own where it may not run; and whether it had to be replaced.

    Further tools of a plan that may not run are kept where their own arguments are right.
    """
    if not problems(plan, memory, tools):
        return plan, False
    rules = GroundedPlanner().plan(memory)
    ours = {step.tool for step in rules} | {step.tool for step in plan if _takes_demands(step.tool, tools)}
    more = [step for step in plan if step.tool in tools and step.tool not in ours
            and tools[step.tool].kind != "merge" and not _wrong_args(step, memory, tools)]  # fmt: skip
    both = [*rules, *{step.tool: step for step in more}.values()]
    return tuple(sorted(both, key=lambda step: ORDER[tools[step.tool].kind])), True


def _wrong_args(step: Step, memory: Memory, tools: Tools) -> Iterable[str]:
    try:
        tools[step.tool].args.model_validate(dict(step.args))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return [f"{step.tool} was told {where or 'something'} that its schema refuses: {first['msg'].lower()}"]
    return [
        f"{step.tool} was told {one!r} as {cell}, but no such demand holds"
        for cell in CELLS
        if cell in step.args
        for one in step.args[cell]
        if one not in ids(memory, cell)
    ]


def _named(plan: Plan, cell: str) -> list[Any]:
    return [one for step in plan for one in step.args.get(cell, ())]


def _takes_demands(name: str, tools: Tools) -> bool:
    return name not in tools or bool(CELLS.keys() & tools[name].args.model_fields.keys())


def plain_plan(plan: Sequence[Step]) -> list[dict[str, Any]]:
    """Return a plan as JSON values (RecBot, 4.3)."""
    return [{"tool": step.tool, "args": {name: _plain(value) for name, value in step.args.items()}} for step in plan]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
