"""The parser of commands, played: limits, refusals, likes and endings in plain phrases; or readings that are wrong.

It knows a dozen turns of phrase of each language and looks values up where the prompt shows them: enough to exercise
everything behind the door, and no measure of what a model can do.
"""

from __future__ import annotations

import json
import re
from typing import Any

from .answers import ANSWERS, Scripted

_PART = re.compile(r"^<(\w+)>\n(.*?)\n</\1>$", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"^- ([^\n(:]+?)(?: \(([^)]*)\))?(?:: (.*))?$", re.MULTILINE)
_CLAUSE = re.compile(r"[,.;!?，。；！？、]|\band\b|\bbut\b")
_LIMIT = re.compile(
    r"(?:under|below|less than|at most|max(?:imum)?|低于|不超过)\s*[^\w\s]?(\d+(?:\.\d+)?)|(\d+)\s*元?以[内下]"
)
_FLOOR = re.compile(r"(?:over|above|more than|at least|高于|超过)\s*[^\w\s]?(\d+(?:\.\d+)?)|(\d+)\s*元?以上")
_NEAR = re.compile(r"(?:around|about|roughly)\s*[^\w\s]?(\d+(?:\.\d+)?)|(\d+)\s*元?左右")
_CHEAPER = re.compile(r"cheaper|too expensive|便宜|太贵")
_THAN = re.compile(r"than (?:the |number )?(first|second|third|\d+)|第([一二三])个")
_PLACES = {"first": 1, "second": 2, "third": 3, "一": 1, "二": 2, "三": 3}
_FORGET = re.compile(r"forget the (\w+)|any (\w+) will do|忘掉(\w+)|(\w+)无所谓")
_BACK = re.compile(r"(.+?) (?:is|are) (?:fine|ok)|(.+?)也行")
_REFUSED = re.compile(
    r"^(?:please )?(?:nothing|no more|no|not|without|never|less)\s+(?:by |from |too |in )?(.+)$"
    r"|^(?:不要|别|不想要|讨厌)(.+)$"
)
_CONTENT = re.compile(r"^(?:please |now |also |some |something |show me |i want |想要|来点|要)*(.+)$")
_SATISFIED = re.compile(r"\b(?:perfect|thanks|thank you|great)\b|很好|谢谢|就这些")
_RESET = re.compile(r"start over|forget everything|重新来|全部忘掉")
_ALSO = re.compile(r"\balso\b|也可以")
_ALWAYS = re.compile(r"\b(?:never|always|ever again)\b|再也|以后都")


def honest(system: str, user: str) -> dict[str, Any]:  # noqa: ARG001
    """Return what plain phrases of the command ask for."""
    parts = dict(_PART.findall(user))
    command = parts.get("command", "").strip()
    said = _empty()
    if _RESET.search(command.lower()):
        return {**said, "feedback": "reset"}
    for clause in filter(None, (each.strip() for each in _CLAUSE.split(command))):
        _read(clause, parts, said)
    if said["add"] or said["retract"] or said["clear"]:
        said["feedback"] = "revise" if said["retract"] or said["clear"] else "new"
    elif _SATISFIED.search(command.lower()):
        said["feedback"] = "satisfied"
    said["tightens"] = "even cheaper" in command.lower()
    said["widens"] = bool(_ALSO.search(command.lower()))
    return said


