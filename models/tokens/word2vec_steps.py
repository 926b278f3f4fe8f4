"""A few words and vectors of two numbers, on which every step of word2vec can be looked at.

Steps come in legs: from some word of the text on, at one learning rate, so many. A step takes one word of the text with
its neighbours, and the next step the next word. What is drawn for step s depends on the seed and on s alone, so that
the same legs give the same vectors always.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from models.errors import ModelError
from models.tokens import running_words, word2vec_kernel
from models.tokens.running_words import SENTENCE_END, RunningWords
from models.tokens.word2vec import Example, Look, Vectors, look, negative_probability
from models.tokens.word2vec_training import Pairs

MOST_STEPS = 10_000
MOST_LEGS = 60
MOST_WORDS = 80  # of the text, in running order
MOST_RATE = 2.0
_FARTHEST = 1e4  # a number of a vector
CHECKPOINT = 500  # steps after which one begins again when a few more are asked for
_EACH, _SELDOM = 10, 20  # of the last steps all are kept, before them one in so many
_LAST, _LATELY, _EARLIER = 20, 500, 2_000  # steps
_LEG = re.compile(r"(?:c(\d{1,6}))?r(\d{1,3}(?:\.\d{1,4})?)x(\d{1,6})")
_SENTENCE = re.compile(r"[.!?]+|\n+")


@dataclass(frozen=True)
class Leg:
    """So many steps at one rate; `centre` is the place of the first one's word, None: where the leg before ended."""

    steps: int
    rate: float
    centre: int | None = None


def read_legs(text: str) -> tuple[Leg, ...]:
    """Legs as `write_legs` writes them.

    >>> read_legs("c3r0.1x20-r0.5x500")
    (Leg(steps=20, rate=0.1, centre=3), Leg(steps=500, rate=0.5, centre=None))

    Raises:
        ValueError: these are no legs, or too many.
    """
    legs = []
    for part in text.split("-") if text else ():
        found = _LEG.fullmatch(part)
        if found is None:
            raise ValueError(f"{part!r} is no leg")
        centre, rate, steps = found.groups()
        legs.append(Leg(int(steps), float(rate), None if centre is None else int(centre)))
    fits = all(leg.steps and 0 < leg.rate <= MOST_RATE for leg in legs)
    if not fits or len(legs) > MOST_LEGS or steps_of(legs) > MOST_STEPS:
        raise ValueError("these steps are too many, or of no rate")
    return tuple(legs)


def write_legs(legs: Sequence[Leg]) -> str:
    """Legs as a few signs for a link."""
    return "-".join(
        f"{'' if leg.centre is None else f'c{leg.centre}'}r{f'{leg.rate:.4f}'.rstrip('0').rstrip('.')}x{leg.steps}"
        for leg in legs
    )


def steps_of(legs: Sequence[Leg]) -> int:
    """How many steps they are."""
    return sum(leg.steps for leg in legs)


def further(legs: Sequence[Leg], steps: int, rate: float, centre: int | None) -> tuple[Leg, ...]:
    """The legs and so many steps more, as few legs as may be."""
    if legs and centre is None and legs[-1].rate == rate:
        return (*legs[:-1], replace(legs[-1], steps=legs[-1].steps + steps))
    return (*legs, Leg(steps, rate, centre))


def until(legs: Sequence[Leg], steps: int) -> tuple[Leg, ...]:
    """The first so many steps of the legs."""
    found = list[Leg]()
    for leg in legs:
        if steps > 0:
            found.append(replace(leg, steps=min(leg.steps, steps)))
        steps -= leg.steps
    return tuple(found)


