"""Is a sentence a frame, its holes filled by the claims in their order, and nothing else?"""

from __future__ import annotations

from collections.abc import Sequence

from ..types import Claim, Reason
from .frames import Frame
from .words import tokens

_SLOT_FIELDS = {
    "kind": {"category"}, "shelf": {"category"}, "noun": {"category", "title"}, "brand": {"brand"},
    "director": {"director", "directors"}, "actor": {"actor", "actors", "cast"}, "writer": {"writer", "writers"},
    "genre": {"genre", "genres"}, "year": {"year"},
}  # fmt: skip
_OF_ITEM = ("item",)
_SLOT_KINDS: dict[str, tuple[str, ...]] = {
    "interest": ("interest",), "label": ("interest",), "same": ("interest", "item"),
    "season": ("season", "item"), "deed": ("event",),
}  # fmt: skip


def is_text_of(frame: Frame, reason: Reason) -> bool:
    """Return whether the sentence is, character for character, the frame with its holes filled by the claims."""
    text, at = frame.parts[0], 0
    for slot, after in zip(frame.slots, frame.parts[1:], strict=True):
        kinds = _SLOT_KINDS.get(slot, _OF_ITEM)
        filling = reason.claims[at : at + len(kinds)]
        at += len(kinds)
        if not _fills(slot, kinds, filling):
            return False
        text += filling[0].text + after
    return reason.text == text and [it.text for it in reason.claims[at:]] == [phrase for phrase, _ in frame.phrases]


def _fills(slot: str, kinds: tuple[str, ...], filling: Sequence[Claim]) -> bool:
    """Return whether the claims are of the kinds and the field that a slot asks for, in the same words."""
    if tuple([claim.kind for claim in filling]) != kinds or any(it.text != filling[0].text for it in filling[1:]):
        return False
    return slot not in _SLOT_FIELDS or filling[0].item_field in _SLOT_FIELDS[slot]


def is_filled(frame: Frame, claims: Sequence[Claim], words: Sequence[str]) -> bool:
    """Return whether the sentence is the frame, its holes filled by the claims in order, and nothing else."""
    expected, at = list(frame.fixed[0]), 0
    for slot, fixed in zip(frame.slots, frame.fixed[1:], strict=True):
        kinds = _SLOT_KINDS.get(slot, _OF_ITEM)
        filling = claims[at : at + len(kinds)]
        at += len(kinds)
        if not _fills(slot, kinds, filling):
            return False
        expected += tokens(filling[0].text)
        expected += fixed
    if [claim.text for claim in claims[at:]] != [phrase for phrase, _ in frame.phrases]:
        return False
    if expected == list(words):
        return True
    return [_article(word) for word in expected] == [_article(word) for word in words]


def _article(word: str) -> str:
    return "a" if word == "an" else word
