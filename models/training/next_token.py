"""How a language model is trained: its losses are those of the next token."""

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.mixers.network import Drop, Network, State, keep
from models.training.batches import IGNORED, Batch, Sentences, Stream
from models.training.loop import Losses, Training, TrainingSettings
from models.training.losses import Sampled, full

Text = Sentences | Stream
LanguageTraining = Training[Network, Batch]


def training_of(
    network: Network,
    text: Text,
    settings: TrainingSettings,
    held_out: Text | None = None,
    sampled: Sampled | None = None,
) -> LanguageTraining:
    """A training that is about to begin.

    Args:
        network: changes with every step.
        text: what is learned from.
        settings: how.
        held_out: text by which training ends early, and the best weights are kept.
        sampled: draws the tokens of the softmax; without it all tokens count.
    """
    look: Callable[[], float] | None = None if held_out is None else partial(evaluate, network, held_out)
    return Training(network, text, settings, losses_of(network, sampled), look)


def losses_of(network: Network, sampled: Sampled | None = None) -> Losses[Batch]:
    """-ln P(next token) at each position of a batch, in nats."""

    def losses(
        batch: Batch, state: State | None, drop: Drop, generator: torch.Generator
    ) -> tuple[Float[Tensor, " pos"], State]:
        hidden, targets, state = _read(network, batch, state, drop)
        if sampled is None:
            return full(network, hidden, targets), state
        return sampled(network, hidden, targets, generator), state

    return losses


@torch.no_grad()
def evaluate(network: Network, text: Text) -> float:
    """Mean loss over all tokens, in nats."""
    total, read = 0.0, 0
    state: State | None = None
    for batch in text.epoch(0):
        hidden, targets, state = _read(network, batch, state, keep)
        losses = full(network, hidden, targets)
        total += float(losses.double().sum())
        read += len(losses)
    return total / read


def _read(
    network: Network, batch: Batch, state: State | None, drop: Drop
) -> tuple[Float[Tensor, "pos n_embd"], Int[Tensor, " pos"], State]:
    """What the network makes of the positions that count, what is to be predicted there, and the state it leaves."""
    device = network.bias.device
    inputs, targets = batch.inputs.to(device), batch.targets.to(device)
    if batch.fresh or state is None:
        state = network.start(len(inputs))
    hidden, state = network(inputs, state, drop)
    counts = targets != IGNORED
    return hidden[counts], targets[counts], state
