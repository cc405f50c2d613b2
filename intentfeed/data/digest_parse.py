"""A digest's text → the facts it tells: the check that compression loses nothing but the time within a bucket."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ..errors import DataError

_CONTEXT: Final = re.compile(r"([^,|()]+) \(([^|()]+)\)(?:, |$)")


class DigestFact(NamedTuple):
    """One thing that a digest says: in this bucket, this was done to this item or query."""

    bucket: str
    action: str
    item: str


def parse_digest(text: str) -> set[DigestFact]:
    """Return the (bucket, action, item) facts of a digest; step 1 gives the same set (RecGPT-V1, 2.6.3).

    Raises:
        DataError: a line is not of the form `time (action, …), … | item, …`.

    >>> sorted(parse_digest("2025-01 (purchased), 2023 (favourited) | gas stove"))[0]
    DigestFact(bucket='2023', action='favourited', item='gas stove')
    """
    facts: set[DigestFact] = set()
    for number, line in enumerate(text.split("\n") if text else [], start=1):
        _, contexts, items = read_line(line, number)
        for bucket, actions in contexts:
            for action in actions:
                facts.update(DigestFact(bucket, action, item) for item in items)
    return facts


def read_line(line: str, number: int = 1) -> tuple[str, list[tuple[str, list[str]]], list[str]]:
    """Return what stands before the bar, its (bucket, actions) pairs, and the items of one line of a digest.

    Raises:
        DataError: the line is not of the form `time (action, …), … | item, …`.
    """
    left, bar, right = line.partition(" | ")
    contexts = list(_CONTEXT.finditer(left))
    if not bar or "".join(match[0] for match in contexts) != left:
        raise DataError(f"line {number} of a digest reads {line[:60]!r}: write it as `time (action, …) | item, …`")
    return left, [(match[1], match[2].split(", ")) for match in contexts], right.split(", ")
