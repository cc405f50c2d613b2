"""Rendered examples of prompts in docs/prompts: compared by the tests, written anew with INTENTFEED_RENDER=1."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from intentfeed.llm.client import Call

FOLDER = Path(__file__).parents[1] / "docs" / "prompts"
NAMES = {"en": "English", "zh": "Chinese"}


def stays(prompt_id: str, about: str, calls: Mapping[str, Call]) -> None:
    """Assert that the page of a prompt is what these calls, by language, say now; write it where that is asked for."""
    path = FOLDER / f"{prompt_id}.md"
    text = page(prompt_id, about, calls)
    if os.environ.get("INTENTFEED_RENDER"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    again = f"INTENTFEED_RENDER=1 python -m pytest -n0 {os.environ.get('PYTEST_CURRENT_TEST', '').split(' ')[0]}"
    assert path.exists(), f"{path.name} was never written: {again}"
    assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: {again}"


def page(prompt_id: str, about: str, calls: Mapping[str, Call]) -> str:
    """Return the page: each language's two messages as they are sent."""
    parts = [f"# `{prompt_id}`\n\n{about}\n"]
    for language, call in calls.items():
        source = "/".join(("..", "..", "intentfeed", "prompts", *prompt_id.split(".")))
        suffix = ".md" if language == "en" else f".{language}.md"
        link = f"[{prompt_id}{suffix}]({source}{suffix})"
        parts.append(
            f"## {NAMES[language]}\n\nVersion {call.prompt_version}, {link}, answer `{call.returns.__name__}`.\n"
        )
        parts += [f"### {message.role}\n\n````text\n{message.content}\n````\n" for message in call.messages]
    return "\n".join(parts)
