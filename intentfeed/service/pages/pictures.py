"""A picture for an item that has none: drawn from its category, its colour and its id, the same every time.

Kinds of things share a motif and a family of colours; no two items have quite the same picture.
"""

from __future__ import annotations

import math
import tomllib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

import numpy as np

from ...commands.fields import FieldRegistry
from ...commands.normal import key
from ...data.catalog import SEPARATOR, Catalog

W, H = 320, 220
MOSTLY = 0.6
"""Share of a field's items whose values are colours, for it to be a field of colours."""
One = TypeVar("One")
GOLDEN = 137.508
"""Degrees; hues that follow each other at this angle never crowd."""
Shape = tuple[str, Mapping[str, str]]
"""Name of an SVG element, and its attributes; both are made here, never of the data."""


class Chance:
    """Draws that are the same for the same seed, wherever they are made."""

    def __init__(self, seed: int) -> None:
        self._draws = np.random.default_rng(seed)

    def uniform(self, low: float, high: float) -> float:
        """Return a number between two."""
        return float(self._draws.uniform(low, high))

    def choice(self, among: Sequence[One]) -> One:
        """Return one of several."""
        return among[int(self._draws.integers(len(among)))]


@dataclass(frozen=True)
class Palette:
    """Four tones of one picture."""

    ground: str
    light: str
    mid: str
    deep: str
    spark: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A drawing: a ground and what is on it."""

    ground: str
    shapes: tuple[Shape, ...]


class Painter:
    """Draws the items of one catalogue."""

    def __init__(self, registry: FieldRegistry, catalog: Catalog) -> None:
        self._registry, self._catalog = registry, catalog
        names = sorted({path for path in catalog.categories if path})
        self._families = {name: at for at, name in enumerate(sorted({path.split(SEPARATOR)[0] for path in names}))}
        self._kinds = {name: at for at, name in enumerate(names)}
        self._colour_fields = [name for name in registry.fields if _is_of_colours(registry, name)]

    def of(self, row: int) -> Picture:
        """Return the picture of an item."""
        category = str(self._catalog.field(row, "category") or "")
        kind = self._kinds.get(category, 0)
        chance = Chance(_code(self._catalog.item_ids[row]))
        tone = self._colour(row) or self._tone(category, kind)
        palette = _palette(tone, chance)
        motif = MOTIFS[kind % len(MOTIFS)]
        return Picture(ground=palette.ground, shapes=tuple(motif(palette, chance)))

    def _tone(self, category: str, kind: int) -> tuple[float, float, float]:
        """Return the tone of a category: a family of hues a top level, far from its neighbours'; shades of it below."""
        hue = self._families.get(category.split(SEPARATOR)[0], 0) * GOLDEN
        return (hue + kind % 5 * 9 - 18) % 360, 40 + kind % 3 * 6, 50.0

    def _colour(self, row: int) -> tuple[float, float, float] | None:
        for name in self._colour_fields:
            held = self._registry.held(row, name)
            for value in held if isinstance(held, tuple) else ():
                found = _named_colour(value)
                if found:
                    return found
        return None


def _is_of_colours(registry: FieldRegistry, name: str) -> bool:
    field = registry.fields[name]
    if field.kind not in ("value", "list") or not field.counts:
        return False
    named = sum(count for value, count in zip(field.values, field.counts, strict=True) if _named_colour(value))
    return named >= MOSTLY * sum(field.counts)


def _named_colour(value: str) -> tuple[float, float, float] | None:
    """Return hue, saturation and lightness of a colour's name; of `forest green` those of green."""
    text = key(value)[:60]
    for word in reversed(text.split()):
        if word in _colours()["en"]:
            return _colours()["en"][word]
    return next((tone for sign, tone in _colours()["zh"].items() if sign in text), None)


@cache
def _colours() -> dict[str, dict[str, tuple[float, float, float]]]:
    told = tomllib.loads(files(__package__).joinpath("colours.toml").read_text("utf-8"))
    return {language: {name: tuple(tone) for name, tone in names.items()} for language, names in told.items()}


