"""Every call ever made, in SQLite: what was asked, each attempt and its cost, what came of it, what is still open."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from .answer import Answer, schema_of
from .client import Call, LLMRole, Message, Reply, Usage
from .logfile import LogFile, packed, unpacked

AttemptKind = Literal["first", "retry", "repair"]

_COST = (
    "count(*), coalesce(sum(tokens_in), 0), coalesce(sum(tokens_cached), 0), coalesce(sum(tokens_out), 0), "
    "coalesce(sum(cost_usd), 0), coalesce(sum(seconds), 0)"
)
_AT_ONCE = 500
_NOTHING = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """What one role, or one subject of one role, has cost so far."""

    role: LLMRole
    subject: str = ""
    """'' where the row is about the whole role."""
    n_calls: int = 0
    n_answered: int = 0
    n_refused: int = 0
    n_failed: int = 0
    n_open: int = 0
    """Asked by a run that was killed before the answer came."""
    usage: Usage = _NOTHING


class CallLog:
    """Finds, and keeps, what was asked and what came; knows of `Answers.reply`.

    Any process and thread may read while one writes; each opens the file when it first needs it, so the log can be
    pickled. What is written is seen by others, and survives a kill of this process, after `commit`.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._file = LogFile(self.path)

    def __reduce__(self) -> tuple[type[CallLog], tuple[Path]]:
        return CallLog, (self.path,)

    def reply(self, key: str) -> Reply | None:
        """Return what came of the call with this key; None where it was never asked, or has no final reply."""
        row = self._file.db.execute(
            "SELECT status, answer, why FROM calls WHERE key = ? AND status IN ('answered', 'refused')", (key,)
        ).fetchone()
        if row is None:
            return None
        usage = self._file.db.execute(f"SELECT {_COST} FROM attempts WHERE key = ?", (key,)).fetchone()
        return Reply(key=key, status=row[0], text=row[1], why=row[2], usage=_usage(usage))

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Return the keys without a final reply, in their order."""
        wanted = list(keys)
        there: set[str] = set()
        for at in range(0, len(wanted), _AT_ONCE):
            part = wanted[at : at + _AT_ONCE]
            marks = ",".join("?" * len(part))
            final = f"SELECT key FROM calls WHERE status IN ('answered', 'refused') AND key IN ({marks})"
            there.update(key for (key,) in self._file.db.execute(final, part))
        return [key for key in wanted if key not in there]

    def all_keys(self) -> list[str]:
        """Return the keys of all calls, sorted."""
        return [key for (key,) in self._file.db.execute("SELECT key FROM calls ORDER BY key")]

    def keys_of(self, subjects: Iterable[str]) -> list[str]:
        """Return the keys of all calls about these subjects, in the order in which they were asked."""
        select = "SELECT key FROM calls WHERE subject = ? ORDER BY asked, key"
        return [key for subject in subjects for (key,) in self._file.db.execute(select, (subject,))]

    def fingerprint(self, roles: Sequence[LLMRole] = ()) -> str:
        """Return a hash over all final replies of these roles, or of every role: names what is built from them."""
        chosen = f"AND role IN ({','.join('?' * len(roles))})" if roles else ""
        final = f"SELECT key, status, answer FROM calls WHERE status IN ('answered', 'refused') {chosen} ORDER BY key"
        digest = hashlib.blake2b(digest_size=16)
        for row in self._file.db.execute(final, tuple(roles)):
            digest.update("\x1f".join(row).encode() + b"\x1e")
        return digest.hexdigest()

    def messages(self, key: str) -> tuple[Message, ...]:
        """Return what the model was shown; () where the key was never asked."""
        select = "SELECT text, messages FROM calls JOIN texts ON texts.hash = calls.fixed WHERE key = ?"
        row = self._file.db.execute(select, (key,)).fetchone()
        if row is None:
            return ()
        return Message("system", unpacked(row[0])), *(Message(*turn) for turn in json.loads(unpacked(row[1])))

    def totals(self) -> Usage:
        """Return what all attempts in the log have cost together."""
        return _usage(self._file.db.execute(f"SELECT {_COST} FROM attempts").fetchone())

    def ledger(self, by: Literal["role", "subject"] = "role") -> Iterator[LedgerRow]:
        """Yield what each role has cost, or each subject (a user, an item, a pair) of each role."""
        subject = "subject" if by == "subject" else "''"
        tallies = ", ".join(f"sum(status = '{status}')" for status in ("answered", "refused", "failed", "open"))
        cost = _COST.replace("count(*)", "coalesce(sum(n), 0)")
        select = f"""
            SELECT role, {subject} AS subject, count(*), {tallies}, {cost} FROM calls LEFT JOIN (
                SELECT key, count(*) AS n, sum(tokens_in) AS tokens_in, sum(tokens_cached) AS tokens_cached,
                sum(tokens_out) AS tokens_out, sum(cost_usd) AS cost_usd, sum(seconds) AS seconds
                FROM attempts GROUP BY key) USING (key)
            GROUP BY 1, 2 ORDER BY 1, 2"""
        for role, about, n, answered, refused, failed, n_open, *usage in self._file.db.execute(select):
            yield LedgerRow(
                role=role,
                subject=about,
                n_calls=n,
                n_answered=answered,
                n_refused=refused,
                n_failed=failed,
                n_open=n_open,
                usage=_usage(usage),
            )

    @property
    def open_calls(self) -> list[str]:
        """Keys of calls that were sent and have neither reply nor failure: their run was killed."""
        return [key for (key,) in self._file.db.execute("SELECT key FROM calls WHERE status = 'open' ORDER BY key")]

    @property
    def n_lost(self) -> int:
        """How many attempts were sent and never ended here: what the server spent on them nobody knows."""
        found: tuple[int] = self._file.db.execute("SELECT count(*) FROM attempts WHERE ended IS NULL").fetchone()
        return found[0]

    def begin(self, call: Call, kind: AttemptKind) -> int:
        """Note that an attempt is about to be sent; return its number."""
        now = time.time()
        if kind == "first":
            self._open(call, now)
        insert = "INSERT INTO attempts (key, kind, started) VALUES (?, ?, ?)"
        number = self._file.write(insert, (call.key, kind, now)).lastrowid
        assert number is not None
        return number

    def end(self, number: int, *, http_status: int | None, usage: Usage, text: str, error: str = "") -> None:
        """Note what came of an attempt; `text` as it came, `error` where it was of no use."""
        self._file.write(
            "UPDATE attempts SET ended = ?, http_status = ?, tokens_in = ?, tokens_cached = ?, tokens_out = ?, "
            "cost_usd = ?, seconds = ?, text = ?, error = ? WHERE id = ?",
            (
                time.time(), http_status, usage.tokens_in, usage.tokens_cached, usage.tokens_out, usage.cost_usd,
                usage.seconds, packed(text) if text else None, error[:500], number,
            ),
        )  # fmt: skip

    def unsent(self, number: int) -> None:
        """Take back an attempt that never reached the far end."""
        self._file.write("DELETE FROM attempts WHERE id = ?", (number,))

    def finish(self, call: Call, reply: Reply) -> None:
        """Note what came of a call."""
        if not reply.usage.n_attempts:
            self._open(call, time.time())  # it was answered elsewhere, as in a batch file
        self._file.write(
            "UPDATE calls SET status = ?, answer = ?, why = ?, ended = ?, "
            "n_attempts = (SELECT count(*) FROM attempts WHERE attempts.key = calls.key) WHERE key = ?",
            (reply.status, reply.text, reply.why[:500], time.time(), call.key),
        )

    def commit(self) -> None:
        """Make what was written since the last commit last."""
        self._file.commit()

    def forget(self, subjects: Iterable[str]) -> int:
        """Delete all calls about these subjects, with their attempts, from every page; return how many there were."""
        n = 0
        for subject in subjects:
            self._file.write("DELETE FROM attempts WHERE key IN (SELECT key FROM calls WHERE subject = ?)", (subject,))
            n += self._file.write("DELETE FROM calls WHERE subject = ?", (subject,)).rowcount
        self.commit()
        self._file.forget_pages()
        return n

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        self._file.close()

    def _open(self, call: Call, now: float) -> None:
        first, *others = call.messages
        fixed, schema = self._file.text_key(first.content), self._file.text_key(_schema_text(call.returns))
        sampling = json.dumps({"max_tokens": call.max_tokens, "temperature": call.temperature})
        turns = packed(json.dumps([[turn.role, turn.content] for turn in others], ensure_ascii=False))
        self._file.write(
            "INSERT INTO calls (key, role, subject, model, prompt_id, prompt_version, prompt_hash, fixed, messages, "
            "schema_name, schema, sampling, status, asked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?) "
            "ON CONFLICT (key) DO UPDATE SET status = 'open', why = '', ended = NULL",
            (
                call.key, call.role, call.subject, call.model, call.prompt_id, call.prompt_version, call.prompt_hash,
                fixed, turns, call.returns.__name__, schema, sampling, now,
            ),
        )  # fmt: skip


@lru_cache(maxsize=64)
def _schema_text(returns: type[Answer]) -> str:
    return json.dumps(schema_of(returns), sort_keys=True)


def _usage(row: Sequence[float]) -> Usage:
    n, tokens_in, cached, out, cost, seconds = row
    return Usage(
        n_attempts=int(n),
        tokens_in=int(tokens_in),
        tokens_cached=int(cached),
        tokens_out=int(out),
        cost_usd=cost,
        seconds=seconds,
    )
