"""intentfeed: from behaviour logs to named interests, items, and reasons that can be checked.

>>> import intentfeed
>>> ws = intentfeed.run("events.parquet", "items.parquet", workspace="ws")  # doctest: +SKIP
>>> intentfeed.load("ws").recommend(user_id="u1", k=10)  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["load", "run", "update"]

if TYPE_CHECKING:
    from .batch import run as run
    from .daily import update as update
    from .workspace import load as load

_HOMES = {"run": ".batch", "update": ".daily", "load": ".workspace"}


def __getattr__(name: str) -> Any:
    """Import what is asked for and nothing else: `import intentfeed` is quick and silent."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
