"""Finished lines of a table, kept in a folder: a comparison of many hours goes on after a kill, where it stood.

A line is taken over when the questions, what is learnt, the rules and the settings that the method reads are the same:
how we listen to commands, say, bears on no next-item question. Some things are not compared, and whoever changes one
takes the lines that it bears on out of the folder:

- code: each line knows the commit that measured it;
- what items are, beyond their ids: titles, categories and attributes of another `items.parquet` for the same log;
- settings of a method outside its `config`, such as how our towers train (`Ours.train`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ..data.split import Split
from ..data.store import fingerprint, replacing
from ..errors import DataError
from .ledger import CHECKOUT, commit_of
from .result import Cost, Result, Source, Trial
from .tuning import TuningConfig, settings_of

ARRAYS = ("values", "weights", "draws")
"""Fields of a result that map names to arrays."""
GROUPS = ("groups_G", "group_hits_G")
"""Fields that are one array or None."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A folder of lines, one file each."""

    folder: Path

    def find(
        self, candidate: object, name: str, valid: Split, test: Split | None, config: TuningConfig
    ) -> Result | None:
        """Return the line that was measured under the same conditions, with its commit; None where there is none.

        Raises:
            DataError: its file is damaged.
        """
        path = self._path(candidate, name, valid, test, config)
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as held:
                return _result(json.loads(str(held["line"])), {key: held[key] for key in held.files if key != "line"})
        except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise DataError(
                f"the kept line {path} cannot be read ({error}): delete it, and it is measured anew"
            ) from error

    def keep(self, result: Result, candidate: object, valid: Split, test: Split | None, config: TuningConfig) -> None:
        """Keep a line with scores; what could not run is asked again next time."""
        if not result.ran:
            return
        arrays = {f"{field}/{name}": values for field in ARRAYS for name, values in getattr(result, field).items()}
        arrays |= {field: found for field in GROUPS if (found := getattr(result, field)) is not None}
        plain = asdict(replace(result, values={}, weights={}, draws={}, groups_G=None, group_hits_G=None))
        plain["commit"] = commit_of(CHECKOUT)
        with (
            replacing(self._path(candidate, result.method, valid, test, config)) as temporary,
            temporary.open("wb") as file,
        ):
            np.savez_compressed(file, line=np.array(json.dumps(plain)), **arrays)

    def _path(self, candidate: object, name: str, valid: Split, test: Split | None, config: TuningConfig) -> Path:
        asked = [[split.split_hash, split.fit_hash, split.exclude_seen] for split in (valid, test) if split is not None]
        rules = config.model_dump(mode="json", exclude={"reference"})
        safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
        return self.folder / f"{safe}-{fingerprint(name, asked, rules, settings_of(candidate))}.npz"


def _result(plain: dict[str, Any], arrays: dict[str, Any]) -> Result:
    """Return the line as it was measured."""
    more: dict[str, Any] = {field: {} for field in ARRAYS}
    for key, values in arrays.items():
        field, _, name = key.partition("/")
        if name:
            more[field][name] = values
        else:
            more[field] = values
    more["trials"] = tuple(Trial(**trial) for trial in plain["trials"])
    more["seeds"] = tuple(plain["seeds"])
    more["by_seed"] = {name: tuple(values) for name, values in plain["by_seed"].items()}
    more["cost"] = Cost(**plain["cost"])
    more["sources"] = {
        name: Source(**{**source, "exclusive_interval": tuple(source["exclusive_interval"])})
        for name, source in plain["sources"].items()
    }
    return Result(**{**plain, **more})
