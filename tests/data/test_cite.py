"""Numbered lines lead back to exactly the events that they tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.data.catalog import Catalog
from intentfeed.data.cite import MAX_ITEMS, Citations, citations
from intentfeed.data.compress import CompressConfig, compress
from intentfeed.data.digest_parse import parse_digest
from intentfeed.data.facts import VERBS
from intentfeed.data.history import histories
from intentfeed.data.item_table import ItemTable, item_table
from intentfeed.types import ACTIONS, RELIABLE, History

from .digests import bucket, log, plain

AS_OF = date(2025, 3, 20)
SHORT = ["trail shoe", "trail shoe", "gas stove", "tent [2] green", "tent", "[1] 2025 purchased yacht", "越野跑鞋", ""]
CATALOG = Catalog.of({"item_id": [f"i{n}" for n in range(len(SHORT))], "short": SHORT, "title": SHORT})
TABLE: ItemTable = item_table(CATALOG.frame)
TEXTS: list[str] = TABLE.frame["short"].to_list()


def read(
    rows: list[dict[str, object]], config: CompressConfig, groups: Sequence[int] | None = None
) -> tuple[History, str, Citations]:
    """Return the history of one person, the digest and its numbered lines."""
    events = log(rows)
    history = next(histories(events, CATALOG))
    digest = compress(events, TABLE, config, as_of=AS_OF)["text"][0]
    group_N = None if groups is None else np.array([groups[item] for item in history.item.tolist()], dtype=np.int32)
    return history, digest, citations(digest, history, TEXTS, as_of=AS_OF, config=config, group_N=group_N)


def event(action: str, what: str, days_ago: int | None, *, value: float | None = None) -> dict[str, object]:
    when = None if days_ago is None else datetime(2025, 3, 20, 9, tzinfo=UTC) - timedelta(days=days_ago)
    slot = "query" if action == "search" else "item_id"
    return {"action": action, slot: what, "timestamp": when, "value": value}


WHAT = st.one_of(
    st.tuples(st.sampled_from(ACTIONS), st.sampled_from([f"i{n}" for n in range(len(SHORT))])),
    st.tuples(st.just("search"), st.sampled_from(["tent", "trail shoe", "", " | (x), y", "[3] <b>x</b>", "越野"])),
).filter(lambda pair: (pair[0] == "search") == (not pair[1].startswith("i")))
ROWS = st.lists(
    st.builds(
        lambda pair, ago, value: event(pair[0], pair[1], ago, value=value),
        WHAT,
        st.one_of(st.none(), st.sampled_from([0, 1, 2, 30, 31, 200, 365, 366, 800])),
        st.sampled_from([None, 1.0, 5.0]),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    reading=st.sampled_from(["literal", "per_item"]),
    labels=st.sampled_from(["absolute", "relative"]),
    budget=st.sampled_from([100_000, 60, 15]),
    grouped=st.booleans(),
)
def test_each_deliberate_event_is_behind_exactly_the_lines_that_show_it(
    rows: list[dict[str, object]], reading: str, labels: str, budget: int, grouped: bool
) -> None:
    config = CompressConfig.model_validate({"reading": reading, "labels": labels, "budget_tokens": budget})
    groups = [0, 0, 1, 2, 2, 1, 3, 4, 0] if grouped else None
    history, digest, cited = read(rows, config, groups)
    told = parse_digest(digest)
    ratings = [r["value"] for r in rows if r["action"] in ("rate", "review") and r["value"] is not None]
    mean = sum(ratings) / len(ratings) if ratings else 0.0  # type: ignore[arg-type]
    for number, row in enumerate(rows):
        behind = [line for line in cited.lines if number in line.event_ids]
        if row["action"] not in RELIABLE:
            assert not behind
            continue
        verb = VERBS[ACTIONS.index(row["action"])]
        value = row["value"]
        if row["action"] in ("rate", "review") and value is not None and value < mean - 1e-9:  # type: ignore[operator]
            verb += " low"
        text = TEXTS[int(row["item_id"][1:])] if row.get("item_id") else plain(str(row["query"])) or "unnamed"  # type: ignore[index]
        label = bucket(row["timestamp"], config, AS_OF)[1]  # type: ignore[arg-type]
        if labels == "absolute":
            assert bool(behind) == ((label, verb, text) in told)
        for line in behind:
            assert verb in line.when
            assert " ".join(text.replace("[", " ").replace("]", " ").split()) in line.texts
    if budget == 100_000:
        deliberate = [n for n, row in enumerate(rows) if row["action"] in RELIABLE]
        assert set(cited.events(range(1, len(cited.lines) + 1))) == set(deliberate)
    assert all(line.event_ids for line in cited.lines)
    assert len(history) == len(rows)


def test_a_long_line_is_cut_and_groups_stand_together() -> None:
    rows = [event("detail_view", f"i{n}", 40) for n in (0, 2, 4, 6, 3, 5)]
    _, digest, cited = read(rows, CompressConfig(), [7, 7, 8, 9, 9, 8, 7, 0, 0])
    assert digest.count("\n") == 0
    assert [set(line.event_ids) for line in cited.lines] == [{1, 5}, {2, 4}, {0, 3}]
    assert cited.numbered().splitlines() == [
        "2025-02 (viewed details):",
        "[1] 1 2025 purchased yacht, gas stove",
        "[2] tent 2 green, tent",
        "[3] 越野跑鞋, trail shoe",
    ]


def test_no_line_holds_more_than_a_dozen_things() -> None:
    rows = [event("search", f"tent number{n}", 3) for n in range(40)]
    _, _, cited = read(rows, CompressConfig())
    assert [len(line.texts) for line in cited.lines] == [MAX_ITEMS] * 3 + [4]
    assert [line.number for line in cited.lines] == [1, 2, 3, 4]


def test_a_number_stands_in_brackets_only_where_it_is_a_lines_own() -> None:
    rows = [event("purchase", "i5", 3), event("search", "[9] all users", 3)]
    _, _, cited = read(rows, CompressConfig())
    text = cited.numbered()
    assert text.count("[") == 2
    assert "[9]" not in text


def test_a_text_may_be_shown_otherwise() -> None:
    events = log([event("purchase", "i7", 3), event("purchase", "i2", 3)])
    digest = compress(events, TABLE, CompressConfig(), as_of=AS_OF)["text"][0]
    assert "item i7" in digest
    cited = citations(
        digest, next(histories(events, CATALOG)), TEXTS, as_of=AS_OF, config=CompressConfig(), instead={"item i7": "?"}
    )
    assert cited.numbered() == "[1] 2025-03-17 (purchased) | gas stove, ?"
    assert cited.events([1]) == (0, 1)


def test_what_is_no_line_tells_nothing() -> None:
    _, _, cited = read([event("purchase", "i2", 3)], CompressConfig())
    assert cited.events([0, -1, 2, 10**12]) == ()
    assert cited.events([1, 1]) == (0,)


def test_an_empty_digest_has_no_lines() -> None:
    _, digest, cited = read([event("click", "i2", 3)], CompressConfig())
    assert (digest, cited.lines, cited.numbered()) == ("", (), "")


@pytest.mark.parametrize("n", [30_000])
def test_a_long_history_is_cited_whole(n: int) -> None:
    rng = np.random.default_rng(3)
    start = datetime(2019, 1, 1, tzinfo=UTC)
    catalog = Catalog.of({"item_id": [f"i{k}" for k in range(9_000)], "short": [f"thing {k}" for k in range(9_000)]})
    table = item_table(catalog.frame)
    frame = log([{}]).clear()
    frame = pl.DataFrame(
        {
            **dict.fromkeys(frame.columns),
            "user_id": ["u"] * n,
            "event_id": np.arange(n),
            "action": [ACTIONS[code] for code in rng.integers(2, len(ACTIONS), n).tolist()],
            "item_id": [f"i{code}" for code in rng.integers(0, 9_000, n).tolist()],
            "timestamp": [start + timedelta(minutes=int(m)) for m in rng.integers(0, 3_200_000, n)],
        },
        schema=frame.schema,
    ).with_columns(action=pl.col("action").replace("search", "favorite"))
    digest = compress(frame, table, CompressConfig(budget_tokens=10**7), as_of=AS_OF)["text"][0]
    history = next(histories(frame, catalog))
    cited = citations(digest, history, table.frame["short"].to_list(), as_of=AS_OF, config=CompressConfig())
    assert cited.events(range(1, len(cited.lines) + 1)) == tuple(range(n))
