"""Recurrent networks: training against a plain torch.nn.LSTM loop, a trace, and steps on the page.

    python -m benchmarks.recurrent

Both trainings read the same drawn tokens, in batches of 32 rows of 35, with a vocabulary of 16,000, embeddings of 128
numbers and 384 hidden units, on one thread: the plain loop is nn.Embedding, nn.LSTM, nn.Linear, cross_entropy and
AdamW, as in any tutorial, with the output table shared and projected as ours is, so that both have the same weights.
"""

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from playwright.sync_api import Page
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

import models
from benchmarks import server
from benchmarks.report import Row, medians_in_alternation, note, p95, parser, show
from benchmarks.ui import SCREEN, chromium
from models.mixers.neural_lm import NeuralLM
from models.mixers.recurrent import CELLS, RecurrentConfig, RecurrentNetwork
from models.training.batches import Stream
from models.training.loop import TrainingSettings
from models.training.losses import Sampled
from models.training.next_token import training_of

_VOCAB_SIZE, _N_EMBD, _N_HIDDEN = 16_000, 128, 384
_BATCH, _LENGTH = 32, 35
_TEXT = "The old teacher opened the window and looked over the roofs of the town, and said nothing. " * 12
_TRACED = 200
# Resolves to the milliseconds from a key to the frame in which another step is lit.
_WATCH = """
root => new Promise(resolve => {
  const lit = () => root.querySelector(".node.lit .h").textContent, before = lit()
  let acted = null
  root.addEventListener("keydown", event => { acted = event.timeStamp }, { capture: true, once: true })
  const seen = () => acted !== null && lit() !== before
  const look = () => (seen() ? resolve(performance.now() - acted) : requestAnimationFrame(look))
  requestAnimationFrame(look)
})
"""


class Plain(nn.Module):
    """A language model as a tutorial writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(_VOCAB_SIZE, _N_EMBD)
        self.lstm = nn.LSTM(_N_EMBD, _N_HIDDEN, batch_first=True)
        self.projection = nn.Linear(_N_HIDDEN, _N_EMBD, bias=False)
        self.output = nn.Linear(_N_EMBD, _VOCAB_SIZE)
        self.output.weight = self.embedding.weight

    def forward(
        self, inputs: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        h, state = self.lstm(self.embedding(inputs), state)
        return self.output(self.projection(h)), state


def tokens() -> np.ndarray:
    """Drawn as often as words are: by Zipf's law."""
    weights = 1 / np.arange(1, _VOCAB_SIZE + 1)
    random = np.random.default_rng(1)
    return random.choice(_VOCAB_SIZE, _BATCH * _LENGTH * 64, p=weights / weights.sum()).astype(np.int32)


def plain_steps(ids: np.ndarray) -> Callable[[], object]:
    """One step of the plain loop after the other."""
    network = Plain()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    batches, state = [*Stream(ids, _BATCH, _LENGTH).epoch(0)], None
    taken = 0

    def step() -> None:
        nonlocal state, taken
        batch = batches[taken % len(batches)]
        taken += 1
        logits, after = network(batch.inputs, state)
        loss = cross_entropy(logits.flatten(0, 1), batch.targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        state = tuple(part.detach() for part in after)

    return step


def our_steps(ids: np.ndarray, sampled: Sampled | None) -> Callable[[], object]:
    """One step of our training after the other."""
    config = RecurrentConfig(cell="lstm", vocab_size=_VOCAB_SIZE, n_embd=_N_EMBD, n_hidden=_N_HIDDEN)
    settings = TrainingSettings(epochs=1_000, learning_rate=1e-3)
    events = iter(training_of(RecurrentNetwork(config), Stream(ids, _BATCH, _LENGTH), settings, None, sampled))
    return lambda: next(events)


def training(turns: int) -> Iterator[Row]:
    """Milliseconds a step of 1,120 tokens, with all tokens in the softmax and with 2,048 drawn ones."""
    ids = tokens()
    counts = np.bincount(ids, minlength=_VOCAB_SIZE) + 1.0
    peer = plain_steps(ids)
    drawn = Sampled(torch.from_numpy(counts / counts.sum()).float(), 2_048)
    for name, sampled in (("full softmax", None), ("2,048 drawn tokens", drawn)):
        ours = our_steps(ids, sampled)
        mine, theirs = medians_in_alternation(lambda _: ours, lambda _: peer, turns)  # noqa: B023 - used at once
        note(
            f"{name}: {1e3 * _BATCH * _LENGTH / mine:,.0f} tokens/s, plain loop {1e3 * _BATCH * _LENGTH / theirs:,.0f}"
        )
        yield Row(f"a step of {_BATCH * _LENGTH:,} tokens, {name}", mine, "ms", theirs, goal=1.0)


def traces(turns: int) -> Iterator[Row]:
    """The trace of 200 tokens with everything in it, logits of the whole vocabulary too."""
    for cell in CELLS:
        lm = models.load(cell)
        if not isinstance(lm, NeuralLM):
            raise TypeError(f"{cell} is no network")
        ids = [lm.tokenizer.start_id, *lm.tokenizer.encode(_TEXT)][:_TRACED]
        times = []
        for _ in range(turns + 2):
            before = time.perf_counter()
            with torch.no_grad():
                lm.network.trace(ids)
            times.append(1000 * (time.perf_counter() - before))
        yield Row(f"trace of {len(ids)} tokens, {cell}", statistics.median(times[2:]), "ms", goal=50)


def page_steps(page: Page, app: server.App, turns: int) -> Iterator[Row]:
    """From a key to the frame with another step lit, and from a new text to its first step."""
    page.goto(app.url("recurrent"))
    strip = page.locator(".networks")
    strip.wait_for()
    section = page.locator("section:has(> .networks)")
    page.wait_for_timeout(3000)
    section.locator("button.token").last.focus()
    times = []
    for turn in range(turns):
        handle = section.evaluate_handle(f"root => {{ window.stepped = ({_WATCH})(root) }}")
        page.keyboard.press("ArrowLeft" if turn % 2 == 0 else "ArrowRight")
        times.append(float(page.evaluate("window.stepped")))
        handle.dispose()
        page.wait_for_timeout(600)
    yield Row("a step on the page, key to frame, median", statistics.median(times), "ms", goal=200)
    yield Row("a step on the page, key to frame, 95 of 100", p95(times), "ms", goal=200)


def rows(turns: int) -> Iterator[Row]:
    torch.set_num_threads(1)
    yield from traces(turns)
    yield from training(turns)
    with server.running() as app, chromium() as browser:
        yield from page_steps(browser.new_page(viewport=SCREEN), app, turns)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--turns", type=int, default=20)
    given = options.parse_args()
    show(rows(given.turns), as_json=given.json)


if __name__ == "__main__":
    main()
