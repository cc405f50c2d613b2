"""Commands read and plans made by a language model while a person waits; code checks both (RecBot, 3.5, 4.3, 14).

Each asks one question and waits for as long as its budget of time allows. Whatever does not come in time, cannot be
used, or does not hold is done by the grounded role instead, and marked; an answer that comes late is kept in the log,
where the same question finds it. At most one call a command and one a plan, with one repair, within the time.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Lock

from pydantic import Field as Setting

from ..data.catalog import Catalog
from ..errors import AnswerError
from ..llm.answer import read_answer, schema_of
from ..llm.client import Call, Language, Reply
from ..llm.config import LLMConfig
from ..llm.online import OnlineLLM, reply_within
from ..llm.prompt import load_prompt
from ..types import Settings
from .answer import ABOUT, parsed_command, planned_chain
from .claims import Claims
from .fields import FieldRegistry
from .parser import LONGEST, Parser, cut
from .planner import Planner, problems, repaired
from .records import Command, Delta, Memory, Plan, Speaker, Step
from .seen import Likely, cell_lines, field_lines, memory_lines, slate_lines, told_fields
from .tools import Tool, Tools

PARSE, PLAN = "commands.parse", "commands.plan"


class LLMCommandConfig(Settings):
    """How a model is asked what a command means and what to do about it, and for how long it is waited for."""

    timeout_s: float = Setting(default=0.8, gt=0)
    """For a command, its question and one repair together; then the grounded parser's reading counts (RecBot, 14)."""
    plan_timeout_s: float = Setting(default=0.5, gt=0)
    """For a plan; with the command's and the tools' own time it stays within 1.5 s (RecBot, 14)."""
    max_tokens: int = Setting(default=512, ge=64)
    """Of an answer about a command (RecBot, 3.5)."""
    plan_max_tokens: int = Setting(default=400, ge=64)
    """Of a plan."""
    fields_tokens: int = Setting(default=1_500, ge=100)
    """For the lines about the fields; values are left out where they do not fit."""
    longest: int = Setting(default=LONGEST, ge=20)
    """Characters of a command that are read."""
    temperature: float = Setting(default=0.0, ge=0, le=2)
    """Of a first answer (RecBot, 3.5)."""


class _Spoke:
    """Counts who spoke, and why not the model; many sessions ask at once."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._lock = Lock()

    def note(self, who: str) -> None:
        with self._lock:
            self.counts[who] += 1


class LLMParser:
    """The parser that asks a model; `grounded` reads the command meanwhile, and its reading counts where the model's
    does not come or does not hold."""

    def __init__(
        self,
        registry: FieldRegistry,
        catalog: Catalog,
        door: OnlineLLM,
        grounded: Parser,
        *,
        llm: LLMConfig,
        language: Language,
        config: LLMCommandConfig | None = None,
    ) -> None:
        self.registry, self.door, self.grounded, self.llm = registry, door, grounded, llm
        self.language, self.config = language, config or LLMCommandConfig()
        self._claims = Claims(registry, catalog)
        self._spoke = _Spoke()
        fields = told_fields(registry)
        self._returns = parsed_command(tuple(field.name for field in fields if field.name != ABOUT))
        self._field_lines, self._likely = field_lines(registry, self.config.fields_tokens), Likely(fields)

    @property
    def spoke(self) -> Counter[str]:
        """Who spoke for how many commands, such as `llm` or `grounded/time`."""
        return self._spoke.counts

    def parse(self, command: Command) -> Delta:
        """Return what the command changes, within the time; `speaker` says who read it. Raises nothing."""
        started = time.monotonic()
        if not command.text.strip():
            return self.grounded.parse(command)
        command, notes = self._cut(command)
        call = self.call(command)
        begun = self.door.begin(call)
        meanwhile = None if begun.done() else self.grounded.parse(command)
        reply = reply_within(begun, call, self.config.timeout_s - (time.monotonic() - started))
        delta, who = self.read(reply, command)
        self._spoke.note(who)
        if delta is None:
            delta = meanwhile or self.grounded.parse(command)
        return replace(delta, ignored=tuple(dict.fromkeys((*delta.ignored, *notes))))

    def call(self, command: Command) -> Call:
        """Return the question about a command. Calls no model."""
        prompt = load_prompt(PARSE, self.language)
        return Call(
            role="parser",
            subject=command.subject,
            model=self.llm.model,
            prompt_id=prompt.id,
            prompt_version=prompt.version,
            prompt_hash=prompt.hash,
            messages=prompt.render(
                self.llm.domain,
                self.language,
                today=command.today.isoformat(),
                fields=self._field_lines,
                slate=slate_lines(self.registry, command),
                memory=memory_lines(command.memory, self.registry),
                likely=self._likely.lines(command.text),
                command=command.text,
            ),
            returns=self._returns,
            bounds={"command": command.text, "ids": [demand.id for demand in command.memory.demands]},
            max_tokens=self.config.max_tokens,
            temperature=self.config.temperature,
        )

    def calls(self, commands: Iterable[Command]) -> list[Call]:
        """Return the questions about many commands, for an endpoint or a folder of batch files."""
        return [self.call(self._cut(command)[0]) for command in commands if command.text.strip()]

    def read(self, reply: Reply, command: Command) -> tuple[Delta | None, str]:
        """Return the delta that a reply holds, or None where another must speak; and who speaks, with why."""
        if reply.status != "answered":
            return None, f"grounded/{reply.why.partition(':')[0] or 'no answer'}"
        try:
            said = read_answer(reply.text, self._returns)  # as a whole it was judged when it came
        except AnswerError:
            return None, "grounded/answer"
        delta, n_fallen = self._claims.delta(said, command)
        if n_fallen and not (delta.add or delta.retract_ids or delta.clear_fields):
            return None, "grounded/nothing held"
        return delta, "llm"

    def _cut(self, command: Command) -> tuple[Command, tuple[str, ...]]:
        text, notes = cut(command.text, self.config.longest)
        return replace(command, text=text), notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan that may run, and where it comes from."""

    plan: Plan
    speaker: Speaker
    repaired: bool = False
    """The model's plan may not have run, so the rules' own stands in its place (RecBot, 4.3)."""
    why: str = ""
    """Why it is not the model's: what was wrong with that, or why none came."""


