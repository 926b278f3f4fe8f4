"""Keys and values kept while a transformer writes: what is computed anew for one more token, and what memory costs.

With what is kept, the token at place T - 1 of T needs its own query, key and value, a score for each key, and its own
way through every matrix. Without it, the whole text is read again: the earlier tokens never see the new one, so every
number of theirs comes out as it was.

Source: Shazeer 2019, Fast Transformer Decoding: One Write-Head is All You Need, sections 2 and 3.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from models.mixers.inside import Inside, TransformerTrace
from models.mixers.keys_values import Known
from models.mixers.network import State

LENGTHS = (16, 32, 64, 128, 256, 512, 1024)
_TURNS = 5
_ENOUGH = 2.0  # seconds of turns at one length
_LONGEST = 4.0  # seconds: when a text took so long to read, no longer one is


@runtime_checkable
class ReadsOn(Protocol):
    """A language model that can keep keys and values."""

    def read_on(self, token_ids: Sequence[int], known: Known = ()) -> tuple[Float[Tensor, " vocab"], Known]:
        """Scores of what follows some more tokens, and the keys and values of all; `known` is left as it is.

        Args:
            token_ids: what comes next; at the beginning the start token is the first.
            known: what an earlier call gave.
        """
        ...


@dataclass(frozen=True)
class Multiplications:
    """What one token costs: multiplications of matrices alone, without norms, softmax, activations, turns and gates."""

    weights: int  # of the layers: one for each weight
    scores: int  # all w_u rows: the scores of the vocabulary, needed for the last token alone
    pair: int  # for each key that a query looks at: their product, and the value's share, in all heads and layers

    def with_cache(self, length: int) -> int:
        """Of the last of so many tokens, the keys and values of the others known."""
        return self.weights + self.scores + self.pair * length

    def without(self, length: int) -> int:
        """Of all of them anew; what the mask hides is not counted."""
        return self.weights * length + self.scores + self.pair * (length * (length + 1) // 2)


def multiplications(network: nn.Module, inside: Inside) -> Multiplications:
    """What is multiplied by what, counted from a network's own matrices.

    Args:
        network: whose modules are looked through; tables of embeddings are looked up, not multiplied.
        inside: the same, opened.
    """
    matrices = [
        weights.numel()
        for module in network.modules()
        if not isinstance(module, nn.Embedding)
        for weights in module.parameters(recurse=False)
        if weights.ndim == 2 and weights.data_ptr() != inside.w_u.data_ptr()
    ]
    pair = sum(2 * layer.w_o.shape[0] * layer.w_o.shape[1] for layer in inside.layers)
    return Multiplications(sum(matrices), inside.w_u.numel(), pair)


def kept_bytes(trace: TransformerTrace, inside: Inside) -> int:
    """Of the keys and values of all layers, each number as large as the network's own are: a trace copies them."""
    return sum(layer.k.numel() + layer.v.numel() for layer in trace.layers) * inside.w_u.element_size()


def known_bytes(known: Known) -> int:
    """The same of what a model keeps."""
    return sum(part.nbytes for layer in known for part in layer)


def state_bytes(state: State) -> int:
    """What a recurrent network keeps, of whatever length."""
    return sum(part.nbytes for part in state)


@dataclass(frozen=True)
class Timed:
    """One more token, measured."""

    length: int  # tokens, the new one among them
    cached: float  # seconds with the keys and values of the others
    whole: float  # seconds without
    bytes: int  # of the keys and values


def timed(lm: ReadsOn, token_ids: Sequence[int], lengths: Sequence[int]) -> Iterator[Timed | None]:
    """Measures one more token at each length, the short ones first; None in between, where one may stop.

    Args:
        lm: the model.
        token_ids: what is read, over and over again until it is long enough.
        lengths: in tokens.
    """
    for length in lengths:
        ids = (list(token_ids) * (length // len(token_ids) + 1))[:length]
        yield None
        before = _read(lm, ids[:-1], ())
        known = _read(lm, ids[-1:], before)
        yield None
        cached = _median(lm, ids[-1:], before)
        yield None
        whole = _median(lm, ids, ())
        yield Timed(length, cached, whole, known_bytes(known))
        if whole > _LONGEST:
            return


def _median(lm: ReadsOn, token_ids: Sequence[int], known: Known) -> float:
    """Seconds of the middle one of several turns."""
    found = list[float]()
    while len(found) < _TURNS and sum(found) < _ENOUGH:
        before = time.perf_counter()
        _read(lm, token_ids, known)
        found.append(time.perf_counter() - before)
    return statistics.median(found)


def _read(lm: ReadsOn, token_ids: Sequence[int], known: Known) -> Known:
    """Some more tokens, read to the end: a graphics card is still at work until a number of the result is asked for."""
    logits, known = lm.read_on(token_ids, known)
    float(logits[0].detach())
    return known
