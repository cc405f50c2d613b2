import json
from pathlib import Path

import numpy as np
import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.errors import DataError
from intentfeed.interests.pool import InterestPool, PoolConfig, PoolInterest
from intentfeed.types import ACTION_CODE, NO_TIME, Interactions

from . import shop
from .shop import POTS, SEEDS, SHOES, history, looks


@pytest.fixture(scope="module")
def pool() -> InterestPool:
    return InterestPool.build(shop.catalogue(), shop.everybody()[0])


def rated(choices: list[list[int]], n_items: int, action: str = "like") -> Interactions:
    """Return a log without times: each person's choices, in order."""
    user = np.concatenate([np.full(len(mine), number) for number, mine in enumerate(choices)])
    n = len(user)
    return Interactions(
        user=user.astype(np.int32),
        item=np.concatenate(choices).astype(np.int32),
        action=np.full(n, ACTION_CODE[action], dtype=np.int8),
        time_s=np.full(n, NO_TIME),
        value=np.full(n, np.nan),
        n_users=len(choices),
        n_items=n_items,
    )


def films() -> tuple[Catalog, Interactions]:
    """Return forty films of two genres by eight directors, and forty people who are true to a director each."""
    catalog = Catalog.of(
        {
            "item_id": [f"f{n}" for n in range(40)],
            "title": [f"Film {n}" for n in range(40)],
            "category": ["Drama" if n % 2 else "Comedy" for n in range(40)],
            "attributes": [
                json.dumps({"director": f"Jo {'ABCDEFGH'[n // 5]}", "colour": "Red" if n % 3 else "Blue", "cut": n})
                for n in range(40)
            ],
        }
    )
    return catalog, rated([[user % 8 * 5 + n for n in range(5)] + [user * 7 % 40] for user in range(80)], 40)


def test_it_lists_every_category_that_spans_enough_items(pool: InterestPool) -> None:
    names = {entry.name for entry in pool.entries}
    assert {"Trail Shoes", "Running", "Outdoors", "Seeds", "Plants"} <= names
    assert all(entry.kind == "category" for entry in pool.entries)


def test_it_lists_facets_that_people_are_true_to_and_no_others() -> None:
    pool = InterestPool.build(*films(), PoolConfig(max_share=0.2))
    facets = {entry.name for entry in pool.entries if entry.kind == "facet"}
    assert facets == {f"Jo {letter}" for letter in "ABCDEFGH"}


def test_where_categories_are_flat_a_facet_of_the_same_name_widens_one() -> None:
    catalog = Catalog.of(
        {
            "item_id": [f"f{n}" for n in range(12)],
            "category": ["Drama" if n % 2 else "Comedy" for n in range(12)],
            "attributes": [json.dumps({"genres": ["Comedy", "Drama"] if n < 4 else []}) for n in range(12)],
        }
    )
    pool = InterestPool.build(catalog, rated([[0, 1], [2, 3]], 12))
    comedy = pool.number_of["category:Comedy"]
    assert pool.member_IE[1, comedy] == 1
    assert pool.member_IE[5, comedy] == 0
    assert len(pool) == 2


def test_a_catalogue_without_text_is_listed_by_what_goes_together() -> None:
    catalog = Catalog.of({"item_id": [f"i{n}" for n in range(30)]})
    log = rated([[10 * (user % 3) + (user + n) % 10 for n in range(6)] for user in range(60)], 30)
    pool = InterestPool.build(catalog, log)
    groups = [{int(item[1:]) // 10 for item in entry.items} for entry in pool.entries]
    assert len(groups) == 3
    assert all(len(tens) == 1 for tens in groups)
    assert all(entry.name.startswith("Items like i") for entry in pool.entries)


def test_it_never_grows_beyond_its_size_and_keeps_what_is_supported() -> None:
    pool = InterestPool.build(shop.catalogue(), shop.everybody()[0], PoolConfig(max_size=3))
    assert len(pool) == 3
    assert "category:Home > Cleaning > Dish Soap" in pool.number_of


def test_what_a_history_touches_is_matched_narrow_before_wide(pool: InterestPool) -> None:
    found = [entry.name for entry in pool.matched(history([*looks(SHOES, range(5)), *looks(SEEDS, range(2))]))]
    assert found.index("Trail Shoes") < found.index("Outdoors")
    assert found.index("Trail Shoes") < found.index("Seeds")
    assert "Pots" not in found
    assert "Dish Soap" not in found
    assert pool.matched(history([])) == []


def test_it_survives_the_file(pool: InterestPool, tmp_path: Path) -> None:
    pool.save(tmp_path / "pool.jsonl")
    assert InterestPool.load(tmp_path / "pool.jsonl", pool.catalog).entries == pool.entries
    films_pool = InterestPool.build(*films())
    films_pool.save(tmp_path / "films.jsonl")
    assert InterestPool.load(tmp_path / "films.jsonl", films_pool.catalog).entries == films_pool.entries


def test_a_title_with_a_line_separator_survives_the_file(pool: InterestPool, tmp_path: Path) -> None:
    """What Unicode calls a line break is none in a file of JSON lines."""
    odd = PoolInterest(key="items:p1", name="Items like red\u2028lamp\x85", kind="cluster", items=("p1",))
    InterestPool([odd], pool.catalog, pool.tree).save(tmp_path / "pool.jsonl")
    assert InterestPool.load(tmp_path / "pool.jsonl", pool.catalog).entries == [odd]


def test_a_person_may_add_an_interest_by_hand(pool: InterestPool, tmp_path: Path) -> None:
    line = {"key": "own:green", "name": "Green thumbs", "categories": [SEEDS, POTS]}
    (tmp_path / "pool.jsonl").write_text(json.dumps(line) + "\n\n")
    edited = InterestPool.load(tmp_path / "pool.jsonl", pool.catalog)
    assert [entry.name for entry in edited.matched(history(looks(POTS, range(2))))] == ["Green thumbs"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nonsense\n", "pool.jsonl:1 is no interest"),
        ('{"name": "x"}\n', "pool.jsonl:1 is no interest"),
        ('{"key": "a", "name": "x", "colour": 1}\n', "pool.jsonl:1 is no interest"),
        ('{"key": "a", "name": "x", "categories": "Plants"}\n', "pool.jsonl:1 is no interest"),
        ('{"key": "a", "name": "x", "kind": "mood"}\n', "pool.jsonl:1 is no interest"),
        ('{"key": "a", "name": "x"}\n{"key": "a", "name": "y"}\n', "holds a key twice"),
    ],
)
def test_a_line_that_is_no_interest_is_named(pool: InterestPool, tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "pool.jsonl").write_text(text)
    with pytest.raises(DataError, match=complaint):
        InterestPool.load(tmp_path / "pool.jsonl", pool.catalog)
