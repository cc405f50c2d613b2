"""How many falsehoods in free sentences does the check catch, and how many true sentences does it drop?

    python benchmarks/free_falsehoods.py [--set world] [--n 2000] [--seed 0] [--show 0]

A language model's sentence follows no frame. Takes free sentences written by hand, fills them with true facts of items
(the sample world's, or a set of the shared folder), plants falsehoods of many kinds in them, and prints the share
caught of each kind beside the share of true sentences dropped. Exits 1 below 99 % caught.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from falsehood_setting import Setting, load, setting_of

from intentfeed.data.catalog import leaf_name
from intentfeed.explain.check import Verifier
from intentfeed.explain.config import ExplainConfig
from intentfeed.explain.explainer import season_of
from intentfeed.explain.item_facts import ItemFacts
from intentfeed.explain.titles import segments
from intentfeed.explain.trade import Trade
from intentfeed.types import Reason


@dataclass(frozen=True)
class Words:
    """Sentences of a language, and what makes them false."""

    true: list[str]
    """With holes for facts."""
    invented: list[str]
    endings: dict[str, list[str]]
    """By kind of falsehood."""
    people: list[str] = field(default_factory=list)
    qualities: list[str] = field(default_factory=list)
    """Which only a time of day may have, and no thing."""


def words_of(language: str) -> Words:
    """Return the sentences and words of a language."""
    path = Path(__file__).parent / f"free_falsehoods.{language}.toml"
    return Words(**tomllib.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Case:
    """A sentence beside an item, for an interest."""

    text: str
    item: int
    interest: str
    facts: dict[str, str]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--set", default="world", help="world, world-zh, or a folder of the shared data sets")
    arguments.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    arguments.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "intentfeed")
    arguments.add_argument("--n", type=int, default=2000, help="falsehoods")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--show", type=int, default=0, help="print so many of the missed and of the dropped")
    given = arguments.parse_args()

    rng = random.Random(given.seed)
    chinese = given.set == "world-zh"
    setting = chinese_world(given.cache, rng) if chinese else load(given.set, given.shared, given.cache, rng)
    true, dropped, planted, missed = measure(setting, given.n, chinese=chinese)
    for name, n in sorted(planted.items()):
        n_missed = sum(kind == name for kind, _ in missed)
        print(f"{name:20s} {n - n_missed:4d} of {n:4d}  {100 * (1 - n_missed / n):6.1f} %")
    share = 100 * (1 - len(missed) / max(1, planted.total()))
    print(
        f"{given.set}: caught {planted.total() - len(missed)} of {planted.total()} falsehoods ({share:.2f} %, bar 99 %)"
    )
    print(f"{given.set}: dropped {len(dropped)} of {len(true)} true sentences ({100 * len(dropped) / len(true):.1f} %)")
    for kind, case in missed[: given.show]:
        print("missed ", kind, "|", case.text, "|", setting.catalog.titles[case.item], "|", case.interest)
    for case, why in dropped[: given.show]:
        print("dropped", case.text, "|", why)
    return int(share < 99)


def measure(
    setting: Setting, n: int, *, chinese: bool = False
) -> tuple[list[Case], list[tuple[Case, str]], Counter[str], list[tuple[str, Case]]]:
    """Return true sentences, those that the check dropped and why, falsehoods by kind, and those that it missed."""
    verifier = Verifier(setting.catalog)
    told = words_of("zh" if chinese else "en")
    true = true_cases(setting, n, told.true)
    checked = [(case, violations(verifier, setting, case)) for case in true]
    kept = [case for case, found in checked if not found]
    planted, missed, barren = Counter[str](), list[tuple[str, Case]](), Counter[str]()
    kinds = chinese_kinds(setting, told) if chinese else kinds_of(setting, told)
    while planted.total() < n and any(barren[name] < 3 for name in kinds):
        for name, plant in kinds.items():
            case = next((it for it in map(plant, setting.rng.choices(kept, k=200)) if it is not None), None)
            if case is None:
                barren[name] += 1
                continue
            planted[name] += 1
            if not violations(verifier, setting, case):
                missed.append((name, case))
    return true, [(case, found) for case, found in checked if found], planted, missed


def violations(verifier: Verifier, setting: Setting, case: Case) -> str:
    """Return what the check holds against a sentence, its length aside; '' where it may be said."""
    season = season_of(setting.context.as_of)
    reading = verifier.free.read(case.text, case.item, interest_name=case.interest, season=season)
    tied = reading.kind == "interest"
    if not tied:
        reading = verifier.free.read(case.text, case.item, season=season)
    reason = Reason(text=case.text, kind="interest" if tied else "item", interest_key=case.interest if tied else None,
                    claims=reading.claims, backend="llm")  # fmt: skip
    found = verifier.check(reason, case.item, interest_name=case.interest, season=season)
    return "; ".join(f"{it.rule}: {it.detail}" for it in found if it.rule != "length")


def true_cases(setting: Setting, n: int, frames: Sequence[str]) -> list[Case]:
    """Return sentences filled with facts of items that are of the interest."""
    config = ExplainConfig()
    facts = ItemFacts(setting.catalog, Trade.fit(setting.catalog, config.facts), domain="shop")
    members: defaultdict[str, list[int]] = defaultdict(list)
    for row, path in enumerate(setting.catalog.frame["category"].to_list()):
        members[path].append(row)
    season, cases = season_of(setting.context.as_of), list[Case]()
    for _ in range(50 * n):
        if len(cases) == n:
            break
        interest = setting.rng.choice(setting.interests)
        item, of = (
            setting.rng.choice(members[interest.categories[0]]),
            {"interest": interest.name.lower(), "season": season},
        )
        found = facts.of(item)
        of |= {slot: setting.rng.choice(found[slot]).text for slot in ("noun", "feature", "brand") if found.get(slot)}
        frame = setting.rng.choice(frames)
        slots = {slot.lower() for slot in re.findall(r"\{(\w+)\}", frame)}
        words = [word for slot in slots & set(of) for word in re.findall(r"\w+", of[slot].lower())]
        if len(set(words)) < len(words):
            continue  # nobody says a wooden wooden chair
        other = {value for value in ("spring", "summer", "autumn", "winter") if value != season}
        if slots <= set(of) and not (
            "season" in slots and any(it in json.dumps(setting.catalog.attributes[item]).lower() for it in other)
        ):
            text = frame.format(
                **of, **{slot.capitalize(): value[:1].upper() + value[1:] for slot, value in of.items()}
            )
            cases.append(Case(text, item, interest.name, {slot: of[slot] for slot in slots}))
    return cases


Plant = Callable[[Case], Case | None]


def chinese_world(cache: Path, rng: random.Random) -> Setting:
    """Return what falsehoods are made from in the Chinese sample world."""
    from intentfeed.simulate.world import WorldConfig, ensure_world

    world = ensure_world(WorldConfig(language="zh", n_users=300, n_items=3_000, events_per_user=150.0), cache)
    return setting_of(pl.read_parquet(world.events), pl.read_parquet(world.items), rng)


def chinese_kinds(setting: Setting, told: Words) -> dict[str, Plant]:
    """Return ways to make a Chinese sentence false."""
    rng = setting.rng
    leaves = sorted({leaf_name(path) for path in setting.catalog.frame["category"].to_list() if path})
    values = sorted({value for name in ("feature", "material", "colour") for value in setting.values(name)})

    def record(case: Case) -> str:
        return json.dumps(setting.catalog.frame.row(case.item), default=str, ensure_ascii=False)

    def inserted(words: Sequence[str]) -> Plant:
        def plant(case: Case) -> Case | None:
            said, noun = rng.choice(words), case.facts.get("noun", "")
            if said in record(case) or said in case.interest or not noun:
                return None
            return Case(case.text.replace(noun, said + noun, 1), case.item, case.interest, case.facts)

        return plant

    def swapped(slot: str, words: Sequence[str]) -> Plant:
        def plant(case: Case) -> Case | None:
            said, old = rng.choice(words), case.facts.get(slot)
            if not old or said in record(case) or said in case.interest:
                return None
            return Case(case.text.replace(old, said, 1), case.item, case.interest, case.facts)

        return plant

    def ended(words: Sequence[str]) -> Plant:
        return lambda case: Case(case.text + rng.choice(words), case.item, case.interest, case.facts)

    def denied(case: Case) -> Case | None:
        feature = case.facts.get("feature")
        undone = rng.choice(["不", "非", "无", "没", "仿"])
        return (
            Case(case.text.replace(feature, undone + feature, 1), case.item, case.interest, case.facts)
            if feature
            else None
        )

    wrong = [it for char, it in (("spring", "春天的"), ("summer", "夏日"), ("autumn", "秋日"), ("winter", "冬夜"))
             if char != season_of(setting.context.as_of)]  # fmt: skip
    return {
        "invented": inserted(told.invented),
        "value of another": inserted(values),
        "another thing": swapped("noun", leaves),
        "brand of another": swapped("brand", setting.values("brand")),
        "another interest": swapped("interest", leaves),
        "denied": denied,
        "wrong season": inserted(wrong),
        **{name: ended(said) for name, said in told.endings.items()},
    }


# Falsehoods. Each returns None where the sentence does not lend itself to it.


def kinds_of(setting: Setting, told: Words) -> dict[str, Plant]:
    """Return every way to make a sentence false."""
    rng = setting.rng
    leaves = sorted({leaf_name(path) for path in setting.catalog.frame["category"].to_list() if path})
    brands = setting.values("brand")
    names = sorted(
        {name for held in setting.catalog.attributes for name, value in held.items() if isinstance(value, str)}
    )
    season = season_of(setting.context.as_of)
    interests = sorted({interest.name for interest in setting.interests})

    def record(case: Case) -> str:
        return json.dumps(setting.catalog.frame.row(case.item), default=str, ensure_ascii=False).casefold()

    def inserted(case: Case, words: str) -> Case | None:
        """Return the words before the thing that the sentence names, or at its beginning."""
        if words.casefold() in record(case) or words.casefold() in case.text.casefold():
            return None
        noun = case.facts.get("noun", "")
        at = case.text.casefold().find(noun.casefold()) if noun else 0
        text = f"{case.text[:at]}{words} {case.text[at:]}"
        return Case(text[:1].upper() + text[1:], case.item, case.interest, case.facts)

    def swapped(case: Case, slot: str, value: str) -> Case | None:
        old = case.facts.get(slot)
        if not old or value.casefold() in record(case) or value.casefold() in case.interest.casefold():
            return None
        text = re.sub(re.escape(old), lambda _: value.lower() if slot != "brand" else value, case.text, flags=re.I)
        return None if text == case.text else Case(text[:1].upper() + text[1:], case.item, case.interest, case.facts)

    def value_of_another(case: Case) -> Case | None:
        name = rng.choice(names) if names else ""
        options = [it for it in setting.values(name) if re.fullmatch(r"[A-Za-z][A-Za-z -]{2,20}", it)] if name else []
        if not options or len(set(options)) > 500:
            return None
        value = rng.choice(options)
        if value.casefold() == season:
            return None  # so it is
        return swapped(case, "feature", value) or inserted(case, value.lower())

    def of_another_thing(case: Case) -> Case | None:
        """A word that the title has of another thing: the phone of a case for it."""
        for part in segments(setting.catalog.titles[case.item]):
            if found := re.search(r"\b(?:for|with|fits|without)\s+([A-Za-z]{4,})", part):
                word = found[1]
                return swapped_thing(case, word) if word.casefold() not in case.interest.casefold() else None
        return None

    def swapped_thing(case: Case, word: str) -> Case | None:
        noun = case.facts.get("noun")
        rest = record(case).replace(setting.catalog.titles[case.item].casefold(), "")
        if not noun or word.casefold() in rest or word.casefold() in noun.casefold():
            return None
        text = re.sub(re.escape(noun), word.lower(), case.text, flags=re.I)
        return Case(text[:1].upper() + text[1:], case.item, case.interest, case.facts)

    def denied(case: Case) -> Case | None:
        feature = case.facts.get("feature") or case.facts.get("noun")
        if not feature:
            return None
        undone = rng.choice(
            [f"not {feature}", f"{feature}-free", f"never {feature}", f"no {feature}", f"non-{feature}"]
        )
        return Case(re.sub(re.escape(feature), undone, case.text, flags=re.I), case.item, case.interest, case.facts)

    def half(case: Case) -> Case | None:
        """A quality that only a time of day may have, said of the thing."""
        return inserted(case, rng.choice(told.qualities)) if case.facts.get("noun") else None

    def ended(words: Sequence[str]) -> Plant:
        def plant(case: Case) -> Case | None:
            said = rng.choice(words)
            if said.casefold() in record(case):
                return None
            return Case(f"{case.text}, {said}", case.item, case.interest, case.facts)

        return plant

    verifier = Verifier(setting.catalog)

    def wrong_price(case: Case) -> Case | None:
        band = verifier.proofs.price_band(case.item)
        said = {"low": "a splurge", "high": "gently priced", "": rng.choice(["a splurge", "gently priced"])}[band]
        return Case(f"{case.text}, {said}", case.item, case.interest, case.facts)

    def other_season(case: Case) -> Case | None:
        wrong = rng.choice([it for it in ("spring", "summer", "autumn", "winter") if it != season])
        return swapped(case, "season", wrong) or Case(f"{case.text} this {wrong}", case.item, case.interest, case.facts)

    return {
        "invented": lambda case: inserted(case, rng.choice(told.invented)),
        "value of another": value_of_another,
        "brand of another": lambda case: swapped(case, "brand", rng.choice(brands)),
        "another thing": lambda case: swapped(case, "noun", rng.choice(leaves)),
        "thing it is for": of_another_thing,
        "another interest": lambda case: swapped(case, "interest", rng.choice(interests)),
        "denied": denied,
        "quality": half,
        "wrong price": wrong_price,
        "wrong season": other_season,
        "person": lambda case: Case(f"{rng.choice(told.people)}, {case.text}", case.item, case.interest, case.facts),
        **{name: ended(said) for name, said in told.endings.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
