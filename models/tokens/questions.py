"""What vectors know: the Google analogy questions, and human judgements of how similar two words are.

Sources: Mikolov, Chen, Corrado and Dean 2013, Efficient Estimation of Word Representations in Vector Space (19,544
questions); Finkelstein et al. 2002 (WordSim-353); Hill, Reichart and Korhonen 2015 (SimLex-999). The sets do not ship
with us: they are read from a file, or from gensim's test data where that package is installed.
"""

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from models.errors import ModelError
from models.tokens.space import EPSILON, METHODS, WordVectors

MOST_QUESTIONS = 200_000
RESTRICT = 30_000  # the most frequent words, among which answers are looked for
_BATCH = 64
FILES = {"analogies": "questions-words.txt", "wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}
Question = tuple[str, str, str, str]
Pair = tuple[str, str, float]


@dataclass(frozen=True)
class Section:
    """Questions of one kind: a is to b as c is to d."""

    name: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Result:
    """How many questions of a kind were answered right, by each method."""

    name: str
    right: Mapping[str, int]  # of "add" and "mul"
    asked: int
    skipped: int | None  # a word of these is not in the vocabulary; None: not known

    def share(self, method: str) -> float:
        """Of the questions that were asked, those answered right; NaN if none was."""
        return self.right[method] / self.asked if self.asked else float("nan")


@dataclass(frozen=True)
class Agreement:
    """How well cosines rank pairs of words as people do."""

    rho: float  # Spearman's
    pairs: int
    skipped: int
    human: Float[np.ndarray, " pair"]
    cosine: Float[np.ndarray, " pair"]
    words: tuple[tuple[str, str], ...]


@cache
def gensim_file(name: str) -> Path | None:
    """A test set of gensim's, found without importing it; None where that is not installed."""
    try:
        files = importlib.metadata.files("gensim") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.match(f"test_data/{FILES[name]}")), None)


def read_questions(data: bytes) -> tuple[Section, ...]:
    """The questions of a file: four words a line, sections after lines that begin with a colon.

    Raises:
        ModelError: the file is something else.
    """
    found: list[tuple[str, list[Question]]] = []
    count = 0
    for number, line in _lines(data):
        if line.startswith(":"):
            found.append((line[1:].strip() or f"section {len(found) + 1}", []))
            continue
        words = line.split()
        if len(words) != 4:
            raise ModelError(
                f"Line {number:,} has {len(words)} words: each line needs four, or a colon and the name of a section."
            )
        if not found:
            found.append(("questions", []))
        a, b, c, d = words
        found[-1][1].append((a, b, c, d))
        count += 1
        if count > MOST_QUESTIONS:
            raise ModelError(f"There are more than {MOST_QUESTIONS:,} questions: choose a shorter file.")
    sections = tuple(Section(name, tuple(questions)) for name, questions in found if questions)
    if not sections:
        raise ModelError("There is no question in this file: each line needs four words, as Athens Greece Oslo Norway")
    return sections


def read_pairs(data: bytes) -> tuple[Pair, ...]:
    """Pairs of words and how similar people say they are: three columns, between tabs, commas or spaces.

    The first column that is a number counts, so SimLex-999's own file with its column for the part of speech is read
    too. Lines that begin with # are left out, and so is a first line without a number.

    Raises:
        ModelError: the file is something else.
    """
    pairs: list[Pair] = []
    lines = [(number, line) for number, line in _lines(data) if not line.startswith("#")]
    for i, (number, line) in enumerate(lines):
        cells = line.split("\t") if "\t" in line else line.split(",") if "," in line else line.split()
        score = next((value for value in map(_number, cells[2:]) if value is not None), None)
        if score is not None:
            pairs.append((cells[0].strip(), cells[1].strip(), score))
        elif i:
            raise ModelError(f"Line {number:,} is not two words and a number: each line needs these, between tabs.")
    if len(pairs) < 3:
        raise ModelError("A rank correlation needs three pairs: on each line two words and a number, between tabs.")
    return tuple(pairs)


