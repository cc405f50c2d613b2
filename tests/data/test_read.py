"""Reading files: every format, and everything that can be wrong with one before its columns mean anything."""

import gzip
import random
from pathlib import Path

import fsspec
import polars as pl
import pytest

from intentfeed.data.mapping import IngestConfig
from intentfeed.data.read import batches, columns_of, files_of
from intentfeed.errors import DataError

CONFIG = IngestConfig()
ROWS = pl.DataFrame(
    {"user_id": ["u1", "u2", "u3"], "n": [1, 2, 3], "note": ["plain", 'with "quote", comma', "two\nlines"]}
)


def rows_of(path: Path | str, config: IngestConfig = CONFIG, **kwargs) -> list[tuple]:
    return [
        row
        for file in files_of(path, "events")
        for batch in batches(file, config, **kwargs)
        for row in batch.frame.rows()
    ]


def read_as_a_run_does(path: Path) -> None:
    for file in files_of(path, "events"):
        columns_of(file, CONFIG)
        list(batches(file, CONFIG))


def write(folder: Path, name: str) -> Path:
    path = folder / name
    if ".parquet" in name:
        ROWS.write_parquet(path)
    elif ".csv" in name or ".tsv" in name:
        data = ROWS.write_csv(separator="\t" if ".tsv" in name else ",").encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    else:
        data = ROWS.write_ndjson().encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize(
    "name", ["a.parquet", "a.csv", "a.tsv", "a.csv.gz", "a.jsonl", "a.ndjson", "a.jsonl.gz", "A.PARQUET"]
)
def test_all_formats_hold_the_same_rows(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, "a.parquet").rename(tmp_path / name) if name.isupper() else write(tmp_path, name)
    assert [(user, int(n), note) for user, n, note in rows_of(path)] == ROWS.rows()
    [file] = files_of(path, "events")
    assert columns_of(file, CONFIG) == ROWS.columns


def test_a_folder_is_read_in_name_order_without_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.parquet", "a.csv", "sub/c.jsonl", "_started.csv", ".hidden.csv", "readme.txt"):
        write(tmp_path, name)
    assert [Path(file.path).name for file in files_of(tmp_path, "events")] == ["a.csv", "b.parquet", "c.jsonl"]
    assert len(rows_of(tmp_path / "*.parquet")) == 3


def test_any_fsspec_file_system_will_do() -> None:
    with fsspec.open("memory://logs/a.parquet", "wb") as handle:
        ROWS.write_parquet(handle)
    with fsspec.open("memory://logs/b.csv", "wb") as handle:
        handle.write(ROWS.write_csv().encode())
    found = rows_of("memory://logs")
    assert [(user, int(n), note) for user, n, note in found] == ROWS.rows() * 2


@pytest.mark.parametrize("n", [1, 2, 1000])
def test_batches_of_any_size_number_their_rows(tmp_path: Path, n: int) -> None:
    frame = pl.DataFrame({"n": range(10)})
    frame.write_parquet(tmp_path / "small.parquet", row_group_size=3)
    frame.write_parquet(tmp_path / "whole.parquet")
    for name in ("small", "whole"):
        [file] = files_of(tmp_path / f"{name}.parquet", "events")
        found = [
            (int(row), value)
            for b in batches(file, CONFIG, batch_rows=n)
            for row, value in zip(b.rows, b.frame["n"], strict=True)
        ]
        assert found == [(number, number) for number in range(10)]
    [file] = files_of(tmp_path / "small.parquet", "events")
    [batch] = batches(file, CONFIG, row_groups=[1, 2])
    assert batch.rows.tolist() == batch.frame["n"].to_list() == [3, 4, 5, 6, 7, 8]


def test_columns_are_chosen_before_they_are_read(tmp_path: Path) -> None:
    for name in ("a.parquet", "a.csv", "a.jsonl"):
        assert rows_of(write(tmp_path, name), columns=["user_id"]) == [("u1",), ("u2",), ("u3",)]


