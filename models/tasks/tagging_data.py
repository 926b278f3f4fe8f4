"""Sentences whose words are tagged with names: reading files, dividing, and what they are compared by."""

import lzma
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from models.tasks.embedding import UNKNOWN_ID, Vocabulary
from models.tasks.tagging import TAGS, Alphabet, Sentences, sentences_of

_CHUNK = 100  # batches whose sentences are sorted by length


class Example(NamedTuple):
    """A sentence and its tags."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


class Span(NamedTuple):
    """A name in a sentence."""

    kind: str
    start: int
    stop: int  # the word after the last


@dataclass(frozen=True)
class Domain:
    """A test set, and what its kinds of names are called in the Groningen Meaning Bank."""

    title: str
    kinds: Mapping[str, str]  # of names there, by what the taggers say; what is not named here is left out
    gold: Mapping[str, str]  # what they are called in the test set, by what they are compared as


_THREE = {"per": "person", "geo": "location", "org": "organisation"}
DOMAINS = {
    "gmb": Domain("GMB, held out", {}, {}),
    "gmb3": Domain("Three kinds of GMB, held out", _THREE, _THREE),
    "wnut17": Domain(
        "WNUT-17, test",
        _THREE,
        {"person": "person", "location": "location", "corporation": "organisation", "group": "organisation"},
    ),
    "uner-ewt": Domain(
        "UNER-EWT, test",
        _THREE,
        {"PER": "person", "LOC": "location", "ORG": "organisation"},
    ),
}


def read(path: Path, *, word: int = 0, tag: int = 1) -> list[Example]:
    """The sentences of a file with a word a line and an empty line after each sentence.

    Args:
        path: compressed by xz.
        word: column of the words.
        tag: column of the tags.
    """
    found, lines = list[Example](), list[list[str]]()
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in [*file, ""]:
            if line.strip() and not line.startswith("# "):
                lines.append(line.rstrip("\n").split("\t"))
            elif not line.strip() and lines:
                found.append(Example(tuple(one[word] for one in lines), tuple(one[tag] for one in lines)))
                lines = []
    return found


def divided(examples: Iterable[Example], seed: int) -> tuple[list[Example], list[Example], list[Example]]:
    """Eight, one and one tenth, each sentence in one of them only, however often it occurs."""
    once = list({example.words: example for example in examples}.values())
    order = np.random.default_rng(seed).permutation(len(once)).tolist()
    first, second = len(once) * 8 // 10, len(once) * 9 // 10
    parts = [[once[i] for i in part] for part in (order[:first], order[first:second], order[second:])]
    return parts[0], parts[1], parts[2]


def own_words(examples: Sequence[Example], least: int) -> list[str]:
    """Words, in lower case, that occur so often; the most frequent first."""
    counts = Counter(word.lower() for example in examples for word in example.words)
    return [word for word, count in counts.most_common() if count >= least]


def alphabet_of(examples: Sequence[Example], least: int) -> Alphabet:
    """Characters that occur so often."""
    counts = Counter(character for example in examples for word in example.words for character in word)
    return Alphabet("".join(sorted(character for character, count in counts.items() if count >= least)))


@dataclass(frozen=True, eq=False)
class TagBatch:
    """Some sentences and their tags; zeros, which is O, stand beyond their ends."""

    sentences: Sentences
    tags: Int[Tensor, "batch pos"]


class TagBatches:
    """Sentences of about the same length in a batch, in another order each epoch."""

    def __init__(
        self,
        examples: Sequence[Example],
        vocabulary: Vocabulary,
        alphabet: Alphabet,
        batch_size: int,
        *,
        unknown: float = 0.0,
        seed: int = 1,
    ) -> None:
        """
        Args:
            examples: at least one.
            vocabulary: the words' ids.
            alphabet: their characters'.
            batch_size: sentences.
            unknown: share of words that are made unknown, drawn anew each epoch: so is learned what to do with one.
            seed: of the order and of these words.
        """
        self._examples, self._vocabulary, self._alphabet = examples, vocabulary, alphabet
        self._batch_size, self._unknown, self._seed = batch_size, unknown, seed
        self._lengths = np.array([len(example.words) for example in examples])

    def __len__(self) -> int:
        return math.ceil(len(self._examples) / self._batch_size)

    def epoch(self, number: int) -> Iterator[TagBatch]:
        """The batches of an epoch; the same number gives the same ones."""
        random = np.random.default_rng((self._seed, number))
        order = random.permutation(len(self._examples))
        many = _CHUNK * self._batch_size
        chunks = [order[i : i + many] for i in range(0, len(order), many)]
        order = np.concatenate([chunk[np.argsort(self._lengths[chunk], kind="stable")] for chunk in chunks])
        rows = [order[i : i + self._batch_size] for i in range(0, len(order), self._batch_size)]
        for i in random.permutation(len(rows)):
            batch = self._batch([self._examples[row] for row in rows[i]])
            hidden = torch.from_numpy(random.random(batch.tags.shape) < self._unknown)
            batch.sentences.idx.masked_fill_(hidden, UNKNOWN_ID)
            yield batch

    def _batch(self, examples: Sequence[Example]) -> TagBatch:
        sentences = sentences_of([example.words for example in examples], self._vocabulary, self._alphabet)
        tags = torch.zeros_like(sentences.idx)
        for row, example in zip(tags, examples, strict=True):
            row[: len(example.tags)] = torch.tensor([TAGS.index(tag) for tag in example.tags])
        return TagBatch(sentences, tags)


def spans(tags: Sequence[str]) -> list[Span]:
    """The names of a sentence, as conlleval reads its tags: an I that follows on nothing of its kind begins one."""
    found, start = list[Span](), 0
    for place, (before, tag) in enumerate(zip(["O", *tags], [*tags, "O"], strict=True)):
        goes_on = tag.startswith("I-") and tag[2:] == before[2:]
        if before != "O" and not goes_on:
            found.append(Span(before[2:], start, place))
        if not goes_on:
            start = place
    return found


def renamed(tags: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """Tags by other names; of what has none there O."""
    return [f"{tag[:2]}{names[tag[2:]]}" if tag[2:] in names else "O" for tag in tags]


def f1(gold: Iterable[Sequence[str]], said: Iterable[Sequence[str]]) -> float:
    """Of names: twice those that are right, to the word and in kind, over all that are there or were said."""
    right = total = 0
    for truth, guess in zip(gold, said, strict=True):
        there, found = set(spans(truth)), set(spans(guess))
        right += len(there & found)
        total += len(there) + len(found)
    return 2 * right / total if total else 0.0