def answered(
    space: WordVectors,
    sections: Sequence[Section],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    restrict: int = RESTRICT,
) -> Iterator[Result]:
    """Asks every question, as gensim's `evaluate_word_analogies` does, by both methods.

    Upper and lower case are the same; answers are looked for among the `restrict` most frequent words without the three
    of the question; questions with a word outside of these are left out and counted.

    Args:
        space: the words.
        sections: the questions.
        progress: is told how many questions are done.
        restrict: how many words.
    """
    unit = space.unit[:restrict]
    rows: dict[str, int] = {}
    same = np.array([rows.setdefault(word.upper(), i) for i, word in enumerate(space.words[:restrict])], dtype=np.int64)
    twins: dict[int, list[int]] = {}  # rows of a word in other cases than its most frequent one
    for row, twin in zip(same.tolist(), range(len(same))):
        if row != twin:
            twins.setdefault(row, []).append(twin)
    done, of = 0, sum(len(section.questions) for section in sections)
    for section in sections:
        known = [
            row for question in section.questions if None not in (row := [rows.get(word.upper()) for word in question])
        ]
        ids = np.array(known, dtype=np.int64).reshape(-1, 4)
        right = dict.fromkeys(METHODS, 0)
        different, place = np.unique(ids, return_inverse=True)
        place = place.reshape(ids.shape)
        for start in range(0, len(ids), _BATCH):
            # A capital occurs in dozens of questions: its cosines with all words are computed once a batch.
            used, local = np.unique(place[start : start + _BATCH, :3], return_inverse=True)
            cosines = unit[different[used]] @ unit.T
            a, b, c = local.reshape(-1, 3).T
            batch = ids[start : start + _BATCH]
            # 3CosAdd ranks by the sum of cosines: the length of the sum is the same for all words.
            scores = {"add": cosines[b] - cosines[a] + cosines[c]}
            cosines += 1
            cosines /= 2
            scores["mul"] = cosines[b] * cosines[c] / (cosines[a] + EPSILON)
            for method, of_all in scores.items():
                for j, question in enumerate(batch[:, :3].tolist()):
                    of_all[j, question + [twin for row in question for twin in twins.get(row, ())]] = -np.inf
                right[method] += int((same[of_all.argmax(axis=1)] == batch[:, 3]).sum())
            progress(done + start, of)
        done += len(section.questions)
        yield Result(section.name, right, len(ids), len(section.questions) - len(ids))


def total(results: Sequence[Result], name: str) -> Result:
    """Several kinds as one."""
    right = {method: sum(result.right[method] for result in results) for method in METHODS}
    skipped = [result.skipped for result in results if result.skipped is not None]
    return Result(name, right, sum(result.asked for result in results), sum(skipped) if skipped else None)


def agreement(space: WordVectors, pairs: Sequence[Pair], restrict: int | None = None) -> Agreement:
    """Spearman's rank correlation between cosines and what people say.

    Args:
        space: the words.
        pairs: words and how similar people say they are.
        restrict: so many of the most frequent words count; None: all.

    Raises:
        ModelError: fewer than three pairs are in the vocabulary.
    """
    rows: dict[str, int] = {}
    for i, word in enumerate(space.words[:restrict]):
        rows.setdefault(word.upper(), i)
    known = [(one, other, score) for one, other, score in pairs if {one.upper(), other.upper()} <= rows.keys()]
    if len(known) < 3:
        raise ModelError("Fewer than three of these pairs are in the vocabulary: choose other vectors.")
    unit = space.unit
    first = unit[[rows[one.upper()] for one, _, _ in known]]
    second = unit[[rows[other.upper()] for _, other, _ in known]]
    cosine = np.einsum("ij,ij->i", first, second)
    human = np.array([score for _, _, score in known], dtype=np.float32)
    rho = float(np.corrcoef(_ranks(cosine), _ranks(human))[0, 1])
    words = tuple((one, other) for one, other, _ in known)
    return Agreement(rho, len(known), len(pairs) - len(known), human, cosine, words)


def _ranks(values: Float[np.ndarray, " _"]) -> Float[np.ndarray, " _"]:
    """Ranks from 1; equal values share the middle of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: Float[np.ndarray, " _"] = (last - (count - 1) / 2)[place]
    return ranks


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that say something, and their numbers."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError("The file is not UTF-8 text: choose another one.") from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, line.strip()


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
