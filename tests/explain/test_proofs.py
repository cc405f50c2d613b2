"""A field shows what it holds, a category what its prices come to, and nothing shows the rest."""

import pytest

from intentfeed.explain.facts import FactsConfig
from intentfeed.explain.frames import all_shipped
from intentfeed.explain.proofs import Proofs
from intentfeed.types import Claim

from .outfitter import outfitter

CATALOG = outfitter()
PROOFS = Proofs(CATALOG, FactsConfig(), all_shipped().phrases)


@pytest.mark.parametrize(("n", "band"), [(0, "low"), (2, "low"), (3, ""), (8, ""), (9, "high"), (11, "high")])
def test_a_band_is_a_quarter_of_the_own_category(n: int, band: str) -> None:
    assert PROOFS.price_band(CATALOG.row_of[f"tent{n:02d}"]) == band


@pytest.mark.parametrize(
    ("field", "value", "text", "shown"),
    [
        ("colour", "olive", "olive", True),
        ("colour", "olive", "olive colour", True),
        ("colour", "olive", "red", False),
        ("colour", "red", "red", False),
        ("brand", "Velm", "Velm", True),
        ("category", "Tents", "Tents", True),
        ("", "olive", "olive", False),
    ],
)
def test_what_a_field_shows_is_said_as_it_stands(field: str, value: str, text: str, shown: bool) -> None:
    claim = Claim(kind="item", text=text, item_field=field, value=value)
    assert (PROOFS.disproof(CATALOG.row_of["tent05"], claim) == "") is shown
