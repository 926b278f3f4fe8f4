"""What sequence mixing costs in time and memory, measured on this machine.

One layer of width d reads embeddings and gives hidden states, without a vocabulary at either end:

    n-gram           a look-up in a table of counts, by the last n - 1 tokens; d is of no meaning
    ffn              h_t = tanh(W [x_{t-N+1}; ...; x_t] + b), with zeros before the text
    rnn, lstm, gru   h_t = g(x_t, h_{t-1}), step by step, the cells of `recurrent`
    transformer      causal self-attention, then a feed-forward part of width 4 d, each after a layer norm

A layer trains on T tokens (`forward`), and generates by reading the T-th (`step`) after the others (`before`).

Sources: Vaswani et al. 2017, Attention Is All You Need, table 1; Dao et al. 2022, FlashAttention.
"""

import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import time
import timeit
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, UntypedStorage, nn
from torch.nn.functional import linear, pad, scaled_dot_product_attention

from models.errors import ModelError
from models.mixers.network import State

ORDER, CONTEXT = 3, 4  # n of the n-gram, N of the ffn
# A thread's own time leaves out what others on this machine compute meanwhile; on Windows it is too coarse.
_CLOCK = time.thread_time if time.get_clock_info("thread_time").resolution < 1e-5 else time.perf_counter
CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
LECTURE = {  # how costs grow: train_bytes, state_bytes, waits, train_seconds and step_seconds of a `Cost`
    "n-gram": ("O(1)", "O(n)", "1", "O(T n)", "O(n)"),
    "ffn": ("O(T d)", "O(N d)", "1", "O(T N d²)", "O(N d²)"),
    **dict.fromkeys(CELLS, ("O(T d)", "O(d)", "T", "O(T d²)", "O(d²)")),
    # torch's attention keeps no T x T weights: it computes them again in the backward pass, as FlashAttention does
    "transformer": ("O(T d)", "O(T d)", "1", "O(T² d + T d²)", "O(T d + d²)"),
}
Text = Float[Tensor, "batch pos n_embd"]
Token = Float[Tensor, "batch n_embd"]


@dataclass(frozen=True)
class Cost:
    """What one layer costs, in float32."""

    family: str  # a key of LECTURE
    length: int  # T
    width: int  # d
    train_seconds: float  # a forward and a backward pass over one text; of the n-gram: counting it
    train_bytes: int  # what the forward pass keeps for the backward pass, beside weights and embeddings
    step_seconds: float  # to read the T-th token when generating
    state_bytes: int  # what is kept from token to token when generating
    waits: int  # steps of training that wait for one another


