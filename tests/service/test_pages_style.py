"""The stylesheet: enough contrast in both grounds, motion that can be turned off, nothing from elsewhere."""

from __future__ import annotations

import re

import pytest

from intentfeed.service.pages.html import asset

CSS = asset("page.css").decode()
TEXT, SIGN = 4.5, 3.0
"""WCAG 2.2, AA: contrast of text, and of what only has to be seen (1.4.3, 1.4.11)."""
PAIRS = [
    ("ink", "ground", TEXT), ("ink", "card", TEXT), ("ink", "sunk", TEXT), ("ink", "tint", TEXT),
    ("ink", "warn-tint", TEXT),
    ("soft", "ground", TEXT), ("soft", "card", TEXT), ("soft", "sunk", TEXT),
    ("accent", "ground", TEXT), ("accent", "card", TEXT), ("accent", "tint", TEXT), ("on-accent", "accent", TEXT),
    ("warn", "warn-tint", TEXT), ("edge", "ground", SIGN), ("edge", "card", SIGN), ("accent", "sunk", SIGN),
]  # fmt: skip


def palettes() -> dict[str, dict[str, str]]:
    """Return the colours by name, of the light ground and of the dark one."""
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block))
        for name, block in (("light", light), ("dark", dark))
    }


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize(("ink", "paper", "least"), PAIRS)
def test_everything_can_be_read(ground: str, ink: str, paper: str, least: float) -> None:
    colours = palettes()[ground]
    assert contrast(colours[ink], colours[paper]) >= least


def test_a_known_contrast_is_computed_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_both_grounds_name_the_same_colours() -> None:
    assert palettes()["light"].keys() == palettes()["dark"].keys()


def test_nothing_comes_from_elsewhere_and_motion_can_be_turned_off() -> None:
    script = asset("page.js").decode()
    assert not re.findall(r"https?:|//[a-z]|@import|url\(", CSS)
    assert not re.findall(
        r"https?:|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script
    )
    assert "prefers-reduced-motion: reduce" in CSS
    assert len(script.splitlines()) < 260
