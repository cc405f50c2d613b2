"""Small catalogues keep more sentences for each pair, large ones few."""

import pytest

from intentfeed.explain.config import ExplainConfig


@pytest.mark.parametrize(
    ("n_items", "alone", "n"), [(1_000, True, 20), (8_000, True, 4), (10**6, True, 1), (1_000, False, 3)]
)
def test_variants_go_by_the_size_of_the_catalogue(n_items: int, alone: bool, n: int) -> None:
    assert ExplainConfig().n_variants(n_items, alone=alone) == n


def test_variants_may_be_set() -> None:
    config = ExplainConfig(variants=2, variants_alone=5)
    assert (config.n_variants(10**6, alone=False), config.n_variants(10**6, alone=True)) == (2, 5)