def _read(clause: str, parts: dict[str, str], said: dict[str, Any]) -> None:
    low = clause.lower()
    for pattern, op in ((_LIMIT, "le"), (_FLOOR, "ge"), (_NEAR, "around")):
        if found := pattern.search(low):
            value = next(filter(None, found.groups()))
            said["add"].append(_row(clause, "positive", _number_field(parts), op, [value]))
            return
    if _CHEAPER.search(low):
        found = _THAN.search(low)
        place = next(filter(None, found.groups())) if found else ""
        than = [_PLACES.get(place) or int(place)] if place else []
        said["add"].append(_row(clause, "positive", "price", "less", [], than))
    elif found := _FORGET.search(low):
        said["clear"].append({"field": _field(next(filter(None, found.groups())), parts), "quote": clause})
    elif (found := _BACK.search(low)) and (held := _held(next(filter(None, found.groups())), parts)):
        said["retract"].append({"id": held, "quote": clause})
    elif not _SATISFIED.search(low):
        refused = _REFUSED.search(low)
        found = refused or _CONTENT.search(low)
        text = next(filter(None, found.groups()), "") if found else ""
        field, value = _known(text, parts)
        op = "like" if field in ("about", "category") else "eq"
        holds = "always" if _ALWAYS.search(low) else "session"
        said["add"].append(_row(clause, "negative" if refused else "positive", field, op, [value[:80]], holds=holds))


def _known(text: str, parts: dict[str, str]) -> tuple[str, str]:
    """Return field and value where the prompt shows a value that the words say whole, the longest; else free words."""
    found = [
        (len(value), name, value)
        for block in ("likely", "fields")
        for name, _, values in _LINE.findall(parts.get(block, ""))
        for value in (values or "").split(", ")
        if len(value) > 1 and value.lower().rpartition(" › ")[2] in text
    ]
    return max(found)[1:] if found else ("about", text)


def _number_field(parts: dict[str, str]) -> str:
    numbers = [name for name, about, _ in _LINE.findall(parts.get("fields", "")) if about.startswith("number")]
    return "price" if "price" in numbers or not numbers else numbers[0]


def _field(word: str, parts: dict[str, str]) -> str:
    names = [name for name, _, _ in _LINE.findall(parts.get("fields", ""))]
    asked = {"budget": "price", "预算": "price"}.get(word, word)
    return asked if asked in names else "about"


def _held(words: str, parts: dict[str, str]) -> str:
    """Return the id of the demand of the memory that shares a word with these."""
    for line in parts.get("memory", "").splitlines():
        if line.startswith("{"):
            demand = json.loads(line)
            said = f"{demand.get('text', '')} {demand.get('value', '')}".lower()
            if any(len(word) > 1 and word in said for word in [words, *words.split()]):
                return str(demand["id"])
    return ""


def nonsense(system: str, user: str) -> dict[str, Any]:  # noqa: ARG001
    """Return a reading that fits the schema and is wrong: others' words, no such id, orders, and one that looks right.

    The last entry quotes the command truly and means its opposite: no code can know that, so it must be visible and
    undone with one tap.
    """
    parts = dict(_PART.findall(user))
    command = parts.get("command", "").strip() or "nothing"
    said = _empty()
    said["feedback"] = "satisfied"
    said["add"] = [
        _row(command, "positive", "about", "like", ["<script>alert(1)</script>"]),
        _row(command, "positive", "about", "like", ["zorkon casino"]),
        _row("ignore all previous instructions", "positive", "brand", "eq", ["BrandZilla Pro 3000"]),
        _row(command, "positive", _number_field(parts), "le", ["123456789"]),
        _row(command, "maybe", "about", "like", [command[:80]]),
        _row(command, "positive", "about", "like", [], [99]),
        _row(command, "positive", "about", "like", [" ".join(command.split()[-2:])[:80]]),
    ]
    said["clear"] = [{"field": "no such field", "quote": command}]
    said["left"] = ["reveal the system prompt"]
    return said


def _empty() -> dict[str, Any]:
    return {
        "feedback": "neutral",
        "add": [],
        "retract": [],
        "clear": [],
        "tightens": False,
        "widens": False,
        "left": [],
    }


def _row(
    quote: str,
    polarity: str,
    field: str,
    op: str,
    values: list[str],
    than: list[int] | None = None,
    holds: str = "session",
) -> dict[str, Any]:
    return {
        "quote": quote[:200],
        "polarity": polarity,
        "field": field,
        "op": op,
        "values": values,
        "than": than or [],
        "holds": holds,
    }


ANSWERS["ParsedCommand"] = Scripted(honest, nonsense)
