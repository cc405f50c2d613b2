"""Jobs run here or in a pool with the same results, whatever script asks for them."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from intentfeed.executor import ONE_THREAD, executor

JOBS = [b"one", b"two", b"three"]


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_once(workers: int) -> None:
    with executor(workers) as pool:
        assert sorted(pool.map(zlib.crc32, JOBS)) == sorted(map(zlib.crc32, JOBS))


def test_the_first_failure_is_the_callers_and_the_environment_is_as_before() -> None:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    with pytest.raises(ValueError, match="invalid literal"), executor(2) as pool:
        list(pool.map(int, ["1", "nothing"]))
    assert {name: os.environ.get(name) for name in ONE_THREAD} == before


UNGUARDED = """
import zlib
from intentfeed.executor import executor
print("started")
with executor(2) as pool:
    print(sorted(pool.map(zlib.crc32, [b"one", b"two"])) == sorted(map(zlib.crc32, [b"one", b"two"])), __file__)
"""
OF_ITS_OWN = """
from intentfeed.executor import executor
def double(number):
    return 2 * number
if __name__ == "__main__":
    with executor(2) as pool:
        print(sorted(pool.map(double, [1, 2])))
"""


@pytest.mark.parametrize(("script", "said"), [(UNGUARDED, "started\nTrue {path}\n"), (OF_ITS_OWN, "[2, 4]\n")])
def test_a_script_needs_no_guard_unless_its_own_functions_run(tmp_path: Path, script: str, said: str) -> None:
    path = tmp_path / "script.py"
    path.write_text(script)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == said.format(path=path), done.stderr
