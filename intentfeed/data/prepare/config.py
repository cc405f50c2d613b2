"""How a download is read, and how much of it may be wrong."""

from __future__ import annotations

from pydantic import Field

from ...types import Settings


class PrepareConfig(Settings):
    """Settings of `intentfeed data prepare`; all of them are written into prepared.json."""

    core: int = Field(default=5, ge=0)
    """Reviews only: users and items with fewer are taken out until none is left; 0 and 1 keep everybody."""
    category: str = ""
    """Part of a file name that chooses among the categories of a folder; '' takes the set's own."""
    max_bad: float = Field(default=0.01, ge=0, le=1)
    """Share of a file's lines that may be rejected before nothing is written."""
    max_line_bytes: int = Field(default=16 << 20, ge=1 << 10)
    """A longer line stops the reading: the file is not what it seems."""
    title_chars: int = Field(default=2_000, ge=1)
    """Titles, brands and category names are cut here [ours]."""
    description_chars: int = Field(default=20_000, ge=1)
    """Descriptions are cut here [ours]."""
