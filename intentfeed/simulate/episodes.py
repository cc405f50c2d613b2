"""Who sits down in front of the feed, and what they mean to find: held-out items, hidden from the recommender."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.script import matching_words
from ..data.split import Cases
from ..types import Settings
from .persona import draw_persona
from .shopper import Episode, Scenario, ShopperConfig
from .traits import Trait, Traits

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class EpisodesConfig(Settings):
    """Which sessions are played."""

    least_traits: int = Field(default=2, ge=1)
    """Of the target; people who mean an item of which less can be said are left out (RecBot, 7.2)."""
    recent: int = Field(default=10, ge=1)
    """Items of a history whose neighbourhood the first target of a drift lies in."""
    nearest: int = Field(default=50, ge=1)
    """Items of that neighbourhood among which it is looked for."""
    drift_rounds: tuple[int, ...] = (2, 3)
    """First command after the change of mind, each as likely."""


class Casting:
    """Makes episodes from held-out items; the same ones from the same seed, whoever else takes part."""

    def __init__(
        self,
        traits: Traits,
        *,
        config: EpisodesConfig | None = None,
        shopper: ShopperConfig | None = None,
        seed: int = 0,
    ) -> None:
        self.traits, self.seed = traits, seed
        self.config, self.shopper = config or EpisodesConfig(), shopper or ShopperConfig()

    def cast(self, cases: Cases, scenario: Scenario) -> tuple[list[Episode], Counter[str]]:
        """Return one episode a question, and how many questions were left out for which reason."""
        found: list[Episode] = []
        left: Counter[str] = Counter()
        n_of: Counter[str] = Counter()
        for user, history, target in zip(cases.users, cases.histories, cases.target.tolist(), strict=True):
            n_of[user] += 1
            name = user if n_of[user] == 1 else f"{user}#{n_of[user]}"
            if target < 0:
                left["target not in the catalogue"] += 1
            elif len(self.traits.of(target)) < self.config.least_traits:
                left[f"target with fewer than {self.config.least_traits} traits"] += 1
            else:
                episode = self._episode(name, user, [int(row) for row in history], target, scenario)
                if episode is None:
                    left["nothing near the history to mean at first"] += 1
                else:
                    found.append(episode)
        return found, left

    def _episode(self, name: str, user: str, history: Sequence[int], target: int, scenario: Scenario) -> Episode | None:
        rng = np.random.default_rng([self.seed, zlib.crc32(user.encode())])
        persona = draw_persona(rng, self.shopper.persona)
        drift = int(rng.choice(np.array(self.config.drift_rounds)))
        targets: tuple[int, ...] = (target,)
        if scenario == "drift":
            first = self._meant_first(history, target)
            if first is None:
                return None
            targets = (first, target)
        return Episode(
            episode_id=f"{scenario}/{name}",
            user_id=user,
            scenario=scenario,
            history=tuple(history),
            targets=targets,
            drift_round=drift if scenario == "drift" else 0,
            persona=persona,
            seed=self.seed,
        )

    def _meant_first(self, history: Sequence[int], target: int) -> int | None:
        """Return the item nearest to the newest of a history, new to it, of another category than the target, and of
        another value in a hard field where there is one such (RecBot, 7.2)."""
        near = self._nearest(list(history[-self.config.recent :]))
        category_I = self.traits.catalog.category_I
        taken, mine = {*history, target}, self.traits.of(target)
        others: Iterator[int] = (
            row
            for row in near.tolist()
            if row not in taken
            and (category_I[row] != category_I[target] or category_I[target] == 0)
            and self.traits.catalog.available_I[row]
        )
        second: int | None = None
        for row in islice(others, self.config.nearest):
            held = self.traits.of(row)
            if len(held) >= self.config.least_traits:
                if _differ(held, mine):
                    return row
                second = row if second is None else second
        return second

    def _nearest(self, rows: list[int]) -> NDArray[np.int64]:
        """Return all items, the likest in words first; of a history without words, in the catalogue's order."""
        vectors_IW = self._vectors_IW
        if not rows:
            return np.arange(vectors_IW.shape[0])
        mean = np.asarray(vectors_IW[rows].mean(axis=0)).ravel()
        return np.argsort(-(vectors_IW @ mean), kind="stable")

    @cached_property
    def _vectors_IW(self) -> csr_matrix:  # noqa: N802
        from sklearn.feature_extraction.text import TfidfVectorizer

        catalog = self.traits.catalog
        texts = [
            " ".join(matching_words(f"{title} {category}".casefold())) or "nothing"
            for title, category in zip(catalog.titles, catalog.frame["category"].to_list(), strict=True)
        ]
        return TfidfVectorizer(analyzer=str.split, min_df=1, sublinear_tf=True).fit_transform(texts)


def _differ(some: Sequence[Trait], others: Sequence[Trait]) -> bool:
    """Whether two items have different values in a field that is hard."""
    held = {trait.field: trait for trait in others if trait.hard}
    return any(
        trait.hard
        and trait.field in held
        and (trait.values, trait.number) != (held[trait.field].values, held[trait.field].number)
        for trait in some
    )
