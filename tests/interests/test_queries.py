import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.interests.queries import QueryReader, words
from intentfeed.interests.tree import CategoryTree

from . import shop
from .shop import SEEDS, SHOES, SOCKS


@pytest.fixture(scope="module")
def reader() -> QueryReader:
    catalog = shop.catalogue()
    return QueryReader(catalog, CategoryTree.of(catalog))


def place(reader: QueryReader, query: str, *seen: str) -> str:
    nodes = frozenset(reader.tree.node_of[path] for path in seen)
    return reader.tree.paths[reader.place(query, seen=nodes)]


def test_words_are_small_distinct_and_singular() -> None:
    assert words("Trail-Running Shoes, shoes & SOCKS!") == ["trail", "running", "shoe", "sock"]
    assert words("") == words(" ?! ") == []


def test_a_query_is_about_the_category_that_uses_its_words(reader: QueryReader) -> None:
    assert place(reader, "trail shoes") == SHOES
    assert place(reader, "best trail shoe") == SHOES
    assert place(reader, "seeds") == SEEDS


def test_what_was_looked_at_next_decides_between_categories_that_may_be_meant(reader: QueryReader) -> None:
    assert place(reader, "model a", SOCKS) == SOCKS
    assert place(reader, "trail shoes", SEEDS) == SHOES


def test_unknown_words_mean_the_only_category_looked_at_or_nothing(reader: QueryReader) -> None:
    assert place(reader, "zzz qqq") == ""
    assert place(reader, "zzz qqq", SEEDS) == SEEDS
    assert place(reader, "zzz qqq", SEEDS, SHOES) == ""
    assert place(reader, "") == ""


def test_a_neighbour_of_what_was_meant_is_covered_and_a_stranger_is_not(reader: QueryReader) -> None:
    node = reader.tree.node_of
    assert reader.covers("trail shoes", frozenset([node[SOCKS]]))
    assert not reader.covers("trail shoes", frozenset([node[SEEDS]]))


def test_a_catalogue_without_text_places_nothing() -> None:
    catalog = Catalog.of({"item_id": ["a", "b"]})
    assert QueryReader(catalog, CategoryTree.of(catalog)).place("shoes", seen=frozenset()) == 0


def test_a_query_of_any_length_is_read(reader: QueryReader) -> None:
    assert place(reader, "trail shoes " * 50_000) == SHOES


def test_queries_without_blanks_are_read_by_pairs_of_characters() -> None:
    leaves = {"户外 > 登山鞋": "登山鞋", "户外 > 登山包": "登山包", "厨房 > 炒锅": "炒锅", "กีฬา > รองเท้า": "รองเท้าวิ่ง"}
    rows = [(path, f"{mod}{noun}") for path, noun in leaves.items() for mod in ("防水", "轻便", "女款", "")]
    columns = {"item_id": [f"i{n}" for n in range(len(rows))]}
    columns |= {"title": [title for _, title in rows], "category": [path for path, _ in rows]}
    catalog = Catalog.of(columns)
    reader = QueryReader(catalog, CategoryTree.of(catalog))
    assert words("防水登山鞋") == ["防水", "水登", "登山", "山鞋"]
    assert place(reader, "防水登山鞋推荐") == "户外 > 登山鞋"
    assert place(reader, "登山包 女款") == "户外 > 登山包"
    assert place(reader, "不粘炒锅") == "厨房 > 炒锅"
    assert place(reader, "รองเท้าหนัง") == "กีฬา > รองเท้า"
    meant = reader.read("登山")
    assert sum(meant[reader.tree.node_of[f"户外 > {leaf}"]] for leaf in ("登山鞋", "登山包")) > 0.7
    assert place(reader, "钓竿") == ""
