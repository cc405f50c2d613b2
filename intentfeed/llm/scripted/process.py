"""The scripted endpoint as a process: started, asked for its account, stopped and started again on the same port."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit


@dataclass
class ScriptedProcess:
    """A scripted endpoint with these arguments: `fault_rate=0.3` becomes `--fault-rate 0.3`. A context manager."""

    arguments: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    """Base URL, ending in /v1."""
    _process: subprocess.Popen[str] | None = None

    def start(self) -> ScriptedProcess:
        """Return this endpoint once it listens; after a stop on the same port as before."""
        said = dict(self.arguments)
        if self.url:
            said["port"] = urlsplit(self.url).port
        command = [sys.executable, "-m", "intentfeed.llm.scripted", "--with-parent"]
        for name, value in said.items():
            option = "--" + name.replace("_", "-")
            command += [] if value is False else [option] if value is True else [option, str(value)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = json.loads(self._process.stdout.readline())["url"]
        return self

    def stop(self) -> None:
        """Kill it, without a farewell to whoever is connected."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def count(self) -> dict[str, Any]:
        """Return the server's own account since it was started: see `server.Account`."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        try:
            connection.request("GET", "/count")
            counted: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return counted

    def __enter__(self) -> ScriptedProcess:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
