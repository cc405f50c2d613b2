"""The command-blind show the same for ever, or walk down their list."""

from __future__ import annotations

import pytest

from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.commands.baselines.blind import BlindLoop
from intentfeed.simulate.gold import Gold
from intentfeed.simulate.sessions import Asked
from intentfeed.types import History
from tests.evaluate.commands.shop import shelf_dataset


@pytest.mark.parametrize("advances", [False, True])
def test_commands_change_nothing(tmp_path, advances: bool):
    from intentfeed.data.history import interactions

    dataset = shelf_dataset(tmp_path)
    popular = Popularity()
    popular.fit(interactions(dataset.cut("valid").fit, dataset.catalog), dataset.catalog)
    loop = BlindLoop("popular", popular, exclude_shown=advances)
    asked = Asked(episode_id="e", user_id="u", history=History.of_items([3, 14]), first=tuple(range(50, 60)))
    opened = loop.open(asked)
    one = loop.command(opened, "no boots", Gold(feedback="new"))
    assert one.rows == loop.command(opened, "boots!", Gold(feedback="new")).rows
    two = loop.command(one, "boots!", Gold(feedback="new"))
    assert len(one.rows) == len(two.rows) == 10
    assert not {3, 14} & {*one.rows, *two.rows}
    if advances:
        assert not {*one.rows, *asked.first} & set(two.rows)
    else:
        assert one.rows == two.rows
