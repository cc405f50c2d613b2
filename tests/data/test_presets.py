"""Each known data set reads completely under its preset."""

from pathlib import Path

import pytest

from intentfeed.data.events import partition_events
from intentfeed.data.items import read_items
from intentfeed.data.mapping import IngestConfig
from intentfeed.data.people import read_users
from intentfeed.data.presets import names, preset
from intentfeed.data.spread import read_part
from intentfeed.errors import ConfigError

EXPECTED = {
    "amazon-industrial-2018": (4344, 8317, 58_492, 41_858, {"review": 41_858}),
    "amazon-industrial-minionerec": (3686, 7723, 50_244, 41_179, {"review": 41_179}),
    "movielens-100k": (1682, 943, 100_000, 100_000, {"rate": 100_000}),
    "movielens-1m": (3883, 6040, 945_833, 945_833, {"rate": 945_833}),
    "movielens-latest-small": (9125, 671, 101_300, 101_300, {"rate": 100_004, "tag": 1296}),
    "retailrocket-mb": (30_113, 2174, 99_555, 97_381, {"detail_view": 75_374, "cart": 12_456, "purchase": 9551}),
}
"""Items, users in the users table, rows, events, events by action."""
TIMED = {"movielens-100k", "movielens-latest-small", "retailrocket-mb"}
ORDERED = {"amazon-industrial-2018", "amazon-industrial-minionerec"}


def config_of(name: str) -> IngestConfig:
    return IngestConfig.model_validate(preset(name)["ingest"])


def test_there_is_a_preset_for_each_known_set() -> None:
    assert names() == sorted(EXPECTED)


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean movielens-1m"):
        preset("movielens-1")


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_set_reads_completely(name: str, shared_data: Path, tmp_path: Path) -> None:
    folder, config = shared_data / name, config_of(name)
    catalog, bad_items = read_items(folder / "items.parquet", config)
    people, _ = read_users(folder / "users.parquet", config)
    taken = partition_events(folder / "interactions.parquet", catalog, config, folder=tmp_path, n_partitions=4)
    assert (len(catalog), len(people), taken.n_rows, taken.n_events, taken.actions) == EXPECTED[name]
    assert bad_items.height == taken.rejects.height == 0
    assert sum(read_part(path).height for path in taken.parts.values()) == taken.n_events
    assert taken.has_time is (name in TIMED)
    assert taken.has_position is (name in ORDERED)


@pytest.mark.shared
def test_amazon_has_its_763_leaf_categories(shared_data: Path) -> None:
    name = "amazon-industrial-2018"
    catalog, _ = read_items(shared_data / name / "items.parquet", config_of(name))
    assert len({path.rpartition(" > ")[2] for path in catalog.categories}) == 763  # no category counts as one
    assert catalog.attributes[0] == {}


@pytest.mark.shared
def test_films_have_people_and_genres_as_attributes(shared_data: Path) -> None:
    catalog, _ = read_items(shared_data / "movielens-100k" / "items.parquet", config_of("movielens-100k"))
    film = catalog.attributes[0]
    assert film["year"] == 1995
    assert film["genres"] == ["Animation", "Children's", "Comedy"]
    assert "ml1m_item_id" not in film
    assert catalog.frame["category"][0] == "Animation"
