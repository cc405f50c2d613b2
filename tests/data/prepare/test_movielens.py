"""MovieLens downloads of every generation become the same kind of folder, ugly rows included."""

import polars as pl
import pytest

from intentfeed.data.prepare.config import PrepareConfig
from intentfeed.data.prepare.prepare import prepare
from intentfeed.errors import DataError
from intentfeed.evaluate.dataset import read_dataset
from tests.data.prepare.downloads import START, folder, ml_1m, ml_100k, ml_csv, rows_of, zipped


def test_100k_from_its_zip(tmp_path):
    source = zipped(tmp_path / "ml-100k.zip", {f"ml-100k/{name}": data for name, data in ml_100k().items()})
    made = prepare("movielens-100k", source, tmp_path / "movielens-100k")
    assert made.counts == {"interactions": 10, "items": 5, "users": 3}
    assert made.partial
    assert made.note == "partial: 10 of 100,000 ratings, 3 of 943 users, 5 of 1,682 items"
    assert made.checks == {
        "archive": "differs", "counts": "differs", "interactions": "differs", "valid": "unknown", "test": "unknown",
    }  # fmt: skip
    log = rows_of(tmp_path / "movielens-100k", "interactions", "user_id", "item_id", "value", "timestamp")
    assert log[:3] == [("1", "1", 3.0, START + 7), ("1", "2", 4.0, START + 8), ("1", "4", 5.0, START + 9)]
    assert [row[:2] for row in log[3:7]] == [("2", "3"), ("2", "1"), ("2", "4"), ("2", "5")], (
        "one second: as in the file"
    )
    assert [row[0] for row in log[7:]] == ["10"] * 3, "ids are numbers: 10 comes after 2"


def test_100k_films_and_people(tmp_path):
    prepare("movielens-100k", folder(tmp_path / "in", ml_100k()), tmp_path / "out")
    films = rows_of(tmp_path / "out", "items", "item_id", "title", "year", "category", "genres")
    assert films == [
        ("1", "Cité des enfants perdus, La", 1995, "Adventure", ["Adventure", "Sci-Fi"]),
        ("2", "Movie, The", 1995, "Comedy", ["Comedy"]),
        ("3", 'He said "no", twice', None, "Drama", ["Drama", "Romance"]),
        ("4", "unknown", None, "unknown", ["unknown"]),
        ("5", "M*A*S*H (M*A*S*H, the film)", 1970, "Comedy", ["Comedy", "War"]),
    ]
    people = rows_of(tmp_path / "out", "users")
    assert people[0] == ("1", 24, "M", "technician", "85711")
    assert people[2] == ("10", None, "M", "writer", "T8H1N")


def test_1m_with_names_for_codes(tmp_path):
    made = prepare("movielens-1m", folder(tmp_path / "in", ml_1m()), tmp_path / "movielens-1m")
    assert made.found == {"ratings": 12, "users": 3, "items": 4}
    films = rows_of(tmp_path / "movielens-1m", "items", "title", "year", "genres")
    assert films == [
        ("Toy Story", 1995, ["Animation", "Children's", "Comedy"]),
        ("Misérables, Les", 1998, ["Drama"]),
        ("Face::Off: part 2", 1997, ["Action", "Thriller"]),
        ("No year here", None, ["Documentary"]),
    ]
    assert rows_of(tmp_path / "movielens-1m", "users") == [
        ("1", "F", "Under 18", "K-12 student", "48067"),
        ("2", "M", "56+", "self-employed", "70072"),
        ("3", "M", "25-34", "99", "55117"),
    ]
    log = read_dataset(tmp_path / "movielens-1m")
    assert log.events["timestamp"].null_count() == 0
    assert len(log.cut("test").cases) == 3


def test_csv_sets_with_tags_and_links(tmp_path):
    made = prepare("movielens-latest-small", zipped(tmp_path / "ml.zip", ml_csv()), tmp_path / "out")
    assert made.found == {"ratings": 12, "users": 3, "items": 5, "tags": 4}
    assert "development set" in made.note
    films = {row[0]: row[1:] for row in rows_of(tmp_path / "out", "items")}
    assert list(films) == ["2", "3", "4", "10", "99"], "never rated, and still a film"
    columns = pl.read_parquet(tmp_path / "out" / "items.parquet").columns[1:]
    first = dict(zip(columns, films["2"], strict=True))
    assert first == {
        "title": "American President, The", "category": "Comedy", "genres": ["Comedy", "Drama", "Romance"],
        "year": 1995, "imdb_id": "tt0112346", "tmdb_id": "9087", "tags": ["funny", 'funny, "witty"', "presidents"],
    }  # fmt: skip
    assert films["3"][:2] == ('"Great Performances" Cats', "Musical")
    assert films["4"][:4] == ("Das Millionenspiel", None, [], None)
    assert films["10"][0] == "Amélie (Fabuleux destin d'Amélie Poulain, Le)"
    log = pl.read_parquet(tmp_path / "out" / "interactions.parquet")
    tagged = log.filter(behavior="tag").select("user_id", "item_id", "value", "tag").rows()
    assert tagged[0] == ("1", "2", None, 'funny, "witty"')
    assert log.filter(behavior="rate")["tag"].null_count() == 12
    found = read_dataset(tmp_path / "out", preset="movielens-latest-small")
    assert found.events.filter(action="tag")["query"].to_list() == ['funny, "witty"', "Funny", "presidents", "funny"]


