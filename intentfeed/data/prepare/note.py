"""What a prepared folder says of itself to those who score on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError

PREPARED = "prepared.json"
"""Written last: a folder that has it is whole."""


@dataclass(frozen=True, slots=True)
class Note:
    """Of a prepared folder."""

    text: str
    """What a reader of scores must know; '' for nothing."""
    partial: bool
    """Whether anything is missing that the publisher has."""
    preset: str | None
    """How it is read and asked."""


def read_note(folder: Path) -> Note | None:
    """Return what a prepared folder says of itself; None where it was not prepared.

    Raises:
        DataError: prepared.json is damaged.
    """
    path = folder / PREPARED
    if not path.exists():
        return None
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise DataError(f"{path} cannot be read ({error}): prepare the data set again") from error
    text, preset = (held.get("note", ""), held.get("preset")) if isinstance(held, dict) else (None, None)
    if not isinstance(text, str) or not isinstance(preset, str | None):
        raise DataError(f"{path} is not what `intentfeed data prepare` writes: prepare the data set again")
    return Note(text=text, partial=bool(held.get("partial", text)), preset=preset)
