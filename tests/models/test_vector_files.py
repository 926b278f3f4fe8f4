import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ModelError
from models.tokens.bounded_bytes import Limits
from models.tokens.vector_files import downloaded, has_gensim, is_downloaded, read, read_bytes

WORDS = ["the", "é", "naïve", "3", "中文", "a_b"]
VECTORS = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)


def text(header=True, end="\n", words=WORDS, vectors=VECTORS):
    lines = [f"{len(words)} {vectors.shape[1]}"] if header else []
    lines += [" ".join([word, *map(repr, row.tolist())]) for word, row in zip(words, vectors)]
    return (end.join(lines) + end).encode()


def binary(words=WORDS, vectors=VECTORS, between=b""):
    rows = [word.encode() + b" " + row.astype("<f4").tobytes() + between for word, row in zip(words, vectors)]
    return f"{len(words)} {vectors.shape[1]}\n".encode() + b"".join(rows)


def same(found, words=WORDS, vectors=VECTORS):
    assert found.space.words == tuple(words)
    np.testing.assert_array_equal(found.space.vectors, vectors)


@pytest.mark.parametrize(
    "data",
    [
        text(),
        text(header=False),
        text(end="\r\n"),
        text(end=" \n"),
        text(end="\t\n").replace(b" ", b"\t"),
        text()[:-1],
        text(header=False) + b"\n",
        binary(),
        binary(between=b"\n"),
        gzip.compress(text()),
        gzip.compress(text(header=False)),
        gzip.compress(binary()),
        gzip.compress(text()[:50]) + gzip.compress(text()[50:]) + b"\0" * 10,
    ],
    ids=[
        "text",
        "GloVe",
        "CRLF",
        "fastText",
        "tabs",
        "no last end",
        "empty last line",
        "binary",
        "word2vec.c",
        "gz",
        "gz2",
        "gz3",
        "gz in two parts",
    ],
)
def test_every_format_is_read(data):
    same(read_bytes(data, "test"))


@pytest.mark.parametrize("is_binary", [False, True])
def test_what_gensim_writes_is_read(tmp_path, is_binary):
    written = KeyedVectors(5)
    written.add_vectors(WORDS, VECTORS)
    file = tmp_path / "vectors"
    written.save_word2vec_format(str(file), binary=is_binary)
    same(read_bytes(file.read_bytes(), "test"))


@pytest.mark.parametrize(
    ("name", "header"), [("lee_fasttext.vec", False), ("test_glove.txt", True), ("euclidean_vectors.bin", None)]
)
def test_gensims_own_files_are_read_as_gensim_does(name, header):
    file = Path(datapath(name))
    theirs = KeyedVectors.load_word2vec_format(str(file), binary=header is None, no_header=bool(header))
    found = read_bytes(file.read_bytes(), "test")
    same(found, theirs.index_to_key, theirs.vectors)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=8),
        min_size=2,
        unique=True,
    ),
    st.integers(2, 6),
    st.integers(0, 1000),
    st.booleans(),
)
def test_what_is_written_is_read(words, n_embd, seed, is_binary):
    words = [word for word in words if len(word.encode().split()) == 1] or ["a"]
    words = list(dict.fromkeys([*words, "a", "b"]))
    vectors = np.random.default_rng(seed).normal(size=(len(words), n_embd)).astype(np.float32)
    same(read_bytes((binary if is_binary else text)(words=words, vectors=vectors), "test"), words, vectors)


def test_words_with_spaces_are_gloves():
    same(read_bytes(text(False, words=[*WORDS[:5], ". . ."]), "test"), [*WORDS[:5], ". . ."])


LINES = text().decode().splitlines()


def changed(i, line):
    return "\n".join([*LINES[:i], line, *LINES[i + 1 :], ""]).encode()


