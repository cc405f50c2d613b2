"""What a free sentence claims, and what in it nothing bears out: the check of what a language model writes [ours].

Every word must be borne out by a field of the item, name the interest, or stand in the shipped list of plain words. The
claims are those that this reading finds; what the writer says of its own evidence counts for nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from ..data.catalog import Catalog
from .explainer import SEASONS, Season
from .facts import HIGH, LOW
from .free_chinese import ChineseReader
from .item_words import ItemWords, Proof, stem, stems_of
from .plain_words import HAN, NEGATORS, plain_words
from .reading import Piece, Reading, reading_of
from .rules import Violation, near_title
from .said_words import SaidWord, said_words
from .words import FUNCTION_WORDS, contains, tokens

PriceBand = Literal["low", "high", ""]
"""Whether a price lies in the lowest or the highest quarter of its category."""
MAX_PHRASE = 6
"""Words of the longest run that is looked up."""
_SEARCHES = [(True, n) for n in range(MAX_PHRASE, 1, -1)] + [
    (whole, n) for n in range(MAX_PHRASE, 0, -1) for whole in (True, False)
]
"""Whether whole fields are looked up, and words of the run, in order."""
MAX_SENTENCE = 24
"""Words above which nothing is looked up at all."""
MAX_QUOTED = 4
"""Words that may follow one another as a title has them: a title that gives orders is not to be said whole."""
_SIGNS = re.compile(r"""[^A-Za-zÀ-ÖØ-öø-ɏ0-9㐀-䶿一-鿿豈-﫿 .,:!?'’"“”‘()\-–—&…·，。、！？：；～—（）《》「」]""")
"""Anything but Latin letters, Chinese characters, digits, blanks and the signs of a plain sentence."""
_SEASON_WORDS: dict[str, Season] = {
    **{season: season for season in SEASONS}, "fall": "autumn", "summery": "summer", "wintry": "winter",
    "springtime": "spring", "summertime": "summer", "wintertime": "winter", "autumnal": "autumn",
}  # fmt: skip
_TOWARDS = frozenset(["for", "your", "to", "into", "toward", "towards", "meets", "suits", "joins", "loves", "love"])
"""Behind these an interest is meant, and not what the item is."""
_FOLLOWERS = frozenset(
    ["fan", "fans", "lover", "lovers", "list", "mood", "moods", "plan", "plans", "ritual", "rituals", "habit", "habits"]
)
"""Before these, too, and before every time and place."""
_PERSON_VIOLATION = "a word in capitals within the sentence"


class FreeReader:
    """Reads free sentences against one catalogue."""

    def __init__(self, catalog: Catalog, *, price_band: Callable[[int], PriceBand], phrases: Mapping[str, str]) -> None:
        self.catalog, self.words = catalog, ItemWords(catalog)
        self._price_band = price_band
        priced = {said: fact for said, fact in phrases.items() if fact.startswith("price:")}
        bare = {said.removeprefix("a "): fact for said, fact in priced.items()}
        self._price_phrases = {tuple(said.split()): fact for said, fact in {**priced, **bare}.items()}
        self._category: list[str] = catalog.frame["category"].to_list()
        self._plain = plain_words("en")
        self._chinese = ChineseReader(self.words)
        self._read = lru_cache(maxsize=1 << 12)(self._read_anew)

    def read(self, text: str, item: int, *, interest_name: str | None = None, season: Season | None = None) -> Reading:
        """Return what a sentence beside an item claims, and what is wrong with it."""
        return self._read(text, item, interest_name, season)

    def _read_anew(self, text: str, item: int, interest: str | None, season: Season | None) -> Reading:
        if found := _SIGNS.search(text):
            return Reading((), (Violation("markup", f"the sign {found.group()!r}"),))
        if HAN.search(text):
            return self._chinese.read(text, item, interest_name=interest, season=season)
        said = said_words(text)
        if not said or len(said) > MAX_SENTENCE:
            return Reading((), (Violation("words", f"{len(said)} of them: nothing was looked up"),))
        pieces = self._pieces(said, item, interest, season)
        wrong = [*self._refused(said, pieces), *self._unproved(said, pieces), *self._foreign(said, pieces, item, text)]
        wrong += [*self._out_of_season(said, pieces, item, season), *self._unlinked(said, pieces, interest)]
        if near_title([word.text for word in said], tokens(self.catalog.titles[item])) or _quoted(pieces) > MAX_QUOTED:
            wrong.append(Violation("title", "nearly the title, or a long part of it"))
        return reading_of(text, [(said[it.start].start, said[it.end - 1].end, it) for it in pieces], interest, wrong)

    # What is borne out

    def _pieces(self, said: Sequence[SaidWord], item: int, interest: str | None, season: Season | None) -> list[Piece]:
        """Return the runs that a field, the day or the interest's name bears out, the longest first; none overlap."""
        words, taken, found = [word.text for word in said], [False] * len(said), list[Piece]()
        named, roots = _name_roots(interest), tuple([root(word) for word in words])
        # Fields of several words before stretches of the title: high-carbon steel before slim high-carbon.
        for whole, n in _SEARCHES:
            for start in range(len(words) - n + 1):
                end = start + n
                if any(taken[start:end]):
                    continue
                run = words[start:end]
                named_whole = roots[start:end] == named
                of_interest = named_whole or (not whole and contains(roots[start:end], named))
                of_interest = of_interest and not {run[0], run[-1]} & FUNCTION_WORDS
                proof = self._proof(item, run, whole=whole)
                is_season = season is not None and n == 1 and _SEASON_WORDS.get(run[0]) == season
                if proof or of_interest or is_season:
                    proof = proof or self.words.of_title(item, run)
                    found.append(Piece(start, end, proof, of_interest, season if is_season else None))
                    taken[start:end] = [True] * n
        found += _named_within(words, found, {root(word) for word in tokens(interest or "") if _is_telling(word)})
        return sorted(found, key=lambda piece: (piece.start, piece.proof is not None))

    def _proof(self, item: int, run: Sequence[str], *, whole: bool) -> Proof | None:
        fact = self._price_phrases.get(tuple(run))
        if fact is None:
            return self.words.whole(item, run) if whole else self.words.of_title(item, run)
        band = self._price_band(item)
        if fact != f"price:{band}":
            return None
        return Proof("price", f"{LOW if band == 'low' else HIGH}{self._category[item]}")

    # What is wrong

    def _refused(self, said: Sequence[SaidWord], pieces: Sequence[Piece]) -> Iterator[Violation]:
        """Yield orders, prices, effects on health and superlatives, whatever bears them out."""
        whole = {at for piece in pieces if piece.proof for at in range(piece.start, piece.end)}
        for at, word in enumerate(said):
            if word.text in self._plain.refused or _is_superlative(word.text):
                if not (at in whole and word.hyphened):  # a roll-top bag is no top bag
                    yield Violation("refused", word.text)
            elif word.text in NEGATORS or word.text.endswith("n't"):
                if at not in whole:
                    yield Violation("negation", word.text)
            elif any(char.isdigit() for char in word.text) and not _is_name_of_many(at, pieces):
                yield Violation("number", word.text)

    def _unproved(self, said: Sequence[SaidWord], pieces: Sequence[Piece]) -> Iterator[Violation]:
        """Yield the words that nothing bears out and that are not plain."""
        proved = {at for piece in pieces for at in range(piece.start, piece.end)}
        of_item = {at for it in pieces if it.proof and not it.season for at in range(it.start, it.end)}
        open_ = [at for at in range(len(said)) if at not in proved]
        bare = [said[at].text for at in open_ if not self._is_plain(said, at, proved, of_item)]
        if bare:
            yield Violation("words", f"nothing shows: {', '.join(bare)}")
        if not pieces:
            yield Violation("empty", "nothing is said of the item or the interest")
        told = Counter(stem(said[at].text) for at in proved if said[at].text not in FUNCTION_WORDS)
        if again := [word for word, n in told.items() if n > 1]:
            yield Violation("repeat", ", ".join(again))
        names = [said[at].text for at in open_ if said[at].capital]
        if names:
            yield Violation("name", f"{_PERSON_VIOLATION}: {', '.join(names)}")

    def _is_plain(self, said: Sequence[SaidWord], at: int, proved: set[int], of_item: set[int]) -> bool:
        """Return whether a word states nothing where it stands: a quiet morning, but no quiet blender."""
        word = said[at].text
        if self._plain.is_plain(word):
            return True
        if not self._plain.is_mood(word):
            return False
        if word == "light" and at and self._plain.is_occasion(said[at - 1].text) and at + 1 not in proved:
            return True  # the morning's
        after = at + 1  # slow summer evenings, slow camping days
        while after < len(said) and after not in of_item and (
            after in proved or self._plain.is_mood(said[after].text)
        ):  # fmt: skip
            after += 1
        if after == len(said) or after in proved:
            return False
        if after + 1 in of_item and said[after + 1].start == said[after].end + 1:
            return False  # fresh kitchen sponges are said to be fresh
        return self._plain.takes_mood(said[after].text) or (word == "little" and self._plain.is_plain(said[after].text))

    def _is_mere(self, said: Sequence[SaidWord], places: Collection[int], item: int) -> bool:
        """Return whether words that name a value somewhere are plain ones here, where nothing of the kind has it."""
        words = stems_of(said[at].text for at in sorted(places))
        if self.words.is_sold(words) or self.words.is_value_nearby(item, " ".join(words)):
            return False
        return all(self._plain.is_plain(said[at].text) for at in places)

    def _foreign(self, said: Sequence[SaidWord], pieces: Sequence[Piece], item: int, text: str) -> Iterator[Violation]:
        """Yield names that the catalogue has for other things, where no field of this item and no interest has them."""
        words = stems_of(word.text for word in said)
        of_item = {at for piece in pieces if piece.proof or piece.season for at in range(piece.start, piece.end)}
        of_interest = {at for piece in pieces if piece.of_interest for at in range(piece.start, piece.end)}
        for n in range(min(MAX_PHRASE, len(words)), 0, -1):
            for start in range(len(words) - n + 1):
                run, places = words[start : start + n], set(range(start, start + n))
                if places <= of_item or places <= of_interest or not self.words.is_foreign(run):
                    continue
                # A brand called Morning is named only where it is written like a name.
                lower = all(text[said[at].start].islower() for at in places)
                if n == 1 and run in self.words.brands and lower and self._plain.is_plain(said[start].text):
                    continue
                if n == 1 and start - 1 in of_interest and said[start].text in _FOLLOWERS:
                    continue  # fans of an interest, and not for the ceiling
                if self._is_mere(said, places, item):
                    continue
                yield Violation("foreign", f"{' '.join(run)} is not of this item")

    def _out_of_season(
        self, said: Sequence[SaidWord], pieces: Sequence[Piece], item: int, season: Season | None
    ) -> Iterator[Violation]:
        """Yield seasons that it is not, and the one that it is beside an item made for another."""
        of_item = {at for piece in pieces if piece.proof for at in range(piece.start, piece.end)}
        for at, word in enumerate(said):
            meant = _SEASON_WORDS.get(word.text)
            if meant is None:
                continue
            if at not in of_item and at + 1 in of_item:
                yield Violation("season", f"{word.text}: nothing says that the item is made for it")
            made_for = {each for each in SEASONS if self.words.proof(item, (each,))}
            if meant != season or (made_for and meant not in made_for):
                yield Violation(
                    "season", f"{word.text}: it is {season}, and the item is for {sorted(made_for) or 'any'}"
                )

    def _unlinked(self, said: Sequence[SaidWord], pieces: Sequence[Piece], interest: str | None) -> Iterator[Violation]:
        """Yield words that only the interest's name has, where they could be taken for what the item is.

        `for your trail running` means the person; `waterproof and yours`, of a person who looks for waterproof jackets,
        means the item.
        """
        of_item = {at for piece in pieces if piece.proof or piece.season for at in range(piece.start, piece.end)}
        for piece in pieces:
            if not piece.of_interest or of_item.issuperset(range(piece.start, piece.end)):
                continue
            run = [word.text for word in said[piece.start : piece.end]]
            whole = stems_of(run) == stems_of(tokens(interest or ""))
            before = {word.text for word in said[max(0, piece.start - 3) : piece.start]}
            after = [word.text for word in said[piece.end : piece.end + 2]]
            linked = bool(before & _TOWARDS) or any(it in _FOLLOWERS or self._plain.is_occasion(it) for it in after)
            names_other = any(self.words.is_foreign(stems_of([word])) for word in run)
            if not linked or (names_other and not whole):
                yield Violation("interest", f"{' '.join(run)}: could be taken for what the item is")


def _is_name_of_many(at: int, pieces: Sequence[Piece]) -> bool:
    """Return whether a word is part of a longer name, as in `65 l pack`, or a whole value: `2 nights` is neither."""
    return any(
        it.proof is not None and it.start <= at < it.end and (it.end - it.start > 1 or it.proof.field != "title")
        for it in pieces
    )


def _quoted(pieces: Sequence[Piece]) -> int:
    """Return the words of the longest unbroken stretch that only the title bears out."""
    of_title = {at for it in pieces if it.proof and it.proof.field == "title" for at in range(it.start, it.end)}
    longest = here = 0
    for at in range(max(of_title, default=-1) + 1):
        here = here + 1 if at in of_title else 0
        longest = max(longest, here)
    return longest


def _named_within(words: Sequence[str], pieces: Sequence[Piece], named: Collection[str]) -> list[Piece]:
    """Return the words of the interest's name inside runs that the item bears out: the tent of an ultralight tent."""
    within = [at for it in pieces if it.proof and not it.of_interest for at in range(it.start, it.end)]
    return [Piece(at, at + 1, None, True) for at in within if root(words[at]) in named]


@lru_cache(maxsize=1 << 12)
def root(word: str) -> str:
    """Return what running, runs and runner share: for the words of an interest's name only."""
    bare = stem(word)
    for ending in ("ing", "er"):
        if bare.endswith(ending) and len(bare) - len(ending) >= 3:
            bare = bare.removesuffix(ending)
            bare = bare[:-1] if bare[-1] == bare[-2] else bare
            break
    return bare.removesuffix("e") if len(bare) > 3 else bare


@lru_cache(maxsize=1 << 12)
def _name_roots(interest: str | None) -> tuple[str, ...]:
    return tuple(root(word) for word in tokens(interest or ""))


def _is_telling(word: str) -> bool:
    return word not in FUNCTION_WORDS


def _is_superlative(word: str) -> bool:
    return len(word) > 5 and word.endswith("est") and word not in _NO_SUPERLATIVES


_NO_SUPERLATIVES = frozenset(
    ["forest", "interest", "harvest", "request", "honest", "modest", "earnest", "invest", "suggest", "contest"]
)
