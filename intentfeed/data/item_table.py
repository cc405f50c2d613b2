"""What compression needs of each item, once for a catalogue: its short text, how long that and its record are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from .coding import Lookup, encode
from .sorting import Ints
from .tokens import token_expr

_SEPARATORS: Final = r"[,|()，｜（）\x{00}-\x{1F}\x{7F}-\x{9F}\s]+"
_UNPLAIN: Final = r"[,|()，｜（）\x{00}-\x{1F}\x{7F}-\x{9F}]|[^\S ]|  |^ | $"


@dataclass(frozen=True)
class ItemTable:
    """The items as columns: item_id, short, code (equal short texts share one), short_tokens, record_tokens."""

    frame: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def lookup(self) -> Lookup:
        """Finds the row of an item id."""
        return Lookup(self.frame["item_id"])

    def numbers(self, column: str) -> Ints:
        """Return a column of numbers."""
        return self.frame[column].to_numpy().astype(np.int32, copy=False)


def item_table(items: pl.DataFrame | ItemTable) -> ItemTable:
    """Return the table of a catalogue's frame, or of any with `item_id` and `short`.

    A record is title, category path, brand and attributes (their JSON), with a separator between them, as far as the
    frame has them; never the description. For an item without any it is the short text. An empty short text becomes
    "item <id>".
    """
    if isinstance(items, ItemTable):
        return items
    short = plain_texts(items["short"].fill_null(""))
    blank = (short == "").arg_true()
    short = short.scatter(blank, plain_texts("item " + items["item_id"].gather(blank)))
    frame = items.with_columns(short=short)
    short_tokens = _tokens(frame, "short")
    record_tokens = _record_tokens(frame)
    return ItemTable(
        pl.DataFrame(
            {
                "item_id": items["item_id"],
                "short": short,
                "code": _first_of_equal(short),
                "short_tokens": short_tokens,
                "record_tokens": np.where(record_tokens > 0, record_tokens, short_tokens),
            }
        )
    )


def _tokens(frame: pl.DataFrame, column: str) -> Ints:
    return frame.select(token_expr(pl.col(column)).cast(pl.Int32)).to_series().to_numpy()


def _record_tokens(frame: pl.DataFrame) -> Ints:
    """Return the tokens of each full record; 0 where it has no field."""
    total, n_fields = np.zeros((2, frame.height), dtype=np.int32)
    if "attributes" in frame.columns:
        frame = frame.with_columns(pl.col("attributes").replace("{}", ""))
    for name in ("title", "category", "brand", "attributes"):
        if name in frame.columns:
            tokens = _tokens(frame, name)
            total += tokens
            n_fields += tokens > 0
    return total + np.maximum(n_fields - 1, 0)


def _first_of_equal(texts: pl.Series) -> Ints:
    """Return the first row that has the text of each row."""
    codes = encode(texts).codes
    first = np.zeros(len(codes), dtype=np.int32)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1, dtype=np.int32)
    return first[codes]


def plain(text: pl.Expr) -> pl.Expr:
    """Return the text without the characters that structure a digest: comma, bar, parentheses, line breaks."""
    return text.str.replace_all(_SEPARATORS, " ").str.strip_chars(" ")


def plain_texts(texts: pl.Series) -> pl.Series:
    """Return `plain` of each text; looks closely only at those that need it."""
    rows = texts.str.contains(_UNPLAIN).arg_true()
    if not len(rows):
        return texts
    return texts.scatter(rows, texts.gather(rows).to_frame("text").select(plain(pl.col("text")))["text"])
