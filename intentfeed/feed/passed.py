"""What somebody had in front of them and did not take up is less likely what they want [ours].

By Bayes: an item that was looked at with chance e and not taken is 1 − e times as likely as before to be the one. The
ranker's score is a log-likelihood, learnt by softmax, so that log(1 − e) is added to it. Of a slate the first item is
looked at for sure, the p-th with chance 1 / p, as people read lists; and nothing asked for is overruled by it, since
it changes the personal score alone.
"""

from __future__ import annotations

import math

from ..commands.asked import kinds_asked
from ..commands.kin import Kin
from ..commands.others import asks_for_others
from ..commands.praise import praises
from ..commands.records import Constraint, Delta, Ended, Memory
from ..commands.witness import Witness
from .rounds import Session, told_before

TAKEN_BACK = ("retracted", "cleared", "reset", "contradicted", "undone")
"""Ends of a demand that tell of a change of mind: what was passed over before it was measured by another wish."""
ASKING = ("new", "revise", "reset")
"""What is said of commands that change the memory."""
SIZES = ("lt", "le", "gt", "ge", "between")


def passed_over(
    session: Session, after: Memory, command: str, delta: Delta | None, *, chance: float
) -> dict[str, float]:
    """Return what is added to the personal score of items that were passed over, by item id; at most 0.

    Those of a slate count in front of which somebody asked for something, be it only for other items, since they last
    changed their mind; who is content, or talks of something else, has turned nothing down.
    `command` is what is said now, '' where nothing is; `chance` is that of looking at the first item.
    """
    since = max((ended.round for ended in after.ended if _turned(ended)), default=0)
    pairs = zip(session.rounds, session.rounds[1:], strict=False)
    said = [(now.number, now.command, now.delta, before.slate) for before, now in pairs if now.kind == "command"]
    found: dict[str, float] = {}
    for number, words, heard, slate in (*said, (session.round + 1, command, delta, session.slate)):
        if chance and number >= since and heard is not None and _asks(words, heard):
            for item in slate.items:
                found[item.item_id] = found.get(item.item_id, 0.0) + math.log1p(-chance / item.rank)
    return found


def left_alone(session: Session, after: Memory, command: str, delta: Delta | None) -> bool:
    """Return whether nothing was asked of what is on the screen: praise, thanks and small talk leave it as it is."""
    if delta is None or delta.feedback not in ("satisfied", "neutral") or delta.add:
        return False
    return after.demands == told_before(session).demands and not asks_for_others(command)


def refused(session: Session, after: Memory, command: str, delta: Delta | None, witness: Witness) -> frozenset[int]:
    """Return the rows on the screen that a mere refusal hits; none where the rest has no reason to stay.

    Who says no more than "no plastic" in front of some of it would have that replaced, and has not turned down the
    rest [ours]. With a wish said or held, where a refusal hits nothing that is known, so that it may mean more than it
    seems to, and where all of the screen is refused, the screen is made anew.
    """
    if delta is None or not delta.add or delta.retract_ids or delta.clear_fields or asks_for_others(command):
        return frozenset()
    if any(one.polarity == "positive" for one in (*delta.add, *after.demands)):
        return frozenset()
    known, hit = {one.id for one in told_before(session).demands}, set[int]()
    for demand in after.demands:
        if demand.id not in known:
            held_I = witness.held_I(demand)
            rows = [row for row in session.rows if held_I is not None and held_I[row]]
            if not rows:
                return frozenset()
            hit.update(rows)
    return frozenset(hit) if len(hit) < len(session.rows) else frozenset()


def praised(
    session: Session, after: Memory, command: str, delta: Delta | None, witness: Witness, kin: Kin
) -> tuple[int, ...]:
    """Return the rows on the screen that stay since they were praised: with "the desks look good, show me more" those
    that are desks, and nothing that is unwanted [ours]. At most half of the places, so that more can come.
    """
    if delta is None or not delta.add or delta.feedback == "reset" or not praises(command):
        return ()
    known = {one.id for one in told_before(session).demands}
    wanted = [one for one in after.preferences if one.polarity == "positive" and one.id not in known]
    kinds = kinds_asked(wanted, (), witness, kin)
    unwanted = [
        held_I for one in after.demands if one.polarity == "negative" and (held_I := witness.held_I(one)) is not None
    ]
    rows = [
        row
        for row in session.rows
        if any(kind.held_I[row] for kind in kinds) and not any(held_I[row] for held_I in unwanted)
    ]
    return tuple(rows[: max(session.k // 2, 1)])


def gone_back(session: Session, after: Memory) -> bool:
    """Return whether something wanted is wanted no longer: what is on the screen was chosen by it."""
    now = session.round + 1
    return any(one.round == now and one.demand.polarity == "positive" and _turned(one) for one in after.ended)


def _asks(words: str, heard: Delta) -> bool:
    """Return whether somebody asked for something in front of a slate."""
    return heard.feedback in ASKING or (heard.feedback == "neutral" and asks_for_others(words))


def _turned(ended: Ended) -> bool:
    """Return whether the end of a demand tells of a change of mind; a bound that is moved does not."""
    moved = isinstance(ended.demand, Constraint) and ended.demand.op in SIZES
    return ended.why in TAKEN_BACK or (ended.why in ("replaced", "suspended") and not moved)
