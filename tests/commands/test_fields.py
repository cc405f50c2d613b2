"""The registry finds the fields of any catalogue from its values, and says what can be demanded of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from intentfeed.commands.fields import Field, FieldRegistry, FieldsConfig
from intentfeed.config import load_config
from intentfeed.data.catalog import Catalog
from intentfeed.data.items import read_items
from intentfeed.errors import DataError
from intentfeed.simulate.world import World, WorldConfig, ensure_world


def shop(attributes: list[dict[str, Any]], **columns: list[Any]) -> Catalog:
    n = len(attributes)
    ids = [f"i{row}" for row in range(n)]
    return Catalog.of({"item_id": ids, "attributes": [json.dumps(held) for held in attributes], **columns})


def field(attributes: list[dict[str, Any]], name: str) -> Field:
    found = FieldRegistry.of(shop(attributes)).field(name)
    assert found is not None
    return found


def repeated(*values: Any, n: int = 120) -> list[dict[str, Any]]:
    return [{"it": values[row % len(values)]} for row in range(n)]


def kinds(registry: FieldRegistry) -> dict[str, tuple[str, str, bool]]:
    return {name: (field.kind, field.unit, field.hard) for name, field in registry.fields.items()}


@pytest.mark.parametrize(
    ("values", "kind", "unit"),
    [
        ([3, 4.5, 7], "number", ""),
        (["3", "4.5", "1,299"], "number", ""),
        ([1995, 1996, 2003], "number", "year"),
        (["1995", "1996"], "number", "year"),
        (["22 Nov 1995", "3 Dec 2001"], "date", ""),
        (["2020-01-31", "2021-02-03T04:05:06Z"], "date", ""),
        (["2020年1月31日", "2021年2月3日"], "date", ""),
        (["2 kg", "500 g", "1.5kg"], "number", "kg"),
        (["32 pages", "64 pages"], "number", "pages"),
        (["red", "blue", "light blue"], "value", ""),
        ([True, False], "value", ""),
        ([0, 1], "value", ""),
        (["S", "M", "L"], "value", ""),
        ([["a", "b"], ["b"]], "list", ""),
        (["Drama|Comedy", "Comedy|Crime", "Crime|Drama|War", "War", "Drama|War", "Crime"], "list", ""),
        ([["A sentence that says at length what this thing is made of.", "And another one."]], "text", ""),
        (["007", "008", "red"], "value", ""),
    ],
)
def test_the_values_tell_the_kind(values: list[Any], kind: str, unit: str) -> None:
    found = field(repeated(*values), "it")
    assert (found.kind, found.unit) == (kind, unit)
    assert found.hard == (kind != "text")
    assert found.coverage == 1.0


def test_quantities_stand_in_their_most_usual_unit() -> None:
    registry = FieldRegistry.of(shop(repeated("2 kg", "500 g", "1 kg")))
    assert registry.numbers_I("it")[:3].tolist() == [2.0, 0.5, 1.0]


def test_a_field_of_sizes_gets_a_numeric_view_of_each_common_quantity() -> None:
    registry = FieldRegistry.of(shop(repeated("M", "L", "250 g", "2 kg", "S", "40 cm", n=240)))
    assert registry.fields["it"].kind == "value"
    assert (registry.fields["it in g"].kind, registry.fields["it in g"].unit) == ("number", "g")
    assert registry.numbers_I("it in g")[:4].tolist()[2:] == [250.0, 2000.0]
    assert np.isnan(registry.numbers_I("it in g")[:2]).all()
    assert registry.fields["it in cm"].coverage == pytest.approx(1 / 6)
    assert not registry.fields["it in cm"].hard


def test_names_of_products_are_text_and_what_products_share_is_not() -> None:
    rng = np.random.default_rng(3)
    brands = [f"Brand{int(code)}" for code in rng.integers(0, 30, 1_200)]
    attributes = [
        {
            "model": f"{brand[-1]}{brand[-2]}-{int(rng.integers(0, 25))} Pro",
            "colour": f"tone{int(min(rng.geometric(0.1), 40))}",
            "country": f"land{brand[-1]}",
            "maker": f"{brand} Ltd.",
        }
        for brand in brands
    ]
    found = kinds(FieldRegistry.of(shop(attributes, brand=brands)))
    assert found["model"][0] == "text"
    assert {name: found[name][0] for name in ("colour", "country", "maker")} == dict.fromkeys(
        ("colour", "country", "maker"), "value"
    )


def test_titles_authors_and_codes_are_no_vocabulary() -> None:
    rows = [
        {"author": f"Name{row} Family{row * 7 % 97}", "ean": f"{10_000 + row}", "shop_id": row} for row in range(300)
    ]
    found = kinds(FieldRegistry.of(shop(rows)))
    assert [found[name][0] for name in ("author", "ean", "shop_id")] == ["text", "text", "text"]


def test_a_field_that_many_items_lack_is_soft() -> None:
    rows = [{"half": 1.5 + row} if row < 69 else {"most": 2.5 + row} for row in range(100)]
    rows = [{**held, "most": 2.5 + row} if row < 40 else held for row, held in enumerate(rows)]
    found = FieldRegistry.of(shop(rows)).fields
    assert (found["half"].coverage, found["half"].hard) == (0.69, False)
    assert (found["most"].coverage, found["most"].hard) == (0.71, True)


def test_a_category_has_every_path_and_every_prefix_and_is_soft() -> None:
    catalog = shop([{}] * 4, category=["A > B", "A > C", "A > B > D", ""])
    found = FieldRegistry.of(catalog).fields["category"]
    assert dict(zip(found.values, found.counts, strict=True)) == {"A": 3, "A > B": 2, "A > B > D": 1, "A > C": 1}
    assert not found.hard
    hard = FieldRegistry.of(catalog, FieldsConfig(hard_category=True)).fields["category"]
    assert hard.hard
    assert hard.coverage == 0.75


def test_values_that_differ_in_case_are_one_in_the_usual_spelling() -> None:
    found = field(repeated("Light Blue", "light  blue", "Light Blue", "red"), "it")
    assert found.values == ("Light Blue", "red")
    assert found.counts == (90, 30)


def test_objects_become_fields_of_their_own_and_nothing_empty_counts() -> None:
    rows = [
        {"size": {"width": 3 + row, "made": {"of": "wood"}}, "no": "", "none": None, "blank": "  ", "na": "N/A"}
        for row in range(9)
    ]
    found = FieldRegistry.of(shop(rows)).fields
    assert set(found) == {"size.width", "size.made.of"}
    assert found["size.width"].aliases == ("size width",)


def test_a_card_is_plain_json_in_the_order_of_the_item() -> None:
    rows = [
        {"genres": ["Zombie", "Action"], "made": "2020-05-01", "year": 2020, "grade": 7.5, "plot": f"Long story {row}."}
        for row in range(60)
    ]
    catalog = shop(rows, title=[f"Film {row}" for row in range(60)], price=[9.0] * 60, category=["Film > War"] * 60)
    card = FieldRegistry.of(catalog).card(7)
    assert card == json.loads(json.dumps(card))
    assert card == {
        "title": "Film 7", "category": "Film > War", "price": 9, "genres": ["Zombie", "Action"], "grade": 7.5,
        "made": "2020-05-01", "year": 2020,
    }  # fmt: skip


def test_the_schema_is_plain_json_and_names_no_more_values_than_asked() -> None:
    catalog = shop([{"it": f"v{row % 50}", "day": "2021-03-04"} for row in range(500)])
    schema = FieldRegistry.of(catalog, FieldsConfig(schema_values=5)).schema()
    assert schema == json.loads(json.dumps(schema))
    assert len(schema["it"]["values"]) == 5
    assert schema["it"]["n_values"] == 50
    assert schema["day"]["low"] == "2021-03-04"


def test_prices_are_in_the_currency_of_the_config_and_else_in_none() -> None:
    catalog = shop([{}] * 3, price=[1.0, 2.0, None])
    assert FieldRegistry.of(catalog).fields["price"].unit == ""
    assert FieldRegistry.of(catalog, FieldsConfig(currency="EUR")).fields["price"].unit == "EUR"


def test_held_returns_what_the_item_has() -> None:
    rows: list[dict[str, Any]] = [{"tags": ["b", "a"], "n": 2}, {"tags": ["a"]}, {"n": 4}] * 10
    registry = FieldRegistry.of(shop(rows, title=["one", "", "three"] * 10))
    assert [registry.held(row, "tags") for row in range(3)] == [("b", "a"), ("a",), None]
    assert [registry.held(row, "n") for row in range(3)] == [2.0, None, 4.0]
    assert [registry.held(row, "title") for row in range(3)] == [("one",), None, ("three",)]
    assert registry.number("n", "4") == 4.0


def test_an_unknown_field_is_named_with_those_that_are_known() -> None:
    registry = FieldRegistry.of(shop(repeated("red", "blue")))
    with pytest.raises(DataError, match="no field 'colour': choose one of it"):
        registry.numbers_I("colour")


def test_a_catalogue_of_nothing_but_ids_has_no_fields() -> None:
    assert not FieldRegistry.of(shop([{}] * 5)).fields
    assert not FieldRegistry.of(Catalog.of({"item_id": []})).fields


def test_the_rows_may_come_in_any_order() -> None:
    rows = [
        {"colour": ("red", "blue", "sea green")[row % 3], "tags": ["x", "y"][: row % 3], "w": f"{row} g"}
        for row in range(90)
    ]
    forth, back = FieldRegistry.of(shop(rows)), FieldRegistry.of(shop(rows[::-1]))
    assert forth.fields == back.fields
    assert np.array_equal(forth.numbers_I("w"), back.numbers_I("w")[::-1])


# Worlds and real data


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> World:
    config = WorldConfig(seed=3, n_users=8, n_items=900, events_per_user=40.0, heavy_users=0, language="zh")
    return ensure_world(config, tmp_path_factory.mktemp("zh"))


def registry_of(items: pl.DataFrame | Path, preset: str | None = None) -> FieldRegistry:
    config = load_config(preset_name=preset) if preset else load_config()
    source = items if isinstance(items, pl.DataFrame) else str(items)
    return FieldRegistry.of(read_items(source, config.ingest)[0])


def check_shop(registry: FieldRegistry) -> None:
    found = kinds(registry)
    assert {name for name, (_, _, hard) in found.items() if hard} == {
        "brand", "price", "audience", "feature", "released", "size", "style", "activity",
    }  # fmt: skip
    expected = {
        "title": "text", "description": "text", "model": "text", "author": "text", "category": "category",
        "brand": "value", "colour": "value", "material": "value", "season": "value", "size": "value",
        "feature": "value", "style": "value", "audience": "value", "activity": "list", "released": "date",
        "price": "number",
    }  # fmt: skip
    assert {name: found[name][0] for name in expected} == expected
    views = {name for name in found if " in " in name}
    assert views
    assert all(registry.fields[name].unit == name.rpartition(" ")[2] for name in views)


def test_the_english_shop(small_world: World) -> None:
    check_shop(registry_of(small_world.items))


def test_the_chinese_shop(chinese: World) -> None:
    check_shop(registry_of(chinese.items))


@pytest.mark.parametrize(
    ("name", "hard", "soft"),
    [
        (
            "movielens-100k",
            {"genres": "list", "year": "number", "mpaa": "value", "actors": "list", "directors": "list",
             "writers": "list", "release_date": "date"},
            {"title": "text", "category": "category", "description": "text"},
        ),
        ("amazon-industrial-2018", {"brand": "value"},
         {"title": "text", "category": "category", "description": "text"}),
        ("retailrocket-mb", {}, {}),
    ],
)  # fmt: skip
def test_what_is_hard_in_real_data(shared_data: Path, name: str, hard: dict[str, str], soft: dict[str, str]) -> None:
    found = kinds(registry_of(shared_data / name / "items.parquet", name))
    assert {field: kind for field, (kind, _, is_hard) in found.items() if is_hard} == hard
    assert {field: kind for field, (kind, _, is_hard) in found.items() if not is_hard} == soft


def test_films_know_their_days(shared_data: Path) -> None:
    registry = registry_of(shared_data / "movielens-100k" / "items.parquet", "movielens-100k")
    years = registry.numbers_I("year")
    days = registry.numbers_I("release_date")
    known = ~np.isnan(years) & ~np.isnan(days)
    released = np.array([date.fromordinal(int(day)).year for day in days[known]])
    assert (np.abs(released - years[known]) <= 1).mean() > 0.8


@pytest.mark.parametrize("huge", ["1" + "0" * 400, "-1" + "0" * 400, "1e300", "[1" + "0" * 400 + "]"])
def test_a_number_beyond_all_quantities_is_no_number(huge: str) -> None:
    rows = [f'{{"weight": {row + 1}, "size": {{"w": {row}}}}}' for row in range(20)]
    rows[3] = f'{{"weight": {huge}, "size": {{"w": {huge}}}}}'
    columns = {"item_id": [f"i{row}" for row in range(20)], "attributes": rows}
    registry = FieldRegistry.of(Catalog.of(columns))
    for name in ("weight", "size.w"):
        if registry.fields[name].kind == "number":
            assert np.isnan(registry.numbers_I(name)[3])
            assert registry.fields[name].high is not None
            assert registry.fields[name].high <= 20
    assert registry.card(0)["weight"] == (["1"] if huge.startswith("[") else 1)
