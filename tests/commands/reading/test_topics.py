"""Words that no category is called by mean the one that the items with them lie in."""

from __future__ import annotations

from intentfeed.commands.reading.topics import Topics
from intentfeed.data.catalog import Catalog


def shop() -> Catalog:
    titles = {
        "Home > Bed Linen": ["Duvet Cover, Striped", "Cotton Duvet Cover", "Pillow Case, Blue"],
        "Home > Rugs": ["Wool Rug, Blue", "Alcohol Rug Cleaner"],
        "Art > Markers": ["Alcohol Markers, Blue", "Alcohol Markers, set of 12"],
        "家居 > 床品": ["纯棉被套 蓝色", "被套 双人"],
    }
    rows = [(category, title) for category, held in titles.items() for title in held]
    return Catalog.of(
        {
            "item_id": [str(at) for at in range(len(rows))],
            "title": [title for _, title in rows],
            "category": [category for category, _ in rows],
        }
    )


def test_a_thing_means_its_category() -> None:
    topics = Topics(shop())
    for words in (("duvet", "cover"), ("cover",)):
        found = topics.of(words)
        assert found is not None
        assert (found.path, found.n, found.share) == ("Home > Bed Linen", 2, 1.0)
    chinese = topics.of(("被套",))
    assert chinese is not None
    assert chinese.path == "家居 > 床品"


def test_what_things_are_like_means_none() -> None:
    topics = Topics(shop())
    assert topics.of(("blue",)) is None, "it lies everywhere"
    assert topics.of(("alcohol",)) is None, "the thing is the marker"
    assert topics.of(("harpsichord",)) is None
    assert topics.of(()) is None


def test_knows_the_words_of_titles_and_of_categories() -> None:
    topics = Topics(shop())
    assert topics.knows("duvet")
    assert topics.knows("被套")
    assert topics.names("marker")
    assert not topics.names("duvet")
    assert not topics.knows("harpsichord")