BROKEN = {
    "empty": (b"", "empty"),
    "an empty line first": (b"\n" + text(), "empty"),
    "one word": (b"a 1 2 3\n", "fewer than two words"),
    "prose": (b"This is a text.\nIt has lines.\n", "Line 1 holds something that is no number"),
    "too few words": ("\n".join(LINES[:-1]).encode(), "promises 6 words, but the file ends after 5"),
    "too many words": (text() + b"more 1 2 3 4 5\n", "promises 6 words, but there are more, from Line 8 on"),
    "a count of 0": (b"0 5\n", "no words"),
    "too few numbers": (changed(3, "word 1 2 3"), "Line 4 has 3 numbers, where the lines before have 5"),
    "too many numbers": (changed(3, "word 1 2 3 4 5 6"), "Line 4 has more than 5 numbers"),
    "no number": (changed(3, "word 1 2 x 4 5"), "Line 4 holds something that is no number"),
    "NaN": (changed(3, "word 1 2 nan 4 5"), "Line 4 holds a number that is not finite"),
    "infinity": (changed(3, "word 1 2 inf 4 5"), "Line 4 holds a number that is not finite"),
    "too large": (changed(3, "word 1 2 1e39 4 5"), "Line 4 holds a number that is not finite"),
    "an empty line": (changed(3, ""), "Line 4 is empty"),
    "a word twice": (changed(3, "the 1 2 3 4 5"), "Line 4 repeats the word of vector 1"),
    "Latin-1": (text().replace("é".encode(), b"\xe9"), "not UTF-8"),
    "a long word": (changed(3, "a" * 500 + " 1 2 3 4 5"), "more than 400 bytes"),
    "a long line": (changed(3, "word " + "1 " * 100_000), "Line 4 is longer than 100,000 bytes"),
    "a long first line": (b"a" * 200_000, "first line is longer"),
    "too many dimensions": (b"2 5000\n", "5,000 numbers a word"),
    "one dimension": (b"a 1\nb 2\n", "1 numbers a word"),
    "binary, cut off": (binary()[:-3], "Vector 6 is cut off"),
    "binary, a word missing": (binary(WORDS[:-1], VECTORS[:-1]).replace(b"5 5\n", b"6 5\n", 1), "ends after 5"),
    "binary, more words": (binary().replace(b"6 5\n", b"5 5\n", 1), "there is more in the file"),
    "binary, NaN": (binary(vectors=np.where(np.arange(30).reshape(6, 5) == 7, np.nan, VECTORS)), "Vector 2 holds"),
    "binary, a word twice": (binary([*WORDS[:5], "the"]), "Vector 6 repeats"),
    "binary, no space": (b"2 3\n" + b"\xfe" * 2000, "Vector 1 has a word of more than 400 bytes"),
    "binary, no word": (binary(["", *WORDS[1:]]), "no word"),
    "ZIP": (b"PK\x03\x04" + b"x" * 100, "unpack it"),
    "gzip, cut off": (gzip.compress(text())[:-20], "ends too early"),
    "gzip, damaged": (gzip.compress(text())[:20] + b"\xff" * 50, "damaged"),
}


