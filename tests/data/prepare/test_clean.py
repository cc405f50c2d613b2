"""Texts and prices as shops' pages have them."""

import pytest

from intentfeed.data.prepare.clean import clean_list, clean_text, plain_id, price_of


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Bolt &amp;amp; Nut", "Bolt & Nut"),
        ("3/8&quot; <b>drive</b><br/>socket", '3/8" drive socket'),
        ("  two\n lines\t", "two lines"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("Sizes {S, M}", "Sizes {S, M}"),
        ("No. 5 {new}", "No. 5 {new}"),
        ("var aPageStart = (new Date()).getTime();", None),
        (".a-box-inner{background-color:#fff}", None),
        ("#alohaBuyBoxWidget .selected{border:1px}", None),
        ("<span></span>", None),
        ("", None),
        (None, None),
        (5, None),
        ("Gl\x00ue​\x07s", "Gl ue s"),
        ("half \ud83d a smile", "half a smile"),
        ("x" * 50, "x" * 20),
    ],
)
def test_texts(raw, clean):
    assert clean_text(raw, 20 if raw == "x" * 50 else 100) == clean


@pytest.mark.parametrize(
    ("raw", "price"),
    [
        ("$1,299.00", 1299.0), ("$4.99 - $9.99", 4.99), ("12", 12.0), (9.5, 9.5), ("from 3.10", 3.1), ("US$ 7", 7.0),
        ("$0.00", None), (-1, None), (True, None), (None, None), ("None", None), ("—", None), (".a{b:c}", None),
        (float("nan"), None), (float("inf"), None), (["$1"], None), ("$" + "9" * 400, None), ("US$7.50", 7.5),
    ],
)  # fmt: skip
def test_prices(raw, price):
    assert price_of(raw) == price


def test_ids():
    assert [plain_id(value) for value in (" A1 ", 7, 7.5, True, None, ["x"], "\ud83dB")] == [
        "A1",
        "7",
        "7.5",
        "",
        "",
        "",
        "B",
    ]


def test_lists():
    assert clean_list(["a", "", None, "<p>b</p>", 3], 10) == ["a", "b"]
    assert clean_list("one", 10) == ["one"]
    assert clean_list(None, 10) == []
