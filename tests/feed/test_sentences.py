"""What a person is told of a change is said in the catalogue's language, with the same facts in it."""

from __future__ import annotations

import re
from string import Formatter

import numpy as np
import pytest

from intentfeed.commands.records import Memory
from intentfeed.commands.tools import Pool
from intentfeed.data.catalog import Catalog
from intentfeed.feed.composing import why_empty
from intentfeed.feed.interactive import InteractiveFeed
from intentfeed.feed.model import fit_all
from intentfeed.feed.parts import FeedParts
from intentfeed.feed.sentences import Sentences, sentences_in

from .told import feed_of, hard, session
from .worlds import log, shop

KINDS = {"tent": "帐篷", "kettle": "水壶", "hose": "水管", "lamp": "台灯", "desk": "书桌", "drum": "鼓"}
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def feed() -> InteractiveFeed:
    """Return the feed of the toy shop with Chinese titles."""
    toy = shop()
    titles = [f"{KINDS[title.split()[0]]}{title.split()[1]}" for title in toy.titles]
    columns = {name: toy.frame[name].to_list() for name in toy.frame.columns if name != "title"}
    catalog = Catalog.of({**columns, "title": titles})
    space, neighbours, model = fit_all(catalog, log())
    return feed_of(FeedParts.build(catalog=catalog, space=space, neighbours=neighbours, model=model))


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_both_languages_tell_the_same_facts() -> None:
    english, chinese = sentences_in("other"), sentences_in("zh")
    assert sentences_in("en") == english != chinese
    for name in Sentences.model_fields.keys() - {"fields"}:
        assert places(getattr(english, name)) == places(getattr(chinese, name)), name
    assert english.fields == {name: name for name in chinese.fields}
    assert not HAN.search(str(english))
    assert [chinese.named(name) for name in ("price", "size in g", "voltage")] == ["价格", "规格（g）", "voltage"]
    assert [english.named(name) for name in ("price", "size in g", "frame_size")] == [
        "price",
        "size in g",
        "frame_size",
    ]


def test_a_change_is_told_in_chinese(feed: InteractiveFeed) -> None:
    change = session(feed, "under 30", past=[30, 31, 32]).last.diff
    assert {one.words for one in change.left} <= {f"“under 30”：价格 {n}" for n in range(72)}
    assert re.fullmatch(r"走了\d个，来了\d个，留下\d个，主要因为“under 30”。", change.words)
    came = session(feed, "under 30", "kettles").last.diff.came
    assert {one.words for one in came} == {"符合“kettles”"}


def test_a_slate_that_falls_short_says_so_in_chinese(feed: InteractiveFeed) -> None:
    assert session(feed, "kettles", k=20).last.short == "符合“kettles”的只有12个，其余是最接近的。"
    assert session(feed, "kettles", k=5).last.short == ""


def test_an_empty_slate_says_why_in_its_language() -> None:
    pool = Pool(
        rows=np.empty(0, dtype=np.int32), base_C=np.empty(0), mask_I=np.zeros(3, dtype=bool), emptied_by=("c1",)
    )  # fmt: skip
    cheap = Memory(demands=(hard("price", "le", 1.0, "under {what} 1", id="c1"),))
    assert why_empty(pool, cheap) == "“under {what} 1” leaves nothing to show: take it back to see items again."
    assert why_empty(pool, cheap, language="zh").startswith("“under {what} 1”让这里什么都不剩")
    assert "售罄" in why_empty(Pool(rows=pool.rows, base_C=pool.base_C, mask_I=pool.mask_I), Memory(), language="zh")
