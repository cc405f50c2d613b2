"""The five constraints on tags (RecGPT-V1, 4.3) as checks: each returns what it keeps, and what it drops with why.

They look at phrases, not at who wrote them, so they hold for any backend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..types import Interest
from .words import stem

Constraint = Literal["interest", "diversity", "precision", "freshness", "season", "form", "evidence", "validity"]
"""The five of RecGPT-V1, 4.3, and what is asked beside them of phrases that are not the catalogue's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A tag before it is checked."""

    text: str
    category: str
    score: float
    interest_id: str = ""
    """'' where the person has no kept interest."""
    phrase: int = 0
    """Which of its category's phrases it is."""
    own: bool = False
    """The person has something in the category already: further phrases come from there first."""
    loose: str = ""
    """Why it hangs on no interest, where that was looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A tag that a constraint refused."""

    text: str
    constraint: Constraint
    why: str


@dataclass(slots=True)
class Screened:
    """What a constraint kept, in order, and what it dropped."""

    kept: list[Draft] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)


def screen(drafts: Iterable[Draft], constraint: Constraint, refuse: Callable[[Draft], str | None]) -> Screened:
    """Ask `refuse` for each draft in order; a text is the reason it goes."""
    found = Screened()
    for draft in drafts:
        why = refuse(draft)
        if why is None:
            found.kept.append(draft)
        else:
            found.dropped.append(Dropped(text=draft.text, constraint=constraint, why=why))
    return found


def interest_consistency(drafts: Iterable[Draft], interests: Sequence[Interest]) -> Screened:
    """Drop tags that hang on none of the kept interests, or lie where only a rejected one does.

    With no kept interest at all, a tag may hang on none.
    """
    kept = {interest.interest_id for interest in interests if interest.status == "kept"}
    wanted = {path for interest in interests if interest.status == "kept" for path in interest.categories}
    refused = {path: i.name for i in interests if i.status != "kept" for path in i.categories if path not in wanted}

    def refuse(draft: Draft) -> str | None:
        if draft.interest_id not in kept and (kept or draft.interest_id):
            return draft.loose or "hangs on no kept interest"
        if draft.category in refused:
            return f"contradicts the profile: {refused[draft.category]} was rejected or has ended"
        return None

    return screen(drafts, "interest", refuse)


def semantic_precision(
    drafts: Iterable[Draft], *, vague: Collection[str], brands: Collection[str], specific: Collection[str] = ()
) -> Screened:
    """Drop tags that name a brand or several kinds, end in a vague word, or are one word that is not in `specific`."""

    def refuse(draft: Draft) -> str | None:
        words = draft.text.split(" ")
        named = [word for word in words if word in brands and word not in specific]
        if named:
            return f"names the brand {named[0]}"
        if "&" in words or "," in draft.text:
            return "names several kinds of thing at once"
        if words[-1] in vague or all(word in vague for word in words):
            return f"is vague: {words[-1]} is said of things in many categories"
        if len(words) == 1 and stem(words[0]) not in specific and words[0] not in specific:
            return "is a single word, too broad to retrieve by"
        return None

    return screen(drafts, "precision", refuse)


def temporal_freshness(
    drafts: Sequence[Draft],
    vectors_TD: NDArray[np.float32],
    recent_ND: NDArray[np.float32],
    *,
    threshold: float,
    names: Sequence[str],
) -> Screened:
    """Drop tags whose vector is within `threshold` (a cosine) of an item or query of the last days, by meaning.

    `names` says what each recent row was; strings are never compared (U19).
    """
    if not len(drafts) or not len(recent_ND):
        return Screened(kept=list(drafts))
    cosine_TN = vectors_TD @ recent_ND.T
    nearest_T, best_T = cosine_TN.argmax(axis=1), cosine_TN.max(axis=1)
    said = {draft.text: at for at, draft in enumerate(drafts)}

    def refuse(draft: Draft) -> str | None:
        at = said[draft.text]
        if best_T[at] < threshold:
            return None
        return f"repeats “{names[nearest_T[at]]}” of the last days (cosine {best_T[at]:.2f})"

    return screen(drafts, "freshness", refuse)


def seasonal_relevance(drafts: Iterable[Draft], lift: Mapping[str, float], *, least: float) -> Screened:
    """Drop tags of categories that are wanted less than `least` times as much as usual in the month at hand."""

    def refuse(draft: Draft) -> str | None:
        now = lift.get(draft.category, 1.0)
        return None if now >= least else f"is out of season: wanted {now:.1f} times as much as in the rest of the year"

    return screen(drafts, "season", refuse)


def diversity(drafts: Iterable[Draft], *, n: int, per_category: int) -> Screened:
    """Return at most `n` distinct tags in their order, at most `per_category` of each category.

    Where that leaves fewer than `n`, the cap is lifted step by step, that of the person's own categories first: at
    least 50 tags come before few of each.
    """
    drafts = list(drafts)
    wanted = min(n, len({draft.text for draft in drafts}))
    caps = _caps(drafts, wanted, per_category)
    used: Counter[str] = Counter()
    seen: set[str] = set()

    def refuse(draft: Draft) -> str | None:
        if draft.text in seen:
            return "says the same as a tag above it"
        if used[draft.category] >= caps[draft.own]:
            return f"is one more of its category than {caps[draft.own]}"
        if len(seen) >= n:
            return f"comes after the first {n}"
        seen.add(draft.text)
        used[draft.category] += 1
        return None

    return screen(drafts, "diversity", refuse)


def _caps(drafts: Sequence[Draft], wanted: int, per_category: int) -> dict[bool, int]:
    """Return how many tags of each category are needed for so many: of those not the person's own, and of own ones."""
    sizes = {own: Counter(draft.category for draft in drafts if draft.own == own).values() for own in (True, False)}
    caps = {True: per_category, False: per_category}
    for own, most in ((own, max(sizes[own], default=0)) for own in (True, False)):
        while caps[own] < most and sum(min(k, caps[o]) for o in caps for k in sizes[o]) < wanted:
            caps[own] += 1
    return caps
