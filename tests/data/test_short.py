"""Short texts keep what identifies an item, drop what every title says, and never break a digest's structure."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentfeed.data.catalog import Catalog
from intentfeed.data.digest_parse import parse_digest
from intentfeed.data.short import ShortConfig, collisions, short_texts
from intentfeed.data.tokens import count_tokens

KINDS = {
    "Outdoor > Tents": ("tent", ("ridge", "dome", "tunnel", "trekking")),
    "Outdoor > Stoves": ("stove", ("gas", "spirit", "wood", "folding")),
    "Kitchen > Knives": ("knife", ("paring", "bread", "chef", "filleting")),
    "Kitchen > Pans": ("pan", ("frying", "sauté", "crêpe", "grill")),
}


def shop() -> Catalog:
    """400 items whose titles all carry the same marketing, and differ in kind, model and size."""
    columns: dict[str, list[object]] = {name: [] for name in ("item_id", "title", "category", "brand", "attributes")}
    for n in range(400):
        category, (noun, kinds) = list(KINDS.items())[n % 4]
        brand = ("Norling", "Acme Camp", "Vale")[n % 3]
        title = (
            f"{brand} Premium {kinds[n // 4 % 4]} {noun} with free shipping for the best value, MX{n}, {n % 7 + 1} cm"
        )
        columns["item_id"].append(f"i{n}")
        columns["title"].append(title)
        columns["category"].append(category)
        columns["brand"].append(brand)
        columns["attributes"].append(json.dumps({"colour": ("red", "blue", "green")[n % 3], "sku": f"{n:08}"}))
    return Catalog.of(columns)


def test_boilerplate_goes_and_model_numbers_stay() -> None:
    catalog = shop()
    texts = short_texts(catalog)
    for n, text in enumerate(texts):
        words = text.lower().split()
        assert not {"with", "free", "shipping", "for", "best", "value", "premium"} & set(words)
        assert f"mx{n}" in words
        assert any(noun in text for noun in ("tent", "stove", "kni", "pan"))
    assert collisions(catalog, texts) == 0


def test_the_unit_stays_with_its_number() -> None:
    assert all(" cm" in text for text in short_texts(shop()))


def test_a_brand_is_told_once() -> None:
    catalog = shop()
    for text, brand in zip(short_texts(catalog), catalog.frame["brand"], strict=True):
        assert text.lower().split().count(brand.lower().split()[0]) == 1


def test_a_brand_and_a_leaf_that_the_title_lacks_are_added() -> None:
    catalog = Catalog.of({"item_id": ["a"], "title": ["Ridge 2"], "category": ["Outdoor > Tents"], "brand": ["Vale"]})
    assert short_texts(catalog)[0] == "Ridge 2 Tents Vale"


def test_identifiers_are_no_attributes_but_colours_are() -> None:
    texts = short_texts(shop())
    assert all(any(colour in text for colour in ("red", "blue", "green")) for text in texts)
    assert not any(f"{n:08}" in text for n, text in enumerate(texts))


def test_what_a_third_of_items_have_is_no_attribute() -> None:
    audience = ["unisex"] * 6 + ["women", "men", "kids", "baby"]
    attributes = [json.dumps({"audience": audience[n % 10]}) for n in range(100)]
    catalog = Catalog.of(
        {"item_id": [f"i{n}" for n in range(100)], "title": [f"Vest {n}" for n in range(100)], "attributes": attributes}
    )
    texts = short_texts(catalog)
    assert [text.split()[-1] for text in texts[5:10]] == ["5", "women", "men", "kids", "baby"]


def test_an_attribute_in_the_title_is_kept_there_whole() -> None:
    colours = ("midnight blue", "volt yellow", "dusty rose", "rose gold")
    titles = [f"Vale dome tent M{n}, {colours[n % 4].title()}" for n in range(200)]
    attributes = [json.dumps({"colour": colours[n % 4]}) for n in range(200)]
    catalog = Catalog.of({"item_id": [f"i{n}" for n in range(200)], "title": titles, "attributes": attributes})
    for n, text in enumerate(short_texts(catalog)):
        assert text.lower().count(colours[n % 4]) == 1


def test_titles_that_differ_in_one_frequent_word_are_told_apart() -> None:
    catalog = shop()
    more = [
        f"Vale ridge tent {colour} extra long name of a series of fine things in town {n}"
        for n in range(20)
        for colour in ("with", "best")
    ]
    frame = pl.concat([catalog.frame, Catalog.of({"item_id": [f"x{n}" for n in range(40)], "title": more}).frame])
    assert collisions(Catalog(frame), short_texts(Catalog(frame))) == 0


def test_items_without_text_are_told_by_id() -> None:
    assert short_texts(Catalog.of({"item_id": ["a", "b"]})).to_list() == ["item a", "item b"]
    assert short_texts(Catalog.of({"item_id": []})).to_list() == []


def test_films_keep_their_titles() -> None:
    attributes = [json.dumps({"directors": ["Ada Lee"], "year": 1995, "votes": 1000 + n}) for n in range(60)]
    titles = [f"The Night {n} of the" for n in range(60)]
    catalog = Catalog.of({"item_id": [f"i{n}" for n in range(60)], "title": titles, "attributes": attributes})
    assert all(text.startswith(title) for text, title in zip(short_texts(catalog), titles, strict=True))


def test_chinese_titles_are_cut_without_gaps_between_characters() -> None:
    title = "女士防水透气登山徒步越野跑鞋春秋季新款轻便减震运动户外休闲鞋子"
    text = short_texts(Catalog.of({"item_id": ["a"], "title": [title]}))[0]
    assert count_tokens(text) == 20
    assert " " not in text


ITEM = st.fixed_dictionaries(
    {
        "title": st.text(st.characters(codec="utf-8") | st.sampled_from("ab ,|()越0 "), max_size=60),
        "category": st.sampled_from(["", "A > B", "A > (C), D", "越 > 野"]),
        "brand": st.text(max_size=12),
        "attributes": st.sampled_from(["{}", '{"a": 1}', '{"a": ["x, y"], "b": null}', '{"b": {"c": 1}, "d": true}']),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ITEM, min_size=1, max_size=12), st.sampled_from([4, 9, 20]))
def test_any_catalogue_gives_clean_texts_within_the_budget(items: list[dict[str, str]], budget: int) -> None:
    columns = {name: [item[name] for item in items] for name in items[0]}
    catalog = Catalog.of({"item_id": [f"i{n}" for n in range(len(items))], **columns})
    texts = short_texts(catalog, ShortConfig(budget_tokens=budget))
    assert texts.equals(short_texts(catalog, ShortConfig(budget_tokens=budget)))
    for text in texts:
        assert text
        assert text == text.strip()
        assert count_tokens(text) <= budget
        assert len(parse_digest(f"today (liked) | {text}")) == 1


@pytest.mark.shared
@pytest.mark.parametrize(("name", "most"), [("amazon-industrial-2018", 0.005), ("movielens-100k", 0.005)])
def test_real_titles_stay_apart(shared_data: Path, name: str, most: float) -> None:
    raw = pl.read_parquet(shared_data / name / "items.parquet")
    columns = {"item_id": raw["item_id"].to_list(), "title": raw["title"].fill_null("").to_list()}
    catalog = Catalog.of({**columns, "category": raw["category"].fill_null("").to_list()})
    assert collisions(catalog, short_texts(catalog)) <= most


SPACELESS = {
    "zh": ("防水登山鞋男款", "轻便冲锋衣女款", "户外 > 鞋靴"),
    "ja": ("ランニングシューズ軽量", "防水トレッキング靴", "アウトドア > 靴"),
    "th": ("รองเท้าวิ่งน้ำหนักเบา", "เสื้อกันฝนผู้หญิง", "กีฬา > รองเท้า"),
    "km": ("ស្បែកជើងរត់", "អាវភ្លៀង", "កីឡា > ស្បែកជើង"),
    "my": ("ပြေးဖိနပ်ပေါ့", "မိုးကာအင်္ကျီ", "အားကစား > ဖိနပ်"),
    "lo": ("ເກີບແລ່ນເບົາ", "ເສື້ອກັນຝົນ", "ກິລາ > ເກີບ"),
    "mixed": ("GTX登山鞋PRO防水", "รองเท้าTrail42", "Sale > 鞋"),
}


@settings(max_examples=60, deadline=None)
@given(
    script=st.sampled_from(sorted(SPACELESS)),
    cuts=st.lists(
        st.tuples(st.integers(0, 12), st.integers(1, 12), st.sampled_from(["", " ", ", ", "（", "42码"])), max_size=12
    ),
    budget=st.integers(4, 24),
)
def test_titles_without_blanks_stay_within_the_budget_and_lose_no_character(
    script: str, cuts: list[tuple[int, int, str]], budget: int
) -> None:
    """Whatever is left of a title is made of its own pieces, whole characters with their marks."""
    one, other, path = SPACELESS[script]
    titles = [one, other, *(f"{one[at : at + n]}{sign}{other[at : at + n]}" for at, n, sign in cuts)]
    columns = {"item_id": [f"i{n}" for n in range(len(titles))], "title": titles, "category": [path] * len(titles)}
    catalog = Catalog.of(columns)
    for title, text in zip(titles, short_texts(catalog, ShortConfig(budget_tokens=budget)), strict=True):
        assert text
        assert count_tokens(text) <= budget or text.startswith("item ")
        assert parse_digest(f"2025 (viewed details) | {text}")
        allowed = set(title + path + catalog.frame["item_id"][0] + "item 0123456789")
        assert set(text) <= allowed
    whole = short_texts(catalog, ShortConfig(budget_tokens=200, whole_tokens=100))
    for title, text in zip(titles, whole, strict=True):
        kept = "".join(char for char in text if char.isalnum())
        assert all(char in kept for char in title if char.isalnum()), (title, text)


def test_chinese_titles_are_shortened_by_words() -> None:
    """Boilerplate goes, what identifies stays, and no word is cut."""
    kinds = {
        "登山鞋": ("防水", "防滑"),
        "电饭煲": ("球釜", "低糖"),
        "四件套": ("磨毛", "提花"),
        "猫爬架": ("剑麻", "立式"),
    }
    rows = [
        (noun, f"岚野 新款包邮热卖{mod}{noun}男女通用送礼佳品 {colour} GX{n}{k}{size}")
        for n, (noun, mods) in enumerate(kinds.items())
        for k, mod in enumerate(mods)
        for colour in ("军绿", "石墨灰", "橙红")
        for size in range(13)
    ]
    titles, paths = [title for _, title in rows], [f"{noun}馆 > {noun}" for noun, _ in rows]
    columns = {
        "item_id": [f"i{n}" for n in range(len(rows))],
        "title": titles,
        "category": paths,
        "brand": ["岚野"] * len(rows),
    }
    catalog = Catalog.of(columns)
    texts = short_texts(catalog).to_list()
    words = {word for title in titles for word in catalog.segmenter.words(title)}
    for title, text in zip(titles, texts, strict=True):
        assert count_tokens(text) <= 20
        assert title.split(" ")[-1] in text  # the model
        noun = next(word for word in kinds if word in title)
        assert noun in text
        assert next(word for word in kinds[noun] if word in title) in text
        assert all(word in words for part in text.split(" ") for word in catalog.segmenter.words(part))
    assert not any("包邮" in text or "送礼" in text for text in texts)
