"""The bag of words against scikit-learn's own features, scores and probabilities."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from models import packing
from models.tasks import sentiment_influence
from models.tasks.sentiment_bag import Bag, features_of
from models.tasks.sentiment_classifier import BagClassifier
from tests.toys import TASK_CARD

TEXTS = [
    "a good film",
    "a bad film",
    "not good at all",
    "not a bad film at all",
    "good good good",
    "bad and long and bad",
    "very good but very long",
    "it is a film",
    "the best of films",
    "the worst of films",
]
LABELS = [3, 1, 1, 3, 4, 0, 3, 2, 4, 0]


@pytest.fixture(scope="module")
def theirs():
    counting = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", binary=True).fit(TEXTS)
    return counting, LogisticRegression(max_iter=500).fit(counting.transform(TEXTS), LABELS)


@pytest.fixture(scope="module")
def ours(theirs):
    counting, model = theirs
    return Bag({name: int(row) for name, row in counting.vocabulary_.items()}, model.coef_.T, model.intercept_)


def test_features_are_scikit_learns(theirs):
    analyse = theirs[0].build_analyzer()
    for text in TEXTS:
        assert [name for name, _ in features_of(text.split())] == analyse(text)


def test_probabilities_are_scikit_learns(theirs, ours):
    counting, model = theirs
    texts = [*TEXTS, "unseen words", "Good GOOD film", ""]
    found = BagClassifier(TASK_CARD, ours).log_probs([text.split() for text in texts])
    np.testing.assert_allclose(np.exp(found), model.predict_proba(counting.transform(texts)), atol=1e-12)


def test_packed_they_stay_within_what_packing_costs(theirs, ours):
    counting, model = theirs
    table = packing.unpacked(packing.packed("w", ours.weights.astype(np.float32)), "w")
    small = BagClassifier(TASK_CARD, Bag(ours.features, table.astype(np.float64), ours.bias))
    found = np.exp(small.log_probs([text.split() for text in TEXTS]))
    np.testing.assert_allclose(found, model.predict_proba(counting.transform(TEXTS)), atol=0.02)
    assert np.abs(found - model.predict_proba(counting.transform(TEXTS))).max() > 0


def test_shares_of_words_sum_to_the_scores(ours):
    for text in (*TEXTS, "good unseen good film", ""):
        pieces = text.split()
        np.testing.assert_allclose(ours.bias + ours.contributions(pieces).sum(axis=0), ours.scores(pieces), atol=1e-12)


@pytest.mark.parametrize("target", sentiment_influence.TARGETS)
def test_linear_shares_sum_to_the_targets_score(ours, target):
    pieces = TEXTS[3].split()
    shares = sentiment_influence.linear_shares(ours, pieces, target)
    scores = ours.scores(pieces)
    slope = np.polyfit(np.arange(5), scores, 1)[0]
    expected = slope if target == "stars" else scores[int(target) - 1] - scores.mean()
    assert sentiment_influence.linear_start(ours, target) + shares.sum() == pytest.approx(expected)


def test_after_every_word_stands_what_the_beginning_adds_up_to(ours):
    pieces = TEXTS[3].split()
    running = BagClassifier(TASK_CARD, ours).running(pieces)
    for count in range(len(pieces) + 1):
        np.testing.assert_allclose(np.exp(running[count]), softmax(ours.scores(pieces[:count])))
