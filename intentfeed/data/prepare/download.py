"""What was downloaded: a zip, a single file or a folder, seen as files by name; never unpacked to disk."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, cast

from ...errors import DataError

BLOCK_BYTES = 1 << 20
MAX_DEPTH = 4
"""Folders below the one named that are looked into."""
ENCRYPTED = 0x1
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Member:
    """One file of a download."""

    name: str
    """Its path inside the download."""
    start: Callable[[], IO[bytes]]
    """Opens it as it lies there."""
    opened: set[str] = field(default_factory=set, compare=False)
    """Names of the files of a download that were read."""

    @property
    def base(self) -> str:
        """Return the file name in lower case."""
        return PurePosixPath(self.name).name.lower()

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Yield its bytes, gzip undone.

        Raises:
            DataError: it is cut off, damaged, or compressed in a way that Python cannot undo.
        """
        self.opened.add(self.name)
        try:
            with self.start() as raw:
                held = io.BufferedReader(cast("io.RawIOBase", raw))  # a member of an archive reads like a file
                # By its first bytes: servers and browsers undo gzip without taking the ending away, and the reverse
                if held.peek(2)[:2] == GZIP:
                    with gzip.open(held) as plain:
                        yield plain  # type: ignore[misc]  # a GzipFile reads like any other file
                else:
                    yield held
        except (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
            raise DataError(f"{self.name} is cut off or damaged ({error}): download it again") from error


@dataclass(frozen=True)
class Download:
    """The files of a download."""

    path: Path
    members: tuple[Member, ...]
    """By depth, then name."""
    ignored: tuple[str, ...] = ()
    """Names that would lead out of the archive."""
    opened: set[str] = field(default_factory=set, compare=False)
    """Names of the files that were read so far."""

    @property
    def is_folder(self) -> bool:
        """Whether the files lie unpacked."""
        return self.path.is_dir()

    def find(self, *patterns: str) -> list[Member]:
        """Return the files whose name, or whose path where the pattern has a slash, matches any of the patterns."""
        return [member for member in self.members if any(_matches(member, pattern) for pattern in patterns)]

    def maybe(self, *patterns: str) -> Member | None:
        """Return the one file that matches, or None.

        Raises:
            DataError: several do, equally deep.
        """
        found = self.find(*patterns)
        if len(found) > 1 and _depth(found[0]) == _depth(found[1]):
            names = ", ".join(member.name for member in found[:4])
            raise DataError(
                f"{self.path} holds several files of one kind ({names}): choose with --category, or name one"
            )
        return found[0] if found else None

    def need(self, *patterns: str) -> Member:
        """Return the one file that matches.

        Raises:
            DataError: none does, or several.
        """
        found = self.maybe(*patterns)
        if found is None:
            held = ", ".join(member.name for member in self.members[:5]) or "nothing"
            more = f" and {len(self.members) - 5:,} more" if len(self.members) > 5 else ""
            looked = " or ".join(patterns)
            raise DataError(f"{self.path} holds no {looked}, only {held}{more}: give --from the whole download")
        return found


def open_download(path: Path) -> Download:
    """Return what lies at a path.

    Raises:
        DataError: nothing is there, or it is a broken or locked archive.
    """
    if path.is_dir():
        return _in_folder(path)
    if not path.is_file():
        raise DataError(f"{path} is not there: give --from the file or folder that you downloaded")
    with path.open("rb") as handle:
        is_zip = handle.read(4) == b"PK\x03\x04"
    if not is_zip and path.suffix.lower() != ".zip":
        return Download(path, (Member(path.name, lambda: path.open("rb")),))
    return _in_zip(path)


def checksums(path: Path) -> dict[str, str | int]:
    """Return name, size, sha256 and md5 of one file; md5 because that is what GroupLens publishes."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as handle:
        while block := handle.read(BLOCK_BYTES):
            sha256.update(block)
            md5.update(block)
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256.hexdigest(), "md5": md5.hexdigest()}


def _in_folder(path: Path) -> Download:
    opened: set[str] = set()

    def opener(file: Path) -> Callable[[], IO[bytes]]:
        return lambda: file.open("rb")

    members = []
    for at, folders, files in os.walk(path):
        inside = Path(at).relative_to(path)
        if len(inside.parts) >= MAX_DEPTH:
            folders.clear()
        members += [Member((inside / file).as_posix(), opener(Path(at, file)), opened) for file in files]
    return Download(path, _sorted(members), opened=opened)


def _in_zip(path: Path) -> Download:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise DataError(f"{path} is no whole zip ({error}): download it again") from error
    outside = tuple(info.filename for info in infos if _leads_out(info.filename))
    inside = [info for info in infos if not _leads_out(info.filename)]
    if any(info.flag_bits & ENCRYPTED for info in inside):
        raise DataError(f"{path} is encrypted: unpack it and give --from the folder")

    def opener(info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
        # A member keeps the archive's file open for as long as it needs it itself
        def start() -> IO[bytes]:
            with zipfile.ZipFile(path) as archive:
                return archive.open(info)

        return start

    return Download(path, _sorted([Member(info.filename, opener(info)) for info in inside]), outside)


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in name.split("/")[0]


def _sorted(members: list[Member]) -> tuple[Member, ...]:
    """Return them without what archivers of other systems leave behind, shallow ones first."""
    kept = [member for member in members if "__MACOSX" not in member.name and not member.base.startswith(".")]
    return tuple(sorted(kept, key=lambda member: (_depth(member), member.name)))


def _depth(member: Member) -> int:
    return member.name.count("/")


def _matches(member: Member, pattern: str) -> bool:
    return fnmatchcase(f"/{member.name}".lower() if "/" in pattern else member.base, pattern.lower())
