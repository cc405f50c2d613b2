"""Lines that could not be read: counted, kept with the reason, and a stop when there are too many."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from ...errors import DataError

KEPT = 10_000
"""Rejects that are written down; all are counted."""
SHOWN_CHARS = 200
HOPELESS = 10_000
"""After this many lines a file of which most are bad is read no further."""


class Rejects:
    """The bad lines of a download."""

    def __init__(self, max_bad: float) -> None:
        self.max_bad = max_bad
        self.rows: Counter[str] = Counter()
        """Lines seen, by file."""
        self.bad: Counter[str] = Counter()
        self.reasons: Counter[tuple[str, str]] = Counter()
        self._kept: list[dict[str, str | int]] = []

    def saw(self, file: str, n: int) -> None:
        """Count lines, good or bad.

        Raises:
            DataError: most of the lines so far are bad.
        """
        self.rows[file] += n
        if self.rows[file] > HOPELESS and self.bad[file] > self.rows[file] / 2:
            self.check()

    def add(self, file: str, row: int, why: str, raw: bytes | str) -> None:
        """Count a bad line; rows are numbered from 1, as an editor does."""
        self.bad[file] += 1
        self.reasons[file, why] += 1
        if len(self._kept) < KEPT:
            text = raw if isinstance(raw, str) else raw.decode("utf-8", errors="replace")
            self._kept.append({"file": file, "row": row, "reason": why, "begins": text[:SHOWN_CHARS]})

    def check(self) -> None:
        """Refuse to go on with a file of which too much is bad.

        Raises:
            DataError: more than `max_bad` of a file's lines.
        """
        for file, bad in self.bad.items():
            if bad > self.max_bad * self.rows[file]:
                (_, why), n = max(
                    ((key, n) for key, n in self.reasons.items() if key[0] == file), key=lambda pair: pair[1]
                )
                first = min((kept for kept in self._kept if kept["file"] == file), key=_place)
                raise DataError(
                    f"{bad:,} of {self.rows[file]:,} lines of {file} cannot be read, {n:,} of them because: {why}; "
                    f"the first is line {first['row']}: mend the file, or allow more with --max-bad"
                )

    @property
    def n(self) -> int:
        """Return how many there are."""
        return self.bad.total()

    def write(self, path: Path) -> None:
        """Write those that were kept as JSON lines."""
        ordered = sorted(self._kept, key=_place)
        lines = [json.dumps(row, ensure_ascii=False) for row in ordered]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _place(row: dict[str, str | int]) -> tuple[str, int]:
    return str(row["file"]), int(row["row"])
