"""A report on a terminal: one line a method within a hundred columns, and under it what the numbers leave unsaid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import __version__
from .report import ratio_of

if TYPE_CHECKING:
    from .report import Report
    from .result import Result

SHOWN = {
    "hr@10": "hr@10",
    "ndcg@10": "ndcg@10",
    "mrr@10": "mrr@10",
    "coverage@10": "cover",
    "long_tail@10": "tail",
    "debiased_ndcg@10": "debias",
}
"""Columns and their heads; all that was measured is in the JSON and on the page."""
LATE = 1.1
"""A trial that trained this many times as long as it may is named."""


def print_report(report: Report, console: Console) -> None:
    """Print head, table and foot."""
    console.print(_head(report), soft_wrap=True)
    console.print(_table(report))
    console.print(_foot(report), soft_wrap=True)


def _head(report: Report) -> Text:
    counts, split = report.counts, report.split
    asked = (
        f"{counts['questions']:,} questions, {counts['items']:,} items, {counts['events_learnt']:,} events learnt"
        f" · split {split.split_hash} · fit {split.fit_hash}"
    )
    return Text("\n".join([report.headline, asked, *report.all_notes]))


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("method", overflow="fold")
    shown = [name for name in SHOWN if name in report.config.metrics]
    by = report.config.choose_by
    heads = [head for name in shown for head in ([SHOWN[name], "95 %"] if name == by else [SHOWN[name]])]
    for head in (*heads, "fit s", "× ref", "95 %"):
        table.add_column(head, justify="right", no_wrap=True)
    for result in report.results:
        if not result.ran:
            table.add_row(result.method, *["n/a" if result.cannot is not None else "failed"] * len(heads))
            continue
        cells = [cell for name in shown for cell in _cells(result, name, with_interval=name == by)]
        table.add_row(result.method, *cells, f"{result.cost.fit_s:.1f}", *_against(report, result))
    return table


def _cells(result: Result, name: str, *, with_interval: bool) -> list[str]:
    """Return a score, with its interval where it has a column."""
    if not result.has(name):
        return ["n/a"] * (1 + with_interval)
    digits = 3 if SHOWN[name] in ("cover", "tail") else 4
    low, high = result.interval(name) if with_interval else (0.0, 0.0)
    return [f"{result.mean(name):.{digits}f}", *([f"{low:.4f}–{high:.4f}"] if with_interval else [])]


def _against(report: Report, result: Result) -> tuple[str, str]:
    """Return ratio and paired interval against the reference."""
    if report.reference is None or result is report.reference:
        return ("ref", "") if result is report.reference else ("", "")
    ratio = ratio_of(result, report.reference, report.config.choose_by)
    if ratio is None:
        return "", ""
    ends = ratio["interval"]
    return f"{ratio['ratio']:.3f}", "–".join(f"{end:.3f}" for end in ends) if ends else ""


def _foot(report: Report) -> Text:
    config, ran = report.config, [result for result in report.results if result.ran]
    lines = [f"{result.method}: n/a, {result.cannot}" for result in report.results if result.cannot is not None]
    lines += [f"{result.method}: failed, {result.failed}" for result in report.results if result.failed is not None]
    if report.reference is not None:
        why = "named" if config.reference else "best baseline on validation"
        lines.append(f"× ref: {config.choose_by} over that of {report.reference.method} ({why}), paired 95 % interval")
    tried = [f"{result.method} {len(result.trials)}" for result in ran if result.trials]
    lines += [f"settings tried on validation: {', '.join(tried)}"] if tried else []
    for result in ran:
        lines += _of_trials(result, config.trial_s)
    lines += _of_seeds(ran, config.choose_by)
    lines += [_of_sources(result) for result in ran if result.sources]
    lines.append(
        f"split {report.split.split_hash} · fit {report.split.fit_hash} · config {report.config_hash}"
        f" · seed {config.seed} · intentfeed {__version__}"
    )
    if not report.final and tried:
        lines.append("Settings were chosen on these very questions; --final asks the test part.")
    return Text("\n".join(lines), style="dim")


def _of_trials(result: Result, trial_s: float) -> list[str]:
    """Return what went wrong in single trials."""
    broken = [trial for trial in result.trials if trial.failed is not None]
    late = [trial.seconds for trial in result.trials if trial.seconds > LATE * trial_s]
    lines = [f"{result.method}: {len(broken)} of {result.tried} trials broke off, {broken[0].failed}"] if broken else []
    return lines + ([f"{result.method}: {len(late)} trials took up to {max(late):.0f} s"] if late else [])


def _of_seeds(ran: list[Result], metric: str) -> list[str]:
    """Return how much each seeded method varies, and which have no seed."""
    seeded = [result for result in ran if result.seeds]
    if not seeded:
        return []
    n = max(len(result.seeds) for result in seeded)
    names = ", ".join(result.method for result in seeded)
    spread = [
        f"{each.method} {each.mean(metric):.4f} ± {sd:.4f}"
        for each in seeded
        if (sd := each.spread(metric)) is not None
    ]
    if spread:
        lines = [f"{metric}, mean ± sd over {n} seeds: {', '.join(spread)}"]
    else:  # of some of the questions only the mean over seeds is known
        lines = [f"one seed ({seeded[0].seeds[0]}): {names}" if n == 1 else f"mean over {n} seeds: {names}"]
    single = ", ".join(result.method for result in ran if not result.seeds)
    return [*lines, f"no seed, one run: {single}"] if single else lines


def _of_sources(result: Result) -> str:
    """Return what each source brought, and brought alone."""
    each = [f"{name} {found.recall:.4f} ({found.exclusive:.4f} alone)" for name, found in result.sources.items()]
    twice = "" if result.duplication is None else f"; {result.duplication:.1%} of the candidates came more than once"
    return f"{result.method}, recall by source: {', '.join(each)}{twice}"
