"""Only the form of a digest is read; anything else is refused by name."""

import pytest

from intentfeed.data.digest_parse import DigestFact, parse_digest
from intentfeed.errors import DataError


def test_a_line_tells_every_combination() -> None:
    facts = parse_digest("today (rated low, liked), 2 years ago (liked) | a b, c")
    assert facts == {
        DigestFact(bucket, action, item)
        for bucket, action in (("today", "rated low"), ("today", "liked"), ("2 years ago", "liked"))
        for item in ("a b", "c")
    }


def test_no_text_no_facts() -> None:
    assert parse_digest("") == set()


@pytest.mark.parametrize(
    "text", ["2023 (liked)", "2023 liked | a", "(liked) | a", "2023 (liked) x | a", "2023 (liked) | a\n"]
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"line [12] of a digest"):
        parse_digest(text)