def _palette(tone: tuple[float, float, float], chance: Chance) -> Palette:
    hue, saturation, lightness = tone
    hue += chance.uniform(-14, 14)
    deep = min(max(lightness - 14, 22), 44)
    return Palette(
        ground=_hsl(hue, saturation * 0.55, 88),
        light=_hsl(hue + 8, saturation * 0.75, 78),
        mid=_hsl(hue, saturation, min(max(lightness + 4, 42), 66)),
        deep=_hsl(hue - 10, saturation * 0.95, deep),
        spark=_hsl(hue + 160 + chance.uniform(-20, 20), max(saturation, 46), 66),
    )


def _hsl(hue: float, saturation: float, lightness: float) -> str:
    return f"hsl({hue % 360:.0f} {saturation:.0f}% {lightness:.0f}%)"


def _code(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace"))


# Motifs


def _circle(x: float, y: float, r: float, fill: str, **more: str) -> Shape:
    return "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{r:.1f}", "fill": fill, **more}


def _path(d: str, fill: str, **more: str) -> Shape:
    return "path", {"d": d, "fill": fill, **more}


def _rect(x: float, y: float, w: float, h: float, r: float, fill: str, **more: str) -> Shape:
    size = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{w:.1f}", "height": f"{h:.1f}", "rx": f"{r:.1f}"}
    return "rect", {**size, "fill": fill, **more}


def _hills(colours: Palette, chance: Chance) -> list[Shape]:
    found = [_circle(chance.uniform(90, 230), chance.uniform(60, 95), chance.uniform(26, 40), colours.spark)]
    for at, fill in enumerate((colours.light, colours.mid, colours.deep)):
        y, bend = 112 + 34 * at, chance.uniform(22, 40)
        x = chance.uniform(60, 140)
        found.append(
            _path(
                f"M-10 {y + 20:.0f} C{x - 40:.0f} {y - bend:.0f} {x + 60:.0f} {y - bend:.0f} {x + 110:.0f} {y:.0f} "
                f"S{W - 10} {y + bend:.0f} {W + 10} {y - 8:.0f} V{H + 10} H-10Z",
                fill,
            )
        )
    return found


def _arcs(colours: Palette, chance: Chance) -> list[Shape]:
    x, y = chance.choice(((0, H), (W, H), (W, 0), (0, 0)))
    step = chance.uniform(34, 44)
    fills = (colours.light, colours.mid, colours.light, colours.deep, colours.spark)
    return [_circle(x, y, step * (6 - at), fill) for at, fill in enumerate(fills)]


def _quarters(colours: Palette, chance: Chance) -> list[Shape]:
    size, fills = 80, (colours.light, colours.mid, colours.deep, colours.mid, colours.spark)
    found = []
    for place in range(12):
        x, y = place % 4 * size, place // 4 * size - 10
        turn, fill = chance.choice(range(5)), chance.choice(fills)
        corner = {
            0: f"M{x} {y}h{size}a{size} {size} 0 0 1 -{size} {size}z",
            1: f"M{x} {y}v{size}h{size}a{size} {size} 0 0 0 -{size} -{size}z",
            2: f"M{x + size} {y}v{size}h-{size}a{size} {size} 0 0 1 {size} -{size}z",
            3: f"M{x} {y}a{size} {size} 0 0 0 {size} {size}v-{size}z",
        }
        if turn == 4:
            found.append(_circle(x + size / 2, y + size / 2, size * 0.3, fill))
        else:
            found.append(_path(corner[turn], fill))
    return found


def _petals(colours: Palette, chance: Chance) -> list[Shape]:
    x, y, n = chance.uniform(130, 190), chance.uniform(95, 125), chance.choice((5, 6, 8))
    first, length = chance.uniform(0, 60), chance.uniform(62, 78)
    found: list[Shape] = [_circle(x, y, length * 1.55, colours.light)]
    for at in range(n):
        turn = f"rotate({first + 360 * at / n:.1f} {x:.1f} {y:.1f})"
        size = {"cx": f"{x:.1f}", "cy": f"{y - length * 0.58:.1f}", "rx": f"{length * 0.27:.1f}"}
        fill = colours.mid if at % 2 else colours.deep
        found.append(("ellipse", {**size, "ry": f"{length * 0.52:.1f}", "fill": fill, "transform": turn}))
    return [*found, _circle(x, y, length * 0.24, colours.spark)]


