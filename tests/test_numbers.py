"""Numbers are promises: what the README says of test scores is what the ledger says, figure by figure."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from typer.testing import CliRunner

from intentfeed.cli.eval import app
from intentfeed.evaluate.ledger import Ledger

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("tables", ROOT / "benchmarks" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ledger(tmp_path_factory, checkerboard) -> Ledger:
    """Return a ledger of looks at a checkerboard: two whole ones, new items, a time cut and a sample."""
    catalog, events = checkerboard
    folder = tmp_path_factory.mktemp("boards") / "board"
    folder.mkdir()
    log = events.select("user_id", "item_id", "action", "timestamp")
    log.write_parquet(folder / "interactions.parquet")
    catalog.frame.select("item_id", "title").write_parquet(folder / "items.parquet")
    found = Ledger(folder / "ledger.jsonl")
    every = ["--methods", "popularity,title-tfidf-knn,item-knn", "--no-tune"]
    looks = [
        ["--methods", "popularity"], every, [*every, "--new-items", "0.2"], [*every, "--split", "time"],
        [*every, "--limit", "5"],
    ]  # fmt: skip
    for look in looks:
        _look(["--data", str(folder), *look, "--final", "--ledger", str(found.path)])
    return found


def _look(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("document", ["README.md", "docs/results.md"])
def test_documents_say_what_the_ledger_says(tables, document):
    text = (ROOT / document).read_text(encoding="utf-8")
    assert tables.BLOCK.search(text), f"{document} quotes no table of the ledger"
    held = tables.last_lines(Ledger(ROOT / "benchmarks" / "ledger.jsonl").lines())
    stale = tables.stale(text, held)
    assert not stale, f"python benchmarks/tables.py --fill {document} would change {', '.join(stale)}"


def test_a_table_is_the_last_whole_look_of_its_kind(tables, ledger):
    held = tables.last_lines(ledger.lines())
    assert list(held) == ["board", "board/new-items", "board/time-new"]
    assert [result["method"] for result in held["board"]["report"]["results"]] == [
        "popularity", "title-tfidf-knn", "item-knn",
    ]  # fmt: skip


def test_every_figure_is_in_the_table(tables, ledger):
    line = tables.last_lines(ledger.lines())["board"]
    text = tables.render(line)
    for result in line["report"]["results"]:
        [row] = [row for row in text.splitlines() if row.startswith(f"| {result['method']} ")]
        assert f"{result['scores']['hr@10']['mean']:.4f}" in row
        low, high = result["scores"]["ndcg@10"]["interval"]
        assert f"{low:.4f}–{high:.4f}" in row
    assert line["split"]["hash"] in text
    assert line["split"]["fit_hash"] in text
    assert len({row.count("|") for row in text.splitlines() if row.startswith("|")}) == 1


def test_the_summary_has_a_row_a_comparison_and_what_is_best_in_bold(tables, ledger):
    held = tables.last_lines(ledger.lines())
    rows = tables.text_of("summary", held).splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| board", "| board/time-new"]
    scores = {each["method"]: each["scores"] for each in held["board"]["report"]["results"]}
    best = max(scores.values(), key=lambda each: each["ndcg@10"]["mean"])
    assert f"**{best['hr@10']['mean']:.4f} / {best['ndcg@10']['mean']:.4f}**" in rows[0]
    assert all(f"{each['hr@10']['mean']:.4f} / {each['ndcg@10']['mean']:.4f}" in rows[0] for each in scores.values())
    assert len({row.count("|") for row in rows}) == 1


def test_the_summary_takes_the_one_of_ours_that_validation_chose(tables):
    def of(method, valid, ratio):
        scores = {"hr@10": {"mean": 0.2}, "ndcg@10": {"mean": 0.1}}
        against = {"ndcg@10": {"ratio": ratio, "interval": [ratio - 0.1, ratio + 0.1]}}
        return {"method": method, "scores": scores, "valid_score": valid, "against_reference": against}

    results = [of("ease", 0.1, 1.0), of("intentfeed-core", 0.3, 1.25), of("intentfeed", 0.2, 1.5)]
    line = {"kind": "compare", "dataset": "x", "train": "all", "report": {"reference": "ease", "results": results}}
    assert "| ease | 1.250 | 1.150–1.350 |" in tables.summary([line])


def test_what_was_played_is_one_row_a_scenario_and_one_table_a_scenario(tables):
    def loop(name, passed):
        values = {"pass@5": passed, "rounds": 2.5, "recall@10": 0.5, "ndcg@10": None, "csr/hard@10": 0.97}
        return {"loop": name, "values": values, "intervals": {"pass@5": [passed - 0.1, passed + 0.1]}}

    loops = [loop("intentfeed", 0.8), loop("oracle parser", 0.9), loop("InteRecAgent-like", 0.6), loop("BM25", 0.7)]
    scenario = {
        "scenario": "multi", "sessions": 300, "best_baseline": "BM25", "gap_closed": 0.5, "gap": "ours closes 50 %",
        "slots": {"cells": {"hard": {"f1": 0.95}, "soft": {"f1": 0.85}}}, "loops": loops,
    }  # fmt: skip
    line = {
        "kind": "commands", "dataset": "shop", "train": "all", "limit": 300, "report": {"tables": [scenario]},
        "hashes": ["abc"], "commit": None, "date": "2026-11-21T00:00:00", "version": "0", "machine": {"cores": 2},
        "notes": [],
    }  # fmt: skip
    held = tables.last_lines([line])
    assert list(held) == ["shop/commands"]
    [row] = tables.text_of("listening", held).splitlines()[2:]
    assert row == ("| shop, multi | 0.700 (BM25) | 0.600 |  | 0.800 | 0.900 | 50% | 0.970 / n/a | 0.950 / 0.850 |")
    text = tables.text_of("shop/commands", held)
    assert "**multi**, 300 sessions; ours closes 50 %" in text
    assert "| intentfeed | 0.800 | 0.700–0.900 | 2.50 | 0.500 | n/a | 0.970 | n/a |" in text


def test_new_items_show_both_groups_and_the_cost(tables, ledger):
    line = tables.last_lines(ledger.lines())["board/new-items"]
    text = tables.render(line)
    [row] = [row for row in text.splitlines() if row.startswith("| item-knn ")]
    assert f"{line['report']['cost_of_hiding']['hr@10']['item-knn']['ratio']:.3f}" in row
    assert "× title-tfidf-knn" in text
    assert "8 of 40 items hidden" in text


def test_a_changed_figure_is_found_and_filled_in_again(tables, ledger, tmp_path):
    held = tables.last_lines(ledger.lines())
    empty = (
        "# A\n\n<!-- ledger:board -->\n<!-- /ledger -->\n\ntext\n\n<!-- ledger:board/new-items -->\n<!-- /ledger -->\n"
    )
    readme = tmp_path / "README.md"
    readme.write_text(empty)
    assert tables.stale(empty, held) == ["board", "board/new-items"]
    assert tables.main(["--ledger", str(ledger.path), "--fill", str(readme)]) == 0
    full = readme.read_text()
    assert tables.stale(full, held) == []
    assert full.startswith("# A\n\n<!-- ledger:board -->\n| method |")
    assert "\n\ntext\n\n" in full
    figure = f"{held['board']['report']['results'][2]['scores']['hr@10']['mean']:.4f}"
    assert tables.stale(full.replace(figure, "0.9999", 1), held) == ["board"]


def test_a_table_that_is_not_there_is_said(tables, ledger, capsys):
    with pytest.raises(SystemExit):
        tables.main(["nothing", "--ledger", str(ledger.path)])
    assert "has no table 'nothing': it has board, board/new-items" in capsys.readouterr().err
    printed: list[str] = []
    assert tables.main(["board", "--ledger", str(ledger.path)], out=printed.append) == 0
    assert printed[0].startswith("<!-- ledger:board -->\n| method ")


def test_who_could_not_run_keeps_a_row_with_the_reason(tables, tmp_path, checkerboard):
    catalog, events = checkerboard
    events.select("user_id", "item_id", "action", "timestamp").write_parquet(tmp_path / "interactions.parquet")
    pl.DataFrame({"item_id": catalog.item_ids}).write_parquet(tmp_path / "items.parquet")
    ledger = Ledger(tmp_path / "ledger.jsonl")
    chosen = ["--methods", "popularity,title-tfidf-knn", "--no-tune", "--final", "--ledger", str(ledger.path)]
    _look(["--data", str(tmp_path), *chosen])
    assert "| title-tfidf-knn | n/a: the catalogue has no titles |" in tables.render(ledger.lines()[0])
