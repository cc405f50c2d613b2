"""Worlds that several test files read: the default one, and a small one."""

import pytest

from intentfeed.simulate.world import World, WorldConfig, build_world


@pytest.fixture(scope="session")
def small_config() -> WorldConfig:
    return WorldConfig(seed=3, n_users=50, n_items=3_000, events_per_user=700)


@pytest.fixture(scope="session")
def default_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(WorldConfig(), tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def small_world(small_config: WorldConfig, tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(small_config, tmp_path_factory.mktemp("small"))
