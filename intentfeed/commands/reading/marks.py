"""A command as a row of marks: what each stretch of it is, before anybody asks what it wants. [ours]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from ...data.catalog import leaf_name
from ...data.script import clusters
from .cues import Cue, Cues
from .indexing import Entry
from .mark import Mark, joined, leading
from .numbers import ARTICLES, SMALL, Amount, amount_at
from .references import place_at
from .roles import Roles, role_of
from .spelling import Speller
from .talk import talk_tokens
from .tokens import BREAKS, PAUSES, Token, tokenise, without_fillers
from .vocabulary import Vocabulary

NAMED = 7
"""Tokens behind a value up to the name of its field: `as the`."""
PLACES = frozenset({"last", "front", "position"})
"""Cues that count only where a place follows."""
ASKING = ("negate", "negate_always", "affirm", "only", "forget", "complain", "revise")
"""Cues behind which a word is a thing."""
ENDING = ("both", "either", "please", "polite", "contrast", "always", "season", "session")
"""Cues before which it may end."""
SPLIT = 10
"""Tokens between a verb and its end: `leave the red ones out`."""
NUMBER = 4
"""Tokens behind a "than" up to its number."""
GRADED = 8
"""Tokens between the name of a field and the word that grades it: `the prices of all of these are too low`."""
BOUNDS = frozenset({"below", "above", "near", "between", "to"})


class Scanner:
    """Marks commands with the words of one catalogue."""

    def __init__(self, vocabulary: Vocabulary, cues: Cues, speller: Speller, roles: Roles) -> None:
        self._vocabulary, self._cues, self._speller, self._roles = vocabulary, cues, speller, roles

    def marks(self, text: str, today: date) -> list[Mark]:
        """Return the marks of a text in order; words that say nothing have none."""
        tokens = self._spelt(without_fillers(tokenise(text)))
        keys = [token.key for token in tokens]
        stems = [self._cues.same.get(token.stem, token.stem) for token in tokens]
        found: list[Mark] = []
        at = 0
        while at < len(tokens):
            if at and found and _parts(tokens, at):
                found.append(replace(_PAUSE, first=at, last=at, total=len(tokens)))
            n, mark = self._at(tokens, keys, stems, at, found, today)
            if mark is not None:
                first, last = tokens[at], tokens[at + n - 1]
                said = " ".join(keys[at : at + n])
                pointed = at > 0 and keys[at - 1] in self._cues.ordinal_after
                placed = replace(
                    mark,
                    start=first.start,
                    end=last.end,
                    said=said,
                    first=at,
                    last=at + n,
                    pointed=pointed,
                    aged=at + n + 1 < len(tokens)
                    and keys[at + n] in self._cues.copulas
                    and (keys[at + n + 1] in self._cues.ones or tokens[at + n + 1].kind == "number"),
                    singular=keys[at] in self._cues.singular,
                    subject=(at + n < len(tokens) and keys[at + n] in self._cues.copulas)
                    or self._is_contracted(tokens, at, text),
                    total=len(tokens),
                )
                found.append(placed)
            at += n
        told = talk_tokens(tokens, found, self._cues)
        return joined([replace(mark, talk=True) if mark.first in told else mark for mark in found], text)

    def _at(
        self, tokens: list[Token], keys: list[str], stems: list[str], at: int, found: Sequence[Mark], today: date
    ) -> tuple[int, Mark | None]:
        """Return the mark at a place and how many tokens it takes; no mark for a word that says nothing."""
        token, before = tokens[at], leading(found, at)
        if token.kind == "break":
            return 1, _BREAK
        if graded := self._relative_at(tokens, keys, stems, at, found):
            return graded
        cue = self._cue_at(keys, at, before)
        value = self._value_at(tokens, keys, stems, at, before)
        amount = self._amount_at(tokens, at, before, today)
        place = place_at(tokens, at, self._cues)
        name = self._name_at(stems, keys, at)
        n_value, n_cue = value[0] if value else 0, cue[0] if cue else 0
        if n_cue == 1 and not value and token.kind == "han" and (n := self._word_at(tokens, keys, stems, at)):
            return n, Mark("words", 0, 0, known=True)
        if cue and at and (keys[at - 1],) in self._cues.spans and self._is_plain_grade(cue[1], before):
            return 1, None  # "four years old"
        if cue and self._begins_word(tokens, keys, stems, at, cue[1], before):
            return 1, Mark("words", 0, 0)
        if place and place[0] >= max(n_value, n_cue):
            return place[0], Mark("place", 0, 0, place=place[1])
        if amount and amount[0] >= max(n_cue, n_value + self._is_code(value, amount[1], before)):
            return amount[0], Mark("amount", 0, 0, amount=amount[1])
        if cue and cue[1].kinds <= PLACES:
            cue, n_cue = None, 0
        meant = (
            value is not None
            and (n_cue == n_value or (name is not None and name[0] == n_value))
            and self._is_meant(value, tokens, keys, stems, at, before)
        )
        forgets = before is not None and before.does("forget")
        if name and name[0] >= max(n_value, n_cue) and (not meant or forgets):
            return name[0], Mark("name", 0, 0, name=name[1])
        if cue and not meant and n_cue >= n_value + self._is_plain_grade(cue[1], before):
            return n_cue, Mark("cue", 0, 0, cue=cue[1])
        if value:
            named = bool(self._field_beside(tokens, stems, at + n_value, before))
            telling = tuple(
                entry for entry in value[1] if named or self._vocabulary.tells(entry, stems[at : at + n_value])
            )
            if not telling and n_value == 1:
                telling = self._vocabulary.part_of(stems[at])
            if not telling:
                return n_value, Mark("words", 0, 0, known=True)
            return n_value + self._suffix(keys, at + n_value), Mark("value", 0, 0, entries=telling)
        if token.kind == "sign":
            return 1, _PAUSE if token.key in PAUSES or token.key == "/" else None
        return self._free(tokens, keys, stems, at, before)

    def _is_contracted(self, tokens: list[Token], at: int, text: str) -> bool:
        """Return whether an "is" has run into a word: `the kettle's boiling`, but neither `men's clothing`."""
        token = tokens[at]
        if token.kind != "word" or not text[token.start : token.end].endswith(("'s", "’s")) or at + 1 >= len(tokens):
            return False
        ends = at + 2 >= len(tokens) or tokens[at + 2].kind == "break"
        verb = tokens[at + 1]
        return ends and verb.key.endswith("ing") and (verb.stem,) not in self._vocabulary.entries

    def _relative_at(
        self, tokens: list[Token], keys: list[str], stems: list[str], at: int, found: Sequence[Mark]
    ) -> tuple[int, Mark] | None:
        """Return the mark of a word that grades the field named beside it: `a lower rating`, `the rating is low`."""
        n, cue = self._cues.at(keys, at) or (0, None)
        if cue is not None and cue.relative is None and self._is_grade_than(keys, at, n):
            n, cue = n - 1, self._cues.phrases[tuple(keys[at : at + n - 1])]
        if cue is None or cue.relative is None:
            return None
        first = at + n + (at + n < len(keys) and (keys[at + n] in ARTICLES or keys[at + n] == "in"))
        named = self._name_at(stems, keys, first) if first < len(keys) else None
        if named is not None and _is_number(tokens, first + named[0]):
            named = None  # "more, budget 50"
        name = named[1] if named is not None else _graded_before(found, cue, at)
        role = role_of(name)
        if not name or not self._roles.graded(role):
            return None
        return n, Mark("cue", 0, 0, cue=Cue(frozenset({"degree"}), role, cue.relative))

    def _cue_at(self, keys: list[str], at: int, before: Mark | None) -> tuple[int, Cue] | None:
        """Return the cue at a place: a bound of what stands before it only where no `than` follows, no faint grade."""
        found = self._cues.at(keys, at)
        while found is not None and self._is_cut(keys, at, *found):
            found = self._cues.at(keys, at, found[0] - 1) if found[0] > 1 else None
        if found is not None and found[0] == 1 and self._is_inverted(keys, at):
            return 1, Cue(frozenset({"request"}))
        if found is not None and found[1].kinds == {"relative"} and not _is_set_beside(before):
            found = None
        faint = found is not None and "faint" in found[1].kinds
        return (
            None
            if faint
            and (before is None or not before.does("too", "so", "not_so", "even"))
            and not _is_set_beside(before)
            else found
        )

    def _is_inverted(self, keys: list[str], at: int) -> bool:
        """Return whether a question begins with a word that else denies: `aren't these a bit dear?`."""
        if keys[at] not in self._cues.inverted or at + 1 >= len(keys) or keys[at + 1] not in self._cues.subjects:
            return False
        before = self._cues.phrases.get((keys[at - 1],)) if at else None
        return (
            not at
            or keys[at - 1] in PAUSES
            or keys[at - 1] in BREAKS
            or (before is not None and "both" in before.kinds)
        )

    def _is_cut(self, keys: list[str], at: int, n: int, cue: Cue) -> bool:
        """Return whether fewer words are the cue: `and newer than 1995`, `and over 50` bound nothing before them.

        Nor does `no.` at the end of a sentence count places, or `post` without a number bound anything.
        """
        if "split" in cue.kinds:
            ahead = keys[at + n : at + n + SPLIT]
            end = next((place for place, key in enumerate(ahead) if key in PAUSES or key in BREAKS), len(ahead))
            return end < 2 or self._cues.split.isdisjoint(ahead[1:end])
        if "tight" in cue.kinds:
            return at + n >= len(keys) or not keys[at + n][0].isdecimal()
        if n == 1:
            return False
        inner = self._cues.at(keys, at + n - 1) if cue.kinds == {"degree"} else None
        if inner is not None and inner[0] > 1 and inner[1].kinds & {"below", "above"}:
            return True  # 价格高于15
        if cue.kinds & {"below", "above"} and self._is_grade_than(keys, at, n):
            return "relative" not in self._cues.phrases[tuple(keys[at : at + n - 1])].kinds
        if at + n < len(keys) and cue.kinds & {"below_after", "above_after"}:
            after = self._cues.at(keys, at + n)
            return keys[at + n][0].isdecimal() or (after is not None and "than" in after[1].kinds)
        return cue.kinds <= PLACES

    def _is_grade_than(self, keys: list[str], at: int, n: int) -> bool:
        """Return whether a bound is a grade and a "than" that no number follows: `costs more than what I see`."""
        last = self._cues.phrases.get((keys[at + n - 1],))
        if last is None or "than" not in last.kinds:
            return False
        grade = self._cues.phrases.get(tuple(keys[at : at + n - 1]))
        ahead = keys[at + n : at + n + NUMBER]
        number = any(key[0].isdecimal() or key in self._cues.ones or key in self._cues.signs for key in ahead)
        return grade is not None and bool(grade.kinds & {"degree", "relative"}) and not number

    def _free(
        self, tokens: list[Token], keys: list[str], stems: list[str], at: int, before: Mark | None
    ) -> tuple[int, Mark | None]:
        """Return the mark of a word that is no cue and no whole value."""
        token, stem = tokens[at], stems[at]
        if token.kind == "han" and (n := self._word_at(tokens, keys, stems, at)):
            return n, Mark("words", 0, 0, known=True)
        if n := self._cues.stop_at(keys, at):
            then = self._cues.at(keys, at + n) if at + n < len(keys) else None
            topic = (before is not None and before.does("topic", "held", "forget")) or (
                then is not None and "topic_after" in then[1].kinds
            )
            about = topic and self._cues.is_quiet(keys[at])
            return n, Mark("words", 0, 0, known=True) if about else None
        if token.kind == "number":
            return 1, None
        part = self._vocabulary.part_of(stem)
        if part and not (token.kind == "han" and self._flanked(tokens, keys, stems, at)):
            return 1 + self._suffix(keys, at + 1), Mark("value", 0, 0, entries=part)
        if not self._vocabulary.title_words.get(stem) and (root := self._vocabulary.of_root(stem)):
            return 1, Mark("value", 0, 0, entries=root)
        known = self._vocabulary.knows(stem) or self._cues.is_ordinary(stem)
        return 1, Mark("words", 0, 0, known=known)

    def _begins_word(
        self, tokens: list[Token], keys: list[str], stems: list[str], at: int, cue: Cue, before: Mark | None
    ) -> bool:
        """Return whether a grade of one character is part of a word that nobody knows: 短 in 短裙."""
        if tokens[at].kind != "han" or not self._is_plain_grade(cue, before) or at + 1 >= len(tokens):
            return False
        after = at + 1
        if tokens[after].kind != "han" or self._cues.at(keys, at) != (1, cue):
            return False
        known = self._cues.at(keys, after) or self._cues.stop_at(keys, after) or self._suffix(keys, after)
        return not known and not self._vocabulary.at(stems, after)

    def _word_at(self, tokens: list[Token], keys: list[str], stems: list[str], at: int) -> int:
        """Return how many characters the catalogue's word has that begins at a place; 0 for a single one.

        It keeps cues of one character from cutting words in two that titles have.
        """
        end = at + 1
        while end < len(tokens) and tokens[end].kind == "han" and tokens[end].glued:
            cue = self._cues.at(keys, end)
            if (cue and cue[0] > 1) or self._cues.stop_at(keys, end) > 1 or self._vocabulary.at(stems, end):
                break
            end += 1
        word = self._vocabulary.first_word("".join(keys[at:end]))
        n = len(clusters(word)) if word else 0
        silent = n > 1 and (self._cues.stop_at(keys, at) >= n or ((cue := self._cues.at(keys, at)) and cue[0] >= n))
        return n if n > 1 and not silent else 0

    def _value_at(
        self, tokens: list[Token], keys: list[str], stems: list[str], at: int, before: Mark | None
    ) -> tuple[int, tuple[Entry, ...]] | None:
        found = self._vocabulary.at(stems, at)
        if found is None or found[0] == 1:
            found = self._vocabulary.nearly_at(stems, at) or found
        if found is None or found[0] > 1:
            return None if found is not None and _counts(tokens, at) else found
        token = tokens[at]
        named = bool(self._field_beside(tokens, stems, at + found[0], before))
        if token.kind == "number":
            return found if named else None
        if token.kind == "word" and not named and (token.key,) in self._cues.stop:
            return found if self._is_meant(found, tokens, keys, stems, at, before) else None
        if token.kind == "word" and len(token.key) == 1:
            alone = token.upper and at > 0 and (token.key,) not in self._cues.stop
            return found if alone or named else None
        if token.kind == "han" and self._flanked(tokens, [token.key for token in tokens], stems, at):
            return None
        return found

    def _field_beside(
        self, tokens: list[Token], stems: list[str], at: int, before: Mark | None, *, said: bool = False
    ) -> str:
        """Return the field named before a value, or behind it, where it ends: `no r as the mpaa`; '' for none.

        What is `said` of the value may stand between: `r is not for me as the mpaa`.
        """
        if before is not None and before.kind == "name":
            return before.name
        keys = [token.key for token in tokens[at : at + NAMED + 4]]
        joins = self._cues.at(keys, 0) if keys else None
        if joins is not None and joins[1].kinds & {"turned_down", "please"} and not said:
            return self._field_beside(tokens, stems, at + joins[0], None, said=True)
        n = joins[0] if joins is not None and joins[1].kinds & {"than", "occasion"} else int(keys[:1] == ["("])
        if not n:
            return ""
        found = (self._vocabulary.name_at(stems, at + more) for more in range(n, len(keys)))
        return next((name[1] for name in found if name is not None), "")

    def _is_meant(
        self,
        value: tuple[int, tuple[Entry, ...]],
        tokens: list[Token],
        keys: list[str],
        stems: list[str],
        at: int,
        before: Mark | None,
    ) -> bool:
        """Return whether a word of the language is the catalogue's value here: `no collecting`, `activity: reading`.

        Its field is named beside it, or it is all that is asked for or refused; a name is also spelt as one.
        """
        n, entries = value
        fields = self._vocabulary.registry.fields
        clear = [entry for entry in entries if fields[entry.field].hard or fields[entry.field].kind == "category"]
        whole = [entry for entry in clear if entry.match == "whole"]
        if name := self._field_beside(tokens, stems, at + n, before):
            return any(name in (entry.field, f"role:{entry.field}") for entry in whole)
        typed = tokens[at].upper
        spelt = any(typed or not leaf_name(held)[:1].isupper() for entry in whole for held in entry.values)
        led = before is not None and before.last == at and before.does(*ASKING)
        after = self._cues.at(keys, at + n) if at + n < len(keys) else None
        turned = after is not None and "turned_down" in after[1].kinds
        opens = before is None or before.kind in ("pause", "break") or before.does("both")
        pleads = after is not None and "please" in after[1].kinds and opens
        ends = at + n == len(keys) or tokens[at + n].kind == "break" or keys[at + n] in PAUSES
        ends = ends or (after is not None and not after[1].kinds.isdisjoint(ENDING))
        return spelt and tokens[at].kind == "word" and (turned or (led and ends) or pleads)

    def _flanked(self, tokens: list[Token], keys: list[str], stems: list[str], at: int) -> bool:
        """Return whether a single character stands inside a word that nobody knows."""
        for beside, start in ((at - 1, at - 1), (at + 1, at + 1)):
            if 0 <= beside < len(tokens) and tokens[beside].kind == "han":
                known = (
                    self._cues.at(keys, start)
                    or self._cues.stop_at(keys, start)
                    or (keys[beside],) in self._cues.suffixes
                )
                if not known and not self._vocabulary.at(stems, start):
                    return True
        return False

    def _amount_at(self, tokens: list[Token], at: int, before: Mark | None, today: date) -> tuple[int, Amount] | None:
        found = amount_at(tokens, at, self._cues, today)
        if found is None:
            return None
        bound = before is not None and (before.does(*BOUNDS) or before.kind in ("name", "amount"))
        if tokens[at].key in ARTICLES and found[0] == 2 and not bound:
            return None
        alone = found[1].worded and found[1].low <= SMALL and not (found[1].unit or found[1].money or bound)
        return None if alone else found

    def _is_code(self, value: tuple[int, tuple[Entry, ...]] | None, amount: Amount, before: Mark | None) -> int:
        """Return 1 where a value such as `4K` or `30 l` is not to be read as an amount."""
        if value is None:
            return 0
        bound = before is not None and before.does(*BOUNDS, "than")
        return 0 if bound and (amount.unit or amount.money) else 1

    def _is_plain_grade(self, cue: Cue, before: Mark | None) -> int:
        """Return 1 where a value of the same length goes before a plain grade, such as `lightweight`."""
        plain = cue.kinds == {"degree"} and cue.direction in ("high", "low")
        graded = before is not None and before.does("too", "so", "not_so", "complain")
        return int(plain and not graded)

    def _name_at(self, stems: list[str], keys: list[str], at: int) -> tuple[int, str] | None:
        named = self._vocabulary.name_at(stems, at)
        cue = self._cues.at(keys, at)
        if cue and "role" in cue[1].kinds and (named is None or cue[0] > named[0]):
            return None if cue[1].kinds & {"below"} else (cue[0], f"role:{cue[1].role}")
        return named

    def _suffix(self, keys: list[str], at: int) -> int:
        """Return how many tokens of a word such as `film` follow a value and add nothing to it."""
        for n in (2, 1):
            if at + n <= len(keys) and tuple(keys[at : at + n]) in self._cues.suffixes:
                return n
        return 0

    def _spelt(self, tokens: list[Token]) -> list[Token]:
        return [self._meant(token) for token in tokens]

    def _meant(self, token: Token) -> Token:
        known = (
            token.kind != "word"
            or self._vocabulary.knows(token.stem)
            or token.stem in self._vocabulary.longest_name
            or token.key in self._cues.words
            or (token.key,) in self._cues.stop
            or self._cues.is_ordinary(token.stem)
            or self._cues.is_ordinary(token.key)
            or bool(self._vocabulary.of_root(token.stem))
        )
        meant = None if known else self._speller.meant(token.stem) or self._speller.meant(token.key)
        return token if meant is None else replace(token, key=meant, stem=meant)


def _graded_before(found: Sequence[Mark], cue: Cue, at: int) -> str:
    """Return the field that a grade behind its name speaks of: `the rating of these is too low`; '' for none."""
    plain = cue.relative in ("high", "low")
    led = not plain or any(mark.does("than") for mark in found[-3:])
    for mark in reversed(found):
        if mark.kind == "name":
            return mark.name if led and at - mark.last <= GRADED else ""
        led = led or mark.does("too", "so", "not_so")
        of_all = mark.place is not None and mark.place.all
        if not of_all and not mark.does("too", "so", "not_so", "even", "somewhat", "affirm", "tell", "both"):
            return ""
    return ""


def _is_set_beside(before: Mark | None) -> bool:
    """Return whether a grade may end a comparison with what stands before it: 比95还低."""
    return before is not None and (before.kind in ("amount", "place") or before.does("even", "both"))


def _is_number(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].kind == "number"


def _parts(tokens: Sequence[Token], at: int) -> bool:
    """Return whether a blank parts two clauses, in a script that has none between words."""
    return tokens[at].kind == tokens[at - 1].kind == "han" and not tokens[at].glued


def _counts(tokens: Sequence[Token], at: int) -> bool:
    """Return whether an article stands before a number: `a 5 year old` says nothing of a size `A5`."""
    after = tokens[at + 1]
    return tokens[at].key in ARTICLES and after.kind == "number" and not after.glued


_BREAK = Mark("break", 0, 0)
_PAUSE = Mark("pause", 0, 0)
