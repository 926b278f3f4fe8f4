"""Files of word vectors: word2vec as text and binary, GloVe, fastText's .vec, each also with gzip.

They are read in pieces of bounded size and checked as they come: a file that is broken, or that unpacks to something
huge, is refused by the line that is wrong.
"""

import importlib
import importlib.util
import io
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import ModelError
from models.tokens.bounded_bytes import BoundedBytes, Limits, Readable
from models.tokens.space import WordVectors

LIMITS = Limits()
DOWNLOADS = {  # of gensim's downloader, and megabytes
    "glove-wiki-gigaword-50": 66,
    "glove-wiki-gigaword-100": 128,
    "glove-twitter-25": 105,
    "fasttext-wiki-news-subwords-300": 959,
    "word2vec-google-news-300": 1663,
}
_FETCHING = threading.Lock()  # a download can't be stopped, so there is one at a time
_PROGRESS = 2_000  # words between two reports


@dataclass(frozen=True, eq=False)
class VectorFile:
    """The words of a file, and which format that was."""

    space: WordVectors
    format: str
    promised: int | None  # how many words the file says it has
    is_cut: bool  # there are more words in it than are read

    @property
    def nbytes(self) -> int:
        """About what it takes."""
        return self.space.nbytes


def read(
    file: Readable,
    name: str,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    limits: Limits = LIMITS,
) -> VectorFile:
    """The vectors of a file; of a long one the first words, which are the most frequent in all these formats.

    Args:
        file: open for reading bytes.
        name: what the vectors are called.
        progress: is told how many words are read, of how many if the file says so, else of 0.
        limits: what is read at most.

    Raises:
        ModelError: the file is none of these, is broken, or holds something that is no number.
    """
    source = BoundedBytes(file, limits)
    head = source.until(b"\n", limits.line_bytes)
    if head is None:
        raise ModelError(f"The first line is longer than {limits.line_bytes:,} bytes: these are no vectors.")
    if not head.strip():
        raise ModelError("The file is empty, or begins with an empty line: it holds no vectors.")
    sizes = _header(head)
    if sizes is None:
        n_embd, promised = _checked_width(len(head.split()) - 1, limits), None
        form, rows = "GloVe", _text_rows(source, n_embd, limits, head)
    else:
        promised, n_embd = sizes[0], _checked_width(sizes[1], limits)
        if promised == 0:
            raise ModelError("The first line says that there are no words: choose another file.")
        binary = _is_binary(source.peek(limits.word_bytes + 4 * n_embd), n_embd)
        form = "word2vec, binary" if binary else "word2vec or fastText, text"
        rows = _binary_rows(source, n_embd, promised, limits) if binary else _text_rows(source, n_embd, limits, None)
    most = min(limits.words, limits.numbers // n_embd)
    words, vectors, is_cut = _collected(rows, n_embd, most, promised, progress)
    known = f"{name} ({form}{', of which only the first words are read' if is_cut else ''})"
    return VectorFile(WordVectors(known, words, vectors), form, promised, is_cut)


def _collected(
    rows: "Iterator[tuple[str, str, np.ndarray]]",
    n_embd: int,
    most: int,
    promised: int | None,
    progress: Callable[[int, int], None],
) -> tuple[tuple[str, ...], np.ndarray, bool]:
    """Words and vectors from rows of a place, a word and its vector; whether there were more."""
    ids: dict[str, int] = {}
    expected = most if promised is None else min(most, promised)
    vectors = np.empty((min(expected, 1_000), n_embd), dtype=np.float32)
    is_cut = False
    for place, word, vector in rows:
        if promised is not None and len(ids) == promised:
            raise ModelError(f"The first line promises {promised:,} words, but there are more, from {place} on.")
        if len(ids) == most:
            is_cut = True
            break
        if not np.isfinite(vector).all():
            raise ModelError(f"{place} holds a number that is not finite (NaN, or too large): leave that word out.")
        if word in ids:
            raise ModelError(f"{place} repeats the word of vector {ids[word] + 1:,}: each word may stand there once.")
        if len(ids) == len(vectors):
            grown = np.empty((min(expected, 2 * len(vectors)), n_embd), dtype=np.float32)
            grown[: len(vectors)] = vectors
            vectors = grown
        vectors[len(ids)] = vector
        ids[word] = len(ids)
        if len(ids) % _PROGRESS == 0:
            progress(len(ids), expected if promised is not None else 0)
    if promised is not None and not is_cut and len(ids) < promised:
        raise ModelError(
            f"The first line promises {promised:,} words, but the file ends after {len(ids):,}: "
            "it was not copied as a whole, or the number is wrong. Fetch it again, or correct its first line."
        )
    if len(ids) < 2:
        raise ModelError("There are fewer than two words in this file: choose another one.")
    return tuple(ids), vectors[: len(ids)], is_cut


def _text_rows(
    source: BoundedBytes, n_embd: int, limits: Limits, first: bytes | None
) -> "Iterator[tuple[str, str, np.ndarray]]":
    number = 1
    line = first
    while True:
        if line is None:
            if not source.fill(1):
                return
            number += 1
            line = source.until(b"\n", limits.line_bytes)
            if line is None:
                raise ModelError(f"Line {number:,} is longer than {limits.line_bytes:,} bytes: it is no word vector.")
        place = f"Line {number:,}"
        fields = line.rstrip().rsplit(None, n_embd)
        line = None
        if not fields:
            if source.fill(1):
                raise ModelError(f"{place} is empty: each line needs a word and its numbers.")
            return
        if len(fields) != n_embd + 1:
            raise ModelError(
                f"{place} has {len(fields) - 1} numbers, where the lines before have {n_embd}: all words need as many."
            )
        word = _word(fields[0].strip(), place, limits)
        if " " in word and _is_number(word.rsplit(" ", 1)[1]):  # a few words of GloVe's have spaces
            raise ModelError(f"{place} has more than {n_embd} numbers: all words need as many.")
        try:
            with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused below
                vector = np.array(fields[1:], dtype=np.float32)
        except ValueError as error:
            raise ModelError(f"{place} holds something that is no number: each needs a word and {n_embd}.") from error
        yield place, word, vector


def _binary_rows(
    source: BoundedBytes, n_embd: int, promised: int, limits: Limits
) -> "Iterator[tuple[str, str, np.ndarray]]":
    for number in range(1, promised + 1):
        place = f"Vector {number:,}"
        if not source.fill(1):
            return
        raw = source.until(b" ", limits.word_bytes + 1)
        if raw is None:
            raise ModelError(f"{place} has a word of more than {limits.word_bytes} bytes: the file is damaged.")
        word = _word(raw.lstrip(b"\n"), place, limits)
        numbers = source.take(4 * n_embd)
        if len(numbers) < 4 * n_embd:
            raise ModelError(f"{place} is cut off: the file was not copied as a whole. Fetch it again.")
        yield place, word, np.frombuffer(numbers, dtype="<f4")
    if source.peek(4).strip():
        raise ModelError(f"The first line promises {promised:,} words, but there is more in the file: it is damaged.")


def _word(raw: bytes, place: str, limits: Limits) -> str:
    if len(raw) > limits.word_bytes:
        raise ModelError(f"{place} has a word of more than {limits.word_bytes} bytes: leave it out.")
    try:
        word = raw.decode()
    except UnicodeDecodeError as error:
        raise ModelError(f"{place} has a word that is not UTF-8: save the file as UTF-8.") from error
    if not word:
        raise ModelError(f"{place} has no word: each vector needs one.")
    return word


def _header(line: bytes) -> tuple[int, int] | None:
    """Words and dimensions, if that is what a line says."""
    fields = line.split()
    if len(fields) != 2 or not all(field.isdigit() and len(field) < 12 for field in fields):
        return None
    return int(fields[0]), int(fields[1])


def _checked_width(n_embd: int, limits: Limits) -> int:
    if not 2 <= n_embd <= limits.n_embd:
        raise ModelError(
            f"The first line tells of {n_embd:,} numbers a word; there must be 2 to {limits.n_embd:,}. "
            "Is this a file of word vectors?"
        )
    return n_embd


def _is_binary(start: bytes, n_embd: int) -> bool:
    """Whether the bytes after the first line are word2vec's binary format: after the word come no written numbers."""
    fields = start.split(b"\n", 1)[0].split(None, n_embd)[1:]
    return not fields or not all(_is_number(field) for field in fields[: min(3, n_embd)])


def _is_number(field: bytes | str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def read_bytes(
    data: bytes, name: str, progress: Callable[[int, int], None] = lambda _done, _of: None, limits: Limits = LIMITS
) -> VectorFile:
    """The vectors of a file that lies in memory; see `read`."""
    return read(io.BytesIO(data), name, progress, limits)


def has_gensim() -> bool:
    """Whether gensim is installed; it is only needed for its downloads."""
    return importlib.util.find_spec("gensim") is not None


def is_downloaded(name: str) -> bool:
    """Whether gensim has fetched these vectors before."""
    folder = Path(os.environ.get("GENSIM_DATA_DIR", Path.home() / "gensim-data"))
    return (folder / name / f"{name}.gz").is_file()


def downloaded(name: str, progress: Callable[[int, int], None]) -> VectorFile:
    """Vectors by their name at gensim's downloader, fetched where they are not on this machine yet.

    Only the file is taken from there: the code that comes beside it is not run.

    Raises:
        ModelError: they can't be fetched.
    """
    downloader = importlib.import_module("gensim.downloader")
    if not _FETCHING.acquire(blocking=False):
        raise ModelError("Other vectors are being fetched: try again when they are here.")
    try:
        path: str = downloader.load(name, return_path=True)
    except Exception as error:  # whatever goes wrong there: a checksum is a bare Exception
        raise ModelError(
            f"{name} could not be fetched ({type(error).__name__}): it needs the network. "
            "Choose other vectors, or a file."
        ) from error
    finally:
        _FETCHING.release()
    with Path(path).open("rb") as file:
        return read(file, name, progress)
