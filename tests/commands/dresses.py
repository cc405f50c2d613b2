"""Ten dresses of a small shop, English and Chinese, and commands typed in front of them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from intentfeed.commands.fields import FieldRegistry
from intentfeed.commands.records import Command, Delta, Demand, Memory, Preference, Shown
from intentfeed.data.catalog import Catalog

TODAY = date(2025, 9, 20)
ROWS = (
    ("Floral wrap dress", "Clothing > Dresses > Summer Dresses", "Nimblo", 39.0, "blue", "floral", ["cotton"]),
    ("Plain shift dress", "Clothing > Dresses > Work Dresses", "Harrow", 59.0, "black", "plain", ["polyester"]),
    ("Striped maxi dress", "Clothing > Dresses > Summer Dresses", "Nimblo", 79.0, "light blue", "striped", ["linen"]),
    ("Floral midi skirt", "Clothing > Skirts > Midi Skirts", "Quell", 45.0, "green", "floral", ["cotton", "linen"]),
    ("Pleated long skirt", "Clothing > Skirts > Long Skirts", "Quell", 89.0, "light blue", "plain", ["polyester"]),
    ("Denim mini skirt", "Clothing > Skirts > Mini Skirts", "Harrow", 29.0, "blue", "plain", ["cotton"]),
    ("Dotted tea dress", "Clothing > Dresses > Summer Dresses", "Vost", 65.0, "red", "dotted", ["cotton"]),
    ("Knitted jumper dress", "Clothing > Dresses > Winter Dresses", "Vost", 110.0, "grey", "plain", ["wool"]),
    ("Corduroy long skirt", "Clothing > Skirts > Long Skirts", "Harrow", 72.0, "brown", "plain", ["cotton"]),
    ("Satin slip dress", "Clothing > Dresses > Evening Dresses", "Zorkon", 150.0, "black", "plain", ["silk"]),
)
ROWS_ZH = (
    ("碎花裹身连衣裙", "女装 > 连衣裙", "宁布", 239.0, "蓝色", "碎花", ["棉"]),
    ("纯色直筒连衣裙", "女装 > 连衣裙", "哈罗", 359.0, "黑色", "纯色", ["涤纶"]),
    ("条纹长款连衣裙", "女装 > 连衣裙", "宁布", 479.0, "浅蓝色", "条纹", ["亚麻"]),
    ("碎花中长半身裙", "女装 > 半身裙", "奎尔", 245.0, "绿色", "碎花", ["棉"]),
    ("百褶长裙", "女装 > 长裙", "奎尔", 489.0, "浅蓝色", "纯色", ["涤纶"]),
    ("牛仔短裙", "女装 > 短裙", "哈罗", 129.0, "蓝色", "纯色", ["棉"]),
)


def shop(language: str = "en") -> tuple[FieldRegistry, Catalog]:
    """Return the fields and the items, each twice over, so that values come again and again."""
    rows = 3 * (ROWS if language == "en" else ROWS_ZH)
    columns: dict[str, list[Any]] = {
        "item_id": [f"sku-{at}" for at in range(len(rows))],
        "title": [row[0] for row in rows],
        "category": [row[1] for row in rows],
        "brand": [row[2] for row in rows],
        "price": [row[3] for row in rows],
        "attributes": [json.dumps({"color": row[4], "pattern": row[5], "material": row[6]}) for row in rows],
    }
    catalog = Catalog.of(columns)
    return FieldRegistry.of(catalog), catalog


def command(text: str, *held: Demand, places: int = 5, number: int = 1) -> Command:
    """Return a command in front of the first items, with demands that hold already."""
    slate = tuple(Shown(position=at + 1, row=at) for at in range(places))
    memory = Memory(demands=held, next_number=len(held) + 1)
    return Command(text=text, slate=slate, memory=memory, round=number, today=TODAY, subject="session-1")


class Verbatim:
    """The plainest parser there is: the whole command is one preference."""

    def parse(self, command: Command) -> Delta:
        """Return the command as a preference in its own words."""
        text = command.text.strip()
        if not text:
            return Delta(feedback="neutral")
        return Delta(feedback="new", add=(Preference(polarity="positive", facet="about", text=text, quote=text),))
