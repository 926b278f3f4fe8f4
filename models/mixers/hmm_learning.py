"""A hidden Markov model that learns from the letters of a text, without being told what a vowel is.

Baum-Welch climbs to the nearest peak of the likelihood, which need not be the highest: so it begins several times, and
the model under which the letters are most probable is kept.

Sources: Rabiner 1989, A Tutorial on Hidden Markov Models; Cave and Neuwirth 1980, Hidden Markov Models for English.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.errors import ModelError
from models.mixers.hmm import HMM, baum_welch, expected, padded

ONCE, RUNNING, SPACED = "once", "running", "spaced"
SPACE = " "
VOWELS = "aeiouyàáâäãåæèéêëìíîïòóôöõøœùúûüаеёиоуыэюяαεηιουω"  # the model never sees this list
MOST_LETTERS = 20_000
MOST_SYMBOLS = 64
FEWEST_LETTERS = 20
MOST_ROUNDS = 150
_LONGEST = {ONCE: 16, RUNNING: 16, SPACED: 60}  # of one sequence; longer ones are cut, so that a batch stays small
_SETTLED = 1e-6  # nats a letter: a round that gains less is the last one


@dataclass(frozen=True)
class Letters:
    """A text's letters as sequences of symbols."""

    symbols: tuple[str, ...]  # in alphabetical order
    sequences: tuple[tuple[int, ...], ...]
    left_out: int  # letters beyond the first `MOST_LETTERS`

    @property
    def count(self) -> int:
        """How many letters and spaces are read."""
        return sum(map(len, self.sequences))


@dataclass(frozen=True, eq=False)
class Round:
    """A model on its way, and how probable the text is under it."""

    restart: int
    number: int  # of the round, from 0
    hmm: HMM
    log_likelihood: float  # ln P(all letters), in nats


def letters_of(text: str, way: str) -> Letters:
    """The letters of a text in lower case, cut into sequences.

    Args:
        text: any text.
        way: `ONCE` reads each different word once, `RUNNING` every word; `SPACED` reads on through the words, and the
            space between two of them is a symbol too.

    Raises:
        ModelError: there are too few letters, or too many different ones.

    >>> letters_of("To be or not to be, that is to be.", "running").symbols
    ('a', 'b', 'e', 'h', 'i', 'n', 'o', 'r', 's', 't')
    """
    words = ["".join(run) for is_letter, run in groupby(text.lower(), str.isalpha) if is_letter]
    runs = [SPACE.join(words)] if way == SPACED else list(dict.fromkeys(words)) if way == ONCE else words
    longest = _LONGEST[way]
    pieces = [run[i : i + longest] for run in runs for i in range(0, len(run), longest)]
    kept, count = list[str](), 0
    for piece in pieces:
        if count + len(piece) > MOST_LETTERS:
            break
        kept.append(piece)
        count += len(piece)
    symbols = sorted(set("".join(kept)))
    if count < FEWEST_LETTERS or len(symbols) < 2:
        raise ModelError(f"Only {count} letters: there is too little to learn from. Paste a longer text.")
    if len(symbols) > MOST_SYMBOLS:
        raise ModelError(
            f"{len(symbols):,} different letters: this page learns alphabets of at most {MOST_SYMBOLS}. "
            "Paste a text in another script."
        )
    place = {symbol: i for i, symbol in enumerate(symbols)}
    sequences = tuple(tuple(place[letter] for letter in piece) for piece in kept)
    return Letters(tuple(symbols), sequences, sum(map(len, pieces)) - count)


def restarts(letters: Letters, states: int, count: int, rounds: int, seed: int = 0) -> Iterator[Round]:
    """Baum-Welch from several random beginnings, one after the other; each ends when it has settled."""
    observed = padded(letters.sequences)
    for restart in range(count):
        before = HMM.random(states, len(letters.symbols), seed + restart)
        reached = -torch.inf
        for number, (after, log_likelihood) in enumerate(baum_welch(before, observed, rounds)):
            yield Round(restart, number, before, log_likelihood)
            if log_likelihood - reached < _SETTLED * letters.count:
                break
            before, reached = after, log_likelihood


@dataclass(eq=False)
class Learning:
    """Restarts of Baum-Welch that are done a slice at a time, by whoever waits for them."""

    letters: Letters
    rounds: Iterator[Round]
    curves: list[list[float]] = field(default_factory=list)  # of each restart ln P after each round
    best: Round | None = None
    ended: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def go_on(self, seconds: float) -> bool:
        """Works for about so long, a round at least; whether the end is reached."""
        with self._turn:
            until = time.perf_counter() + seconds
            for one in self.rounds:
                self._take(one)
                if time.perf_counter() > until:
                    return False
            self.ended = True
        return True

    def _take(self, one: Round) -> None:
        if one.number == 0:
            self.curves.append([])
        self.curves[one.restart].append(one.log_likelihood)
        if self.best is None or one.log_likelihood >= self.best.log_likelihood:
            self.best = one


@dataclass(frozen=True, eq=False)
class Found:
    """What each state came to be."""

    expected: Float[Tensor, "symbol state"]  # how often a letter is expected to come from a state, given the text
    best: Int[Tensor, " symbol"]  # the state that most of a letter's occurrences come from
    is_vowel: tuple[bool, ...]  # of each state: whether most of its letters are vowels
    is_space: tuple[bool, ...]  # of each state: whether most of what comes from it are spaces
    agreeing: tuple[bool, ...]  # of each letter: whether its state says what the list of vowels says


def found(hmm: HMM, letters: Letters, vowels: str = VOWELS) -> Found:
    """The states' letters against a list of vowels, which the model never saw."""
    emission = expected(hmm, padded(letters.sequences)).emission.T
    best = emission.argmax(1)
    truly = [symbol in vowels for symbol in letters.symbols]
    sounds = emission[torch.tensor([symbol != SPACE for symbol in letters.symbols])].sum(0)
    is_space = tuple((sounds < emission.sum(0) / 2).tolist())
    is_vowel = tuple((emission[torch.tensor(truly)].sum(0) > sounds / 2).tolist())
    agreeing = tuple(is_vowel[state] == truly[i] for i, state in enumerate(best.tolist()))
    return Found(emission, best, is_vowel, is_space, agreeing)
