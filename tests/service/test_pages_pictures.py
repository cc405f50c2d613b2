"""Pictures of items that have none: the same every time, of one family within a category, coloured as the item is."""

from __future__ import annotations

import json
import re

import pytest

from intentfeed.commands.fields import FieldRegistry
from intentfeed.data.catalog import Catalog
from intentfeed.service.pages.pictures import MOTIFS, Painter
from tests.hostile import MARKUP

COLOURS = ["navy blue", "forest green", "red", "mustard"]
HUES = {"navy blue": 216, "forest green": 142, "red": 4, "mustard": 46}


def painter(n: int = 80, **columns: list[str]) -> tuple[Painter, Catalog]:
    held = {
        "item_id": [f"i{at}" for at in range(n)],
        "title": [f"Thing number {at}" for at in range(n)],
        "category": [f"Home > {'Chairs' if at % 2 else 'Lamps'}" for at in range(n)],
        **columns,
    }
    catalog = Catalog.of(held)
    return Painter(FieldRegistry.of(catalog), catalog), catalog


def test_an_item_has_one_picture_and_no_other_item_has_it() -> None:
    first, again = painter()[0], painter()[0]
    drawn = [first.of(row) for row in range(80)]
    assert drawn == [again.of(row) for row in range(80)]
    assert len({repr(one) for one in drawn}) == 80


def test_a_category_shares_a_motif() -> None:
    made, _ = painter()
    elements = {kind: {tuple(name for name, _ in made.of(row).shapes) for row in range(kind, 80, 2)} for kind in (0, 1)}
    assert not elements[0] & elements[1]


def test_the_colour_of_an_item_is_the_colour_of_its_picture() -> None:
    attributes = [
        json.dumps({"colour": COLOURS[at % 4], "scent": ("rose", "cedar", "musk", "sea")[at % 4]}) for at in range(80)
    ]
    made, _ = painter(attributes=attributes)
    for row in range(8):
        hue = int(re.search(r"hsl\((\d+)", made.of(row).ground).group(1))  # type: ignore[union-attr]
        off = abs(hue - HUES[COLOURS[row % 4]]) % 360
        assert min(off, 360 - off) <= 15, "a scent of roses is no colour"


@pytest.mark.parametrize("motif", MOTIFS)
def test_every_motif_is_made_of_plain_shapes(motif: object) -> None:
    made, _ = painter(category=[f"Kind {MOTIFS.index(motif):02d} > {at % 9}" for at in range(80)])  # type: ignore[arg-type]
    for row in range(0, 80, 7):
        for name, attributes in made.of(row).shapes:
            assert name in {"circle", "ellipse", "path", "rect"}
            assert all(re.fullmatch(r"[\w .,()%#-]+", value) for value in attributes.values())


def test_hostile_words_draw_nothing_of_themselves() -> None:
    made, catalog = painter(n=len(MARKUP), title=MARKUP, category=MARKUP, item_id=MARKUP)
    drawn = repr([made.of(row) for row in range(len(catalog))])
    assert "script" not in drawn
    assert "alert" not in drawn
