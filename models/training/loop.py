"""One training loop for all networks: an iterator that gives an event after each step.

What a network learns is a function that gives the losses of a batch: of the next token, of tags, of stars. Who stops
iterating stops the training. What is saved between two steps goes on later as if nothing had been between.
"""

import itertools
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from models.errors import ModelError
from models.mixers.network import Drop, State, keep

N = TypeVar("N", bound=nn.Module)
B = TypeVar("B")  # what a batch is
Batch_co = TypeVar("Batch_co", covariant=True)
# The losses of a batch, in nats, and the state that it leaves to the next one, or None where each begins anew.
Losses = Callable[[B, State | None, Drop, torch.Generator], tuple[Float[Tensor, " _"], State | None]]


@runtime_checkable
class Batches(Protocol[Batch_co]):
    """What is learned from, some at a time."""

    def __len__(self) -> int:
        """Batches of an epoch."""
        ...

    def epoch(self, number: int) -> Iterator[Batch_co]:
        """The batches of an epoch; the same number gives the same ones."""
        ...


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a network is trained.

    Raises:
        ModelError: a setting is out of its range.
    """

    epochs: float = 5.0
    learning_rate: float = 3e-3  # the highest
    warm_up: float = 0.02  # share of the steps in which the rate rises; then it falls as a cosine to a hundredth
    weight_decay: float = 0.01
    clip: float = 1.0  # norm of the gradient of all weights together
    dropout: float = 0.0
    looks: int = 10  # at the held-out text, in the whole training
    patience: int = 3  # looks without a better loss, after which the training ends
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("epochs", "learning_rate", "clip", "looks", "patience"):
            if not getattr(self, name) > 0:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be over 0.")
        if not 0 <= self.dropout < 1:
            raise ModelError(f"dropout is {self.dropout}: it must be from 0 to below 1.")


@dataclass(frozen=True)
class Step:
    """One step was taken."""

    step: int  # how many so far
    tokens: int  # losses learned from so far, those of each epoch counted: of a language model one a token
    loss: float  # nats, the mean of what is made smaller, on this batch, before the step
    gradient_norm: float  # before clipping
    learning_rate: float
    seconds: float  # of work so far


@dataclass(frozen=True)
class Look:
    """The held-out part was looked at."""

    step: int
    tokens: int
    held_out_loss: float  # what `look` gave: of a language model nats a token
    is_best: bool


class Training(Generic[N, B]):
    """A network that is being trained; iterating over it does the work."""

    def __init__(
        self,
        network: N,
        batches: Batches[B],
        settings: TrainingSettings,
        losses: Losses[B],
        look: Callable[[], float] | None = None,
    ) -> None:
        """Nothing is learned yet.

        Args:
            network: changes with every step.
            batches: what is learned from.
            settings: how.
            losses: of the network on a batch; their mean is made smaller.
            look: how bad the network is on what it does not learn from, by which training ends early, and the best
                weights are kept.
        """
        self.network, self.settings = network, settings
        self.steps = max(1, round(settings.epochs * len(batches)))
        self.rate_factor = 1.0  # the reader's, while it runs
        self.best: dict[str, Tensor] | None = None
        self._batches, self._losses, self._look_at = batches, losses, look
        self._optimizer = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self._device = next(network.parameters()).device
        self.done = 0
        self.tokens = 0
        self.seconds = 0.0
        self._state: State | None = None
        self._best_loss = math.inf
        self._since_best = 0

    def rate(self, step: int) -> float:
        """The learning rate of a step: it rises in a line, then falls as half a cosine."""
        rising = max(1, round(self.settings.warm_up * self.steps))
        if step < rising:
            share = (step + 1) / rising
        else:
            done = (step - rising) / max(1, self.steps - rising)
            share = 0.01 + 0.99 * (1 + math.cos(math.pi * min(1.0, done))) / 2
        return self.settings.learning_rate * share * self.rate_factor

    def __iter__(self) -> Iterator[Step | Look]:
        """Works; after each step says so, now and then how the held-out text is predicted."""
        while self.done < self.steps and self._since_best < self.settings.patience:
            epoch, batch = divmod(self.done, len(self._batches))
            for one in itertools.islice(self._batches.epoch(epoch), batch, None):
                step = self._step(one)
                # Before the step is told: who saves then keeps the look too.
                look = self._look(self._look_at()) if self._is_look() and self._look_at is not None else None
                yield step
                if look is not None:
                    yield look
                    if self._since_best >= self.settings.patience:
                        return
                if self.done >= self.steps:
                    return

    def save(self, path: Path) -> None:
        """Writes all that is needed to go on; the file is whole or as it was."""
        aside = path.with_suffix(".part")
        torch.save(
            {
                "network": self.network.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "best": self.best,
                "state": None if self._state is None else list(self._state),
                "numbers": {name: getattr(self, name) for name in _NUMBERS},
            },
            aside,
        )
        os.replace(aside, path)

    def resume(self, path: Path) -> None:
        """Goes on where `save` was called; network, batches and settings must be the same.

        Raises:
            ModelError: the file is of another network.
        """
        saved = torch.load(path, map_location=self._device, weights_only=True)
        try:
            self.network.load_state_dict(saved["network"])
        except RuntimeError as error:
            raise ModelError(f"{path} is a checkpoint of another network: choose another folder.") from error
        self._optimizer.load_state_dict(saved["optimizer"])
        self.best, self._state = saved["best"], saved["state"] and tuple(saved["state"])
        for name, number in saved["numbers"].items():
            setattr(self, name, number)

    def _step(self, batch: B) -> Step:
        began = time.perf_counter()
        network, device = self.network, self._device
        generator = torch.Generator(device).manual_seed(self.settings.seed * 1_000_003 + self.done)
        rate = self.rate(self.done)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            drop = dropping(self.settings.dropout, generator)
            losses, state = self._losses(batch, self._state, drop, generator)
        loss = losses.mean()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = clip_grad_norm_(network.parameters(), self.settings.clip)
        if not bool(norm.isfinite()):
            raise ModelError("The loss grew beyond all bounds: take a smaller learning rate.")
        self._optimizer.step()
        self._state = None if state is None else tuple(part.detach() for part in state)
        self.done += 1
        self.tokens += len(losses)
        self.seconds += time.perf_counter() - began
        return Step(self.done, self.tokens, loss.item(), norm.item(), rate, self.seconds)

    def _is_look(self) -> bool:
        looks = self.settings.looks
        return self.done == self.steps or self.done * looks // self.steps > (self.done - 1) * looks // self.steps

    def _look(self, loss: float) -> Look:
        is_best = loss < self._best_loss
        if is_best:
            self._best_loss, self._since_best = loss, 0
            self.best = {name: weights.detach().clone() for name, weights in self.network.state_dict().items()}
        else:
            self._since_best += 1
        return Look(self.done, self.tokens, loss, is_best)


_NUMBERS = ("done", "tokens", "seconds", "_best_loss", "_since_best", "rate_factor")


def dropping(share: float, generator: torch.Generator) -> Drop:
    """Sets this share of numbers to zero and makes the others larger by as much."""
    if not share:
        return keep

    def drop(x: Tensor) -> Tensor:
        stays = torch.rand(x.shape, generator=generator, device=x.device) >= share
        return x * stays / (1 - share)

    return drop