def after(legs: Sequence[Leg], steps: int) -> tuple[Leg, ...]:
    """What is left of the legs after the first so many steps."""
    found = list[Leg]()
    for leg in legs:
        if steps < leg.steps:
            found.append(leg if steps <= 0 else Leg(leg.steps - steps, leg.rate))
        steps -= leg.steps
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Sentences:
    """The words of a short text, and the stretches within which words are neighbours."""

    text: RunningWords
    places: Int[np.ndarray, " word"]  # of each running word its place in `text.ids`
    left_out: int  # words after the first MOST_WORDS

    @classmethod
    def of(cls, text: str) -> "Sentences":
        """The words of a text; sentences end at full stops and line ends.

        Raises:
            ModelError: it has no two words side by side, or only one word again and again.
        """
        lines, count, left_out = list[str](), 0, 0
        for part in _SENTENCE.split(text):
            words = running_words.words_of(part)
            kept = words[: MOST_WORDS - count]
            count, left_out = count + len(kept), left_out + len(words) - len(kept)
            if kept:
                lines.append(" ".join(kept))
        if max((line.count(" ") for line in lines), default=0) < 1:
            raise ModelError("No two words stand side by side here: type a sentence.")
        read = running_words.read(lines)
        return cls(read, np.flatnonzero(read.ids != SENTENCE_END), left_out)

    @cached_property
    def words(self) -> Int[np.ndarray, " word"]:
        """The numbers of the words, in running order."""
        found: Int[np.ndarray, " word"] = self.text.ids[self.places]
        return found

    def neighbours(self, place: int, reach: int) -> list[int]:
        """The places of the words around one, so many on each side, within its sentence."""
        found = list[int]()
        for way in (-1, 1):
            for distance in range(1, reach + 1):
                at = self.places[place] + way * distance
                if not 0 <= at < len(self.text.ids) or self.text.ids[at] == SENTENCE_END:
                    break
                found.append(place + way * distance)
        return sorted(found)


