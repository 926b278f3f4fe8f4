"""A hidden Markov model as a tagger: its states are the tags, its tables were counted on tagged sentences.

Rare words of these sentences count as signs of their class, and by its class an unknown word is read: its shape and its
last letters. What was counted of a word is smoothed by what words of its class have in common:

    P(w | tag) = (C(w, tag) + m P(class(w) | tag) P(w | class(w))) / (C(tag) + m)

Sources: Jurafsky and Martin, Speech and Language Processing, 3rd ed., chapter 17 (tagging by counts, Viterbi);
Brants 2000, TnT: A Statistical Part-of-Speech Tagger, section 2.3 (unknown words by their endings).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors.numpy import load_file, save_file
from torch import Tensor

from models.mixers.hmm import HMM, padded
from models.tasks.card import TaskCard
from models.tasks.tagging import TAGS, possible
from models.tasks.tagging_data import Example
from models.tasks.tagging_models import AT_ONCE, Tagged

_LEAST = 3  # occurrences of a word that is no rare one
_LEAST_IN_CLASS = 20  # rare words by which a class is known
_LETTERS = 2  # of a word's end
_M = 1.0  # occurrences of a tag that the class's distribution counts as
_STEP = 0.1  # is added to the count of each possible step
_SHAPES = tuple(
    shape + hyphen for shape in ("digits", "CAPITALS", "Capital", "lower", "sign") for hyphen in ("", " with -")
)


@dataclass(frozen=True, eq=False)
class Counts:
    """What was counted; all that the tagger is made of."""

    words: tuple[str, ...]  # that are not rare
    classes: tuple[str, ...]  # of rare ones
    emission: Float[Tensor, "symbol tag"]  # how often each had each tag: words, and behind them classes
    transition: Float[Tensor, "tag tag"]  # how often a tag followed another: from before to
    initial: Float[Tensor, " tag"]  # how often it began a sentence


def classes_of(word: str) -> list[str]:
    """The classes that a word belongs to, the narrowest first.

    >>> classes_of("Baghdadi")
    ['Capital, di', 'Capital, i', 'Capital']
    """
    if any(character.isdigit() for character in word):
        shape = "digits"
    elif word.isupper() and len(word) > 1:
        shape = "CAPITALS"
    elif word[:1].isupper():
        shape = "Capital"
    else:
        shape = "lower" if any(character.isalpha() for character in word) else "sign"
    hyphen = " with -" if "-" in word[1:] else ""
    endings = range(min(_LETTERS, len(word) - 1), 0, -1) if shape in ("Capital", "lower") else ()
    return [*(f"{shape}{hyphen}, {word[-letters:].lower()}" for letters in endings), shape + hyphen]


def counted(examples: Sequence[Example]) -> Counts:
    """The counts of tagged sentences."""
    frequencies = Counter(word for example in examples for word in example.words)
    words = [word for word, count in frequencies.most_common() if count >= _LEAST]
    of_class = Counter(one for word, count in frequencies.items() if count < _LEAST for one in classes_of(word))
    classes = [one for one, count in of_class.items() if count >= _LEAST_IN_CLASS and one not in _SHAPES]
    symbols = _Symbols(tuple(words), (*sorted(classes), *_SHAPES))
    emission, transition, initial = (Counter[tuple[int, ...]]() for _ in range(3))
    tags = {tag: i for i, tag in enumerate(TAGS)}
    for example in examples:
        ids = [tags[tag] for tag in example.tags]
        initial[(ids[0],)] += 1
        emission.update(zip(map(symbols.id, example.words), ids, strict=True))
        transition.update(pairwise(ids))
    n = len(TAGS)
    return Counts(
        symbols.words,
        symbols.classes,
        _table(emission, symbols.size, n),
        _table(transition, n, n),
        _table(initial, n),
    )


def _table(counts: Mapping[tuple[int, ...], int], *shape: int) -> Float[Tensor, "..."]:
    table = torch.zeros(shape, dtype=torch.double)
    for place, count in counts.items():
        table[place] = count
    return table


def smoothed(counts: Counts) -> HMM:
    """The model of counts; steps that no BIO tags can take have no probability."""
    n_words, allowed = len(counts.words), possible()
    symbols = _Symbols(counts.words, counts.classes)
    of = torch.tensor([symbols.class_id(word) - n_words for word in counts.words] + list(range(len(counts.classes))))
    of_class = torch.zeros(len(counts.classes), len(TAGS), dtype=torch.double).index_add_(0, of, counts.emission)
    class_given_tag = (of_class + 0.01) / (of_class + 0.01).sum(0)
    occurrences = counts.emission.sum(1) + 0.5
    in_class = torch.zeros(len(counts.classes), dtype=torch.double).index_add_(0, of, occurrences)
    prior = class_given_tag[of] * (occurrences / in_class[of])[:, None]
    emission = (counts.emission + _M * prior) / (counts.emission.sum(0) + _M)
    transition = (counts.transition + _STEP) * allowed.steps
    initial = (counts.initial + _STEP) * allowed.begins
    return HMM.of(initial / initial.sum(), transition / transition.sum(1, keepdim=True), emission.T)


class HMMTagger:
    """The tagger that was counted."""

    def __init__(self, counts: Counts, card: TaskCard) -> None:
        self.card, self.hmm = card, smoothed(counts)
        self._symbols = _Symbols(counts.words, counts.classes)

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[Tagged]:
        """Tags sentences, each by itself: by the most probable path of states."""
        found = list[Tagged]()
        for start in range(0, len(sentences), AT_ONCE):
            some = sentences[start : start + AT_ONCE]
            ids = padded([[self._symbols.id(word) for word in words] for words in some])
            log_likelihoods, probs = self.hmm.log_likelihood(ids).tolist(), self.hmm.posterior(ids).float()
            for row, words in enumerate(some):
                best = self.hmm.viterbi(ids[row, : len(words)])
                log_prob = best.log_prob - log_likelihoods[row]
                found.append(Tagged(tuple(words), list(best.path), probs[row, : len(words)], log_prob))
        return found

    def known(self, word: str) -> str:
        """What is known of a word before its neighbours are looked at."""
        if self._symbols.knows(word):
            return "counted in the training sentences"
        return f"by its class: {self._symbols.classes[self._symbols.class_id(word) - len(self._symbols.words)]}"


class _Symbols:
    """Words and classes as numbers; the classes stand behind the words."""

    def __init__(self, words: tuple[str, ...], classes: tuple[str, ...]) -> None:
        self.words, self.classes, self.size = words, classes, len(words) + len(classes)
        self._of_words = {word: i for i, word in enumerate(words)}
        self._of_classes = {one: len(words) + i for i, one in enumerate(classes)}

    def knows(self, word: str) -> bool:
        return word in self._of_words

    def id(self, word: str) -> int:
        found = self._of_words.get(word)
        return self.class_id(word) if found is None else found

    def class_id(self, word: str) -> int:
        """Of the narrowest class that is known."""
        return next(self._of_classes[one] for one in classes_of(word) if one in self._of_classes)


def save(counts: Counts, path: Path) -> None:
    """Writes counts; of the emission those that are not 0."""
    symbols, tags = counts.emission.nonzero(as_tuple=True)
    tensors = {
        "words": _letters(counts.words),
        "classes": _letters(counts.classes),
        "tags": symbols.bincount(minlength=len(counts.emission)).numpy().astype(np.uint8),  # of each symbol
        "tag": tags.numpy().astype(np.uint8),
        "count": _whole(counts.emission[symbols, tags]),
        "transition": _whole(counts.transition),
        "initial": _whole(counts.initial),
    }
    save_file(tensors, path)


def load(path: Path, card: TaskCard) -> HMMTagger:
    """The tagger of a file."""
    tensors = load_file(path)
    words, classes = (tuple(tensors[name].tobytes().decode().split("\n")) for name in ("words", "classes"))
    emission = torch.zeros(len(words) + len(classes), len(TAGS), dtype=torch.double)
    symbols = torch.arange(len(emission)).repeat_interleave(torch.from_numpy(tensors["tags"].astype(np.int64)))
    emission[symbols, torch.from_numpy(tensors["tag"].astype(np.int64))] = torch.from_numpy(
        tensors["count"].astype(np.float64)
    )
    transition, initial = (torch.from_numpy(tensors[name].astype(np.float64)) for name in ("transition", "initial"))
    return HMMTagger(Counts(words, classes, emission, transition, initial), card)


def _letters(names: Sequence[str]) -> np.ndarray:
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


def _whole(counts: Float[Tensor, "..."]) -> np.ndarray:
    """In as few bits as will do."""
    return counts.numpy().astype(np.min_scalar_type(int(counts.max())))
