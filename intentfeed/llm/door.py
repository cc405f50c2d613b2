"""Which door: an endpoint, a folder of batch files, weights in this process, or the log of an earlier run."""

from __future__ import annotations

from pathlib import Path

from ..errors import ConfigError
from .client import LLM
from .config import LLMConfig
from .log import CallLog

LOCAL = "local:"
REPLAY = "replay"


def open_door(config: LLMConfig, log: CallLog) -> LLM:
    """Return who answers, tried out where that can be tried.

    Raises:
        ConfigError: no model is named, or an extra is not installed.
        EndpointError: nobody is there, the key or the model is wrong, or it cannot follow a schema.
        BudgetError: the budget is nothing.
    """
    if not config.model:
        raise ConfigError(f"llm.endpoint is {config.endpoint}, but no model is named: give --model, or set llm.model")
    if config.endpoint == REPLAY:
        from .replay import ReplayLLM

        return ReplayLLM(log)
    if config.endpoint.startswith(LOCAL):
        from .local import LocalLLM

        return LocalLLM(Path(config.endpoint.removeprefix(LOCAL)), config, log)
    if config.endpoint.startswith(("http://", "https://")):
        from .openai import EndpointLLM

        door = EndpointLLM(config, log)
        door.probe()
        return door
    from .batch import BatchLLM

    return BatchLLM(Path(config.endpoint), config, log)
