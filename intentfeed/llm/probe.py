"""Can this endpoint do what we need? One tiny question, asked before anything is spent, finds what would fail later."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import ConfigError, EndpointError
from .answer import Answer
from .asker import Asker, Funds, Heard, Tally
from .client import Call, Message, Reply, Usage
from .config import LLMConfig
from .log import CallLog
from .wire import Wire

WAITED_S = 3.0
"""For an endpoint that refuses connections, before a run; within a run `outage_s` holds."""


class Ready(Answer):
    """What the probe asks for; its key is nowhere in the question, so only who follows the schema finds it."""

    ready: bool


@dataclass(frozen=True, slots=True)
class Probed:
    """What the probe found."""

    model: str
    window: int
    """In tokens, as configured or as the endpoint lists it; 0 where nobody says."""
    usage: Usage


async def probe_with(wire: Wire, log: CallLog, funds: Funds) -> Probed:
    """Return what an endpoint is like, or raise what keeps it from answering: see `EndpointLLM.probe`."""
    config = wire.config
    async with wire:
        window = await wire.window(config.model)
        asker = Asker(wire, log, funds, outage_s=min(WAITED_S, config.outage_s))
        tally = Tally()
        try:
            heard = await _asked(asker, tally)
        finally:
            log.commit()
            log.close()
    if heard.error is not None:
        raise ConfigError(
            f"{config.model} at {config.endpoint} does not answer by JSON schema ({heard.error}; it said "
            f"{heard.text[:60]!r}): use a server with structured output, as vLLM, SGLang, llama.cpp and Ollama are"
        )
    if heard.answer is None:
        raise EndpointError(heard.trouble.partition(": ")[2])
    return Probed(config.model, config.context_tokens or window, tally.usage)


def probe(config: LLMConfig, log: CallLog | None = None) -> Probed:
    """Return what an endpoint is like; where there is a log, the question is in it."""
    from .openai import EndpointLLM

    return EndpointLLM(config, log or CallLog(":memory:")).probe()


async def _asked(asker: Asker, tally: Tally) -> Heard:
    """Ask until one answer fits: a model may slip, a server without schemas never gets it right."""
    call = _question(asker.config)
    for _ in range(asker.config.attempts):
        heard = await asker.heard(call, call.messages, 0.0, "first", tally)
        if heard.error is None:
            break
    if tally.begun:
        reply = Reply(key=call.key, status="failed", why=heard.trouble or str(heard.error))
        if heard.answer is not None:
            reply = Reply(key=call.key, status="answered", text=heard.answer.model_dump_json())
        asker.log.finish(call, replace(reply, usage=tally.usage))
    return heard


def _question(config: LLMConfig) -> Call:
    said = (
        Message("system", "You are tried out before the work begins."),
        Message("user", "Are you there, and able to work? Answer in the form that was agreed."),
    )
    return Call(
        role="probe",
        subject="",
        model=config.model,
        prompt_id="probe",
        prompt_version=1,
        prompt_hash="",
        messages=said,
        returns=Ready,
        max_tokens=512,
        temperature=0.0,
    )
