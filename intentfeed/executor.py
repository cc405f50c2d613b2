"""Where partitions run: in this process or in a pool. One function, any place; its outputs go to files."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

ONE_THREAD = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""Several workers with several threads each spin against one another: on two cores that costs a factor of ten."""


class SerialExecutor:
    """Runs the jobs here, one after the other."""

    def map(self, fn: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
        """Yield each result as it completes."""
        for job in jobs:
            yield fn(job)


class ProcessExecutor:
    """Runs the jobs in a pool of processes, each with one thread."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def map(self, fn: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
        """Yield each result as it completes; the first failure stops the rest."""
        with _without_script(fn.__module__):
            futures = [self._pool.submit(fn, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


@contextmanager
def _without_script(module: str) -> Iterator[None]:
    """Start processes in the block that do not run the caller's script anew, as a spawned one otherwise would.

    What they run is in modules of ours, so they have no need of it, and a script without `if __name__ == "__main__":`
    would start the whole work once more in each of them.
    """
    main = vars(sys.modules["__main__"])
    names = () if module == "__main__" else ("__file__", "__spec__")
    hidden = {name: main[name] for name in names if name in main}
    main.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        main.update(hidden)


@contextmanager
def executor(workers: int) -> Iterator[SerialExecutor | ProcessExecutor]:
    """Yield an executor over `workers` processes; 0 means one a core, 1 means here."""
    workers = workers or os.cpu_count() or 1
    if workers == 1:
        yield SerialExecutor()
        return
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)  # spawned children read these when they import their libraries
    try:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield ProcessExecutor(pool)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
