"""A folder comes whole or not at all, says what it is made of, and comes out the same twice."""

import json

import polars as pl
import pytest

from intentfeed.data.prepare.config import PrepareConfig
from intentfeed.data.prepare.known import known, known_sets
from intentfeed.data.prepare.note import read_note
from intentfeed.data.prepare.prepare import READERS, prepare
from intentfeed.data.prepare.write import TableHash
from intentfeed.data.presets import names as preset_names
from intentfeed.errors import DataError
from tests.data.prepare.downloads import amazon_2018, folder, ml_100k, zipped


@pytest.fixture
def source(tmp_path):
    return folder(tmp_path / "in", ml_100k())


def content(made):
    return {path.name: path.read_bytes() for path in sorted(made.iterdir())}


def test_the_same_download_gives_the_same_bytes(tmp_path, source):
    prepare("movielens-100k", source, tmp_path / "a")
    prepare("movielens-100k", source, tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert set(content(tmp_path / "a")) == {
        "README.md", "interactions.parquet", "items.parquet", "prepared.json", "users.parquet",
    }  # fmt: skip


def test_what_it_says_of_itself(tmp_path, source):
    made = prepare("movielens-100k", source, tmp_path / "out", questions=lambda *_: {"test": "f" * 16})
    held = json.loads((tmp_path / "out" / "prepared.json").read_text())
    assert held["hashes"] == made.hashes
    assert held["checks"]["test"] == "differs"
    assert [each["name"] for each in held["inputs"]] == ["u.data", "u.genre", "u.item", "u.user"]
    assert held["settings"]["max_bad"] == 0.01
    readme = (tmp_path / "out" / "README.md").read_text()
    assert "# movielens-100k: MovieLens 100K (PARTIAL)" in readme
    assert "| interactions | 10 |" in readme
    assert f"- test: {'f' * 16}" in readme
    assert "no redistribution without permission" in readme
    assert held["inputs"][0]["sha256"] in readme
    assert str(tmp_path) not in readme + json.dumps(held), "nothing of this machine"


def test_the_note_for_readers_of_scores(tmp_path, source):
    prepare("movielens-100k", source, tmp_path / "out")
    found = read_note(tmp_path / "out")
    assert found.text == "partial: 10 of 100,000 ratings, 3 of 943 users, 5 of 1,682 items"
    assert found.partial
    assert found.preset == "movielens-100k"
    assert read_note(source) is None
    (tmp_path / "out" / "prepared.json").write_text("{")
    with pytest.raises(DataError, match=r"prepared\.json cannot be read"):
        read_note(tmp_path / "out")
    (tmp_path / "out" / "prepared.json").write_text('{"note": 5}')
    with pytest.raises(DataError, match="is not what"):
        read_note(tmp_path / "out")


def test_what_is_there_is_safe(tmp_path, source):
    out = tmp_path / "out"
    prepare("movielens-100k", source, out)
    before = content(out)
    with pytest.raises(DataError, match=r"is there already.*--force"):
        prepare("movielens-100k", source, out)
    with pytest.raises(DataError):
        prepare("movielens-100k", zipped(tmp_path / "empty.zip", {"u.data": b"", "u.item": b"", "u.user": b""}), out,
                force=True)  # fmt: skip
    assert content(out) == before, "a failure leaves the old one"
    other = folder(tmp_path / "other", {"u.item": ml_100k()["u.item"], "u.user": b"1|24|M|x|1\n",
                                        "u.data": b"1\t2\t3\t880000000\n"})  # fmt: skip
    prepare("movielens-100k", other, out, force=True)
    assert content(out) != before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="not prepared here"):
        prepare("movielens-100k", source, tmp_path / "mine", force=True)
    (out / "scores.json").write_text("{}")
    with pytest.raises(DataError, match="not prepared here"):
        prepare("movielens-100k", source, out, force=True)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out", "other", "mine", "empty.zip"}


def test_a_failure_in_the_middle_leaves_nothing(tmp_path, source):
    def stop(folder, preset):
        assert (folder / "interactions.parquet").exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare("movielens-100k", source, tmp_path / "out", questions=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_an_empty_folder_may_be_filled(tmp_path, source):
    (tmp_path / "out").mkdir()
    prepare("movielens-100k", source, tmp_path / "out")
    assert read_note(tmp_path / "out") is not None


def test_the_nearest_name_is_named(tmp_path):
    with pytest.raises(DataError, match="no data set 'movielens-100' to prepare; did you mean movielens-100k"):
        prepare("movielens-100", tmp_path, tmp_path / "out")
    with pytest.raises(DataError, match=r"no data set 'netflix' to prepare; known: movielens-100k, "):
        known("netflix")


def test_everything_known_can_be_read_and_asked():
    for name, entry in known_sets().items():
        assert entry.reader in READERS, name
        assert entry.preset in preset_names(), name
        assert entry.source.count("https://") == 1, name
        assert entry.archive is None or len(entry.archive.md5) == 32


def test_settings_are_told_apart_in_the_folder(tmp_path):
    source = folder(tmp_path / "in", amazon_2018())
    prepare("amazon-2018", source, tmp_path / "5")
    prepare("amazon-2018", source, tmp_path / "0", config=PrepareConfig(core=0))
    held = [json.loads((tmp_path / name / "prepared.json").read_text()) for name in ("5", "0")]
    assert [each["settings"]["core"] for each in held] == [5, 0]
    assert held[0]["hashes"]["interactions"] != held[1]["hashes"]["interactions"]
    assert any("under 5 reviews" in rule for rule in held[0]["rules"])
    assert not any("reviews are taken out" in rule for rule in held[1]["rules"])


def test_a_hash_tells_nothing_from_empty_and_sees_order():
    def digest(*frames: pl.DataFrame) -> str:
        found = TableHash()
        for frame in frames:
            found.add(frame)
        return found.hexdigest()

    whole = pl.DataFrame({"a": ["x", None, "y"], "b": [["1", "2"], None, []]})
    assert digest(whole) == digest(whole[:1], whole[1:]), "whatever the batches"
    assert digest(whole) != digest(whole.reverse())
    assert digest(pl.DataFrame({"a": [""]})) != digest(pl.DataFrame({"a": [None]}, schema={"a": pl.String}))
    assert digest(pl.DataFrame({"a": [5.0]})) != digest(pl.DataFrame({"a": [5.5]}))
