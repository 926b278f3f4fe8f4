"""A translator with the words it reads and writes: from a text as typed to a text as one writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from models.errors import ModelError
from models.tasks.card import TaskCard
from models.tasks.embedding import Vocabulary
from models.tasks.translation import Source, Translator
from models.tasks.translation_search import Search, searches
from models.tasks.translation_words import FrenchVocabulary, Piece, english

MOST_READ = 40  # pieces of a source
MOST_WRITTEN = 50  # words of a translation
_INSTEAD = 5  # words that are named at each place


@dataclass(frozen=True, eq=False)
class Read:
    """A source as the encoder has read it."""

    text: str
    pieces: tuple[Piece, ...]  # those that were read
    known: tuple[str, ...]  # of each what `Vocabulary.known` says
    left_out: int  # pieces behind them, which were not
    source: Source

    @property
    def words(self) -> list[str]:
        """The pieces as typed."""
        return [piece.text for piece in self.pieces]

    @property
    def thought(self) -> Float[Tensor, " n_encoder"]:
        """What the decoder's first state is made of; of the encoder-decoder the thought vector c."""
        return self.source.last[0]

    def named(self, kind: str) -> list[str]:
        """The words that are known in that way, each once, as typed."""
        return list(
            dict.fromkeys(piece.text for piece, known in zip(self.pieces, self.known, strict=True) if known == kind)
        )


@dataclass(frozen=True, eq=False)
class Written:
    """A translation, and how the decoder came to each of its words."""

    ids: tuple[int, ...]  # the end among them, where it was written
    words: tuple[str, ...]
    text: str
    log_probs: Float[Tensor, " pos"]  # ln P(word | source, words before it)
    instead: tuple[tuple[tuple[str, float], ...], ...]  # at each place the most probable words and their probabilities
    s: Float[Tensor, "pos n_hidden"]  # states of the decoder
    scores: Float[Tensor, "pos src"] | None  # e_ij
    attention: Float[Tensor, "pos src"] | None  # α_ij; every row sums to 1

    @property
    def total(self) -> float:
        """ln P(translation | source)."""
        return float(self.log_probs.double().sum())


class Translation:
    """From English to French."""

    def __init__(self, network: Translator, source: Vocabulary, target: FrenchVocabulary, card: TaskCard) -> None:
        self.network, self.source, self.target, self.card = network, source, target, card

    @torch.no_grad()
    def read(self, text: str) -> Read:
        """What the encoder makes of an English text; no more than its first MOST_READ pieces.

        Raises:
            ModelError: there is nothing in it.
        """
        pieces = english(text)
        if not pieces:
            raise ModelError("There is nothing to translate: type an English sentence.")
        read = tuple(pieces[:MOST_READ])
        looked_up = [piece.word for piece in read]
        idx = torch.tensor([self.source.ids(looked_up)], device=self._device)
        known = tuple(self.source.known(word) for word in looked_up)
        return Read(text, read, known, len(pieces) - len(read), self.network.read(idx))

    def search(self, read: Read, width: int, prefix: Sequence[int] = ()) -> Search:
        """Greedy search at width 1, else beam search, from the words of `prefix` on."""
        return self.searches(read, [width], prefix)[0]

    def searches(self, read: Read, widths: Sequence[int], prefix: Sequence[int] = ()) -> list[Search]:
        """Several at once, which takes hardly longer than the widest."""
        start_id, end_id = self.target.start_id, self.target.end_id
        return searches(self.network, read.source, widths, start_id, end_id, prefix, MOST_WRITTEN)

    @torch.no_grad()
    def write(self, read: Read, ids: Sequence[int]) -> Written:
        """How the decoder comes to these words, one after the other.

        Raises:
            ModelError: there is none.
        """
        if not ids:
            raise ModelError("A translation has at least its end.")
        before = torch.tensor([self.target.start_id, *ids[:-1]], device=self._device)
        steps = self.network.steps(read.source, before)
        best = steps.log_probs.topk(min(_INSTEAD, self.target.size))
        return Written(
            tuple(ids),
            tuple(self.target.words[i] for i in ids),
            self.target.decode(ids),
            steps.log_probs.gather(1, torch.tensor(ids, device=self._device)[:, None])[:, 0],
            tuple(
                tuple((self.target.words[i], p) for i, p in zip(*row, strict=True))
                for row in zip(best.indices.tolist(), best.values.exp().tolist(), strict=True)
            ),
            steps.s,
            steps.scores,
            steps.attention,
        )

    def translate(self, text: str, width: int = 1) -> Written:
        """The translation that a search finds best.

        Raises:
            ModelError: there is nothing to translate.
        """
        read = self.read(text)
        return self.write(read, self.search(read, width).best().words)

    @cached_property
    def _device(self) -> torch.device:
        return self.network.bias.device
