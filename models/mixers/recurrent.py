"""Recurrent networks: what was read so far is a vector of fixed size, renewed with every token.

x_t is the embedding of token t, h_t the hidden state, and every cell is a function h_t = g(x_t, h_{t-1}). The rows of W
and U are the gates in the order of `torch.nn`, so that its cells, which are quicker, run the same weights.

RNN (Elman 1990):        h_t = tanh(W x_t + b + U h_{t-1} + b')

LSTM (Hochreiter and Schmidhuber 1997; with a forget gate, Gers, Schmidhuber and Cummins 2000):
    i_t, f_t, o_t = σ(W x_t + b + U h_{t-1} + b')        input, forget and output gate
    g_t = tanh(W x_t + b + U h_{t-1} + b')               what could be written
    c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t,   h_t = o_t ⊙ tanh(c_t)

GRU (Cho et al. 2014, with the reset gate after the product with U, as in cuDNN):
    r_t, z_t = σ(W x_t + b + U h_{t-1} + b')             reset and update gate
    n_t = tanh(W x_t + b + r_t ⊙ (U h_{t-1} + b'))
    h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear

from models.errors import ModelError
from models.mixers.network import Drop, Network, State, keep

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
Weights = tuple[Tensor, Tensor, Tensor, Tensor]  # W, U, b, b'


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig:
    """The shape of a network.

    Raises:
        ModelError: a size is not one.
    """

    cell: str  # a key of CELLS
    vocab_size: int
    n_embd: int
    n_hidden: int
    n_layer: int = 1

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ModelError(f"The cell {self.cell!r} is not known: use {', '.join(CELLS)}.")
        for name in ("vocab_size", "n_embd", "n_hidden", "n_layer"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be 1 or more.")


@dataclass(frozen=True, eq=False)
class CellStep:
    """One step of one layer: everything that the cell computed. All of shape (batch, n_hidden)."""

    h: Tensor
    c: Tensor | None  # of an LSTM
    gates: dict[str, Tensor]  # after σ or tanh, by the letters of this module's equations
    pre_activations: dict[str, Tensor]  # before it


def rnn_step(x: Tensor, state: State, weights: Weights) -> CellStep:
    """h_t = tanh(W x_t + b + U h_{t-1} + b')."""
    (h,) = state
    w, u, b, b_hidden = weights
    before = linear(x, w, b) + linear(h, u, b_hidden)
    return CellStep(torch.tanh(before), None, {}, {"h": before})


def lstm_step(x: Tensor, state: State, weights: Weights) -> CellStep:
    """Forgets some of c_{t-1}, writes some of g_t into it, and shows some of it as h_t."""
    h, c = state
    w, u, b, b_hidden = weights
    before = dict(zip("ifgo", (linear(x, w, b) + linear(h, u, b_hidden)).chunk(4, dim=-1), strict=True))
    gates = {name: torch.tanh(part) if name == "g" else torch.sigmoid(part) for name, part in before.items()}
    c = gates["f"] * c + gates["i"] * gates["g"]
    return CellStep(gates["o"] * torch.tanh(c), c, gates, before)


def gru_step(x: Tensor, state: State, weights: Weights) -> CellStep:
    """Keeps z_t of h_{t-1}, and takes the rest from n_t, which sees what the reset gate lets through."""
    (h,) = state
    w, u, b, b_hidden = weights
    from_x, from_h = linear(x, w, b).chunk(3, dim=-1), linear(h, u, b_hidden).chunk(3, dim=-1)
    r, z = torch.sigmoid(from_x[0] + from_h[0]), torch.sigmoid(from_x[1] + from_h[1])
    before = {"r": from_x[0] + from_h[0], "z": from_x[1] + from_h[1], "n": from_x[2] + r * from_h[2]}
    n = torch.tanh(before["n"])
    return CellStep((1 - z) * n + z * h, None, {"r": r, "z": z, "n": n}, before)


STEPS: dict[str, Callable[[Tensor, State, Weights], CellStep]] = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


@dataclass(frozen=True, eq=False)
class RecurrentTrace:
    """All steps of a network over one text; axis 0 is the layer, axis 1 the step."""

    embeddings: Float[Tensor, "pos n_embd"]
    h: Float[Tensor, "n_layer pos n_hidden"]
    c: Float[Tensor, "n_layer pos n_hidden"] | None
    gates: dict[str, Float[Tensor, "n_layer pos n_hidden"]]
    pre_activations: dict[str, Float[Tensor, "n_layer pos n_hidden"]]
    logits: Float[Tensor, "pos vocab"]


class RecurrentNetwork(Network):
    """Embeddings, layers of cells, and scores over the vocabulary."""

    def __init__(self, config: RecurrentConfig, generator: torch.Generator | None = None) -> None:
        """Weights are uniform, small, and drawn from the generator."""
        super().__init__(config.vocab_size, config.n_embd, config.n_hidden)
        self.config = config
        widths = [config.n_embd, *[config.n_hidden] * (config.n_layer - 1)]
        self.layers = nn.ModuleList(CELLS[config.cell](width, config.n_hidden, batch_first=True) for width in widths)
        self.draw_weights(generator or torch.Generator().manual_seed(1))

    def start(self, batch_size: int) -> State:
        """Zeros: h, and of an LSTM c, each of shape (n_layer, batch, n_hidden)."""
        zeros = self.bias.new_zeros(self.config.n_layer, batch_size, self.config.n_hidden)
        return (zeros, zeros) if self.config.cell == "lstm" else (zeros,)

    def hidden(
        self, idx: Int[Tensor, "batch pos"], state: State, drop: Drop
    ) -> tuple[Float[Tensor, "batch pos n_hidden"], State]:
        """By `torch.nn`'s cells; `trace` computes the same step by step."""
        return self._read(self.wte(idx), state, drop)

    def hidden_from(self, x: Float[Tensor, "pos n_embd"]) -> Float[Tensor, "pos n_hidden"]:
        """From the zero state."""
        return self._read(x[None], self.start(1), keep)[0][0]

    def _read(
        self, x: Float[Tensor, "batch pos n_embd"], state: State, drop: Drop
    ) -> tuple[Float[Tensor, "batch pos n_hidden"], State]:
        h: Tensor = x
        last = list[tuple[Tensor, ...]]()
        for layer, cells in enumerate(self.layers):
            before = tuple(part[layer : layer + 1] for part in state)
            h, after = cells(drop(h), before if self.config.cell == "lstm" else before[0])
            last.append(after if isinstance(after, tuple) else (after,))
        return h, tuple(torch.cat(parts) for parts in zip(*last, strict=True))

    def weights_of(self, layer: int) -> Weights:
        """W, U, b and b' of a layer."""
        w, u, b, b_hidden = self.layers[layer].parameters()
        return w, u, b, b_hidden

    def steps(self, x: Float[Tensor, "pos n_embd"]) -> list[list[CellStep]]:
        """Every step of every layer over embeddings, by the equations of this module; a list a layer."""
        step, below = STEPS[self.config.cell], x
        layers: list[list[CellStep]] = []
        for layer in range(self.config.n_layer):
            state: State = tuple(part[layer] for part in self.start(1))
            steps = list[CellStep]()
            for one in below:
                steps.append(step(one[None], state, self.weights_of(layer)))
                state = (steps[-1].h,) if steps[-1].c is None else (steps[-1].h, steps[-1].c)
            layers.append(steps)
            below = torch.cat([one.h for one in steps])
        return layers

    def trace(self, token_ids: Sequence[int]) -> RecurrentTrace:
        """Every step over a text."""
        embeddings = self.wte(torch.tensor(list(token_ids), device=self.bias.device))
        layers = self.steps(embeddings)
        h = _stacked([[one.h for one in steps] for steps in layers])
        first = layers[0][0]
        return RecurrentTrace(
            embeddings,
            h,
            None if first.c is None else _stacked([[one.c for one in steps if one.c is not None] for steps in layers]),
            {name: _stacked([[one.gates[name] for one in steps] for steps in layers]) for name in first.gates},
            {
                name: _stacked([[one.pre_activations[name] for one in steps] for steps in layers])
                for name in first.pre_activations
            },
            self.logits(self.projected(h[-1])),
        )


def _stacked(parts: Sequence[Sequence[Float[Tensor, "1 n_hidden"]]]) -> Float[Tensor, "n_layer pos n_hidden"]:
    """A row of steps for each layer."""
    return torch.stack([torch.cat([*steps]) for steps in parts])
