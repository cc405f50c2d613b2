import pytest

from intentfeed.interests.grounded import GroundedMiner

from . import shop


@pytest.fixture(scope="session")
def miner() -> GroundedMiner:
    """Return the miner fitted on the tiny shop."""
    log, people = shop.everybody()
    return GroundedMiner.fit(shop.catalogue(), log, people=people)
