"""A word's embedding e and the code p of its place, added or concatenated, and what becomes of the word.

    added          (e + p) · (e' + p') = e · e' + e · p' + p · e' + p · p'
    concatenated   [e, p] · [e', p']   = e · e'                   + p · p'

Source: Vaswani et al. 2017, Attention Is All You Need, sections 3.4 (embeddings times the square root of their width)
and 3.5 (the sum). This needs as many dimensions as an embedding has, a concatenation those of the code besides.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from models.tokens.space import WordVectors

WAYS = ("added", "concatenated")


def placed(e: Float[Tensor, "*batch n_embd"], p: Float[Tensor, "*batch n_code"], way: str) -> Tensor:
    """What a network gets of words at places.

    Args:
        e: their embeddings.
        p: the codes of their places.
        way: one of WAYS.
    """
    if way not in WAYS:
        raise ValueError(f"the way is one of {', '.join(WAYS)}, not {way!r}")
    return e + p if way == "added" else torch.cat([e, p], dim=-1)


class Terms(NamedTuple):
    """What the product of two words at two places consists of."""

    words: float  # e · e'
    word_place: float  # e · p'
    place_word: float  # p · e'
    places: float  # p · p'

    def of(self, way: str) -> tuple[float, ...]:
        """Those that are there when codes are added, or concatenated; their sum is the product."""
        return tuple(self) if way == "added" else (self.words, self.places)


def terms(
    e: Float[Tensor, " n_embd"],
    p: Float[Tensor, " n_embd"],
    other_e: Float[Tensor, " n_embd"],
    other_p: Float[Tensor, " n_embd"],
) -> Terms:
    """Of a word e at a place with the code p, and another word at another place."""
    e, p, other_e, other_p = (vector.double() for vector in (e, p, other_e, other_p))
    return Terms(float(e @ other_e), float(e @ other_p), float(p @ other_e), float(p @ other_p))


def cosine(one: Float[Tensor, " n"], other: Float[Tensor, " n"]) -> float:
    """Of the angle between two vectors."""
    one, other = one.double(), other.double()
    return float(one @ other / (one.norm() * other.norm()))


def elsewhere(
    e: Float[Tensor, " n_embd"], codes: Float[Tensor, "pos n_embd"], place: int, others: list[int], way: str
) -> list[float]:
    """How alike a word at a place and the same word at each of the others are: the cosine.

    Args:
        e: the word's embedding.
        codes: of all places.
        place: where the word stands.
        others: where it might stand.
        way: one of WAYS.
    """
    here = placed(e, codes[place], way)
    return [cosine(here, placed(e, codes[other], way)) for other in others]


class Standing(NamedTuple):
    """Where a word stands among all words, by their cosines with a vector."""

    cosine: float
    rank: int  # 1: none is nearer


def standing(space: WordVectors, query: Float[np.ndarray, " n_embd"], row: int) -> Standing:
    """How near the word of a row is to a vector, and how many words are nearer."""
    unit = space.unit @ (query / np.linalg.norm(query)).astype(np.float32)
    return Standing(float(unit[row]), 1 + int((unit > unit[row]).sum()))
