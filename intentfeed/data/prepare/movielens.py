"""MovieLens, as GroupLens publishes it: 100K (u.data), 1M and 10M (`::`), 20M and later (CSV)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import polars as pl

from .config import PrepareConfig
from .download import Download, Member
from .events import Events, Gathering, in_order
from .lines import EVENT, Layout, blocks, decoded, event_of, fields_of, header, n_filled, read_events
from .rejects import Rejects
from .tables import Tables, by_id, catalogue

YEAR = re.compile(r"^(?P<title>.*?)\s*\((?P<year>(?:18|19|20)\d\d)(?:\s*[-–]\s*\d{0,4})?\)\s*$")
NO_GENRE = "(no genres listed)"
GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
"""Columns of u.item where there is no u.genre."""
AGES_1M = {
    "1": "Under 18", "18": "18-24", "25": "25-34", "35": "35-44", "45": "45-49", "50": "50-55", "56": "56+",
}  # fmt: skip
OCCUPATIONS_1M = (
    "other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service",
    "doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student", "lawyer", "programmer",
    "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer", "tradesman/craftsman",
    "unemployed", "writer",
)  # fmt: skip
ITEM = pl.Schema({
    "item_id": pl.String(), "title": pl.String(), "category": pl.String(), "genres": pl.List(pl.String()),
    "year": pl.Int64(),
})  # fmt: skip
RULE = "ordered by user and time; ratings of the same second stay in the order of the file"
MAX_TAGS = 50
"""Distinct tags kept with a film, the commonest first [ours]."""
MAX_TAG_CHARS = 200


def read_100k(download: Download, rejects: Rejects, config: PrepareConfig) -> Tables:
    """Return u.data, u.item, u.user and u.genre."""
    events = _ratings(download.need("u.data"), Layout("\t", ("user", "item", "value", "time")), rejects, config)
    genre_file = download.maybe("u.genre")
    genres = GENRES_100K if genre_file is None else _genre_names(genre_file, config)
    item_file = download.need("u.item")

    def item(fields: list[str]) -> dict[str, object]:
        chosen = [name for name, flag in zip(genres, fields[5:], strict=False) if flag.strip() == "1"]
        return {**_film(fields[0], fields[1], chosen), "release_date": fields[2].strip() or None}

    def user(fields: list[str]) -> dict[str, object]:
        age = fields[1].strip()
        keys = ("gender", "occupation", "zip_code")
        rest = {key: text.strip() or None for key, text in zip(keys, fields[2:], strict=False)}
        return {"user_id": fields[0].strip(), "age": int(age) if age.isdecimal() else None, **rest}

    items = _rows(
        item_file, "|", 5 + len(genres), item, pl.Schema({**ITEM, "release_date": pl.String()}), rejects, config
    )
    schema = pl.Schema({"user_id": pl.String(), "age": pl.Int64(), **_texts("gender", "occupation", "zip_code")})
    users = _rows(download.need("u.user"), "|", 5, user, schema, rejects, config)
    return _tables(events, items, users)


def read_dat(download: Download, rejects: Rejects, config: PrepareConfig) -> Tables:
    """Return ratings.dat, movies.dat and, where they are, users.dat (1M) and tags.dat (10M)."""
    gathering = Gathering(("rate", "tag"))
    layout = Layout("::", ("user", "item", "value", "time"))
    for frame in read_events(download.need("ratings.dat"), layout, rejects, config):
        gathering.add(frame)
    n_ratings = gathering.n
    tag_file = download.maybe("tags.dat")
    if tag_file is not None:
        _tags(tag_file, "::", ("user", "item", "tag", "time"), gathering, rejects, config)

    def item(fields: list[str]) -> dict[str, object]:
        # A title may hold the separator itself, an id or a genre never does
        return _film(fields[0], "::".join(fields[1:-1]), fields[-1].split("|"))

    def user(fields: list[str]) -> dict[str, object]:
        code = fields[3].strip()
        known = code.isdecimal() and int(code) < len(OCCUPATIONS_1M)
        return {
            "user_id": fields[0].strip(),
            "gender": fields[1].strip() or None,
            "age_group": AGES_1M.get(fields[2].strip(), fields[2].strip() or None),
            "occupation": OCCUPATIONS_1M[int(code)] if known else code or None,
            "zip_code": fields[4].strip() or None,
        }

    items = _rows(download.need("movies.dat"), "::", 3, item, ITEM, rejects, config)
    user_file, users = download.maybe("users.dat"), None
    if user_file is not None:
        schema = _texts("user_id", "gender", "age_group", "occupation", "zip_code")
        users = _rows(user_file, "::", 5, user, schema, rejects, config)
    return _tables(gathering.done(), items, users, n_ratings=n_ratings)


def read_csv(download: Download, rejects: Rejects, config: PrepareConfig) -> Tables:
    """Return ratings.csv, movies.csv and, where they are, tags.csv and links.csv."""
    gathering = Gathering(("rate", "tag"))
    layout = Layout(",", None, user="userId", item="movieId", value="rating", time="timestamp")
    for frame in read_events(download.need("ratings.csv"), layout, rejects, config):
        gathering.add(frame)
    n_ratings = gathering.n
    tag_file = download.maybe("tags.csv")
    if tag_file is not None:
        _tags(tag_file, ",", None, gathering, rejects, config)
    items = _rows(
        download.need("movies.csv"),
        ",",
        3,
        lambda fields: _film(fields[0], fields[1], fields[2].split("|")),
        ITEM,
        rejects,
        config,
        wanted=("movieId", "title", "genres"),
    )
    link_file = download.maybe("links.csv")
    if link_file is not None:
        items = items.join(_links(link_file, rejects, config), on="item_id", how="left", maintain_order="left")
    return _tables(gathering.done(), items, None, n_ratings=n_ratings)


def _ratings(member: Member, layout: Layout, rejects: Rejects, config: PrepareConfig) -> Events:
    gathering = Gathering(("rate",))
    for frame in read_events(member, layout, rejects, config):
        gathering.add(frame)
    return gathering.done()


def _tables(events: Events, items: pl.DataFrame, users: pl.DataFrame | None, *, n_ratings: int | None = None) -> Tables:
    n_items, repeated = items.height, items.height - items["item_id"].n_unique()
    events = in_order(events)
    items, bare = catalogue(items.unique("item_id", keep="first", maintain_order=True), events)
    if events.texts:
        items = items.join(_tags_of(events), on="item_id", how="left", maintain_order="left")
    if users is None:
        users = pl.DataFrame({"user_id": events.users}, schema={"user_id": pl.String})
    else:
        extra = sorted(set(events.users) - set(users["user_id"].to_list()))
        users = users.unique("user_id", keep="first", maintain_order=True)
        users = pl.concat([users, pl.DataFrame({"user_id": extra}, schema={"user_id": pl.String})], how="diagonal")
    n_ratings = len(events) if n_ratings is None else n_ratings
    counts = {"ratings": n_ratings, "users": len(events.users), "items": n_items}
    if len(events) > n_ratings:
        counts["tags"] = len(events) - n_ratings
    columns = ("user_id", "item_id", "behavior", "value", "timestamp")
    return Tables(
        events=events,
        columns=(*columns, "tag") if events.texts else columns,
        items=items,
        users=by_id(users, "user_id"),
        counts=counts,
        left_out={"repeated films": repeated, "films that only the ratings know, without a title": bare},
        rules=(RULE,),
    )


def _film(item_id: str, titled: str, genres: list[str]) -> dict[str, object]:
    """Return a row of items; the year leaves the title, `Movie, The` stays as it is."""
    found = YEAR.match(titled.strip())
    named = [genre.strip() for genre in genres if genre.strip() and genre.strip() != NO_GENRE]
    return {
        "item_id": item_id.strip(),
        "title": (found["title"] if found else titled).strip() or None,
        "category": named[0] if named else None,
        "genres": named,
        "year": int(found["year"]) if found else None,
    }


def _rows(
    member: Member,
    separator: str,
    n_fields: int,
    row_of: Callable[[list[str]], dict[str, object]],
    schema: pl.Schema,
    rejects: Rejects,
    config: PrepareConfig,
    *,
    wanted: tuple[str, ...] | None = None,
) -> pl.DataFrame:
    """Return the rows of a small file; `wanted` are the columns of a header, in the order that `row_of` takes."""
    found = []
    for number, line, fields in _fields(member, separator, rejects, config, wanted):
        if len(fields) < n_fields:
            rejects.add(member.name, number, f"{len(fields)} fields where {n_fields} are needed", line)
        elif not fields[0].strip():
            rejects.add(member.name, number, "no id", line)
        else:
            found.append(row_of(fields))
    return pl.DataFrame(found, schema=schema, orient="row")


def _fields(
    member: Member, separator: str, rejects: Rejects, config: PrepareConfig, wanted: tuple[str, ...] | None
) -> Iterator[tuple[int, bytes, list[str]]]:
    """Yield line number, line and fields of each line that is not empty."""
    at: list[int] | None = None
    row = 1
    for lines in blocks(member, config):
        for number, line in enumerate(lines, row):
            if number == 1 and wanted is not None:
                names = header(member, line, wanted, separator)
                at = [names.index(name) for name in wanted]
            elif line.strip():
                fields = fields_of(decoded(line), separator)
                if at is not None:
                    fields = [fields[place] for place in at] if len(fields) > max(at) else fields[: len(at) - 1]
                yield number, line, fields
        rejects.saw(member.name, n_filled(lines))
        row += len(lines)


def _tags(
    member: Member,
    separator: str,
    columns: tuple[str, ...] | None,
    gathering: Gathering,
    rejects: Rejects,
    config: PrepareConfig,
) -> None:
    """Add what users wrote: user, film, words, time."""
    wanted = None if columns else ("userId", "movieId", "tag", "timestamp")
    events: list[tuple[str, str, None, int]] = []
    texts: list[str] = []
    for number, line, fields in _fields(member, separator, rejects, config, wanted):
        if len(fields) < 4:
            rejects.add(member.name, number, f"{len(fields)} fields where 4 are needed", line)
            continue
        tag = separator.join(fields[2:-1]).strip()
        event = event_of(fields[0].strip(), fields[1].strip(), "0", fields[-1].strip())
        if isinstance(event, str) or not tag:
            rejects.add(member.name, number, event if isinstance(event, str) else "no tag", line)
            continue
        events.append((event[0], event[1], None, event[3]))
        texts.append(tag[:MAX_TAG_CHARS])
    gathering.add(pl.DataFrame(events, schema=EVENT, orient="row"), behavior=1, texts=texts)


def _tags_of(events: Events) -> pl.DataFrame:
    """Return item_id and `tags`: its users' own words, the commonest first."""
    rows = sorted(events.texts)
    said = pl.DataFrame(
        {
            "item_id": [events.items[item] for item in events.item[rows].tolist()],
            "tags": [events.texts[row].lower() for row in rows],
        },
        schema={"item_id": pl.String, "tags": pl.String},
    )
    counted = said.group_by("item_id", "tags").len().sort("item_id", "len", "tags", descending=[False, True, False])
    return counted.group_by("item_id", maintain_order=True).agg(pl.col("tags").head(MAX_TAGS))


def _links(member: Member, rejects: Rejects, config: PrepareConfig) -> pl.DataFrame:
    def row(fields: list[str]) -> dict[str, object]:
        imdb, tmdb = fields[1].strip(), fields[2].strip()
        return {"item_id": fields[0].strip(), "imdb_id": f"tt{imdb}" if imdb else None, "tmdb_id": tmdb or None}

    schema = _texts("item_id", "imdb_id", "tmdb_id")
    wanted = ("movieId", "imdbId", "tmdbId")
    return _rows(member, ",", 3, row, schema, rejects, config, wanted=wanted).unique("item_id", keep="first")


def _genre_names(member: Member, config: PrepareConfig) -> tuple[str, ...]:
    named = (decoded(line).split("|")[0].strip() for lines in blocks(member, config) for line in lines)
    return tuple(name for name in named if name)


def _texts(*names: str) -> pl.Schema:
    return pl.Schema(dict.fromkeys(names, pl.String()))