def _bars(colours: Palette, chance: Chance) -> list[Shape]:
    turn = f"rotate({chance.choice((-32, -24, 24, 32))} {W / 2} {H / 2})"
    fills = (colours.mid, colours.light, colours.deep, colours.spark, colours.mid, colours.light, colours.deep)
    x, found = -20.0, []
    for fill in fills:
        wide, y = chance.uniform(28, 46), chance.uniform(-30, 60)
        found.append(_rect(x, y, wide, chance.uniform(130, 210), wide / 2, fill, transform=turn))
        x += wide + 12
    return found


def _orbits(colours: Palette, chance: Chance) -> list[Shape]:
    x, y = chance.uniform(130, 190), chance.uniform(90, 130)
    found: list[Shape] = [_circle(x, y, 26, colours.deep)]
    for at, radius in enumerate((52, 80, 112, 150)):
        ring = {"stroke": colours.mid if at % 2 else colours.light, "stroke-width": "7"}
        found.append(_circle(x, y, radius, "none", **ring))
        angle = chance.uniform(0, 2 * math.pi)
        fill = colours.spark if at == 1 else colours.deep
        found.append(_circle(x + radius * math.cos(angle), y + radius * math.sin(angle), 14 - 2 * at, fill))
    return found


def _shelves(colours: Palette, chance: Chance) -> list[Shape]:
    fills = (colours.mid, colours.deep, colours.light, colours.spark, colours.mid)
    found = []
    for floor in range(3):
        x, base = 24.0 + chance.uniform(-10, 20), 74 + 68 * floor
        while x < W - 60:
            wide, tall = chance.choice((14, 22, 30, 44)), chance.uniform(24, 52)
            found.append(_rect(x, base - tall, wide, tall, 4, chance.choice(fills)))
            x += wide + 6
        found.append(_rect(16, base + 3, W - 32, 4, 2, colours.deep))
    return found


def _waves(colours: Palette, chance: Chance) -> list[Shape]:
    long, found = chance.uniform(90, 150), []
    for at, fill in enumerate((colours.light, colours.mid, colours.light, colours.deep)):
        y, high, shift = 48 + 44 * at, chance.uniform(12, 22), chance.uniform(0, long)
        d = f"M{-shift - long:.0f} {y} q{long / 4:.0f} {-high:.0f} {long / 2:.0f} 0"
        d += f" t{long / 2:.0f} 0" * (2 * int((W + 3 * long) / long) + 1)
        found.append(_path(f"{d} V{H + 10} H{-shift - long:.0f}Z", fill))
    return [_circle(chance.uniform(60, 260), 44, 22, colours.spark), *found]


def _peaks(colours: Palette, chance: Chance) -> list[Shape]:
    found: list[Shape] = [_circle(chance.uniform(60, 260), chance.uniform(46, 76), 24, colours.spark)]
    for fill, high, n in ((colours.light, 150, 3), (colours.mid, 108, 4), (colours.deep, 66, 5)):
        step = W / (n - 1)
        x = -step / 2 + chance.uniform(-20, 20)
        tops = []
        for _ in range(n + 1):
            tops.append(
                f"L{x:.0f} {H - high * chance.uniform(0.75, 1.15):.0f} L{x + step / 2:.0f} {H - high * 0.35:.0f}"
            )
            x += step
        found.append(_path(f"M-40 {H + 10} {' '.join(tops)} L{W + 60} {H + 10}Z", fill, **{"stroke-linejoin": "round"}))
    return found


MOTIFS: tuple[Callable[[Palette, Chance], list[Shape]], ...] = (
    _hills, _arcs, _quarters, _petals, _bars, _orbits, _shelves, _waves, _peaks,
)  # fmt: skip
