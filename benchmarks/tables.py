"""Print the tables of the README from the ledger of test scores, or fill them in: the only way that figures get there.

    python benchmarks/tables.py                      # every table that the ledger holds
    python benchmarks/tables.py movielens-100k       # one of them
    python benchmarks/tables.py --fill README.md     # between <!-- ledger:NAME --> and <!-- /ledger -->
    python benchmarks/tables.py summary              # the comparisons side by side, a row each
    python benchmarks/tables.py listening            # the same of the feed that is told things

A table is the last line of its data set, train set and kind. It is named DATASET, DATASET/TRAIN where another train set
was learnt from, DATASET/HOW where the split was not the data set's own, and ends in /new-items, /new-items/in-histories
, /tags or /commands by its kind. Looks at a sample are never tables; simulated people are always drawn by lot.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from intentfeed.data.split import DESCRIBED
from intentfeed.errors import IntentfeedError
from intentfeed.evaluate.dataset import DEFAULT_TRAIN
from intentfeed.evaluate.ledger import Ledger, default_path

Line = Mapping[str, Any]
BLOCK = re.compile(r"(<!-- ledger:(\S+) -->\n)(.*?)(<!-- /ledger -->)", re.DOTALL)
SCORES = {
    "hr@10": "HR@10", "ndcg@10": "NDCG@10", "coverage@10": "coverage", "long_tail@10": "long tail",
    "debiased_ndcg@10": "debiased NDCG@10",
}  # fmt: skip
"""Columns of a comparison, and their heads."""
BY = "ndcg@10"
"""The one that has its interval beside it."""
SUMMARY = "summary"
"""Name of the table of tables."""
SIDE_BY_SIDE = {
    "popularity": "popularity", "title-tfidf-knn": "title TF-IDF", "item-knn": "itemKNN", "ease": "EASE",
    "sasrec": "SASRec", "bert4rec": "BERT4Rec", "intentfeed-core": "ours, no torch", "intentfeed": "ours",
}  # fmt: skip
"""Methods of the summary, and their heads."""
LISTENING = "listening"
"""Name of the table of all that was played with simulated people."""
PLAYED = {
    "pass@5": "pass@5", "rounds": "rounds", "recall@10": "recall@10", "ndcg@10": "NDCG@10", "csr/hard@10": "CSR hard",
    "csr/soft@10": "CSR soft",
}  # fmt: skip
"""Columns of a table of loops, and their heads."""
BESIDE = ("InteRecAgent-like", "no memory", "intentfeed", "oracle parser")
"""Loops of the table of all scenarios, beside the best baseline."""
OURS = ("intentfeed-core", "intentfeed")
"""Of which the one that was better on validation stands against the best baseline."""


def name_of(line: Line) -> str:
    """Return the name of a line's table."""
    parts = [line["dataset"]]
    parts += [line["train"]] if line["train"] != DEFAULT_TRAIN else []
    split = line.get("split", {})
    if not split.get("own", True):
        parts.append(f"{split['how']}-{'new' if split['exclude_seen'] else 'repeats'}")
    parts += [line["kind"]] if line["kind"] != "compare" else []
    if line["kind"] == "new-items" and not line["report"]["hiding"]["from_histories"]:
        parts.append("in-histories")
    return "/".join(parts)


def last_lines(lines: Sequence[Line]) -> dict[str, Line]:
    """Return the line that counts for each table: the last one that asked every question."""
    return {name_of(line): line for line in lines if line["limit"] is None or line["kind"] == "commands"}


def text_of(name: str, tables: Mapping[str, Line]) -> str:
    """Return the table of a name as Markdown.

    Raises:
        KeyError: the ledger has none of that name.
    """
    if name in SUMMARIES:
        return SUMMARIES[name](tables.values())
    return render(tables[name])


def summary(lines: Iterable[Line]) -> str:
    """Return every comparison as a row: HR@10 / NDCG@10 of who is asked about, ours over the best baseline."""
    rows = []
    for line in lines:
        if line["kind"] != "compare":
            continue
        report = line["report"]
        ran = {result["method"]: result for result in report["results"] if "scores" in result}
        best = max((_mean(result, BY) for result in ran.values()), default=0.0)
        cells = [_pair(ran[name], best) if name in ran else "" for name in SIDE_BY_SIDE]
        ours = max((ran[name] for name in OURS if name in ran), key=lambda each: each["valid_score"], default=None)
        over = _ratio(ours["against_reference"].get(BY)) if ours and report["reference"] else ["", ""]
        rows.append([name_of(line), *cells, report["reference"] or "", *over])
    return _table(["HR@10 / NDCG@10", *SIDE_BY_SIDE.values(), "best baseline", "ours ×", "95 %"], rows) + "\n"


