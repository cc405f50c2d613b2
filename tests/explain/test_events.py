"""A claim about an event is looked up in the log."""

from intentfeed.data.history import histories
from intentfeed.explain.events import lookup_of


def test_a_history_serves_as_lookup(checkerboard) -> None:  # type: ignore[no-untyped-def]
    catalog, events = checkerboard
    history = next(histories(events, catalog))
    find = lookup_of(history)
    event = find(int(history.event_id[0]))
    assert event is not None
    assert (event.user_id, event.action, event.item) == (history.user_id, "purchase", int(history.item[0]))
    assert find(10**9) is None
