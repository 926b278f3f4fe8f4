"""Trains the vectors of words that ship, measures them, and packs them.

    python -m models.zoo.vectors word2vec CORPUS QUESTIONS     on what models.zoo.corpus made
    python -m models.zoo.vectors glove CORPUS QUESTIONS
    python -m models.zoo.vectors gensim CORPUS QUESTIONS       measures gensim on the same text, for our card

QUESTIONS is a folder with questions-words.txt, wordsim353.tsv and simlex999.txt, such as gensim's test data; they only
measure. The windows reach over the ends of sentences. word2vec learns all words that stand five times or more in the
text, and the most frequent of them ship; GloVe learns these alone.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from models.checkpoints import sha256
from models.packing import packed
from models.tokens import questions, running_words
from models.tokens.glove import GloveSettings, GloveTraining
from models.tokens.space import WordVectors
from models.tokens.word2vec import Settings
from models.tokens.word2vec_training import Training
from models.zoo import corpus
from models.zoo.vectors import (
    FOLDER,
    VOCAB_SIZE,
    Measured,
    VectorCard,
    cards,
    part_of,
    peer,
    write_card,
    write_words,
)

_EPOCHS = 15
_LEAST = 5  # how often a word must stand in the text
_TITLES = {"word2vec": "word2vec (skip-gram)", "glove": "GloVe"}
_PARTS = {"word2vec": ("sum", "target", "context", "concatenation"), "glove": ("sum",)}


def measured(space: WordVectors, folder: Path) -> Measured:
    """What the vectors know of the sets in a folder."""
    data = {name: (folder / file).read_bytes() for name, file in questions.FILES.items()}
    sections = {
        result.name: (result.right["add"], result.right["mul"], result.asked)
        for result in questions.answered(space, questions.read_questions(data["analogies"]))
    }
    rho = {
        name: round(questions.agreement(space, questions.read_pairs(data[name])).rho, 4)
        for name in ("wordsim353", "simlex999")
    }
    return Measured(sections, **rho)


def said(measures: Measured) -> str:
    """The totals in a line."""
    kinds = {"semantic": False, "syntactic": True}
    rows = {
        kind: np.sum([row for name, row in measures.sections.items() if name.startswith("gram") is syntactic], axis=0)
        for kind, syntactic in kinds.items()
    }
    shares = ", ".join(f"{kind} {row[0] / row[2]:.2%} (3CosMul {row[1] / row[2]:.2%})" for kind, row in rows.items())
    family = measures.sections["family"]
    return (
        f"{shares}, family {family[0] / family[2]:.1%}, WordSim-353 {measures.wordsim353:.3f}, "
        f"SimLex-999 {measures.simlex999:.3f}"
    )


def text_of(path: Path, name: str) -> running_words.RunningWords:
    """A file of sentences as the words to learn from."""
    most = VOCAB_SIZE if name == "glove" else None
    with path.open(encoding="utf-8") as lines:
        return running_words.read(lines, most=most, least=_LEAST)


def main() -> None:
    """Trains, says how it goes, and writes weights and card."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", choices=[*_TITLES, "gensim"])
    options.add_argument("corpus", type=Path)
    options.add_argument("questions", type=Path)
    options.add_argument("--epochs", type=int)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--set", nargs="*", default=[], metavar="NAME=NUMBER", help="other settings, for trials")
    options.add_argument("--try", dest="trial", action="store_true", help="measure only, write nothing")
    given = options.parse_args()
    began = time.monotonic()
    text = text_of(given.corpus / "train.txt", given.name)
    if given.name == "gensim":
        write_peer(text.joined(), given.epochs or _EPOCHS, given.threads, given.questions)
        return
    with (given.corpus / "dev.txt").open(encoding="utf-8") as lines:
        held_out = text.of(lines)
    _say(f"{text.length:,} words, {len(text.words):,} different ones, read in {time.monotonic() - began:.0f} s")
    changed = {
        key: float(value) if "." in value else int(value) for key, value in (one.split("=") for one in given.set)
    }
    training = _training(given.name, text.joined(), held_out, given.epochs, given.threads, changed)
    began, next_line = time.monotonic(), 30.0
    for done in training:
        seconds = time.monotonic() - began
        if seconds > next_line or done == training.of:
            next_line = seconds + 30
            _say(
                f"{done / training.of:6.1%} {training.words / seconds:12,.0f} words/s  loss {training.loss():.4f}  "
                f"held out {training.held_out_loss():.4f}"
            )
    seconds = time.monotonic() - began
    vectors, words, counts = training.vectors, text.words[:VOCAB_SIZE], text.counts[:VOCAB_SIZE]
    tensors: dict[str, np.ndarray] = {}
    for part in ("target", "context") if given.name == "word2vec" else ("sum",):
        tensors |= packed(part, vectors.word_vectors(part)[:VOCAB_SIZE])
    measures: dict[str, Measured] = {}
    for part in _PARTS[given.name]:
        measures[part] = measured(WordVectors(part, words, part_of(tensors, part)), given.questions)
        whole = measured(WordVectors(part, words, vectors.word_vectors(part)[:VOCAB_SIZE]), given.questions)
        _say(f"{part}: {said(measures[part])}\n  in float32: {said(whole)}")
    if given.trial:
        return
    weights = FOLDER / f"{given.name}.safetensors"
    save_file(tensors, weights)
    write_words(words, counts)
    write_card(_card(given.name, training, measures, weights, seconds, given.threads))


def _training(
    name: str,
    text: running_words.RunningWords,
    held_out: running_words.RunningWords,
    epochs: int | None,
    threads: int,
    changed: Mapping[str, float],
) -> Training | GloveTraining:
    if name == "glove":
        how = replace(GloveSettings(x_max=10.0, epochs=epochs or _EPOCHS), **changed)  # type: ignore[arg-type]
        return GloveTraining(text, how, threads)
    return Training(text, replace(Settings(epochs=epochs or _EPOCHS), **changed), threads, held_out)  # type: ignore[arg-type]


def _card(
    name: str,
    training: Training | GloveTraining,
    measures: Mapping[str, Measured],
    weights: Path,
    seconds: float,
    threads: int,
) -> VectorCard:
    how = training.settings
    return VectorCard(
        name=name,
        title=_TITLES[name],
        corpus=f"{training.text.length:,} words: {corpus.DESCRIPTION}",
        words=VOCAB_SIZE,
        n_embd=how.n_embd,
        parts=_PARTS[name],
        licence=corpus.LICENCE,
        source=f"python -m models.zoo.vectors {name}",
        precision="8 bits a number, 16 a row's largest",
        training=f"{how}, {seconds:,.0f} s on {threads} CPU cores",
        sha256=sha256(weights),
        measured=measures,
    )


def write_peer(text: running_words.RunningWords, epochs: int, threads: int, folder: Path) -> None:
    """Trains gensim's skip-gram on the same text with the same settings, and puts what it scores into our card."""
    import gensim

    model, _ = peer.trained(text, Settings(epochs=epochs), _LEAST, threads)
    words, vectors = tuple(model.wv.index_to_key[:VOCAB_SIZE]), model.wv.vectors[:VOCAB_SIZE]
    found = measured(WordVectors("gensim", words, vectors), folder)
    name = f"gensim {gensim.__version__}, the same text and settings"
    _say(f"{name}: {said(found)}")
    ours = cards()["word2vec"]
    write_card(replace(ours, measured={**ours.measured, name: found}))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
