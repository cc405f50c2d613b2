"""Read, merge and check settings; owns none itself. Later wins: defaults, preset, file, `--set`."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
from pydantic import BaseModel, Field, ValidationError

from .commands.config import CommandsConfig
from .data.compress import CompressConfig
from .data.mapping import IngestConfig
from .data.presets import preset
from .data.short import ShortConfig
from .errors import ConfigError
from .explain.config import ExplainConfig
from .explain.llm import LLMExplainerConfig
from .feed.config import FeedConfig
from .intents.grounded import TaggerConfig
from .intents.llm import LLMTaggerConfig
from .interests.grounded import MinerConfig
from .interests.llm import LLMMinerConfig
from .judge.judge import LLMJudgeConfig
from .llm.client import LLMRole
from .llm.config import LLMConfig
from .retrieval.encode import EncoderConfig
from .retrieval.neighbours import NeighboursConfig
from .retrieval.space import SpaceConfig
from .shortening import LLMShortenerConfig
from .types import Settings

AnySettings = TypeVar("AnySettings", bound=Settings)


class RunConfig(Settings):
    """How the work is cut and who does it."""

    n_partitions: int = Field(default=16, ge=1, le=10_000)
    """Units of work: users by a stable hash. More of them bound the memory; fixed for the life of a workspace."""
    workers: int = Field(default=0, ge=0)
    """Processes that share the partitions; 0 takes one a core, 1 stays in this process."""
    max_segments: int = Field(default=8, ge=1)
    """Updates that a partition may carry before it is rewritten as one file."""


class RetrievalConfig(Settings):
    """The one space and what fills it."""

    encoder: EncoderConfig = EncoderConfig()
    neighbours: NeighboursConfig = NeighboursConfig()
    space: SpaceConfig = SpaceConfig()


class ThinkConfig(LLMConfig):
    """The door, and every role that thinks through it."""

    roles: tuple[LLMRole, ...] = ("shortener", "miner", "tagger", "explainer")
    """Who thinks with the model once there is an endpoint; the other roles stay grounded."""
    shortener: LLMShortenerConfig = LLMShortenerConfig()
    miner: LLMMinerConfig = LLMMinerConfig()
    tagger: LLMTaggerConfig = LLMTaggerConfig()
    explainer: LLMExplainerConfig = LLMExplainerConfig()
    judge: LLMJudgeConfig = LLMJudgeConfig()

    @property
    def on(self) -> bool:
        """Whether a model is asked at all."""
        return bool(self.endpoint)

    def bearing(self) -> dict[str, Any]:
        """Return the settings that bear on what is asked and on whom, as plain values; the others bear on the cost."""
        beside = {"endpoint", "api_key_env", "in_flight", "requests_per_minute", "tokens_per_minute", "timeout_s",
                  "attempts", "outage_s", "context_tokens", "on_fault", "max_fallback", "price", "budget"}  # fmt: skip
        return self.model_dump(mode="json", exclude=beside)


class Config(Settings):
    """Every setting of a run, nested under the folder that it configures."""

    run: RunConfig = RunConfig()
    ingest: IngestConfig = IngestConfig()
    short: ShortConfig = ShortConfig()
    compress: CompressConfig = CompressConfig()
    interests: MinerConfig = MinerConfig()
    intents: TaggerConfig = TaggerConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    feed: FeedConfig = FeedConfig()
    explain: ExplainConfig = ExplainConfig()
    commands: CommandsConfig = CommandsConfig()
    llm: ThinkConfig = ThinkConfig()


def load_config(file: Path | None = None, *, preset_name: str | None = None, overrides: Iterable[str] = ()) -> Config:
    """Return the settings of a preset, a TOML file and `key=value` overrides, merged in that order.

    Raises:
        ConfigError: the file is missing or malformed, or a key or value is not allowed; names the nearest key.
    """
    merged: dict[str, Any] = dict(preset(preset_name)) if preset_name else {}
    if file is not None:
        merged = _merge(merged, _read(file))
    return settings_of(Config, merged, overrides)


def settings_of(kind: type[AnySettings], given: Mapping[str, Any], overrides: Iterable[str] = ()) -> AnySettings:
    """Return settings of a kind from plain values, then `key=value` overrides.

    Raises:
        ConfigError: a key or value is not allowed; names the nearest key.
    """
    merged: Mapping[str, Any] = given
    for text in overrides:
        merged = _merge(merged, _override(text))
    try:
        return kind.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(_explain(error, kind)) from error


def dump_config(config: Config) -> str:
    """Return the settings as TOML, as a workspace keeps them."""
    plain = config.model_dump(mode="json", exclude_none=True)
    return tomli_w.dumps(plain)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}): give the path of a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML ({error}): mend that line") from error


def _override(text: str) -> dict[str, Any]:
    """`feed.k=20` → {'feed': {'k': 20}}; a value that is not TOML is taken as a string."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise ConfigError(f"--set {text!r} has no key and value: write it as section.key=value")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value
    for name in reversed(key.split(".")):
        parsed = {name: parsed}
    return dict(parsed)


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _explain(error: ValidationError, kind: type[BaseModel]) -> str:
    """Return the first problem as one sentence, with the nearest known key where the key is unknown."""
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"setting {path} = {json.dumps(first['input'], default=str)} is not allowed: {first['msg'].lower()}"
    *above, key = first["loc"]
    known = list(_section(above, kind).model_fields)
    near = difflib.get_close_matches(str(key), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    return f"there is no setting {path}: {hint}"


def _section(path: Iterable[Any], section: type[BaseModel]) -> type[BaseModel]:
    for part in path:
        annotation = section.model_fields[str(part)].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            section = annotation
    return section
