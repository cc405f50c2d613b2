"""Is every reason that a workspace shows true of the raw data? A second opinion that shares no code with the package.

    python benchmarks/recheck_reasons.py WS --events RAW --items RAW [--preset FILE] [--map events.behavior=action] …

Reads the slates and interests of a workspace, and the raw Parquet files from which it was made. For every shown claim
it asks the raw data: does the event exist, is it this person's, is it of the stated kind, does it lie where the
interest lies; does the item's field hold the value; is it this season. For every sentence it asks whether each word
is part of a claim or one of the empty words listed here. Prints counts and exits 1 if anything is false.

`--preset` names a TOML file whose [ingest] section maps columns and actions as the run did, or one of the package's;
`--map events.FOREIGN=OURS`, `--map items.FOREIGN=OURS` and `--map actions.FOREIGN=OURS` add to it. Several event
files are read in the order given, as event ids count on from file to file.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

CORE = {"item_id", "title", "category", "brand", "price", "description", "status"}
USUAL_ACTIONS = {"view": "detail_view", "buy": "purchase", "fav": "favorite", "rating": "rate", "addtocart": "cart"}
DELIBERATE = {"favorite", "purchase", "cart", "detail_view", "review_read", "search", "rate", "tag", "like", "bookmark",
              "comment", "follow", "review"}  # fmt: skip
DEEDS = {
    "purchase": "purchase", "cart": "cart pick", "favorite": "favourite",
    "detail_view": "earlier view", "review_read": "earlier read", "rate": "rating",
    "tag": "tagged item", "like": "like", "bookmark": "bookmark", "comment": "comment", "follow": "follow",
    "review": "review",
}  # fmt: skip
EMPTY = frozenset(re.findall(r"\S+", """
a aboard about again along alongside among an and another around as at back be behind bit brief by called
camera chair change choice close company consider continued continues corner dash dessert detail detour
directed directs does edition entering evening exact fan find following for from further glance go going has
here idea in into is it joins kind label line lines list look make meanwhile meet meets mind more name next
night nights note noted now of on once one onward option out over page pen pick picked plans pointed popcorn
postcard precise queue range ready record roll room screen sees shelf short side signed something still stop
story straight subject suit that the thinking this thread time to today today's tonight too touch trail twist
under up version view vintage with written wrote you your
"""))  # fmt: skip
"""Words that say nothing of an item or a person by themselves; the rest of a sentence must be claimed."""
NEGATIONS = {"no", "not", "non", "without", "never", "un", "anti"}
UNDOING = {"free", "less", "resistant", "proof", "like", "look", "style", "compatible"}
LOW, HIGH, RARE = "lowest quarter of ", "highest quarter of ", " in few of "
TONE = {
    "low": {"purse", "gently", "thrifty", "budget", "low"},
    "high": {"splurge", "pricier"},
    "rare": {"rare", "rarely", "seldom"},
}
"""Words by which a sentence may say what the category makes of a price or a feature."""

Interests = dict[tuple[str, str], list[dict[str, Any]]]
"""Kept interests by person and key."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("workspace", type=Path)
    arguments.add_argument("--events", type=Path, nargs="+", required=True)
    arguments.add_argument("--items", type=Path, required=True)
    arguments.add_argument(
        "--users", type=Path, help="taken for symmetry with `run`; no claim cites a person's attribute"
    )
    arguments.add_argument("--preset", help="a TOML file, or the name of one that ships with the package")
    arguments.add_argument("--map", action="append", default=[], metavar="TABLE.FOREIGN=OURS")
    arguments.add_argument("--southern", action="store_true", help="seasons of the southern hemisphere")
    arguments.add_argument("--show", type=int, default=10, help="print so many of the false")
    given = arguments.parse_args()
    ingest = mapping(given.preset, given.map)

    manifest = json.loads((given.workspace / "manifest.json").read_text())
    raw = Raw(given.events, given.items, ingest, date.fromisoformat(manifest["as_of"]), southern=given.southern)
    interests: Interests = defaultdict(list)
    for held in table(given.workspace, manifest, "interests").filter(pl.col("status") == "kept").to_dicts():
        interests[held["user_id"], held["key"]].append(held)
    slates = table(given.workspace, manifest, "slates").to_dicts()

    counts, false = Counter[str](), []
    frames: Counter[str] = Counter()
    for row in slates:
        counts["slots"] += 1
        counts[f"slots: {kind_of(row)}"] += 1
        frames[row["frame"]] += 1
        for kind, why in recheck(row, raw, interests, counts):
            counts[f"FALSE {kind}"] += 1
            false.append((row, kind, why))
    for name, n in sorted(counts.items()):
        print(f"{name:32s} {n:9,d}")
    spoken = [(n, frame) for frame, n in frames.items() if frame]
    if spoken:
        n, frame = max(spoken)
        share = 100 * n / len(slates)
        print(f"sentence frames used: {len(spoken)}; the most frequent, {frame}, on {share:.2f} % of slots")
    for row, kind, why in false[: given.show]:
        print(f"false ({kind}): {row['user_id']} {row['item_id']} {row['reason']!r}: {why}")
    print("all shown claims hold" if not false else f"{len(false)} statements are false")
    return int(bool(false))


