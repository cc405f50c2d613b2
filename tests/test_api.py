"""What `import intentfeed` offers stays what it is, whatever has been imported since."""

from __future__ import annotations

import subprocess
import sys

import pytest

import intentfeed

ALL_MODULES = """
import importlib, pkgutil
import intentfeed
for found in pkgutil.walk_packages(intentfeed.__path__, "intentfeed."):
    if found.name.count(".") == 1:
        importlib.import_module(found.name)
kinds = {name: type(getattr(intentfeed, name)).__name__ for name in intentfeed.__all__ for _ in range(2)}
print(kinds)
"""


def test_the_functions_are_not_hidden_by_modules_of_their_name() -> None:
    """A module called like one of them would take its place in the package as soon as it is imported."""
    done = subprocess.run([sys.executable, "-c", ALL_MODULES], capture_output=True, text=True, check=True)
    assert done.stdout == "{'load': 'function', 'run': 'function', 'update': 'function'}\n"


def test_what_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'recommend'"):
        _ = intentfeed.recommend
