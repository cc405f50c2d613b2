"""Files in the OpenAI Batch format: requests are written whole or not at all, answers are found in any order."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from .client import Call, LLMRole, Message
from .config import PriceConfig
from .heard import Heard, Quirks, heard
from .turns import body_of

REQUESTS = ".requests.jsonl"
ANSWERS = ".answers.jsonl"
URL = "/v1/chat/completions"
MAX_LINES = 50_000
MAX_BYTES = 190_000_000
"""Hosted services take 50,000 lines and 200 MB a file."""
MAX_SENT = 3
"""A question whose line failed or got lost is asked again twice."""
_ID = re.compile(r"[0-9a-f]{32}(\.repair)?(\.[23])?")
_ID_FIRST = re.compile(rb'\{"custom_id": "([0-9a-f.repi]+)"')


def id_of(key: str, *, repair: bool, number: int) -> str:
    """Return the custom id under which a question is sent the first, second or third time."""
    return key + (".repair" if repair else "") + (f".{number}" if number > 1 else "")


@dataclass
class Round:
    """What is known of one question, first or repair: the times that it was sent, and what came."""

    heard: list[Heard] = field(default_factory=list)
    n_sent: int = 0
    awaited: bool = False
    """Whether it stands in a file that nobody has answered yet."""

    @property
    def texts(self) -> list[Heard]:
        """What the model said, in the order of files and lines."""
        return [each for each in self.heard if not each.fault]

    @property
    def distinct(self) -> list[Heard]:
        """What came, a line that is there twice only once."""
        return list(dict.fromkeys(self.heard))

    @property
    def over(self) -> str:
        """Why there is no sense in asking again; '' while there is."""
        for each in self.heard:
            if each.fault and not each.again:
                return each.fault
        if self.n_sent < MAX_SENT:
            return ""
        last = next((each.fault for each in reversed(self.heard) if each.fault), "endpoint: no line came back for it")
        return f"{last} (asked {MAX_SENT} times)"


class Inbox:
    """Finds, in one pass over a folder, what was sent and where its answers stand; reads an answer when asked for it.

    A requests file counts as answered once any answer to it is there, or a file under the name that its answers should
    have, be it empty; what it still lacks then got lost, and is asked again.
    """

    def __init__(self, folder: Path, price: PriceConfig) -> None:
        self.price = price
        self.requests = sorted(folder.glob(f"*{REQUESTS}"))
        self.answers = sorted(set(folder.glob("*.jsonl")) - set(self.requests))
        self.n_broken = 0
        self.first_broken = ""
        """File, line and fault of the first line that is no answer."""
        self.n_unknown = 0
        """Answers to questions that no requests file of the folder holds."""
        self.quirks = Quirks()
        self._sent: dict[str, int] = {}
        self._found: dict[str, list[tuple[int, int]]] = {}
        for number, path in enumerate(self.requests):
            self._sent.update(dict.fromkeys(_ids_of(path), number))
        for number, path in enumerate(self.answers):
            self._index(number, path)
        self._answered = {self._sent[each] for each in self._found if each in self._sent}
        back = {path.name for path in self.answers}
        for number, path in enumerate(self.requests):
            if path.name.removesuffix(REQUESTS) + ANSWERS in back:
                self._answered.add(number)

    @property
    def awaited(self) -> tuple[Path, ...]:
        """Requests files of which nothing came back."""
        return tuple(path for number, path in enumerate(self.requests) if number not in self._answered)

    def said(self) -> str:
        """Return in one sentence what was wrong with the answers files; '' where nothing was."""
        parts = []
        if self.n_broken:
            s = "" if self.n_broken == 1 else "s"
            parts.append(f"{self.n_broken:,} broken line{s} left out (the first is {self.first_broken})")
        if self.n_unknown:
            s = "" if self.n_unknown == 1 else "s"
            parts.append(f"{self.n_unknown:,} answer{s} to questions that stand in no requests file of this folder")
        return " and ".join(parts)

    def round(self, key: str, *, repair: bool = False) -> Round:
        """Return what is known of a question."""
        known = Round()
        for number in range(1, MAX_SENT + 1):
            custom_id = id_of(key, repair=repair, number=number)
            found = self._found.get(custom_id, ())
            file = self._sent.get(custom_id)
            if found or file is not None:
                known.n_sent = number
            known.heard += [self._read(*place) for place in found]
            known.awaited |= not found and file is not None and file not in self._answered
        return known

    def _index(self, number: int, path: Path) -> None:
        with path.open("rb") as lines:
            at = 0
            for row, line in enumerate(lines, 1):
                if line.strip():
                    fault = self._note(number, at, line)
                    if fault:
                        self.n_broken += 1
                        self.first_broken = self.first_broken or f"{path.name}, line {row}: {fault}"
                at += len(line)

    def _note(self, number: int, at: int, line: bytes) -> str:
        """Keep the place of an answer; return what is wrong with its line, '' where nothing is."""
        try:
            said = json.loads(line)
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            return "it is not complete JSON"
        custom_id = said.get("custom_id") if isinstance(said, dict) else None
        if not isinstance(custom_id, str):
            return "it has no custom_id"
        if not isinstance(said.get("response"), dict) and not said.get("error"):
            return "it has neither response nor error"
        if custom_id not in self._sent:
            self.n_unknown += 1
        if b'"choices"' not in line:
            self.quirks = self.quirks.and_those_of(line.decode())
        if _ID.fullmatch(custom_id):
            self._found.setdefault(custom_id, []).append((number, at))
        return ""

    def _read(self, number: int, at: int) -> Heard:
        with self.answers[number].open("rb") as file:
            file.seek(at)
            return heard(json.loads(file.readline()), self.price)


def _ids_of(path: Path) -> Iterator[str]:
    """Yield the ids of a requests file without reading its requests."""
    with path.open("rb") as lines:
        for line in lines:
            if found := _ID_FIRST.match(line):
                yield found.group(1).decode()


class Outbox:
    """Writes requests, beginning a new file at each limit; nothing has its name before all is written."""

    def __init__(self, folder: Path, quirks: Quirks, *, max_lines: int = MAX_LINES, max_bytes: int = MAX_BYTES) -> None:
        self.folder, self.quirks = folder, quirks
        self.max_lines, self.max_bytes = max_lines, max_bytes
        self.n_written = 0
        self.files: list[Path] = []
        """Final paths, in the order of writing."""
        self._of: tuple[LLMRole, str] | None = None
        self._file: Any = None
        self._lines = self._bytes = 0

    def __enter__(self) -> Outbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the files their names, or take them away where the writing was broken off."""
        self._close()
        for path in self.files:
            if kind is None:
                _partial(path).replace(path)
            else:
                _partial(path).unlink(missing_ok=True)

    def write(self, call: Call, messages: tuple[Message, ...], custom_id: str, *, temperature: float) -> None:
        """Add a request; a file holds one role and one model, as some services demand."""
        body = self.quirks.bent(body_of(call, messages, temperature=temperature))
        request = {"custom_id": custom_id, "method": "POST", "url": URL, "body": body}
        line = json.dumps(request, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        full = self._lines >= self.max_lines or self._bytes + len(line) > self.max_bytes
        if self._file is None or full or self._of != (call.role, call.model):
            self._open(call)
        self._file.write(line)
        self._lines += 1
        self._bytes += len(line)
        self.n_written += 1

    def _open(self, call: Call) -> None:
        self._close()
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{call.role}-{self._number(call.role):03d}{REQUESTS}"
        self._file = _partial(path).open("wb")
        self.files.append(path)
        self._of, self._lines, self._bytes = (call.role, call.model), 0, 0

    def _number(self, role: str) -> int:
        taken = [*self.folder.glob(f"{role}-*{REQUESTS}"), *self.files]
        numbers = [path.name.removeprefix(f"{role}-").removesuffix(REQUESTS) for path in taken]
        return 1 + max((int(number) for number in numbers if number.isdecimal()), default=0)

    def _close(self) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")
