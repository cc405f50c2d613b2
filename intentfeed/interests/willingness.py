"""Free choice or need? RecGPT-V1, 3.5: what is bought because one must is no interest. How to tell is ours.

Needs betray themselves in the log: the same item again and again, at even intervals, with little looking around.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..types import Settings
from .evidence import DATED, Evidence
from .groups import Group
from .habits import CategoryHabits
from .signs import PURCHASE


class WillingnessConfig(Settings):
    """What makes a category, or one person's way with it, a necessity."""

    again: float = 0.5
    """Part of repeat purchases that are of an item bought before, from which a category is restocked."""
    bought: float = 0.35
    """Part of purchases in all deliberate events, from which people hardly look around."""
    irregular: float = 0.45
    """Unevenness of the gaps between purchases, up to which they follow a rhythm."""
    signs: int = 2
    """How many of these three make a necessity."""
    own_weight: float = 6.0
    """Purchases of the person at which their own way counts as much as everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How far a group looks like restocking."""

    purchases: int
    items: int
    """Distinct items among them."""
    usual_again: float
    """Part of everybody's repeat purchases there that are of an item bought before; NaN where unknown."""
    usual_bought: float
    """Part of purchases in what everybody does there; NaN where unknown."""
    signs: int
    """How many of the three figures, which mix the person's own way with everybody's, say need."""


def need_of(seen: Evidence, group: Group, habits: CategoryHabits, config: WillingnessConfig) -> Need | None:
    """Return the figures, or None where there is no purchase to judge by."""
    mine = group.rows[seen.action[group.rows] == PURCHASE]
    if not len(mine):
        return None
    weight = len(mine) / (len(mine) + config.own_weight)
    items = len(np.unique(seen.item[mine]))
    own_again = (len(mine) - items) / (len(mine) - 1) if len(mine) > 1 else np.nan
    gaps = np.diff(np.unique(seen.day[mine])).astype(float)
    own_irregular = float(gaps.std() / gaps.mean()) if len(gaps) >= 3 and seen.clock in DATED else np.nan
    usual = [f[group.habit] if group.habit else np.nan for f in (habits.again, habits.bought, habits.irregular)]
    again = _mixed(own_again, usual[0], weight)
    bought = _mixed(len(mine) / len(group.rows), usual[1], weight)
    irregular = _mixed(own_irregular, usual[2], weight)
    signs = int(again >= config.again) + int(bought >= config.bought) + int(irregular <= config.irregular)
    return Need(purchases=len(mine), items=items, usual_again=usual[0], usual_bought=usual[1], signs=signs)


def _mixed(own: float, usual: float, weight: float) -> float:
    """Return the mean of the person's figure and everybody's, or the one that is known; NaN where neither is."""
    if np.isnan(own) or np.isnan(usual):
        return float(usual if np.isnan(own) else own)
    return float(weight * own + (1 - weight) * usual)
