"""`intentfeed data`: one command from a download to scores, one sentence where something is wrong."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from intentfeed.cli.data import app
from intentfeed.cli.eval import app as eval_app
from tests.data.prepare.downloads import amazon_2018, folder, last_out, ml_1m, ml_100k, zipped


def asked(*arguments, of=app):
    found = CliRunner().invoke(of, [str(argument) for argument in arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def spoken(*arguments, cwd):
    """Return exit code, stdout and stderr of the real command."""
    command = [sys.executable, "-c", "from intentfeed.cli.main import main; main()", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)
    return done.returncode, done.stdout, done.stderr


def test_from_a_download_to_scores(tmp_path):
    source = zipped(tmp_path / "ml-1m.zip", {f"ml-1m/{name}": data for name, data in ml_1m().items()})
    code, out, err = spoken("data", "prepare", "movielens-1m", "--from", source, cwd=tmp_path)
    assert (code, err) == (0, "")
    assert "MovieLens 1M: 12 interactions, 4 items, 3 users" in out
    assert "PARTIAL: partial: 12 of 1,000,209 ratings" in out
    assert "archive differs, counts differs" in out
    assert "next: intentfeed eval --data movielens-1m\n" in out
    shown = next(line.split()[1] for line in out.splitlines() if line.endswith("test questions"))
    scores = json.loads(
        asked(
            "--data",
            tmp_path / "movielens-1m",
            "--methods",
            "popularity",
            "--no-tune",
            "--final",
            "--ledger",
            tmp_path / "ledger.jsonl",
            "--json",
            of=eval_app,
        )
    )
    assert scores["split_hash"] == shown


def test_one_object(tmp_path):
    source = folder(tmp_path / "in", amazon_2018())
    found = json.loads(asked("prepare", "amazon-2018", "--from", source, "-o", tmp_path / "tools", "--json"))
    assert found["folder"] == str(tmp_path / "tools")
    assert found["counts"] == {"interactions": 25, "items": 5, "users": 5}
    assert set(found["hashes"]) == {"interactions", "items", "users", "valid", "test"}
    assert found["checks"]["archive"] == "unknown"


def test_options_reach_the_reader(tmp_path):
    source = folder(tmp_path / "in", {**last_out(), **last_out_of("Toys")})
    out = asked("prepare", "amazon-2023", "--from", source, "-o", tmp_path / "out", "--category", "All_Beauty")
    assert f"next: intentfeed eval --data {tmp_path / 'out'} --preset amazon-industrial-2018" in out
    asked(
        "prepare", "amazon-2018", "--from", folder(tmp_path / "a", amazon_2018()), "-o", tmp_path / "all", "--core", 0
    )
    held = json.loads((tmp_path / "all" / "prepared.json").read_text())
    assert held["counts"]["interactions"] == 27


def last_out_of(name):
    return {file.replace("All_Beauty", name): text for file, text in last_out().items()}


def test_names_that_lead_out_are_told(tmp_path):
    files = {f"ml-100k/{name}": data for name, data in ml_100k().items()}
    source = zipped(tmp_path / "ml-100k.zip", {**files, "../../evil\x1b[31m": b"x"})
    out = asked("prepare", "movielens-100k", "--from", source, "-o", tmp_path / "out")
    assert "leads out of the archive" in out
    assert "\x1b" not in out
    assert not list(tmp_path.parent.glob("evil*"))


def test_the_list(tmp_path):
    out = asked("list")
    assert "movielens-100k: MovieLens 100K" in out
    assert "checks  md5 of the archive, counts, interactions, questions" in out
    assert "no redistribution without permission" in out
    assert set(json.loads(asked("list", "--json"))["sets"]) >= {
        "movielens-100k", "movielens-1m", "movielens-latest-small", "movielens-20m", "movielens-25m", "movielens-32m",
        "amazon-2018", "amazon-industrial-2018", "amazon-2023", "amazon-industrial-minionerec",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["prepare", "movielens-100", "--from", "in"], "did you mean movielens-100k"),
        (["prepare", "movielens-100k", "--from", "gone.zip"], "gone.zip is not there"),
        (["prepare", "movielens-100k", "--from", "less.zip"], "less.zip holds no u.data, only readme"),
        (["prepare", "movielens-100k", "--from", "cut.zip"], "is no whole zip"),
        (["prepare", "amazon-2018", "--from", "cut_5.json.gz"], "is cut off or damaged"),
        (["prepare", "movielens-100k", "--from", "narrow"], "3 fields where 4 are needed"),
        (["prepare", "movielens-100k", "--from", "in", "-o", "in"], "in holds something that was not prepared here"),
        (["prepare", "movielens-100k", "--from", "in", "-o", "in/u.data/x"], "nothing can be written at"),
        (["prepare", "movielens-100k"], "--from"),
    ],
)
def test_a_mistake_gets_one_sentence_and_leaves_nothing(tmp_path, arguments, sentence):
    folder(tmp_path / "in", ml_100k())
    folder(tmp_path / "narrow", {**ml_100k(), "u.data": b"1\t2\t3\n2\t3\t4\n"})
    zipped(tmp_path / "less.zip", {"readme": b"x"})
    whole = zipped(tmp_path / "whole.zip", ml_100k()).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    packed = amazon_2018()["Industrial_and_Scientific_5.json.gz"]
    (tmp_path / "cut_5.json.gz").write_bytes(packed[: len(packed) // 2])
    before = sorted(path.name for path in tmp_path.rglob("*"))
    code, out, err = spoken("data", *arguments, cwd=tmp_path)
    assert code == 2, err
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
