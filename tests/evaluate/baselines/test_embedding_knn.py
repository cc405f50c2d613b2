"""Text-embedding neighbours with a real encoder on disk whose meanings are known: it sees what no word says."""

import pytest

from intentfeed.data.catalog import Catalog
from intentfeed.evaluate.baselines.embedding_knn import EmbeddingKnn, EmbeddingKnnConfig
from intentfeed.evaluate.recommender import CannotRun
from tests.evaluate.baselines.encoders import static_encoder
from tests.evaluate.baselines.logs import history, log_of

TITLES = ["espresso maker", "coffee grinder", "camping tent", "sleeping bag", ""]
KITCHEN, OUTDOORS = (1.0, 0.1), (0.1, 1.0)
MEANING = {
    **dict.fromkeys(("espresso", "maker", "coffee", "grinder"), KITCHEN),
    **dict.fromkeys(("camping", "tent", "sleeping", "bag"), OUTDOORS),
}
CATALOG = Catalog.of({"item_id": list("abcde"), "title": TITLES})
NOTHING = log_of([(0, 0)], 5)


def fitted(folder, recency=0.5):
    pytest.importorskip("model2vec")
    encoder = str(static_encoder(TITLES, folder, MEANING))
    knn = EmbeddingKnn(EmbeddingKnnConfig(encoder=encoder, recency=recency))
    knn.fit(NOTHING, CATALOG)
    return knn


def test_titles_that_share_no_word_are_found_by_what_they_mean(tmp_path):
    ids, scores = fitted(tmp_path).recommend_many([history(0), history(3)], 4, exclude_seen=True)
    assert ids[:, 0].tolist() == [1, 2]
    assert scores[:, 0] == pytest.approx([1, 1], abs=1e-5)
    assert 4 in ids[0], "an item without a title is like nothing, and is not lost"


def test_what_was_had_last_counts_most(tmp_path):
    ids, _ = fitted(tmp_path, recency=0.3).recommend_many([history(3, 0), history(0, 3)], 1, exclude_seen=True)
    assert ids.tolist() == [[1], [2]]


def test_another_catalogue_is_encoded_anew(tmp_path):
    knn = fitted(tmp_path)
    knn.fit(NOTHING, Catalog.of({"item_id": list("ab"), "title": ["camping tent", "coffee grinder"]}))
    ids, scores = knn.recommend_many([history(0)], 2, exclude_seen=False)
    assert ids.tolist() == [[0, 1]]
    assert scores[0, 1] < 0.5


def test_it_says_what_it_lacks(tmp_path):
    with pytest.raises(CannotRun, match="no encoder is named"):
        EmbeddingKnn().fit(NOTHING, CATALOG)
    with pytest.raises(CannotRun, match="no titles"):
        EmbeddingKnn().fit(NOTHING, Catalog.of({"item_id": ["a"]}))
    pytest.importorskip("model2vec")
    (tmp_path / "config.json").write_text('{"model_type": "model2vec"}')
    with pytest.raises(CannotRun, match="cannot be loaded"):
        EmbeddingKnn(EmbeddingKnnConfig(encoder=str(tmp_path))).fit(NOTHING, CATALOG)
