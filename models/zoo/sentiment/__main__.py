"""Trains and measures the classifiers of stars.

    python -m models.zoo.sentiment NAME DATA     NAME is bag, rnn, lstm, gru or bilstm

DATA holds train.txt.xz, dev.txt.xz and test.txt.xz of the Stanford Sentiment Treebank, in trees. A training that was
stopped goes on where its last checkpoint, in out/sentiment, was made.

A network's weights are the mean of those at four looks in a row, the four that together are right most often on dev.
Source: Izmailov et al. 2018, Averaging Weights Leads to Wider Optima and Better Generalization.
"""

import argparse
import dataclasses
import json
import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors.numpy import save_file
from torch import Tensor
from torch.nn.functional import cross_entropy

from models import packing
from models.checkpoints import sha256
from models.mixers.network import Drop, State
from models.tasks.card import TaskCard, write_task_card
from models.tasks.embedding import Vocabulary
from models.tasks.sentiment import SentimentConfig, SentimentNetwork
from models.tasks.sentiment_bag import Bag, features_of
from models.tasks.sentiment_classifier import BagClassifier, Classifier, NetworkClassifier, expected_stars
from models.tasks.sentiment_data import Phrase, PhraseBatch, PhraseBatches, distinct, roots, trees
from models.tasks.sentiment_scores import calibration, confusion, scores_of
from models.tasks.sentiment_words import divided
from models.training import checkpointed
from models.training.loop import Training, TrainingSettings
from models.zoo.sentiment import CARDS, NAMES, WORDS, load, vocabulary, weights, write_measured

_OUT = Path("out/sentiment")
_LEAST = 3  # occurrences of a word in the sentences of train, or of two in a row
_BAG_FEATURES, _BAG_C = 8_000, 0.3
_AVERAGED = 4  # looks
_CORPUS = "Stanford Sentiment Treebank, English film reviews: 8,544 sentences and all phrases of their trees"
_HELD_OUT = "2,210 test sentences of the treebank"
_LICENCE = "the treebank's makers name none; the vectors that words begin with were learned from CC BY-SA 3.0 text"
_PUBLISHED = {
    "Tree-LSTM, Tai et al. 2015": 0.510,
    "BiLSTM, Tai et al. 2015": 0.491,
    "LSTM, Tai et al. 2015": 0.464,
    "RNTN, Socher et al. 2013": 0.457,
    "Bigram NB, Socher et al. 2013": 0.419,
    "Mean vector, Socher et al. 2013": 0.327,
    "Always 2 stars": 633 / 2210,
}
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """What a network is, and how it is trained."""

    title: str
    config: SentimentConfig
    learning_rate: float
    epochs: float = 3.0
    batch_size: int = 64
    root_weight: float = 4.0  # how much a whole sentence counts, against 1 of each other phrase
    neutral: float = 0.5  # share of the neutral phrases that it learns from; of whole sentences all

    @property
    def settings(self) -> TrainingSettings:
        """For the training loop."""
        return TrainingSettings(
            epochs=self.epochs, learning_rate=self.learning_rate, dropout=0.5, looks=20, patience=20
        )


RECIPES = {
    "rnn": Recipe("RNN", SentimentConfig(cell="rnn", n_hidden=168), 2e-3),
    "lstm": Recipe("LSTM", SentimentConfig(cell="lstm", n_hidden=168), 2e-3),
    "gru": Recipe("GRU", SentimentConfig(cell="gru", n_hidden=168), 2e-3),
    "bilstm": Recipe("BiLSTM", SentimentConfig(cell="lstm", n_hidden=128, is_bidirectional=True), 2e-3),
}


@dataclass(frozen=True)
class Treebank:
    """The three parts; their words cut as typed text is."""

    train: list[list[Phrase]]
    dev: list[Phrase]
    test: list[Phrase]


def treebank(data: Path) -> Treebank:
    """Reads the files, and writes the list of words where there is none."""
    train = trees(data / "train.txt.xz")
    if not WORDS.is_file():
        counts = Counter(word.lower() for phrase in roots(train) for word in phrase.words)
        known = [word for word, times in counts.most_common() if times >= _LEAST]
        WORDS.write_text("\n".join(known) + "\n", encoding="utf-8")
    dev, test = (roots(trees(data / f"{part}.txt.xz")) for part in ("dev", "test"))
    return Treebank([recut(phrases) for phrases in train], recut(dev), recut(test))


def recut(phrases: Sequence[Phrase]) -> list[Phrase]:
    """Phrases whose words with a hyphen, where they are unknown, are cut at it, as those of a typed text."""
    known = vocabulary().known

    def pieces(word: str) -> list[str]:
        return [word[start:stop] for start, stop in divided(word, lambda piece: known(piece) != "unknown")]

    return [Phrase(tuple(piece for word in one.words for piece in pieces(word)), one.label) for one in phrases]


