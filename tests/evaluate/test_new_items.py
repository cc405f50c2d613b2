"""New items: hidden ones leave no trace in what is learnt, questions stay, and both groups are measured."""

import io
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from rich.console import Console

from intentfeed.data.catalog import Catalog
from intentfeed.data.split import split
from intentfeed.errors import DataError
from intentfeed.evaluate.baselines.item_knn import ItemKnn
from intentfeed.evaluate.baselines.popularity import Popularity
from intentfeed.evaluate.baselines.text_knn import TextKnn
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.evaluate.new_items import NewItemsConfig, compare_new_items, hide_items
from intentfeed.evaluate.offline import EvalConfig

HIDING = NewItemsConfig(share=0.2)
QUICK = EvalConfig(draws=50, tune=False)


@pytest.fixture(scope="module")
def parts(checkerboard):
    catalog, events = checkerboard
    return catalog, {part: split(events, catalog, part=part) for part in ("valid", "test")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, checkerboard):
    catalog, events = checkerboard
    folder = tmp_path_factory.mktemp("board")
    events.select("user_id", "item_id", "action", "timestamp").write_parquet(folder / "interactions.parquet")
    catalog.frame.select("item_id", "title").write_parquet(folder / "items.parquet")
    return folder


def test_a_hidden_item_leaves_no_trace(parts):
    catalog, cut = parts
    test = cut["test"]
    found = hide_items(test, catalog, HIDING)
    ids = {catalog.item_ids[item] for item in found.items}
    assert len(ids) == 8
    assert not ids & set(found.split.fit["item_id"])
    assert not ids & set(found.split.known["item_id"])
    for history, events in zip(found.split.cases.histories, found.split.cases.events, strict=True):
        assert not set(history.tolist()) & set(found.items.tolist())
        assert (events.item == history).all()
        assert len(events.time_s) == len(events.query) == len(history)
    assert (found.split.cases.target == test.cases.target).all(), "questions are put as before"
    assert found.split.cases.users == test.cases.users
    assert (found.is_new == np.isin(test.cases.target, found.items)).all()
    assert found.split.split_hash != test.split_hash
    assert found.split.fit_hash != test.fit_hash


def test_items_may_be_hidden_from_what_is_learnt_alone(parts):
    catalog, cut = parts
    found = hide_items(cut["test"], catalog, HIDING.model_copy(update={"from_histories": False}))
    assert found.hash == hide_items(cut["test"], catalog, HIDING).hash
    assert found.split.cases is cut["test"].cases
    assert not {catalog.item_ids[item] for item in found.items} & set(found.split.fit["item_id"])


def test_the_groups_make_up_the_whole(parts):
    catalog, cut = parts
    found = hide_items(cut["test"], catalog, HIDING)
    new, others = (found.group(found.split, catalog, new=new) for new in (True, False))
    assert len(new.cases) + len(others.cases) == len(found.is_new)
    assert np.isin(new.cases.target, found.items).all()
    plain = found.group(found.whole, catalog, new=False)
    assert plain.cases.users == others.cases.users
    assert sum(map(len, plain.cases.histories)) > sum(map(len, others.cases.histories)), "hidden items are kept here"
    assert len({new.split_hash, others.split_hash, plain.split_hash, found.split.split_hash}) == 4


def test_the_draw_goes_by_ids_and_the_parts_never_share_an_item(parts, checkerboard):
    catalog, cut = parts
    backward = Catalog(catalog.frame.reverse())
    turned = split(checkerboard[1], backward, part="test")
    first, again = hide_items(cut["test"], catalog, HIDING), hide_items(turned, backward, HIDING)
    assert first.hash == again.hash
    assert first.split.split_hash == again.split.split_hash
    other = hide_items(cut["test"], catalog, HIDING.model_copy(update={"seed": 1}))
    assert other.hash != first.hash
    on_valid = hide_items(cut["valid"], catalog, NewItemsConfig(share=0.5))
    on_test = hide_items(cut["test"], catalog, NewItemsConfig(share=0.5))
    assert not set(on_valid.items.tolist()) & set(on_test.items.tolist())


def test_only_items_that_are_asked_for_often_enough(parts):
    catalog, cut = parts
    test = cut["test"]
    asked = np.bincount(test.cases.target, minlength=len(catalog))
    found = hide_items(test, catalog, NewItemsConfig(share=0.3, min_targets=2))
    assert (asked[found.items] >= 2).all()


def test_groups_without_a_question_are_refused(parts):
    catalog, cut = parts
    test, half = cut["test"], NewItemsConfig(share=0.5)
    is_new = hide_items(test, catalog, half).is_new
    for kept, sentence in ((is_new, "all questions ask"), (~is_new, "no question asks")):
        few = replace(test, cases=test.cases.take(np.flatnonzero(kept)))
        with pytest.raises(DataError, match=f"{sentence} for one of the 20 hidden items"):
            hide_items(few, catalog, half)


def test_both_groups_are_measured_and_the_cost_of_hiding_is_told(folder):
    """Text alone finds hidden squares; what goes by the log never does, and scores as well on the others."""
    dataset = read_dataset(folder)
    found = compare_new_items(
        [Popularity, TextKnn, ItemKnn],
        dataset,
        valid=dataset.cut("valid"),
        test=dataset.cut("test"),
        config=QUICK,
        hiding=HIDING,
    )
    new, others, plain = (
        {result.method: result for result in report.results}
        for report in (found.new, found.others, found.nothing_hidden)
    )
    assert new["item-knn"].mean("hr@10") == new["popularity"].mean("hr@10") == 0
    assert new["title-tfidf-knn"].mean("hr@10") > 0
    assert others["item-knn"].mean("hr@10") > 0.5
    assert len(new["item-knn"].values["hr@10"]) == int(found.hidden.is_new.sum())
    ratio = found.cost("hr@10")["item-knn"]
    expected = others["item-knn"].mean("hr@10") / plain["item-knn"].mean("hr@10")
    assert ratio["ratio"] == pytest.approx(expected, abs=1e-4)
    assert found.final
    told = found.to_json()
    assert told["hidden_items"] == 8
    assert told["hidden_hash"] == found.hidden.hash
    assert any("8 of 40 items hidden" in note for note in told["new"]["notes"])
    assert any("answers that were hidden" in note for note in told["new"]["notes"])
    assert told["new"]["split_hash"] != told["others"]["split_hash"]
    assert set(told["new"]["results"][0]["scores"]) >= {"hr@10", "ndcg@10"}
    assert "coverage@10" not in told["new"]["results"][0]["scores"], (
        "lists are cut by question, not measured as a whole"
    )


class Seeded(Popularity):
    """Popularity that says it has a seed."""

    name: ClassVar[str] = "seeded"
    config = QUICK

    def trials(self):
        return [self]

    def seeded(self, seed):
        del seed
        return Seeded()

    def fit_watched(self, interactions, catalog, watch, *, seconds):
        self.fit(interactions, catalog)


def test_of_a_group_the_spread_over_seeds_is_not_known_and_not_told_as_none(folder):
    """Of some of the questions only the mean over seeds is kept: "± 0.0000" would say that seeds made no difference."""
    dataset, config = read_dataset(folder), QUICK.model_copy(update={"seeds": (0, 1)})
    found = compare_new_items([Seeded], dataset, valid=dataset.cut("valid"), config=config, hiding=HIDING)
    out = io.StringIO()
    found.print(Console(file=out, width=110))
    assert "±" not in out.getvalue()
    assert out.getvalue().count("mean over 2 seeds: seeded") == 2