@pytest.mark.parametrize(("data", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_a_word(data, said):
    with pytest.raises(ModelError) as error:
        read_bytes(data, "test")
    assert said in str(error.value)
    assert len(str(error.value)) < 300


def test_a_zip_archive_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("vectors.txt", text())
    with pytest.raises(ModelError, match="ZIP archive"):
        read_bytes(file.getvalue(), "test")


class Counting(io.BytesIO):
    taken = 0

    def read(self, size=-1):
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def test_a_gigabyte_line_is_not_read():
    file = Counting(gzip.compress(b"a 1 2 3\nb " + b"0" * 200_000_000, 1))
    with pytest.raises(ModelError, match="Line 2 is longer than 100,000 bytes"):
        read(file, "test")
    assert file.taken < len(file.getvalue()) / 4


def test_what_unpacks_to_far_more_than_its_size_is_refused():
    rows = b"".join(b"w%d" % i + b" 0" * 2000 + b"\n" for i in range(2_000))
    file = Counting(gzip.compress(rows, 9))
    assert len(file.getvalue()) * 100 < len(rows)
    with pytest.raises(ModelError, match="far more than its size"):
        read(file, "test")
    packed = gzip.compress(text(words=[f"w{i}" for i in range(20_000)], vectors=np.ones((20_000, 5), dtype=np.float32)))
    with pytest.raises(ModelError, match="far more than its size: 3"):
        read_bytes(packed, "test", limits=Limits(unpacked_bytes=300_000))


def test_of_a_long_file_the_first_words_are_read_and_no_more():
    file = Counting(text(False, words=[f"w{i}" for i in range(20_000)], vectors=np.ones((20_000, 5), dtype=np.float32)))
    found = read(file, "test", limits=Limits(words=10))
    assert found.is_cut
    assert found.space.words == tuple(f"w{i}" for i in range(10))
    assert found.space.name == "test (GloVe, of which only the first words are read)"
    assert file.taken <= 1 << 17
    found = read_bytes(text(), "test", limits=Limits(numbers=15))
    assert (found.is_cut, found.promised, len(found.space.words)) == (True, 6, 3)
    found = read_bytes(binary(), "test", limits=Limits(words=3))
    assert (found.is_cut, len(found.space.words)) == (True, 3)


def test_a_promise_of_many_words_takes_no_memory():
    with pytest.raises(ModelError, match="ends after 1"):
        read_bytes(
            b"999999999 2000\n" + b"a" + b" 1" * 2000 + b"\n", "test", limits=Limits(numbers=10**12, words=10**9)
        )
    with pytest.raises(ModelError, match="cut off"):
        read_bytes(b"999999999 2000\n" + b"a " + struct.pack("<f", 1.0) * 10, "test")


def test_progress_is_told_and_may_stop_it():
    words = [f"w{i}" for i in range(5_000)]
    data, told = text(words=words, vectors=np.ones((5_000, 2), dtype=np.float32)), []
    read_bytes(data, "test", lambda done, of: told.append((done, of)))
    assert told == [(2000, 5000), (4000, 5000)]

    def stop(_done, _of):
        raise KeyError("stopped")

    with pytest.raises(KeyError):
        read_bytes(data, "test", stop)


@given(st.binary(max_size=300))
def test_anything_else_is_refused_or_read(data):
    for head in (b"", b"3 4\n", b"\x1f\x8b"):
        try:
            found = read_bytes(head + data, "test")
        except ModelError:
            continue
        assert np.isfinite(found.space.vectors).all()


def test_of_two_downloads_at_once_the_second_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("GENSIM_DATA_DIR", str(tmp_path))
    refused = []

    def fetches(_name, **_options):
        with pytest.raises(ModelError, match="being fetched"):
            downloaded("glove-twitter-25", lambda _done, _of: None)
        refused.append(True)
        raise OSError("no network")

    monkeypatch.setattr("gensim.downloader.load", fetches)
    for _ in range(2):
        with pytest.raises(ModelError, match="could not be fetched"):
            downloaded("glove-twitter-25", lambda _done, _of: None)
    assert refused == [True, True]


def test_downloads_without_a_network_are_explained(monkeypatch, tmp_path):
    monkeypatch.setenv("GENSIM_DATA_DIR", str(tmp_path))
    assert has_gensim()
    assert not is_downloaded("glove-twitter-25")

    def fail(*_args, **_kwargs):
        raise OSError("no network")

    monkeypatch.setattr("gensim.downloader.load", fail)
    with pytest.raises(ModelError, match="could not be fetched"):
        downloaded("glove-twitter-25", lambda _done, _of: None)
    folder = tmp_path / "glove-twitter-25"
    folder.mkdir()
    (folder / "glove-twitter-25.gz").write_bytes(gzip.compress(text()))
    assert is_downloaded("glove-twitter-25")
    monkeypatch.setattr("gensim.downloader.load", lambda name, return_path: str(folder / f"{name}.gz"))
    same(downloaded("glove-twitter-25", lambda _done, _of: None))
