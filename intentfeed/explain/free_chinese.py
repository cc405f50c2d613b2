"""Reads a free sentence in Chinese, where no blank parts the words: every character must belong to a known piece."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from .explainer import Season
from .item_words import ItemWords, Proof, stems_of
from .plain_words import HAN, MAX_PIECE, plain_words
from .reading import Piece, Reading, reading_of
from .rules import Violation, similarity

_RUN = re.compile(r"[㐀-䶿一-鿿豈-﫿]+|[A-Za-z0-9À-ÖØ-öø-ɏ]+")
_SEASONS: dict[str, Season] = {"春": "spring", "夏": "summer", "秋": "autumn", "冬": "winter"}
_SEASON_TAILS = ("天", "日", "季", "夜", "光", "风", "")
_SEASON = re.compile(r"[春夏秋冬][天日季装款]")
_UNSEASONAL = ("青春", "四季")
_NEGATORS = frozenset("不无非未免没勿仿假伪类拟")
"""Before a word these undo it: imitation silk is no silk."""
_UNDOING = frozenset("感纹色")
"""And these behind it: of leather feel is not of leather."""
_MEANT_FOR = re.compile(r"适用|适配|兼容|搭配|代替|替代|专用|通用")
TITLE_SIMILARITY = 0.8
_WHOLE = frozenset(["category", "brand"])
"""Fields that a part of is no other thing, as a part of carbon steel is."""
MAX_QUOTED = 8
"""Characters that may follow one another as a title has them: a title that gives orders is not to be said whole."""


class ChineseReader:
    """Covers each sentence with pieces of the item's fields, the interest's name and the plain words."""

    def __init__(self, words: ItemWords) -> None:
        self._words = words
        self._plain = plain_words("zh")
        self._values_of = lru_cache(maxsize=1 << 12)(self._values)

    def read(self, text: str, item: int, *, interest_name: str | None, season: Season | None) -> Reading:
        """Return what a sentence beside an item claims, and what is wrong with it."""
        wrong = [Violation("refused", word) for word in sorted(self._plain.refused) if word in text]
        places: list[tuple[int, int, Piece]] = []
        for run in _RUN.finditer(text):
            if HAN.match(run.group()):
                found, bare = self._cover(run.group(), item, interest_name)
            else:
                found, bare = self._latin(run.group(), item, interest_name)
            places += [(run.start() + it.start, run.start() + it.end, it) for it in found]
            wrong += [Violation("words", f"nothing shows: {bare}")] if bare else []
        if not places:
            wrong.append(Violation("empty", "nothing is said of the item or the interest"))
        wrong += [*self._foreign(text, item, places), *self._out_of_season(text, places, season, item)]
        title = "".join(_RUN.findall(self._words.catalog.titles[item]))
        same = similarity("".join(_RUN.findall(text)), title) if title else 0.0
        if same >= TITLE_SIMILARITY or _quoted(places) > MAX_QUOTED:
            wrong.append(Violation("title", "nearly the title, or a long part of it"))
        return reading_of(text, places, interest_name, wrong)

    def _latin(self, word: str, item: int, interest: str | None) -> tuple[list[Piece], str]:
        """Return a brand or a value in Latin letters; a number only as part of one that holds letters, too."""
        small = word.casefold()
        proof = self._words.proof(item, (small,))
        of_interest = small in stems_of((interest or "").casefold().split())
        if (proof is None and not of_interest) or small in plain_words("en").refused:
            return [], word
        return [Piece(0, len(word), proof, of_interest)], ""

    def _cover(self, run: str, item: int, interest: str | None) -> tuple[list[Piece], str]:
        """Return the pieces that say something, of the cover with the fewest; and the characters that no piece has."""
        best: list[tuple[int, int, Piece | None]] = [(0, 0, None), *[(1 << 20, 0, None)] * len(run)]
        for end in range(1, len(run) + 1):
            best[end] = (best[end - 1][0] + 100, end - 1, Piece(end - 1, end, None, False))
            for start in range(max(0, end - MAX_PIECE), end):
                piece = self._piece(run, start, end, item, interest)
                if piece is not None and best[start][0] + 1 < best[end][0]:
                    best[end] = (best[start][0] + 1, start, piece)
        pieces: list[Piece] = []
        bare, end = "", len(run)
        while end:
            cost, start, piece = best[end]
            assert piece is not None
            if cost - best[start][0] >= 100:
                bare = run[start:end] + bare
            elif piece.proof or piece.of_interest or piece.season:
                pieces.append(piece)
            end = start
        return pieces[::-1], bare

    def _piece(self, run: str, start: int, end: int, item: int, interest: str | None) -> Piece | None:
        said = run[start:end]
        proof = self._proof(item, said)
        of_interest = bool(interest) and _names(said, interest or "")
        if of_interest and not proof and said != interest and said in self._words.han_names:
            of_interest = False  # a value that other items have would be taken for this one's
        if proof or of_interest:
            return Piece(start, end, proof, of_interest)
        meant = _SEASONS.get(said[0])
        if meant is not None and said[1:] in _SEASON_TAILS:
            return Piece(start, end, None, False, meant)
        plain = said in self._plain.plain or (len(said) == 1 and said in self._plain.particle)
        return Piece(start, end, None, False) if plain else None

    def _proof(self, item: int, said: str) -> Proof | None:
        """Return the field that holds the characters: a value whole, of a title any run of two and more."""
        values = self._values_of(item)
        if said in values:
            return values[said]
        if len(said) < 2:
            return None
        for part in _RUN.findall(_MEANT_FOR.split(self._words.catalog.titles[item])[0]):
            at = part.find(said)
            if at < 0 or (at and part[at - 1] in _NEGATORS) or part[at + len(said) : at + len(said) + 1] in _UNDOING:
                continue
            if not any(
                said in value and not value.endswith(said) for value, it in values.items() if it.field not in _WHOLE
            ):
                return Proof("title", said)
        return None

    def _values(self, item: int) -> dict[str, Proof]:
        return {"".join(words): proof for words, proof in self._words.whole_fields(item).items() if words}

    def _foreign(self, text: str, item: int, places: Sequence[tuple[int, int, Piece]]) -> Iterator[Violation]:
        """Yield names that the catalogue has for other things, where no piece of this item or the interest has them."""
        said = {at for start, end, piece in places if piece.proof or piece.of_interest for at in range(start, end)}
        for start in range(len(text)):
            for end in range(start + 2, min(len(text), start + MAX_PIECE) + 1):
                name = text[start:end]
                if name not in self._words.han_names or set(range(start, end)) <= said:
                    continue
                words = stems_of([name])
                mere = name in self._plain.plain and not self._words.is_sold(words)
                if not mere or self._words.is_value_nearby(item, name):
                    yield Violation("foreign", f"{text[start:end]} is not of this item")

    def _out_of_season(
        self, text: str, places: Sequence[tuple[int, int, Piece]], season: Season | None, item: int
    ) -> Iterator[Violation]:
        """Yield seasons that it is not, and the one that it is beside an item made for others."""
        for start, end, piece in places:
            if piece.proof is not None and not _SEASON.fullmatch(text[start:end]):
                text = text[:start] + " " * (end - start) + text[end:]  # 夏威夷果 is no summer
        for word in _UNSEASONAL:
            text = text.replace(word, "")
        fields = [self._words.catalog.titles[item], *self._values_of(item)]
        made_for = {_SEASONS[found[0]] for field in fields for found in _SEASON.findall(field)}
        for char, meant in _SEASONS.items():
            if char in text and (meant != season or (made_for and meant not in made_for)):
                yield Violation("season", f"{char}: it is {season}, and the item is for {sorted(made_for) or 'any'}")


def _names(said: str, interest: str) -> bool:
    """Return whether the characters name the interest: all of it, or its end, where the noun stands."""
    return said == interest or (len(said) > 1 and interest.endswith(said))


def _quoted(places: Sequence[tuple[int, int, Piece]]) -> int:
    """Return the characters of the longest unbroken stretch that only the title bears out."""
    longest = here = last = 0
    for start, end, piece in places:
        if piece.proof is None or piece.proof.field != "title":
            here = 0
            continue
        here = (here if start == last else 0) + end - start
        longest, last = max(longest, here), end
    return longest
