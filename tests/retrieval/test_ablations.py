"""Each semantic loss leads tags somewhere, and β turns from the tag to the person (RecGPT-V1, 7.4, checks 3 and 4)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from intentfeed.retrieval.ablations import BETAS, VARIANTS, Asked, Row, ablations
from intentfeed.retrieval.fit_towers import FitConfig
from intentfeed.retrieval.held_out import HeldOut
from intentfeed.retrieval.paper_config import PaperConfig
from tests.retrieval.tastes import SHELVES, tastes

pytest.importorskip("torch")
CONFIG = PaperConfig(dims=16, field_dims=16, id_dims=8, hidden=(32,))


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, float], Row]:
    """Ask everybody with the tag of a shelf that is not theirs, so that the two pull apart."""
    world = tastes(60)
    held = HeldOut.of(world.data, most=60)
    strange = [next(shelf for shelf in range(4) if shelf not in likes) for likes in world.likes]
    codes = [world.data.catalog.categories.index(f"shop > {SHELVES[shelf]}") for shelf in strange]
    asked = Asked(tags=[SHELVES[shelf] for shelf in strange], category=np.array(codes, dtype=np.int32))
    found = ablations(held, asked, CONFIG, FitConfig(threads=1), epochs=10, k=10, seed=1)
    return {(row.variant, row.beta): row for row in found}


def test_there_is_a_row_for_each(rows: dict[tuple[str, float], Row]) -> None:
    assert list(rows) == [(variant, beta) for variant in VARIANTS for beta in BETAS]


def test_tags_lead_to_their_category_by_either_loss_and_not_without(rows: dict[tuple[str, float], Row]) -> None:
    at_tag = {variant: rows[variant, 0.0].on_category for variant in VARIANTS}
    assert at_tag["L_TAR"] > 0.9
    assert at_tag["without L_tag"] > 0.9
    assert at_tag["without L_cate"] > 0.7
    assert at_tag["without L_sem"] < 0.5  # chance: 0.25


def test_beta_turns_from_the_tag_to_the_person(rows: dict[tuple[str, float], Row]) -> None:
    share = [rows["L_TAR", beta].on_category for beta in BETAS]
    recall = [rows["L_TAR", beta].recall for beta in BETAS]
    assert all(early >= late - 0.02 for early, late in pairwise(share))
    assert share[-1] < 0.2  # nobody likes the shelf of their tag
    assert recall[0] == 0.0 < 0.3 < recall[-1]
