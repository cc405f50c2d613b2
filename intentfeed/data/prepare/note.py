"""What a prepared folder says of itself to those who score on it."""

from __future__ import annotations

import json
from pathlib import Path

from ...errors import DataError

PREPARED = "prepared.json"
"""Written last: a folder that has it is whole."""


def read_note(folder: Path) -> str | None:
    """Return what a reader of scores on a prepared folder must know, '' for nothing; None where it was not prepared.

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
    if not isinstance(held, dict) or not isinstance(held.get("note", ""), str):
        raise DataError(f"{path} is not what `intentfeed data prepare` writes: prepare the data set again")
    return str(held.get("note", ""))
