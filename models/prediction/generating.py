"""Generating: one token after the other, drawn, or searched for with a beam.

Sources: Jurafsky and Martin, Speech and Language Processing, 3rd ed., chapter 10 (sampling, greedy decoding);
beam search, Graves 2012 and Sutskever et al. 2014. Holtzman et al. 2020 describe the loops that greedy decoding falls
into.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from models.interfaces import LanguageModel
from models.prediction.decoding import Decoding


@dataclass(frozen=True)
class Step:
    """One generated token."""

    token_id: int
    token: str  # visible form
    log_prob: float  # ln P(token | history) under the model itself, before any decoding


@dataclass(frozen=True)
class Hypothesis:
    """A continuation of the prompt, as beam search holds it."""

    token_ids: tuple[int, ...]
    log_probs: tuple[float, ...]  # ln P(token | those before it)
    ended: bool  # by the end token, which is its last

    @property
    def total(self) -> float:
        """ln P(continuation | prompt)."""
        return math.fsum(self.log_probs)


@dataclass(frozen=True)
class Loop:
    """The end of a text that repeats itself: from `start` on, the same `period` tokens `times` times."""

    start: int
    period: int
    times: int


def generate(
    lm: LanguageModel, prompt: str | Sequence[int], decoding: Decoding, max_tokens: int = 40
) -> Iterator[Step]:
    """Appends one token after the other, until the end token or `max_tokens`.

    Draws are made on the CPU from `decoding.seed`: the same seed gives the same text on every device.
    """
    for step in generate_batch(lm, prompt, decoding, 1, max_tokens):
        yield from (one for one in step if one is not None)


def generate_batch(
    lm: LanguageModel, prompt: str | Sequence[int], decoding: Decoding, samples: int, max_tokens: int = 40
) -> Iterator[list[Step | None]]:
    """Several continuations of one prompt, a token of each at a time; None for those that have ended.

    Sample i is the text that `generate` gives with the seed `decoding.seed + i`.
    """
    token_ids = _ids(lm, prompt)
    texts = [list(token_ids) for _ in range(samples)]
    generators = [torch.Generator().manual_seed(decoding.seed + i) for i in range(samples)]
    going = list(range(samples))
    for _ in range(max_tokens):
        step: list[Step | None] = [None] * samples
        rows = lm.logits_batch([texts[i] for i in going], [len(texts[i]) for i in going])
        for i, row in zip(going, rows, strict=True):
            logits = row[-1].cpu()
            token_id = _draw(decoding.apply(logits).probs, generators[i])
            texts[i].append(token_id)
            step[i] = Step(token_id, lm.tokenizer.tokens([token_id])[0], float(logits.log_softmax(-1)[token_id]))
        yield step
        going = [i for i in going if texts[i][-1] != lm.tokenizer.end_id]
        if not going:
            return


def beam_search(
    lm: LanguageModel, prompt: str | Sequence[int], width: int, max_tokens: int = 40
) -> Iterator[list[Hypothesis]]:
    """Looks for the most probable continuation: keeps the `width` best, and continues each by every token.

    Width 1 is greedy decoding; a width that keeps everything is exhaustive search. Ended hypotheses wait beside the
    beam; when it can't overtake the `width` best of them any more, the search ends. Hypotheses compete by their total
    log-probability, so long ones are at a disadvantage, as they are in the model.

    Yields:
        After each step the `width` best so far, ended or not, best first.
    """
    token_ids = _ids(lm, prompt)
    beam, ended = [Hypothesis((), (), ended=False)], list[Hypothesis]()
    for _ in range(max_tokens):
        histories = [[*token_ids, *one.token_ids] for one in beam]
        rows = lm.logits_batch(histories, [len(history) for history in histories])
        log_probs = torch.stack([row[-1].cpu().log_softmax(-1) for row in rows])
        totals = log_probs.double() + torch.tensor([one.total for one in beam], dtype=torch.double)[:, None]
        # Twice the width: even if half of the candidates end, the beam stays full.
        best = totals.flatten().topk(min(2 * width, totals.numel())).indices.tolist()
        beam_before, beam = beam, []
        for place, candidate in enumerate(best):
            row, token_id = divmod(candidate, log_probs.shape[1])
            if totals[row, token_id] == -math.inf:
                break  # the rest is impossible
            before, log_prob = beam_before[row], float(log_probs[row, token_id])
            ends = token_id == lm.tokenizer.end_id
            one = Hypothesis((*before.token_ids, token_id), (*before.log_probs, log_prob), ends)
            if not ends:
                beam.append(one)
            elif place < width:
                ended.append(one)
        beam = beam[:width]
        ended = sorted(ended, key=_total, reverse=True)[:width]
        yield sorted(ended + beam, key=_total, reverse=True)[:width]
        if not beam or (len(ended) == width and ended[-1].total >= beam[0].total):
            return


def loop(token_ids: Sequence[int], at_least: int = 3, shortest: int = 8) -> Loop | None:
    """The repetition that a text ends in: the shortest block that stands there `at_least` times in a row.

    Args:
        token_ids: the text.
        at_least: how often the block must stand there.
        shortest: how many tokens the repetition must have in all, so that "ha ha ha" is none.

    >>> loop([5, 1, 2, 3, 1, 2, 3, 1, 2, 3])
    Loop(start=1, period=3, times=3)
    """
    for period in range(1, len(token_ids) // at_least + 1):
        same = 0
        while same < len(token_ids) - period and token_ids[-1 - same] == token_ids[-1 - same - period]:
            same += 1
        times = same // period + 1
        if times >= at_least and times * period >= shortest:
            return Loop(len(token_ids) - times * period, period, times)
    return None


def _draw(probs: Float[Tensor, " vocab"], generator: torch.Generator) -> int:
    """The first token at which the running sum of the probabilities passes a number drawn evenly from 0 to the sum."""
    below = probs.double().cumsum(-1)
    drawn = torch.rand(1, dtype=torch.double, generator=generator) * below[-1]
    return int(torch.searchsorted(below, drawn, right=True))


def _ids(lm: LanguageModel, prompt: str | Sequence[int]) -> list[int]:
    return lm.tokenizer.encode(prompt) if isinstance(prompt, str) else list(prompt)


def _total(one: Hypothesis) -> float:
    return one.total
