"""The corpus and the vocabulary that all small models of the zoo share, so that they compare.

    python -m models.zoo.corpus DATA OUT     makes OUT/train.txt, dev.txt and test.txt, and words.txt beside this file

One sentence a line. README.md beside this file says what DATA holds.
"""

import html
import lzma
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt16

from models.tokens.words import END_ID, START_ID, WordTokenizer

VOCAB_SIZE = 16_000  # with the start, the end and the unknown word
SHORTEST, LONGEST = 3, 60  # tokens of a sentence
WORDS = Path(__file__).parent / "words.txt"
DESCRIPTION = "sentences of Wikipedia, Tatoeba, TinyStories and six books"
LICENCE = "CC BY-SA 3.0 (counts and weights learnt from Wikipedia and other open texts)"
PARTS = ("train", "dev", "test")
BOOKS = ("pg11", "pg98", "pg345", "pg1342", "pg1661", "pg2701")
_SEED = 1913
_EVERY = 100  # of so many documents of each source one is for dev and one for test
_SAME = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " "})
_END = re.compile(r"""(?<=[.!?])(["')\]]*)\s+(?=["'(\[]*[A-Z0-9])""")
_TITLES = "Mrs?|Ms|Dr|St|Prof|Gen|Col|Lt|Capt|Rev|Hon|No|vs|Jr|Sr|Vol|pp?|cf|ca|c|e\\.g|i\\.e|Fig|Mt|Ft"
_NO_END = re.compile(rf"(?:^|[\s(\"'])(?:[A-Z]|[A-Z]\.[A-Z]|{_TITLES})\.$")
_LEFT_OVER = re.compile(r"formula_\d|https?:|</?\w|[|{}]|\[\[|\]\]")
Document = list[str]
Ids = UInt16[np.ndarray, " _"]


def sentences(paragraph: str) -> list[str]:
    """A paragraph cut at the ends of its sentences; abbreviations and initials end none.

    >>> sentences('Mr. J. Smith said: "Yes." He left. Why?')
    ['Mr. J. Smith said: "Yes."', 'He left.', 'Why?']
    """
    text = " ".join(paragraph.translate(_SAME).split())
    found: list[str] = []
    begin = 0
    for match in _END.finditer(text):
        stop = match.end(1)
        if not _NO_END.search(text[begin : match.start()]):
            found.append(text[begin:stop])
            begin = match.end()
    return [*found, text[begin:]] if text[begin:] else found


def wikipedia(text: Iterable[str]) -> Iterator[Document]:
    """Articles without their titles, headings and what is left of formulas and links."""
    lines: list[str] = []
    for line in text:
        if line.startswith("<doc "):
            lines = []
        elif line.startswith("</doc>"):
            body = "\n".join(lines[1:])  # the first line is the title
            whole = re.sub(r"(?<![.!?:\"'])\n(?=[a-z])", " ", body)
            yield [one for paragraph in whole.splitlines() for one in sentences(html.unescape(paragraph))]
        else:
            lines.append(line.strip())


def tinystories(text: str) -> Iterator[Document]:
    """Stories; the last one is cut off and left out."""
    for story in text.split("<|endoftext|>")[:-1]:
        yield [one for paragraph in story.splitlines() for one in sentences(paragraph)]


def tatoeba(text: Iterable[str]) -> Iterator[Document]:
    """The different English sentences, each a document."""
    for english in dict.fromkeys(line.split("\t")[0] for line in text):
        yield [" ".join(english.translate(_SAME).split())]


def book(text: str) -> Iterator[Document]:
    """Twenty paragraphs after the other; a page or two of a book can be held out."""
    plain = text.replace("\r", "").replace("_", "").replace("--", " — ")
    paragraphs = [paragraph for paragraph in re.split(r"\n\s*\n", plain) if not paragraph.isupper()]
    for i in range(0, len(paragraphs), 20):
        yield [one for paragraph in paragraphs[i : i + 20] for one in sentences(paragraph)]


def kept(document: Document) -> Document:
    """The sentences that are sentences: neither headings nor lists nor left-overs of markup."""
    return [
        one
        for one in document
        if SHORTEST <= len(WordTokenizer.cut(one)) <= LONGEST and one[-1] in ".!?\"'):" and not _LEFT_OVER.search(one)
    ]


def parts(sources: Iterable[Iterable[Document]]) -> dict[str, list[Document]]:
    """Documents of each source for training, for decisions on the way, and for the numbers on the cards."""
    of: dict[str, list[Document]] = {part: [] for part in PARTS}
    for source in sources:
        for i, document in enumerate(source):
            part = {0: "test", _EVERY // 2: "dev"}.get(i % _EVERY, "train")
            of[part].append(kept(document))
    generator = np.random.default_rng(_SEED)
    # In a mixed order the first lines say as much of all sources as the whole does.
    return {part: [documents[i] for i in generator.permutation(len(documents))] for part, documents in of.items()}


def vocabulary() -> list[str]:
    """The words, most frequent first, without the three special tokens."""
    return WORDS.read_text(encoding="utf-8").splitlines()


def encoded(folder: Path, part: str) -> Ids:
    """The token ids of a part, each sentence between its start and its end token; kept in a file beside the text."""
    kept_file, text = folder / f"{part}.npy", folder / f"{part}.txt"
    newest = max(path.stat().st_mtime for path in (text, WORDS))
    if not kept_file.is_file() or kept_file.stat().st_mtime < newest:
        encode, ids = WordTokenizer(vocabulary()).encode, list[int]()
        with text.open(encoding="utf-8") as lines:
            for line in lines:
                ids += [START_ID, *encode(line), END_ID]
        np.save(kept_file, np.array(ids, dtype=np.uint16))
    found: Ids = np.load(kept_file)
    return found


def _opened(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from file


def _main(data: Path, out: Path) -> None:
    sources = [
        wikipedia(_opened(data / "wikipedia/enwiki-articles.txt.xz")),
        tatoeba(_opened(data / "tatoeba/fra.txt.xz")),
        tinystories("".join(_opened(data / "tinystories/tinystories_sample.txt.xz"))),
        *(book("".join(_opened(data / f"books/{name}.txt.xz"))) for name in BOOKS),
    ]
    counts: Counter[str] = Counter()
    out.mkdir(parents=True, exist_ok=True)
    for part, documents in parts(sources).items():
        lines = [sentence for document in documents for sentence in document]
        (out / f"{part}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if part == "train":
            for line in lines:
                counts.update(line[start:stop] for start, stop in WordTokenizer.cut(line))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: VOCAB_SIZE - 3]
    WORDS.write_text("".join(f"{word}\n" for word, _ in ranked), encoding="utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))
