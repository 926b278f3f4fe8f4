"""Counting and smoothing n-grams, against nltk.lm and KenLM.

    python -m benchmarks.ngrams TEXT [--words 5000000] [--kenlm CHECKOUT]

TEXT holds a sentence a line, words between spaces, for example what models.zoo.corpus makes. Each side starts from the
text and ends with the counts of orders 1 to 5 and what modified Kneser-Ney needs of them; lmplz also writes its table.
nltk.lm only counts, on a part of the text, since it is slow. CHECKOUT is a KenLM with build/bin/lmplz; where there is
none, KenLM's pace is the one seen elsewhere on two such cores, 0.57 million words a second, and the row says so.
Every turn has a process of its own, whose peak memory is taken.
"""

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.report import Row, note, parser, show
from models.mixers.ngrams import count_flat
from models.mixers.smoothing import KneserNey

ORDER = 5
TURNS = 3
NLTK_WORDS = 200_000
ELSEWHERE = 0.57  # million words a second: lmplz, orders 1 to 5
VOCAB_SIZE = 10_000
Result = tuple[float, float]  # seconds, MB


def sentences(path: Path, most: int) -> list[str]:
    """The first sentences of a file, with about `most` words."""
    found, words = list[str](), 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if words >= most:
                break
            found.append(line)
            words += len(line.split())
    return found


def ours(path: Path, most: int) -> KneserNey:
    """From text to a model."""
    ids: dict[str, int] = {"<s>": 0, "</s>": 1}
    tokens = list[int]()
    for line in sentences(path, most):
        tokens.append(0)
        tokens += [ids.setdefault(word, len(ids)) for word in line.split()]
        tokens.append(1)
    counts = count_flat(np.array(tokens, dtype=np.int64), ORDER, vocab_size=len(ids), start_id=0)
    return KneserNey(counts)


def nltk_counts(path: Path, most: int) -> object:
    """The same counts by nltk.lm."""
    from nltk.lm import MLE
    from nltk.lm.preprocessing import padded_everygram_pipeline

    grams, words = padded_everygram_pipeline(ORDER, [line.split() for line in sentences(path, most)])
    model = MLE(ORDER)
    model.fit(grams, words)
    return model


def alone(work: Callable[[Path, int], object], path: Path, most: int) -> Result:
    """Seconds and peak megabytes of the work in a process of its own; what it imports is not counted as time."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work, path, most))


def _measured(work: Callable[[Path, int], object], path: Path, most: int) -> Result:
    work(path, 1_000)
    before = time.perf_counter()
    work(path, most)
    return time.perf_counter() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def kenlm(binary: Path, path: Path, most: int) -> Result:
    """The same of lmplz, which counts, smooths and writes."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text"
        text.write_text("".join(sentences(path, most)), encoding="utf-8")
        before = time.perf_counter()
        command = [binary, "-o", str(ORDER), "--text", text, "--arpa", Path(folder) / "arpa", "-T", folder]
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000


def rows(arguments: argparse.Namespace) -> Iterator[Row]:
    """Milliseconds for a thousand words, megabytes, and a distribution's milliseconds."""
    binary = arguments.kenlm / "build/bin/lmplz" if arguments.kenlm else None
    turns: dict[str, list[Result]] = {"ours": [], "ours, as much as nltk": [], "nltk": [], "kenlm": []}
    for turn in range(TURNS):
        note(f"turn {turn + 1} of {TURNS}")
        turns["nltk"].append(alone(nltk_counts, arguments.text, NLTK_WORDS))
        turns["ours, as much as nltk"].append(alone(ours, arguments.text, NLTK_WORDS))
        turns["ours"].append(alone(ours, arguments.text, arguments.words))
        if binary:
            turns["kenlm"].append(kenlm(binary, arguments.text, arguments.words))
    of = {name: [statistics.median(column) for column in zip(*results)] for name, results in turns.items() if results}
    thousands, few = arguments.words / 1000, NLTK_WORDS / 1000
    mine, small, nltk_ = of["ours"], of["ours, as much as nltk"], of["nltk"]
    said = f"orders 1 to {ORDER}, a thousand words"
    yield Row(f"{said}, against nltk.lm on {NLTK_WORDS:,}", small[0] / few * 1000, "ms", nltk_[0] / few * 1000, 1 / 30)
    if binary:
        theirs = of["kenlm"]
        yield Row(
            f"{said}, against lmplz on {arguments.words:,}",
            mine[0] / thousands * 1000,
            "ms",
            theirs[0] / thousands * 1000,
            1.0,
        )
        yield Row("peak memory, against lmplz", mine[1], "MB", theirs[1])
    else:
        yield Row(f"{said}, against lmplz as seen elsewhere", mine[0] / thousands * 1000, "ms", 1 / ELSEWHERE, 1.0)
    yield Row(f"peak memory, {arguments.words:,} words", mine[1], "MB")
    yield Row(f"peak memory, {NLTK_WORDS:,} words, against nltk.lm", small[1], "MB", nltk_[1])
    yield Row(f"a whole next-token distribution, |V| = {VOCAB_SIZE:,}", distribution(arguments.text), "ms", None, 2.0)


def distribution(path: Path) -> float:
    """Milliseconds of one distribution over 10,000 words, order 5, on histories of the text."""
    lines = [line.split() for line in sentences(path, 1_000_000)]
    words, seen = np.unique([word for line in lines for word in line], return_counts=True)
    known = {str(words[i]): place for place, i in enumerate(np.argsort(-seen)[: VOCAB_SIZE - 3], 3)}
    texts = [[0, *(known.get(word, 2) for word in line), 1] for line in lines]
    flat = np.array([token for text in texts for token in text], dtype=np.int64)
    model = KneserNey(count_flat(flat, ORDER, vocab_size=VOCAB_SIZE, start_id=0))
    taken = []
    for text in islice(texts, 300):
        before = time.perf_counter()
        model.probs(text[: len(text) // 2])
        taken.append((time.perf_counter() - before) * 1000)
    return statistics.median(taken)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("text", type=Path)
    options.add_argument("--words", type=int, default=5_000_000)
    options.add_argument("--kenlm", type=Path)
    arguments = options.parse_args()
    show(rows(arguments), as_json=arguments.json)


if __name__ == "__main__":
    main()
