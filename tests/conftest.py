"""What several test files share: the real data sets, where they are at hand."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data sets; skip the test where it is absent."""
    folder = Path(os.environ.get("INTENTFEED_SHARED", Path(__file__).parents[2] / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not on this machine")
    return folder
