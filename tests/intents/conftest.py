"""The small shop, built once for all tests of tags."""

from __future__ import annotations

import pytest

from tests.intents.shop import Shop, build_shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    """Return the shop, its log and a tagger fitted on both."""
    return build_shop()
