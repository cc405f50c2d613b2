"""Downloads in miniature, in the very formats of their publishers, ugly rows included."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import polars as pl

DAY = 86_400
START = 880_000_000


def zipped(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def folder(path: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def gz_lines(rows: list[dict | str]) -> bytes:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    return gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)


def as_csv(head: list[str], rows: list[tuple], end: str = "\r\n") -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


GENRES = [
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
]  # fmt: skip


def u_item(item_id: str, title: str, *genres: str, date: str = "01-Jan-1995") -> str:
    flags = "|".join("1" if genre in genres else "0" for genre in GENRES)
    return f"{item_id}|{title}|{date}||http://us.imdb.com/M/title-exact|{flags}"


def ml_100k() -> dict[str, bytes]:
    """Return three people and five films; times are unsorted, two of one second, and a film is latin-1."""
    data = [
        ("10", "2", 3, START + 300), ("2", "1", 5, START + 100), ("2", "3", 4, START + 50), ("10", "4", 1, START + 200),
        ("2", "4", 2, START + 100), ("10", "1", 5, START + 100), ("1", "4", 5, START + 9), ("1", "2", 4, START + 8),
        ("1", "1", 3, START + 7), ("2", "5", 1, START + 400),
    ]  # fmt: skip
    items = [
        u_item("1", "Cité des enfants perdus, La (1995)", "Adventure", "Sci-Fi"),
        u_item("2", "Movie, The (1995)", "Comedy"),
        u_item("3", 'He said "no", twice', "Drama", "Romance"),
        u_item("4", "unknown", "unknown", date=""),
        u_item("5", "M*A*S*H (M*A*S*H, the film) (1970)", "War", "Comedy"),
    ]
    users = ["1|24|M|technician|85711", "2|53|F|other|94043", "10|n/a|M|writer|T8H1N"]
    return {
        "u.data": "".join(f"{u}\t{i}\t{v}\t{t}\n" for u, i, v, t in data).encode(),
        "u.item": ("\n".join(items) + "\n").encode("latin-1"),
        "u.user": ("\n".join(users) + "\n").encode(),
        "u.genre": ("".join(f"{name}|{place}\n" for place, name in enumerate(GENRES)) + "\n").encode(),
    }


def ml_1m() -> dict[str, bytes]:
    ratings = [
        (user, item, 1 + (user + item) % 5, 956_703_932 + 60 * item) for user in (1, 2, 3) for item in (1, 2, 3, 4)
    ]
    movies = [
        "1::Toy Story (1995)::Animation|Children's|Comedy",
        "2::Misérables, Les (1998)::Drama",
        "3::Face::Off: part 2 (1997)::Action|Thriller",
        "4::No year here::Documentary",
    ]
    users = ["1::F::1::10::48067", "2::M::56::16::70072", "3::M::25::99::55117"]
    return {
        "ratings.dat": "".join("::".join(map(str, row)) + "\n" for row in ratings).encode(),
        "movies.dat": ("\n".join(movies) + "\n").encode("latin-1"),
        "users.dat": ("\n".join(users) + "\n").encode(),
    }


def ml_csv() -> dict[str, str]:
    ratings = [(u, i, 0.5 * (1 + (u * i) % 10), 1_100_000_000 + u * DAY + i) for u in (1, 2, 10) for i in (10, 2, 3, 4)]
    movies = [
        (2, "American President, The (1995)", "Comedy|Drama|Romance"),
        (3, '"Great Performances" Cats (1998)', "Musical"),
        (4, "Das Millionenspiel", "(no genres listed)"),
        (10, "Amélie (Fabuleux destin d'Amélie Poulain, Le) (2001)", "Comedy|Romance"),
        (99, "Never rated (1999)", "Drama"),
    ]
    tags = [(1, 2, "funny, \"witty\"", 1_100_500_000), (2, 2, "Funny", 1_100_500_001), (10, 2, "funny", 1_100_500_002),
            (2, 2, "presidents", 1_100_500_003)]  # fmt: skip
    return {
        "ml-test/ratings.csv": as_csv(["userId", "movieId", "rating", "timestamp"], ratings),
        "ml-test/movies.csv": as_csv(["movieId", "title", "genres"], movies),
        "ml-test/tags.csv": as_csv(["userId", "movieId", "tag", "timestamp"], tags),
        "ml-test/links.csv": as_csv(["movieId", "imdbId", "tmdbId"], [(2, "0112346", 9087), (10, "0211915", "")]),
        "ml-test/README.txt": "read me",
    }


def review_2018(user: str, item: str, day: int, overall: float = 5.0, **more: object) -> dict:
    row = {
        "overall": overall, "verified": True, "reviewTime": "09 1, 2016", "reviewerID": user, "asin": item,
        "style": {"Size:": " 3 in"}, "reviewerName": "A <b>name</b>", "reviewText": 'It said "works",\nand it does',
        "unixReviewTime": 1_400_000_000 // DAY * DAY + day * DAY,
    }  # fmt: skip
    return row | more


def reviews_2018() -> list[dict]:
    """Return five people with five items each, one review twice, and two that a 5-core leaves out; times unsorted."""
    rows = [
        review_2018(f"A{user}", f"B00{(3 * item) % 5}", 10 * user + (3 * item) % 5)
        for user in range(5)
        for item in range(5)
    ]
    rows.append(review_2018("A0", "B000", 90, overall=1.0))  # again, later
    rows += [review_2018("LONELY", "B000", 3), review_2018("A1", "B0RARE", 200)]
    return rows


META_2018: list[dict] = [
    {
        "asin": "B000", "title": "Bolt &amp;amp; Nut<br />Set", "brand": "", "price": "$1,299.00",
        "category": ["Industrial &amp; Scientific", "Fasteners", "Bolts", "</span></span><a href='x'>" + "y" * 120],
        "description": ["<p>Holds.</p>", "", "A &quot;strong&quot; one"], "feature": ["unused"],
    },
    {
        "asin": "B001", "title": "var aPageStart = (new Date()).getTime();", "brand": "Acme\n",
        "category": ["Industrial"],
        "price": ".a-box-inner{background-color:#fff}#alohaBuyBoxWidget .selected{background-color:#fff}",
        "description": [], "feature": ["Made of steel", "Rust&nbsp;free"],
    },
    {"asin": "B002", "title": "Tape", "price": "$4.99 - $9.99", "category": [], "main_cat": "Industrial & Scientific"},
    {"asin": "B003", "title": "", "price": ""},
    {"asin": "B003", "title": "Glue — the second row says more", "price": "$2.50", "brand": "Glueco"},
    {"asin": "B777", "title": "Nobody reviewed this"},
]  # fmt: skip


def amazon_2018(**files: bytes) -> dict[str, bytes]:
    return {
        "Industrial_and_Scientific_5.json.gz": gz_lines(reviews_2018()),
        "meta_Industrial_and_Scientific.json.gz": gz_lines(META_2018),
        **files,
    }


def last_out(n_users: int = 3, n_items: int = 5) -> dict[str, str]:
    head = ["user_id", "parent_asin", "rating", "timestamp"]
    parts: dict[str, list[tuple]] = {"train": [], "valid": [], "test": []}
    for user in range(n_users):
        for place in range(n_items):
            part = "test" if place == n_items - 1 else "valid" if place == n_items - 2 else "train"
            # The last two lie in the same second: only the milliseconds and the part tell them apart
            moment = 1_600_000_000_000 + 1000 * min(place, n_items - 2) + place
            parts[part].append((f"AE{user}", f"B{(user + place) % n_items}", 4.0, moment))
    return {f"All_Beauty.{part}.csv": as_csv(head, rows, "\n") for part, rows in parts.items()}


META_2023: list[dict] = [
    {
        "main_category": "All Beauty", "title": "Soap", "average_rating": 4.8, "features": ["Soft"], "description": [],
        "price": 9.99, "store": "Soapery", "categories": [], "details": {"Brand": "S"}, "parent_asin": "B0",
    },
    {"parent_asin": "B1", "title": "Cream", "price": "None", "store": None, "details": {"Brand": "Creamy"},
     "categories": ["Beauty", "Skin", "Cream"], "description": ["For skin"]},
    {"parent_asin": "B2", "title": "Oil", "price": "from 12.50", "categories": ["Beauty"]},
]  # fmt: skip


def minionerec() -> dict[str, str]:
    """Return the rows of three people, cut in time, so that one is asked only at the end."""
    head = ["user_id", "history_item_title", "item_title", "history_item_id", "item_id", "history_item_sid", "item_sid"]

    def row(user: str, history: list[int], item: int) -> tuple:
        titles = [f"Item {place}, with a comma and a 'quote'" for place in history]
        return user, titles, f"Item {item}, with a comma and a 'quote'", history, item, ["<a_1><b_2>"], f"<a_{item}>"

    train = [row("A1", [0], 1), row("A2", [3], 1), row("A1", [0, 1], 2), row("A2", [3, 1], 1)]
    valid = [row("A1", [0, 1, 2], 3)]
    test = [row("A2", [3, 1, 1], 0), row("A9", [2], 4)]
    name = "Industrial_and_Scientific_5_2016-10-2018-11.csv"
    features = {
        str(item): {"title": f"Item {item}", "description": "['x']" if item else "", "brand": "Acme" * (item == 1),
                    "categories": "Industrial & Scientific,Tapes,Duct"}
        for item in range(4)
    }  # fmt: skip
    return {
        f"train/{name}": as_csv(head, train, "\n"),
        f"valid/{name}": as_csv(head, valid, "\n"),
        f"test/{name}": as_csv(head, test, "\n"),
        "train/Office_Products_5_2016-10-2018-11.csv": as_csv(head, train, "\n"),
        "index/Industrial_and_Scientific.item.json": json.dumps(features),
        "info/Industrial_and_Scientific_5_2016-10-2018-11.txt": "<a_0><b_1>\tItem 0\t0\n",
    }


def rows_of(made: Path, name: str = "interactions", *columns: str) -> list[tuple]:
    frame = pl.read_parquet(made / f"{name}.parquet")
    return frame.select(columns or frame.columns).rows()
