"""Which categories come next for a person? Five votes, blended by weights learnt on each user's held-out last item.

Every vote is linear in a person's recency-weighted items, so it is a few rows of precomputed tables. [ours]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..types import Neighbours, Settings
from .likes import Likes, recency
from .pull import co_occurrence, pull_of
from .regression import features, rehearsals, ridge

VOTES = ("own", "together", "similar", "popular", "learnt")
"""Own categories; categories of items that go with own ones; alike in text; everybody's; a ridge regression."""


class VotesConfig(Settings):
    """How the votes are made and weighed."""

    recency_power: float = Field(default=0.5, ge=0)
    """An item that n newer ones follow weighs (1 + n) to the minus this."""
    newest: int = Field(default=100, ge=1)
    """Liked items of a person that vote."""
    targets_per_user: int = Field(default=20, ge=1)
    """Items of a person that the regression learns to foresee from the others."""
    max_users: int = Field(default=30_000, ge=1)
    """Users that the regression learns from."""
    max_features: int = Field(default=2_000, ge=1)
    """Most frequent categories that are features of the regression."""
    ridge: float = Field(default=0.01, gt=0)
    """Penalty of the regression, as a share of its number of rows."""
    max_asked: int = Field(default=100_000, ge=0)
    """Items that are asked for their neighbours one by one; for more, co-occurrence is counted here, all at once."""
    text_weight: float = Field(default=2.0, ge=0)
    """Scale of the mean text vector beside the category counts of length one."""
    prior: float = Field(default=25.0, ge=0)
    """Users that each vote is credited with before any is asked, so that few users silence none."""
    similar_power: float = Field(default=6.0, gt=0)
    """Sharpens the cosine between a person's text and a category's."""


