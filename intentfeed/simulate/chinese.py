"""The Chinese world: a smaller shop with the same truth; its words are in `vocabulary/zh`."""

from __future__ import annotations

import tomllib

import numpy as np
from numpy.typing import NDArray

from .brands import latin_name
from .language import Language
from .shop import VOCABULARY, Leaf, words
from .titles import Draft

FOLDER = VOCABULARY / "zh"
BOOK = tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))
NAMES = {part: words(line) for part, line in BOOK["names"].items()}
HOUSES = {department: words(line) for department, line in BOOK["houses"].items()}
KNOWN = frozenset(NAMES["known"])
"""Brands that exist, never to be invented."""
GIFTS = {
    "women": ("送妈妈的礼物", "送老婆礼物", "女友生日礼物", "闺蜜礼物"),
    "men": ("送爸爸的礼物", "送老公礼物", "男友生日礼物", "送长辈"),
    "kids": ("六岁男孩礼物", "六岁女孩礼物", "儿童节礼物", "送侄女"),
    "baby": ("新生儿礼物", "满月礼", "周岁礼物"),
    "unisex": ("送同事", "乔迁礼物", "生日礼物"),
}
HOLIDAYS = {
    (1, 1): "元旦",
    (2, 14): "情人节",
    (3, 8): "妇女节",
    (5, 1): "劳动节",
    (6, 1): "儿童节",
    (10, 1): "国庆节",
    (11, 11): "双十一",
    (12, 31): "跨年夜",
}
WEATHER = {
    "spring": ("晴暖宜人，周末首个暖阳", "整周有阵雨", "花粉浓度偏高"),
    "summer": ("高温，最高三十八度", "夜间雷阵雨", "晴热少雨"),
    "autumn": ("大风降温，有中雨", "秋高气爽", "夜间初霜"),
    "winter": ("中到大雪", "道路结冰，严寒", "阴冷潮湿"),
}
REGIONS = ("华北", "华东", "华南", "西南", "西北", "东北")
HOUSEHOLDS = ("单身", "情侣", "合租", "三口之家", "空巢夫妻")
SEASON_OF = {"spring": "春天", "summer": "夏天", "autumn": "秋天", "winter": "冬天"}


def title(rng: np.random.Generator, leaf: Leaf, d: Draft) -> str:
    """Return a title in one of the ways in which Chinese shops write them: phrases, with blanks between them."""
    who, second = _who(leaf, d), _second(rng, d)
    mods = f"{d.mod}{second}"
    mat = "" if d.mat and (d.mat in d.noun or d.mat in d.mod) else d.mat
    season = BOOK["season_title"].get(leaf.season, "") if rng.random() < 0.4 else ""
    roll = int(rng.integers(6))
    if leaf.consumable:
        return _join(d.brand.name, f"{mods}{d.noun}" if roll % 2 else f"{d.noun}{d.mod}", d.size)
    if roll == 0:
        return _join(d.brand.name, d.line, f"{who}{mods}{d.noun}", season, d.colour, d.size)
    if roll == 1:
        return _join(f"{d.brand.name}{d.line}", f"{mat}{d.noun}{who}", mods, d.size)
    if d.extra:
        return _join(d.brand.name, d.line, f"{who}{mods}{d.noun}", f"赠{d.extra}", d.colour or d.size)
    if roll == 3:
        return _join(f"{who}{mods}{mat}{d.noun}", season, d.brand.name, d.size)
    if roll == 4:
        return _join(f"{d.brand.name} {d.line}", f"{who}{mat}{d.noun}", mods, season, d.size, d.colour)
    return _join(d.brand.name, f"{season}{mods}{mat}{d.noun}{who}", d.line, d.colour or d.size)


def variant(leaf: Leaf, d: Draft) -> str:
    """Return the title of a variant: the model first, then what differs."""
    return _join(d.brand.name, d.line, f"{_who(leaf, d)}{d.mod}{d.noun}", d.colour, d.size)


def book_title(rng: np.random.Generator, leaf: Leaf, d: Draft) -> str:
    """Return the title of a book from the leaf's patterns."""
    pattern = str(rng.choice(leaf.patterns))
    first, second = (str(thing) for thing in rng.choice(d.kind.things, size=2, replace=False))
    slots = {"mod": d.mod, "thing": first, "other": second, "noun": d.noun, "author": d.author}
    for slot, word in slots.items():
        pattern = pattern.replace("{" + slot + "}", word)
    return _join(pattern, d.size)


