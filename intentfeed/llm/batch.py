"""A language model behind a folder: questions go into files, the run stops, and goes on when answers lie there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import AnswerError, AnswersAwaited, ConfigError
from .answer import Answer
from .batchfile import ANSWERS, MAX_BYTES, MAX_LINES, REQUESTS, Inbox, Outbox, Round, id_of
from .budget import Budget, Hold, price_of, tokens_like
from .client import Call, Message, Reply, Usage
from .config import LLMConfig
from .log import AttemptKind, CallLog
from .turns import answer_of, json_of, salvaged, with_repair

_COMMIT_EVERY = 500
_NOTHING = Usage()


@dataclass(frozen=True, slots=True)
class Question:
    """What has to be sent for a call: the question itself, or its repair."""

    messages: tuple[Message, ...]
    custom_id: str
    temperature: float


class BatchLLM:
    """Answers from the answers files of a folder, and writes what is open into requests files, OpenAI Batch format.

    All of the state is in the folder and the log: which questions were sent, how often, and what came. Any `*.jsonl`
    beside the requests files is read as answers, in name order; of several answers to one question the first valid one
    counts. A line that failed or got lost is asked again twice; an answer that does not fit gets one repair.
    No identifier of a person is in the files: an id there is the hash of the question.
    """

    def __init__(
        self,
        folder: Path,
        config: LLMConfig,
        log: CallLog,
        *,
        max_lines: int = MAX_LINES,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"llm.endpoint is {folder}, which is a file: name a folder for batch files, or a URL")
        self.folder, self.config, self.log = folder, config, log
        self.max_lines, self.max_bytes = max_lines, max_bytes

    def complete(self, call: Call) -> Reply:
        """Return what came of one call.

        Raises:
            AnswersAwaited: it stands in a batch file and has no answer yet.
        """
        (reply,) = self.complete_many([call])
        return reply

    def complete_many(self, calls: Iterable[Call]) -> Iterator[Reply]:
        """Yield what came of each call that is settled; write the open ones, then stop the run.

        Raises:
            AnswersAwaited: some calls stand in batch files, new or old, and have no answer yet.
            BudgetError: there is no budget to begin with.
        """
        Budget(self.config.budget).check()
        return self._replies(calls)

    def _replies(self, calls: Iterable[Call]) -> Iterator[Reply]:
        inbox = Inbox(self.folder, self.config.price)
        limits = {"max_lines": self.max_lines, "max_bytes": self.max_bytes}
        try:
            with Outbox(self.folder, inbox.quirks, **limits) as outbox:
                wave = _Wave(self.config, self.log, outbox)
                for number, call in enumerate(calls, 1):
                    reply = self.log.reply(call.key) or self._settled(call, inbox, wave)
                    if number % _COMMIT_EVERY == 0:
                        self.log.commit()
                    if reply is not None:
                        yield reply
        finally:
            self.log.commit()
        if outbox.files or wave.n_awaited:
            raise _awaited(self.folder, inbox, outbox, wave)

    def _settled(self, call: Call, inbox: Inbox, wave: _Wave) -> Reply | None:
        """Return what came of a call, after noting it in the log; None where its answer is awaited."""
        first, repair = inbox.round(call.key), inbox.round(call.key, repair=True)
        found = _outcome(call, first, repair)
        if isinstance(found, Question):
            found = wave.send(call, found)
        elif found is None:
            wave.wait(call)
        if found is None:
            return None
        if found.is_final:
            found = replace(found, usage=self._note(call, first, repair))
            wave.pay(found.usage)
        self.log.finish(call, found)
        return found

    def _note(self, call: Call, first: Round, repair: Round) -> Usage:
        """Put what a call took into the log; return what it cost. Done once, when the reply is final."""
        spent = _NOTHING
        kinds: tuple[tuple[AttemptKind, Round], ...] = (("first", first), ("repair", repair))
        for kind, each in ((kind, each) for kind, known in kinds for each in known.distinct):
            attempt = self.log.begin(call, ("retry" if kind == "first" else kind) if spent.n_attempts else "first")
            self.log.end(attempt, http_status=each.status, usage=each.usage, text=each.text, error=each.fault)
            spent += each.usage
        return spent


class _Wave:
    """Writes what the budget allows, beside what other files have under way already."""

    def __init__(self, config: LLMConfig, log: CallLog, outbox: Outbox) -> None:
        self.price = config.price
        self.budget = Budget(config.budget, spent=log.totals())
        self.outbox = outbox
        self.n_awaited = 0
        """Calls whose request stands in an older file."""
        self.n_later = 0
        """Calls for which the budget has no room while others are under way."""
        self._written: set[str] = set()

    def send(self, call: Call, question: Question) -> Reply | None:
        """Write a question, once; return a failed reply where the budget is used up, else None."""
        if question.custom_id in self._written:
            return None
        hold = self._worth(call, question.messages)
        if self.budget.fits(hold):
            self.budget.hold(hold)
            self.outbox.write(call, question.messages, question.custom_id, temperature=question.temperature)
            self._written.add(question.custom_id)
        elif self.budget.used_up:
            return Reply(key=call.key, status="failed", why=f"budget: {self.budget.used_up}")
        else:
            self.n_later += 1
        return None

    def pay(self, usage: Usage) -> None:
        """Count what an answer did cost."""
        self.budget.hold(Hold())
        self.budget.settle(Hold(), usage)

    def wait(self, call: Call) -> None:
        """Count a call that is under way, and what it may cost."""
        self.n_awaited += 1
        self.budget.hold(self._worth(call, call.messages))

    def _worth(self, call: Call, messages: tuple[Message, ...]) -> Hold:
        n_in = sum(tokens_like(message.content) for message in messages)
        usd = price_of(self.price, tokens_in=n_in, tokens_out=call.max_tokens)
        return Hold(n_in + call.max_tokens, usd)


def _outcome(call: Call, first: Round, repair: Round) -> Reply | Question | None:
    """Return the reply that the lines of a call make, or what is to be sent, or None while an answer is awaited.

    Depends on which lines are there, not on their order, unless several valid answers differ.
    """
    problems: list[AnswerError] = []
    for each in [*first.texts, *repair.texts]:
        try:
            return _answered(call, answer_of(call, each.text, cut=each.cut))
        except AnswerError as error:
            problems.append(error)
    texts = [each.text for each in (*repair.texts, *first.texts)]
    if first.texts:
        if not repair.texts:
            if repair.awaited:
                return None
            if not repair.over:
                return Question(
                    with_repair(call, problems[0]), id_of(call.key, repair=True, number=repair.n_sent + 1), 0.0
                )
        if (whole := salvaged(call, texts)) is not None:
            return _answered(call, whole)
        return Reply(key=call.key, status="refused", why=f"answer: {problems[-1]}")
    if first.awaited:
        return None
    if not first.over:
        return Question(call.messages, id_of(call.key, repair=False, number=first.n_sent + 1), call.temperature)
    filtered = first.over.startswith("filtered:")
    return Reply(key=call.key, status="refused" if filtered else "failed", why=first.over)


def _answered(call: Call, answer: Answer) -> Reply:
    return Reply(key=call.key, status="answered", text=json_of(answer))


def _awaited(folder: Path, inbox: Inbox, outbox: Outbox, wave: _Wave) -> AnswersAwaited:
    """Return the sentence that says what to do now."""
    old = inbox.awaited if wave.n_awaited else ()
    said = []
    if outbox.files:
        said.append(f"wrote {_many(outbox.n_written, 'request')} to {_names(folder, outbox.files)}")
    if old:
        said.append(f"{_many(wave.n_awaited, 'request')} of {_names(folder, old)} not answered yet")
    if wave.n_later:
        said.append(f"{wave.n_later:,} more wait until the budget has room")
    if told := inbox.said():
        said.append(told)
    name = (*old, *outbox.files)[0].name.removesuffix(REQUESTS) + ANSWERS
    return AnswersAwaited(
        f"{'; '.join(said)}: have them answered, put the answers beside them (as {name} and so on), and run the same "
        "command again",
        files=(*old, *outbox.files),
    )


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _names(folder: Path, files: tuple[Path, ...] | list[Path]) -> str:
    shown = str(folder / files[0].name)
    return shown if len(files) == 1 else f"{shown} and {_many(len(files) - 1, 'file')} more"
