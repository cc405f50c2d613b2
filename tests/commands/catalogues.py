"""Catalogues that a person could have made by hand: films, articles, and films in Chinese. No shop has these fields."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from intentfeed.data.catalog import Catalog

FILMS = (
    ("The Salt Ferry", ["Drama", "Romance"], 1994, 118, "Ingrid Vale", "Norway", "Norwegian", 7.9),
    ("Night Shift at the Aquarium", ["Comedy"], 2011, 94, "Tom Okafor", "United Kingdom", "English", 6.4),
    ("Copper Sky", ["Western", "Drama"], 1967, 131, "Walter Hume", "United States", "English", 8.1),
    ("Seven Doors Down", ["Thriller", "Crime"], 2003, 109, "Mina Sato", "Japan", "Japanese", 7.4),
    ("A Small Orbit", ["Science Fiction", "Drama"], 2019, 142, "Lena Abara", "France", "French", 8.3),
    ("Grandmother's Heist", ["Comedy", "Crime"], 2016, 101, "Tom Okafor", "United Kingdom", "English", 6.9),
    ("The Hollow Choir", ["Horror"], 1985, 88, "Piet Lund", "Denmark", "Danish", 6.2),
    ("Paper Tigers of Osaka", ["Animation", "Family"], 2008, 97, "Mina Sato", "Japan", "Japanese", 7.8),
    ("Last Bus to Lisbon", ["Romance", "Comedy"], 1999, 105, "Clara Mendes", "Portugal", "Portuguese", 7.1),
    ("Iron Orchard", ["War", "Drama"], 1978, 156, "Walter Hume", "United States", "English", 8.0),
    ("The Quiet Algorithm", ["Science Fiction", "Thriller"], 2021, 113, "Lena Abara", "France", "French", 7.0),
    ("Wolves of the Estuary", ["Documentary"], 2014, 76, "Ingrid Vale", "Norway", "Norwegian", 7.6),
    ("Midnight in the Bakery", ["Musical", "Romance"], 1952, 99, "Gloria Penn", "United States", "English", 7.3),
    ("Dead Letters", ["Horror", "Thriller"], 2018, 92, "Piet Lund", "Denmark", "Danish", 5.8),
    ("The Cartographer's Son", ["Adventure", "Family"], 2001, 124, "Clara Mendes", "Portugal", "Portuguese", 6.8),
    ("Blue Hour Boxing", ["Sport", "Drama"], 1989, 112, "Gloria Penn", "United States", "English", 7.5),
    ("Ghost Tax", ["Comedy", "Horror"], 2022, 95, "Tom Okafor", "United Kingdom", "English", 6.1),
    ("Snow on the Runway", ["Thriller", "Action"], 1996, 121, "Mina Sato", "Japan", "Japanese", 6.6),
    ("The Beekeeper's Trial", ["Drama"], 2006, 127, "Ingrid Vale", "Norway", "Norwegian", 7.7),
    ("Two Left Boots", ["Western", "Comedy"], 1971, 90, "Walter Hume", "United States", "English", 6.5),
)
ARTICLES = (
    (
        "How a river town rebuilt its library",
        "Culture > Books",
        ["community", "libraries"],
        "2024-11-02",
        7,
        "Ana Ruiz",
    ),
    ("The quiet cost of cheap batteries", "Science > Energy", ["climate", "mining"], "2025-01-14", 14, "Jonas Bell"),
    ("Why central banks blinked", "Business > Markets", ["inflation", "interest rates"], "2024-12-09", 9, "Priya Nair"),
    ("Five stretches for people who sit all day", "Life > Health", ["fitness"], "2025-02-01", 3, "Mo Hart"),
    ("Inside the vote that split the senate", "News > Politics", ["elections"], "2024-11-06", 11, "Jonas Bell"),
    ("A beginner's guide to sourdough", "Life > Food", ["baking", "recipes"], "2023-04-18", 6, "Ana Ruiz"),
    ("What telescopes saw last winter", "Science > Space", ["astronomy"], "2025-01-28", 8, "Kei Tanaka"),
    ("The striker who would not leave", "Sport > Football", ["transfers", "interviews"], "2024-08-30", 12, "Mo Hart"),
    ("Housing: the numbers behind the shouting", "Business > Property", ["housing"], "2024-10-10", 10, "Priya Nair"),
    ("Robots in the orchard", "Science > Technology", ["robots", "farming"], "2024-09-21", 5, "Kei Tanaka"),
    ("A walk through Porto in the rain", "Life > Travel", ["cities", "walking"], "2023-10-05", 4, "Ana Ruiz"),
    ("The tax cut nobody asked for", "News > Politics", ["taxes", "opinion"], "2025-02-11", 6, "Sam Osei"),
    ("Coral reefs get a second chance", "Science > Environment", ["climate", "oceans"], "2024-06-17", 9, "Kei Tanaka"),
    ("Should schools ban phones?", "News > Education", ["children", "opinion"], "2024-09-03", 5, "Sam Osei"),
    ("Marathon diary, week nine", "Sport > Running", ["fitness", "diary"], "2025-02-20", 4, "Mo Hart"),
    ("The painter of empty rooms", "Culture > Art", ["exhibitions", "interviews"], "2024-03-12", 8, "Ana Ruiz"),
)
FILMS_ZH = (
    ("长河落日", ["剧情", "历史"], 1998, 126, "陈若谷", "中国大陆", 8.2),
    ("午夜便利店", ["喜剧"], 2015, 95, "林小满", "中国台湾", 7.1),
    ("雪国列车站", ["悬疑", "犯罪"], 2007, 112, "佐藤健一", "日本", 7.6),
    ("机械之心", ["科幻", "动作"], 2020, 138, "陈若谷", "中国大陆", 6.8),
    ("外婆的菜园", ["家庭", "剧情"], 2012, 102, "林小满", "中国台湾", 8.5),
    ("鬼客栈", ["恐怖"], 2003, 89, "黎永生", "中国香港", 6.3),
    ("双面警探", ["犯罪", "动作"], 1994, 108, "黎永生", "中国香港", 7.9),
    ("海鸥食堂日记", ["喜剧", "家庭"], 2018, 99, "佐藤健一", "日本", 7.7),
    ("星尘邮差", ["动画", "科幻"], 2021, 104, "李雨桐", "中国大陆", 8.0),
    ("汉江的春天", ["爱情"], 2009, 117, "金美淑", "韩国", 7.2),
    ("最后一班渡轮", ["爱情", "剧情"], 1989, 121, "黎永生", "中国香港", 8.1),
    ("老兵不语", ["战争", "历史"], 1976, 143, "赵铁山", "中国大陆", 7.8),
)


def _catalog(columns: dict[str, list[Any]], attributes: Sequence[dict[str, Any]]) -> Catalog:
    ids = [f"x{number}" for number in range(1, len(attributes) + 1)]
    written = [json.dumps(held, ensure_ascii=False, sort_keys=True) for held in attributes]
    return Catalog.of({"item_id": ids, **columns, "attributes": written})


def films() -> Catalog:
    """Return films with genre, year, runtime, director, country, language and rating; no price, no category."""
    names = ("genre", "year", "runtime", "director", "country", "language", "rating")
    return _catalog({"title": [film[0] for film in FILMS]}, [dict(zip(names, film[1:], strict=True)) for film in FILMS])


def articles() -> Catalog:
    """Return articles with section paths, topics, a date, minutes of reading and an author."""
    columns = {"title": [article[0] for article in ARTICLES], "category": [article[1] for article in ARTICLES]}
    names = ("topic", "published", "minutes", "author")
    return _catalog(columns, [dict(zip(names, article[2:], strict=True)) for article in ARTICLES])


def films_zh() -> Catalog:
    """Return Chinese films; the fields' names are Chinese too."""
    names = ("类型", "年份", "片长", "导演", "地区", "评分")
    return _catalog(
        {"title": [film[0] for film in FILMS_ZH]}, [dict(zip(names, film[1:], strict=True)) for film in FILMS_ZH]
    )
