"""The process: told to stop at any moment, it stops."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

AT_ONCE = """
import os, signal, sys
from pathlib import Path
from intentfeed.service.config import ServiceConfig
from intentfeed.service.run import Listening, run
told = getattr(signal, sys.argv[2])
run(Path(sys.argv[1]), Listening(), ServiceConfig(), ready=lambda _url: os.kill(os.getpid(), told))
"""


@pytest.mark.parametrize("told", ["SIGTERM", "SIGINT"])
def test_told_to_stop_just_as_it_is_ready_it_stops(small_workspace: Path, tmp_path: Path, told: str) -> None:
    workspace = shutil.copytree(small_workspace, tmp_path / "ws")
    done = subprocess.run([sys.executable, "-c", AT_ONCE, str(workspace), told], timeout=60, check=False)
    assert done.returncode == 0
