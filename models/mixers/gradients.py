"""How gradients flow back through a recurrent network, measured.

The loss at the end of a text reaches an earlier state through all steps between them. Of an RNN:

    ∂loss_T/∂h_t = Uᵀ diag(1 - h_{t+1}²) ... Uᵀ diag(1 - h_T²) ∂loss_T/∂h_T

so that it shrinks where the largest singular value of U is below 1, and can grow only where it is above.

Sources: Bengio, Simard and Frasconi 1994, Learning Long-Term Dependencies with Gradient Descent Is Difficult; Pascanu,
Mikolov and Bengio 2013, On the Difficulty of Training Recurrent Neural Networks, sections 2.1 and 3.2; Madsen 2019,
Visualizing Memorization in RNNs (connectivity).
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models.errors import ModelError
from models.mixers.network import Network
from models.mixers.recurrent import RecurrentConfig, RecurrentNetwork

_N = TypeVar("_N", bound=Network)


@dataclass(frozen=True, eq=False)
class Flow:
    """How much the loss of one token depends on each state of the last layer: lengths of gradients."""

    h: Float[np.ndarray, " pos"]  # |∂loss_T/∂h_t|; of an LSTM with c_t held, though h_t is computed from it
    c: Float[np.ndarray, " pos"] | None  # |∂loss_T/∂c_t| of an LSTM, through h_t too
    loss: float  # -ln P(target), in nats
    bound: Float[np.ndarray, " pos"] | None  # of an RNN: no h can be larger, since |tanh'| <= 1


def flow(network: RecurrentNetwork, token_ids: Sequence[int], target: int) -> Flow:
    """The gradients of the loss of the token after a text.

    Args:
        network: stays as it is; a copy computes, in float64.
        token_ids: what is read, the start token first.
        target: the token after it.
    """
    exact = _exact(network)
    with torch.enable_grad():
        steps = exact.steps(exact.wte(torch.tensor(list(token_ids))))[-1]
        loss = cross_entropy(exact.logits(exact.projected(steps[-1].h)), torch.tensor([target]))
    states = [*(one.h for one in steps), *(one.c for one in steps if one.c is not None)]
    lengths = torch.cat(torch.autograd.grad(loss, states)).norm(dim=1)
    h, c = lengths[: len(steps)], lengths[len(steps) :]
    bound = None
    if network.config.cell == "rnn":
        back = torch.arange(len(steps) - 1, -1, -1, dtype=torch.float64)
        bound = (h[-1] * largest_singular_value(network) ** back).numpy()
    return Flow(h.numpy(), c.numpy() if len(c) else None, loss.item(), bound)


def connectivity(network: Network, token_ids: Sequence[int], target: int) -> Float[np.ndarray, " pos"]:
    """How much the score of the token after a text depends on each token read: |∂logit/∂x_t|, x_t its embedding.

    Args:
        network: stays as it is; a copy computes, in float64.
        token_ids: what is read, the start token first.
        target: whose score.
    """
    exact = _exact(network)
    x = exact.wte(torch.tensor(list(token_ids))).detach().requires_grad_()
    with torch.enable_grad():
        score = exact.logits_from(x)[-1, target]
    (gradient,) = torch.autograd.grad(score, x)
    lengths: Float[np.ndarray, " pos"] = gradient.norm(dim=1).numpy()
    return lengths


def gradient_norm(network: Network, token_ids: Sequence[int]) -> float:
    """The length of the gradient of the mean loss over a text, of all weights together, before clipping.

    Args:
        network: stays as it is; a copy computes, in float64.
        token_ids: the start token first; each token after it is predicted.

    Raises:
        ModelError: there is nothing to predict.
    """
    if len(token_ids) < 2:
        raise ModelError("There is nothing to predict: write a text of one token or more.")
    exact = _exact(network)
    ids = torch.tensor(list(token_ids))
    with torch.enable_grad():
        loss = cross_entropy(exact.logits_from(exact.wte(ids[:-1])), ids[1:])
    gradients = torch.autograd.grad(loss, list(exact.parameters()))
    return float(torch.stack([one.norm() for one in gradients]).norm())


def clipped(norm: float, clip: float) -> float:
    """What a gradient of this length is multiplied by, so that it is no longer than `clip` (Pascanu et al. 2013)."""
    return 1.0 if norm <= clip else clip / norm


def spectral_radius(network: RecurrentNetwork) -> float:
    """The largest |eigenvalue| of the last layer's U; of gated cells, of any gate's block of U."""
    return float(torch.linalg.eigvals(_blocks(network)).abs().max())


def largest_singular_value(network: RecurrentNetwork) -> float:
    """How much longer the last layer's U can make a vector, at most; of gated cells, any gate's block of U."""
    return float(torch.linalg.svdvals(_blocks(network)).max())


def rescaled(network: RecurrentNetwork, radius: float) -> RecurrentNetwork:
    """A copy, in float64, whose last layer's U is multiplied by one number so that its spectral radius is `radius`.

    Raises:
        ModelError: `radius` is negative, or that of U is 0.
    """
    if radius < 0:
        raise ModelError(f"The spectral radius is {radius}: it must be 0 or more.")
    before = spectral_radius(network)
    if before == 0:
        raise ModelError("All eigenvalues of U are 0, and no multiple changes that: take another network.")
    exact = _exact(network)
    with torch.no_grad():
        _recurrent_weights(exact).mul_(radius / before)
    return exact


def fresh(cell: str, vocab_size: int, n_embd: int, n_hidden: int, radius: float, seed: int) -> RecurrentNetwork:
    """An untrained network, in float64, whose U is Gaussian and has this spectral radius.

    Raises:
        ModelError: a size is not one, or the radius is negative.
    """
    generator = torch.Generator().manual_seed(seed)
    config = RecurrentConfig(cell=cell, vocab_size=vocab_size, n_embd=n_embd, n_hidden=n_hidden)
    network = RecurrentNetwork(config, generator)
    nn.init.normal_(_recurrent_weights(network), generator=generator)
    return rescaled(network, radius)


def _exact(network: _N) -> _N:
    """A copy in float64, on the CPU, where each step is quicker than on a GPU and nothing is rounded to float32."""
    return copy.deepcopy(network).to("cpu", torch.float64).requires_grad_()


def _recurrent_weights(network: RecurrentNetwork) -> Float[Tensor, "gates_times_n_hidden n_hidden"]:
    return network.weights_of(-1)[1]


def _blocks(network: RecurrentNetwork) -> Float[Tensor, "gate n_hidden n_hidden"]:
    """The last layer's U, gate by gate."""
    u = _recurrent_weights(network).detach().to("cpu", torch.float64)
    return u.reshape(-1, u.shape[1], u.shape[1])
