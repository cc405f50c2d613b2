"""What the request path learns from the whole log, beyond what retrieval does: frozen until the next `--refit`."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..data.catalog import Catalog
from ..retrieval.encode import EncoderConfig, SvdEncoder
from ..retrieval.evidence import evidence
from ..retrieval.lexical import Lexical
from ..retrieval.neighbours import CLOSE, NEXT, ItemNeighbours, NeighboursConfig
from ..retrieval.space import Space, SpaceConfig
from ..types import Interactions, TextEncoder
from .config import FeedConfig, Source
from .sources import Sources
from .tune import EQUAL, Hidden, Tuned, hide_last, tune


@dataclass(frozen=True)
class FeedModel:
    """What comes next, what is popular, and how much each source counts."""

    following: ItemNeighbours
    words: Lexical
    popularity_I: NDArray[np.float32]
    weights: dict[Source, float]
    text_share: float

    @classmethod
    def fit(
        cls,
        catalog: Catalog,
        log: Interactions,
        encoder: TextEncoder,
        config: FeedConfig | None = None,
        *,
        neighbours: NeighboursConfig | None = None,
        space: SpaceConfig | None = None,
    ) -> FeedModel:
        """Return the model of a log; `neighbours` and `space` are the settings under which those are fitted."""
        config = config or FeedConfig()
        neighbours, space = neighbours or NeighboursConfig(), space or SpaceConfig()
        weights, text_share, following = dict(config.weights or EQUAL), space.text_share, NEXT
        words = Lexical.fit(catalog, encoder)
        hidden = hide_last(log, 0 if config.weights else config.tune_users)
        if hidden.targets:
            sources = _sources(catalog, hidden, encoder, config, neighbours, space, words)
            tuned, following = _best(sources, hidden, neighbours)
            weights, text_share = tuned.weights, tuned.text_share
        next_to = ItemNeighbours.fit(log, _like(following, neighbours))
        return cls(next_to, words, _popularity(log), weights, text_share)

    def save(self, folder: Path) -> None:
        """Write `feed.npz`, `feed.json`, the words, and the folder `following`."""
        self.following.save(folder / "following")
        self.words.save(folder)
        np.savez(folder / "feed.npz", popularity=self.popularity_I)
        (folder / "feed.json").write_text(json.dumps({"weights": self.weights, "text_share": self.text_share}))

    @classmethod
    def load(cls, folder: Path) -> FeedModel:
        """Read what `save` wrote."""
        meta = json.loads((folder / "feed.json").read_text())
        with np.load(folder / "feed.npz") as arrays:
            popularity = arrays["popularity"]
        following, words = ItemNeighbours.load(folder / "following"), Lexical.load(folder)
        return cls(following, words, popularity, meta["weights"], meta["text_share"])


def fit_all(
    catalog: Catalog,
    log: Interactions,
    config: FeedConfig | None = None,
    *,
    encoder: EncoderConfig | None = None,
    neighbours: NeighboursConfig | None = None,
    space: SpaceConfig | None = None,
) -> tuple[Space, ItemNeighbours, FeedModel]:
    """Return all that the request path needs, from a catalogue and a log alone."""
    text = SvdEncoder.fit(catalog, encoder)
    model = FeedModel.fit(catalog, log, text, config, neighbours=neighbours, space=space)
    return Space.fit(catalog, log, text, space), ItemNeighbours.fit(log, neighbours), model


def _sources(
    catalog: Catalog,
    hidden: Hidden,
    encoder: TextEncoder,
    config: FeedConfig,
    neighbours: NeighboursConfig,
    space: SpaceConfig,
    words: Lexical,
) -> Sources:
    """Return the sources as they would be, had the hidden items not been taken up."""
    return Sources(
        space=Space.fit(catalog, hidden.log, encoder, space),
        neighbours=ItemNeighbours.fit(hidden.log, neighbours),
        following=ItemNeighbours.fit(hidden.log, _like(NEXT, neighbours)),
        words=words,
        popularity_I=_popularity(hidden.log),
        config=config,
    )


def _best(sources: Sources, hidden: Hidden, neighbours: NeighboursConfig) -> tuple[Tuned, NeighboursConfig]:
    """Return the best of the tunings under each reading of what comes next, and that reading; the first of equals."""
    tried = [(tune(sources, hidden), NEXT)]
    close = ItemNeighbours.fit(hidden.log, _like(CLOSE, neighbours))
    tried.append((tune(replace(sources, following=close), hidden), CLOSE))
    return max(tried, key=lambda pair: pair[0].utility)


def _like(following: NeighboursConfig, neighbours: NeighboursConfig) -> NeighboursConfig:
    """Return the reading with what the user has set for all neighbours."""
    return following.model_copy(update={"top": neighbours.top, "evidence": neighbours.evidence})


def _popularity(log: Interactions) -> NDArray[np.float32]:
    return np.log1p(np.bincount(evidence(log).item, minlength=log.n_items)).astype(np.float32)
