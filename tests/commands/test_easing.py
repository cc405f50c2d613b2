"""What was eased is told in the catalogue's language, with the same facts in it."""

from __future__ import annotations

import re
from dataclasses import replace
from string import Formatter

import pytest

from intentfeed.commands.easing import Easing, easing_in
from intentfeed.commands.records import Constraint
from intentfeed.data.catalog import Catalog

from .test_filter import filtered
from .tooling import catalog, context, hard

HAN = re.compile(r"[\u4e00-\u9fff]")


def chinese() -> Catalog:
    """Return the items of the English tests under Chinese titles."""
    frame = catalog().frame
    columns = {name: frame[name].to_list() for name in frame.columns if name != "title"}
    return Catalog.of({**columns, "title": [f"第{at}把椅子" for at in range(len(frame))]})


def about(quote: str) -> Constraint:
    return replace(hard("price", "between", (80.0, 120.0), quote=quote), approximate=True)


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_both_languages_tell_the_same_facts() -> None:
    english, other = easing_in("other"), easing_in("zh")
    assert easing_in("en") == english != other
    for name in Easing.model_fields:
        assert places(getattr(english, name)) == places(getattr(other, name)), name
    assert not HAN.search(str(english))
    assert not re.search("[A-Za-z]", re.sub(r"\{\w+\}", "", "".join(other.model_dump().values())))


@pytest.mark.parametrize(
    ("language", "lists"),
    [("en", ["“a”", "“a” and “b”", "“a”, “b” and “c”"]), ("zh", ["“a”", "“a”和“b”", "“a”、“b”和“c”"])],
)
def test_a_list_reads_as_its_language(language: str, lists: list[str]) -> None:
    assert [easing_in(language).listed(list(some)) for some in ("a", "ab", "abc")] == lists


def test_a_wider_range_is_told_in_chinese() -> None:
    wider = filtered(context(about("100左右"), items=chinese(), k=4))
    assert [one.words for one in wider.relaxed] == ["80到120的太少，所以“100左右”现在放宽到60到140。"]


def test_what_is_let_go_is_told_in_chinese() -> None:
    dear = hard("price", "gt", 100_000.0, quote="{quoted}以上")
    alone = filtered(context(dear, items=chinese()))
    assert [one.words for one in alone.relaxed] == ["符合“{quoted}以上”的太少，所以它现在只影响排序。"]
    cheap = hard("price", "lt", 100.0, quote="100以下")
    beside = filtered(context(dear, cheap, items=chinese()))
    assert beside.relaxed[0].words == "同时符合“100以下”以及“{quoted}以上”的太少，所以“{quoted}以上”现在只影响排序。"
