"""Are these the person's own words? A quote is found in the command, whatever its case, blanks and quotation marks.

[ours] after RecBot, 3.3: evidence is mandatory, and what a model quotes must stand in the command.
"""

from __future__ import annotations

import unicodedata

_SAME = str.maketrans({"‘": "'", "’": "'", "`": "'", "“": '"', "”": '"', "‹": "<", "›": ">", "«": '"', "»": '"'})
_AROUND = " \t'\".,;:!?…。，！？；：、「」『』()（）"
_SHORT = 2
"""A quote of so few letters must be a word of its own; any other may be part of one."""


def own_words(command: str, quote: str) -> str:
    """Return the words of the command that a quote repeats, as they were typed; '' where it repeats none.

    >>> own_words("NOTHING  floral, please", "nothing floral"), own_words("nothing floral", "no flowers")
    ('NOTHING  floral', '')
    """
    said, places = _folded(command)
    wanted = _folded(quote)[0].strip(_AROUND)
    if not any(each.isalnum() for each in wanted):
        return ""
    at = said.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if len(wanted) > _SHORT or not _inside_a_word(said, at, end):
            return command[places[at] : places[end - 1] + 1]
        at = said.find(wanted, at + 1)
    return ""


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text as it is compared, and for each of its characters the place in the text that it comes from."""
    folded: list[str] = []
    places: list[int] = []
    for place, each in enumerate(text):
        plain = " " if each.isspace() else unicodedata.normalize("NFKC", each).translate(_SAME).casefold()
        if plain == " " and folded and folded[-1] == " ":
            continue
        for one in plain:
            if one == " " or one.isprintable():
                folded.append(one)
                places.append(place)
    return "".join(folded), places


def _inside_a_word(text: str, start: int, end: int) -> bool:
    """Return whether letters of a script that parts its words stand right before or after."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return any(each.isascii() and each.isalnum() for each in (before, after) if each)
