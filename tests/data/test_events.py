"""From raw logs to partitions: what is kept, what is turned away, and that nothing vanishes in between."""

import json
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intentfeed.data import events as events_module
from intentfeed.data import ingest
from intentfeed.data.catalog import Catalog
from intentfeed.data.events import Ingested, partition_events
from intentfeed.data.mapping import IngestConfig
from intentfeed.data.read import frame_batches
from intentfeed.data.schema import EVENTS, REJECTS
from intentfeed.data.spread import read_part
from intentfeed.errors import ConfigError, DataError
from intentfeed.executor import executor
from intentfeed.types import partition_of

CATALOG = Catalog.of({"item_id": ["i0", "i1", "i2", "30"], "title": ["a", "b", "c", "d"]})
LOG = pl.DataFrame(
    {
        "user_id": ["u1", "u2", "u1", "u3", "u2", "u1"],
        "item_id": ["i0", "i1", None, "i2", "30", "i0"],
        "action": ["detail_view", "click", "search", "cart", "purchase", "rate"],
        "timestamp": ["2024-01-01T10:00:00Z", "2024-01-01T11:00:00Z", "2024-01-02", None, "2024-01-03", "2024-01-04"],
        "query": [None, None, "red shoes", None, None, ""],
        "value": [None, None, None, None, None, 4.5],
        "session_id": ["s1", "s2", "s1", None, "s2", "s3"],
        "extra": [1, 2, 3, 4, 5, 6],
    }
)  # fmt: skip


def take(source, folder: Path, config: IngestConfig | None = None, **kwargs) -> Ingested:
    kwargs = {"n_partitions": 3, "catalog": CATALOG, **kwargs}
    return partition_events(source, config=config or IngestConfig(), folder=folder / "events", **kwargs)


def all_of(taken: Ingested) -> pl.DataFrame:
    parts = [read_part(path) for path in taken.parts.values()]
    return pl.concat([EVENTS.to_frame(), *parts]).sort("event_id")


def with_rows(**changes: dict[int, object]) -> pl.DataFrame:
    """The log a hundred times over, some cells changed, so that a bad row is under the allowed share."""
    columns = {name: LOG[name].to_list() * 100 for name in LOG.columns}
    for name, cells in changes.items():
        for row, value in cells.items():
            columns[name][row] = value
    return pl.DataFrame(columns, strict=False, infer_schema_length=None)


def test_events_come_out_as_they_went_in(tmp_path: Path) -> None:
    taken = take(LOG, tmp_path)
    found = all_of(taken)
    assert found.schema == EVENTS
    assert found["event_id"].to_list() == [0, 1, 2, 3, 4, 5]
    for name in ("user_id", "item_id", "action", "value", "session_id"):
        assert found[name].to_list() == LOG[name].to_list()
    assert found["query"].to_list() == [None, None, "red shoes", None, None, None]
    assert found["timestamp"][0] == datetime(2024, 1, 1, 10, tzinfo=UTC)
    assert found["timestamp"][3] is None
    assert (taken.n_rows, taken.n_events, taken.n_users, taken.n_items_seen) == (6, 6, 3, 4)
    assert (taken.first, taken.last) == (datetime(2024, 1, 1, 10, tzinfo=UTC), datetime(2024, 1, 4, tzinfo=UTC))
    assert taken.has_time
    assert not taken.has_position
    assert taken.actions == {"click": 1, "detail_view": 1, "search": 1, "cart": 1, "purchase": 1, "rate": 1}
    assert taken.users.rows() == [
        (user, partition_of(user, 3), n) for user, n in (("u1", 3), ("u2", 2), ("u3", 1))
    ]  # fmt: skip


def test_each_partition_holds_its_users_only(tmp_path: Path) -> None:
    users = [f"user {n}" for n in range(200)]
    log = pl.DataFrame({"user_id": users * 3, "item_id": "i0", "action": "cart"})
    taken = take(log, tmp_path, n_partitions=7)
    assert sorted(taken.parts) == list(range(7))
    for part, path in taken.parts.items():
        assert {partition_of(user, 7) for user in read_part(path)["user_id"]} == {part}


def sources(folder: Path, log: pl.DataFrame) -> dict[str, object]:
    """The same log as every kind of source, files cut in two."""
    half = log.height // 2
    for name in ("parquet", "csv", "jsonl"):
        (folder / name).mkdir()
        for number, piece in enumerate((log[:half], log[half:])):
            path = folder / name / f"{number}.{name}"
            {"parquet": piece.write_parquet, "csv": piece.write_csv, "jsonl": piece.write_ndjson}[name](path)
    return {
        "frame": log, "lazy": log.lazy(), "arrow": log.to_arrow(), "parquet": folder / "parquet",
        "csv": str(folder / "csv"), "jsonl": folder / "jsonl", "pattern": folder / "csv" / "*.csv",
    }  # fmt: skip


