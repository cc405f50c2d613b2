"""What was read out of a free sentence: its claims with their fields, and what is wrong with it [ours]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..types import Claim
from .explainer import Season
from .item_words import Proof
from .rules import Violation


@dataclass(frozen=True, slots=True)
class Reading:
    """The claims of a sentence in its order, and its violations; none where it may be said."""

    claims: tuple[Claim, ...]
    violations: tuple[Violation, ...]

    @property
    def kind(self) -> str:
        """Return `interest` where the sentence names the interest, else `item`."""
        return "interest" if any(claim.kind == "interest" for claim in self.claims) else "item"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a sentence, from `start` to before `end`, with what bears it out."""

    start: int
    end: int
    proof: Proof | None
    of_interest: bool
    season: Season | None = None


def reading_of(
    text: str, places: Sequence[tuple[int, int, Piece]], interest: str | None, violations: Sequence[Violation]
) -> Reading:
    """Return the reading of a text whose pieces stand at these places, as characters."""
    claims = [claim for start, end, piece in places for claim in _claims(text[start:end], piece, interest)]
    return Reading(tuple(claims), tuple(violations))


def _claims(said: str, piece: Piece, interest: str | None) -> Iterator[Claim]:
    if piece.of_interest:
        yield Claim(kind="interest", text=said, value=interest)
    if piece.season:
        yield Claim(kind="season", text=said, value=piece.season)
    if piece.proof:
        yield Claim(kind="item", text=said, item_field=piece.proof.field, value=piece.proof.value)
