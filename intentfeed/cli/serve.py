"""`intentfeed serve`: the feed over HTTP."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from .output import Json, emit


def serve(
    workspace: Path | None = typer.Argument(None, help="Workspace of an earlier run."),
    host: str = typer.Option("127.0.0.1", "--host", help="Address to listen at; beyond this machine only with keys."),
    port: int = typer.Option(8765, "--port", min=0, max=65_535, help="0 takes a free one."),
    keys: Path | None = typer.Option(None, "--keys", help="File with the keys; INTENTFEED_KEYS may hold some, too."),
    new_key: str | None = typer.Option(None, "--new-key", help="Make a key of this name, print it, and stop."),
    for_user: str | None = typer.Option(None, "--for-user", help="With --new-key: the one person it speaks for."),
    names: list[str] = typer.Option([], "--name", help="A host name that it answers to; repeatable."),
    origins: list[str] = typer.Option([], "--cors-origin", help="A page elsewhere that may ask it; repeatable."),
    proxies: list[str] = typer.Option(
        [], "--proxy", help="Address of a proxy in front, believed for X-Forwarded-For and -Proto; repeatable."
    ),
    today: datetime | None = typer.Option(
        None, "--today", formats=["%Y-%m-%d"], help="The day on which it is asked [the real one]."
    ),
    changes: list[str] = typer.Option([], "--set", help="Change one setting, e.g. idle_hours=2; may be repeated."),
    json: bool = Json,
) -> None:
    """Serve a workspace: feeds that can be told things, over HTTP."""
    if new_key is not None:
        _make_key(new_key, for_user, json=json)
        return
    from ..config import settings_of
    from ..errors import ConfigError
    from ..service.config import ServiceConfig
    from ..service.run import Listening, run

    if workspace is None:
        raise ConfigError("serve needs the workspace of an earlier run: intentfeed serve WORKSPACE")
    where = Listening(
        host=host, port=port, keys=keys, names=tuple(names), origins=tuple(origins), proxies=tuple(proxies)
    )
    config = settings_of(ServiceConfig, {}, changes)

    def ready(url: str) -> None:
        if json:
            emit({"url": url, "workspace": workspace})
        else:
            typer.echo(f"serving {workspace}: {url}   (Ctrl-C ends it)")

    run(workspace, where, config, today=today.date() if today else None, ready=ready)


def _make_key(name: str, user_id: str | None, *, json: bool) -> None:
    from ..service.keys import new_key

    secret, section = new_key(name, user_id)
    if json:
        emit({"key": secret, "section": section})
        return
    typer.echo(f"the key, shown this once:\n\n{secret}\n\nfor the file of --keys:\n\n{section}")
