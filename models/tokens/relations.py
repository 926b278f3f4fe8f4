"""Pairs of words in one relation, and whether the steps between them are parallel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models.errors import ModelError
from models.tokens.space import WordVectors, row_of

MOST_PAIRS = 40
RELATIONS = {
    "capital": "Capital of",
    "plural": "Plural",
    "gender": "Gender",
    "past": "Past tense",
    "comparative": "Comparative",
    "nationality": "Nationality",
}
PAIRS = {
    "capital": "paris france, berlin germany, rome italy, madrid spain, lisbon portugal, vienna austria, "
    "athens greece, warsaw poland, moscow russia, tokyo japan, beijing china, cairo egypt",
    "plural": "dogs dog, cats cat, cars car, books book, houses house, rivers river, birds bird, kings king, "
    "songs song, trees tree, cities city, children child",
    "gender": "woman man, queen king, girl boy, mother father, sister brother, daughter son, wife husband, aunt uncle, "
    "princess prince, actress actor, she he, her his",
    "past": "went go, took take, saw see, came come, gave give, wrote write, ran run, played play, walked walk, "
    "called call, found find, knew know",
    "comparative": "bigger big, smaller small, older old, younger young, higher high, lower low, longer long, "
    "shorter short, stronger strong, weaker weak, faster fast, better good",
    "nationality": "french france, german germany, italian italy, spanish spain, polish poland, russian russia, "
    "japanese japan, chinese china, greek greece, swedish sweden, dutch netherlands, egyptian egypt",
}
_RANDOM = 2_000  # pairs of steps between random words
_FREQUENT = 5_000  # words that they are taken from


@dataclass(frozen=True)
class Parallel:
    """How parallel the steps of a relation are: 1 is exactly, 0 not at all."""

    mean_cosine: float  # over all pairs of steps
    random: float  # the same between random words
    of_each: tuple[float, ...]  # of each step with the mean of the others


def read_pairs(text: str) -> list[tuple[str, str]]:
    """Pairs of words, between commas or line ends; in a pair, between spaces, colons or equals signs.

    Raises:
        ModelError: a part is no pair, or there are too few or too many.
    """
    pairs = []
    for part in text.replace("\n", ",").replace(";", ",").split(","):
        words = part.replace(":", " ").replace("=", " ").split()
        if not words:
            continue
        if len(words) != 2:
            short = part.strip() if len(part) < 60 else f"{part.strip()[:60]}…"
            raise ModelError(f"'{short}' is no pair: write two words, then a comma, as in: paris france, rome italy")
        pairs.append((words[0], words[1]))
    if len(pairs) < 2:
        raise ModelError("Steps can be compared from two pairs on: write more, as in: paris france, rome italy")
    if len(pairs) > MOST_PAIRS:
        raise ModelError(f"{len(pairs):,} pairs are too many for a picture: keep {MOST_PAIRS}.")
    return pairs


def known(space: WordVectors, pairs: Sequence[tuple[str, str]]) -> tuple[list[tuple[int, int]], list[str]]:
    """The rows of the pairs whose words are in the vocabulary, and the words that are not."""
    found: list[tuple[int, int]] = []
    missing: list[str] = []
    for pair in pairs:
        one, other = (row_of(space, word) for word in pair)
        missing += [word for word, row in zip(pair, (one, other), strict=True) if row is None]
        if one is not None and other is not None and one != other:
            found.append((one, other))
    return found, missing


def parallel(space: WordVectors, pairs: Sequence[tuple[int, int]], seed: int = 0) -> Parallel:
    """Compares the steps from each second word to its first: their cosines, and those of steps between random words.

    Args:
        space: the words.
        pairs: rows of the first and the second words.
        seed: of the random words.

    Raises:
        ModelError: there are fewer than two pairs.
    """
    if len(pairs) < 2:
        raise ModelError("Fewer than two of these pairs are in the vocabulary: choose other words or vectors.")
    rows = np.array(pairs)
    steps = _directions(space.unit[rows[:, 0]] - space.unit[rows[:, 1]])
    count = len(steps)
    sums = steps.sum(axis=0)
    mean = float((sums @ sums - (steps * steps).sum()) / (count * (count - 1)))
    others = _directions(sums - steps)
    drawn = np.random.default_rng(seed).integers(0, min(_FREQUENT, len(space.words)), (4, _RANDOM))
    one, other = (_directions(space.unit[drawn[i]] - space.unit[drawn[i + 1]]) for i in (0, 2))
    random = float(np.einsum("ij,ij->i", one, other).mean())
    return Parallel(mean, random, tuple(np.einsum("ij,ij->i", steps, others).tolist()))


def _directions(steps: Float[np.ndarray, "_ n_embd"]) -> Float[np.ndarray, "_ n_embd"]:
    lengths = np.linalg.norm(steps, axis=1, keepdims=True)
    found: Float[np.ndarray, "_ n_embd"] = steps / np.maximum(lengths, 1e-12)
    return found
