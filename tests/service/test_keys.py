"""Keys: which secrets speak for whom, and what cannot be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from intentfeed.errors import ConfigError
from intentfeed.service.keys import ENVIRONMENT, Keys, load_keys, new_key


def test_a_new_key_is_known_by_its_hash_alone(tmp_path: Path) -> None:
    secret, section = new_key("phone", 'u "1"\n[shop]')
    assert secret not in section
    file = tmp_path / "keys.toml"
    file.write_text(section)
    keys = load_keys(file, {})
    found = keys.find(secret)
    assert found is not None
    assert (found.name, found.user_id, found.is_server) == ("phone", 'u "1"\n[shop]', False)
    assert keys.find(secret + "x") is None
    assert keys.find("") is None
    assert keys.find(found.sha256) is None, "the hash is no secret"


def test_the_environment_holds_server_keys() -> None:
    keys = load_keys(None, {ENVIRONMENT: "shop=0123456789abcdefghij, lab=abcdefghij0123456789"})
    found = keys.find("abcdefghij0123456789")
    assert found is not None
    assert found.name == "lab"
    assert found.is_server
    assert not load_keys(None, {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[a]\nsha256 = 'beef'", "64 hex digits"),
        ("[a]\nsha256 = 7", "64 hex digits"),
        (f"[a]\nsha256 = '{'0' * 64}'\nrole = 'root'", "a field 'role'"),
        (f"[a]\nsha256 = '{'0' * 64}'\nuser = ''", "a user that is no text"),
        (f"[a]\nsha256 = '{'0' * 64}'\nper_minute = true", "no number above 0"),
        (f"[a]\nsha256 = '{'0' * 64}'\n[b]\nsha256 = '{'0' * 64}'", "the same secret"),
        (f"[local]\nsha256 = '{'0' * 64}'", "cannot be the name"),
        ("a = 1", "is no section"),
        ("[a", "not valid TOML"),
    ],
)
def test_a_file_that_is_wrong_says_what(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=says):
        load_keys(file, {})


@pytest.mark.parametrize("text", ["shop", "shop=short", "=0123456789abcdefghij", "a/b=0123456789abcdefghij"])
def test_an_environment_that_is_wrong_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        load_keys(None, {ENVIRONMENT: text})


def test_no_keys_find_nobody() -> None:
    assert Keys().find("anything") is None