def kind_of(row: dict[str, Any]) -> str:
    """Return what a slot's reason hangs on."""
    return "event" if any(claim["kind"] == "event" for claim in row["claims"] or ()) else row["reason_kind"]


def mapping(preset: str | None, extra: list[str]) -> dict[str, dict[str, Any]]:
    """Return foreign → our names of event columns, item columns and actions."""
    found: dict[str, Any] = {}
    if preset:
        path = Path(preset)
        if not path.exists():
            path = Path(__file__).parents[1] / "intentfeed" / "data" / "presets" / f"{preset}.toml"
        found = tomllib.loads(path.read_text()).get("ingest", {})
    out = {
        "events": {"behavior": "action", "behaviour": "action", **found.get("event_columns", {})},
        "items": dict(found.get("item_columns", {})),
        "actions": {**USUAL_ACTIONS, **found.get("actions", {})},
        "ignore": dict.fromkeys(found.get("ignore", []), ""),
    }
    for text in extra:
        name, _, ours = text.partition("=")
        where, _, foreign = name.partition(".")
        out[where][foreign] = ours
    return out


def table(workspace: Path, manifest: dict[str, Any], name: str) -> pl.DataFrame:
    """Return a table of the workspace; of a user whom a later file touched, only what that file says."""
    frames = []
    for part, prints in sorted(manifest["segments"][name].items(), key=lambda found: int(found[0])):
        for place, print_ in enumerate(prints):
            frame = pl.read_parquet(workspace / name / f"part-{int(part):04d}-{print_}.parquet")
            for newer in prints[place + 1 :]:
                touched = pl.read_parquet(workspace / "touched" / f"part-{int(part):04d}-{newer}.parquet")
                frame = frame.join(touched, on="user_id", how="anti")
            frames.append(frame)
    return pl.concat(frames)