def test_all_sources_give_identical_events(tmp_path: Path) -> None:
    log = with_rows(item_id={7: "unknown", 310: None}, action={11: "stare"}, timestamp={500: "soon"})
    config = IngestConfig(max_bad=0.02)
    found = {}
    for name, source in sources(tmp_path, log).items():
        taken = take(source, tmp_path / "out" / name, config)
        found[name] = all_of(taken)
        assert taken.rejects.schema == REJECTS
        assert taken.rejects["why"].to_list() == [
            "item 'unknown' is not in the catalogue",
            "unknown action 'stare'",
            "no item_id",
            "unreadable timestamp 'soon'",
        ]
    for name, events in found.items():
        assert events.equals(found["frame"]), name


def test_typed_columns_give_the_same_events_as_text(tmp_path: Path) -> None:
    numbered = pl.DataFrame(
        {
            "user_id": [1, 2],
            "item_id": [30, 30],
            "action": ["rate", "rate"],
            "timestamp": [1_700_000_000, 1_700_000_001],
            "value": [4, 5],
        }
    )
    as_float = numbered.cast({"user_id": pl.Float64, "item_id": pl.Float64, "action": pl.Categorical})
    as_text = numbered.select(pl.all().cast(pl.String))
    expected = all_of(take(as_text, tmp_path / "text"))
    assert expected["user_id"].to_list() == ["1", "2"]
    assert all_of(take(numbered, tmp_path / "number")).equals(expected)
    assert all_of(take(as_float, tmp_path / "float")).equals(expected)


@pytest.mark.parametrize("n", [7, 64])
def test_batch_boundaries_do_not_matter(tmp_path: Path, n: int, monkeypatch) -> None:
    log = with_rows(item_id={7: "unknown"}, action={11: "stare"}).head(250)
    expected = take(log, tmp_path / "whole")
    log.write_parquet(tmp_path / "a.parquet", row_group_size=10)
    read = ingest.batches
    monkeypatch.setattr(ingest, "batches", lambda *args, **kwargs: read(*args, **kwargs, batch_rows=n))
    monkeypatch.setattr(events_module, "JOB_ROWS", 95)
    cut = take(tmp_path / "a.parquet", tmp_path / "cut")
    assert all_of(cut).equals(all_of(expected))
    assert cut.rejects.drop("source").equals(expected.rejects.drop("source"))
    assert cut.users.equals(expected.users)
    monkeypatch.setattr(ingest, "frame_batches", lambda frame: frame_batches(frame, n))
    assert all_of(take(log, tmp_path / "frames")).equals(all_of(expected))


def test_many_partitions_do_not_keep_as_many_files_open(tmp_path: Path, monkeypatch) -> None:
    log = with_rows(user_id={row: f"user {row}" for row in range(600)})
    log.write_parquet(tmp_path / "a.parquet", row_group_size=100)
    read = ingest.batches
    monkeypatch.setattr(ingest, "batches", lambda *args, **kwargs: read(*args, **kwargs, batch_rows=100))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (250, hard))
    try:
        taken = take(tmp_path / "a.parquet", tmp_path, n_partitions=40_000)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert all_of(taken).equals(all_of(take(log, tmp_path / "few")))
    assert all(partition_of(user, 40_000) == part for user, part in taken.users.select("user_id", "partition").rows())


