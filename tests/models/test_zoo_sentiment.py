"""The classifiers of stars that ship: their files, what was measured, and the command that makes them."""

import dataclasses

import numpy as np
import pytest
import torch

from models.checkpoints import sha256
from models.errors import ModelError
from models.tasks.embedding import Vocabulary
from models.tasks.sentiment_bag import Bag
from models.tasks.sentiment_classifier import BagClassifier, expected_stars
from models.tasks.sentiment_data import Phrase
from models.training.loop import Look
from models.zoo import sentiment as zoo
from models.zoo.sentiment import __main__ as command
from tests.models.test_sentiment import TEXTS
from tests.toys import TASK_CARD

GOOD, BAD = "A warm, funny and beautiful film.", "A dull, stupid and boring mess."


@pytest.fixture(scope="module")
def shipped():
    return {name: zoo.load(name) for name in zoo.NAMES}


def test_files_are_those_of_the_cards_and_small():
    cards = zoo.cards()
    assert tuple(cards) == zoo.NAMES
    for name, card in cards.items():
        assert card.sha256 == sha256(zoo.weights(name))
        assert zoo.weights(name).stat().st_size < 400_000
    assert sum(file.stat().st_size for file in zoo.FOLDER.iterdir() if file.is_file()) < 1_250_000


def test_what_was_measured_is_one_story():
    for name, card in zoo.cards().items():
        measured = zoo.measured(name)
        table = np.array(measured.confusion)
        assert table.sum(axis=1).tolist() == [279, 633, 389, 510, 399]  # the test set, by the stars that people gave
        assert np.trace(table) / table.sum() == pytest.approx(card.scores["accuracy"])
        f1 = 2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1))
        assert f1.mean() == pytest.approx(card.scores["macro F1"])
        assert sum(measured.calibration.counts) == table.sum()
        right = np.dot(measured.calibration.counts, measured.calibration.right)
        assert right == pytest.approx(np.trace(table))
        assert len(measured.variance) == (0 if name == "bag" else 2)


@pytest.mark.parametrize("name", zoo.NAMES)
def test_good_is_told_from_bad(shipped, name):
    good, bad = expected_stars(shipped[name].log_probs([zoo.words_of(text).pieces for text in (GOOD, BAD)]))
    assert good > 3.8
    assert bad < 2.2


def test_networks_share_one_table_of_vectors(shipped):
    tables = {id(one.network.embedding.shipped) for name, one in shipped.items() if name != "bag"}
    assert len(tables) == 1


def test_there_is_no_other_classifier():
    with pytest.raises(ModelError, match="no classifier 'svm'"):
        zoo.load("svm")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A place for weights and cards other than the one that ships."""
    for module in (zoo, command):
        monkeypatch.setattr(module, "weights", lambda name: tmp_path / f"{name}.safetensors")
        monkeypatch.setattr(module, "CARDS", tmp_path / "cards.json")
    monkeypatch.setattr(zoo, "_MEASURED", tmp_path / "measured.json")
    return tmp_path


def _phrases():
    texts = {0: "bad", 1: "not good", 2: "a film", 3: "good", 4: "very good"}
    return [Phrase(tuple(text.split()), label) for label, text in texts.items()]


def test_a_training_learns_its_phrases(folder):
    words = Vocabulary(("not", "very", "good", "bad", "a", "film"))
    config = command.SentimentConfig(cell="gru", n_hidden=12, rank=4)
    recipe = command.Recipe("Toy", config, learning_rate=3e-2, epochs=60.0, batch_size=5, neutral=1.0)
    training = command.training_of(recipe, [_phrases()], _phrases(), words)
    looks = [event for event in training if isinstance(event, Look)]
    assert looks[-1].held_out_loss < looks[0].held_out_loss
    assert min(look.held_out_loss for look in looks) == 0  # all of dev, which is train, is right


def test_a_network_is_written_measured_and_read_again(folder, shipped):
    dev = _phrases()
    bank = command.Treebank([dev], dev, dev)
    network = command.SentimentNetwork(command.RECIPES["rnn"].config, zoo.vocabulary())
    classifier = command.NetworkClassifier(TASK_CARD, network, zoo.vocabulary())
    variance = command.find_plane(classifier, dev)
    config = command.json.dumps(dataclasses.asdict(network.config))
    command.packing.save(network, command.weights("rnn"), {"config": config})
    command.finish("rnn", "RNN", "words", 3, variance, bank)
    again = zoo.load("rnn")
    np.testing.assert_allclose(again.log_probs(TEXTS), classifier.log_probs(TEXTS), atol=0.05)
    assert again.card.scores["accuracy"] == np.trace(zoo.measured("rnn").confusion) / 5
    h = np.concatenate([classifier.states(one.words)[1:] for one in dev])
    x, y = again.network.in_plane(torch.from_numpy(h)).numpy().T
    spread = ((h - h.mean(axis=0)) ** 2).sum()
    np.testing.assert_allclose([(x**2).sum() / spread, (y**2).sum() / spread], variance, atol=0.01)


def test_a_bag_is_written_and_read_again(folder, shipped):
    own = zoo.own_words()
    names = ["film", "not", "not good", "good", "bad"]
    assert set(own) >= {"film", "not", "good", "bad"}
    weights = np.random.default_rng(1).normal(size=(5, 5))
    bag = Bag({name: row for row, name in enumerate(names)}, weights, np.arange(5.0))
    command.write_bag(bag)
    tensors = command.packing.opened(command.weights("bag"))[1]
    again = zoo.bag_of(tensors)
    assert again.features == bag.features
    one, other = (BagClassifier(TASK_CARD, each).log_probs(TEXTS) for each in (bag, again))
    np.testing.assert_allclose(one, other, atol=0.08)


def test_neutral_phrases_are_drawn_and_whole_sentences_stay():
    train = [
        [Phrase((f"w{n}", str(k)), k % 5) for k in range(11)] + [Phrase((f"w{n}", "whole"), 2)] for n in range(200)
    ]
    recipe = dataclasses.replace(command.RECIPES["lstm"], neutral=0.25)
    kept = command.learned_from(recipe, train)
    assert sum(one.label == 2 and one.words[1] != "whole" for one in kept) == pytest.approx(100, abs=25)
    assert sum(one.words[1] == "whole" for one in kept) == 200
    assert sum(one.label != 2 for one in kept) == 9 * 200
    assert command.learned_from(dataclasses.replace(recipe, neutral=1.0), train) == command.distinct(train)


def test_weights_are_averaged_over_the_best_looks(tmp_path, shipped):
    words = zoo.vocabulary()
    network = command.SentimentNetwork(command.SentimentConfig(cell="rnn", n_hidden=2, rank=1), words)
    classifier = command.NetworkClassifier(TASK_CARD, network, words)
    for look, bias in enumerate([0.0, 0.0, 0.0, 0.0, 8.0, 8.0]):  # from the sixth on all get five stars
        state = network.state_dict() | {
            "output.bias": torch.tensor([2.0, 0, 0, 0, bias]),
            "output.weight": torch.zeros(5, 2),
        }
        torch.save(state, tmp_path / f"{look}.pt")
    looks = sorted(tmp_path.iterdir())
    torch.testing.assert_close(command.averaged(looks[2:])["output.bias"], torch.tensor([2.0, 0, 0, 0, 4]))
    best = command.choose(classifier, looks, [Phrase(("film",), 4)])
    assert best["accuracy"] == 1
    assert float(network.output.bias.detach()[4]) == pytest.approx(4)
