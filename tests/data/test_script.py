"""Words where a script has no blanks: nothing is lost, nothing crashes, and a catalogue's own words are found."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intentfeed.data.catalog import Catalog
from intentfeed.data.script import (
    clusters,
    is_spaceless,
    joined,
    language_of,
    matching_words,
    pairs,
    parts,
)
from intentfeed.data.segment import Segmenter

SCRIPTS = {
    "han": "登山鞋防水男款的二手乒乓球拍",
    "kana": "ランニングシューズがんばれー゛",
    "thai": "รองเท้าวิ่งน้ำหนักเบาที่นอน",
    "lao": "ເກີບແລ່ນກັນນໍ້າ",
    "khmer": "ស្បែកជើងរត់កាមេរ៉ា",
    "myanmar": "ဖိနပ်အပြေးရေစိုခံ",
    "hangul": "등산화 방수",
    "hindi": "जूते पानी",
    "latin": "Trail shoe GTX 42-e’ß",
    "other": "  ,|（）🥾️\u200b\u0301٣Ω",
}
mixed = st.lists(
    st.sampled_from(sorted(SCRIPTS)).flatmap(lambda name: st.text(alphabet=SCRIPTS[name], max_size=8)), max_size=5
).map("".join)
LEARNT = Segmenter.learn([text for text in SCRIPTS.values() for _ in range(4)], {"登山鞋": 9, "防水": 7, "รองเท้า": 5})


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(text=mixed)
@example(text="\u0e31\u0e31ก")
@example(text="ー゙が")
@pytest.mark.parametrize("segmenter", [LEARNT, Segmenter({})], ids=["learnt", "knows nothing"])
def test_no_character_is_lost(segmenter: Segmenter, text: str) -> None:
    assert "".join(clusters(text)) == text
    assert "".join(part for part, _ in parts(text)) == text
    assert bare(segmenter.spaced(text)) == bare(text)
    assert "".join(segmenter.words(text)) == bare(text)
    assert bare(joined(segmenter.spaced(text))) == bare(text)
    for run, spaceless in parts(text):
        if spaceless:
            assert "".join(segmenter.cut(run)) == run
    said = "".join(matching_words(text))
    assert all(char in said for char in text if char.isalnum())


@given(text=st.text(max_size=40))
def test_any_text_passes(text: str) -> None:
    assert bare(LEARNT.spaced(text)) == bare(text)
    assert bool(is_spaceless(text)) == any(spaceless for _, spaceless in parts(text))
    LEARNT.phrases(text)
    matching_words(text)


@given(texts=st.lists(mixed, max_size=12), fields=st.dictionaries(mixed, st.integers(1, 9), max_size=4))
def test_learning_from_anything_is_deterministic(texts: list[str], fields: dict[str, int]) -> None:
    one, two = Segmenter.learn(texts, fields), Segmenter.learn(texts, dict(reversed(fields.items())))
    assert one.counts == two.counts
    assert all(one.cut(run) == two.cut(run) for text in texts for run, spaceless in parts(text) if spaceless)


@given(text=st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=40))
def test_texts_with_blanks_between_words_stay_as_they_are(text: str) -> None:
    assert LEARNT.spaced(text) == text
    assert LEARNT.phrases(text) == text
    assert joined(text) == text
    assert matching_words(text) == re.findall(r"[^\W_]+", text)


def test_marks_stay_with_their_letter() -> None:
    assert clusters("ที่นอน") == ["ที่", "น", "อ", "น"]
    assert pairs("ที่นอน") == ["ที่น", "นอ", "อน"]
    assert matching_words("हिन्दी जूते") == ["हिन्दी", "जूते"]


def test_fields_and_runs_that_hold_together_are_words() -> None:
    titles = [
        f"{brand} {mod}{noun} {n}码"
        for n, brand in enumerate(["岚野", "栖川", "沐屿", "拓峰"], 38)
        for mod in ("防水", "耐磨", "轻便", "男款")
        for noun in ("登山鞋", "徒步背包", "冲锋衣")
    ]
    learnt = Segmenter.learn(titles, {"登山鞋": 16, "防水": 12})
    assert learnt.words("岚野 防水登山鞋 42码") == ["岚野", "防水", "登山鞋", "42码"]
    assert learnt.words("男款冲锋衣") == ["男款", "冲锋衣"]  # neither is a field's value
    assert learnt.cut("耐磨徒步背包") == ("耐磨", "徒步背包")
    assert learnt.phrases("岚野 防水登山鞋") == "岚野, 防水 登山鞋"


def test_a_catalogue_knows_its_words_and_its_language() -> None:
    titles = ["防水登山鞋", "防水冲锋衣", "防水登山包", "ASICS 跑步鞋"]
    catalog = Catalog.of({"item_id": ["a", "b", "c", "d"], "title": titles, "category": ["户外 > 登山鞋"] * 4})
    assert catalog.segmenter.words("防水登山鞋")[-1] == "登山鞋"
    assert catalog.language == "zh"
    english = Catalog.of({"item_id": ["a"], "title": ["Trail shoe"]})
    assert not english.segmenter.counts
    assert english.language == "other"


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["登山鞋", "防水 Gore-Tex 冲锋衣"], "zh"),
        (["ランニングシューズ", "登山靴の紐"], "other"),
        (["Trail shoe", "登山鞋", "Rope"], "other"),
        (["รองเท้า"], "other"),
        ([], "other"),
        (["", "42"], "other"),
    ],
)
def test_language_is_told_by_the_characters(texts: list[str], language: str) -> None:
    assert language_of(texts) == language
