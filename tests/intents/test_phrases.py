"""How categories are spoken of: true of an item, without brand or model, told apart from vague words by counting."""

from __future__ import annotations

import json

from intentfeed.data.catalog import Catalog
from intentfeed.data.script import joined
from intentfeed.intents.lexicon import Lexicon, attribute_values
from intentfeed.intents.phrases import Phrasebook
from tests.intents.shop import BRANDS, Shop, leaves


def test_every_phrase_holds_of_an_item_of_its_category(shop: Shop) -> None:
    book = Phrasebook.fit(shop.catalog)
    for path in leaves():
        rows = [row for row, other in enumerate(shop.catalog.frame["category"]) if other == path]
        for phrase in book.phrases[path]:
            true = [row for row in rows if set(phrase.modifiers) <= set(book.modifiers[row])]
            assert len(true) == phrase.support
            assert all(term in shop.catalog.titles[row].lower() for row in true for term in phrase.modifiers)


def test_no_phrase_names_a_brand_or_a_model(shop: Shop) -> None:
    said = {word for row in shop.tagger.model.phrases_C for phrase in row for word in phrase.text.split(" ")}
    assert not said & {brand.lower() for brand in BRANDS}
    assert not any(character.isdigit() for word in said for character in word)


def test_a_product_line_of_one_brand_is_not_a_modifier() -> None:
    titles = [
        f"{brand} {line} Steel Kettle" for brand, line in (("Abc", "Zephyrine"), ("Def", "Morwenna")) for _ in "1234"
    ]
    catalog = _catalog(titles, ["Kitchen > Kettles"] * 8, brand=["Abc"] * 4 + ["Def"] * 4)
    texts = [phrase.text for phrase in Phrasebook.fit(catalog).phrases["Kitchen > Kettles"]]
    assert "steel kettle" in texts
    assert not any("zephyrine" in text or "morwenna" in text for text in texts)


def test_a_word_that_follows_numbers_is_a_unit() -> None:
    titles = [f"Glass Jar {size} Quart" for size in range(2, 12)]
    lexicon = Lexicon.fit(_catalog(titles, ["Jars"] * 10, brand=["A", "B"] * 5))
    assert "quart" in lexicon.units
    assert lexicon.usable("glass")


def test_a_word_at_home_everywhere_is_vague() -> None:
    kinds = [f"kind{chr(97 + a)}{chr(97 + b)}" for a in range(8) for b in range(8)]
    titles = [f"Premium {material} {kind}" for kind in kinds for material in ("Oak", "Oak")]
    titles = [title if at % 16 < 2 else title.replace("Oak", "Plain") for at, title in enumerate(titles)]
    catalog = _catalog(titles, [kind for kind in kinds for _ in "12"], brand=["A", "B"] * len(kinds))
    lexicon = Lexicon.fit(catalog)
    assert "premium" in lexicon.vague
    assert "oak" not in lexicon.vague


def test_words_that_belong_together_stay_together() -> None:
    titles = [f"{stuff} Bowl" for stuff in ("Stainless Steel", "Stainless Steel", "Stainless Steel", "Clay") * 3]
    catalog = _catalog(titles, ["Bowls"] * 12, brand=["A", "B"] * 6)
    book = Phrasebook.fit(catalog)
    assert ("stainless steel",) in {phrase.modifiers for phrase in book.phrases["Bowls"]}


def test_titles_that_are_names_leave_the_speaking_to_attributes() -> None:
    films = {
        "item_id": [f"f{row}" for row in range(24)],
        "title": [f"The {name} Affair" for name in "abcdefghijklmnopqrstuvwx"],
        "category": ["Thriller", "Comedy"] * 12,
        "attributes": [
            json.dumps({"year": 1990 + row % 9, "genres": ["Crime" if row % 3 else "War"]}) for row in range(24)
        ],
    }
    book = Phrasebook.fit(Catalog.of(films))
    texts = [phrase.text for phrase in book.phrases["Thriller"]]
    assert "1990s crime thriller" in texts
    assert not any("affair" in text for text in texts)


