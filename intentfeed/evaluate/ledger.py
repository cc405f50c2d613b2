"""The ledger: one line for each look at test scores, with all that made them. The README quotes nothing else.

A line is JSON: when, which commit and version, which data set, split and train set by their hashes, notes, seeds, the
machine, and the whole report with every method's settings, scores, intervals and seconds. Lines are only ever added.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from .. import __version__
from ..data.store import fingerprint
from ..errors import DataError

Kind = Literal["compare", "new-items", "tags", "commands"]
CHECKOUT = Path(__file__).parents[2]
"""Where the package stands; a checkout where it holds `.git`."""
IN_CHECKOUT = Path("benchmarks") / "ledger.jsonl"


def default_path() -> Path:
    """Return the committed ledger of the checkout that the package runs from, else one in the current folder."""
    return CHECKOUT / IN_CHECKOUT if (CHECKOUT / ".git").exists() else Path(IN_CHECKOUT.name)


@dataclass(frozen=True, slots=True)
class Ledger:
    """A file of lines, safe to add to from several processes."""

    path: Path

    def lines(self) -> list[dict[str, Any]]:
        """Return what was written, oldest first.

        Raises:
            DataError: the file cannot be read, or a line is damaged.
        """
        found: list[dict[str, Any]] = []
        try:
            text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"the ledger {self.path} cannot be read ({error}): name another with --ledger") from error
        for number, line in enumerate(text.split("\n"), 1):
            if not line:
                continue
            try:
                held = json.loads(line)
            except ValueError as error:
                raise self._damaged(number) from error
            if not isinstance(held, dict) or not isinstance(held.get("hashes"), list):
                raise self._damaged(number)
            found.append(held)
        return found

    def _damaged(self, number: int) -> DataError:
        return DataError(
            f"line {number} of the ledger {self.path} is damaged: restore it from the repository, or take the line out"
        )

    def looks(self, hashes: Sequence[str]) -> int:
        """Return how many lines hold scores on one of these splits."""
        return sum(bool(set(line["hashes"]) & set(hashes)) for line in self.lines())

    def check(self) -> None:
        """Make sure, before hours are spent, that a line can be added.

        Raises:
            DataError: it cannot be read or written.
        """
        self.lines()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644))
        except OSError as error:
            raise self._unwritten(error) from error

    def append(self, line: Mapping[str, Any]) -> None:
        """Add one line: whole or not at all, on the disk when this returns, whoever else is writing.

        Raises:
            DataError: it could not be written.
        """
        data = (json.dumps(_finite(line), ensure_ascii=False) + "\n").encode()
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise self._unwritten(error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            end = os.fstat(handle).st_size
            if end and os.pread(handle, 1, end - 1) != b"\n":  # somebody's editor took the last line's end
                data = b"\n" + data
            try:
                if os.write(handle, data) < len(data):
                    raise OSError("the disk is full")
                os.fsync(handle)
            except OSError as error:
                os.ftruncate(handle, end)
                raise self._unwritten(error) from error
        finally:
            os.close(handle)

    def _unwritten(self, error: OSError) -> DataError:
        return DataError(
            f"the ledger {self.path} cannot be written ({error}), and no test score is shown without a line in it: "
            "name another with --ledger"
        )


def ledger_line(report: Mapping[str, Any], *, kind: Kind, hashes: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return the line of a report as plain values; `hashes` are those of every split that it shows scores of.

    `more` goes in before the report: what a reader looks for first.
    """
    return {
        "kind": kind,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit_of(CHECKOUT),
        "version": __version__,
        "hashes": list(hashes),
        **more,
        "machine": {
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        "report": _with_hashes(report),
    }


def commit_of(root: Path) -> str | None:
    """Return the commit of a checkout, with `-dirty` where its tree differs; None where it is none.

    The ledger itself does not make a tree dirty: it grows with every look.
    """
    if not (root / ".git").exists():
        return None
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git(root, "status", "--porcelain", "--", ".", f":(exclude){IN_CHECKOUT.as_posix()}")
    return f"{commit}-dirty" if changed or changed is None else commit


def _git(root: Path, *command: str) -> str | None:
    """Return what git says; None where it is missing or refuses."""
    try:
        done = subprocess.run(["git", "-C", str(root), *command], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _with_hashes(held: Any) -> Any:
    """Return the report with a hash of each method's settings beside them, in however many tables it has."""
    if not isinstance(held, Mapping):
        return held
    if "method" in held and "settings" in held:
        return {**held, "settings_hash": fingerprint(held["method"], held["settings"])}
    return {
        name: [_with_hashes(each) for each in value] if isinstance(value, list) else _with_hashes(value)
        for name, value in held.items()
    }


def _finite(held: Any) -> Any:
    """Return plain values with null for what is no number, which JSON cannot hold."""
    if isinstance(held, float):
        return held if math.isfinite(held) else None
    if isinstance(held, Mapping):
        return {str(name): _finite(value) for name, value in held.items()}
    if isinstance(held, list | tuple):
        return [_finite(value) for value in held]
    return held