def listening(lines: Iterable[Line]) -> str:
    """Return every scenario as a row: how often sessions pass, and what share of the way to the oracle ours goes."""
    rows = []
    for line in lines:
        for table in line["report"]["tables"] if line["kind"] == "commands" else ():
            passed = {loop["loop"]: loop["values"] for loop in table["loops"]}
            best, ours, slots = table["best_baseline"], passed.get("intentfeed"), table["slots"] or {}
            closed = table["gap_closed"]
            rows.append(
                [
                    f"{line['dataset']}, {table['scenario']}",
                    f"{passed[best]['pass@5']:.3f} ({best})" if best else "",
                    *(f"{passed[name]['pass@5']:.3f}" if name in passed else "" for name in BESIDE),
                    "no gap" if closed is None else f"{closed:.0%}",
                    " / ".join(_share(ours, f"csr/{kind}@10") for kind in ("hard", "soft")) if ours else "",
                    " / ".join(_f1(slots, kind) for kind in ("hard", "soft")),
                ]
            )
    heads = ["pass@5", "best baseline", *("ours" if name == "intentfeed" else name for name in BESIDE)]
    return _table([*heads, "gap closed", "CSR hard / soft", "slot F1 hard / soft"], rows) + "\n"


SUMMARIES: Mapping[str, Callable[[Iterable[Line]], str]] = {SUMMARY: summary, LISTENING: listening}


def render(line: Line) -> str:
    """Return the table of a line as Markdown, with what was asked under it."""
    table = {"compare": _compared, "new-items": _new_items, "tags": _tags, "commands": _commands}[line["kind"]]
    return f"{table(line)}\n\n{_foot(line)}\n"


def filled(text: str, tables: Mapping[str, Line]) -> str:
    """Return a document with every block between markers rendered from the ledger.

    Raises:
        KeyError: the ledger has no table of a block's name.
    """
    return BLOCK.sub(lambda found: f"{found[1]}{text_of(found[2], tables)}{found[4]}", text)


def stale(text: str, tables: Mapping[str, Line]) -> list[str]:
    """Return the names of the blocks that do not say what the ledger says."""
    held = {*SUMMARIES, *tables}
    return [name for _, name, block, _ in BLOCK.findall(text) if name not in held or block != text_of(name, tables)]


def _compared(line: Line) -> str:
    """Return the table of a comparison."""
    report = line["report"]
    ran = [result for result in report["results"] if "scores" in result]
    shown = [name for name in SCORES if any(result["scores"].get(name) for result in ran)]
    heads = [head for name in shown for head in ([SCORES[name], "95 %"] if name == BY else [SCORES[name]])]
    heads += [f"× {_plain(report['reference'])}", "95 %"] if report["reference"] else []
    best = {name: max(_mean(result, name) for result in ran) for name in shown}
    rows = []
    for result in report["results"]:
        if "scores" not in result:
            rows.append([_plain(result["method"]), _reason(result)])
            continue
        cells = [cell for name in shown for cell in _score(result, name, best[name])]
        cells += _ratio(result["against_reference"].get(BY)) if report["reference"] else []
        rows.append([_plain(result["method"]), *cells, f"{result['cost']['fit_s']:.0f}"])
    return _table(["method", *heads, "fit s"], rows)


def _new_items(line: Line) -> str:
    """Return the table of hidden items: those, the others, and what hiding costs the others."""
    report, rows = line["report"], []
    others = {result["method"]: result for result in report["others"]["results"]}
    whole = {result["method"]: result for result in report["nothing_hidden"]["results"]}
    for result in report["new"]["results"]:
        name = result["method"]
        if "scores" not in result:
            rows.append([_plain(name), _reason(result)])
            continue
        both = "scores" in others[name] and "scores" in whole[name]
        tail = (others[name], whole[name]) if both else ()
        rows.append(
            [
                _plain(name),
                f"{_mean(result, 'hr@10'):.4f}",
                *_ratio(result["against_reference"].get("hr@10")),
                *(f"{_mean(each, 'hr@10'):.4f}" for each in tail),
                *_ratio(report["cost_of_hiding"]["hr@10"].get(name)),
            ]
        )
    reference = f"× {_plain(report['new']['reference'] or 'reference')}"
    return _table(
        ["method", "HR@10 new", reference, "95 %", "HR@10 others", "nothing hidden", "× nothing hidden", "95 %"], rows
    )


def _tags(line: Line) -> str:
    """Return the table of HR@30 of tags."""
    rows = [
        [_plain(each["method"]), f"{each['hr']:.4f}", f"{each['low']:.4f}–{each['high']:.4f}", f"{each['hr_few']:.4f}"]
        for each in line["report"]["lines"]
    ]
    return _table(["method", "HR@30", "95 %", "HR@5"], rows)


def _commands(line: Line) -> str:
    """Return a table of loops for each scenario."""
    found = []
    for table in line["report"]["tables"]:
        rows = []
        for loop in table["loops"]:
            low, high = loop["intervals"]["pass@5"]
            first, *others = (_share(loop["values"], name) for name in PLAYED)
            rows.append([_plain(loop["loop"]), first, f"{low:.3f}–{high:.3f}", *others])
        first, *others = PLAYED.values()
        head = f"**{table['scenario']}**, {table['sessions']} sessions" + (f"; {table['gap']}" if table["gap"] else "")
        found.append(f"{head}\n\n{_table(['loop', first, '95 %', *others], rows)}")
    return "\n\n".join(found)


