"""What a category makes of a price."""

from intentfeed.explain.facts import in_quarter


def test_ties_make_no_quarter() -> None:
    assert not in_quarter(5.0, [5.0] * 8, low=True)
    assert in_quarter(5.0, [5.0, 6.0, 7.0, 8.0], low=True)
    assert not in_quarter(4.0, [], low=False)