def test_processes_give_the_same_as_one(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(3):
        with_rows(item_id={number: "unknown"}).write_parquet(folder / f"{number}.parquet")
    (folder / "1b.csv").write_text(LOG.write_csv())
    alone = take(folder, tmp_path / "alone")
    with executor(2) as pool:
        together = take(folder, tmp_path / "together", executor=pool)
    assert all_of(together).equals(all_of(alone))
    assert together.rejects.equals(alone.rejects)
    assert together.users.equals(alone.users)
    assert together.n_rows == 1806


def test_an_event_id_is_the_row_in_the_raw_files(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    with_rows(item_id={3: "unknown"}).write_parquet(folder / "a.parquet")
    (folder / "b.csv").write_text(LOG.write_csv())
    (folder / "c.jsonl").write_text("not json\n" + LOG.write_ndjson())
    taken = take(folder, tmp_path, IngestConfig(filter={"extra": [1, 2, 3, 4, 6]}), first_event_id=1000)
    raw = [*with_rows(item_id={3: "unknown"}).rows(named=True), *LOG.rows(named=True), None, *LOG.rows(named=True)]
    events = all_of(taken)
    assert taken.n_rows == len(raw) == 613
    for event_id, user_id, item_id, action in events.select("event_id", "user_id", "item_id", "action").rows():
        row = raw[event_id - 1000]
        assert (row["user_id"], row["item_id"], row["action"]) == (user_id, item_id, action)
        assert row["extra"] != 5
    assert len(raw) == taken.n_events + taken.n_filtered + taken.rejects.height
    assert taken.rejects.select("row", "why").rows() == [
        (3, "item 'unknown' is not in the catalogue"),
        (0, "not a JSON object"),
    ]


CELLS = {
    "user_id": ["u1", "u2", "", None],
    "item_id": ["i0", "i1", "nowhere", "", None],
    "action": ["view", "cart", "SEARCH", "stare", "", None],
    "timestamp": ["2024-01-01", "1700000000", "soon", "", None],
    "value": ["1", "x", None],
    "split": ["train", "test", None],
}


TIMES = {
    "2024-01-01": datetime(2024, 1, 1, tzinfo=UTC),
    "1700000000": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
    "": None,
    None: None,
}
NAMES = {"view": "detail_view", "cart": "cart", "SEARCH": "search"}


def judged(row: dict[str, str | None]) -> tuple | str | None:
    """The slow twin: an event, why it is none, or None for a row that the filter leaves out."""
    if row["split"] != "train":
        return None
    if not row["user_id"]:
        return "no user_id"
    action = NAMES.get(row["action"] or "")
    if action is None:
        return f"unknown action {row['action']!r}" if row["action"] else "no action"
    if action != "search" and row["item_id"] not in CATALOG.item_ids:
        return f"item {row['item_id']!r} is not in the catalogue" if row["item_id"] else "no item_id"
    if row["timestamp"] not in TIMES:
        return f"unreadable timestamp {row['timestamp']!r}"
    if row["value"] == "x":
        return "value 'x' or position None is no number"
    item_id = None if action == "search" else row["item_id"]
    return row["user_id"], item_id, action, TIMES[row["timestamp"]], row["value"] and float(row["value"])


ROW = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CELLS.items()})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROW, min_size=1, max_size=30))
def test_every_row_is_an_event_a_reject_or_filtered(tmp_path: Path, rows: list[dict[str, str | None]]) -> None:
    good = {"user_id": "u9", "item_id": "i0", "action": "cart", "timestamp": None, "value": None, "split": "train"}
    rows = [good, *rows]
    log = pl.DataFrame(rows, schema=dict.fromkeys(CELLS, pl.String))
    taken = take(log, tmp_path, IngestConfig(filter={"split": "train"}, max_bad=1.0))
    expected = [judged(row) for row in rows]
    events = all_of(taken).select("event_id", "user_id", "item_id", "action", "timestamp", "value")
    assert events.rows() == [(row, *found) for row, found in enumerate(expected) if isinstance(found, tuple)]
    whys = [(row, found) for row, found in enumerate(expected) if isinstance(found, str)]
    assert taken.rejects.select("row", "why").rows() == whys
    assert taken.n_filtered == expected.count(None)
    assert log.height == taken.n_rows == taken.n_events + taken.n_filtered + taken.rejects.height
    assert events.height == taken.n_events == taken.users["n_events"].sum()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"user_id": {5: None}}, "no user_id"),
        ({"user_id": {5: ""}}, "no user_id"),
        ({"action": {5: "stare"}}, "unknown action 'stare'"),
        ({"action": {5: None}}, "no action"),
        ({"timestamp": {5: "soon"}}, "unreadable timestamp 'soon'"),
        ({"item_id": {5: "i9"}}, "item 'i9' is not in the catalogue"),
        ({"item_id": {5: None}}, "no item_id"),
        ({"query": {5: "x" * 2_000_000}}, "a field above the allowed size"),
        ({"item_id": {5: "x" * 2_000_000}}, "item 'xxxx"),
        ({"value": {5: float("inf")}}, "value 'inf' or position None is no number"),
    ],
)
def test_a_bad_row_is_counted_and_told(tmp_path: Path, changes: dict, why: str) -> None:
    log = with_rows(**changes)
    taken = take(log, tmp_path)
    [reject] = taken.rejects.rows(named=True)
    assert reject["row"] == 5
    assert reject["why"].startswith(why)
    assert len(reject["raw"]) <= 200
    assert taken.n_events == 599
    assert 5 not in all_of(taken)["event_id"]


