"""The service as a process: where it listens, whom it lets in, how it stops."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError, DataError
from .config import ServiceConfig
from .keys import ENVIRONMENT, load_keys

if TYPE_CHECKING:
    import uvicorn


@dataclass(frozen=True, kw_only=True)
class Listening:
    """Where a service listens, and by which names."""

    host: str = "127.0.0.1"
    port: int = 0
    keys: Path | None = None
    names: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    """Addresses of proxies of ours: only these are believed for whom they ask, and by which scheme."""

    @property
    def is_here(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def run(
    workspace: Path,
    where: Listening,
    config: ServiceConfig,
    *,
    today: date | None = None,
    ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve until the process is told to stop (SIGTERM, SIGINT); requests in flight are finished.

    Raises:
        ConfigError: others could reach it and no key is set, or a key is unusable.
        DataError: the workspace is none, or the port is taken.
    """
    keys = load_keys(where.keys, os.environ)
    if not where.is_here and not keys:
        raise ConfigError(
            f"{where.host} can be reached by others and no key is set: make one with `intentfeed serve --new-key NAME` "
            f"and give its file with --keys, or put name=secret into {ENVIRONMENT}"
        )
    import uvicorn

    from .api import Door, create_app
    from .guard import HERE

    names = tuple(name.lower() for name in where.names)
    door = Door(keys=keys, hosts=(*HERE, *names) if where.is_here or names else (), origins=where.origins)
    with _listening(where) as line:
        app = create_app(workspace, door, config, today=today)
        server = uvicorn.Server(
            uvicorn.Config(
                app, access_log=False, log_level="warning", server_header=False, lifespan="on", ws="none",
                timeout_graceful_shutdown=config.stop_s, timeout_keep_alive=75,
                proxy_headers=bool(where.proxies), forwarded_allow_ips=list(where.proxies),
            )
        )  # fmt: skip
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, lambda _number, _frame: _stop(server))  # uvicorn takes them over once it runs
        ready(_url(where, line))
        server.run(sockets=[line])


def _stop(server: uvicorn.Server) -> None:
    """Have a server stop that may not have begun; one that has stopped on a signal raises it here once more."""
    server.should_exit = True


def _listening(where: Listening) -> socket.socket:
    host = where.host.strip("[]")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, where.port, type=socket.SOCK_STREAM)[0]
        line = socket.socket(family, socket.SOCK_STREAM)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.bind(address)
        line.listen(512)
    except OSError as error:
        raise DataError(
            f"{where.host} port {where.port} cannot be listened at ({error.strerror or error}): choose another with "
            "--host or --port, or port 0 for any"
        ) from error
    return line


def _url(where: Listening, line: socket.socket) -> str:
    host = f"[{where.host.strip('[]')}]" if ":" in where.host else where.host
    return f"http://{host}:{line.getsockname()[1]}"
