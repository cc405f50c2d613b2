"""What speaks against calling a group of events an interest: each objection is raised in turn, the first one counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..types import History, Reasonableness, Willingness
from .audience import Audience
from .evidence import DATED, Evidence
from .facts import Facts
from .groups import Group
from .habits import CategoryHabits
from .reasonableness import ReasonablenessConfig, chance_of, is_burst
from .willingness import Need, WillingnessConfig, need_of
from .wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """How a group fares on both dimensions of RecGPT-V1, 3.5, and why; `but` is '' where nothing speaks against it."""

    willingness: Willingness = "spontaneity"
    reasonableness: Reasonableness = "strong"
    but: str = ""
    """Goes on from what was done, as the second half of the reason."""
    signs: int = 0
    """Signs of need, be they enough or not."""


NONE = Objection()


class Objections:
    """Raises what the habits of all people and the person's own history have against a group."""

    def __init__(
        self,
        habits: CategoryHabits,
        audience: Audience,
        willingness: WillingnessConfig,
        reasonableness: ReasonablenessConfig,
    ) -> None:
        self.habits, self.audience, self.willingness, self.limits = habits, audience, willingness, reasonableness

    def judge(self, history: History, seen: Evidence, group: Group) -> Objection:
        """Return the first objection, or one that says nothing."""
        need = need_of(seen, group, self.habits, self.willingness)
        found = (
            self._against(group)
            or self._need(need)
            or self._gift(history, seen, group)
            or self._too_little(seen, group.facts)
            or self._for_other(seen, group)
            or self._by_chance(seen, group)
            or NONE
        )
        return replace(found, signs=need.signs) if need is not None else found

    def devotion(self, group: Group) -> float:
        """Return how devoted people are to the category, beside the usual; 1 where nothing is known."""
        ratio = float(self.habits.devoted[group.habit] / self.habits.devoted[0])
        return 1.0 if np.isnan(ratio) or not group.habit else ratio

    def _against(self, group: Group) -> Objection | None:
        """Return the objection that it is a single action, or that there is more dislike than liking."""
        if group.facts.n == 1:
            return Objection(reasonableness="weak", but=": one action shows no interest")
        if group.n_against >= group.facts.n:
            against = counted(group.n_against, "rating", "ratings")
            return Objection(reasonableness="none", but=f", but {against} below the person's own mean")
        return None

    def _need(self, need: Need | None) -> Objection | None:
        """Return the objection that this is restocking."""
        if need is None or need.signs < self.willingness.signs:
            return None
        own = f": restocking, with {counted(need.purchases, 'purchase', 'purchases')} of "
        own += counted(need.items, "item", "items")
        parts = [
            f"{share:.0%} of {what}"
            for share, what in ((need.usual_again, "repeat purchases are of the same item"),
                                (need.usual_bought, "what is done is buying"))
            if not np.isnan(share)
        ]  # fmt: skip
        return Objection(willingness="necessity", but=own + (f", where {' and '.join(parts)}" if parts else ""))

    def _gift(self, history: History, seen: Evidence, group: Group) -> Objection | None:
        """Return the objection that the items suit others."""
        items = seen.item[group.rows]
        suit, value = self.audience.fit_of(items[items >= 0], history.attributes)
        if value is None or suit >= self.limits.suit:
            return None
        often = f"people with {value[0]} {value[1]} come back to such items {suit:.2f} times as often as everybody"
        return Objection(reasonableness="none", but=f": rather for somebody else, {often}")

    def _too_little(self, seen: Evidence, facts: Facts) -> Objection | None:
        """Return the objection that there are too few events on too few days, or one burst."""
        limits, n_events = self.limits, seen.n_for
        few = n_events < limits.few_events
        if facts.clock == "time" and facts.n_days == 1:
            return Objection(reasonableness="weak", but=": one sitting shows no interest")
        if facts.n_items <= 1 and (facts.n_days == 1 or facts.clock not in DATED):
            return Objection(reasonableness="weak", but=": one item shows no interest")
        if is_burst(facts, limits):
            return Objection(reasonableness="weak", but=f", {facts.densest} of {facts.n} in one short burst")
        if facts.n < (2 if few else limits.min_events):
            return Objection(reasonableness="weak", but=f": too few of {n_events:,} events to tell")
        if facts.clock == "time" and facts.n_days < (2 if few else limits.min_days):
            return Objection(reasonableness="weak", but=f", on {counted(facts.n_days, 'day', 'days')}: too few to tell")
        if facts.n < limits.min_share * n_events:
            return Objection(reasonableness="weak", but=f", of {n_events:,} events: no more than idle looks")
        return None

    def _for_other(self, seen: Evidence, group: Group) -> Objection | None:
        """Return the objection that searches for something else led here."""
        led = [row for row in group.rows.tolist() if row in seen.other] if seen.other else []
        days = len(np.unique(seen.day[led]))
        if days == 0 or days < self.limits.other_share * group.facts.n_days:
            return None
        where = f", on {days} of {counted(group.facts.n_days, 'day', 'days')} after a search for something else"
        return Objection(reasonableness="none", but=f"{where}, as “{seen.other[led[-1]][:60]}”")

    def _by_chance(self, seen: Evidence, group: Group) -> Objection | None:
        """Return the objection that most people do as much, or that people come here without staying."""
        limits, facts, habit = self.limits, group.facts, group.habit
        # A category's events come from those who like it, a facet's mostly from those who came for something else.
        level = float((self.habits.share if group.kind == "facet" else self.habits.usual)[habit])
        own = facts.n / seen.n_for
        odds = own * (1 - level) / (level * (1 - own)) if level > 0 and own < 1 else np.inf
        least = limits.facet_odds if group.kind == "facet" else limits.odds
        if odds < least or (level > 0 and chance_of(facts.n, seen.n_for, level) > limits.chance):
            return Objection(reasonableness="weak", but=f", {own:.1%} of all events: people usually have {level:.1%}")
        seldom = facts.clock == "time" and self.devotion(group) < limits.devotion
        if seldom and seen.n_for >= limits.few_events and facts.n_days < limits.devoted_days:
            stay = f"{self.habits.devoted[habit]:.0%}"
            return Objection(reasonableness="weak", but=f": of those who return here, only {stay} stay")
        return None
