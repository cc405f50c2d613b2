"""Who sits at the table: the baselines and ours, by the names that are printed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from ..errors import ConfigError
from .baselines.item_knn import ItemKnn
from .baselines.popularity import Popularity
from .baselines.text_knn import TextKnn
from .dataset import Dataset
from .offline import Method
from .ours import Ours, OurSlates


def methods(dataset: Dataset, names: Sequence[str] = ()) -> list[Method]:
    """Return the methods of these names, or all, in the order of the table.

    Raises:
        ConfigError: a name is unknown; the nearest is named.
    """
    known: dict[str, Method] = {
        Popularity.name: Popularity,
        TextKnn.name: TextKnn,
        ItemKnn.name: ItemKnn,
        Ours.name: lambda: Ours(dataset.config),
        OurSlates.name: lambda: OurSlates(dataset),
    }
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise ConfigError(f"there is no method {name!r}: {hint}")
    return [make for name, make in known.items() if not names or name in names]