def _share(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "n/a" if value is None else f"{value:.2f}" if name == "rounds" else f"{value:.3f}"


def _f1(slots: Mapping[str, Any], kind: str) -> str:
    held = slots.get("cells", {}).get(kind)
    return "n/a" if not held else f"{held['f1']:.3f}"


def _foot(line: Line) -> str:
    """Return what was asked, of what, by which code, in one line under the table."""
    counts = line["report"].get("new" if line["kind"] == "new-items" else "", line["report"]).get("counts")
    parts = []
    if counts is not None:
        parts.append(
            f"{counts['questions']:,} questions, {counts['items']:,} items, {counts['events_learnt']:,} events learnt"
        )
    if "split" in line:
        seen = "items seen before left out" if line["split"]["exclude_seen"] else "items may repeat"
        parts.append(f"{DESCRIBED[line['split']['how']]}, {line['split']['ranking']}, {seen}")
        parts.append(f"split `{line['split']['hash']}`, fit `{line['split']['fit_hash']}`")
    else:
        parts.append(f"split `{line['hashes'][0]}`")
    n_seeds = len(line.get("seeds", ()))
    parts += [f"{n_seeds} seeds"] if n_seeds > 1 else []
    commit = line["commit"]
    parts.append(f"commit `{commit[:12]}{'-dirty' if commit.endswith('-dirty') else ''}`" if commit else "no commit")
    parts.append(f"{line['date'][:10]}, intentfeed {line['version']}, {line['machine']['cores']} cores")
    return f"{'; '.join(parts)}. {'. '.join(map(_plain, line['notes']))}".rstrip(". ") + "."


def _mean(result: Line, name: str) -> float:
    """Return a score; below all others where there is none."""
    held = result["scores"].get(name)
    return float(held["mean"]) if held else float("-inf")


def _pair(result: Line, best: float) -> str:
    """Return HR@10 and NDCG@10 in one cell, in bold where none is better."""
    held = f"{_mean(result, 'hr@10'):.4f} / {_mean(result, BY):.4f}"
    return f"**{held}**" if _mean(result, BY) == best else held


def _score(result: Line, name: str, best: float) -> Iterator[str]:
    """Yield the cell of a score, in bold where none is better, and its interval where that is shown."""
    held = result["scores"].get(name)
    if not held:
        yield from ["n/a"] * (2 if name == BY else 1)
        return
    digits = 3 if name in ("coverage@10", "long_tail@10") else 4
    cell = f"{held['mean']:.{digits}f}"
    spread = f" ± {held['sd_over_seeds']:.4f}" if name == BY and "sd_over_seeds" in held else ""
    yield (f"**{cell}**" if held["mean"] == best else cell) + spread
    if name == BY:
        yield f"{held['interval'][0]:.4f}–{held['interval'][1]:.4f}"


def _ratio(held: Line | None) -> list[str]:
    """Return the cells of a ratio and its paired interval."""
    if held is None:
        return ["", ""]
    ends = held["interval"]
    return [f"{held['ratio']:.3f}", "" if ends is None else f"{ends[0]:.3f}–{ends[1]:.3f}"]


def _reason(result: Line) -> str:
    kind = "n/a" if "cannot" in result else "failed"
    return f"{kind}: {_plain(result.get('cannot') or result.get('failed') or '')}"


def _plain(text: str) -> str:
    """Return a text as one cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; rows may be short."""
    ruled = ["---", *["---:"] * (len(heads) - 1)]
    whole = [heads, ruled, *([*row, *[""] * (len(heads) - len(row))] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in whole)


def main(arguments: Sequence[str] | None = None, *, out: Callable[[str], object] = print) -> int:
    """Print or fill in tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", help="tables to print; all by default")
    parser.add_argument("--ledger", type=Path, default=default_path(), help="file of test scores")
    parser.add_argument("--fill", type=Path, help="document whose blocks are filled in")
    chosen = parser.parse_args(arguments)
    try:
        tables = last_lines(Ledger(chosen.ledger).lines())
    except IntentfeedError as error:
        parser.error(str(error))
    document = chosen.fill.read_text(encoding="utf-8") if chosen.fill else ""
    wanted = [*chosen.names, *(name for _, name, _, _ in BLOCK.findall(document))]
    unknown = [name for name in wanted if name not in {*SUMMARIES, *tables}]
    if unknown:
        parser.error(f"{chosen.ledger} has no table {unknown[0]!r}: it has {', '.join(tables) or 'none'}")
    if chosen.fill:
        chosen.fill.write_text(filled(document, tables), encoding="utf-8")
        return 0
    for name in chosen.names or tables:
        out(f"<!-- ledger:{name} -->\n{text_of(name, tables)}<!-- /ledger -->\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
