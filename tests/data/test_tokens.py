"""The token count is one rule in two engines, and adds up over a digest's separators."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.data.tokens import TOKEN_RULE, count_tokens, token_expr

TEXTS = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("aZ09 ,|()\n\t-é越跑ー한ü™’🙂·"),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, max_size=8))
def test_the_expression_counts_what_the_function_counts(texts: list[str]) -> None:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    assert frame.select(token_expr(pl.col("text")))["text"].to_list() == [count_tokens(text) for text in texts]


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([", ", " | ", " (", ")", "), ", "\n"]), TEXTS)
def test_counts_add_up_over_the_separators_of_a_digest(left: str, separator: str, right: str) -> None:
    assert count_tokens(left + separator + right) == count_tokens(left) + count_tokens(separator) + count_tokens(right)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("   \t", 0),
        ("\n", 1),
        ("vest", 1),
        ("hydration", 2),
        ("2025-03-18", 6),
        ("TRA708T", 3),
        ("越野跑鞋", 4),
        ("ランニング シューズ", 9),
        ("등산화", 3),
        ("чай", 1),
        ("1/2-Inch", 5),
    ],
)
def test_known_counts(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_a_missing_text_has_no_tokens() -> None:
    assert pl.DataFrame({"t": [None]}, schema={"t": pl.String}).select(token_expr(pl.col("t"))).item() == 0


def test_the_rule_is_one_sentence() -> None:
    assert "\n" not in TOKEN_RULE
    assert ". " not in TOKEN_RULE
