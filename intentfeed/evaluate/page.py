"""A report as one HTML page: plots drawn as SVG, the numbers of each below it, nothing loaded from anywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from numpy.typing import NDArray

from .. import __version__
from . import plots
from .offline import CUTS
from .report import ratio_of

if TYPE_CHECKING:
    from .report import Report
    from .result import Result

MAIN = ("hr@10", "mrr@10", "coverage@10", "long_tail@10", "debiased_ndcg@10")
"""Columns of the main table, beside what settings are chosen by."""
MANY = 40
"""Characters of a setting's value that are shown."""


@lru_cache(maxsize=1)
def _template() -> Template:
    env = Environment(
        loader=PackageLoader("intentfeed.evaluate", "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return env.get_template("report.html")


def render_page(report: Report) -> str:
    """Return the page; everything that comes from the data is escaped."""
    ran = [result for result in report.results if result.ran]
    by = report.config.choose_by
    best_first = sorted(ran, key=lambda result: -result.mean(by))
    return _template().render(
        report=report,
        counts=report.counts,
        tuned=any(result.trials for result in ran),
        version=__version__,
        by=by,
        kind_of={result.method: _kind(report, result) for result in report.results},
        main=_main(report),
        metrics=report.config.metrics,
        every=[(result.method, [_number(result, name) for name in report.config.metrics]) for result in ran],
        dots=_dots(best_first, by),
        scatter=_scatter(best_first, by),
        groups=_groups(report, best_first),
        group_hits=[(result.method, _shares(result.group_hits_G)) for result in best_first],
        lines=_lines(best_first),
        ours=_against(report, ran),
        cost=[(result.method, _cost(result)) for result in ran],
        chosen=[_chosen(result) for result in ran],
        broken=[(result.method, trial.failed) for result in ran for trial in result.trials if trial.failed],
        sourced=[result for result in ran if result.sources],
        canvas=(plots.WIDTH, plots.HEIGHT, plots.LEFT, plots.RIGHT, plots.TOP, plots.BOTTOM),
    )


def _kind(report: Report, result: Result) -> str:
    if result.ours:
        return "ours"
    return "reference" if result is report.reference else "other"


def _main(report: Report) -> dict[str, Any]:
    """Return the main table: heads, and one line a method."""
    by = report.config.choose_by
    shown = [by, *(name for name in MAIN if name in report.config.metrics and name != by)]
    lines = []
    for result in report.results:
        line: dict[str, Any] = {"method": result.method, "why": result.cannot or result.failed, "n_a": not result.ran}
        line["failed"] = result.failed is not None
        if result.ran:
            low, high = result.interval(by)
            ratio = ratio_of(result, report.reference, by) if report.reference else None
            line |= {
                "cells": [_number(result, name) for name in shown],
                "interval": f"{low:.4f}–{high:.4f}",
                "spread": _spread(result, by),
                "fit_s": f"{result.cost.fit_s:,.1f}",
                "ratio": "reference" if result is report.reference else f"{ratio['ratio']:.3f}" if ratio else "",
                "ratio_interval": _ends(ratio) if ratio and result is not report.reference else "",
            }
        lines.append(line)
    return {"heads": shown, "lines": lines}


def _spread(result: Result, metric: str) -> str:
    """Return how much the seeds differ, or that there are none."""
    spread = result.spread(metric)
    if spread is not None:
        return f"± {spread:.4f} ({len(result.seeds)} seeds)"
    if len(result.seeds) > 1:
        return f"{len(result.seeds)} seeds"
    return f"seed {result.seeds[0]}" if result.seeds else "no seed"


def _ends(ratio: dict[str, Any]) -> str:
    return "–".join(f"{end:.3f}" for end in ratio["interval"]) if ratio["interval"] else "n/a"


def _number(result: Result, name: str) -> str:
    return f"{result.mean(name):.4f}" if result.has(name) else "n/a"


def _dots(ran: Sequence[Result], by: str) -> dict[str, Any]:
    intervals = [result.interval(by) for result in ran]
    found, marks = plots.dots([result.mean(by) for result in ran], intervals)
    rows = [
        {
            "method": result.method,
            "dot": dot,
            "mean": f"{result.mean(by):.4f}",
            "low": f"{low:.4f}",
            "high": f"{high:.4f}",
        }
        for result, dot, (low, high) in zip(ran, found, intervals, strict=True)
    ]
    return {"rows": rows, "ticks": marks}


def _scatter(ran: Sequence[Result], by: str) -> dict[str, Any] | None:
    """Return accuracy against coverage; None where coverage was not measured."""
    known = [result for result in ran if result.has("coverage@10")]
    if not known:
        return None
    xs, ys = [result.mean("coverage@10") for result in known], [result.mean(by) for result in known]
    points, axes = plots.scatter(xs, ys, [result.method for result in known], x_top=1.0)
    rows = [
        {"method": result.method, "point": point, "x": f"{x:.4f}", "y": f"{y:.4f}"}
        for result, point, x, y in zip(known, points, xs, ys, strict=True)
    ]
    return {"rows": rows, "axes": axes}


def _groups(report: Report, ran: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the share of slots that each popularity group has, beside its share of what was learnt from."""
    rows: list[tuple[str, Sequence[float]]] = [("(the log itself)", report.log_groups)]
    rows += [(result.method, result.groups_G.tolist()) for result in ran if result.groups_G is not None]
    return [
        {"method": name, "parts": plots.stack(shares), "shares": [f"{share:.1%}" for share in shares]}
        for name, shares in rows
    ]


def _shares(values_G: NDArray[np.float64] | None) -> list[str]:
    return [] if values_G is None else ["–" if np.isnan(value) else f"{value:.4f}" for value in values_G]


def _lines(ran: Sequence[Result]) -> dict[str, Any] | None:
    """Return hit rate by cut-off; None where fewer than two cut-offs were measured."""
    cuts = [k for k in CUTS if all(result.has(f"hr@{k}") for result in ran)]
    if len(cuts) < 2 or not ran:
        return None
    values = [[result.mean(f"hr@{k}") for k in cuts] for result in ran]
    drawn, along, up = plots.lines(values, [str(k) for k in cuts])
    rows = [
        {"method": result.method, "points": points, "label": label, "cells": [f"{value:.4f}" for value in row]}
        for result, (points, label), row in zip(ran, drawn, values, strict=True)
    ]
    return {"rows": rows, "x": along, "y": up, "cuts": cuts}


def _against(report: Report, ran: Sequence[Result]) -> dict[str, Any]:
    """Return each of ours over each of the others: a column for each of ours, a row for each method."""
    by, ours = report.config.choose_by, [result for result in ran if result.ours]
    rows = []
    for other in ran:
        ratios = [ratio_of(result, other, by) if result is not other else None for result in ours]
        cells = [(f"{ratio['ratio']:.3f}", _ends(ratio)) if ratio else ("", "") for ratio in ratios]
        rows.append((other.method, cells))
    return {"heads": [result.method for result in ours], "rows": rows if len(ran) > 1 else []}


def _cost(result: Result) -> list[str]:
    cost, each = result.cost, result.cost.per_thousand_s
    speed = "n/a" if each is None else f"{each:,.2f}"
    return [f"{cost.fit_s:,.1f}", f"{cost.tune_s:,.1f}", speed, f"{cost.peak_mib:,.0f}", f"{cost.before_mib:,.0f}"]


def _chosen(result: Result) -> dict[str, Any]:
    """Return what was chosen, of how many, and how it did on the valid part."""
    settings = [f"{name} {_short(value)}" for name, value in _flat(result.settings)]
    settings += [] if result.epochs is None else [f"trained for {result.epochs:.4g} epochs"]
    score = "n/a" if result.valid_score is None else f"{result.valid_score:.4f}"
    return {"method": result.method, "tried": len(result.trials) or "–", "score": score, "settings": settings}


def _flat(settings: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Return nested settings as dotted names."""
    found = list[tuple[str, Any]]()
    for name, value in settings.items():
        found += _flat(value, f"{before}{name}.") if isinstance(value, dict) else [(before + name, value)]
    return found


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MANY else text[: MANY - 1] + "…"