def test_films_that_only_ratings_know_are_kept(tmp_path):
    files = ml_csv()
    files["ml-test/movies.csv"] = files["ml-test/movies.csv"].replace("4,Das Millionenspiel,(no genres listed)\r\n", "")
    made = prepare("movielens-latest-small", folder(tmp_path / "in", files), tmp_path / "out")
    assert made.left_out == {"films that only the ratings know, without a title": 1}
    assert ("4", None) in rows_of(tmp_path / "out", "items", "item_id", "title")
    assert read_dataset(tmp_path / "out").events.height == 16


def test_whatever_the_order_of_columns_and_the_ends_of_lines(tmp_path):
    files = ml_csv()
    table = pl.read_csv(files["ml-test/ratings.csv"].encode())
    shuffled = table.select("timestamp", "movieId", "userId", "rating").write_csv()
    prepare("movielens-latest-small", folder(tmp_path / "in", files), tmp_path / "out")
    bom = b"\xef\xbb\xbf" + shuffled.encode()
    prepare(
        "movielens-latest-small", folder(tmp_path / "in2", {**files, "ml-test/ratings.csv": bom}), tmp_path / "out2"
    )
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "out2")


def test_bad_lines_are_counted_kept_and_bounded(tmp_path):
    files = ml_csv()
    bad = "1,2,five,1100086402\r\n1,2\r\n,2,3.0,1100086402\r\n1,3,4.0,17\r\n\r\n1,4,nan,1100086402\r\n"
    files["ml-test/ratings.csv"] += bad
    source = folder(tmp_path / "in", files)
    with pytest.raises(DataError, match=r"5 of 17 lines of ml-test/ratings\.csv cannot be read.*line 14.*--max-bad"):
        prepare("movielens-latest-small", source, tmp_path / "out")
    assert not [path for path in tmp_path.iterdir() if path.name != "in"], "nothing is left behind"
    made = prepare("movielens-latest-small", source, tmp_path / "out", config=PrepareConfig(max_bad=0.3))
    assert made.rejected == 5
    assert "5 lines could not be read" in made.note
    kept = pl.read_ndjson(tmp_path / "out" / "rejects.jsonl")
    assert kept["row"].to_list() == [14, 15, 16, 17, 19]
    assert kept["reason"].to_list() == [
        "the rating or the time is no number", "2 fields where 4 are needed", "no user", "the time is out of range",
        "the rating is no number",
    ]  # fmt: skip
    assert kept["begins"][0] == "1,2,five,1100086402"


@pytest.mark.shared
@pytest.mark.parametrize("order", ["file", "users shuffled"])
def test_the_questions_of_movielens_100k_are_those_of_the_known_set(shared_data, tmp_path, order):
    """Who prepares the public archive is asked what our table asks, to the last tie."""
    shared = pl.read_parquet(shared_data / "movielens-100k" / "interactions.parquet")
    if order != "file":
        shared = shared.sort(pl.col("user_id").str.reverse(), maintain_order=True)
    lines = shared.select("user_id", "item_id", pl.col("value").cast(pl.Int64), "timestamp")
    files = ml_100k()
    films = pl.read_parquet(shared_data / "movielens-100k" / "items.parquet")["item_id"].to_list()
    files["u.item"] = "".join(f"{film}|x (1995)|||{'|0' * 19}\n" for film in films).encode()
    files["u.data"] = lines.write_csv(include_header=False, separator="\t").encode()
    made = prepare("movielens-100k", folder(tmp_path / "in", files), tmp_path / "out", questions=questions)
    assert made.edition == "1998-04"
    assert made.checks == {
        "archive": "unknown", "counts": "ok", "interactions": "ok", "valid": "ok", "test": "ok",
    }  # fmt: skip
    assert not made.partial
    known = read_dataset(shared_data / "movielens-100k")
    assert made.hashes["test"] == known.cut("test").split_hash
    assert made.hashes["valid"] == known.cut("valid").split_hash


def questions(made, preset):
    dataset = read_dataset(made, preset=preset)
    return {part: dataset.cut(part).split_hash for part in ("valid", "test")}
