"""Settings for known data sets, one TOML file each, nested as in a config file."""

from __future__ import annotations

import difflib
import tomllib
from importlib.resources import files
from typing import Any

from ...errors import ConfigError


def names() -> list[str]:
    """Return the data sets that have a preset, in name order."""
    return sorted(
        path.name.removesuffix(".toml") for path in files(__package__).iterdir() if path.name.endswith(".toml")
    )


def preset(name: str) -> dict[str, Any]:
    """Return the settings of a known data set, for a config file to extend.

    Raises:
        ConfigError: there is no such preset.
    """
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}? Known" if near else "known"
        raise ConfigError(f"there is no preset {name!r}; {hint}: {', '.join(known)}")
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))
