"""What belongs together: shelves, levels, attributes, decades."""

import json

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.explain.shelves import Shelves, belongs, facet_rows

from .outfitter import outfitter


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return outfitter()


def test_a_name_that_is_an_attribute_leads_to_what_has_it(catalog: Catalog) -> None:
    rows = facet_rows(catalog, {"olive", "tents"})
    assert set(rows) == {"olive"}
    assert {catalog.attributes[row]["colour"] for row in rows["olive"]} == {"olive"}


def test_a_shelf_is_one_parent_and_no_department(catalog: Catalog) -> None:
    shelves = Shelves.of(catalog)
    assert shelves.near("Outdoor > Tents", ["Outdoor > Sleeping Bags"])
    assert shelves.near("Outdoor > Tents > Tarps", ["Outdoor > Tents"])
    assert not shelves.near("Outdoor > Tents", ["Home > Rugs"])
    assert not shelves.near("Drama", ["Comedy"])
    assert shelves.near("", ["Home > Rugs"])
    assert shelves.near("Outdoor > Tents", [])
    crowded = Catalog.of({"item_id": [str(n) for n in range(400)], "category": ["All > One", "All > Two"] * 200})
    assert not Shelves.of(crowded).near("All > One", ["All > Two"])


def test_a_decade_is_what_a_year_lies_in() -> None:
    own = [json.dumps({"year": year}) for year in (1953, 1960)]
    films = Catalog.of({"item_id": ["a", "b"], "category": ["Drama", "Drama"], "attributes": own})
    assert facet_rows(films, {"1950s", "drama"}) == {"1950s": frozenset({0})}
    assert belongs("Drama", films.attributes[0])["1950s"] == ("year", "1950s")
