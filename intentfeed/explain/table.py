"""The explanation table of RecGPT-V1, 8.7: a checked sentence for each interest and item, looked up when shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from zlib import crc32

import polars as pl
import pyarrow as pa

from ..data.catalog import Catalog
from ..data.schema import EXPLANATIONS
from ..types import NO_REASON, Claim, Context, History, Interest, Reason
from .check import Verifier
from .config import ExplainConfig
from .explainer import Explainer, season_of
from .rules import Violation
from .together import Companions


@dataclass(frozen=True)
class Written:
    """What was written for the pairs, and what the check refused with its rule."""

    rows: pl.DataFrame
    refused: tuple[tuple[Reason, tuple[Violation, ...]], ...]


def build_table(
    pairs: pl.DataFrame,
    explainer: Explainer,
    context: Context,
    *,
    config: ExplainConfig | None = None,
    fallback: Explainer | None = None,
) -> pl.DataFrame:
    """Return the table with the columns of schema.EXPLANATIONS: verified rows only, sorted by key and item.

    A row depends on its own pair and day alone, so a part of the table equals that part of the whole.
    """
    return write_table(pairs, explainer, context, config=config, fallback=fallback).rows


def write_table(
    pairs: pl.DataFrame,
    explainer: Explainer,
    context: Context,
    *,
    config: ExplainConfig | None = None,
    fallback: Explainer | None = None,
) -> Written:
    """Return the table and what was refused; `fallback` writes where the explainer's sentence is refused.

    A pair for which a language model wrote keeps that one sentence; one that frames explain has several.
    """
    config = config or ExplainConfig()
    catalog, verifier = explainer.catalog, Verifier(explainer.catalog, rule=config.length, facts=config.facts)
    season = season_of(context.as_of, southern=config.southern)
    n = {alone: config.n_variants(len(catalog), alone=alone) for alone in (True, False)}
    written: list[tuple[str, int, Reason]] = []
    refused: list[tuple[Reason, tuple[Violation, ...]]] = []
    wanted = pairs.select("interest_key", "interest_name", "item").iter_rows()
    done: tuple[str, int] | None = None
    for key, name, item, variant in ((*pair, variant) for pair in wanted for variant in range(n[not pair[0]])):
        if done == (key, item):
            continue
        for writer, draw in _draws(explainer, fallback):
            reason = writer.explain(key, name, item, context, variant=variant + draw * n[not key])
            if reason.kind == "none":
                continue
            found = verifier.check(reason, item, interest_name=name if key else None, season=season)
            if not found:
                written.append((key, item, reason))
                done = (key, item) if reason.backend == "llm" else None
                break
            refused.append((reason, tuple(found)))
    expires = context.as_of + timedelta(days=config.expires_days)
    return Written(_rows(written, catalog, season, expires), tuple(refused))


def _draws(explainer: Explainer, fallback: Explainer | None) -> list[tuple[Explainer, int]]:
    """Return who writes and how often: a grounded sentence that is refused, as after a change of price, is redrawn."""
    writers = [explainer] if fallback is None else [explainer, fallback]
    return [(writer, draw) for writer in writers for draw in range(3 if writer.backend == "grounded" else 1)]


def _rows(written: Sequence[tuple[str, int, Reason]], catalog: Catalog, season: str, expires: date) -> pl.DataFrame:
    reasons = [reason for _, _, reason in written]
    n = len(written)
    rows = pl.DataFrame(
        {
            "interest_key": pl.Series([key for key, _, _ in written], dtype=pl.String),
            "item_id": pl.Series([catalog.item_ids[item] for _, item, _ in written], dtype=pl.String),
            "text": pl.Series([reason.text for reason in reasons], dtype=pl.String),
            "kind": pl.Series([reason.kind for reason in reasons], dtype=pl.String),
            "frame": pl.Series([reason.frame for reason in reasons], dtype=pl.String),
            "claims": _claims_column([reason.claims for reason in reasons]),
            "season": pl.Series([season] * n, dtype=pl.String),
            "expires": pl.Series([expires] * n, dtype=pl.Date),
            "backend": pl.Series([reason.backend for reason in reasons], dtype=pl.String),
        },
        schema=EXPLANATIONS,
    )
    return in_order([rows])


def in_order(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of tables that share no pair as one table: by key and item, then as they stood."""
    return pl.concat(parts).sort("interest_key", "item_id", maintain_order=True)


def _claims_column(claims: Sequence[tuple[Claim, ...]]) -> pl.Series:
    """Return a column of lists of structs, put together from flat columns, which is the quick way in."""
    flat = [claim for each in claims for claim in each]
    fields = {
        "kind": pa.array([claim.kind for claim in flat], pa.large_string()),
        "text": pa.array([claim.text for claim in flat], pa.large_string()),
        "item_field": pa.array([claim.item_field for claim in flat], pa.large_string()),
        "value": pa.array([claim.value for claim in flat], pa.large_string()),
        "event_ids": pa.array([claim.event_ids for claim in flat], pa.large_list(pa.int64())),
    }
    offsets = pa.array([0, *accumulate(len(each) for each in claims)], pa.int64())
    structs = pa.StructArray.from_arrays(list(fields.values()), names=list(fields))
    column = pl.from_arrow(pa.LargeListArray.from_arrays(offsets, structs))
    assert isinstance(column, pl.Series)
    return column


