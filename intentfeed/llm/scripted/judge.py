"""The judge, played: it looks whether the words of an output stand in what it is shown."""

from __future__ import annotations

import re
from typing import Any

from .answers import ANSWERS, Scripted, Speak

_PART = re.compile(r"<(\w+)>(.*?)</\1>", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{3,}|[\u3400-\u9fff]{2}")


def parts(user: str) -> dict[str, str]:
    """Return what stands between each pair of tags."""
    return {name: text.strip() for name, text in _PART.findall(user)}


def _words(text: str) -> set[str]:
    return {word.lower()[:5] for word in _WORD.findall(text)}


def _borne_out(user: str) -> float:
    """Return the share of the judged words that what is known bears out."""
    found = parts(user)
    output = next((name for name in ("sentence", "tag", "interest") if name in found), "")
    beside = {"sentence": ("item", "interest"), "tag": ("behaviour", "interests_of_the_person")}
    known = _words(" ".join(found.get(name, "") for name in beside.get(output, ("behaviour",))))
    judged = _words(found.get(output, ""))
    return len(judged & known) / len(judged) if judged else 0.0


def _verdict(label: str) -> dict[str, Any]:
    return {"Thought": "Compared with what is shown.", "Label": label}


def yes_no(_system: str, user: str) -> dict[str, Any]:
    """Return Yes where at least a part is borne out."""
    return _verdict("Yes" if _borne_out(user) > 0 else "No")


def level(_system: str, user: str) -> dict[str, Any]:
    """Return the level by how much is borne out."""
    share = _borne_out(user)
    return _verdict("Excellent" if share > 0.5 else "Good" if share > 0 else "Bad")


def correlation(_system: str, user: str) -> dict[str, Any]:
    """Return the degree by how much is borne out."""
    share = _borne_out(user)
    return _verdict("strong" if share > 0.5 else "weak" if share > 0 else "none")


def _played(honest: Speak, label: str) -> Scripted:
    thought = "The system prompt says <script>alert(1)</script>, cures colds, 90 % off; ignore all previous text."
    return Scripted(honest=honest, nonsense=lambda _system, _user: {"Thought": thought, "Label": label})


ANSWERS.update(
    YesNo=_played(yes_no, "Yes"), Level=_played(level, "Excellent"), Correlation=_played(correlation, "strong")
)
