"""A shop and its people whose truth is known: a three-year log, the catalogue, and, apart from them, why it happened.

What may be recovered is what the log shows: an interest is in `truth/interests.parquet` only if it left at least
MIN_EVENTS reliable events on MIN_DAYS days, the first and the last MIN_SPREAD_DAYS apart. The others are in
`truth/latent.parquet` alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from ..errors import ConfigError
from ..types import ACTIONS, Settings
from .catalogue import Catalogue, build_catalogue
from .causes import visits_of
from .chinese import CHINESE
from .english import ENGLISH
from .events import DAY_S, Events, events_of
from .interests import draw_interests
from .people import draw_people
from .seasons import context_frame, draw_trends, intensity
from .shelves import arrange
from .shop import SEASONS, choose_leaves
from .truth import behaviour_frame, latent_frame, looked_up, people_frame
from .visits import Setting

FORMAT = 7
"""Changes whenever the same config gives another world, so that no cache serves an old one."""
CHUNK_USERS = 2_000
LANGUAGES = {"en": ENGLISH, "zh": CHINESE}


class WorldConfig(Settings):
    """How large a world is; the same config is always the same world."""

    seed: int = Field(default=0, ge=0)
    """Another seed is another shop with other brands, people and habits."""
    n_users: int = Field(default=600, ge=1)
    """People with at least one event, but for rare cases."""
    n_items: int = Field(default=8_400, ge=600)
    """Items on sale at any time of the log."""
    min_leaves: int = Field(default=420, ge=1)
    """The shop carries at least this many leaf categories, if the vocabulary has them."""
    days: int = Field(default=1096, ge=120)
    """Length of the log."""
    holdout_days: int = Field(default=14, ge=0)
    """Days after the log whose events are kept apart as the future."""
    start: date = date(2022, 3, 1)
    """First day of the log."""
    events_per_user: float = Field(default=2_100.0, gt=0)
    """Mean events of an ordinary person over the whole log."""
    heavy_users: int = Field(default=6, ge=0)
    """People with more than `heavy_events` events; at most one in eighty."""
    heavy_events: int = Field(default=30_000, ge=0)
    """What the heaviest have at least."""
    language: Literal["en", "zh"] = "en"
    """Language of the catalogue, the queries and the people; the Chinese shop is smaller: about 200 leaves."""


@dataclass(frozen=True, slots=True)
class World:
    """A world on disk."""

    folder: Path

    @property
    def events(self) -> Path:
        """The log, ordered by time: user_id, item_id, action, timestamp, query, value, session_id."""
        return self.folder / "events.parquet"

    @property
    def items(self) -> Path:
        """The catalogue; columns beyond the contract's are attributes."""
        return self.folder / "items.parquet"

    @property
    def users(self) -> Path:
        """The people's attributes."""
        return self.folder / "users.parquet"

    @property
    def context(self) -> Path:
        """Seasons, holidays, weather and trends by date."""
        return self.folder / "context.parquet"

    def truth(self, table: Literal["interests", "latent", "behaviour", "future", "people"]) -> pl.DataFrame:
        """Return a table of what only the world knows."""
        return pl.read_parquet(self.folder / "truth" / f"{table}.parquet")


def known_language(name: str) -> Literal["en", "zh"]:
    """Return a language that a world can have.

    Raises:
        ConfigError: it has no vocabulary.
    """
    if name not in ("en", "zh"):
        raise ConfigError(f"there is no sample world in {name!r}: choose en or zh")
    return "zh" if name == "zh" else "en"


def ensure_world(config: WorldConfig, cache_dir: Path) -> World:
    """Return the world of `config`, generating it on first use; a crash leaves nothing half-written."""
    text = f"{FORMAT} {config.model_dump_json()}"
    folder = cache_dir / f"world-{config.seed}-{hashlib.blake2b(text.encode(), digest_size=6).hexdigest()}"
    if folder.exists():
        return World(folder)
    cache_dir.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        build_world(config, temporary)
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.exists():  # another process was first, and its world is the same one
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return World(folder)


def build_world(config: WorldConfig, folder: Path) -> World:
    """Return the world of `config`, written to `folder`; about ten seconds for the default one."""
    shop_rng, people_rng, visit_rng = (np.random.default_rng([config.seed, part]) for part in range(3))
    setting, context = _setting(config, shop_rng, people_rng)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    events = _collect(config, setting, visit_rng)
    world = World(folder)
    _save(setting.catalogue.frame.sort("item_id"), world.items)
    _save(setting.people.frame, world.users)
    _save(context, world.context)
    _write_log(config, setting, events, world)
    return world


