"""What a network reads while it learns or writes: the truth, its own words, or now and then its own.

The truth is teacher forcing (Williams and Zipser 1989, A Learning Algorithm for Continually Running Fully Recurrent
Neural Networks), its own words are free running, and a coin thrown at every step is scheduled sampling (Bengio,
Vinyals, Jaitly and Shazeer 2015, Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from models.errors import ModelError
from models.mixers.network import Network, keep
from models.prediction.decoding import Decoding


@dataclass(frozen=True, eq=False)
class Run:
    """One way through a text; each list has an entry a step."""

    inputs: list[int]  # what was read, the start token first
    targets: list[int]  # the true next token
    predictions: list[int]  # the network's next token
    losses: Float[np.ndarray, " pos"]  # -ln P(true next token), in nats
    is_own: list[bool]  # what was read is the network's word, be it the true one or not
    h: Float[np.ndarray, "pos n_hidden"]  # of the last layer

    @property
    def first_error(self) -> int | None:
        """The first step at which something else than the truth was read."""
        pairs = zip(self.inputs[1:], self.targets)
        return next((t for t, (read, truth) in enumerate(pairs, start=1) if read != truth), None)


@torch.no_grad()
def run(
    network: Network,
    targets: Sequence[int],
    start_id: int,
    share: float,
    seed: int,
    temperature: float = 0.0,
    banned: Sequence[int] = (),
) -> Run:
    """Goes through a text.

    Coins and draws are the same ones whatever the share is: a larger share only adds words of its own.

    Args:
        network: predicts.
        targets: the true text.
        start_id: what is read first.
        share: how probable it is that the network's last prediction is read and not the truth: 0 is teacher forcing, 1
            is free running.
        seed: of the coins and of the draws.
        temperature: of the distribution that predictions are drawn from; 0 takes the most probable token.
        banned: tokens that are never predicted.

    Raises:
        ModelError: there is no text, or a number is out of its range.
    """
    if not targets:
        raise ModelError("There is no text: write one token or more.")
    if not 0 <= share <= 1:
        raise ModelError(f"The share of its own words is {share}: it must be from 0 to 1.")
    coins, draws = (torch.Generator().manual_seed(2 * seed + part) for part in range(2))
    decoding = Decoding(temperature=temperature)
    state = network.start(1)
    inputs, is_own = [start_id], [False]
    predictions, losses, hidden = list[int](), list[float](), list[torch.Tensor]()
    for t, target in enumerate(targets):
        coin = float(torch.rand((), generator=coins, dtype=torch.float64))
        if t > 0:
            is_own.append(coin < share)
            inputs.append(predictions[-1] if is_own[-1] else targets[t - 1])
        h, state = network.hidden(torch.tensor([[inputs[-1]]], device=network.bias.device), state, keep)
        hidden.append(h[0, 0].double().cpu())
        logits = network.logits(network.projected(h[0, 0])).double().cpu()
        losses.append(float(logits.logsumexp(0) - logits[target]))
        logits[list(banned)] = -torch.inf
        predictions.append(int(decoding.apply(logits).probs.multinomial(1, generator=draws)))
    return Run(inputs, list(targets), predictions, np.array(losses), is_own, torch.stack(hidden).numpy())


def divergence(one: Run, other: Run) -> Float[np.ndarray, " pos"]:
    """|h_t - h'_t| at every step of two runs over texts of the same length."""
    lengths: Float[np.ndarray, " pos"] = np.linalg.norm(one.h - other.h, axis=1)
    return lengths
