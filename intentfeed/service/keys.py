"""Who is calling: secrets that speak for everybody or for one person, known to the service by their hash only."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigError

ENVIRONMENT = "INTENTFEED_KEYS"
"""Holds `name=secret` pairs, separated by blanks or commas; all of them are server keys."""
SHORTEST = 20
"""Characters of a secret that somebody thought up themselves."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
DIGEST = re.compile(r"[0-9a-f]{64}")
FIELDS = {"sha256", "user", "per_minute"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Who a caller is. Sessions belong to the name, so that a secret may change while they go on."""

    name: str
    sha256: str
    user_id: str | None = None
    """The person for whom alone it speaks; None for a server key."""
    per_minute: int | None = None

    @property
    def is_server(self) -> bool:
        """Whether it may speak for everybody."""
        return self.user_id is None


NOBODY = Key(name="local", sha256="")
"""Whoever asks over the loopback address of a service without keys: the person at this machine."""


@dataclass(frozen=True)
class Keys:
    """All keys of a service."""

    keys: tuple[Key, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.keys)

    def find(self, secret: str) -> Key | None:
        """Return the key of a secret; the time it takes tells nothing about any of them."""
        digest = _sha256(secret)
        found = None
        for key in self.keys:
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found


def load_keys(file: Path | None, environment: Mapping[str, str]) -> Keys:
    """Return the keys of a file and of the environment; none where neither names any.

    The file is TOML, a section a key: `[shop]` with `sha256`, and where it speaks for one person `user`; optionally
    `per_minute`. `intentfeed serve --new-key NAME` writes such a section.

    Raises:
        ConfigError: the file cannot be read, or a key is unusable or there twice.
    """
    keys = [*_from_file(file), *_from_text(environment.get(ENVIRONMENT, ""))]
    for what, seen in (("name", [key.name for key in keys]), ("secret", [key.sha256 for key in keys])):
        if len(set(seen)) < len(seen):
            raise ConfigError(f"two keys have the same {what}: give each one of its own")
    return Keys(tuple(keys))


def new_key(name: str, user_id: str | None = None) -> tuple[str, str]:
    """Return (a new secret, the section of a keys file that knows it).

    Raises:
        ConfigError: the name cannot be one.
    """
    _checked_name(name)
    secret = f"if_{secrets.token_urlsafe(32)}"
    lines = [f'["{name}"]', f'sha256 = "{_sha256(secret)}"']
    if user_id is not None:
        lines.append(f"user = {_toml_text(user_id)}")
    return secret, "\n".join(lines) + "\n"


def _from_file(file: Path | None) -> Iterable[Key]:
    if file is None:
        return
    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"the keys file {file} cannot be read ({error.strerror}): give the path of one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the keys file {file} is not valid TOML ({error}): mend that line") from error
    for name, held in sections.items():
        wrong = _wrong_section(held)
        if wrong:
            raise ConfigError(f"key {name!r} of {file} {wrong}: make one with `intentfeed serve --new-key NAME`")
        yield Key(
            name=_checked_name(name),
            sha256=held["sha256"],
            user_id=held.get("user"),
            per_minute=held.get("per_minute"),
        )


def _wrong_section(held: object) -> str:
    if not isinstance(held, dict):
        return "is no section"
    if unknown := sorted(set(held) - FIELDS):
        return f"has a field {unknown[0]!r} that no key has"
    if not isinstance(held.get("sha256"), str) or not DIGEST.fullmatch(held["sha256"]):
        return "has no sha256 of 64 hex digits"
    if "user" in held and not (isinstance(held["user"], str) and held["user"]):
        return "has a user that is no text"
    per_minute = held.get("per_minute", 1)
    if not isinstance(per_minute, int) or isinstance(per_minute, bool) or per_minute < 1:
        return "has a per_minute that is no number above 0"
    return ""


def _from_text(text: str) -> Iterable[Key]:
    for pair in re.split(r"[\s,]+", text.strip()):
        if not pair:
            continue
        name, sign, secret = pair.partition("=")
        if not sign or len(secret) < SHORTEST:
            raise ConfigError(
                f"{ENVIRONMENT} must hold name=secret pairs with secrets of {SHORTEST} characters or more: "
                "make one with `intentfeed serve --new-key NAME`"
            )
        yield Key(name=_checked_name(name), sha256=_sha256(secret))


def _checked_name(name: str) -> str:
    if not NAME.fullmatch(name) or name == NOBODY.name:
        raise ConfigError(
            f"{name!r} cannot be the name of a key: take letters, digits, dots and dashes, and not {NOBODY.name!r}"
        )
    return name


def _toml_text(text: str) -> str:
    import tomli_w

    return tomli_w.dumps({"user": text}).removeprefix("user = ").strip()


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
