"""word2vec over a whole text, in slices between which one can look, draw, or stop."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from jaxtyping import Float, Int

from models.errors import ModelError
from models.tokens import word2vec_kernel
from models.tokens.hogwild import in_slices
from models.tokens.running_words import RunningWords
from models.tokens.word2vec import Example, Settings, Vectors, fresh
from models.tokens.word2vec_kernel import Draws

_SLICE = 100_000  # words a thread takes at once: a tenth of a second
_LOOKED_AT = 4_000  # words of a text by whose pairs its loss is told


class Followed(ABC):
    """How far a training is, and how well it does."""

    settings: Settings
    done: int
    of: int
    _learned: RunningWords
    _seen: "Pairs"
    _unseen: "Pairs"

    @property
    @abstractmethod
    def vectors(self) -> Vectors:
        """As they are now."""

    @property
    def learning_rate(self) -> float:
        """What the next step takes."""
        return self.rate(self.done)

    @property
    def words(self) -> int:
        """How many words of the text have been read so far, those of each epoch counted."""
        return round(self.done / self.of * self.settings.epochs * self._learned.length)

    def rate(self, done: int) -> float:
        """The learning rate when so much is done: it falls in a straight line."""
        return self.settings.learning_rate * max(1e-4, 1 - done / self.of)

    def loss(self) -> float:
        """Nats a pair, on the same pairs of the learned text each time."""
        return self._seen.loss(self.vectors)

    def held_out_loss(self) -> float:
        """Nats a pair, on the same pairs of the held-out text each time; NaN where it has none."""
        return self._unseen.loss(self.vectors)


class Training(Followed):
    """Vectors that are being learned; iterating over it does the work, slice by slice.

    Each slice changes `vectors`; who wants to keep them as they are now makes a copy.
    """

    def __init__(
        self, text: RunningWords, settings: Settings, threads: int = 1, held_out: RunningWords | None = None
    ) -> None:
        """Nothing is learned yet; without a text to hold out, a part of the text itself is."""
        self.text, self.settings, self._threads = text, settings, threads
        self._learned, held_out = (text, held_out) if held_out else text.split()
        self._draws = Draws.of(text, settings)
        self._vectors = fresh(len(text.words), settings.n_embd, settings.seed)
        self.done = 0
        self.of = settings.epochs * len(self._learned.ids)
        if not self.of:
            raise ModelError("The text is too short to learn from: give a longer one.")
        self._seen, self._unseen = (
            Pairs(looked_at(part, settings), settings.method) for part in (self._learned, held_out)
        )

    @property
    def vectors(self) -> Vectors:
        """As they are now; each slice changes them."""
        return self._vectors

    def __iter__(self) -> Iterator[int]:
        """Works; gives how much is done of `of` after each slice."""
        length = len(self._learned.ids)
        for _ in range(self.settings.epochs):
            before = self.done
            for _, stop in in_slices(length, _SLICE, self._threads, partial(self._work, before)):
                self.done = before + stop
                yield self.done

    def _work(self, before: int, start: int, stop: int) -> None:
        word2vec_kernel.train(
            self._vectors,
            self._learned,
            self._draws,
            self.settings,
            start=start,
            stop=stop,
            rates=(self.rate(before + start), self.rate(before + stop)),
            seed=self.settings.seed * 1_000_003 + before + start,
        )


@dataclass(frozen=True, eq=False)
class Pairs:
    """Examples of which the loss is asked again and again, laid out for that."""

    examples: Sequence[Example]
    method: str

    def loss(self, vectors: Vectors) -> float:
        """Nats a pair, as `word2vec.losses`; NaN if there is none."""
        if not self.examples:
            return float("nan")
        words, of = self._words
        if self.method == "skip-gram":
            given, asked = vectors.target[of], vectors.context[words]
        else:
            neighbours, begins, counts = self._neighbours
            given = np.add.reduceat(vectors.context[neighbours], begins, axis=0) / counts[:, None]
            asked = vectors.target[words]
        dots: Float[np.ndarray, "pair K1"] = np.einsum("pkd,pd->pk", asked, given)
        dots[:, 0] *= -1
        return float(np.logaddexp(0, dots).sum() / len(dots))

    @cached_property
    def _words(self) -> tuple[Int[np.ndarray, "pair K1"], Int[np.ndarray, " pair"]]:
        """Of each pair the positive and the negatives, and the centre word."""
        skip_gram = self.method == "skip-gram"
        words = [
            np.hstack([(one.contexts if skip_gram else np.array([one.centre]))[:, None], one.negatives])
            for one in self.examples
        ]
        return np.concatenate(words), np.repeat([one.centre for one in self.examples], [len(part) for part in words])

    @cached_property
    def _neighbours(self) -> tuple[Int[np.ndarray, " all"], Int[np.ndarray, " pair"], Int[np.ndarray, " pair"]]:
        """All neighbours in a row, where those of each example begin, and how many they are."""
        counts = np.array([len(one.contexts) for one in self.examples])
        return np.concatenate([one.contexts for one in self.examples]), counts.cumsum() - counts, counts


def looked_at(text: RunningWords, settings: Settings) -> list[Example]:
    """The examples by which the loss on a text is told: those of its beginning."""
    stop = min(len(text.ids), _LOOKED_AT)
    drawn = word2vec_kernel.examples(text, Draws.of(text, settings), settings, start=0, stop=stop, seed=settings.seed)
    return list(drawn)