def test_attributes_that_titles_never_speak_of_are_left_out_where_titles_speak() -> None:
    rows = range(24)
    catalog = _catalog(
        [f"{('Oak', 'Steel')[row % 2]} Bookcase" for row in rows],
        ["Furniture > Bookcases"] * 24,
        brand=["A", "B", "C"] * 8,
        attributes=[json.dumps({"material": ("oak", "steel")[row % 2], "mood": "joyful"}) for row in rows],
    )
    texts = [phrase.text for phrase in Phrasebook.fit(catalog).phrases["Furniture > Bookcases"]]
    assert any("oak" in text for text in texts)
    assert not any("joyful" in text for text in texts)


def test_a_leaf_name_that_several_shelves_share_is_said_with_its_shelf() -> None:
    catalog = _catalog(
        ["Case", "Strap"], ["Shop > Phones > Accessories", "Shop > Guitars > Accessories"], brand=["A", "B"]
    )
    book = Phrasebook.fit(catalog)
    assert [phrase.text for phrase in book.phrases["Shop > Guitars > Accessories"]][-1] == "guitars accessories"


def test_measures_codes_and_long_texts_are_no_values() -> None:
    row = {"size": "12 cm", "plot": "word " * 20, "ok": True, "price": 3.5, "n": 12, "colour": "Sea  Green"}
    assert attribute_values(row) == ["sea green"]


def _catalog(titles: list[str], paths: list[str], **more: list[str]) -> Catalog:
    return Catalog.of(
        {"item_id": [f"i{row}" for row in range(len(titles))], "title": titles, "category": paths, **more}
    )


def test_chinese_categories_are_spoken_of_by_modifier_and_core_word() -> None:
    nouns = {"户外 > 登山鞋": "登山鞋", "户外 > 冲锋衣": "冲锋衣", "厨房 > 炒锅": "炒锅", "厨房 > 汤锅": "汤锅"}
    rows = [
        (path, brand, f"{brand} {mod}{material}{noun} {size}码赠收纳袋")
        for path, noun in nouns.items()
        for brand in ("岚野", "栖川", "沐屿家")
        for mod in ("防水", "耐磨", "轻便")
        for material, size in (("牛皮", 38), ("网布", 40), ("", 42))
    ]
    catalog = _catalog([row[2] for row in rows], [row[0] for row in rows], brand=[row[1] for row in rows])
    book = Phrasebook.fit(catalog)
    texts = [phrase.text for phrase in book.phrases["户外 > 登山鞋"]]
    assert {"防水 登山鞋", "耐磨 登山鞋", "轻便 登山鞋"} <= set(texts)
    assert {phrase.core for phrase in book.phrases["户外 > 登山鞋"]} == {"登山鞋"}
    said = " ".join(text for row in book.phrases.values() for text in (phrase.text for phrase in row))
    assert not any(word in said for word in ("岚野", "栖川", "沐屿家", "收纳袋", "码", "38"))
    assert book.cut[0].endswith("登山鞋")


def test_any_script_without_blanks_has_phrases() -> None:
    titles = [f"{mod}รองเท้าวิ่ง" for mod in ("กันน้ำ", "น้ำหนักเบา", "ผู้หญิง") for _ in range(4)]
    titles += [f"{mod}シューズ" for mod in ("防水", "軽量", "メンズ") for _ in range(4)]
    paths = ["กีฬา > รองเท้าวิ่ง"] * 12 + ["スポーツ > シューズ"] * 12
    book = Phrasebook.fit(_catalog(titles, paths))
    said = {path: {joined(phrase.text) for phrase in row} for path, row in book.phrases.items()}
    assert {"กันน้ำรองเท้าวิ่ง", "ผู้หญิงรองเท้าวิ่ง"} <= said["กีฬา > รองเท้าวิ่ง"]
    assert {"防水シューズ", "メンズシューズ"} <= said["スポーツ > シューズ"]
