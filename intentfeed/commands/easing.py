"""The sentences by which a person is told that a demand was eased (RecBot, 4.3), in the language of the catalogue.

[ours] Data, one file a language: `easing.en.toml` and `easing.zh.toml`. Places in braces are filled in once and never
read again, so that no word of a person can be taken for one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from ..types import Settings


class Easing(Settings):
    """Sentences of one language."""

    quoted: str
    """Words of a person."""
    comma: str
    """Between the things of a list."""
    both: str
    """Before the last of a list."""
    range: str
    """From one number or day to another."""
    widened: str
    """Too little was in a range, which is wider now."""
    let_go: str
    """Too little meets a demand."""
    let_go_beside: str
    """Too little meets it together with others."""

    def wider(self, quote: str, *, was: tuple[str, str], now: tuple[str, str]) -> str:
        """Return that a demand holds of a wider range."""
        old, new = (self.range.format(low=low, high=high) for low, high in (was, now))
        return self.widened.format(was=old, quoted=self.quoted.format(text=quote), now=new)

    def gone(self, quote: str, beside: Sequence[str]) -> str:
        """Return that a demand only decides the order, since too little meets it together with what else was said."""
        quoted = self.quoted.format(text=quote)
        if not beside:
            return self.let_go.format(quoted=quoted)
        return self.let_go_beside.format(quoted=quoted, others=self.listed(beside))

    def listed(self, quotes: Sequence[str]) -> str:
        """Return what was said as a list: “a”, “b” and “c”."""
        *before, last = (self.quoted.format(text=quote) for quote in quotes)
        return f"{self.comma.join(before)}{self.both}{last}" if before else last


@cache
def easing_in(language: str) -> Easing:
    """Return the sentences for a catalogue's language: Chinese ones for `zh`, else English ones."""
    name = "zh" if language == "zh" else "en"
    text = files(__package__).joinpath(f"easing.{name}.toml").read_text("utf-8")
    return Easing.model_validate(tomllib.loads(text))
