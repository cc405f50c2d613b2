"""Interests by a language model that reads the digest: it names them and cites lines, code checks both (RecGPT-V1, 3).

The model is asked for what statistics cannot see; what it says must pass the objections that the grounded miner
raises, on the events behind the lines. Where it says nothing that holds, the grounded miner speaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from ..data.bands import bands
from ..data.facts import CompressConfig
from ..data.tokens import count_tokens
from ..errors import AnswerError
from ..llm.answer import read_answer
from ..llm.client import Answers, Call, Language
from ..llm.config import LLMConfig
from ..llm.prompt import load_prompt
from ..types import Backend, Context, History, Interest, Settings
from .answer import MinedInterests
from .dossier import Dossier
from .evidence import day_number
from .grounded import DOUBTED, GroundedMiner, numbered
from .groups import Group, Ints
from .reading import ClaimedInterest, ReadingConfig, read_rows
from .said import bears_out, plain_reason
from .stages import fits
from .wording import behaviour, sentence

PROMPT = "interests.mine"
SLACK = 0.8
"""Part of a model's window that our count of tokens may fill: the model's own count is another."""
AROUND_NAME = 4
AROUND = 200
"""Tokens of what stands around the lines and the list."""
Chosen = Callable[[History], bool]


class LLMMinerConfig(Settings):
    """How interests are asked for, and what must hold of the answer."""

    max_tokens: int = 6_000
    """Of an answer: some 16 interests (3.3) with their reasons and lines."""
    reading: ReadingConfig = ReadingConfig()
    """When a row of an answer counts."""
    min_held: float = 0.5
    """Part of the rows of an answer that must hold; below it none is believed (U13 says 0.6, of training samples)."""


class LLMMiner:
    """The miner that asks a model; `grounded` judges what it says, and speaks in its place."""

    backend: Backend = "llm"

    def __init__(
        self,
        grounded: GroundedMiner,
        *,
        answers: Answers,
        llm: LLMConfig,
        language: Language,
        chosen: Chosen,
        texts: Sequence[str],
        compress: CompressConfig,
        config: LLMMinerConfig | None = None,
    ) -> None:
        self.grounded, self.answers, self.llm, self.language = grounded, answers, llm, language
        self.chosen, self.texts, self.compress, self.config = chosen, texts, compress, config or LLMMinerConfig()
        self.spoke: Counter[str] = Counter()
        """Who spoke for how many people."""
        self.dropped: Counter[str] = Counter()
        """Why rows of answers fell."""

    def call(self, history: History, digest: str, context: Context) -> Call | None:
        """Return the question about a person; None for one whom the model is not asked about. Calls no model."""
        if not self._reads(history, digest):
            return None
        return self._call(self._dossier(history, digest, context), context)

    def mine(self, history: History, digest: str, context: Context) -> list[Interest]:
        """Return the person's interests: those that the model named and that hold, or else the grounded miner's."""
        found, who = self._mined(history, digest, context)
        self.spoke[who] += 1
        return self.grounded.mine(history, digest, context) if found is None else found

    def _mined(self, history: History, digest: str, context: Context) -> tuple[list[Interest] | None, str]:
        if not self._reads(history, digest):
            return None, "grounded/not chosen"
        dossier = self._dossier(history, digest, context)
        call = self._call(dossier, context)
        if call is None:
            return None, "grounded/not chosen"
        reply = self.answers.reply(call.key)
        if reply is None or reply.status == "failed":
            return None, "grounded/no answer"
        if reply.status == "refused":
            return None, "grounded/refused"
        try:
            answer = read_answer(reply.text, MinedInterests)  # as a whole it was judged when it came
        except AnswerError:
            return None, "grounded/refused"
        if not answer.interests:
            return [], "llm"  # whether so short a list will do was judged when it came
        claims, dropped = read_rows(answer.interests, dossier, self._brands, self.config.reading)
        self.dropped += dropped
        if len(claims) < self.config.min_held * (len(claims) + dropped.total() - dropped["said twice"]):
            return None, "grounded/nothing held"
        found = self._checked(claims, dossier, context)
        if not any(interest.status == "kept" for interest in found):
            return None, "grounded/nothing held"
        return found, "llm"

    # Asking

    def _reads(self, history: History, digest: str) -> bool:
        """Return whether a model is asked about a person: one who is chosen, and of whom there is something to read."""
        return bool(digest) and self._has_text and self.chosen(history)

    @cached_property
    def _has_text(self) -> bool:
        return self.grounded.pool.catalog.has_text

    def _dossier(self, history: History, digest: str, context: Context) -> Dossier:
        """Return what is put before the model: the newest lines, as many as its window takes, if that is known."""
        dossier = Dossier.of(
            history,
            digest,
            self.grounded,
            self.texts,
            as_of=context.as_of,
            compress=self.compress,
            instead=self._without_ids,
        )
        window = self.llm.context_tokens
        if not window:
            return dossier
        fixed = count_tokens(load_prompt(PROMPT, self.language).fixed)
        names = sum(count_tokens(label) + AROUND_NAME for label, _ in dossier.labels)
        return dossier.within(int(SLACK * window) - self.config.max_tokens - fixed - names - AROUND)

    def _call(self, dossier: Dossier, context: Context) -> Call | None:
        if not dossier.cited.lines or not dossier.seen.n_for:
            return None
        prompt = load_prompt(PROMPT, self.language)
        return Call(
            role="miner",
            subject=dossier.history.user_id,
            model=self.llm.model,
            prompt_id=prompt.id,
            prompt_version=prompt.version,
            prompt_hash=prompt.hash,
            messages=prompt.render(
                self.llm.domain,
                self.language,
                today=context.as_of.isoformat(),
                attributes=list(bands(dossier.history.attributes).items()),
                pool=[(level, label) for level, (label, _) in zip(dossier.levels, dossier.labels, strict=True)],
                heads=list(dossier.cited.heads()),
                ask=dossier.ask,
            ),
            returns=MinedInterests,
            bounds={"n_lines": len(dossier.cited.lines), "ask": dossier.ask},
            max_tokens=self.config.max_tokens,
            temperature=self.llm.temperature,
        )

    @cached_property
    def _without_ids(self) -> dict[str, str]:
        """How items without a title are shown, which compression calls by their id: no id goes into a prompt."""
        catalog = self.grounded.pool.catalog
        shown = {}
        for row, title in enumerate(catalog.titles):
            if not title:
                _, found, rest = self.texts[row].partition(f"item {catalog.item_ids[row]}")
                shown[self.texts[row]] = f"unnamed{rest}" if found else "unnamed"
        return shown

    # Checking

    @cached_property
    def _brands(self) -> frozenset[str]:
        return frozenset(brand.casefold() for brand in self.grounded.grouper.brands if brand)

    @cached_property
    def _breadth_E(self) -> Ints:  # noqa: N802
        """Items of each listed interest."""
        return np.asarray(self.grounded.pool.member_IE.sum(axis=0)).ravel().astype(np.int64)

    def _checked(self, claims: list[ClaimedInterest], dossier: Dossier, context: Context) -> list[Interest]:
        """Return what is claimed as interests, kept and rejected, in the order of the grounded miner."""
        found = self._listed(claims, dossier, context)
        beyond = [self._extended(claim, dossier, context) for claim in claims if claim.number < 0]
        found += [interest for interest in beyond if not self._says_nothing_new(interest, found)]
        found = self.grounded.without_echoes(found)
        found.sort(key=lambda i: (i.status != "kept", -i.confidence, -len(i.event_ids), i.key))
        return numbered(found)

    def _listed(self, claims: list[ClaimedInterest], dossier: Dossier, context: Context) -> list[Interest]:
        """Return the listed interests; an event of two named categories is the narrower one's, unless that fails."""
        listed = sorted(
            (claim for claim in claims if claim.number >= 0),
            key=lambda claim: (not claim.founded, self._breadth_E[claim.number], claim.number),
        )
        taken = np.zeros(len(dossier.seen), dtype=np.bool_)
        found = []
        for claim in listed:
            shares = self.grounded.pool.entries[claim.number].kind != "category"
            rows = claim.rows if shares else claim.rows[~taken[claim.rows]]
            if not len(rows):
                self.dropped["nothing of its own"] += 1
                continue
            group = self.grounded.grouper.listed(dossier.seen, claim.number, rows)
            found.append(self._interest(claim, group, dossier, context))
            if not shares and found[-1].reasonableness != "weak":
                taken[rows] = True
        return found

    def _says_nothing_new(self, extended: Interest, listed: list[Interest]) -> bool:
        """Return whether nearly all events of an extended interest are those of one that is listed."""
        mine, most = set(extended.event_ids), self.config.reading.max_inside * len(extended.event_ids)
        inside = any(len(mine & set(interest.event_ids)) > most for interest in listed)
        self.dropped["inside a listed one"] += inside
        return inside

    def _extended(self, claim: ClaimedInterest, dossier: Dossier, context: Context) -> Interest:
        """Return the extended interest; one of things that are needed, each by itself, is a necessity, too."""
        group = self.grounded.grouper.extended(dossier.seen, claim.rows, claim.key, claim.name)
        nodes = dossier.seen.node[claim.rows]
        needed = 0
        for node in np.unique(nodes[nodes > 0]).tolist():
            part = self.grounded.grouper.extended(dossier.seen, claim.rows[nodes == node], claim.key, claim.name)
            judged = self.grounded.objections.judge(dossier.history, dossier.seen, replace(part, node=node, habit=node))
            needed += len(part.rows) if judged.willingness == "necessity" else 0
        claim = replace(claim, needed=claim.needed or 2 * needed >= len(claim.rows))
        return self._interest(claim, group, dossier, context)

    def _interest(self, claim: ClaimedInterest, group: Group, dossier: Dossier, context: Context) -> Interest:
        """Return what the group is by the facts, in the model's words as far as these bear them out."""
        seen = dossier.seen
        interest = self.grounded.interest(dossier.history, seen, group, context.as_of)
        interest = replace(interest, backend="llm", stage=self._stage(claim, group, interest, dossier, context))
        if interest.status == "rejected":
            return interest
        if claim.needed or claim.doubted:
            but = ": a need rather than a liking" if claim.needed else ": the link is weak"
            return replace(
                interest,
                status="rejected",
                willingness="necessity" if claim.needed else interest.willingness,
                reasonableness="weak" if claim.doubted else interest.reasonableness,
                reason=sentence(behaviour(group.facts, group.what), but),
                confidence=min(interest.confidence, DOUBTED),
            )
        return replace(interest, reason=self._reason(claim, group, dossier) or interest.reason)

    def _stage(
        self, claim: ClaimedInterest, group: Group, interest: Interest, dossier: Dossier, context: Context
    ) -> Any:
        """Return the model's stage where the dates allow it, or else that of the dates."""
        seen = dossier.seen
        dated = seen.clock in ("time", "short")
        last = day_number(context.as_of) if dated else int(seen.day[-1])
        config = self.grounded.config.stages
        allowed = fits(claim.stage, group.facts, first=int(seen.day[0]), last=last, config=config)
        return claim.stage if allowed else interest.stage

    def _reason(self, claim: ClaimedInterest, group: Group, dossier: Dossier) -> str | None:
        """Return the model's reason where every word of it is borne out; else None, for the grounded wording."""
        reason = plain_reason(claim.reason)
        if reason is None:
            return None
        seen, paths = dossier.seen, self.grounded.pool.tree.paths
        places = (paths[node] for node in np.unique(seen.node[group.rows]).tolist())
        days = np.unique(seen.day[np.union1d(group.rows, dossier.rows(claim.lines))]).tolist()
        texts = [*dossier.texts(claim.lines), claim.name, *places]
        return reason if bears_out(reason, texts, group.facts, days) else None
