"""The networks against torch.nn's packed sequences; what they say while they read; which words decide."""

import numpy as np
import pytest
import torch
from scipy.special import softmax

from models.errors import ModelError
from models.mixers.recurrent import CELLS
from models.tasks import sentiment_influence
from models.tasks.embedding import Vocabulary
from models.tasks.sentiment import SentimentConfig, SentimentNetwork
from models.tasks.sentiment_classifier import NetworkClassifier, expected_stars
from models.tasks.sentiment_data import padded
from tests.toys import TASK_CARD

OWN = ("a", "very", "good", "bad", "film", "not", "n't", "but", "long")
TEXTS = [["not", "a", "bad", "film"], ["Good"], [], ["a", "zzzz", "very", "long", "film", "but", "good"]]
KINDS = [("rnn", False), ("lstm", False), ("gru", False), ("lstm", True)]


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary(OWN)


@pytest.fixture(scope="module")
def classifiers(vocabulary):
    found = {}
    for cell, two in KINDS:
        config = SentimentConfig(cell=cell, n_hidden=6, rank=3, is_bidirectional=two)
        network = SentimentNetwork(config, vocabulary, torch.Generator().manual_seed(3)).double().requires_grad_(False)
        torch.nn.init.normal_(network.embedding.changes, generator=torch.Generator().manual_seed(4))
        found[cell, two] = NetworkClassifier(TASK_CARD, network, vocabulary)
    return found


@pytest.mark.parametrize(("cell", "two"), KINDS)
def test_scores_are_those_of_torchs_packed_sequences(classifiers, vocabulary, cell, two):
    network = classifiers[cell, two].network
    theirs = CELLS[cell](100, 6, batch_first=True, bidirectional=two).double()
    weights = {f"{name}_l0": getattr(network.cells[0], f"{name}_l0") for name in NAMES}
    if two:
        weights |= {f"{name}_l0_reverse": getattr(network.cells[1], f"{name}_l0") for name in NAMES}
    theirs.load_state_dict(weights)
    ids = [vocabulary.ids(text) for text in TEXTS if text]
    idx, lengths = padded(ids)
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        network.embedding(idx), lengths, batch_first=True, enforce_sorted=False
    )
    last = theirs(packed)[1]
    h = torch.cat([*(last[0] if cell == "lstm" else last)], dim=-1)
    torch.testing.assert_close(network(idx, lengths), network.output(h), atol=1e-12, rtol=0)


NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


@pytest.mark.parametrize(("cell", "two"), KINDS)
def test_texts_side_by_side_are_read_as_each_alone(classifiers, cell, two):
    classifier = classifiers[cell, two]
    together = classifier.log_probs(TEXTS)
    alone = np.concatenate([classifier.log_probs([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-12)
    np.testing.assert_allclose(np.exp(together).sum(axis=1), 1)
    # Of an empty text only the bias speaks.
    np.testing.assert_allclose(np.exp(together[2]), softmax(classifier.network.output.bias.numpy()), atol=1e-12)


@pytest.mark.parametrize(("cell", "two"), KINDS)
def test_after_every_word_stands_what_its_beginning_alone_would_get(classifiers, cell, two):
    classifier, text = classifiers[cell, two], TEXTS[3]
    running = classifier.running(text)
    for count in range(len(text) + 1):
        np.testing.assert_allclose(running[count], classifier.log_probs([text[:count]])[0], atol=1e-12)


def test_states_are_those_that_the_scores_come_from(classifiers):
    classifier, text = classifiers["gru", False], TEXTS[3]
    h = classifier.states(text)
    assert not h[0].any()
    scores = classifier.network.output(torch.from_numpy(h))
    np.testing.assert_allclose(scores.log_softmax(-1).numpy(), classifier.running(text), atol=1e-12)


def test_expected_stars_are_the_mean(classifiers):
    log_probs = np.log(np.array([[0.1, 0.2, 0.3, 0.4, 0.0 + 1e-300], [0, 0, 1, 0, 0]]) + 1e-300)
    np.testing.assert_allclose(expected_stars(log_probs), [0.1 + 0.4 + 0.9 + 1.6, 3])


@pytest.mark.parametrize(("cell", "two"), KINDS)
@pytest.mark.parametrize("unknown", [False, True])
def test_occlusion_is_reading_without_each_word(classifiers, cell, two, unknown):
    classifier, text = classifiers[cell, two], TEXTS[3]
    whole, without = sentiment_influence.occlusion(classifier, text, unknown=unknown)
    np.testing.assert_allclose(whole, classifier.log_probs([text])[0])
    for place in range(len(text)):
        other = list(text)
        if unknown:
            other[place] = "no-such-word"
        else:
            del other[place]
        np.testing.assert_allclose(without[place], classifier.log_probs([other])[0], atol=1e-12)


@pytest.mark.parametrize(("cell", "two"), KINDS)
@pytest.mark.parametrize("target", sentiment_influence.TARGETS)
def test_gradient_times_input_is_the_slope_when_a_vector_grows(classifiers, vocabulary, cell, two, target):
    classifier, text = classifiers[cell, two], TEXTS[3]
    found = sentiment_influence.gradient_times_input(classifier, text, target)
    idx, lengths = padded([vocabulary.ids(text)])
    x, step = classifier.network.embedding(idx), 1e-5
    for place in range(len(text)):
        ends = []
        for sign in (1, -1):
            moved = x.clone()
            moved[0, place] *= 1 + sign * step
            log_probs = classifier.network.scores(moved, lengths).log_softmax(-1).numpy()
            ends.append(sentiment_influence.target_of(log_probs, target)[0])
        assert found[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-7)


def test_of_no_words_there_is_nothing_to_tell(classifiers):
    classifier = classifiers["lstm", True]
    assert len(sentiment_influence.gradient_times_input(classifier, [], "stars")) == 0
    whole, without = sentiment_influence.occlusion(classifier, [])
    assert whole.shape == (5,)
    assert len(without) == 0
    assert sentiment_influence.disagreeing(np.zeros(0), np.zeros(0)) == []


def test_ways_disagree_where_both_are_clear_and_of_opposite_signs():
    one, other = np.array([1.0, 0.5, -0.5, 0.01]), np.array([0.2, -0.1, -0.2, -0.2])
    assert sentiment_influence.disagreeing(one, other) == [1]


def test_a_plane_shows_where_states_stand(classifiers):
    network = classifiers["lstm", False].network
    random = torch.Generator().manual_seed(5)
    network.plane_origin.normal_(generator=random)
    network.plane_x.normal_(generator=random)
    network.plane_y.normal_(generator=random)
    h = torch.randn(4, 6, generator=random, dtype=torch.float64)
    x, y = network.in_plane(h).T
    for i in range(4):
        assert float(x[i]) == pytest.approx(float((h[i] - network.plane_origin) @ network.plane_x))
        assert float(y[i]) == pytest.approx(float((h[i] - network.plane_origin) @ network.plane_y))


def test_shapes_out_of_range_are_refused():
    with pytest.raises(ModelError, match="n_hidden is 0"):
        SentimentConfig(cell="lstm", n_hidden=0)
    with pytest.raises(ModelError, match="'bag' is not known"):
        SentimentConfig(cell="bag", n_hidden=3)


def test_a_network_leaves_the_shared_vectors_as_they_are(vocabulary):
    tables = [SentimentNetwork(SentimentConfig(cell="rnn", n_hidden=2), vocabulary).embedding.shipped for _ in range(2)]
    torch.testing.assert_close(*tables)
