"""The page: all of the report, nothing from outside, and what comes from the data is text and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import ClassVar

import pytest

from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.offline import EvalConfig, compare
from intentfeed.evaluate.report import Report
from tests.evaluate.sample import CONFIG, Blind, Broken, sample_report

VOID = {"meta"}


class Reader(HTMLParser):
    """Collects what a browser would: tags in balance, attributes, the text of headings and cells."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[list[str]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        self.text += data
        if {"td", "th"} & set(self.open):
            self.cells[-1][-1] += data.strip()


def read(page):
    reader = Reader()
    reader.feed(page)
    assert not reader.open, "everything that opens closes"
    return reader


@pytest.fixture(scope="module")
def report(tmp_path_factory, checkerboard):
    return sample_report(tmp_path_factory.mktemp("board <b>&"), *checkerboard)


@pytest.fixture(scope="module")
def page(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("pages") / "new folder" / "page.html"
    report.write_page(path)
    return path.read_text(encoding="utf-8")


def test_it_needs_nothing_from_outside(page):
    assert not re.search(r"https?://|//[a-z]|url\(|@import|<script|<link|<img|<iframe", page)
    assert not [tag for tag, attributes in read(page).tags if {"src", "href"} & attributes.keys()]


def test_what_comes_from_the_data_is_only_text(page, report):
    reader = read(page)
    assert "<script>alert(1)</script>" in reader.text
    assert "look <i>twice</i>" in reader.text
    assert report.dataset.name in reader.text
    assert not {"script", "i"} & {tag for tag, _ in reader.tags}


def test_every_number_of_the_plots_stands_in_a_table(page, report):
    reader = read(page)
    for result in report.results:
        if not result.ran:
            continue
        low, high = result.interval("ndcg@10")
        mean = f"{result.mean('ndcg@10'):.4f}"
        rows = [row for row in reader.cells if row[0] == result.method]
        assert [result.method, mean, f"{low:.4f}", f"{high:.4f}"] in rows
        assert [result.method, mean, f"{result.mean('coverage@10'):.4f}"] in rows
        assert [result.method, *(f"{result.mean(f'hr@{k}'):.4f}" for k in (1, 3, 5, 10, 20, 50))] in rows
        assert [result.method, *(f"{share:.1%}" for share in result.groups_G)] in rows


def test_a_dot_stands_where_its_number_says(page, report):
    """On one track from zero: places are proportional to means, and each lies inside its interval."""
    tracks = re.findall(
        r'aria-label="([^":]+): ([0-9.]+), 95 %.*?x1="([0-9.]+)%" x2="([0-9.]+)%" y1="13".*?cx="([0-9.]+)%"', page, re.S
    )
    assert len(tracks) == 4
    scales = [float(at) / float(mean) for _, mean, _, _, at in tracks if float(mean) > 0.05]
    assert max(scales) == pytest.approx(min(scales), rel=1e-2)
    assert all(float(low) <= float(at) <= float(high) <= 100 for _, _, low, high, at in tracks)


def test_every_plot_says_what_it_is_and_plays_along_in_the_dark(page):
    reader = read(page)
    drawn = [attributes for tag, attributes in reader.tags if tag == "svg"]
    assert all(each.get("aria-label") or each.get("aria-hidden") == "true" for each in drawn)
    assert "prefers-color-scheme:dark" in page
    assert 'name="viewport"' in page
    assert ("html", {"lang": "en"}) in reader.tags


def test_hashes_and_who_could_not_run(page, report):
    text = read(page).text
    for word in (report.split.split_hash, report.split.fit_hash, report.config_hash):
        assert text.count(word) == 2
    assert "n/a no encoder" in text
    assert "failed loss is NaN" in text
    assert "left" in text
    assert "more than once" in text


def test_a_page_of_nobody_and_of_one_without_coverage(report):
    dataset, split = report.dataset, report.split
    nobody = compare([Blind, Broken], dataset.catalog, valid=split, config=CONFIG)
    found = Report(dataset=dataset, split=split, config=CONFIG, results=nobody)
    assert "n/a" in read(rendered(found)).text
    few = EvalConfig(metrics=("hr@10",), draws=20)
    alone = compare([Popularity], dataset.catalog, valid=split, config=few)
    text = read(rendered(Report(dataset=dataset, split=split, config=few, results=alone))).text
    assert "Accuracy against coverage" not in text
    assert "length of the list" not in text
    assert "Ours against" not in text


def test_hundreds_of_settings_are_folded_and_long_ones_cut(report):
    many = {f"part{n}": {"deep": "x" * 500} for n in range(30)}
    results = [replace(each, settings=many) if each.method == "popularity" else each for each in report.results]
    page = rendered(replace(report, results=results))
    assert "30 settings" in read(page).text
    assert "x" * 50 not in page


def test_many_methods_close_together_each_keep_a_label(report):
    makes = []
    for n in range(14):

        class Alike(Popularity):
            name: ClassVar[str] = f"popularity-number-{n}"

        makes.append(Alike)
    results = compare(makes, report.dataset.catalog, valid=report.split, config=CONFIG)
    page = rendered(Report(dataset=report.dataset, split=report.split, config=CONFIG, results=results))
    heights = [float(y) for y in re.findall(r'<polyline[^>]*/>.*?<text x="[0-9.]+" y="([0-9.]+)">', page)]
    assert len(heights) == 14
    assert min(abs(a - b) for at, a in enumerate(heights) for b in heights[:at]) >= 13.9
    assert all(0 < height < 330 for height in heights)


def rendered(report):
    from intentfeed.evaluate.page import render_page

    return render_page(report)
