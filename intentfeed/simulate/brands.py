"""Brands and people who never existed: names from syllables, another set for each seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ONSETS = "b br c cl d dr f fl g gr h k kl l m n p pr r s sk st t tr v vl w y z th sh".split()
VOWELS = "a a e e i o o u ae ei ia ou y".split()
CODAS = "l n r s m nd rn lt rk st x th lm sk v ne re".split()
ENDINGS = "a o en er is ow ex ora ely ine ello ert und ane ivo ard ika elle aro".split()
SURNAME_HEADS = (
    "Ash Bar Cal Dun El Fen Gar Hal Hol Ing Kel Lang Mar Nor Ost Pem Quil Rad Sel Tarn Thorn Ul Var Wes Yar".split()
)
SURNAME_TAILS = (
    "brook by combe dale den ford gate ham hurst land ley mere more ridge row sen shaw stead ton wick worth".split()
)
FIRST_NAMES = (
    "Ada Aino Alba Amir Anouk Bela Carys Cem Dario Edda Eilis Emeka Farah Gil Greta Hana Idris Ines Iver Jana Jory Kaya "
    "Leif Lena Luca Mara Milo Nadia Noor Oona Orla Pavel Quinn Rafe Rhea Rosa Sami Silke Soren Tamsin Tove Uma Viggo Wanda "
    "Yara Zeno"
).split()
HOUSES = {
    "Sports & Outdoors": ("Outdoor", "Sports", "Mountain Works", "Athletic"),
    "Kitchen & Dining": ("Kitchen", "& Sons", "Cookware", "Table"),
    "Home & Living": ("Home", "Studio", "Interiors", "Living"),
    "Garden & DIY": ("Garden", "Tools", "& Daughters", "Works"),
    "Electronics": ("Labs", "Audio", "Tech", "Systems"),
    "Beauty": ("Botanics", "Skin", "Paris", "Apothecary"),
    "Food & Drink": ("Farm", "& Co.", "Pantry", "Provisions"),
}
KNOWN = frozenset(
    "adidas nike puma asics brooks salomon scott trek giant lego sony bose canon nikon apple dell asus acer lenovo braun "
    "bosch makita tefal lodge ikea muji zara levis gucci prada dior nivea dove loreal oral tide ariel persil finish "
    "pampers huggies purina whiskas pedigree royal nestle lavazza illy kenwood miele dyson philips osram gardena fiskars "
    "garmin suunto polar fitbit oakley marmot patagonia columbia berghaus deuter osprey vaude rab petzl fender gibson "
    "yamaha roland casio korg moleskine lamy parker stabilo copic crayola ravensburger hasbro mattel barbie playmobil "
    "siku schleich steiff fossil swatch seiko timex tissot omega pandora bialetti hario kalita brita sodastream senseo "
    "krups delonghi melitta sage smeg bodum alessi rosti zwilling wusthof victorinox opinel stanley hydro thermos contigo "
    "kindle kobo logitech razer corsair marshall sonos tile nest ring roomba neato hoover vax shark nest arlo blink".split()
)


@dataclass(frozen=True, slots=True)
class Brand:
    """A maker: what it is called, how dear it is, how its things look, and its model lines."""

    name: str
    tier: float
    """Price level: about -1.5 (cheap) to 1.5 (dear)."""
    style: int
    lines: tuple[str, ...]


def invent_word(rng: np.random.Generator, long: bool = False) -> str:
    """Return a word that sounds like a name and is no known brand."""
    while True:
        word = str(rng.choice(ONSETS)) + str(rng.choice(VOWELS)) + str(rng.choice(CODAS))
        if long or rng.random() < 0.5:
            word += str(rng.choice(VOWELS)) + str(rng.choice(CODAS[:6]))
        if rng.random() < 0.75:
            word += str(rng.choice(ENDINGS))
        if 4 <= len(word) <= 9 and word not in KNOWN and not _clumsy(word):
            return word.capitalize()


def _clumsy(word: str) -> bool:
    """Whether `word` has three vowels or four consonants in a row, or a letter twice running at its end."""
    run, last_kind = 0, None
    for letter in word:
        kind = letter in "aeiouy"
        run = run + 1 if kind == last_kind else 1
        last_kind = kind
        if run > (2 if kind else 3):
            return True
    return word[-1] == word[-2] or word.endswith(("iy", "uy", "yy", "rne", "skx"))


def surname(rng: np.random.Generator) -> str:
    """Return a family name."""
    return str(rng.choice(SURNAME_HEADS)) + str(rng.choice(SURNAME_TAILS))


def person(rng: np.random.Generator) -> str:
    """Return a first name and a family name."""
    return f"{rng.choice(FIRST_NAMES)} {surname(rng)}"


def invent_brands(rng: np.random.Generator, department: str, n: int, n_styles: int) -> list[Brand]:
    """Return `n` brands of a department, no two with one name."""
    names: dict[str, None] = {}
    while len(names) < n:
        names.setdefault(_brand_name(rng, department))
    return [
        Brand(
            name=name,
            tier=float(np.clip(rng.normal(0.0, 0.8), -1.6, 1.6)),
            style=int(rng.integers(n_styles)),
            lines=tuple(_line(rng) for _ in range(6)),
        )
        for name in names
    ]


def _brand_name(rng: np.random.Generator, department: str) -> str:
    """Return one brand name: a word, a house, or two families."""
    roll = rng.random()
    if roll < 0.62:
        return invent_word(rng)
    if roll < 0.80:
        return f"{surname(rng)} & {surname(rng)}" if rng.random() < 0.4 else surname(rng)
    return f"{invent_word(rng)} {rng.choice(HOUSES.get(department, ('Studio', 'House', 'Works')))}"


def _line(rng: np.random.Generator) -> str:
    """Return the name of a model line."""
    roll = rng.random()
    if roll < 0.55:
        return invent_word(rng, long=True)
    if roll < 0.8:
        return f"{invent_word(rng)} {rng.integers(2, 10)}"
    return f"{'ABCDEFGKLMNRSTVX'[rng.integers(16)]}{rng.integers(1, 10) * 10 ** int(rng.integers(1, 3))}"