@pytest.mark.parametrize(
    ("log", "says"),
    [
        (LOG.drop("user_id"), "no column 'user_id' in the events (found: item_id, action"),
        (LOG.rename({"item_id": "asin"}), '"asin" = "item_id"'),
        (LOG.rename({"action": "event_type"}), '"event_type" = "action"'),
        (LOG.clear(), "hold no rows"),
        (with_rows(action=dict.fromkeys(range(60), "stare")), "map it under [ingest.actions]"),
        (with_rows(timestamp=dict.fromkeys(range(60), "soon")), "set ingest.time_format"),
        (with_rows(item_id=dict.fromkeys(range(60), "i9")), "50 of 600 rows of the events are unusable"),
        (LOG.with_columns(item_id=pl.lit("x1"), action=pl.lit("cart")), "none of the events fits an item"),
        (with_rows(query={5: "x" * 20_000_000}), "holds a field of 20,000,000 bytes"),
    ],
    ids=["no user", "no item", "no action", "no rows", "actions", "times", "items", "no item fits", "huge field"],
)
def test_an_unusable_log_gets_one_sentence_and_leaves_nothing(tmp_path: Path, log: pl.DataFrame, says: str) -> None:
    with pytest.raises(DataError) as caught:
        take(log, tmp_path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert list((tmp_path / "events").iterdir()) == []


def test_a_field_of_200_mb_stops_the_run_in_every_format(tmp_path: Path) -> None:
    huge = "x" * 200_000_000
    (tmp_path / "a.csv").write_text(f"user_id,item_id,action,query\nu1,i0,cart,{huge}\n")
    (tmp_path / "a.jsonl").write_text(json.dumps({"user_id": "u1", "item_id": "i0", "action": "cart", "query": huge}))
    pl.DataFrame({"user_id": ["u1"], "item_id": ["i0"], "action": ["cart"], "query": [huge]}).write_parquet(
        tmp_path / "a.parquet"
    )
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        with pytest.raises(DataError, match=r"200,000,000 bytes|over 16,777,216 bytes"):
            take(tmp_path / name, tmp_path)


def test_the_share_of_bad_rows_is_that_of_rows_the_filter_keeps(tmp_path: Path) -> None:
    log = with_rows(action={5: "stare"}).with_columns(split=pl.Series(["train"] * 50 + ["test"] * 550))
    assert take(log, tmp_path, IngestConfig(max_bad=0.002)).rejects.height == 1
    with pytest.raises(DataError, match="1 of 50 rows"):
        take(log, tmp_path, IngestConfig(max_bad=0.01, filter={"split": "train"}))
    assert take(log, tmp_path, IngestConfig(filter={"split": "test"})).rejects.height == 0


def test_a_filter_must_fit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'split' to filter by"):
        take(LOG, tmp_path, IngestConfig(filter={"split": "train"}))
    with pytest.raises(DataError, match="leaves none of 6 events"):
        take(LOG, tmp_path, IngestConfig(filter={"extra": 99}))
    assert take(LOG, tmp_path, IngestConfig(filter={"extra": (1, 3), "user_id": "u1"})).n_events == 2


def test_foreign_names_are_mapped(tmp_path: Path) -> None:
    log = pl.DataFrame({"visitor": ["u1"], "sku": ["i0"], "behavior": ["atc"], "ms": [1_700_000_000_000], "stars": [3]})
    config = IngestConfig(
        event_columns={"visitor": "user_id", "sku": "item_id", "ms": "timestamp", "stars": "value"},
        actions={"atc": "cart"},
    )
    [event] = all_of(take(log, tmp_path, config)).rows(named=True)
    assert (event["user_id"], event["item_id"], event["action"], event["value"]) == ("u1", "i0", "cart", 3.0)
    assert event["timestamp"].timestamp() == 1_700_000_000
    with pytest.raises(DataError, match="reads timestamp from 'when', but there is no such column"):
        take(
            log,
            tmp_path,
            config.model_copy(update={"event_columns": {**config.event_columns, "when": "timestamp", "ms": "value"}}),
        )
    with pytest.raises(ConfigError, match="did you mean timestamp"):
        take(log, tmp_path, IngestConfig(event_columns={"ms": "timestmp"}))


def test_a_log_without_actions_takes_the_default(tmp_path: Path) -> None:
    assert take(
        LOG.drop("action").with_columns(item_id=pl.lit("i0")), tmp_path, IngestConfig(default_action="like")
    ).actions == {"like": 6}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (["click", "purchase"], {"detail_view": 1, "purchase": 1}),
        (["click", "impression"], {"impression": 1, "detail_view": 1}),
        (["click", "view"], {"click": 1, "detail_view": 1}),
        (["VIEW", "buy"], {"detail_view": 1, "purchase": 1}),
    ],
)
def test_a_single_kind_of_view_is_a_detail_view(tmp_path: Path, raw: list[str], expected: dict[str, int]) -> None:
    log = pl.DataFrame({"user_id": "u1", "item_id": "i0", "action": raw})
    taken = take(log, tmp_path)
    assert taken.actions == expected
    # The next day may lack an action; it must be read as the first day was.
    again = take(log.head(1), tmp_path, taken.config)
    assert set(again.actions) <= set(expected)