def test_ragged_csv_rows_are_named_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3\n\n4,5\n6,7,8\n9,10\n11\n")
    [file] = files_of(path, "events")
    found = list(batches(file, CONFIG))
    assert [(int(row), *values) for b in found for row, values in zip(b.rows, b.frame.rows(), strict=True)] == [
        (0, "1", "2"),
        (2, "4", "5"),
        (4, "9", "10"),
    ]
    bad = [entry for batch in found for entry in batch.malformed]
    assert [entry.row for entry in bad] == [1, 3, 5]
    assert bad[0].why == "1 fields where the header has 2"


def test_ragged_csv_over_many_blocks(tmp_path: Path) -> None:
    lines = [f"{n},x" if n % 7 else f"{n}" for n in range(5000)]
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "\n".join(lines))
    [file] = files_of(path, "events")
    found = list(batches(file, CONFIG.model_copy(update={"max_row_bytes": 300})))
    assert len(found) > 10
    for batch in found:
        assert batch.frame["a"].cast(pl.Int64).to_list() == batch.rows.tolist()
        assert all(entry.row == int(entry.raw) for entry in batch.malformed)
    assert sum(len(b.rows) + len(b.malformed) for b in found) == 5000


def test_malformed_json_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\n{"a": 2\n[3]\n{"a": "four", "b": [1, 2]}\n{"a": 5,}\n')
    [file] = files_of(path, "events")
    [batch] = batches(file, CONFIG)
    assert batch.frame["a"].to_list() == ["1", "four"]
    assert batch.rows.tolist() == [0, 3]
    assert [(entry.row, entry.why) for entry in batch.malformed] == [(n, "not a JSON object") for n in (1, 2, 4)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.parquet", None, "there is no file or folder"),
        ("empty.csv", b"", "is empty"),
        ("a.xlsx", b"data", "unknown format"),
        ("a.parquet", b"not parquet at all", "not a readable Parquet file"),
        ("a.csv", b"a,b\n1,caf\xe9\n", "is not UTF-8: byte 9 is 0xe9"),
        ("a.jsonl", b'{"a": "caf\xe9"}\n', "is not UTF-8: byte 10 is 0xe9"),
        ("utf16.csv", "a,b\n1,2\n".encode("utf-16"), "is not UTF-8: byte 0"),
        ("twice.csv", b"a,b,a\n1,2,3\n", "two columns named 'a'"),
    ],
)
def test_bad_files_get_one_sentence(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        read_as_a_run_does(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.jsonl", "a.csv.gz"])
def test_a_damaged_file_is_read_or_gets_one_sentence(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name)
    sound, rng, said = path.read_bytes(), random.Random(5), []
    scraps = [b"\xff", b'"', b"\n", b"{", b"\x00", b"\r", b"", b"["]
    for _ in range(60):
        damaged = bytearray(sound)
        for _ in range(rng.choice([1, 1, 3, 20])):
            place = rng.randrange(len(damaged))
            damaged[place : place + rng.choice([0, 1, 9])] = rng.choice(scraps)
        path.write_bytes(bytes(damaged) or b" ")
        try:
            read_as_a_run_does(path)
        except DataError as error:
            said.append(str(error))
    assert said
    assert not any("\n" in sentence for sentence in said)


def test_a_byte_deep_in_the_file_is_found_where_it_stands(tmp_path: Path) -> None:
    good = b"a,b\n" + "ä,ö\n".encode() * 500_000
    (tmp_path / "a.csv").write_bytes(good + b"x,\xff\n")
    [file] = files_of(tmp_path / "a.csv", "events")
    with pytest.raises(DataError, match=f"byte {len(good) + 2:,} is 0xff"):
        list(batches(file, CONFIG))


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_an_endless_line_stops_the_run(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    head, row = (b"a,b\n", b'1,"') if name.endswith("csv") else (b"", b'{"a": "')
    path.write_bytes(head + row + b"x" * 40_000_000)
    [file] = files_of(path, "events")
    with pytest.raises(DataError, match="of over 16,777,216 bytes"):
        list(batches(file, CONFIG))


def test_an_empty_folder_has_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no Parquet, CSV or JSON lines file"):
        files_of(tmp_path, "events")
