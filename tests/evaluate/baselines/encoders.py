"""A real text encoder made on the spot, without a network: model2vec's, of one vector a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np


def static_encoder(texts: Iterable[str], folder: Path, meaning: Mapping[str, Sequence[float]] | None = None) -> Path:
    """Return the folder of a saved encoder of the words of the texts: of the vectors given, else drawn by lot."""
    from model2vec import StaticModel
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    words = sorted({word for text in texts for word in text.lower().split()})
    tokenizer = Tokenizer(WordLevel({word: row for row, word in enumerate(["[UNK]", *words])}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    rng = np.random.default_rng(3)
    drawn = rng.normal(size=(len(words), 8))
    known = [meaning[word] if meaning else drawn[row] for row, word in enumerate(words)]
    vectors = np.array([np.zeros(len(known[0])), *known], dtype=np.float32)
    StaticModel(vectors, tokenizer).save_pretrained(folder)
    return folder
