"""A training of word vectors as a film: at some moments how far it is, its losses, and where the words stand."""

import os
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from models.errors import ModelError
from models.tokens import word2vec_batched
from models.tokens.alignment import Plane, plane
from models.tokens.glove import GloveSettings, GloveTraining
from models.tokens.running_words import RunningWords
from models.tokens.space import Neighbour, WordVectors, neighbours
from models.tokens.word2vec import METHODS, Settings, Vectors

MODELS = {"skip-gram": "Skip-gram", "cbow": "CBOW", "glove": "GloVe"}
PARTS = ("sum", "concatenation", "target")
MOMENTS = 40  # of a training
MOST_DRAWN = 150  # words
MOST_KEPT = 1_000  # words whose vectors every moment keeps
MOST_THREADS_FROM = 300_000  # words of a text; of a shorter one the same seed gives the same vectors
_FULL_WEIGHT = 10.0  # GloVe's x_max: the counts of a text of a reader are small
_FARTHEST = 1e4  # a number of a vector


@runtime_checkable
class Fitting(Protocol):
    """What both kinds of training have."""

    done: int
    of: int

    @property
    def vectors(self) -> Vectors: ...
    @property
    def words(self) -> int: ...
    def loss(self) -> float: ...
    def held_out_loss(self) -> float: ...
    def __iter__(self) -> Iterator[int]: ...


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words of a text, without the text."""

    words: tuple[str, ...]  # the most frequent first
    counts: Int[np.ndarray, " vocab"]
    length: int  # of the text, in words


@dataclass(frozen=True)
class Wanted:
    """What a reader chose of a training, whatever the model."""

    model: str  # one of MODELS
    n_embd: int
    window: int
    epochs: int
    learning_rate: float
    negatives: int = 5
    subsample: float = 0.0
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Moment:
    """One moment of a training."""

    done: float  # share of the work
    words: int  # read so far
    seconds: float  # of work, without looking
    loss: float
    held_out_loss: float
    planes: dict[str, Plane]  # of the words that are drawn, by PARTS
    kept: Vectors  # float16, of the most frequent words

    def space(self, words: tuple[str, ...], part: str) -> WordVectors:
        """The vectors that were kept."""
        rows = self.kept.word_vectors(part).astype(np.float32)
        return WordVectors("", words[: len(rows)], rows)


@dataclass(frozen=True, eq=False)
class Trained:
    """The vectors that came out."""

    vocabulary: Vocabulary
    wanted: Wanted
    vectors: Vectors
    seconds: float

    def space(self, part: str) -> WordVectors:
        """As a space of words."""
        words, counts = self.vocabulary.words, self.vocabulary.counts
        name = f"{MODELS[self.wanted.model]}, {len(words):,} words"
        return WordVectors(name, words, self.vectors.word_vectors(part), counts)


def suggested(model: str, length: int) -> Wanted:
    """Settings that suit a text of so many words: of a short one less is learned, and it is read more often."""
    epochs = int(np.clip(1_500_000 // max(1, length), 5, 60))
    width = 24 if length < 100_000 else 50 if length < 1_000_000 else 100
    if model == "glove":
        return Wanted(model, n_embd=width, window=8, epochs=min(60, 2 * epochs), learning_rate=0.05)
    rate = 0.25 if model == "cbow" else 0.05
    often = 0.0 if length < 100_000 else 1e-3
    return Wanted(model, n_embd=width, window=4, epochs=epochs, learning_rate=rate, subsample=often)


def fitting(text: RunningWords, wanted: Wanted) -> Fitting:
    """A training that is about to begin."""
    threads = 1 if text.length < MOST_THREADS_FROM else max(1, (os.cpu_count() or 1) // 2)
    if wanted.model not in METHODS:
        glove = GloveSettings(
            n_embd=wanted.n_embd,
            window=wanted.window,
            epochs=wanted.epochs,
            learning_rate=wanted.learning_rate,
            x_max=_FULL_WEIGHT,
            seed=wanted.seed,
        )
        return GloveTraining(text, glove, threads)
    settings = Settings(
        method=wanted.model,
        n_embd=wanted.n_embd,
        window=wanted.window,
        epochs=wanted.epochs,
        learning_rate=wanted.learning_rate,
        negatives=wanted.negatives,
        subsample=wanted.subsample,
        seed=wanted.seed,
    )
    return word2vec_batched.begin(text, settings, threads)


def drawn_rows(vocabulary: Vocabulary, words: Collection[str] = ()) -> list[int]:
    """The rows of the words that are drawn: of these words those that stand in the text, else the most frequent."""
    found = [row for row, word in enumerate(vocabulary.words) if word in words]
    return found[:MOST_DRAWN] if len(found) > 1 else list(range(min(MOST_DRAWN, len(vocabulary.words))))


def film(
    read: Callable[[], RunningWords],
    wanted: Wanted,
    words: Collection[str] = (),
    clock: Callable[[], float] = time.perf_counter,
) -> Generator[Moment | Vocabulary | None, None, Trained]:
    """Trains; gives the words once the text is read, then moments, None in between, and in the end what came out.

    Args:
        read: gives the text.
        wanted: the settings.
        words: that are drawn, as `drawn_rows` has them.
        clock: in seconds.

    Raises:
        ModelError: the text is no good, or the vectors grew beyond all bounds.
    """
    text = read()
    vocabulary = Vocabulary(text.words, text.counts, text.length)
    yield vocabulary
    training, rows = fitting(text, wanted), drawn_rows(vocabulary, words)
    moment = _look(training, rows, 0.0, None)
    yield moment
    seconds, before = 0.0, clock()
    for _ in training:
        seconds += clock() - before
        if training.done >= training.of or training.done / training.of >= moment.done + 1 / MOMENTS:
            moment = _look(training, rows, seconds, moment)
            yield moment
        else:
            yield None
        before = clock()
    return Trained(vocabulary, wanted, training.vectors.copy(), seconds)


def _look(training: Fitting, rows: list[int], seconds: float, before: Moment | None) -> Moment:
    vectors = training.vectors
    if not all(np.abs(part).max() < _FARTHEST for part in (vectors.target, vectors.context)):
        raise ModelError("The vectors grew beyond all bounds: take a smaller learning rate.")
    drawn = Vectors(vectors.target[rows], vectors.context[rows])
    planes = {
        part: plane(drawn.word_vectors(part), before.planes[part] if before is not None else None) for part in PARTS
    }
    kept = Vectors(*(part[:MOST_KEPT].astype(np.float16) for part in (vectors.target, vectors.context)))
    return Moment(
        training.done / training.of,
        training.words if training.done else 0,
        seconds,
        training.loss(),
        training.held_out_loss(),
        planes,
        kept,
    )


def settling(
    moments: Sequence[Moment], words: tuple[str, ...], part: str, word: str, most: int
) -> list[list[Neighbour]]:
    """The neighbours of a word at each moment, among the words that are kept.

    Raises:
        ModelError: the word is not among them.
    """
    return [neighbours(moment.space(words, part), word, most) for moment in moments]
