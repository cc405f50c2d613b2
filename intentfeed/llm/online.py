"""A question while a person waits: it is begun, waited for as long as there is time, and kept when it comes late.

The batch path asks many questions and has hours. Here there is one, and a second: connections stay open between
questions, equal questions under way are asked once, and what comes after its time still lands in the log, where
the next equal question finds it. Calls no model by itself; whoever asks brings the answer for when there is none.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Protocol

from ..errors import BudgetError, ConfigError, IntentfeedError
from .client import LLM, Answers, Call, Reply
from .config import LLMConfig
from .door import LOCAL
from .log import CallLog
from .online_endpoint import OnlineEndpoint
from .underway import UnderWay, done, tried


class OnlineLLM(Protocol):
    """Answers calls while somebody waits."""

    def begin(self, call: Call) -> Future[Reply]:
        """Return at once what will hold the reply; the log's, where the question was asked before. Raises nothing."""
        ...

    def close(self) -> None:
        """Let go of threads and connections; from then on only what the log knows is answered."""
        ...


def reply_within(begun: Future[Reply], call: Call, seconds: float) -> Reply:
    """Return the reply if it comes within the time, else a failed one that says why; the question goes on."""
    try:
        return begun.result(timeout=max(0.0, seconds))
    except CancelledError:
        why = "endpoint: closed before the answer came"
    except BudgetError as error:
        why = f"budget: {error}"
    except Exception as error:  # noqa: BLE001  whoever waits goes on without a model, whatever became of it
        late = isinstance(error, TimeoutError) and not begun.done()
        why = f"time: no answer within {max(0.0, seconds):.2f} s" if late else f"endpoint: {_named(error)}"
    return Reply(key=call.key, status="failed", why=why)


def open_online(config: LLMConfig, log: CallLog) -> OnlineLLM:
    """Return who answers while somebody waits; asks nobody yet, so that a service starts whatever the endpoint does.

    A folder of batch files answers from the log only: nobody waits for a file.

    Raises:
        ConfigError: no model is named, or an extra is not installed.
    """
    if not config.model:
        raise ConfigError(f"llm.endpoint is {config.endpoint}, but no model is named: give --model, or set llm.model")
    if config.endpoint.startswith(("http://", "https://")):
        return OnlineEndpoint(config, log)
    if config.endpoint.startswith(LOCAL):
        from .local import LocalLLM

        return OnlineDoor(LocalLLM(Path(config.endpoint.removeprefix(LOCAL)), config, log), log)
    return KeptAnswers(log)


class Doors:
    """The doors that are open: one for the same settings and log, however often a workspace is loaded anew, so that
    connections, weights and what is left of the budget last until they are closed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[tuple[str, Path], OnlineLLM] = {}

    def of(self, config: LLMConfig, log: CallLog) -> OnlineLLM:
        """Return the door of these settings and this log.

        Raises:
            ConfigError: as of `open_online`.
        """
        at = (config.model_dump_json(), log.path.resolve())
        with self._lock:
            if at not in self._open:
                self._open[at] = open_online(config, log)
            return self._open[at]

    def close(self) -> None:
        """Close them all; whoever asks for one afterwards gets a new one."""
        with self._lock:
            doors, self._open = list(self._open.values()), {}
        for door in doors:
            door.close()


class KeptAnswers:
    """Answers from the log of an earlier run, or of a folder of batch files, and nothing else."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def begin(self, call: Call) -> Future[Reply]:
        """Return the reply in the log, or a failed one that says there is none."""
        missing = Reply(key=call.key, status="failed", why="replay: this question is not in the log")
        return tried(lambda: done(self.answers.reply(call.key) or missing))

    def close(self) -> None:
        """Do nothing: there is nobody to let go of."""


class OnlineDoor:
    """Any `LLM` of one question at a time, as weights in this process, asked on a thread of its own."""

    def __init__(self, llm: LLM, answers: Answers, *, most: int = 8) -> None:
        self._llm = llm
        self._under_way = UnderWay(answers, most)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="llm")

    def begin(self, call: Call) -> Future[Reply]:
        """Return what will hold the reply."""
        return self._under_way.begin(call, lambda call: self._thread.submit(self._llm.complete, call))

    def settle(self, seconds: float) -> bool:
        """Wait for what is under way; return whether all of it has ended."""
        return self._under_way.settle(seconds)

    def close(self) -> None:
        """Let go of the thread; nobody is asked any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _named(error: Exception) -> str:
    """Return an error of ours in its own words, any other with its kind."""
    return str(error) if isinstance(error, IntentfeedError) else f"{type(error).__name__}: {error}"[:200]