class CategoryVotes:
    """A distribution over categories for weighted items; category 0, the unknown one, gets nothing."""

    def __init__(self, config: VotesConfig, arrays: dict[str, Any]) -> None:
        self.config = config
        self.category_I: NDArray[np.int32] = arrays["category"]
        self.text_ID: NDArray[np.float32] = arrays["text"]
        self.pull_IC: Any = arrays["pull"]
        """CSR: what goes with each item, by category."""
        self.popular_C: NDArray[np.float32] = arrays["popular"]
        self.centre_CD: NDArray[np.float32] = arrays["centre"]
        self.ridge_FC: NDArray[np.float32] = arrays["ridge"]
        """Features: the categories of `feature_C`, the text's dimensions, one."""
        self.feature_C: NDArray[np.int32] = arrays["feature"]
        """Place of a category among the features; -1 for none."""
        self.weights_K: NDArray[np.float64] = arrays["weights"]
        """Weight of each of VOTES; they sum to one."""

    @classmethod
    def fit(
        cls,
        log: Likes,
        category_I: NDArray[np.int32],
        text_ID: NDArray[np.float32],
        neighbours: Neighbours,
        config: VotesConfig,
    ) -> CategoryVotes:
        """Return the votes of the whole log, with weights from a rehearsal that holds out each user's last item."""
        n_categories = int(category_I.max(initial=0)) + 1
        rehearsal = log.older(1)
        tables = _tables(rehearsal, category_I, n_categories, text_ID, config)
        tables["pull"] = co_occurrence(rehearsal, category_I, n_categories)
        weights_K = _weigh(cls(config, tables | {"weights": np.full(len(VOTES), 1 / len(VOTES))}), log)
        tables = _tables(log, category_I, n_categories, text_ID, config)
        few = log.n_items <= config.max_asked
        tables["pull"] = (
            pull_of(log, category_I, n_categories, neighbours) if few else co_occurrence(log, category_I, n_categories)
        )
        return cls(config, tables | {"weights": weights_K})

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each vote by name."""
        return dict(zip(VOTES, self.weights_K.tolist(), strict=True))

    def shares(self, rows_UI: Any) -> list[NDArray[np.float32]]:
        """Return each vote as shares_UC for weighted items (CSR), each row summing to one, or zero if it has no say."""
        own_UC = self._own(rows_UI)
        text_UD = _unit(np.asarray(rows_UI @ self.text_ID))
        cosine_UC = np.maximum(text_UD @ self.centre_CD.T, 0) ** self.config.similar_power
        popular_UC = np.repeat(self.popular_C[None, :], rows_UI.shape[0], axis=0)
        own_UF, text_UE = features(rows_UI, self.category_I, self.feature_C, self.text_ID, self.config.text_weight)
        n_own = own_UF.shape[1]
        learnt_UC = np.maximum(own_UF @ self.ridge_FC[:n_own] + text_UE @ self.ridge_FC[n_own:], 0)
        found = [own_UC, (rows_UI @ self.pull_IC).toarray(), cosine_UC, popular_UC, np.asarray(learnt_UC)]
        for vote_UC in found:
            vote_UC[:, 0] = 0
        return [_sum_to_one(vote_UC) for vote_UC in found]

    def scores(self, rows_UI: Any) -> NDArray[np.float32]:
        """Return scores_UC: the blended votes for weighted items (CSR)."""
        scores_UC = np.zeros((rows_UI.shape[0], len(self.popular_C)), dtype=np.float32)
        for weight, vote_UC in zip(self.weights_K.tolist(), self.shares(rows_UI), strict=True):
            scores_UC += np.float32(weight) * vote_UC
        return scores_UC

    def scores_of(self, items: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return scores_C: what `scores` gives for one person's distinct items, without its overhead."""
        n_categories, codes = len(self.popular_C), self.category_I[items]
        own_C = np.bincount(codes, weights=weights, minlength=n_categories).astype(np.float64)
        pull_C = np.zeros(n_categories)
        starts, ends = self.pull_IC.indptr[items], self.pull_IC.indptr[items + 1]
        for start, end, weight in zip(starts.tolist(), ends.tolist(), weights.tolist(), strict=True):
            pull_C[self.pull_IC.indices[start:end]] += weight * self.pull_IC.data[start:end]
        # einsum, not @: a threaded product may add in another order, and then two machines disagree in the last bit
        text_D = np.einsum("i,id->d", weights, self.text_ID[items])
        length = float(np.sqrt(np.einsum("d,d->", text_D, text_D)))
        unit_D = text_D / length if length > 1e-9 else np.zeros_like(text_D)
        similar_C = np.maximum(np.einsum("cd,d->c", self.centre_CD, unit_D), 0).astype(np.float64)
        similar_C **= self.config.similar_power
        votes = [own_C, pull_C, similar_C, self.popular_C.astype(np.float64), self._learnt(own_C, text_D, weights)]
        score_C = np.zeros(n_categories)
        for share, vote_C in zip(self.weights_K.tolist(), votes, strict=True):
            vote_C[0] = 0
            score_C += share * vote_C / max(vote_C.sum(), 1e-30)
        scores_C: NDArray[np.float32] = score_C.astype(np.float32)
        return scores_C

    def _learnt(
        self, own_C: NDArray[np.float64], text_D: NDArray[np.float32], weights: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return the regression's vote for one person."""
        codes = np.flatnonzero((self.feature_C >= 0) & (own_C > 0))
        n_own = len(self.ridge_FC) - len(text_D) - 1
        mean_D = text_D / max(float(weights.sum()), 1e-9) * self.config.text_weight
        learnt_C = np.einsum("d,dc->c", mean_D, self.ridge_FC[n_own:-1]) + self.ridge_FC[-1]
        if len(codes):
            length = np.sqrt((own_C[codes] ** 2).sum())
            own_F = own_C[codes] / length
            learnt_C = learnt_C + np.einsum("f,fc->c", own_F, self.ridge_FC[self.feature_C[codes]])
        learnt: NDArray[np.float64] = np.maximum(learnt_C, 0).astype(np.float64)
        return learnt

    def aligned(
        self, old_I: NDArray[np.int64], category_I: NDArray[np.int32], text_ID: NDArray[np.float32]
    ) -> CategoryVotes:
        """Return the same votes over other rows: `old_I` is each row's place at the fit, or -1 for a new item."""
        from scipy.sparse import csr_matrix

        known = np.flatnonzero(old_I >= 0)
        ones = np.ones(len(known), dtype=np.float32)
        moved = csr_matrix((ones, (known, old_I[known])), shape=(len(old_I), len(self.category_I)))
        arrays: dict[str, Any] = {"popular": self.popular_C, "centre": self.centre_CD, "ridge": self.ridge_FC}
        arrays |= {"feature": self.feature_C, "weights": self.weights_K, "pull": (moved @ self.pull_IC).tocsr()}
        return CategoryVotes(self.config, arrays | {"category": category_I, "text": text_ID})

    def save(self, folder: Path) -> None:
        """Write `votes.npz` and `votes.json` into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        pull = self.pull_IC
        np.savez(
            folder / "votes.npz",
            category=self.category_I,
            text=self.text_ID,
            popular=self.popular_C,
            centre=self.centre_CD,
            ridge=self.ridge_FC,
            feature=self.feature_C,
            weights=self.weights_K,
            pull_data=pull.data,
            pull_indices=pull.indices,
            pull_indptr=pull.indptr,
        )
        (folder / "votes.json").write_text(self.config.model_dump_json())

    @classmethod
    def load(cls, folder: Path) -> CategoryVotes:
        """Read what `save` wrote."""
        from scipy.sparse import csr_matrix

        with np.load(folder / "votes.npz") as kept:
            arrays = {name: kept[name] for name in kept.files if not name.startswith("pull_")}
            pull = (kept["pull_data"], kept["pull_indices"], kept["pull_indptr"])
        shape = (len(arrays["category"]), len(arrays["popular"]))
        arrays["pull"] = csr_matrix(pull, shape=shape)
        return cls(VotesConfig.model_validate_json((folder / "votes.json").read_text()), arrays)

    def _own(self, rows_UI: Any) -> NDArray[np.float32]:
        own_UC = np.zeros((rows_UI.shape[0], len(self.popular_C)), dtype=np.float32)
        user = np.repeat(np.arange(rows_UI.shape[0]), np.diff(rows_UI.indptr))
        np.add.at(own_UC, (user, self.category_I[rows_UI.indices]), rows_UI.data)
        return own_UC


def _tables(
    log: Likes, category_I: NDArray[np.int32], n_categories: int, text_ID: NDArray[np.float32], config: VotesConfig
) -> dict[str, Any]:
    """Return all tables but the pull, which comes from elsewhere at the rehearsal."""
    count_C = np.bincount(category_I[log.item], minlength=n_categories).astype(np.float64)
    popular_C = count_C.copy()
    popular_C[0] = 0
    centre_CD = np.zeros((n_categories, text_ID.shape[1]), dtype=np.float32)
    np.add.at(centre_CD, category_I, text_ID)
    order = np.argsort(-popular_C, kind="stable")[: config.max_features]
    feature_C = np.full(n_categories, -1, dtype=np.int32)
    chosen = np.sort(order[(popular_C[order] > 0)])
    feature_C[chosen] = np.arange(len(chosen))
    rows_PI, target_P = rehearsals(
        log, per_user=config.targets_per_user, max_users=config.max_users, recency_power=config.recency_power
    )
    own_PF, text_PD = features(rows_PI, category_I, feature_C, text_ID, config.text_weight)
    return {
        "category": category_I,
        "text": text_ID,
        "popular": (popular_C / max(popular_C.sum(), 1)).astype(np.float32),
        "centre": _unit(centre_CD),
        "feature": feature_C,
        "ridge": ridge(own_PF, text_PD, category_I[target_P], n_categories, config.ridge),
    }


def _weigh(votes: CategoryVotes, log: Likes) -> NDArray[np.float64]:
    """Return the mixture weights under which each user's newest item is likeliest (expectation maximisation)."""
    from scipy.sparse import csr_matrix

    n_of_user = np.bincount(log.user, minlength=log.n_users)
    asked = np.flatnonzero((log.age == 0) & (n_of_user[log.user] >= 2) & (votes.category_I[log.item] > 0))
    asked = asked[: votes.config.max_users]
    even = np.full(len(VOTES), 1 / len(VOTES))
    if not len(asked):
        return even
    past = log.older(1)
    weight = recency(past.age, votes.config.recency_power)
    rows_UI = csr_matrix((weight, (past.user, past.item)), shape=(log.n_users, log.n_items))
    chances = []
    for start in range(0, len(asked), 2048):
        block = asked[start : start + 2048]
        shares = votes.shares(rows_UI[log.user[block]])
        target = votes.category_I[log.item[block]]
        chances.append(np.stack([vote_UC[np.arange(len(block)), target] for vote_UC in shares], axis=1))
    chance_PK = np.concatenate(chances).astype(np.float64) + 1e-9
    weights_K = even
    for _ in range(200):
        belief_PK = chance_PK * weights_K
        counted_K = (belief_PK / belief_PK.sum(axis=1, keepdims=True)).sum(axis=0) + votes.config.prior
        weights_K = counted_K / counted_K.sum()
    return weights_K


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    unit: NDArray[np.float32] = rows * np.divide(1, length, out=np.zeros_like(length), where=length > 1e-9)[:, None]
    return unit


def _sum_to_one(vote_UC: NDArray[np.float32]) -> NDArray[np.float32]:
    total = vote_UC.sum(axis=1, keepdims=True)
    shares: NDArray[np.float32] = vote_UC * np.divide(1, total, out=np.zeros_like(total), where=total > 0)
    return shares
