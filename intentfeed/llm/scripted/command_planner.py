"""The planner, played: the four rules from what the prompt shows; or chains that may not run."""

from __future__ import annotations

import json
import re
from typing import Any

from .answers import ANSWERS, Scripted

_PART = re.compile(r"^<(\w+)>\n(.*?)\n</\1>$", re.DOTALL | re.MULTILINE)


def _memory(user: str) -> dict[str, list[str]]:
    """Return the ids of each cell."""
    cells: dict[str, list[str]] = {}
    for line in dict(_PART.findall(user)).get("memory", "").splitlines():
        if line.startswith("{"):
            demand = json.loads(line)
            cells.setdefault(str(demand["cell"]), []).append(str(demand["id"]))
    return cells


def honest(system: str, user: str) -> dict[str, Any]:  # noqa: ARG001
    """Return filter, matcher, attenuator and aggregator, each where something needs it."""
    cells = _memory(user)
    plan: list[dict[str, Any]] = []
    wanted, unwanted = cells.get("positive_hard", []), cells.get("negative_hard", [])
    if wanted or unwanted:
        plan.append({"tool": "filter", "args": {"positive_hard": wanted, "negative_hard": unwanted}})
    plan.append({"tool": "matcher", "args": {"positive": cells.get("positive", []), "use_collab": True}})
    if cells.get("negative"):
        plan.append({"tool": "attenuator", "args": {"negative": cells["negative"]}})
    return {"plan": [*plan, {"tool": "aggregator", "args": {}}]}


def nonsense(system: str, user: str) -> dict[str, Any]:  # noqa: ARG001
    """Return a chain that forgets what was refused, names demands that nobody made, and merges first."""
    cells = _memory(user)
    return {
        "plan": [
            {"tool": "aggregator", "args": {}},
            {"tool": "matcher", "args": {"positive": ["c999", *cells.get("negative", [])], "use_collab": False}},
            {"tool": "drop_tables", "args": {"user": "user 42"}},
        ]
    }


ANSWERS["PlannedChain"] = Scripted(honest, nonsense)
