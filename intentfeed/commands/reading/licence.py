"""What of the words of a command is a demand, and what is talk? Words that nobody knows need a reason to count. [ours]

A value of the catalogue counts unless somebody only tells of himself ("I live in a tiny flat"). Free words count as
the category that they lie in; else only right behind a word that wants or refuses ("without that plastic smell").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .cues import Cues
from .said import Reading, Said
from .tokens import tokenise
from .topics import Topics
from .vocabulary import Vocabulary

FEW_HAN = 4
"""Characters of a word without blanks that counts though no title has it."""
MOST_WORDS = 6
"""Words of a phrase that is looked for in the titles."""


@dataclass(frozen=True, slots=True)
class Licence:
    """Knows which words of one catalogue count."""

    vocabulary: Vocabulary
    topics: Topics
    cues: Cues

    def counts(self, one: Said, reading: Reading) -> bool:
        """Return whether a value of the catalogue is asked for where it stands."""
        match = one.entries[0].match if one.entries else "whole"
        if match in ("person", "child"):
            return not one.negative and (one.occasion or (match == "child" and one.told and one.cued))
        if one.negative or one.retracted or one.governed or one.item or one.again:
            return True
        if (one.told and not one.name) or (one.pleased and not reading.asks):
            return False
        return match not in ("part", "root") or one.fragment or one.occasion or one.either or bool(one.name)

    def category(self, one: Said, reading: Reading) -> str:
        """Return the category that free words lie in, where they are asked for; '' for none."""
        if not self._is_asked(one, reading) or (one.occasion and not one.governed) or one.compound or one.part:
            return ""
        words = self.words(one.mark.said)
        for first in range(min(len(words), MOST_WORDS)):
            for phrase in (tuple(words[first:]), *self.cues.synonyms.get(tuple(words[first:]), ())):
                if (topic := self.topics.of(phrase)) is not None:
                    return topic.path
        return ""

    def is_asked(self, one: Said, reading: Reading) -> bool:
        """Return whether free words are a demand of their own."""
        words = self.words(one.mark.said)
        if not words:
            return False
        if one.compound:
            return True
        known = [word for word in words if self.topics.knows(word) or word in self.vocabulary.title_words]
        if not one.told and words[-1] and self.topics.names(words[-1]) and not (one.pleased and not reading.asks):
            return True
        if not one.told and any(word in self.cues.times_of_year for word in words):
            return True
        if one.governed and (one.negative or not one.told):
            return (
                (bool(known) and len(words[0]) > 1)
                or not self._is_han(words)
                or (one.alone and (1 if one.negative else 2) <= len(words[0]) <= FEW_HAN)
            )
        return bool(known) and self._is_asked(one, reading) and (one.negative or one.occasion or one.alone)

    def _is_asked(self, one: Said, reading: Reading) -> bool:
        if one.negative or one.governed:
            return True
        if one.told or (one.pleased and not reading.asks):
            return False
        return one.fragment or one.occasion or one.either

    def words(self, said: str) -> Sequence[str]:
        """Return the words of a stretch by which titles are searched."""
        tokens = tokenise(said)
        if any(token.kind == "han" for token in tokens):
            run = "".join(token.stem for token in tokens if token.kind == "han")
            parts = [word for word in self.vocabulary.words_of(run) if len(word) > 1]
            return parts if len(parts) > 1 and sum(map(len, parts)) == len(run) else [run]
        kept = [self.cues.same.get(token.stem, token.stem) for token in tokens if token.kind == "word"]
        told = [word for word in kept if (word,) not in self.cues.stop]
        told = told if any(word not in self.cues.ones for word in told) else []
        return [word for word in told if (word,) not in self.cues.quiet] or told

    def _is_han(self, words: Sequence[str]) -> bool:
        return not words[0].isascii()
