"""Which words of a title identify the item, and which are boilerplate? Statistics of the catalogue only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .catalog import SEPARATOR, Catalog, leaf_name
from .script import SPACELESS
from .segment import Segmenter
from .sorting import Ints, run_starts
from .tokens import token_expr

EDGES: Final = r"^[\"'“”‘’„«»*~_\-–—·•.;:!?/\\&+=<>®™©°\s]+|[\"'“”‘’„«»*~_\-–—·•;:!?.…/\\&+=<>®™©\s]+$"
"""Marks that mean nothing at the edge of a word."""
_SMOOTHING: Final = 10.0


@dataclass(frozen=True)
class TitleWords:
    """The words of all titles [W], by item row and place; scripts without blanks are cut into the catalogue's words."""

    row: Ints
    place: Ints
    word: Ints
    """Which word of the title the piece is cut from."""
    text: pl.Series
    key: Ints
    """Equal for the same word in another case."""
    keys: pl.Series
    """The words themselves, in lower case, sorted."""
    tokens: Ints
    is_size: NDArray[np.bool_]
    """A word with a digit, or the unit after a number."""
    wide: NDArray[np.bool_]
    repeated: NDArray[np.bool_]
    """The title has had it already."""
    bits: NDArray[np.float64]
    """How much the word says: half about which item of its leaf category, half about which of the catalogue."""
    boilerplate: NDArray[np.bool_]
    """Frequent in titles whatever the category."""


def title_words(titles: pl.Series, catalog: Catalog, *, min_share: float, max_topic_bits: float) -> TitleWords:
    """Return the words of the cleaned `titles`, one title an item of the catalogue, with what they are worth."""
    frame = _split(titles, catalog.segmenter)
    keys = frame["key"].unique().sort()
    index = pl.DataFrame({"key": keys}).with_row_index("code")
    key = frame.join(index, on="key", how="left", maintain_order="left")["code"].to_numpy().astype(np.int64)
    row = frame["row"].to_numpy().astype(np.int64)
    bits = _bits(row, key, len(keys), catalog.category_I)
    boilerplate = _boilerplate(row, key, len(keys), _topics(catalog), min_share, max_topic_bits)
    has_digit = frame["text"].str.contains(r"[0-9]").to_numpy()
    unit = _units(row, key, len(keys), frame["text"].str.contains(r"^[0-9][0-9./-]*$").to_numpy())
    bits[unit] = bits[np.flatnonzero(unit) - 1]
    return TitleWords(
        row=row,
        place=np.arange(len(row)),
        word=frame["word"].to_numpy(),
        text=frame["text"],
        key=key,
        keys=keys,
        tokens=frame.select(token_expr(pl.col("text")))["text"].to_numpy(),
        wide=frame["text"].str.contains(f"[{SPACELESS}]").to_numpy(),
        is_size=has_digit | unit,
        repeated=_repeated(row, key) & ~unit & (~has_digit | (frame["text"].str.len_chars() > 3).to_numpy()),
        bits=bits,
        boilerplate=boilerplate[key] & ~has_digit & ~unit,
    )


