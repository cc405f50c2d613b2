"""Words are counted, cut and cased as the rules of the sentences ask."""

import pytest

from intentfeed.explain.words import Casing, contains, is_chinese, length, starts_with_vowel, tokens, words_of


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Waterproof grip for trail running", 5),
        ("Jams, jellies & preserves!", 3),
        ("1/2-inch staples, children's", 3),
        ("…", 0),
        ("山高水长，背上就走", 8),
        ("新款T恤上架了", 7),
    ],
)
def test_length_counts_words_or_characters_without_punctuation(text: str, n: int) -> None:
    assert length(text) == n


def test_tokens_part_hyphens_and_words_keep_them() -> None:
    assert tokens("Glass-Jar Children’s") == ("glass", "jar", "children's")
    assert words_of("Glass-Jar Children’s") == ("glass-jar", "children's")


def test_chinese_is_told_by_its_letters() -> None:
    assert is_chinese("夏日穿搭 new")
    assert not is_chinese("new 夏 collection")
    assert not is_chinese("!!")


def test_a_run_of_words_is_unbroken() -> None:
    assert contains(("trail", "running"), ("for", "trail", "running"))
    assert not contains(("trail", "shoes"), ("trail", "running", "shoes"))
    assert not contains((), ("a",))


@pytest.mark.parametrize(
    ("word", "an"),
    [
        ("olive", True),
        ("hour", True),
        ("8-piece", True),
        ("unisex", False),
        ("user", False),
        ("one", False),
        ("red", False),
    ],
)
def test_the_article_follows_the_sound(word: str, an: bool) -> None:
    assert starts_with_vowel(word) is an


def test_a_heading_falls_and_a_name_stands() -> None:
    casing = Casing.of(["a tent of cotton by Northfold", "cotton again, and Northfold"])
    assert casing.mid("Trail Running", common=True) == "trail running"
    assert casing.mid("LED Lamps & pH Meters", common=True) == "LED lamps & pH meters"
    assert casing.mid("3D Printing", common=True) == "3D printing"
    assert casing.mid("Children's Décor", common=True) == "children's décor"
    assert casing.mid("Cotton", common=False) == "cotton"
    assert casing.mid("Northfold", common=False) == "Northfold"
    assert casing.knows("cotton tents")
    assert not casing.knows("Northfold")