class ExplanationTable:
    """Looks a reason up for an item shown to a person, and counts what it found.

    A pair may have several sentences, of which a person always reads the same one; rows that a later writing of the
    pair outlived do not count.
    """

    def __init__(
        self,
        frame: pl.DataFrame,
        *,
        southern: bool = False,
        max_evidence: int = 5,
        companions: Companions | None = None,
    ) -> None:
        newest = pl.col("expires") == pl.col("expires").max().over("interest_key", "item_id")
        frame = frame.filter(newest)  # a pair that was explained again
        self._southern, self._max_evidence, self._companions = southern, max_evidence, companions
        self._columns = {name: frame[name].to_list() for name in EXPLANATIONS if name != "claims"}
        self._claims = frame["claims"]
        self._rows: dict[tuple[str, str], list[int]] = {}
        for row, key in enumerate(zip(self._columns["interest_key"], self._columns["item_id"], strict=True)):
            self._rows.setdefault(key, []).append(row)
        self._reasons: dict[int, Reason] = {}
        self.hits: Counter[str] = Counter()
        """Slots by what was found: `interest`, `item`, `event` or `none`."""

    def __len__(self) -> int:
        return len(self._columns["text"])

    def attach(
        self,
        user_interests: Sequence[Interest],
        item_id: str,
        tag_interest_key: str | None,
        as_of: date,
        *,
        support: Mapping[str, int] | None = None,
        history: History | None = None,
    ) -> Reason:
        """Return why this person sees the item; NO_REASON where nothing true is at hand.

        Of several interests that lead to the item the one with most supporting tags speaks (U28), `support` counting
        them by interest key; then the one whose tag brought the item, then the surest. On a miss the item speaks
        for itself, and where the catalogue says nothing of it, `history` may (ours): others chose it with
        something this person had. A row past its day, or of another season, is a miss.
        """
        user_id = history.user_id if history is not None else next((it.user_id for it in user_interests), "")
        reason = self._of_interest(user_interests, item_id, tag_interest_key, as_of, support or {})
        if reason is None:
            row = self._find("", item_id, as_of, user_id)
            reason = self._reason(row) if row is not None else None
        if reason is None and history is not None and self._companions is not None:
            reason = self._companions.explain(history, item_id)
        reason = reason or NO_REASON
        self.hits["event" if any(claim.kind == "event" for claim in reason.claims) else reason.kind] += 1
        return reason

    def _of_interest(
        self,
        interests: Sequence[Interest],
        item_id: str,
        tag_interest_key: str | None,
        as_of: date,
        support: Mapping[str, int],
    ) -> Reason | None:
        found = [
            (-support.get(it.key, 0), it.key != tag_interest_key, -it.confidence, it.key, row, it)
            for it in interests
            if it.status == "kept" and (row := self._find(it.key, item_id, as_of, it.user_id)) is not None
        ]
        for *_, row, interest in sorted(found, key=lambda match: match[:4]):
            reason = self._reason(row)
            if all(_names(claim, interest) for claim in reason.claims if claim.kind == "interest"):
                return self._with_evidence(reason, interest)
        return None

    def _find(self, key: str, item_id: str, as_of: date, user_id: str) -> int | None:
        """Return the row of a pair that this person reads, or None where there is none that still holds."""
        rows = [row for row in self._rows.get((key, item_id), ()) if self._holds(row, as_of)]
        return rows[crc32(f"{user_id}\t{item_id}".encode()) % len(rows)] if rows else None

    def _holds(self, row: int, as_of: date) -> bool:
        """Return whether a row is of this time: not expired, and of this season where it speaks of one."""
        if as_of >= self._columns["expires"][row]:
            return False
        if self._columns["season"][row] == season_of(as_of, southern=self._southern):
            return True
        return all(claim.kind != "season" for claim in self._reason(row).claims)

    def _reason(self, row: int) -> Reason:
        reason = self._reasons.get(row)
        if reason is None:
            at = {name: column[row] for name, column in self._columns.items()}
            reason = self._reasons[row] = Reason(
                text=at["text"],
                kind=at["kind"],
                interest_key=at["interest_key"] or None,
                claims=tuple(
                    Claim(**{**claim, "event_ids": tuple(claim["event_ids"])}) for claim in self._claims[row].to_list()
                ),
                frame=at["frame"],
                backend=at["backend"],
            )
        return reason

    def _with_evidence(self, reason: Reason, interest: Interest) -> Reason:
        """Return the reason with this person's own events behind the interest: the table knows none."""
        cited = interest.event_ids[-self._max_evidence :] if self._max_evidence else ()
        claims = (replace(it, event_ids=cited) if it.kind == "interest" else it for it in reason.claims)
        return replace(reason, claims=tuple(claims))


def _names(claim: Claim, interest: Interest) -> bool:
    return (claim.value or "").casefold() == interest.name.casefold()