class Raw:
    """The raw data, as they were given."""

    def __init__(
        self, events: list[Path], items: Path, ingest: dict[str, dict[str, Any]], as_of: date, *, southern: bool
    ) -> None:
        log = pl.concat([renamed(path, ingest["events"], ["user_id", "item_id", "action"]) for path in events])
        names = {action: self._action(action, ingest["actions"]) for action in log["action"].unique().to_list()}
        if "detail_view" not in names.values():
            names = {foreign: "detail_view" if ours == "click" else ours for foreign, ours in names.items()}
        self.user: list[str] = log["user_id"].cast(pl.String).to_list()
        self.item: list[str | None] = log["item_id"].cast(pl.String).to_list()
        self.action: list[str] = [names[action] for action in log["action"].to_list()]
        self.items = {str(row["item_id"]): row for row in self._items(items, ingest)}
        self.by_category: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.items.values():
            self.by_category[row["category"]].append(row)
        self.season = ("winter", "spring", "summer", "autumn")[(as_of.month % 12 // 3 + (2 if southern else 0)) % 4]
        self._fans: dict[str, set[str]] = {}

    @staticmethod
    def _action(foreign: str, names: dict[str, str]) -> str:
        return names.get(foreign, names.get(foreign.lower(), foreign.lower()))

    @staticmethod
    def _items(path: Path, ingest: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the items with a category path; the first filled of several columns mapped to one counts."""
        rows = []
        for row in pl.read_parquet(path).to_dicts():
            own = {
                name: value
                for name, value in row.items()
                if name not in ingest["items"] and name not in ingest["ignore"]
            }
            for foreign, ours in ingest["items"].items():
                value = row.get(foreign)
                if own.get(ours) in (None, "", []) and value not in (None, "", []):
                    own[ours] = value
            category = own.get("category")
            path_ = (
                [str(level) for level in category] if isinstance(category, list) else str(category or "").split(" > ")
            )
            own["category"] = " > ".join(level.strip() for level in path_)
            rows.append(own)
        return rows

    def fans(self, item: str) -> set[str]:
        """Return who acted deliberately on an item."""
        if not self._fans:
            for user, acted_on, action in zip(self.user, self.item, self.action, strict=True):
                if acted_on is not None and action in DELIBERATE:
                    self._fans.setdefault(acted_on, set()).add(user)
        return self._fans.get(item, set())


def renamed(path: Path, columns: dict[str, str], wanted: list[str]) -> pl.DataFrame:
    """Return the wanted columns of a raw file under our names."""
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    frame = pl.concat([pl.read_parquet(file) for file in files])
    for foreign, ours in columns.items():
        if foreign in frame.columns and ours in wanted and ours not in frame.columns:
            frame = frame.rename({foreign: ours})
    return frame.select(pl.col(name).cast(pl.String) for name in wanted)


# The checks


def recheck(row: dict[str, Any], raw: Raw, interests: Interests, counts: Counter[str]) -> list[tuple[str, str]]:
    """Return what is false of one shown slot, as (kind, why)."""
    item = raw.items.get(row["item_id"])
    if item is None:
        return [("item", "there is no such item")]
    claims = row["claims"] or []
    if row["reason_kind"] == "none":
        return [("sentence", "says something without a reason")] if row["reason"] or claims else []
    false = [("sentence", why) for why in sentence(row["reason"], claims)]
    if row["reason_kind"] == "interest" and not any(claim["kind"] == "interest" for claim in claims):
        false.append(("interest", "is tied to an interest that no claim names"))
    for claim in claims:
        counts[f"claims: {claim['kind']}"] += 1
        if claim["kind"] == "interest":
            counts["events cited"] += len(claim["event_ids"])
            false += [("interest", why) for why in interest(claim, row, raw, interests)]
        elif claim["kind"] == "item":
            why = field(claim, item, raw)
            false += [("item", why)] if why else []
        elif claim["kind"] == "event":
            counts["events cited"] += len(claim["event_ids"])
            false += [("event", why) for why in deed(claim, row, raw)]
        elif claim["kind"] == "season":
            if claim["value"] != raw.season or claim["text"].lower() != raw.season:
                false.append(("season", f"it is {raw.season}, not {claim['text']}"))
        else:
            false.append(("claim", f"there is no kind {claim['kind']}"))
    return false


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower().replace("’", "'"))


def sentence(text: str, claims: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with the words: too many, or some that nothing backs."""
    found = []
    n = len(re.findall(r"[^\W_]+(?:['’\-./][^\W_]+)*", text))
    if re.search(r"[一-鿿]", text):
        if not 6 <= sum(char.isalnum() for char in text) <= 10:
            found.append("not 6 to 10 characters")
    elif not 3 <= n <= 7:
        found.append(f"{n} words")
    backed: set[int] = set()
    said = words(text)
    for claim in claims:
        part = words(claim["text"])
        places = [at for at in range(len(said) - len(part) + 1) if part and said[at : at + len(part)] == part]
        if not places:
            found.append(f"does not hold the words of the claim {claim['text']!r}")
        backed.update(at + step for at in places for step in range(len(part)))
    bare = [word for at, word in enumerate(said) if at not in backed and word not in EMPTY]
    return [*found, f"nothing backs {', '.join(bare)}"] if bare else found


def interest(claim: dict[str, Any], row: dict[str, Any], raw: Raw, interests: Interests) -> list[str]:
    """Return what is false of a claim that the item answers an interest of the person; one of that key must bear it."""
    held = interests.get((row["user_id"], row["interest_key"] or ""), [])
    found = [borne_out(claim, row, raw, one) for one in held]
    return min(found, key=len) if found else [f"{row['interest_key']} is no kept interest of the person"]


def borne_out(claim: dict[str, Any], row: dict[str, Any], raw: Raw, held: dict[str, Any]) -> list[str]:
    """Return what of a claim the interest and its events do not bear out."""
    found = []
    if held["name"].lower() != (claim["value"] or "").lower() or words(held["name"]) != words(claim["text"]):
        found.append(f"the interest is called {held['name']}, not {claim['text']}")
    if not claim["event_ids"]:
        found.append("no event is cited")
    for event in claim["event_ids"]:
        if not 0 <= event < len(raw.user):
            found.append(f"there is no event {event}")
        elif raw.user[event] != row["user_id"]:
            found.append(f"event {event} is another person's")
        elif event not in held["event_ids"]:
            found.append(f"event {event} is none of the interest's")
        elif not lies_in(raw.items.get(raw.item[event] or ""), held):
            found.append(f"event {event} does not lie in the interest's categories")
    return found


def lies_in(item: dict[str, Any] | None, held: dict[str, Any]) -> bool:
    """Return whether an item lies in one of the interest's categories or below; a search has no item."""
    if item is None or not held["categories"]:
        return True
    return any(f"{item['category']} > ".startswith(f"{path} > ") for path in held["categories"])


def deed(claim: dict[str, Any], row: dict[str, Any], raw: Raw) -> list[str]:
    """Return what is false of a claim about the person's own events."""
    found = [] if claim["event_ids"] else ["no event is cited"]
    for event in claim["event_ids"]:
        if not 0 <= event < len(raw.user):
            found.append(f"there is no event {event}")
        elif raw.user[event] != row["user_id"]:
            found.append(f"event {event} is another person's")
        elif claim["value"] == "together":
            others = raw.fans(row["item_id"]) & raw.fans(raw.item[event] or "") - {row["user_id"]}
            if len(others) < 2:
                found.append(f"{len(others)} other people chose both")
        elif raw.action[event] != claim["value"] or DEEDS.get(raw.action[event]) != claim["text"].lower():
            found.append(f"event {event} is a {raw.action[event]}, not a {claim['text']}")
    return found


def field(claim: dict[str, Any], item: dict[str, Any], raw: Raw) -> str:
    """Return why a field of the item does not show a claim, '' where it does."""
    name, value, text = claim["item_field"] or "", claim["value"] or "", claim["text"]
    if value.startswith((LOW, HIGH)):
        return price(name, value, text, item, raw)
    if RARE in value:
        return rare(name, value, text, item, raw)
    if not holds(name, value, item):
        return f"{name} is {item.get(name)!r}, not {value!r}"
    spoken, meant, label = words(text), words(value), words(name.replace("_", " "))
    if spoken in (meant, meant + label) or (value == "true" and spoken == label):
        return ""
    return f"{text!r} is not what {name} = {value!r} says"


def holds(name: str, value: str, item: dict[str, Any]) -> bool:
    """Return whether a raw field holds a value."""
    held = item.get(name)
    if held is None:
        return False
    if name in ("title", "description"):
        return any(says(words(part), words(value)) for part in re.split(r"[,;:|()\[\]]| [-–—/] ", str(held)))
    if name == "category":
        return value.lower() in [level.lower() for level in (held, *held.split(" > "))]
    if isinstance(held, bool):
        return held and value == "true"
    if isinstance(held, float):
        return value in (f"{held:g}", str(held))
    if isinstance(held, int) and value == f"{held // 10 * 10}s":
        return True
    if isinstance(held, list):
        return value.lower() in [str(entry).lower().strip() for entry in held]
    return str(held).lower().strip() == value.lower().strip()


def says(text: list[str], part: list[str]) -> bool:
    """Return whether a text holds the words, not denied before and not undone behind."""
    for at in range(len(text) - len(part) + 1):
        end = at + len(part)
        if (
            part
            and text[at:end] == part
            and not {*text[max(0, at - 1) : at]} & NEGATIONS
            and not {*text[end : end + 1]} & UNDOING
        ):
            return True
    return False


def price(name: str, value: str, text: str, item: dict[str, Any], raw: Raw) -> str:
    low, category = value.startswith(LOW), value.split(" quarter of ", 1)[1]
    prices = sorted(row["price"] for row in raw.by_category[item["category"]] if row.get("price") is not None)
    own = item.get("price")
    if (
        name != "price"
        or category != item["category"]
        or own is None
        or not set(words(text)) & TONE["low" if low else "high"]
    ):
        return f"{text!r} does not say that the price is in the {value}"
    n = bisect_right(prices, own) if low else len(prices) - bisect_left(prices, own)
    return "" if len(prices) >= 4 and 4 * n <= len(prices) else f"{own} is not in the {value} ({n} of {len(prices)})"


def rare(name: str, value: str, text: str, item: dict[str, Any], raw: Raw) -> str:
    feature, _, category = value.partition(RARE)
    rows = raw.by_category[item["category"]]
    n = sum(holds(name, feature, row) for row in rows)
    if category != item["category"] or not holds(name, feature, item) or not set(words(text)) & TONE["rare"]:
        return f"{text!r} does not say that {feature} is rare in {category}"
    return "" if 10 * n <= len(rows) else f"{n} of {len(rows)} in {category} are {feature}"


if __name__ == "__main__":
    sys.exit(main())
