"""Which request fails, and how: drawn by a seeded hash of the request and of how often it was seen, so repeatable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

Fault = Literal["429", "500", "503", "hang", "drip", "drop", "cut", "malformed", "schema", "prose", "nonsense"]
"""The first six are the server's, the others the model's."""

FAULTS: tuple[Fault, ...] = get_args(Fault)
USUAL: tuple[Fault, ...] = ("429", "500", "hang", "drip", "cut", "malformed", "schema", "prose", "nonsense")


@dataclass(frozen=True)
class Dice:
    """Draws a fault, or none, for a request."""

    rate: float
    faults: tuple[Fault, ...]
    seed: int

    def draw(self, body: bytes, n_seen: int) -> Fault | None:
        """Return what befalls this request when it comes for the n-th time."""
        if self.rate <= 0:
            return None
        packed = hashlib.blake2b(body, digest_size=16, salt=f"{self.seed}/{n_seen}".encode()[:16]).digest()
        if int.from_bytes(packed[:8], "big") >= self.rate * 2**64:
            return None
        return self.faults[int.from_bytes(packed[8:], "big") % len(self.faults)]


def spoil(answer: dict[str, Any], fault: Fault | None) -> tuple[str, str]:
    """Return the text that a model with this fault says, and why it stopped."""
    text = json.dumps(answer, ensure_ascii=False)
    if fault == "cut":
        return text[: len(text) * 3 // 5], "length"
    if fault == "malformed":
        return text.replace('":', '"', 1) + ",,", "stop"
    if fault == "schema":
        return json.dumps({"Result": answer, "confidence": "high"}), "stop"
    if fault == "prose":
        return f"Certainly! Here is what you asked for, {{as agreed}}:\n```json\n{text}\n```\nAnything else?", "stop"
    return text, "stop"