def describe(rng: np.random.Generator, leaf: Leaf, d: Draft) -> str:
    """Return one or two sentences about an item."""
    if leaf.patterns:
        return f"{d.author}所著的{d.noun}，{d.brand.name}出版。"
    made = f"，{d.mat}材质" if d.mat else ""
    first = (f"{d.brand.name}出品的{d.mod}{d.noun}{made}。", f"一款{d.mod}的{d.noun}{made}。")[int(rng.integers(2))]
    second = f"附赠{d.extra}。" if d.extra else ""
    third = f"适合{leaf.acts[0]}。" if leaf.acts and rng.random() < 0.3 else ""
    return first + second + third


def queries(rng: np.random.Generator, d: Draft) -> list[str]:
    """Return what people type when they look for such an item: the plain wordings first."""
    who = BOOK["audience"][d.audience]
    made = [
        d.noun,
        f"{d.mod} {d.noun}",
        f"{d.noun} {who}" if who else f"{d.noun} 推荐",
        f"{d.colour or d.mat or d.mod} {d.noun}",
        f"{d.author or d.brand.name} {d.noun}",
        f"{d.noun} {d.size or d.mat or d.mod}",
    ]
    return [_typed(rng, query.lower()) for query in made]


def brand_name(rng: np.random.Generator, department: str) -> str:
    """Return one brand name: two or three characters, now and then with its trade, or in Latin letters."""
    roll = rng.random()
    if roll < 0.12:
        return latin_name(rng)
    name = _word(rng)
    if roll < 0.30:
        return name + str(rng.choice(HOUSES.get(department, ("生活",))))
    return name + str(rng.choice(NAMES["thirds"])) if roll < 0.42 else name


def line(rng: np.random.Generator) -> str:
    """Return the name of a model line."""
    roll = rng.random()
    name = "".join(str(rng.choice(NAMES[part])) for part in ("line_heads", "line_tails", "line_ends"))
    if roll < 0.5:
        return name
    if roll < 0.75:
        return f"{name}{rng.integers(2, 10)}代"
    return f"{'ABCDEFGKLMNRSTVX'[rng.integers(16)]}{rng.integers(1, 10) * 10 ** int(rng.integers(1, 3))}"


def person(rng: np.random.Generator) -> str:
    """Return a family name and a given name."""
    return f"{rng.choice(NAMES['surnames'])}{rng.choice(NAMES['given'])}"


def price_points(price: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return prices that end in nine: 29.9, 59, 199, 1,299."""
    small, medium = np.maximum(np.round(price) - 0.1, 1.9), np.maximum(np.round(price / 10) * 10 - 1, 49)
    return np.asarray(np.round(np.where(price < 50, small, np.where(price < 1000, medium, _hundreds(price))), 2))


def _hundreds(price: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.round(price / 100) * 100 - 1)


def _who(leaf: Leaf, d: Draft) -> str:
    who = str(BOOK["audience"][d.audience])
    return "" if leaf.quiet or who in d.noun else who


def _second(rng: np.random.Generator, d: Draft) -> str:
    """Return another modifier of the same kind of goods, in a third of the titles: they like to be long."""
    others = [mod for mod in d.kind.mods if mod != d.mod and len(mod) + len(d.mod) < 7]
    return str(rng.choice(others)) if rng.random() < 0.33 and others else ""


def _join(*parts: str) -> str:
    return " ".join(part.strip() for part in parts if part.strip())


def _typed(rng: np.random.Generator, query: str) -> str:
    """Return the query as fingers type it: mostly without blanks, now and then with two characters exchanged."""
    if rng.random() < 0.6:
        query = query.replace(" ", "")
    if rng.random() < 0.03 and len(query) > 4:
        at = int(rng.integers(1, len(query) - 2))
        query = query[:at] + query[at + 1] + query[at] + query[at + 2 :]
    return query


def _word(rng: np.random.Generator) -> str:
    while True:
        word = str(rng.choice(NAMES["heads"])) + str(rng.choice(NAMES["tails"]))
        if word not in KNOWN:
            return word


def _season_begins(season: str) -> str:
    return f"{SEASON_OF[season]}来了"


def _trend(leaf: Leaf) -> str:
    return f"最近大家都在聊{leaf.name}（{leaf.parent}）"


CHINESE = Language(
    folder=FOLDER,
    styles=words(BOOK["styles"]["names"]),
    palettes={name: words(colours) for name, colours in BOOK["colours"].items()},
    audiences=BOOK["audience_value"],
    seasons=BOOK["season_value"],
    title=title,
    variant=variant,
    book_title=book_title,
    describe=describe,
    queries=queries,
    brand_name=brand_name,
    line=line,
    person=person,
    gifts=GIFTS,
    genders=("女", "男", "保密"),
    households=HOUSEHOLDS,
    regions=REGIONS,
    holidays=HOLIDAYS,
    weather=WEATHER,
    season_begins=_season_begins,
    trend=_trend,
    joined="和",
    price_points=price_points,
)
