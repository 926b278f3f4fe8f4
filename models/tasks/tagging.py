"""Tagging: two LSTMs read a sentence from both ends, and say of each word which name it belongs to, if any.

x_t is the word's vector beside what a small LSTM of characters, read both ways, makes of its spelling; so a word that
was never seen has one too. From the states of both directions, side by side, come the scores of the word's tags:

    x_t = [e(w_t); c(w_t)],    s_t = W [h_t; h'_t] + b,    p_t = softmax(s_t)   or a CRF over the whole sentence

Tags are of the BIO kind: B-per begins a person, I-per goes on with it, O is no name.

Sources: Huang, Xu and Yu 2015, Bidirectional LSTM-CRF Models for Sequence Tagging; Lample et al. 2016, Neural
Architectures for Named Entity Recognition, section 4.1 (characters).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from models.errors import ModelError
from models.mixers.network import Drop, keep
from models.tasks.crf import CRF, Possible
from models.tasks.embedding import N_EMBD, StartedEmbedding, Vocabulary

TYPES = {
    "per": "person",
    "geo": "place",
    "gpe": "nation",
    "org": "organisation",
    "tim": "time",
    "art": "artefact",
    "eve": "event",
    "nat": "phenomenon",
}  # of names, as the Groningen Meaning Bank calls them, and in words
TAGS = ("O", *(f"{part}-{kind}" for kind in TYPES for part in "BI"))
MOST_CHARACTERS = 40  # of a word that are read; of a longer one the first and the last half of these
_N_CHARACTER = 25


@dataclass(frozen=True, kw_only=True)
class TaggerConfig:
    """The shape of a network.

    Raises:
        ModelError: a size is not one.
    """

    n_hidden: int  # of each direction
    is_bidirectional: bool
    has_crf: bool
    rank: int = 10  # directions in which the vectors of words may leave their start

    def __post_init__(self) -> None:
        for name in ("n_hidden", "rank"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be 1 or more.")


@dataclass(frozen=True, eq=False)
class Sentences:
    """Sentences side by side, as a network reads them; zeros stand beyond their ends."""

    idx: Int[Tensor, "batch pos"]  # words
    spelled: Int[Tensor, "word character"]  # each different word once
    spelled_lengths: Int[Tensor, " word"]
    which: Int[Tensor, "batch pos"]  # of these
    lengths: Int[Tensor, " batch"]


class Alphabet:
    """Characters as numbers; 0 is one that was never seen."""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        self._ids = {character: i + 1 for i, character in enumerate(characters)}
        self.size = len(characters) + 1

    def ids(self, word: str) -> list[int]:
        """One number a character that is read."""
        half = MOST_CHARACTERS // 2
        read = word if len(word) <= MOST_CHARACTERS else word[:half] + word[-half:]
        return [self._ids.get(character, 0) for character in read]


def sentences_of(texts: Sequence[Sequence[str]], vocabulary: Vocabulary, alphabet: Alphabet) -> Sentences:
    """Sentences, given as their words, as numbers."""
    words = {word: i for i, word in enumerate(dict.fromkeys(word for text in texts for word in text))}
    return Sentences(
        _padded([vocabulary.ids(text) for text in texts]),
        _padded([alphabet.ids(word) for word in words]),
        torch.tensor([min(len(word), MOST_CHARACTERS) for word in words]),
        _padded([[words[word] for word in text] for text in texts]),
        torch.tensor([len(text) for text in texts]),
    )


class TaggerNetwork(nn.Module):
    """Vectors and spellings of words, one or two LSTMs, and a score for each tag."""

    def __init__(
        self, config: TaggerConfig, vocabulary: Vocabulary, alphabet: Alphabet, generator: torch.Generator
    ) -> None:
        """Weights are uniform, small, and drawn from the generator."""
        super().__init__()
        self.config = config
        self.embedding = StartedEmbedding(vocabulary, config.rank, generator)
        self.characters = nn.Embedding(alphabet.size, _N_CHARACTER)
        self.spelling = nn.ModuleList(nn.LSTM(_N_CHARACTER, _N_CHARACTER, batch_first=True) for _ in range(2))
        directions = 1 + config.is_bidirectional
        width = N_EMBD + 2 * _N_CHARACTER
        self.cells = nn.ModuleList(nn.LSTM(width, config.n_hidden, batch_first=True) for _ in range(directions))
        self.output = nn.Linear(directions * config.n_hidden, len(TAGS))
        self.crf = CRF(len(TAGS)) if config.has_crf else None
        for part in (self.characters, self.spelling, self.cells, self.output):
            for weights in part.parameters():
                reach = weights.shape[-1] ** -0.5 if weights.dim() == 2 else 0.0
                nn.init.uniform_(weights, -reach, reach, generator=generator)

    def forward(self, sentences: Sentences, drop: Drop = keep) -> Float[Tensor, "batch pos tag"]:
        """s_t: the scores of each word's tags."""
        spelled = self.spelled(sentences.spelled, sentences.spelled_lengths)
        x = drop(torch.cat([self.embedding(sentences.idx), spelled[sentences.which]], dim=-1))
        states = [self.cells[0](x)[0]]
        if self.config.is_bidirectional:
            places = _from_the_end(sentences.lengths, x.shape[1])
            states.append(_taken(self.cells[1](_taken(x, places))[0], places))
        unary: Float[Tensor, "batch pos tag"] = self.output(drop(torch.cat(states, dim=-1)))
        return unary

    def spelled(
        self, characters: Int[Tensor, "word character"], lengths: Int[Tensor, " word"]
    ) -> Float[Tensor, "word width"]:
        """c(w): the last states of two LSTMs that read a word's characters from its beginning and from its end."""
        x = self.characters(characters)
        ways = [x, _taken(x, _from_the_end(lengths, characters.shape[1]))]
        rows = torch.arange(len(x))
        return torch.cat([cell(way)[0][rows, lengths - 1] for cell, way in zip(self.spelling, ways)], dim=-1)

    def losses(
        self, unary: Float[Tensor, "batch pos tag"], tags: Int[Tensor, "batch pos"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, " word"]:
        """-ln P of each word's tag, in nats; of a path each word's share."""
        there = torch.arange(tags.shape[1]) < lengths[:, None]
        if self.crf is None:
            losses: Float[Tensor, " word"] = -unary.log_softmax(-1).gather(2, tags[..., None])[..., 0][there]
            return losses
        shares = -self.crf.log_prob(unary, tags, lengths) / lengths
        return shares[:, None].expand(tags.shape)[there]


def possible() -> Possible:
    """A name goes on only where it began: I-per comes after B-per or I-per alone."""
    n = len(TAGS)
    steps = torch.ones(n, n, dtype=torch.bool)
    for after, tag in enumerate(TAGS):
        if tag.startswith("I-"):
            for before, other in enumerate(TAGS):
                steps[before, after] = other[2:] == tag[2:]
    return Possible(torch.tensor([not tag.startswith("I-") for tag in TAGS]), steps)


def _from_the_end(lengths: Int[Tensor, " batch"], longest: int) -> Int[Tensor, "batch pos"]:
    """Of each place the one as far from a row's end as this is from its beginning; behind the end its last again."""
    return (lengths[:, None] - 1 - torch.arange(longest)).clamp(min=0)


def _taken(x: Float[Tensor, "batch pos width"], places: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos width"]:
    return x.gather(1, places[..., None].expand(-1, -1, x.shape[2]))


def _padded(rows: Sequence[Sequence[int]]) -> Int[Tensor, "batch pos"]:
    table = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for filled, row in zip(table, rows, strict=True):
        filled[: len(row)] = torch.tensor(row)
    return table
