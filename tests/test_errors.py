"""A failure says the same wherever it is caught, in this process or in the one that asked for the work."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from intentfeed import errors
from intentfeed.errors import AnswerError, AnswersAwaited, IntentfeedError

RAISED: list[IntentfeedError] = [
    AnswerError("no JSON", answer="well, …", repair="answer with JSON"),
    AnswersAwaited("two files wait", files=(Path("a.jsonl"), Path("b.jsonl"))),
    *(kind("why") for kind in (errors.DataError, errors.ConfigError, errors.BudgetError, errors.EndpointError)),
]


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_a_worker_can_hand_it_over(error: IntentfeedError) -> None:
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert vars(found) == vars(error)


def test_every_kind_is_tried_here() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, IntentfeedError)}
    assert {type(error) for error in RAISED} == kinds - {IntentfeedError}
