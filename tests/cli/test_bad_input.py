"""Whatever is wrong with the input, a person reads one sentence that says what, where and how to mend it; exit 2."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ITEMS = "item_id,title,category\n" + "".join(f"i{n},Red lamp {n},Home > Lamps\n" for n in range(20))
EVENTS = "user_id,item_id,action,timestamp\n" + "".join(
    f"u{n % 5},i{n % 20},purchase,2024-01-{1 + n % 28:02d}T10:00:00Z\n" for n in range(200)
)


def intentfeed(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, as a person would."""
    code = "from intentfeed.cli.main import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a folder with a small, good log and catalogue."""
    (tmp_path / "items.csv").write_text(ITEMS)
    (tmp_path / "events.csv").write_text(EVENTS)
    return tmp_path


def run(shop: Path, *more: object, **options: object) -> subprocess.CompletedProcess[str]:
    paths = ["-e", shop / "events.csv", "-i", shop / "items.csv", "-o", shop / "ws", "--set", "run.workers=1"]
    return intentfeed("run", *paths, *more, **options)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Check exit 2 and one sentence, with these words, on stderr; nothing on stdout, no traceback."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def no_columns(shop: Path) -> None:
    (shop / "events.csv").write_text(EVENTS.replace("action,", "what,", 1))


def missing_file(shop: Path) -> None:
    (shop / "events.csv").unlink()


def empty_file(shop: Path) -> None:
    (shop / "events.csv").write_text("")


def unknown_actions(shop: Path) -> None:
    (shop / "events.csv").write_text(EVENTS.replace("purchase", "frobnicate"))


def unparsable_times(shop: Path) -> None:
    (shop / "events.csv").write_text(EVENTS.replace("2024-01", "someday"))


def duplicate_items(shop: Path) -> None:
    (shop / "items.csv").write_text(ITEMS + "i3,Red lamp again,Home > Lamps\n")


def foreign_events(shop: Path) -> None:
    (shop / "events.csv").write_text(EVENTS.replace(",i", ",sku-").replace("sku-tem_id", "item_id"))


def not_utf8(shop: Path) -> None:
    (shop / "items.csv").write_bytes(ITEMS.encode() + b"i99,Lamp \xff\xfe,Home\n")


def huge_field(shop: Path) -> None:
    with (shop / "items.csv").open("w") as handle:
        handle.write(ITEMS + 'i99,"')
        for _ in range(200):
            handle.write("x" * (1 << 20))
        handle.write('",Home\n')


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (missing_file, ("events.csv",)),
        (empty_file, ("events.csv", "empty")),
        (no_columns, ("'action'", "what")),
        (unknown_actions, ("frobnicate", "ingest.actions")),
        (unparsable_times, ("someday",)),
        (duplicate_items, ("i3", "item ids")),
        (foreign_events, ("catalogue",)),
        (not_utf8, ("items.csv", "UTF-8")),
        (huge_field, ("items.csv",)),
    ],
)
def test_a_bad_input_is_one_sentence(shop: Path, spoil: Callable[[Path], None], words: tuple[str, ...]) -> None:
    spoil(shop)
    refused(run(shop), *words)
    assert not (shop / "ws" / "manifest.json").exists()
    assert not list((shop / "ws").rglob("*.tmp")), "nothing half-written"


def test_a_huge_field_does_not_fill_the_memory(shop: Path) -> None:
    huge_field(shop)

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))

    refused(run(shop, preexec_fn=little_memory), "items.csv")


def test_a_workspace_of_another_version_is_refused(shop: Path) -> None:
    (shop / "ws").mkdir()
    (shop / "ws" / "manifest.json").write_text(json.dumps({"format": 99}))
    refused(run(shop), "format 99", "new folder")
    refused(intentfeed("show", shop / "ws"), "format 99")


def test_a_workspace_inside_the_folder_of_the_log_is_refused(shop: Path) -> None:
    refused(intentfeed("run", "-e", shop, "-i", shop / "items.csv", "-o", shop / "ws"), "beside", "ws")
    assert not (shop / "ws").exists()


def test_a_workspace_in_use_is_refused(shop: Path) -> None:
    hold = "import sys, time; from pathlib import Path; from intentfeed.data.store import Store\n"
    hold += "with Store(Path(sys.argv[1])).locked(): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold, str(shop / "ws")], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        refused(run(shop), "in use")
        other.kill()


def test_a_full_disk_is_one_sentence(shop: Path) -> None:
    """A limit on file sizes stands in for the full disk, where no small file system may be mounted."""
    small = shop / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        done = intentfeed(
            "run", "-e", shop / "events.csv", "-i", shop / "items.csv", "-o", small / "ws", "--set", "run.workers=1"
        )
        refused(done, "no space left")
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "feed.kk=3"], ("feed.kk", "did you mean k")),
        (["--set", "feed.k=many"], ("feed.k", "many")),
        (["--preset", "movielens-100"], ("movielens-100k",)),
        (["--config", "nowhere.toml"], ("nowhere.toml",)),
    ],
)
def test_a_bad_setting_is_one_sentence(shop: Path, arguments: list[str], words: tuple[str, ...]) -> None:
    refused(run(shop, *arguments), *words)


def test_few_bad_rows_are_kept_with_their_reason(shop: Path) -> None:
    (shop / "events.csv").write_text(EVENTS + "u1,i1,frobnicate,2024-01-01T00:00:00Z\n")
    done = run(shop, "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["events"], figures["rejected_rows"]) == (200, 1)
    [rejects] = (shop / "ws" / "rejects").glob("events-*.jsonl")
    [row] = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert row["row"] == 200
    assert "frobnicate" in row["why"]


def test_show_and_recommend_answer_or_say_why(shop: Path) -> None:
    assert run(shop, "--json").returncode == 0
    person = json.loads(intentfeed("show", shop / "ws", "--user", "u1", "--json").stdout)
    assert person["user_id"] == "u1"
    slate = json.loads(intentfeed("recommend", shop / "ws", "--history", "i1,i2", "--json", "-k", "5").stdout)
    assert len(slate["items"]) == 5
    assert not {shown["item_id"] for shown in slate["items"]} & {"i1", "i2"}
    refused(intentfeed("show", shop / "ws", "--user", "u77"), "u77", "try")
    refused(intentfeed("recommend", shop / "ws", "--history", "nothing"), "nothing", "catalogue")
    refused(intentfeed("recommend", shop / "ws"), "--user")
    refused(intentfeed("show", shop / "elsewhere"), "no completed run")


def test_where_there_is_nothing_to_show_that_is_said(shop: Path) -> None:
    (shop / "items.csv").write_text("item_id,title\ni0,Red lamp\n")
    (shop / "events.csv").write_text("user_id,item_id,action\nu,i0,purchase\n")
    assert run(shop).returncode == 0
    told = intentfeed("show", shop / "ws", "--user", "u").stdout
    assert "nothing: no source knew an item" in told
    assert "Tags  0\n" in told
    assert "dropped 1 by seen" in intentfeed("recommend", shop / "ws", "--user", "u").stdout


def test_no_traceback_without_debug(shop: Path) -> None:
    missing_file(shop)
    done = intentfeed("--debug", "run", "-e", shop / "events.csv", "-i", shop / "items.csv", "-o", shop / "ws")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert "INTENTFEED_DEBUG" not in os.environ
