"""Category paths as a tree."""

from __future__ import annotations

from intentfeed.data.catalog import Catalog
from intentfeed.interests.tree import CategoryTree

CATALOG = Catalog.of(
    {"item_id": list("abcd"), "category": ["Home > Lamps > Desk", "Home > Lamps", "", "Garden"], "title": [""] * 4}
)


def test_what_lies_above_and_below() -> None:
    tree = CategoryTree.of(CATALOG)
    assert tree.paths == ["", "Garden", "Home", "Home > Lamps", "Home > Lamps > Desk"]
    assert [tree.paths[node] for node in tree.node_I] == CATALOG.frame["category"].to_list()
    assert [tree.paths[node] for node in tree.lineage(4)] == ["Home > Lamps > Desk", "Home > Lamps", "Home"]
    assert tree.depth_C.tolist() == [0, 1, 1, 2, 3]
    assert tree.n_items_C.tolist() == [1, 1, 2, 2, 1]
    assert tree.n_children_C.tolist() == [0, 0, 1, 1, 0]


def test_a_catalogue_without_categories_is_the_unknown_node_alone() -> None:
    tree = CategoryTree.of(Catalog.of({"item_id": ["a"]}))
    assert tree.paths == [""]
    assert (tree.n_items_C.tolist(), tree.n_children_C.tolist(), tree.lineage(0)) == ([1], [0], [])
