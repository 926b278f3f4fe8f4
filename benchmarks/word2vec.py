"""word2vec against gensim: the same words, dimensions, window, negatives, threads and epochs, in one run.

    python -m benchmarks.word2vec CORPUS [--lines 1300000] [--epochs 5] [--threads 2]

CORPUS is the folder that models.zoo.corpus made. Both learn skip-gram from its first lines, joined into stretches of a
thousand words, on the words that stand there five times or more: 100 dimensions, window 5, 5 negatives. Both are asked
the Google analogy questions (gensim's copy) among the 30,000 most frequent words. Reading the text is not timed; gensim
reads it from a file that holds nothing else, the quickest way it has. Where there is a GPU, a row has its pace.
"""

import argparse
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from benchmarks.report import Row, note, parser, show
from models.tokens import questions, running_words
from models.tokens.running_words import RunningWords
from models.tokens.space import WordVectors
from models.tokens.word2vec import Settings
from models.tokens.word2vec_batched import BatchedTraining
from models.tokens.word2vec_training import Training
from models.zoo.vectors import peer

_LEAST = 5


def accuracy(words: list[str], vectors: np.ndarray) -> tuple[float, float]:
    """Percent of the semantic and of the syntactic questions, by 3CosAdd."""
    path = questions.gensim_file("analogies")
    if path is None:
        raise SystemExit("gensim is not installed: pip install -r requirements-dev.txt")
    most = questions.RESTRICT
    space = WordVectors("", tuple(words[:most]), np.ascontiguousarray(vectors[:most]))
    results = list(questions.answered(space, questions.read_questions(path.read_bytes())))
    kinds = [[one for one in results if one.name.startswith("gram") is syntactic] for syntactic in (False, True)]
    semantic, syntactic = (100 * questions.total(kind, "").share("add") for kind in kinds)
    return semantic, syntactic


def ours(
    text: RunningWords, settings: Settings, threads: int
) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """Words a second; accuracy of the target vectors, and of the sums."""
    list(Training(running_words.read(["one two three"] * 60), settings))  # compiles
    training = Training(text, settings, threads, held_out=text.of(["one two"]))
    began = time.perf_counter()
    list(training)
    seconds = time.perf_counter() - began
    words = list(text.words)
    target, both = (accuracy(words, training.vectors.word_vectors(part)) for part in ("target", "sum"))
    return text.length * settings.epochs / seconds, target, both


def on_gpu(text: RunningWords, settings: Settings) -> tuple[float, tuple[float, float]]:
    """The same in batches on a GPU."""
    training = BatchedTraining(text, settings, torch.device("cuda"))
    began = time.perf_counter()
    list(training)
    torch.cuda.synchronize()
    seconds = time.perf_counter() - began
    return training.words / seconds, accuracy(list(text.words), training.vectors.word_vectors("target"))


def gensims(text: RunningWords, settings: Settings, threads: int) -> tuple[float, tuple[float, float]]:
    """The same of gensim."""
    model, seconds = peer.trained(text, settings, _LEAST, threads)
    return text.length * settings.epochs / seconds, accuracy(model.wv.index_to_key, model.wv.vectors)


def rows(arguments: argparse.Namespace) -> Iterator[Row]:
    """Microseconds a word, and the accuracy of both."""
    settings = Settings(epochs=arguments.epochs)
    with (arguments.corpus / "train.txt").open(encoding="utf-8") as lines:
        text = running_words.read(islice(lines, arguments.lines), least=_LEAST).joined()
    note(f"{text.length:,} words, {len(text.words):,} different ones, {settings}, {arguments.threads} threads")
    note("gensim")
    peer, peer_accuracy = gensims(text, settings, arguments.threads)
    note("ours")
    pace, target, both = ours(text, settings, arguments.threads)
    yield Row("skip-gram, a word", 1e6 / pace, "µs", 1e6 / peer, 1 / 2)
    # A goal of 1 point fewer at most: the ratio of what is wrong.
    for kind, mine, of_sums, theirs in zip(("semantic", "syntactic"), target, both, peer_accuracy):
        goal = (101 - theirs) / (100 - theirs)
        yield Row(f"{kind} questions wrong, target vectors", 100 - mine, "%", 100 - theirs, goal)
        yield Row(f"{kind} questions wrong, sums against gensim's vectors", 100 - of_sums, "%", 100 - theirs, goal)
    if torch.cuda.is_available():
        note("GPU")
        gpu, gpu_accuracy = on_gpu(text, settings)
        yield Row(f"a word on {torch.cuda.get_device_name()}", 1e6 / gpu, "µs", 1e6 / peer, 1 / 5)
        for kind, mine, theirs in zip(("semantic", "syntactic"), gpu_accuracy, peer_accuracy):
            goal = (101 - theirs) / (100 - theirs)
            yield Row(f"{kind} questions wrong, from the GPU", 100 - mine, "%", 100 - theirs, goal)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("corpus", type=Path)
    options.add_argument("--lines", type=int, default=1_300_000)
    options.add_argument("--epochs", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    arguments = options.parse_args()
    show(rows(arguments), as_json=arguments.json)


if __name__ == "__main__":
    main()
