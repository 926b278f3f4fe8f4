"""The lines that the algorithms of all neural models share: vectors, scores, a distribution, a loss."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from explorer.components import encoded
from explorer.components.algorithm_steps import Block
from explorer.numbers import minus, percent, perplexity
from models.interfaces import Tokenizer

MOST = 32  # turns that are stepped through
_BARS = 5


def words(line: int, said: str) -> Block:
    """A line that is told in words."""
    return {"kind": "words", "line": line, "said": said}


def vector(line: int, name: str, said: str, parts: Sequence[tuple[str, Tensor | np.ndarray]]) -> Block:
    """A line that gives a vector; each part has a label and its numbers."""
    numbers = [(label, encoded(np.asarray(part))) for label, part in parts]
    return {
        "kind": "vectors",
        "line": line,
        "name": name,
        "said": said,
        "parts": [{"label": label, "data": data} for label, data in numbers],
    }


def scores(line: int, logits: Float[Tensor, " vocab"], tokenizer: Tokenizer, target: int | None) -> Block:
    """The line of the logits: too many to be drawn, so the highest is told, and the target's."""
    best = int(logits.argmax())
    said = f"y ∈ R{power(len(logits))}, a score for each token; the highest: {_named(logits, best, tokenizer)}"
    if target is not None and target != best:
        said += f"; the target's: {_named(logits, target, tokenizer)}"
    return words(line, said)


def distribution(line: int, logits: Float[Tensor, " vocab"], tokenizer: Tokenizer, target: int | None) -> Block:
    """The line of the softmax: the most probable tokens, the target where it is none of them, and all the others."""
    probs = logits.double().softmax(-1)
    shown = probs.topk(min(_BARS, len(probs))).indices.tolist()
    if target is not None and target not in shown:
        shown = [*shown[:-1], target]
    rows = bars(probs, shown, target, tokenizer)
    return {
        "kind": "bars",
        "line": line,
        "said": f"p = softmax(y): e^y divided by the sum of all {len(probs):,}",
        "rows": rows,
    }


def bars(
    probs: Float[Tensor, " vocab"], shown: Sequence[int], marked: int | None, tokenizer: Tokenizer
) -> list[tuple[str, float, str, bool]]:
    """A bar for each token that is shown, and one for all others together, on one scale.

    Each is a name, a share of the longest, a number, and whether the token is the marked one.
    """
    values = probs[list(shown)].tolist()
    rest, others = max(0.0, 1 - sum(values)), len(probs) - len(shown)
    most = max(*values, rest)
    rows = [
        (name, value / most, percent(value), token == marked)
        for name, token, value in zip(tokenizer.tokens(shown), shown, values, strict=True)
    ]
    return [*rows, (f"all other {others:,}", rest / most, percent(rest), False)] if others else rows


def loss(line: int, log_prob: float, name: str, so_far: Sequence[float]) -> Block:
    """The line that adds a token's loss; `so_far` are all losses up to it."""
    return words(
        line,
        f"−ln p[{name}] = {-log_prob:.3f} nats ({-log_prob / math.log(2):.2f} bits); "
        f"loss so far: {sum(so_far):.3f} over {len(so_far)} {'token' if len(so_far) == 1 else 'tokens'}",
    )


def mean_loss(line: int, losses: Sequence[float]) -> Block:
    """The last line: what the training makes smaller."""
    mean = sum(losses) / len(losses)
    return words(
        line,
        f"loss / T = {sum(losses):.3f} / {len(losses)} = {mean:.3f} nats; "
        f"perplexity exp({mean:.3f}) = {perplexity(mean)}",
    )


def power(size: int) -> str:
    """A dimension, raised."""
    return str(size).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def reach(numbers: Tensor) -> str:
    """Between what the numbers of a vector lie."""
    return f"from {float(numbers.min()):.2f} to {float(numbers.max()):.2f}".replace("-", "−")


def _named(logits: Float[Tensor, " vocab"], token: int, tokenizer: Tokenizer) -> str:
    return f"“{tokenizer.tokens([token])[0]}” {minus(f'{float(logits[token]):.2f}')}"


def log_probs_of(logits: Float[Tensor, "pos vocab"], targets: Sequence[int]) -> list[float]:
    """ln P of each target, from the row that predicts it."""
    rows = logits[: len(targets)].double().log_softmax(-1)
    found: list[float] = rows[torch.arange(len(targets)), torch.tensor(list(targets))].tolist()
    return found