def _topics(catalog: Catalog) -> Ints:
    """Return a category of each item [I] on the finest level that is coarse enough to count on."""
    limit = max(2, min(64, len(catalog) // 50))
    topics = np.zeros(len(catalog.categories), dtype=np.int64)
    for depth in range(1, 10):
        cut = [SEPARATOR.join(path.split(SEPARATOR)[:depth]) for path in catalog.categories]
        names = {name: number for number, name in enumerate(sorted(set(cut)))}
        if len(names) > limit:
            break
        topics = np.array([names[name] for name in cut])
    return topics[catalog.category_I]


def _split(titles: pl.Series, segmenter: Segmenter) -> pl.DataFrame:
    """Return row, word, text and key of each piece, in order; what is only marks is left out."""
    words = (
        titles.alias("text")
        .to_frame()
        .with_row_index("row")
        .with_columns(pl.col("text").str.split(" "))
        .explode("text")
        .with_columns(pl.col("text").str.replace_all(EDGES, ""))
        .filter(pl.col("text").str.len_bytes() > 0)
        .with_row_index("word")
    )
    wide = words["text"].str.contains(f"[{SPACELESS}]")
    if wide.any():
        whole = words["text"].to_list()
        cut = [segmenter.words(text) if there else [text] for text, there in zip(whole, wide.to_list(), strict=True)]
        words = words.with_columns(pl.Series("text", cut, dtype=pl.List(pl.String))).explode("text")
    return words.with_columns(key=pl.col("text").str.to_lowercase()).with_columns(
        pl.col("row").cast(pl.Int64), pl.col("word").cast(pl.Int64)
    )


def _repeated(row: Ints, key: Ints) -> NDArray[np.bool_]:
    order = np.lexsort((key, row))  # stable: the first of equal words stays the first
    repeated = np.ones(len(row), dtype=np.bool_)
    repeated[order[run_starts(row[order], key[order])]] = False
    return repeated


def _units(row: Ints, key: Ints, n_keys: int, number: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which words are the unit of the number before them: of words that mostly stand after one."""
    after = np.zeros(len(row), dtype=np.bool_)
    after[1:] = number[:-1] & (row[1:] == row[:-1]) & ~number[1:]
    n_after = np.bincount(key, weights=after, minlength=n_keys)
    unit: NDArray[np.bool_] = after & ((n_after >= 5) & (2 * n_after > np.bincount(key, minlength=n_keys)))[key]
    return unit


def _counts(row: Ints, key: Ints, group_of_row: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return key, group and number of items of each (word, group), and which of these each word is."""
    n_groups = int(group_of_row.max(initial=0)) + 1
    pair_of_word = key * n_groups + group_of_row[row]
    pairs, n = np.unique(_once(row, pair_of_word), return_counts=True)
    return pairs // n_groups, pairs % n_groups, n, np.searchsorted(pairs, pair_of_word)


def _bits(row: Ints, key: Ints, n_keys: int, leaf_of_row: Ints) -> NDArray[np.float64]:
    """Return what each word is worth: in a share p of all titles, half of -log2 p; half for its share in its leaf.

    The share within a leaf, which may hold few items, is smoothed towards that in the catalogue.
    """
    pair_key, pair_leaf, n, pair = _counts(row, key, leaf_of_row)
    share = np.bincount(pair_key, weights=n, minlength=n_keys) / len(leaf_of_row)
    size = np.bincount(leaf_of_row)[pair_leaf]
    within = (n + _SMOOTHING * share[pair_key]) / (size + _SMOOTHING)
    bits: NDArray[np.float64] = -0.5 * np.log2(share[key]) - 0.5 * np.log2(within)[pair]
    return bits


def _boilerplate(
    row: Ints, key: Ints, n_keys: int, topic_of_row: Ints, min_share: float, max_topic_bits: float
) -> NDArray[np.bool_]:
    """Return for each key whether it is frequent and spread over the categories as the items are.

    Such a word (a small Kullback-Leibler divergence) tells neither what an item is nor which. Without categories to
    tell by, only a word four times as frequent counts.
    """
    pair_key, pair_topic, n, _ = _counts(row, key, topic_of_row)
    n_items = len(topic_of_row)
    size = np.bincount(topic_of_row)
    n_of_key = np.bincount(pair_key, weights=n, minlength=n_keys)
    part = n / n_of_key[pair_key]
    bits = np.bincount(pair_key, weights=part * np.log2(part * n_items / size[pair_topic]), minlength=n_keys)
    least = min_share if (size > 0).sum() > 1 else 4 * min_share
    frequent: NDArray[np.bool_] = n_of_key >= max(least * n_items, 8)
    return frequent & (bits <= max_topic_bits)


def _once(row: Ints, value: Ints) -> Ints:
    """Return the values of each row without repeats."""
    order = np.lexsort((value, row))
    return value[order[run_starts(row[order], value[order])]]


def leaf_texts(catalog: Catalog) -> pl.Series:
    """Return the leaf name of each item's category [I]; '' where it has none."""
    names = pl.Series([leaf_name(path) for path in catalog.categories], dtype=pl.String)
    return names.gather(catalog.category_I)
