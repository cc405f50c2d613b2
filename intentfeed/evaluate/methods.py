"""Who sits at the table: the baselines and ours, by the names that are printed.

`NAME:ACTION` is a baseline on the events of one action, `embedding-knn=ENCODER` the one with an encoder of the user's.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

import polars as pl

from ..config import Config
from ..data.split import How, SplitConfig
from ..errors import ConfigError
from ..types import ACTION_CODE, ACTIONS, Action
from .baselines.als import Als
from .baselines.bert4rec import Bert4Rec
from .baselines.bm25 import Bm25
from .baselines.ease import Ease
from .baselines.embedding_knn import EmbeddingKnn, EmbeddingKnnConfig
from .baselines.item_bm25 import ItemBm25
from .baselines.item_knn import ItemKnn
from .baselines.one_action import of_action
from .baselines.own_history import OwnHistory
from .baselines.popularity import Popularity
from .baselines.recent_popularity import RecentPopularity
from .baselines.sasrec import SasRec
from .baselines.text_knn import TextKnn
from .dataset import Dataset
from .offline import Method
from .ours import Ours, OursCore, OurSlates
from .recommender import Recommender

BASELINES: dict[str, Callable[[], Recommender]] = {
    Popularity.name: Popularity,
    RecentPopularity.name: RecentPopularity,
    OwnHistory.name: OwnHistory,
    TextKnn.name: TextKnn,
    Bm25.name: Bm25,
    EmbeddingKnn.name: EmbeddingKnn,
    ItemKnn.name: ItemKnn,
    ItemBm25.name: ItemBm25,
    Ease.name: Ease,
    Als.name: Als,
    SasRec.name: SasRec,
    Bert4Rec.name: Bert4Rec,
}
"""In the order of the table."""
FROM_TITLES = (TextKnn.name, Bm25.name, EmbeddingKnn.name)
"""Those that learn nothing from the log: on one action they would only know less of a history."""


def methods(
    dataset: Dataset, names: Sequence[str] = (), *, how: How | None = None, exclude_seen: bool | None = None
) -> list[Method]:
    """Return the methods of these names, or all, in the order of the table.

    All of a log of several actions are also each baseline that learns from it on the action that is asked for. `how`
    and `exclude_seen` are as in `Dataset.cut`: what is learnt for one kind of question serves another one badly.

    Raises:
        ConfigError: a name is unknown; the nearest is named.
    """
    config = _as_asked(dataset, exclude_seen)
    ours: dict[str, Method] = {
        OursCore.name: lambda: OursCore(config),
        Ours.name: lambda: Ours(config),
        OurSlates.name: lambda: OurSlates(dataset),
    }
    known, action = [*BASELINES, *ours], asked_action(dataset, how)
    narrow = [f"{name}:{action}" for name in BASELINES if action and name not in FROM_TITLES]
    made = {name: ours.get(name) or _baseline(name, known) for name in names or [*known, *narrow]}

    def place(name: str) -> tuple[bool, bool, int]:
        base, _, narrowed = _parts(name)
        return base in ours, narrowed is not None, known.index(base)

    return [made[name] for name in sorted(made, key=place)]


def _as_asked(dataset: Dataset, exclude_seen: bool | None) -> Config:
    """Return the settings of ours: whether what was seen may come again is the data set's to say, or the sitting's."""
    config = dataset.config
    exclude_seen = dataset.protocol.split.exclude_seen if exclude_seen is None else exclude_seen
    return config.model_copy(update={"feed": config.feed.model_copy(update={"exclude_seen": exclude_seen})})


def asked_action(dataset: Dataset, how: How | None = None) -> Action | None:
    """Return the action that is asked for, where the log has several and the questions are all of one of them."""
    log = dataset.events.filter(pl.col("action").is_in(SplitConfig().actions))
    if "split" in log.columns and (how or dataset.protocol.how) == "given":
        asked = log.filter(pl.col("split") == "test")["action"].unique().to_list()
    else:
        asked = list(dataset.protocol.split.targets)
    return asked[0] if len(asked) == 1 and log["action"].n_unique() > 1 else None


def _baseline(text: str, known: Sequence[str]) -> Method:
    """Return what makes the baseline of a name, as it may be typed."""
    name, encoder, action = _parts(text)
    if name not in BASELINES or (encoder is not None and name != EmbeddingKnn.name):
        near = difflib.get_close_matches(text, list(known), n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise ConfigError(f"there is no method {text!r}: {hint}")

    def make() -> Recommender:
        base = BASELINES[name]() if encoder is None else EmbeddingKnn(EmbeddingKnnConfig(encoder=encoder))
        return of_action(base, action) if action else base

    return make


def _parts(text: str) -> tuple[str, str | None, Action | None]:
    """Return the baseline's name, the encoder after `=` and the action after the last `:`, where there are any."""
    head, colon, tail = text.rpartition(":")
    action = ACTIONS[ACTION_CODE[tail]] if colon and tail in ACTION_CODE else None
    name, equals, encoder = (head if action else text).partition("=")
    return name, encoder if equals else None, action