class FeedForward(nn.Module):
    """The last N embeddings in a row, and one layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Linear(CONTEXT * width, width)

    def forward(self, x: Text) -> Text:
        windows = pad(x, (0, 0, CONTEXT - 1, 0)).unfold(1, CONTEXT, 1).transpose(2, 3)
        return torch.tanh(self.mix(windows.flatten(2)))

    def before(self, x: Text) -> State:
        return (pad(x, (0, 0, CONTEXT - 1, 0))[:, -CONTEXT:-1].clone(),)

    def step(self, x: Token, state: State) -> Token:
        return torch.tanh(self.mix(torch.cat([state[0], x[:, None]], dim=1).flatten(1)))


class Recurrent(nn.Module):
    """A cell, step by step."""

    def __init__(self, family: str, width: int) -> None:
        super().__init__()
        self.cell = CELLS[family](width, width)
        self.parts = 2 if family == "lstm" else 1  # h, and c

    def forward(self, x: Text) -> Text:
        return torch.stack([state[0] for state in self._states(x)[1:]], dim=1)

    def before(self, x: Text) -> State:
        return self._states(x[:, :-1])[-1]

    def step(self, x: Token, state: State) -> Token:
        return self._next(state, x)[0]

    def _states(self, x: Text) -> list[State]:
        zeros: State = tuple(x.new_zeros(self.parts, len(x), x.shape[2]))
        return list(accumulate(x.unbind(1), self._next, initial=zeros))

    def _next(self, state: State, x: Token) -> State:
        return self.cell(x, state) if self.parts == 2 else (self.cell(x, state[0]),)


class Transformer(nn.Module):
    """torch's layer, and a step of it that has the keys and values of all tokens."""

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.heads = max(1, width // 32)
        if width % self.heads:
            raise ModelError(f"{self.heads} heads can't share a width of {width}: take a multiple of {self.heads}.")
        self.layer = nn.TransformerEncoderLayer(width, self.heads, 4 * width, 0.0, batch_first=True, norm_first=True)
        self.mask = torch.zeros(()).expand(length, length)  # never read, since `is_causal` says it; takes no memory

    def forward(self, x: Text) -> Text:
        h: Text = self.layer(x, self.mask, is_causal=True)
        return h

    def before(self, x: Text) -> State:
        """Keys and values; the step fills the last row of each."""
        _, keys, values = self._projected(x)
        return keys.contiguous(), values.contiguous()

    def step(self, x: Token, state: State) -> Token:
        keys, values = state
        query, keys[:, :, -1:], values[:, :, -1:] = self._projected(x[:, None])
        z = scaled_dot_product_attention(query, keys, values).transpose(1, 2).flatten(1)
        h = x.add(self.layer.self_attn.out_proj(z))
        return h.add(self.layer.linear2(torch.relu(self.layer.linear1(self.layer.norm2(h)))))

    def _projected(self, x: Text) -> Float[Tensor, "3 batch n_head pos head_size"]:
        qkv = linear(self.layer.norm1(x), self.layer.self_attn.in_proj_weight, self.layer.self_attn.in_proj_bias)
        return qkv.view(*x.shape[:2], 3, self.heads, -1).permute(2, 0, 3, 1, 4)


def measure(family: str, length: int, width: int, turns: int = 3) -> Cost:
    """Measures one layer; times are the shortest of so many turns, or more if they are short.

    Raises:
        ModelError: there is no such layer.
    """
    if family not in LECTURE or min(length, width) < 1:
        raise ModelError(f"There is no {family} of {length} x {width}: use {', '.join(LECTURE)}, and sizes over 0.")
    if family == "n-gram":
        ids = torch.randint(1000, (length,), generator=torch.Generator().manual_seed(1)).tolist()
        counts, history = _counted(ids), tuple([*[-1] * ORDER, *ids][-ORDER:-1])
        train, step = _seconds(lambda: _counted(ids), turns), _seconds(lambda: counts.get(history), turns)
        return Cost(family, length, width, train, 0, step, 8 * len(history), 1)
    if family in CELLS:
        layer: FeedForward | Recurrent | Transformer = Recurrent(family, width)
    else:
        layer = FeedForward(width) if family == "ffn" else Transformer(length, width)
    x = torch.randn(1, length, width, generator=torch.Generator().manual_seed(1)).requires_grad_()
    train = _seconds(lambda: torch.autograd.grad(layer(x), [x, *layer.parameters()], torch.ones_like(x)), turns)
    with torch.no_grad():
        state, token = layer.before(x), x[:, -1]
        step = _seconds(lambda: layer.step(token, state), turns)
    kept = sum(part.nbytes for part in state)
    return Cost(family, length, width, train, _saved_bytes(layer, x), step, kept, length if family in CELLS else 1)


def measured(sizes: Sequence[tuple[str, int, int]]) -> Iterator[Cost]:
    """Measures family, T and d one after the other, in a process of its own with one thread.

    Nothing else in this process disturbs it, and no memory stays. The process ends with the iterator.

    Raises:
        ModelError: the process did not come to its end.
    """
    command = [sys.executable, "-m", __name__, json.dumps(sizes)]
    alone = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env=alone) as process:  # noqa: S603
        try:
            for line in process.stdout or ():
                yield Cost(**json.loads(line))
        except GeneratorExit:
            process.kill()
            raise
    if process.returncode:
        raise ModelError(f"The measurement broke off (code {process.returncode}). Measure again.")


