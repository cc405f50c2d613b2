"""`intentfeed doctor`: what is installed, reachable, configured."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import typer

from .output import Json, emit


def doctor(json: bool = Json) -> None:
    """Say what this machine has: Python, cores, memory, disk, and each package of the core and the extras."""
    import psutil

    from .. import __version__

    found = {
        "intentfeed": __version__,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "disk_free_gb": round(shutil.disk_usage(Path.cwd()).free / 2**30, 1),
        "packages": {extra: _packages(extra) for extra in ("core", "baselines", "embed", "ray")},
    }
    if json:
        emit(found)
        return
    for key, value in found.items():
        if key != "packages":
            typer.echo(f"{key:>13}  {value}")
    for extra, packages in _packages_by_extra(found["packages"]):
        install = "" if None not in packages.values() else f"   (install: pip install 'intentfeed[{extra}]')"
        names = ", ".join(f"{name} {number or 'missing'}" for name, number in packages.items())
        typer.echo(f"{extra:>13}  {names}{install}")


def _packages_by_extra(found: object) -> list[tuple[str, dict[str, str | None]]]:
    return list(found.items()) if isinstance(found, dict) else []


def _packages(extra: str) -> dict[str, str | None]:
    """Return the installed version of each package that an extra asks for; None where it is missing."""
    found: dict[str, str | None] = {}
    for line in requires("intentfeed") or []:
        requirement, _, marker = line.partition(";")
        wanted = f"extra == '{extra}'" in marker.replace('"', "'") if extra != "core" else not marker.strip()
        if wanted:
            name = requirement.split(">")[0].split("<")[0].split("=")[0].split("[")[0].strip()
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = None
    return found
