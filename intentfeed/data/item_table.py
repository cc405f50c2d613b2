"""What compression needs of each item, once for a catalogue: its short text, how long that and its record are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from .coding import Lookup
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
    short = plain(pl.col("short").fill_null(""))
    short = pl.when(short == "").then(plain("item " + pl.col("item_id"))).otherwise(short)
    fields = [pl.col(name) for name in ("title", "category", "brand") if name in items.columns]
    if "attributes" in items.columns:
        fields.append(pl.when(pl.col("attributes") != "{}").then("attributes").otherwise(pl.lit("")))
    tokens = [token_expr(field) for field in fields]
    said = pl.sum_horizontal((count > 0).cast(pl.Int64) for count in tokens) if tokens else pl.lit(0, dtype=pl.Int64)
    counts = pl.sum_horizontal(tokens) + (said - 1).clip(lower_bound=0) if tokens else said
    table = items.select("item_id", short=short, record_tokens=counts).with_columns(
        short_tokens=token_expr(pl.col("short"))
    )
    firsts = table.select("short").with_row_index("code").unique("short", keep="first", maintain_order=True)
    told = pl.when(pl.col("record_tokens") > 0).then("record_tokens").otherwise("short_tokens")
    table = table.join(firsts, on="short", how="left", maintain_order="left")
    return ItemTable(
        table.select(
            "item_id",
            "short",
            pl.col("code").cast(pl.Int32),
            pl.col("short_tokens").cast(pl.Int32),
            told.cast(pl.Int32).alias("record_tokens"),
        )
    )


def plain(text: pl.Expr) -> pl.Expr:
    """Return the text without the characters that structure a digest: comma, bar, parentheses, line breaks."""
    return text.str.replace_all(_SEPARATORS, " ").str.strip_chars(" ")


def plain_texts(texts: pl.Series) -> pl.Series:
    """Return `plain` of each text; looks closely only at those that need it."""
    rows = texts.str.contains(_UNPLAIN).arg_true()
    if not len(rows):
        return texts
    return texts.scatter(rows, texts.gather(rows).to_frame("text").select(plain(pl.col("text")))["text"])