def sizes(
    lengths: Sequence[int], widths: Sequence[int], length: int, width: int, most_waits: int
) -> list[tuple[str, int, int]]:
    """Family, T and d of what a sweep measures, small ones first.

    Each family is there at all lengths and that width, and at all widths and that length; but no network that takes
    more than `most_waits` steps, one after the other, and an n-gram, which has no width, once a length.
    """
    pairs = sorted({(one, width) for one in lengths} | {(length, one) for one in widths}, key=math.prod)
    pairs.sort(key=(length, width).__ne__)  # where both series meet, before all others
    return [
        (family, *pair)
        for pair in pairs
        for family in LECTURE
        if (family != "n-gram" or pair[1] == width) and (family not in CELLS or pair[0] <= most_waits)
    ]


def state_bytes(family: str, length: int, width: int) -> int:
    """What is kept from token to token when the T-th is read: numbers of 4 bytes; of the n-gram, ids of 8."""
    numbers = {
        "n-gram": 2 * (ORDER - 1),
        "ffn": (CONTEXT - 1) * width,
        "rnn": width,  # h
        "lstm": 2 * width,  # h and c
        "gru": width,  # h
        "transformer": 2 * length * width,  # a key and a value for each token
    }
    return 4 * numbers[family]


def machine() -> str:
    """The processor's name, as far as the system tells it, and its cores."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        lines = []
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    name = " ".join(re.sub(r"\((R|TM)\)", "", (names or [name])[0]).split())
    return f"{name}, {os.cpu_count() or 1} cores"


def slope(xs: Sequence[int | float], ys: Sequence[int | float]) -> float:
    """The exponent a of y = b x^a, by least squares on logarithms; NaN if x never changes or a number is not over 0."""
    if len(set(xs)) < 2 or min(*xs, *ys) <= 0:
        return math.nan
    return statistics.linear_regression([math.log(x) for x in xs], [math.log(y) for y in ys]).slope


def _counted(ids: Sequence[int]) -> dict[tuple[int, ...], Counter[int]]:
    """How often each token comes after each n - 1 others; -1 stands before the text."""
    read, counts = [*[-1] * (ORDER - 1), *ids], defaultdict[tuple[int, ...], Counter[int]](Counter)
    for *history, token in zip(*(read[place:] for place in range(ORDER))):
        counts[tuple(history)][token] += 1
    return counts


def _saved_bytes(layer: nn.Module, x: Text) -> int:
    """By the storages that autograd saves, each once."""
    known = {part.untyped_storage().data_ptr() for part in (x, *layer.parameters())}
    kept = dict[int, UntypedStorage]()

    def keep(saved: Tensor) -> None:  # returned, an output would hold the step that holds it: never freed
        kept[saved.untyped_storage().data_ptr()] = saved.untyped_storage()

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda _: x):
        layer(x)
    return sum(storage.nbytes() for place, storage in kept.items() if place not in known)


def _seconds(work: Callable[[], object], turns: int) -> float:
    """The shortest of several turns, since others on this machine only add to it."""
    work()
    once = max(timeit.timeit(work, timer=_CLOCK, number=1), 1e-8)
    number = math.ceil(1e-3 / once)  # a turn takes a millisecond or more
    repeat = max(turns, min(10 * turns, math.ceil(0.05 / (number * once))))
    return min(timeit.repeat(work, timer=_CLOCK, number=number, repeat=repeat)) / number


if __name__ == "__main__":
    torch.set_num_threads(1)
    for one in json.loads(sys.argv[1]):
        print(json.dumps(asdict(measure(*one))), flush=True)  # noqa: T201
