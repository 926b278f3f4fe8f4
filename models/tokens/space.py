"""A space of words: neighbours, and analogies as arithmetic.

Sources: Mikolov, Yih and Zweig 2013, Linguistic Regularities in Continuous Space Word Representations (3CosAdd);
Levy and Goldberg 2014, Linguistic Regularities in Sparse and Explicit Word Representations, equation 4 (3CosMul).
"""

import difflib
import hashlib
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from models.errors import ModelError

METHODS = {"add": "3CosAdd", "mul": "3CosMul"}
EPSILON = 1e-6  # keeps 3CosMul from a division by 0
_LONGEST = 40  # characters of a word that are quoted, or compared with others
_COMPARED = 50_000  # words among which a similar spelling is looked for


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words and their vectors, the most frequent word first."""

    name: str  # what it is called on a page: "word2vec, 30,000 words"
    words: tuple[str, ...]
    vectors: Float[np.ndarray, "vocab n_embd"]  # float32, as learned, read-only
    counts: Int[np.ndarray, " vocab"] | None = None  # how often each stood in the corpus, where known

    def __post_init__(self) -> None:
        if len(self.words) != len(self.vectors):
            raise ValueError(f"{len(self.words)} words need as many vectors, not {len(self.vectors)}")
        for name in ("vectors", "counts"):
            array = getattr(self, name)
            if array is not None:
                view = array.view()
                view.setflags(write=False)
                object.__setattr__(self, name, view)

    @property
    def nbytes(self) -> int:
        """About what it takes: the vectors twice, as they are and of length 1."""
        return 2 * int(self.vectors.nbytes)

    @cached_property
    def key(self) -> str:
        """By what the same words with the same vectors are known."""
        found = hashlib.sha256("\n".join(self.words).encode(errors="surrogatepass"))
        found.update(np.ascontiguousarray(self.vectors).data)
        return found.hexdigest()

    @cached_property
    def ids(self) -> dict[str, int]:
        """Of each word its row."""
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def unit(self) -> Float[np.ndarray, "vocab n_embd"]:
        """The rows with length 1; a row of zeros stays one."""
        lengths = np.sqrt(np.einsum("ij,ij->i", self.vectors, self.vectors, dtype=np.float64))
        rows: Float[np.ndarray, "vocab n_embd"] = np.divide(
            self.vectors, np.where(lengths > 0, lengths, 1.0)[:, None], dtype=np.float64, casting="unsafe"
        ).astype(np.float32)
        rows.setflags(write=False)
        return rows

    @cached_property
    def _sorted(self) -> list[tuple[str, int]]:
        return sorted((word.lower(), i) for i, word in enumerate(self.words))

    def beginning_with(self, start: str, most: int) -> list[str]:
        """The first words that begin so, in whatever case."""
        start = start.lower()
        first = bisect_left(self._sorted, (start, -1))
        last = bisect_left(self._sorted, (start + "\U0010ffff", -1)) if start else len(self._sorted)
        return [self.words[i] for i in sorted(i for _, i in self._sorted[first:last])[:most]]

    def first(self, most: int) -> list[str]:
        """The first words whose vectors are not zero."""
        rows = (i for i, vector in enumerate(self.vectors) if vector.any())
        return [self.words[i] for i in islice(rows, most)]


class Neighbour(NamedTuple):
    """A word and how near it is: the cosine, or what 3CosMul gives."""

    word: str
    score: float


def look_up(space: WordVectors, word: str) -> int:
    """The row of a word, or else of the same word in another case: lower, Capitalised, UPPER.

    Raises:
        ModelError: it is not in the vocabulary; the message names similar words.
    """
    word = word.strip()
    if not word:
        raise ModelError("There is no word here: type one.")
    row = row_of(space, word)
    if row is not None:
        return row
    quoted = word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…"
    raise ModelError(f"'{quoted}' is not in the vocabulary. {_instead(similar(space, word))}")


def row_of(space: WordVectors, word: str) -> int | None:
    """As `look_up`; None where the word is not in the vocabulary."""
    spellings = (word, word.lower(), word.capitalize(), word.upper())
    return next((space.ids[spelling] for spelling in spellings if spelling in space.ids), None)


def similar(space: WordVectors, word: str, most: int = 3) -> list[str]:
    """Words of the vocabulary that are spelled much the same, the most similar first."""
    if len(word) > _LONGEST:
        return []
    lower = word.lower()
    near = [other for other in space.words[:_COMPARED] if abs(len(other) - len(word)) <= 2]
    spelled = {other.lower(): other for other in reversed(near)}
    return [spelled[found] for found in difflib.get_close_matches(lower, spelled, n=most, cutoff=0.7)]


def nearest(
    space: WordVectors, query: Float[np.ndarray, " n_embd"], most: int, leave_out: Collection[str] = ()
) -> list[Neighbour]:
    """The words whose vectors have the greatest cosine with `query`, and that cosine.

    Args:
        space: the words.
        query: of any length but 0.
        most: how many.
        leave_out: words that are no answer.
    """
    length = float(np.linalg.norm(query.astype(np.float64)))
    if not length:
        raise ModelError("The vector is zero: it has no direction, so nothing is nearest to it.")
    return _best(space, space.unit @ (query / length).astype(np.float32), most, leave_out)


def neighbours(space: WordVectors, word: str, most: int) -> list[Neighbour]:
    """The nearest words of a word, without itself."""
    row = look_up(space, word)
    return nearest(space, space.unit[row], most, (space.words[row],))


def target(space: WordVectors, a: str, b: str, c: str) -> Float[np.ndarray, " n_embd"]:
    """Where the answer of a : b = ? : c should be: v(a) - v(b) + v(c), of vectors of length 1."""
    one, two, three = (space.unit[look_up(space, word)] for word in (a, b, c))
    found: Float[np.ndarray, " n_embd"] = one - two + three
    return found


def analogy(
    space: WordVectors, a: str, b: str, c: str, most: int, method: str = "add", with_inputs: bool = False
) -> list[Neighbour]:
    """The answers of a : b = ? : c, the best first.

    Args:
        space: the words.
        a: as "king".
        b: as "man".
        c: as "woman".
        most: how many answers.
        method: "add" ranks by the cosine with v(a) - v(b) + v(c), "mul" by cos(x, a) cos(x, c) / cos(x, b), where the
            cosines are moved to between 0 and 1.
        with_inputs: whether the three words themselves may be answers.

    Raises:
        ModelError: a word is not in the vocabulary.
    """
    rows = [look_up(space, word) for word in (a, b, c)]
    leave_out = () if with_inputs else [space.words[row] for row in rows]
    if method == "add":
        return nearest(space, target(space, a, b, c), most, leave_out)
    if method != "mul":
        raise ValueError(f"the method is one of {', '.join(METHODS)}, not {method!r}")
    near_a, near_b, near_c = ((1 + space.unit @ space.unit[row]) / 2 for row in rows)
    return _best(space, near_a * near_c / (near_b + EPSILON), most, leave_out)


def _best(
    space: WordVectors, scores: Float[np.ndarray, " vocab"], most: int, leave_out: Collection[str]
) -> list[Neighbour]:
    asked = min(most + len(leave_out), len(scores))
    if asked <= 0:
        return []
    rows = np.argpartition(-scores, asked - 1)[:asked]
    ranked = (int(row) for row in rows[np.lexsort((rows, -scores[rows]))])
    found = [Neighbour(space.words[row], float(scores[row])) for row in ranked if space.words[row] not in leave_out]
    return found[:most]


def _instead(words: Collection[str]) -> str:
    if not words:
        return "Try a more common word."
    *others, last = (f"'{word}'" for word in words)
    return f"Did you mean {', '.join(others)}{' or ' if others else ''}{last}?"
