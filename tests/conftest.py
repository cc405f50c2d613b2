"""What several test files share: real data sets where they are at hand, toy worlds, a finished workspace."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import settings

from intentfeed.data.catalog import Catalog
from intentfeed.data.schema import EVENTS

settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")  # the same examples wherever a change is tested, however slow the machine

if TYPE_CHECKING:
    from intentfeed.batch import Outcome
    from intentfeed.llm.scripted.process import ScriptedProcess
    from intentfeed.simulate.world import World


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data sets; skip the test where it is absent."""
    folder = Path(os.environ.get("INTENTFEED_SHARED", Path(__file__).parents[2] / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not on this machine")
    return folder


@pytest.fixture(scope="session")
def checkerboard() -> tuple[Catalog, pl.DataFrame]:
    """Return 40 squares, even rows black and odd ones white, and 60 people who walk nine of one colour in order."""
    n_items, events = 40, []
    titles = [f"{('black', 'white')[row % 2]} square number{row}" for row in range(n_items)]
    catalog = Catalog.of({"item_id": [f"sq{row:02d}" for row in range(n_items)], "title": titles})
    for person in range(60):
        first = 2 * (7 * person % 20) + person % 2
        walk = [(first + 2 * step) % n_items for step in range(9)]
        events += [(f"p{person:02d}", f"sq{row:02d}", at) for at, row in enumerate(walk)]
    columns = {
        "user_id": [user for user, _, _ in events],
        "event_id": list(range(len(events))),
        "item_id": [item for _, item, _ in events],
        "action": ["purchase"] * len(events),
        "timestamp": [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=at) for _, _, at in events],
    }
    return catalog, pl.DataFrame({name: columns.get(name, [None] * len(events)) for name in EVENTS}, schema=EVENTS)


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedProcess]]:
    """Return what starts a scripted endpoint, as `scripted(fault_rate=0.3, seed=1)`: a process with `url`, `count()`,
    `stop()` and `start()`, ended with the test."""
    from intentfeed.llm.scripted.process import ScriptedProcess

    with ExitStack() as running:
        yield lambda **arguments: running.enter_context(ScriptedProcess(arguments))


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of one test run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def small_world(common: Path) -> World:
    """Return a world of a few dozen people, made once a test run."""
    from intentfeed.simulate.world import WorldConfig, ensure_world

    config = WorldConfig(seed=101, n_users=48, n_items=1_500, min_leaves=120, events_per_user=400.0, heavy_users=0)
    return ensure_world(config, common / "worlds")


@pytest.fixture(scope="session")
def small_workspace(common: Path, small_world: World) -> Path:
    """Return a finished run over the small world, made once a test run; tests read it and never write to it."""
    with (common / "workspace.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run_world(small_world, common / "workspace")
    return common / "workspace"


def run_world(world: World, workspace: Path, **options: Any) -> Outcome:
    """Run the whole chain over a world in this process, in few partitions."""
    from intentfeed.batch import run
    from intentfeed.config import load_config

    config = load_config(overrides=["run.workers=1", "run.n_partitions=4"])
    sources = {"users": str(world.users), "context": str(world.context), "config": config, **options}
    return run(str(world.events), str(world.items), workspace=workspace, **sources)


@pytest.fixture(scope="session", autouse=True)
def committed_ledger_is_left_alone() -> Iterator[None]:
    """Hold every test to a ledger of its own: what is committed is a record of looks at real test scores."""
    ledger = Path(__file__).parents[1] / "benchmarks" / "ledger.jsonl"
    before = ledger.read_bytes() if ledger.exists() else None
    yield
    assert (ledger.read_bytes() if ledger.exists() else None) == before, f"a test has written into {ledger}"
