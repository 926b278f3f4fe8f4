"""Translation by two recurrent networks: one reads a sentence, one writes it anew in another language.

x_j is the embedding of source word j, y_i that of the word written i-th, and both networks are GRUs.

Encoder-decoder: the encoder reads the source, h_j = GRU(x_j, h_{j-1}), and its last state c, the thought vector, is all
that the decoder gets, at every step:
    s_0 = tanh(V c),   s_i = GRU([y_{i-1}; c], s_{i-1})

Attention: the encoder reads in both directions, h_j = [forward h_j; backward h_j], and the decoder chooses before every
word what of it it looks at:
    e_ij = v · tanh(W s_{i-1} + U h_j),   α_i = softmax(e_i),   c_i = Σ_j α_ij h_j
    s_0 = tanh(V backward h_1),   s_i = GRU([y_{i-1}; c_i], s_{i-1})

Both:
    P(y_i | y_1 … y_{i-1}, source) = softmax(E O [s_i; y_{i-1}; c_i] + b), with E the table of embeddings once more

Source: Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder; Sutskever, Vinyals and Le 2014,
Sequence to Sequence Learning; Bahdanau, Cho and Bengio 2015, Neural Machine Translation by Jointly Learning to Align
and Translate, whose maxout before the output is left out here; Press and Wolf 2017 for the shared table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear

from models.errors import ModelError
from models.mixers.network import Drop, keep
from models.mixers.recurrent import Weights, gru_step
from models.tasks.embedding import N_EMBD, StartedEmbedding, Vocabulary


@dataclass(frozen=True, kw_only=True)
class TranslationConfig:
    """The shape of a translator.

    Raises:
        ModelError: a size is not one.
    """

    vocab_size: int  # of the language that is written
    n_embd: int  # of a word that is written
    n_encoder: int  # state of the encoder, of each direction where there are two
    n_hidden: int  # state of the decoder
    n_attention: int = 0  # width of the layer that compares; 0: a thought vector and no attention
    rank: int = 32  # of what the embeddings of the source learn

    def __post_init__(self) -> None:
        for name in ("vocab_size", "n_embd", "n_encoder", "n_hidden", "rank"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be 1 or more.")
        if self.n_attention < 0:
            raise ModelError(f"n_attention is {self.n_attention}: it must be 0 or more.")

    @property
    def attends(self) -> bool:
        """Whether the decoder has attention."""
        return self.n_attention > 0

    @property
    def n_context(self) -> int:
        """Numbers that the decoder gets of the source at each step."""
        return self.n_encoder * (2 if self.attends else 1)


@dataclass(frozen=True, eq=False)
class Source:
    """Sentences of equal length as the encoder has read them."""

    h: Float[Tensor, "batch src n_context"]  # after each word; of two directions side by side
    last: Float[Tensor, "batch n_encoder"]  # c of the encoder-decoder, backward h_1 with attention
    keys: Float[Tensor, "batch src n_attention"] | None  # U h_j

    def repeated(self, times: int) -> "Source":
        """The same sentence `times` over, where there is one."""
        keys = None if self.keys is None else self.keys.expand(times, -1, -1)
        return Source(self.h.expand(times, -1, -1), self.last.expand(times, -1), keys)


@dataclass(frozen=True, eq=False)
class DecoderState:
    """What the decoder has when it writes a word."""

    y: Float[Tensor, "batch n_embd"]  # of the word before
    s: Float[Tensor, "batch n_hidden"]
    context: Float[Tensor, "batch n_context"]  # c, or c_i
    scores: Float[Tensor, "batch src"] | None  # e_i
    attention: Float[Tensor, "batch src"] | None  # α_i; every row sums to 1


@dataclass(frozen=True, eq=False)
class DecoderStep(DecoderState):
    """One step of the decoder."""

    log_probs: Float[Tensor, "batch vocab"]  # of the word that is written next, natural logarithms


class Translator(nn.Module):
    """Encoder, decoder and, where the shape has it, attention between them."""

    def __init__(
        self, config: TranslationConfig, vocabulary: Vocabulary, generator: torch.Generator | None = None
    ) -> None:
        """Weights are uniform, small, and drawn from the generator.

        Args:
            config: the shape.
            vocabulary: of the source.
            generator: where the first weights come from.
        """
        super().__init__()
        generator = generator or torch.Generator().manual_seed(1)
        self.config = config
        self.source = StartedEmbedding(vocabulary, config.rank, generator)
        self.encoder = nn.GRU(N_EMBD, config.n_encoder, batch_first=True, bidirectional=config.attends)
        self.begin = nn.Linear(config.n_encoder, config.n_hidden)  # V
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)  # E
        self.decoder = nn.GRUCell(config.n_embd + config.n_context, config.n_hidden)
        self.proj = nn.Linear(config.n_hidden + config.n_embd + config.n_context, config.n_embd, bias=False)  # O
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        if config.attends:
            self.query = nn.Linear(config.n_hidden, config.n_attention, bias=False)  # W
            self.key = nn.Linear(config.n_context, config.n_attention, bias=False)  # U
            self.compare = nn.Linear(config.n_attention, 1, bias=False)  # v
        self._draw_weights(generator)

    def read(self, idx: Int[Tensor, "batch src"], drop: Drop = keep) -> Source:
        """Sentences of one length, as the decoder gets them."""
        h, last = self.encoder(drop(self.source(idx)))
        return Source(h, last[-1], self.key(h) if self.config.attends else None)

    def first_state(self, source: Source) -> Float[Tensor, "batch n_hidden"]:
        """s_0."""
        return torch.tanh(self.begin(source.last))

    def attend(
        self, source: Source, s: Float[Tensor, "batch n_hidden"]
    ) -> tuple[Float[Tensor, "batch src"], Float[Tensor, "batch src"], Float[Tensor, "batch n_context"]]:
        """e_i, α_i and c_i of the state before the word."""
        scores = self.compare(torch.tanh(self.query(s)[:, None] + source.keys))[..., 0]
        attention = torch.softmax(scores, dim=-1)
        return scores, attention, torch.einsum("bs,bsn->bn", attention, source.h)

    def advance(
        self, source: Source, previous: Int[Tensor, " batch"], s: Float[Tensor, "batch n_hidden"]
    ) -> DecoderState:
        """What is known after `previous`, by the equations of this module."""
        scores, attention, context = self.attend(source, s) if self.config.attends else (None, None, source.last)
        y = self.wte(previous)
        s = gru_step(torch.cat([y, context], dim=-1), (s,), self.decoder_weights).h
        return DecoderState(y, s, context, scores, attention)

    def step(self, source: Source, previous: Int[Tensor, " batch"], s: Float[Tensor, "batch n_hidden"]) -> DecoderStep:
        """How likely every word is after `previous`."""
        return self.weigh(self.advance(source, previous, s))

    def steps(self, source: Source, previous: Int[Tensor, " pos"]) -> DecoderStep:
        """All steps of one sentence, whose words are known, in place of a batch; all words are weighed at once."""
        s, states = self.first_state(source), list[DecoderState]()
        for word in previous[:, None]:
            states.append(self.advance(source, word, s))
            s = states[-1].s
        y, states_s, contexts = (torch.cat(rows) for rows in zip(*((one.y, one.s, one.context) for one in states)))
        scores, attention = _rows([one.scores for one in states]), _rows([one.attention for one in states])
        return self.weigh(DecoderState(y, states_s, contexts, scores, attention))

    def weigh(self, state: DecoderState) -> DecoderStep:
        """ln softmax(E O [s_i; y_{i-1}; c_i] + b): how likely every word is."""
        projected = self.proj(torch.cat([state.s, state.y, state.context], dim=-1))
        logits = linear(projected, self.wte.weight, self.bias)
        return DecoderStep(**vars(state), log_probs=torch.log_softmax(logits, dim=-1))

    def forward(
        self, source_idx: Int[Tensor, "batch src"], idx: Int[Tensor, "batch pos"], drop: Drop = keep
    ) -> Float[Tensor, "batch pos n_embd"]:
        """O [s_i; y_{i-1}; c_i] of every step, when what is written before it is given.

        Args:
            source_idx: sentences of one length.
            idx: their translations, from the start token on.
            drop: sets some numbers to zero, in training.
        """
        source = self.read(source_idx, drop)
        y, s = drop(self.wte(idx)), self.first_state(source)
        states, contexts = list[Tensor](), list[Tensor]()
        context = source.last
        for i in range(idx.shape[1]):
            if self.config.attends:
                context = self.attend(source, s)[2]
            s = self.decoder(torch.cat([y[:, i], context], dim=-1), s)
            states.append(s)
            contexts.append(context)
        projected: Tensor = self.proj(drop(torch.cat([torch.stack(states, 1), y, torch.stack(contexts, 1)], dim=-1)))
        return projected

    @property
    def decoder_weights(self) -> Weights:
        """W, U, b and b' of the decoder's GRU."""
        w, u, b, b_hidden = self.decoder.parameters()
        return w, u, b, b_hidden

    @torch.no_grad()
    def _draw_weights(self, generator: torch.Generator) -> None:
        """Uniform, with the variance 1 / inputs; biases zero. The source's embeddings draw their own."""
        for name, weights in self.named_parameters():
            if name.startswith("source."):
                continue
            if weights.dim() == 1:
                weights.zero_()
                continue
            bound = (3 / weights.shape[1]) ** 0.5
            weights.uniform_(-bound, bound, generator=generator)


def _rows(rows: Sequence[Tensor | None]) -> Float[Tensor, "pos src"] | None:
    """A row of each step, where there is attention."""
    found = [row for row in rows if row is not None]
    return torch.cat(found) if found else None
