"""Many continuations of one text side by side, each under its own decoding: a step adds a token to all of them."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from models.interfaces import LanguageModel
from models.mixers.network import Network, keep
from models.mixers.neural_lm import NeuralLM
from models.prediction.decoding import Decoding


@torch.no_grad()
def written(
    lm: LanguageModel,
    token_ids: Sequence[int],
    decodings: Sequence[Decoding],
    samples: int,
    length: int,
    banned: Sequence[int] = (),
    progress: Callable[[int, int], object] = lambda *_: None,
) -> list[list[list[int]]]:
    """Continuations of a text: of each decoding as many as there are samples.

    Sample i is what `models.prediction.generate` gives with the seed `decoding.seed + i`, if nothing is banned.

    Args:
        lm: any; a network that has a state is read with that kept, which is much quicker.
        token_ids: the text.
        decodings: how each next token is chosen.
        samples: continuations under each.
        length: tokens of each; the end token ends one.
        banned: tokens that are never chosen.
        progress: is told after each token how many there are and how many there will be.
    """
    ways = [(decoding, i) for decoding in decodings for i in range(1 if decoding.temperature == 0 else samples)]
    generators = [torch.Generator().manual_seed(decoding.seed + i) for decoding, i in ways]
    texts, going = [list[int]() for _ in ways], list(range(len(ways)))
    reader = (
        _States(lm.network, [lm.tokenizer.start_id, *token_ids])
        if isinstance(lm, NeuralLM) and lm.network.start(1)
        else _Texts(lm, token_ids)
    )
    for place in range(length):
        logits = reader.logits([texts[row] for row in going])
        logits[:, list(banned)] = -torch.inf
        uniform = [torch.rand(1, dtype=torch.double, generator=generators[row]) for row in going]
        for row, token in zip(going, _drawn(logits, [ways[row][0] for row in going], torch.cat(uniform)), strict=True):
            texts[row].append(token)
        progress(place + 1, length)
        is_going = [texts[row][-1] != lm.tokenizer.end_id for row in going]
        reader.keep(is_going)
        going = [row for row, goes_on in zip(going, is_going, strict=True) if goes_on]
        if not going:
            break
    rows = iter(texts)
    return [
        [next(rows)] * samples if decoding.temperature == 0 else [next(rows) for _ in range(samples)]
        for decoding in decodings
    ]


class _States:
    """The states of a network, one for each continuation."""

    def __init__(self, network: Network, read: Sequence[int]) -> None:
        self._network = network
        idx = torch.tensor([list(read)], device=network.bias.device)
        h, self._state = network.hidden(idx, network.start(1), keep)
        self._h = h[:, -1]
        self._begins = True

    def logits(self, texts: Sequence[list[int]]) -> Float[Tensor, "row vocab"]:
        """Scores after each text, whose last token has not been read yet."""
        if self._begins:
            self._begins = False
            self._h = self._h.expand(len(texts), -1)
            self._state = tuple(part.repeat_interleave(len(texts), dim=1) for part in self._state)
        else:
            idx = torch.tensor([text[-1:] for text in texts], device=self._network.bias.device)
            h, self._state = self._network.hidden(idx, self._state, keep)
            self._h = h[:, -1]
        return self._network.logits(self._network.projected(self._h)).float().cpu()

    def keep(self, is_going: Sequence[bool]) -> None:
        """Drops the others."""
        kept = torch.tensor(is_going, device=self._network.bias.device)
        self._state = tuple(part[:, kept] for part in self._state)


class _Texts:
    """Any model, which is given each whole text."""

    def __init__(self, lm: LanguageModel, before: Sequence[int]) -> None:
        self._lm, self._before = lm, list(before)

    def logits(self, texts: Sequence[list[int]]) -> Float[Tensor, "row vocab"]:
        """Scores after each text."""
        histories = [self._before + text for text in texts]
        rows = self._lm.logits_batch(histories, [len(history) for history in histories])
        return torch.stack([row[-1].float().cpu() for row in rows])

    def keep(self, is_going: Sequence[bool]) -> None:
        """There is nothing to drop."""


def _drawn(
    logits: Float[Tensor, "row vocab"], decodings: Sequence[Decoding], uniform: Float[Tensor, " row"]
) -> list[int]:
    """Of each row the first token at which the running sum passes the number that was drawn, as a share of the sum."""
    probs = torch.empty_like(logits)
    for decoding in dict.fromkeys(decodings):
        rows = torch.tensor([one == decoding for one in decodings])
        probs[rows] = _probs(logits[rows], decoding)
    below = probs.double().cumsum(-1)
    found: list[int] = torch.searchsorted(below, uniform[:, None] * below[:, -1:], right=True)[:, 0].tolist()
    return found


def _probs(logits: Float[Tensor, "row vocab"], decoding: Decoding) -> Float[Tensor, "row vocab"]:
    """What `Decoding.apply` gives, but not always summing to 1; quick where only temperature and top-p do something."""
    if decoding.temperature == 0 or decoding.top_k or decoding.min_p:
        return torch.stack([decoding.apply(row).probs for row in logits])
    probs = ((logits - logits.amax(-1, keepdim=True)) / decoding.temperature).softmax(-1)
    return probs if decoding.top_p == 1 else _nucleus(probs, decoding.top_p)


def _nucleus(probs: Float[Tensor, "row vocab"], top_p: float) -> Float[Tensor, "row vocab"]:
    """The fewest tokens that hold `top_p`, and those just as probable as the last of them; 0 for all others."""
    values = np.sort(probs.numpy(), axis=1)[:, ::-1]  # sorts several times as fast as torch
    is_in = values.cumsum(axis=1, dtype=np.float64) - values < top_p
    least = values[np.arange(len(values)), is_in.sum(axis=1) - 1]
    return probs.where(probs >= torch.from_numpy(least)[:, None], 0.0)
