"""What is known of the public data sets: where they come from, and what a sound copy of them looks like."""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pydantic import Field

from ...errors import DataError
from ...types import Settings


class Archive(Settings):
    """The publisher's archive of a data set."""

    name: str
    """As it is downloaded."""
    md5: str
    """As GroupLens publishes it beside the archive."""


class Edition(Settings):
    """One version of a data set, by what it becomes here."""

    label: str
    """What tells it from others."""
    interactions: str = ""
    """Hash of the prepared interactions; '' where it is not known."""
    valid: str = ""
    """Split hash of the validation questions."""
    test: str = ""
    """Split hash of the test questions."""


class Known(Settings):
    """A data set that can be prepared."""

    title: str
    """What people call it."""
    reader: str
    """Which family of files it is."""
    files: str
    """What to give --from."""
    source: str
    """Who publishes it, and where."""
    terms: str
    """On what terms."""
    preset: str
    """Of `intentfeed eval`."""
    category: str = ""
    """Part of a file name, where a folder may hold several data sets."""
    archive: Archive | None = None
    """The publisher's archive, where its checksum is public."""
    counts: dict[str, int] = Field(default_factory=dict)
    """What the publisher states."""
    editions: tuple[Edition, ...] = ()
    """What sound copies became here."""
    note: str = ""
    """What a reader of scores must know."""


@cache
def known_sets() -> MappingProxyType[str, Known]:
    """Return all data sets that can be prepared, by name."""
    held = tomllib.loads((files(__package__) / "known.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: Known.model_validate(entry) for name, entry in held.items()})


def known(name: str) -> Known:
    """Return a data set by name.

    Raises:
        DataError: there is none of that name; the nearest is named.
    """
    sets = known_sets()
    if name not in sets:
        near = difflib.get_close_matches(name, sets, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? Known" if near else "known"
        raise DataError(f"there is no data set {name!r} to prepare; {hint}: {', '.join(sets)}")
    return sets[name]