class LLMPlanner:
    """The planner that asks a model; never worse than the rules, as what breaks them is replaced by theirs."""

    def __init__(
        self,
        tools: Tools,
        door: OnlineLLM,
        grounded: Planner,
        *,
        llm: LLMConfig,
        language: Language,
        config: LLMCommandConfig | None = None,
    ) -> None:
        self.tools, self.door, self.grounded, self.llm = tools, door, grounded, llm
        self.language, self.config = language, config or LLMCommandConfig()
        self._spoke = _Spoke()
        self._returns = planned_chain({name: tool.args for name, tool in tools.items()})
        self._tool_lines = [_tool_line(tool) for tool in tools.values()]

    @property
    def spoke(self) -> Counter[str]:
        """Who planned how often, such as `llm`, `grounded/time` or `grounded/repaired`."""
        return self._spoke.counts

    def plan(self, memory: Memory) -> Plan:
        """Return the steps for what holds, within the time. Raises nothing."""
        return self.consider(memory).plan

    def consider(self, memory: Memory, *, subject: str = "") -> Planned:
        """Return the plan, and who made it; `subject` is for the ledger, as in `Command`."""
        started = time.monotonic()
        if not memory.demands:  # nothing to choose
            return Planned(plan=self.grounded.plan(memory), speaker="grounded", why="nothing is asked for")
        call = self.call(memory, subject=subject)
        begun = self.door.begin(call)
        reply = reply_within(begun, call, self.config.plan_timeout_s - (time.monotonic() - started))
        planned = self.read(reply, memory)
        who = "llm" if planned.speaker == "llm" else f"grounded/{planned.why.partition(':')[0]}"
        self._spoke.note(who)
        return planned

    def call(self, memory: Memory, *, subject: str = "") -> Call:
        """Return the question about a memory. Calls no model."""
        prompt = load_prompt(PLAN, self.language)
        return Call(
            role="planner",
            subject=subject,
            model=self.llm.model,
            prompt_id=prompt.id,
            prompt_version=prompt.version,
            prompt_hash=prompt.hash,
            messages=prompt.render(self.llm.domain, self.language, tools=self._tool_lines, memory=cell_lines(memory)),
            returns=self._returns,
            max_tokens=self.config.plan_max_tokens,
            temperature=self.config.temperature,
        )

    def read(self, reply: Reply, memory: Memory) -> Planned:
        """Return the plan that a reply holds where it may run, else the rules' own, marked."""
        rules = self.grounded.plan(memory)
        if reply.status != "answered":
            return Planned(plan=rules, speaker="grounded", why=reply.why or "no answer")
        try:
            said = read_answer(reply.text, self._returns)
        except AnswerError as error:
            return Planned(plan=rules, speaker="grounded", why=f"answer: {error}")
        plan = tuple(Step(tool=step.tool, args=step.args) for step in said.plan)
        wrong = problems(plan, memory, self.tools)
        if wrong:
            mended, _ = repaired(plan, memory, self.tools)
            return Planned(plan=mended, speaker="grounded", repaired=True, why=f"repaired: {wrong[0]}")
        return Planned(plan=plan, speaker="llm")


def _tool_line(tool: Tool) -> str:
    told = {"tool": tool.name, "kind": tool.kind, "description": tool.description, "args": schema_of(tool.args)}
    return json.dumps(told, ensure_ascii=False)
