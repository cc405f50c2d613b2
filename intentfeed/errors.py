"""The failures that have names; each is also a standard exception, and each message says how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class IntentfeedError(Exception):
    """Anything that goes wrong on purpose; the command line prints it as one sentence and exits with 2."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Come from a worker as it was raised there, with whatever further fields its kind has."""
        return _as_raised, (type(self), self.args, vars(self))


def _as_raised(kind: type[IntentfeedError], args: tuple[Any, ...], fields: dict[str, Any]) -> IntentfeedError:
    error = kind.__new__(kind, *args)
    vars(error).update(fields)
    return error


class DataError(IntentfeedError, ValueError):
    """The input is wrong: a file, a column, a row, a workspace."""


class ConfigError(IntentfeedError, ValueError):
    """A setting is wrong, or an optional extra that it asks for is not installed."""


class AnswerError(IntentfeedError, ValueError):
    """A model said something unusable; carries the answer and the message that would set it right."""

    def __init__(self, message: str, *, answer: str, repair: str) -> None:
        super().__init__(message)
        self.answer = answer
        self.repair = repair


class BudgetError(IntentfeedError, RuntimeError):
    """Money, tokens or time ran out."""


class EndpointError(IntentfeedError, ConnectionError):
    """The far end failed."""


class AnswersAwaited(IntentfeedError):  # noqa: N818
    """No fault: the questions stand in batch files, and the run goes on once their answers lie beside them."""

    def __init__(self, message: str, *, files: tuple[Path, ...]) -> None:
        super().__init__(message)
        self.files = files
        """Request files whose answers are awaited, oldest first."""
