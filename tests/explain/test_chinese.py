"""Chinese sentences: enough frames, filled within six to ten characters, and nothing said that is not so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.data.segment import Segmenter
from intentfeed.explain.check import Verifier
from intentfeed.explain.config import ExplainConfig
from intentfeed.explain.frames import shipped
from intentfeed.explain.grounded import GroundedExplainer
from intentfeed.explain.phrases import ends, holds, phrases
from intentfeed.explain.rules import prohibited
from intentfeed.explain.words import letters
from intentfeed.types import Context, Reason

SUMMER = Context(as_of=date(2025, 7, 1))
LEAVES = {
    "户外 > 鞋靴 > 登山鞋": ("登山鞋", ("防水", "耐磨"), "牛皮"),
    "户外 > 露营 > 帐篷": ("露营帐篷", ("防雨", "轻量"), "牛津布"),
    "厨房 > 锅具 > 炒锅": ("不粘炒锅", ("轻便", "加厚"), "精铁"),
    "家居 > 床品 > 被子": ("夏凉被", ("轻盈", "透气"), "纯棉"),
}
BRANDS = ("岚野", "栖川", "沐屿家")


def outfitter() -> Catalog:
    """Return twelve items of each category; the first three are the cheapest, only number 0 is imitation leather."""
    rows = []
    for path, (noun, features, material) in LEAVES.items():
        for n in range(12):
            feature, brand = features[n % 2], BRANDS[n % 3]
            attributes = {"feature": feature, "material": material, "model": "远山记"}
            if "被" in noun:
                attributes["season"] = "夏季"
            rows.append(
                {
                    "item_id": f"{noun}{n:02d}",
                    "title": f"{brand} {feature}{'仿' if n == 0 else ''}{material}{noun} 远山记 {n + 1}件装",
                    "category": path,
                    "brand": brand,
                    "price": 10.0 + 5 * n,
                    "description": f"一款{feature}的{noun}。",
                    "attributes": json.dumps(attributes, ensure_ascii=False),
                }
            )
    return Catalog.of({name: [row[name] for row in rows] for name in rows[0]})


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return outfitter()


@pytest.fixture(scope="module")
def explainer(catalog: Catalog) -> GroundedExplainer:
    return GroundedExplainer.fit(catalog, ExplainConfig())


def told(explainer: GroundedExplainer, key: str = "", name: str = "") -> list[tuple[int, Reason]]:
    """Return five sentences an item."""
    items = range(len(explainer.catalog))
    found = [(item, explainer.explain(key, name, item, SUMMER, variant=n)) for item in items for n in range(5)]
    return [(item, reason) for item, reason in found if reason.kind != "none"]


def test_there_are_enough_frames_and_each_can_be_filled_in_ten_characters() -> None:
    frames = shipped("zh").all
    assert len(frames) >= 60
    assert {frame.id for frame in frames}.isdisjoint(frame.id for frame in shipped("en").all)
    assert all(frame.id.startswith("zh-") for frame in frames)
    for frame in frames:
        assert frame.n_fixed + 2 * len(frame.slots) <= 10, frame.id
        assert not list(prohibited("".join(frame.parts) + "登山鞋", (), (), ExplainConfig().length))[1:], frame.id


def test_the_catalogue_s_language_chooses_the_frames(catalog: Catalog, explainer: GroundedExplainer) -> None:
    assert explainer.language == "zh"
    assert GroundedExplainer.fit(catalog, ExplainConfig(language="en")).language == "en"
    english = Catalog.of({"item_id": ["a"], "title": ["Trail shoe"]})
    assert GroundedExplainer.fit(english, ExplainConfig()).language == "en"


def test_sentences_are_short_true_and_various(catalog: Catalog, explainer: GroundedExplainer) -> None:
    verifier = Verifier(catalog)
    alone = told(explainer)
    tied = [
        (item, reason)
        for item, reason in told(explainer, "category:户外 > 鞋靴 > 登山鞋", "登山鞋")
        if catalog.field(item, "category").endswith("登山鞋")
    ]
    assert len(alone) == 5 * len(catalog)
    assert len(tied) == 60
    for item, reason in [*alone, *tied]:
        assert 6 <= len(letters(reason.text)) <= 10, reason.text
        name = "登山鞋" if reason.kind == "interest" else None
        assert not verifier.check(reason, item, interest_name=name, season="summer"), reason.text
    assert len({reason.frame for _, reason in [*alone, *tied]}) >= 25
    assert not any("远山记" in reason.text for _, reason in alone)  # the name of a model is no quality


def test_a_season_is_said_in_the_catalogue_s_own_word(explainer: GroundedExplainer) -> None:
    seasonal = [reason for _, reason in told(explainer) if any(claim.kind == "season" for claim in reason.claims)]
    assert seasonal
    assert all("夏季" in reason.text for reason in seasonal)
    winter = Context(as_of=date(2025, 1, 10))
    assert all(
        claim.kind != "season"
        for item in range(len(explainer.catalog))
        for claim in explainer.explain("", "", item, winter).claims
    )


def test_what_is_not_so_is_refused(catalog: Catalog, explainer: GroundedExplainer) -> None:
    verifier = Verifier(catalog)
    item, reason = next((item, it) for item, it in told(explainer) if it.frame.startswith("zh-itemfeature"))
    feature = next(claim for claim in reason.claims if claim.item_field == "feature")
    other = "防雷"

    def lies(sentence: str, *, text: str = feature.text, value: str | None = feature.value) -> Reason:
        claims = tuple(replace(claim, text=text, value=value) if claim is feature else claim for claim in reason.claims)
        return replace(reason, text=sentence, claims=claims)

    assert verifier.check(lies(reason.text.replace(feature.text, other), text=other, value=other), item)
    assert verifier.check(lies(reason.text.replace(feature.text, other), text=other), item)
    assert verifier.check(lies(f"{reason.text}呀"), item)  # one character that no claim and no frame holds
    assert verifier.check(lies(reason.text.replace(feature.text, "")), item)
    assert not verifier.check(reason, item)


def test_a_title_says_whole_words_only(catalog: Catalog) -> None:
    verifier = Verifier(catalog)
    shoe = catalog.row_of["登山鞋01"]
    assert verifier.proofs.has(shoe, "title", "登山鞋")
    assert not verifier.proofs.has(shoe, "title", "山鞋")
    assert not verifier.proofs.has(shoe, "title", "磨牛")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("最好的登山鞋在这里", "exaggeration"),
        ("登山鞋限时抢购中", "hard_sell"),
        ("出门必备的登山鞋", "cliche"),
        ("一双优雅的登山鞋", "generic"),
        ("李先生的登山鞋到了", "address"),
        ("登山鞋", "length"),
        ("这双登山鞋陪你走过千山万水", "length"),
    ],
)
def test_prohibitions_hold_in_chinese(text: str, rule: str) -> None:
    assert rule in {violation.rule for violation in prohibited(text, (), (), ExplainConfig().length)}


def test_a_name_is_no_exaggeration() -> None:
    assert not list(prohibited("第一坊的登山鞋来啦", (), ("第一坊",), ExplainConfig().length))


def test_phrases_of_a_title() -> None:
    segmenter = Segmenter({"登山鞋": 5, "防水": 9, "鞋带": 3, "牛皮": 5, "赠": 2, "仿": 1})
    title = phrases("岚野 防水牛皮登山鞋 赠鞋带", segmenter)
    assert title == [["岚野"], ["防水", "牛皮", "登山鞋"]]
    assert list(ends(title[1])) == ["防水牛皮登山鞋", "牛皮登山鞋", "登山鞋"]
    assert holds(title, "牛皮登山鞋")
    assert not holds(title, "皮登山鞋")
    assert not holds(title, "鞋带")
    assert not holds(phrases("仿牛皮登山鞋", segmenter), "牛皮")
    assert phrases("登山鞋 42码", segmenter)[-1] == ["42码"]
    assert not list(ends(["42码"]))


def test_a_catalogue_of_titles_alone_is_told_too(catalog: Catalog) -> None:
    bare = Catalog.of({"item_id": catalog.item_ids, "title": catalog.titles})
    explainer, verifier = GroundedExplainer.fit(bare, ExplainConfig()), Verifier(bare)
    found = told(explainer)
    assert len({item for item, _ in found}) > 0.6 * len(bare)  # of the others nobody can tell what they are
    assert not any(verifier.check(reason, item) for item, reason in found)
