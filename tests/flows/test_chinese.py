"""A Chinese world from log to reasons: as well understood as an English one, and answered in Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from intentfeed.batch import run
from intentfeed.config import load_config
from intentfeed.data.compress import CompressConfig, facts_table
from intentfeed.data.digest_parse import DigestFact, parse_digest
from intentfeed.data.script import is_spaceless
from intentfeed.data.store import Store
from intentfeed.evaluate.interests import interest_report
from intentfeed.explain.check import Verifier
from intentfeed.explain.explainer import season_of
from intentfeed.retrieval.encode import SvdEncoder
from intentfeed.service.pages.people import render_person
from intentfeed.simulate.world import World, WorldConfig, ensure_world
from intentfeed.workspace import Workspace, load

from ..conftest import run_world

SIZE = {"seed": 101, "n_users": 120, "n_items": 2_400, "events_per_user": 500.0, "heavy_users": 0}


@pytest.fixture(scope="module")
def chinese_world(common: Path) -> World:
    return ensure_world(WorldConfig.model_validate({**SIZE, "language": "zh"}), common / "worlds")


@pytest.fixture(scope="module")
def chinese(chinese_world: World, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("zh") / "ws"
    run_world(chinese_world, folder)
    return load(folder)


def table(ws: Workspace, name: str) -> pl.DataFrame:
    return ws.store.scan(name).collect()


def test_interests_are_found_nearly_as_well_as_in_english(common: Path) -> None:
    f1 = {
        language: interest_report(
            101, config=WorldConfig.model_validate({**SIZE, "language": language}), cache_dir=common / "worlds"
        )["grounded"].f1
        for language in ("en", "zh")
    }
    assert f1["en"] > 0.8
    assert f1["zh"] >= 0.8 * f1["en"], f1


def test_tags_are_chinese_phrases_of_real_categories(chinese: Workspace) -> None:
    tags = table(chinese, "tags")
    assert tags.group_by("user_id").len()["len"].mean() > 30
    known = set(chinese.models.catalog.categories) - {""}
    assert set(tags["category"]) <= known
    said = tags["tag"]
    assert said.map_elements(is_spaceless, return_dtype=pl.Boolean).all()
    assert not said.str.contains(r"[一-鿿] [一-鿿]").any()  # words of a phrase are not spaced
    assert said.str.len_chars().median() <= 8
    brands = set(chinese.models.catalog.frame["brand"]) - {""}
    assert not any(brand in tag for tag in said.unique() for brand in brands if len(brand) > 2)
    leaves = tags.select(leaf=pl.col("category").str.extract(r"([^>]+)$").str.strip_chars(), tag="tag")
    modified = leaves.filter(pl.col("tag") != pl.col("leaf")).height / leaves.height
    assert modified > 0.8  # a modifier and a core word, not the category's bare name


def test_digests_parse_back_to_every_fact(chinese: Workspace, chinese_world: World) -> None:
    store: Store = chinese.store
    as_of = chinese.context.as_of
    config = CompressConfig()
    events, items = store.scan("events").collect(), chinese.models.catalog.frame
    digests = table(chinese, "digests")
    expected = facts_table(events, items, config, as_of=as_of).explode("items")
    for user_id, text in digests.select("user_id", "text").iter_rows():
        mine = expected.filter(pl.col("user_id") == user_id).select("bucket", "action", "items")
        assert parse_digest(text) == {DigestFact(*row) for row in mine.iter_rows()}
    assert digests["tokens_after"].sum() < 0.3 * digests["tokens_before"].sum()


def test_short_texts_seldom_say_a_thing_twice(chinese: Workspace) -> None:
    catalog = chinese.models.catalog
    features = [row.get("feature") for row in catalog.attributes]
    texts = catalog.frame["short"].to_list()
    twice = [text.count(feature) > 1 for text, feature in zip(texts, features, strict=True) if feature]
    assert np.mean(twice) < 0.03


def test_everybody_has_a_slate_with_reasons_in_chinese(chinese: Workspace) -> None:
    slates = table(chinese, "slates")
    assert set(slates["user_id"]) == set(table(chinese, "digests")["user_id"])
    told = slates.filter(pl.col("reason") != "")
    assert told.height > 0.97 * slates.height
    assert (told["reason_kind"] == "interest").mean() > 0.5
    letters = told["reason"].str.replace_all(r"[^\p{L}\p{N}]", "").str.len_chars()
    assert letters.is_between(6, 10).all()
    assert told["frame"].str.starts_with("zh-").all()
    assert told["frame"].n_unique() >= 60
    assert told["frame"].value_counts()["count"].max() < 0.1 * told.height


def test_the_verifier_accepts_every_shown_reason(chinese: Workspace) -> None:
    catalog = chinese.models.catalog
    verifier, season = Verifier(catalog), season_of(chinese.context.as_of)
    n = 0
    for user_id in sorted(table(chinese, "slates")["user_id"].unique())[:25]:
        person = chinese.person(user_id)
        interests = {interest.key: interest for interest in person.interests if interest.status == "kept"}
        related = {tag.category for tag in person.tags}
        for shown in person.slate.items:
            if shown.reason.kind == "none":
                continue
            wrong = verifier.check(
                shown.reason,
                catalog.row_of[shown.item_id],
                interest=interests.get(shown.reason.interest_key or ""),
                season=season,
                related=related,
            )
            assert not wrong, (shown.title, shown.reason.text, wrong)
            n += 1
    assert n > 100


def test_a_query_finds_what_it_asks_for(chinese: Workspace) -> None:
    """Six wordings of every tenth item: the words alone lead to the item's own category."""
    catalog = chinese.models.catalog
    encoder = SvdEncoder.fit(catalog)
    rows = list(range(0, len(catalog), 10))
    features = [(row, catalog.attributes[row].get("feature") or "") for row in rows]
    leaf = [path.split(" > ")[-1] for path in catalog.frame["category"].to_list()]
    asked = [f"{feature}{leaf[row]}" for row, feature in features]
    scores = encoder.encode(asked) @ encoder.encode_items(catalog).T
    hit = [leaf[found] == leaf[row] for row, found in zip(rows, np.argmax(scores, axis=1).tolist(), strict=True)]
    assert np.mean(hit) > 0.9
    title = catalog.titles[7].replace(" ", "")
    assert int(np.argmax(encoder.encode([title]) @ encoder.encode_items(catalog).T)) == 7


