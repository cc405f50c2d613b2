"""The service as a process, for tests and benchmarks: started, asked, told to stop, killed, started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from ..errors import DataError

MAIN = "from intentfeed.cli.main import main; main()"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class ServiceProcess:
    """`intentfeed serve` over a workspace on a free port. A context manager."""

    workspace: Path
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    """Sent with every request where it is set."""
    url: str = ""
    _process: subprocess.Popen[str] | None = None

    def start(self) -> ServiceProcess:
        """Return this service once it listens; after a stop at the same port as before.

        Raises:
            DataError: it does not start.
        """
        port = str(urlsplit(self.url).port if self.url else 0)
        command = [sys.executable, "-c", MAIN, "serve", str(self.workspace), "--port", port, "--json", *self.arguments]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, **self.environment}
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise DataError(f"the service over {self.workspace} did not start: see what it said above")
        self.url = json.loads(line)["url"]
        return self

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 60.0,
    ) -> Reply:
        """Return the answer to one request on a line of its own; bytes go as they are, all else as JSON."""
        line = HTTPConnection(urlsplit(self.url).netloc, timeout=timeout_s)
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if raw is not None else {}
        sent |= {"Authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            line.request(method, quote(path, safe="/?&=%"), raw, {**sent, **(headers or {})})
            answer = line.getresponse()
            held = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, held, answer.read())
        finally:
            line.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process is not None
        return self._process.pid

    def terminate(self) -> int:
        """Tell it to stop, and return its exit code once it has."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> int:
        """Kill it in the middle of whatever it does."""
        assert self._process is not None
        self._process.kill()
        return self._ended()

    def _ended(self) -> int:
        assert self._process is not None
        code = self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def __enter__(self) -> ServiceProcess:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()