def said(
    classifier: Classifier, phrases: Sequence[Phrase]
) -> tuple[Int[np.ndarray, " text"], Float[np.ndarray, "text stars"]]:
    """The labels of phrases, and what a classifier says of each."""
    parts = [classifier.log_probs([one.words for one in phrases[i : i + 100]]) for i in range(0, len(phrases), 100)]
    return np.array([one.label for one in phrases]), np.concatenate(parts)


def training_of(
    recipe: Recipe, train: Sequence[Sequence[Phrase]], dev: Sequence[Phrase], words: Vocabulary
) -> Training[SentimentNetwork, PhraseBatch]:
    """A training that is about to begin; it looks at how often it is wrong on `dev`."""
    network = SentimentNetwork(recipe.config, words, torch.Generator().manual_seed(1))
    whole, phrases = set(roots(train)), learned_from(recipe, train)
    batches = PhraseBatches(
        [words.ids(one.words) for one in phrases],
        [one.label for one in phrases],
        [recipe.root_weight if one in whole else 1.0 for one in phrases],
        recipe.batch_size,
    )

    def losses(
        batch: PhraseBatch, _state: State | None, drop: Drop, _generator: torch.Generator
    ) -> tuple[Float[Tensor, " batch"], None]:
        scores = network(batch.idx, batch.lengths, drop)
        return cross_entropy(scores, batch.labels, reduction="none") * batch.weights, None

    def look() -> float:
        return 1 - scores_of(*said(NetworkClassifier(_card("look", "", 0), network, words), dev))["accuracy"]

    return Training(network, batches, recipe.settings, losses, look)


def learned_from(recipe: Recipe, train: Sequence[Sequence[Phrase]]) -> list[Phrase]:
    """Each phrase once, but only some of the neutral ones, of which there are too many."""
    whole, phrases = set(roots(train)), distinct(train)
    drawn = np.random.default_rng(1).random(len(phrases)) < recipe.neutral
    return [one for one, stays in zip(phrases, drawn.tolist(), strict=True) if stays or one.label != 2 or one in whole]