def test_the_page_names_its_language(chinese: Workspace) -> None:
    user_id = table(chinese, "slates")["user_id"][0]
    page = render_person(chinese, chinese.person(user_id))
    assert '<html lang="zh">' in page


KEPT = ("item_id", "price", "user_id", "action", "timestamp", "value", "session_id")
"""Columns without words."""
LETTERS = {
    "thai": [one + two for one in "กขคงจชซดตทนบปพฟมยรลวสหอ" for two in ("า", "ี", "ู", "่", "้า", "ิน", "")],
    "kana": [one + two for one in "カキクケコサシスセソタチツテトナニヌネノ" for two in ("ー", "ン", "ッ", "ア", "")],
}


@pytest.mark.parametrize("script", sorted(LETTERS))
def test_any_script_without_blanks_goes_the_whole_way(script: str, common: Path, tmp_path: Path) -> None:
    """The Chinese log, each character written as a syllable of another script: what is meant stays the same."""
    size = {"seed": 7, "n_users": 25, "n_items": 700, "events_per_user": 150.0, "heavy_users": 0, "language": "zh"}
    world = ensure_world(WorldConfig.model_validate(size), common / "worlds")

    def written(text: str) -> str:
        return re.sub("[一-鿿]", lambda char: LETTERS[script][ord(char.group()) % len(LETTERS[script])], text)

    for source, columns in ((world.items, ("title", "category", "brand", "feature")), (world.events, ("query",))):
        frame = pl.read_parquet(source)
        texts = [pl.col(name).map_elements(written, return_dtype=pl.String) for name in columns]
        frame.select([name for name in frame.columns if name in (*columns, *KEPT)]).with_columns(texts).write_parquet(
            tmp_path / source.name
        )
    config = load_config(overrides=["run.workers=1", "run.n_partitions=2"])
    run(str(tmp_path / "events.parquet"), str(tmp_path / "items.parquet"), workspace=tmp_path / "ws", config=config)
    ws = load(tmp_path / "ws")
    assert (table(ws, "slates").group_by("user_id").len()["len"] == 10).all()
    tags, catalog = table(ws, "tags"), ws.models.catalog
    assert tags.group_by("user_id").len()["len"].mean() > 25
    assert set(tags["category"]) <= set(catalog.categories) - {""}
    for text in table(ws, "digests")["text"].to_list():
        parse_digest(text)