def test_clicks_stay_clicks_where_the_config_says_so(tmp_path: Path) -> None:
    log = pl.DataFrame({"user_id": ["u1"], "item_id": ["i0"], "action": ["click"]})
    assert take(log, tmp_path, IngestConfig(single_view=False)).actions == {"click": 1}
    assert take(log, tmp_path, IngestConfig(actions={"click": "click"})).actions == {"click": 1}


def test_order_without_time_and_neither_are_legal(tmp_path: Path) -> None:
    log = pl.DataFrame(
        {"user_id": ["u1", "u1"], "item_id": ["i0", "i1"], "action": ["review", "review"], "position": [1, 0]}
    )
    taken = take(log, tmp_path)
    assert taken.has_position
    assert not taken.has_time
    assert all_of(taken)["position"].to_list() == [1, 0]
    bare = take(log.drop("position"), tmp_path)
    assert not bare.has_position
    assert bare.n_events == 2


def test_a_search_needs_no_item_and_keeps_none(tmp_path: Path) -> None:
    log = pl.DataFrame(
        {"user_id": ["u1", "u1"], "item_id": ["i0", "gone"], "action": ["cart", "search"], "query": [None, "x"]}
    )
    events = all_of(take(log, tmp_path))
    assert events["item_id"].to_list() == ["i0", None]


def test_json_lines_may_bring_a_column_late(tmp_path: Path) -> None:
    first = json.dumps({"user_id": "u1", "item_id": "i0", "action": "cart", "padding": "x" * 1000})
    late = json.dumps({"user_id": "u2", "item_id": None, "action": "search", "query": "late"})
    (tmp_path / "a.jsonl").write_text("\n".join([first] * 9000 + [late]))
    assert all_of(take(tmp_path / "a.jsonl", tmp_path))["query"][-1] == "late"


def test_an_earlier_result_in_the_folder_does_not_show_through(tmp_path: Path) -> None:
    take(LOG, tmp_path)
    taken = take(LOG.head(1), tmp_path)
    assert all_of(taken).height == 1
    assert {path.name for path in (tmp_path / "events").iterdir()} == {path.name for path in taken.parts.values()}


def test_arrow_tables_with_dictionaries_are_read(tmp_path: Path) -> None:
    table = LOG.drop("extra").to_arrow()
    coded = table.set_column(0, "user_id", table["user_id"].cast(pa.string()).dictionary_encode())
    assert all_of(take(coded, tmp_path)).equals(all_of(take(LOG, tmp_path / "plain")))


FULL_DISK = """
import sys
from pathlib import Path
import polars as pl
from intentfeed.data.catalog import Catalog
from intentfeed.data.events import partition_events
from intentfeed.data.mapping import IngestConfig
from intentfeed.errors import DataError

log = pl.DataFrame({"user_id": [f"user {n} {n * n}" for n in range(60_000)], "item_id": "i0", "action": "cart"})
for source in (log, log.lazy(), log.with_columns(item_id=pl.lit("gone") + pl.col("user_id"))):
    try:
        folder = Path(sys.argv[1]) / "events"
        partition_events(source, Catalog.of({"item_id": ["i0"]}), IngestConfig(), folder=folder, n_partitions=2)
    except DataError as error:
        print(error)
print(sorted(path.name for path in Path(sys.argv[1]).rglob("*.parquet")))
"""


def test_a_full_disk_gets_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    script = f'mount -t tmpfs -o size=200k tmpfs {tmp_path} && exec {sys.executable} -c "$0" {tmp_path}'
    ran = subprocess.run(["unshare", "-rm", "sh", "-c", script, FULL_DISK], capture_output=True, text=True, check=False)
    if "unshare" in ran.stderr or "mount" in ran.stderr:
        pytest.skip("no small disk can be made here")
    assert ran.stdout.splitlines() == [
        f"no space left on the disk that holds {tmp_path}/events: free some and run again"
    ] * 3 + ["[]"]