@dataclass(frozen=True)
class Choices:
    """How the few steps are taken; the rate is each leg's own."""

    method: str = "skip-gram"
    window: int = 2
    negatives: int = 2
    power: float = 0.75
    seed: int = 1


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a step is made of: its place in the text, how far it looks, and its words."""

    place: int
    reach: int
    neighbours: list[int]  # places
    example: Example


@dataclass(frozen=True, eq=False)
class Replay:
    """The vectors after some legs, and how they came there."""

    sentences: Sentences
    choices: Choices
    legs: tuple[Leg, ...]
    vectors: Vectors
    next_place: int
    frames: list[tuple[int, Vectors]]  # steps done and the vectors then, the newest last
    losses: list[tuple[int, float]]  # steps done and nats a pair then, over the whole text

    @property
    def done(self) -> int:
        """Steps so far."""
        return steps_of(self.legs)

    def next_step(self, centre: int | None = None) -> Drawn:
        """What the next step is made of; from another place of the text on, if one is given."""
        place = self.next_place if centre is None else centre
        return next(drawn_steps(self.sentences, self.choices, self.done, place))

    def look(self, drawn: Drawn) -> Look:
        """All numbers of a step from here."""
        return look(self.vectors, drawn.example, self.choices.method)

    def stepped(self, drawn: Drawn, rate: float) -> Vectors:
        """The vectors after a step from here."""
        vectors = self.vectors.copy()
        word2vec_kernel.step(vectors, drawn.example, self.choices.method, rate)
        return vectors

    def lately(self) -> list[tuple[int, Vectors]]:
        """The frames of the last two thousand steps, the more the nearer to the end, and the first of all."""
        return [
            (step, vectors)
            for step, vectors in self.frames
            if (ago := self.done - step) < _LAST
            or (ago <= _LATELY and step % _EACH == 0)
            or (ago <= _EARLIER and step % _SELDOM == 0)
            or step == 0
        ]


def begin(sentences: Sentences, choices: Choices) -> Replay:
    """Before the first step: both vectors of each word small and random, so that no two lie upon each other."""
    random = np.random.default_rng(choices.seed)
    target, context = random.uniform(-0.5, 0.5, (2, len(sentences.text.words), 2)).astype(np.float32)
    vectors = Vectors(target, context)
    first = (0, _looked_at(sentences, choices).loss(vectors))
    return Replay(sentences, choices, (), vectors, 0, [(0, vectors.copy())], [first])


def go_on(replay: Replay, leg: Leg) -> Replay:
    """The steps of one leg more.

    Raises:
        ModelError: the rate is too high: the vectors grow beyond all bounds.
    """
    vectors, choices, done = replay.vectors.copy(), replay.choices, replay.done
    frames, losses = list(replay.frames), list(replay.losses)
    looked_at = _looked_at(replay.sentences, choices)
    count, end = len(replay.sentences.words), done + leg.steps
    place = replay.next_place if leg.centre is None else leg.centre % count
    steps = drawn_steps(replay.sentences, choices, done, place)
    for number in range(done + 1, end + 1):
        drawn = next(steps)
        _step(vectors, drawn, choices, leg.rate)
        place = (drawn.place + 1) % count
        if number % _EACH == 0 or number > end - _LAST:
            frames.append((number, vectors.copy()))
        if number % _EACH == 0 or number == end or number <= _LAST:
            losses.append((number, looked_at.loss(vectors)))
    return Replay(replay.sentences, choices, (*replay.legs, leg), vectors, place, frames, losses)


def _step(vectors: Vectors, drawn: Drawn, choices: Choices, rate: float) -> None:
    try:
        word2vec_kernel.step(vectors, drawn.example, choices.method, rate)
    except ZeroDivisionError:  # the compiled sigmoid of a number that is none
        vectors.target[:] = np.inf
    if not np.abs(vectors.target[drawn.example.centre]).max() < _FARTHEST:
        raise ModelError(
            f"At the rate {rate:g} the vectors grow beyond all bounds: each step overshoots more than the one before. "
            "Begin again with a smaller one."
        )


def replay(sentences: Sentences, choices: Choices, legs: Sequence[Leg]) -> Replay:
    """All legs from the beginning."""
    now = begin(sentences, choices)
    for leg in legs:
        now = go_on(now, leg)
    return now


def drawn_steps(sentences: Sentences, choices: Choices, first: int, place: int) -> Iterator[Drawn]:
    """What the steps from number `first` on are made of, the first of them at a place of the text, or the next one."""
    count = len(sentences.words)
    chances = negative_probability(sentences.text.counts, choices.power)
    number, place = first, place % count
    while True:
        random = np.random.default_rng((choices.seed, number))
        reach = int(random.integers(1, choices.window + 1))
        neighbours = sentences.neighbours(place, reach)
        if neighbours:
            contexts = sentences.words[neighbours].astype(np.int32)
            positives = contexts if choices.method == "skip-gram" else sentences.words[[place]]
            negatives = np.stack([_negatives(chances, int(word), choices.negatives, random) for word in positives])
            yield Drawn(place, reach, neighbours, Example(int(sentences.words[place]), contexts, negatives))
            number += 1
        # A word that stands alone in its sentence has no neighbour to learn from.
        place = (place + 1) % count


def _negatives(
    chances: Float[np.ndarray, " vocab"], positive: int, count: int, random: np.random.Generator
) -> Int[np.ndarray, " K"]:
    """So many words drawn by their chances; the positive one is none of them."""
    others = chances.copy()
    others[positive] = 0
    bounds = others.cumsum()
    found = np.searchsorted(bounds, random.random(count) * bounds[-1], side="right")
    # At most the last word with a chance: a number drawn just under 1 may be rounded to the very end.
    drawn: Int[np.ndarray, " K"] = np.minimum(found, np.flatnonzero(others)[-1]).astype(np.int32)
    return drawn


def _looked_at(sentences: Sentences, choices: Choices) -> Pairs:
    """One step at each word, by which the loss of the whole text is told; with negatives of their own."""
    steps = drawn_steps(sentences, choices, MOST_STEPS, 0)
    return Pairs([next(steps).example for _ in range(len(sentences.words))], choices.method)
