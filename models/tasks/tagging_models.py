"""Taggers that are ready to use: words in, tags and their probabilities out."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from models import packing
from models.tasks.card import TaskCard
from models.tasks.crf import Best, Possible
from models.tasks.embedding import Vocabulary
from models.tasks.tagging import TAGS, Alphabet, TaggerConfig, TaggerNetwork, sentences_of

AT_ONCE = 64  # sentences


@dataclass(frozen=True, eq=False)
class Tagged:
    """What a tagger says of a sentence."""

    words: tuple[str, ...]
    path: list[int]  # a tag for each word: places in TAGS
    probs: Float[Tensor, "pos tag"]  # P(tag of the word | what was read)
    log_prob: float  # ln P(all these tags | sentence)

    @property
    def tags(self) -> list[str]:
        """The tags by their names."""
        return [TAGS[i] for i in self.path]


@runtime_checkable
class Tagger(Protocol):
    """Any of them."""

    card: TaskCard

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[Tagged]:
        """Tags sentences, each by itself.

        Args:
            sentences: their words, at least one in each.
        """
        ...

    def known(self, word: str) -> str:
        """What is known of a word before its spelling is looked at, in a few words."""
        ...


@dataclass(frozen=True, eq=False)
class PathTrace:
    """All that a CRF computed of a sentence."""

    unary: Float[Tensor, "pos tag"]
    forward: Float[Tensor, "pos tag"]
    backward: Float[Tensor, "pos tag"]
    log_partition: float
    best: Best
    alone: list[int]  # of each word the tag with the highest unary score
    alone_score: float  # of these as a path


class NeuralTagger:
    """A trained network."""

    def __init__(self, network: TaggerNetwork, vocabulary: Vocabulary, alphabet: Alphabet, card: TaskCard) -> None:
        self.network, self.vocabulary, self.alphabet, self.card = network, vocabulary, alphabet, card

    @torch.no_grad()
    def tag(self, sentences: Sequence[Sequence[str]]) -> list[Tagged]:
        """Tags sentences, each by itself."""
        found = list[Tagged]()
        for start in range(0, len(sentences), AT_ONCE):
            found += self._tag(sentences[start : start + AT_ONCE])
        return found

    def known(self, word: str) -> str:
        """What is known of a word before its spelling is looked at."""
        return {
            "trained": "frequent in the training sentences, so it has a vector of its own",
            "vector": "rare or absent in the training sentences: read by its shipped vector, and its spelling",
            "unknown": "never seen: read by its spelling alone",
        }[self.vocabulary.known(word)]

    @torch.no_grad()
    def trace(self, words: Sequence[str], possible: Possible | None = None) -> PathTrace:
        """Everything between the words and their tags.

        Args:
            words: of one sentence, at least one.
            possible: the best path has no other steps.

        Raises:
            TypeError: the network has no CRF.
        """
        crf = self.network.crf
        if crf is None:
            raise TypeError("this tagger has no CRF")
        sentences = sentences_of([words], self.vocabulary, self.alphabet)
        unary, lengths = self.network(sentences), sentences.lengths
        alone = unary[0].argmax(-1)
        forward, backward = crf.forward_scores(unary, lengths)[0], crf.backward_scores(unary, lengths)[0]
        return PathTrace(
            unary[0],
            forward,
            backward,
            float((forward[-1] + crf.final).logsumexp(0)),
            crf.viterbi(unary, lengths, possible)[0],
            alone.tolist(),
            float(crf.path_score(unary, alone[None], lengths)),
        )

    def _tag(self, texts: Sequence[Sequence[str]]) -> list[Tagged]:
        sentences = sentences_of(texts, self.vocabulary, self.alphabet)
        unary, lengths, crf = self.network(sentences), sentences.lengths, self.network.crf
        if crf is None:
            log_probs = unary.log_softmax(-1)
            best = log_probs.max(-1)
            paths = [row[:n].tolist() for row, n in zip(best.indices, lengths)]
            sums = [float(row[:n].sum()) for row, n in zip(best.values, lengths)]
            probs = log_probs.exp()
        else:
            probs = crf.marginals(unary, lengths)
            found = crf.viterbi(unary, lengths)
            paths = [one.path for one in found]
            log_partitions = crf.log_partition(unary, lengths).tolist()
            sums = [one.score - log_z for one, log_z in zip(found, log_partitions)]
        return [
            Tagged(tuple(text), path, one[: len(text)], log_prob)
            for text, path, one, log_prob in zip(texts, paths, probs, sums, strict=True)
        ]


def save(network: TaggerNetwork, alphabet: Alphabet, path: Path) -> None:
    """Writes a network, in 8 bits a weight."""
    packing.save(network, path, {"config": json.dumps(asdict(network.config)), "characters": alphabet.characters})


def load(path: Path, vocabulary: Vocabulary, card: TaskCard) -> NeuralTagger:
    """The tagger of a file.

    Args:
        path: where `save` wrote it.
        vocabulary: of the network.
        card: what is known of it.
    """
    facts, tensors = packing.opened(path)
    alphabet = Alphabet(facts["characters"])
    config = TaggerConfig(**json.loads(facts["config"]))
    network = TaggerNetwork(config, vocabulary, alphabet, torch.Generator().manual_seed(1))
    packing.fill(network, tensors)
    return NeuralTagger(network.requires_grad_(False), vocabulary, alphabet, card)