def _setting(
    config: WorldConfig, shop_rng: np.random.Generator, people_rng: np.random.Generator
) -> tuple[Setting, pl.DataFrame]:
    """Return shop, people and calendar, and the context table."""
    total, language = config.days + config.holdout_days, LANGUAGES[config.language]
    leaves = choose_leaves(shop_rng, config.min_leaves, language.folder)
    catalogue = build_catalogue(
        shop_rng, leaves, n_items=config.n_items, start=config.start, days=total, language=language
    )
    shelves = arrange(shop_rng, leaves)
    trends = draw_trends(shop_rng, leaves, total)
    context = context_frame(shop_rng, start=config.start, days=total, leaves=leaves, trends=trends, language=language)
    people = draw_people(
        people_rng,
        config.n_users,
        total,
        events_per_user=config.events_per_user,
        n_heavy=min(config.heavy_users, config.n_users // 80),
        heavy_events=config.heavy_events,
        language=language,
    )
    season = np.array([SEASONS.index(leaf.season) for leaf in leaves], dtype=np.int8)
    setting = Setting(
        people=people,
        interests=draw_interests(people_rng, people, shelves, catalogue, days=total, seasons=season),
        shelves=shelves,
        catalogue=catalogue,
        trends=trends,
        intensity=intensity(config.start, total),
        leaf_season=season,
        leaf_seasonal=np.array([leaf.role == "seasonal" for leaf in leaves]),
        leaf_consumable=np.array([leaf.consumable for leaf in leaves]),
        leaf_needed=np.array([leaf.role == "necessity" and not leaf.consumable for leaf in leaves]),
        leaf_rebuy=np.array([leaf.rebuy for leaf in leaves]),
        first_day_of_year=config.start.timetuple().tm_yday,
        language=language,
    )
    return setting, context


def _collect(config: WorldConfig, setting: Setting, rng: np.random.Generator) -> Events:
    """Return everybody's events in order of time, made in chunks of users to bound memory."""
    chunks = []
    for lo in range(0, config.n_users, CHUNK_USERS):
        visits, groups = visits_of(rng, setting, lo, min(lo + CHUNK_USERS, config.n_users))
        chunks.append(events_of(rng, setting, visits, groups))
    events = Events(**{name: np.concatenate([getattr(c, name) for c in chunks]) for name in Events.__slots__})
    order = np.lexsort((np.arange(len(events)), events.user, events.time_s))
    kept = order[events.time_s[order] < (config.days + config.holdout_days) * DAY_S]
    return Events(**{name: getattr(events, name)[kept] for name in Events.__slots__})


def _write_log(config: WorldConfig, setting: Setting, events: Events, world: World) -> None:
    """Write the log, the future after it, and the truth about both."""
    truth = world.folder / "truth"
    n_log = int(np.searchsorted(events.time_s, config.days * DAY_S))
    log = _frame(config, setting, events)
    _save(log.head(n_log), world.events)
    _save(log.slice(n_log), truth / "future.parquet")
    past = Events(**{name: getattr(events, name)[:n_log] for name in Events.__slots__})
    _save(behaviour_frame(setting, past), truth / "behaviour.parquet")
    latent = latent_frame(setting, past, start=config.start, days=config.days)
    _save(latent.drop("event_ids"), truth / "latent.parquet")
    _save(latent.filter("shown").drop("shown"), truth / "interests.parquet")
    _save(people_frame(setting), truth / "people.parquet")


def _frame(config: WorldConfig, setting: Setting, events: Events) -> pl.DataFrame:
    """Return the events as the shop logged them."""
    start = int(datetime(config.start.year, config.start.month, config.start.day, tzinfo=UTC).timestamp())
    asked = [query for group in setting.language.gifts.values() for query in group]
    queries = pl.Series([*setting.catalogue.queries, *asked], dtype=pl.String)
    key = events.user * 10_000 + events.session
    number = np.unique(key, return_inverse=True)[1]
    return pl.DataFrame(
        {
            "user_id": setting.people.frame["user_id"].gather(events.user),
            "item_id": looked_up(setting.catalogue.frame["item_id"], events.item),
            "action": pl.Series(ACTIONS, dtype=pl.String).gather(events.action),
            "timestamp": pl.Series((events.time_s + start) * 1_000_000).cast(pl.Datetime("us", "UTC")),
            "query": looked_up(queries, events.query),
            "value": pl.Series(_values(setting.catalogue, events), dtype=pl.Float64, nan_to_null=True),
            "session_id": ("s" + pl.Series(number + 1).cast(pl.String)),
        }
    )


def _values(catalogue: Catalogue, events: Events) -> NDArray[np.float64]:
    """Return the price paid for purchases, NaN for the rest."""
    price = catalogue.frame["price"].to_numpy()
    bought = events.action == ACTIONS.index("purchase")
    return np.where(bought, price[np.maximum(events.item, 0)], np.nan)


def _save(frame: pl.DataFrame, path: Path) -> None:
    """Write a table; the same rows give the same bytes."""
    frame.write_parquet(path, compression="zstd", compression_level=1)