def averaged(looks: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the weights in files."""
    states = [torch.load(path, weights_only=True) for path in looks]
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


def find_plane(classifier: NetworkClassifier, sentences: Sequence[Phrase]) -> list[float]:
    """Lays the network's plane through the states of sentences; the shares of variance that its two directions have.

    The first direction points to where more stars are given.
    """
    network = classifier.network
    h = np.concatenate([classifier.states(one.words)[1:] for one in sentences]).astype(np.float64)
    stars = np.concatenate([expected_stars(classifier.running(one.words))[1:] for one in sentences])
    origin = h.mean(axis=0)
    _, singular, axes = np.linalg.svd(h - origin, full_matrices=False)
    turned = [axis * (np.sign(((h - origin) @ axis) @ (stars - stars.mean())) or 1.0) for axis in axes[:2]]
    for name, vector in zip(("plane_origin", "plane_x", "plane_y"), (origin, *turned), strict=True):
        getattr(network, name).copy_(torch.from_numpy(vector))
    return [float(share) for share in singular[:2] ** 2 / (singular**2).sum()]


def train_bag(train: Sequence[Sequence[Phrase]]) -> Bag:
    """Logistic regression on phrases, with the features that have the largest weights for how often they occur."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    counts = Counter(name for one in roots(train) for name in {name for name, _ in features_of(one.words)})
    own = set(vocabulary().own)
    names = [name for name, times in sorted(counts.items()) if times >= _LEAST and own.issuperset(name.split())]
    phrases = distinct(train)
    labels = [one.label for one in phrases]

    def fitted(features: Sequence[str]) -> Bag:
        index = {name: row for row, name in enumerate(features)}
        counting = CountVectorizer(
            analyzer=lambda one: [name for name, _ in features_of(one.words)], vocabulary=index, binary=True
        )
        model = LogisticRegression(C=_BAG_C, max_iter=200).fit(counting.transform(phrases), labels)
        return Bag(index, model.coef_.T - model.coef_.mean(axis=0)[:, None], model.intercept_ - model.intercept_.mean())

    whole = fitted(names)
    worth = np.abs(whole.weights).max(axis=1) * np.sqrt([counts[name] for name in names])
    return fitted([names[row] for row in sorted(np.argsort(-worth)[:_BAG_FEATURES])])


def write_bag(bag: Bag) -> None:
    """Writes a linear model: of each feature the places of its words in the list of words, and its weights."""
    places = {word: place for place, word in enumerate(vocabulary().own)}
    none = len(places)
    rows = [[*(places[word] for word in name.split()), none][:2] for name in bag.features]
    tensors = packing.packed("weights", bag.weights.astype(np.float32))
    bias = bag.bias.astype(np.float32)
    save_file({"features": np.array(rows, dtype=np.uint16), "bias": bias, **tensors}, weights("bag"))


def finish(name: str, title: str, training: str, parameters: int, variance: Sequence[float], bank: Treebank) -> None:
    """Measures what was written, and writes its card."""
    card = _card(name, training, parameters, title)
    write_task_card(CARDS, card)
    classifier = load(name)
    labels, log_probs = said(classifier, bank.test)
    scores, dev = scores_of(labels, log_probs), scores_of(*said(classifier, bank.dev))
    _LOG.info("%s: dev %s, test %s", name, dev, scores)
    write_task_card(CARDS, dataclasses.replace(card, scores={**scores, "accuracy on dev": dev["accuracy"]}))
    table = confusion(labels, log_probs).tolist()
    measured = dataclasses.asdict(calibration(labels, log_probs))
    write_measured(name, {"confusion": table, "calibration": measured, "variance": list(variance)})


def _card(name: str, training: str, parameters: int, title: str = "") -> TaskCard:
    return TaskCard(
        name=name,
        title=title,
        family=RECIPES[name].config.cell if name in RECIPES else "ngrams",
        corpus=_CORPUS,
        training=training,
        licence=_LICENCE,
        source=f"python -m models.zoo.sentiment {name} DATA",
        precision="8 bits a weight",
        parameters=parameters,
        sha256=sha256(weights(name)) if weights(name).is_file() else "",
        held_out=_HELD_OUT,
        scores={},
        published=_PUBLISHED,
    )


def train_network(name: str, bank: Treebank) -> None:
    """Trains, says how it goes, and writes."""
    recipe = RECIPES[name]
    training = training_of(recipe, bank.train, bank.dev, vocabulary())
    looks = _OUT / f"{name}-looks"
    looks.mkdir(exist_ok=True)
    for look in checkpointed.looks(training, _OUT / f"{name}.pt", _LOG):
        torch.save(training.network.state_dict(), looks / f"{look.step:06}.pt")
        _LOG.info("step %d of %d: dev accuracy %.4f", look.step, training.steps, 1 - look.held_out_loss)
    classifier = NetworkClassifier(_card(name, "", 0), training.network, vocabulary())
    best = choose(classifier, sorted(looks.iterdir()), bank.dev)
    _LOG.info("dev in 32 bits: %s", best)
    variance = find_plane(classifier, bank.dev)
    network = training.network
    packing.save(network, weights(name), {"config": json.dumps(dataclasses.asdict(recipe.config))})
    words = (
        f"{len(learned_from(recipe, bank.train)):,} different phrases, of the neutral ones a share of "
        f"{recipe.neutral:g}, {recipe.epochs:g} times each, whole sentences "
        f"counted {recipe.root_weight:g}-fold; weights are the mean of {_AVERAGED} of {recipe.settings.looks} looks at "
        f"dev; {training.seconds:,.0f} s on a shared CPU core"
    )
    finish(name, recipe.title, words, sum(one.numel() for one in network.parameters()), variance, bank)


def choose(classifier: NetworkClassifier, looks: Sequence[Path], dev: Sequence[Phrase]) -> Mapping[str, float]:
    """Leaves the network with the best mean of a few looks in a row; what that scores on `dev`."""
    found = list[tuple[float, dict[str, Tensor], Mapping[str, float]]]()
    for first in range(max(1, len(looks) - _AVERAGED + 1)):
        mean = averaged(looks[first : first + _AVERAGED])
        classifier.network.load_state_dict(mean)
        scores = scores_of(*said(classifier, dev))
        found.append((scores["accuracy"], mean, scores))
    _, mean, scores = max(found, key=lambda one: one[0])
    classifier.network.load_state_dict(mean)
    return scores


def main() -> None:
    """Trains one classifier."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", choices=NAMES)
    options.add_argument("data", type=Path)
    given = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    _OUT.mkdir(parents=True, exist_ok=True)
    bank = treebank(given.data)
    if given.name != "bag":
        train_network(given.name, bank)
        return
    began = time.monotonic()
    bag = train_bag(bank.train)
    _LOG.info("dev in 64 bits: %s", scores_of(*said(BagClassifier(_card("bag", "", 0), bag), bank.dev)))
    write_bag(bag)
    words = (
        f"logistic regression on {len(distinct(bank.train)):,} different phrases, words and pairs of neighbours that "
        f"occur in {_LEAST} sentences or more, the {len(bag.features):,} with the largest weights; "
        f"{time.monotonic() - began:,.0f} s on a CPU core"
    )
    finish("bag", "Bag of words and pairs", words, bag.weights.size + len(bag.bias), [], bank)


if __name__ == "__main__":
    main()
