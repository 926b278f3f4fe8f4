"""A look inside a pretrained transformer: our full trace of 64 tokens against a bare forward pass of `transformers`.

The peer gives its attention patterns and hidden states; the trace gives these, queries, keys, values, scores, what
each head and each MLP adds, and the norms' results. Same weights, same threads. Then the page in a browser: from a key
on a slider to the frame with the new figure.
"""

import copy
import itertools
import statistics
from collections.abc import Callable, Iterator
from itertools import chain
from urllib.parse import urlencode

import torch
from playwright.sync_api import Locator

from benchmarks import server
from benchmarks.pretrained import loaded, model_parser
from benchmarks.prompts import fresh_prompt
from benchmarks.report import Row, medians_in_alternation, p95, show
from benchmarks.ui import FIGURE, SCREEN, chromium, redrawn, settle
from models.mixers.inside import opened
from models.mixers.pretrained import PretrainedLM

TOKENS = 64
SLIDERS = {  # of the page's views, and how many tokens they are looked at with; a map of few has its numbers written
    "walk": ("Layer", TOKENS),
    "attention": ("Layer", 12),
    "lens": ("Tokens before the end", TOKENS),
    "parts": ("Tokens before the end", TOKENS),
}


def main() -> None:
    """Measures, and prints."""
    arguments = model_parser(__doc__, turns=11).parse_args()
    show(chain(rows(loaded(arguments), arguments.turns), redraws(2 * arguments.turns)), as_json=arguments.json)


def rows(lm: PretrainedLM, turns: int) -> Iterator[Row]:
    """One result after the other."""
    numbers = itertools.count()
    inside = opened(lm)
    peer = copy.deepcopy(lm.network)
    peer.set_attn_implementation("eager")

    def fresh() -> list[int]:
        return [lm.tokenizer.start_id, *lm.tokenizer.encode(fresh_prompt(next(numbers), TOKENS))][:TOKENS]

    def trace(_turn: int) -> Callable[[], object]:
        token_ids = fresh()
        return lambda: inside.trace(token_ids)

    def forward(_turn: int) -> Callable[[], object]:
        idx = torch.tensor([fresh()])
        return lambda: _forward(peer, idx)

    ours, theirs = medians_in_alternation(trace, forward, turns)
    yield Row(f"full trace, {TOKENS} tokens", ours, "ms", peer=theirs, goal=1.5)


def redraws(turns: int) -> Iterator[Row]:
    """Milliseconds of another layer, and of another place, in each view that has it."""
    with server.running() as app, chromium() as browser:
        page = browser.new_page(viewport=SCREEN)
        for view, (slider, tokens) in SLIDERS.items():
            query = {"transformer_view": view, "prompt": fresh_prompt(0, tokens - 1)}
            page.goto(app.url("transformer", urlencode(query)))
            thumb = page.get_by_role("slider", name=slider)
            thumb.wait_for()
            page.locator(FIGURE).first.wait_for()
            settle(page)

            def move(turn: int, thumb: Locator = thumb) -> None:
                thumb.press("ArrowLeft" if turn % 2 else "ArrowRight")

            times = [redrawn(page, move, turn) for turn in range(turns)]
            yield Row(f"{view}: {slider.lower()}, key to redrawn, median", statistics.median(times), "ms", goal=200)
            yield Row(f"{view}: {slider.lower()}, key to redrawn, p95", p95(times), "ms", goal=400)


@torch.no_grad()
def _forward(network: torch.nn.Module, idx: torch.Tensor) -> object:
    return network(idx, use_cache=False, output_attentions=True, output_hidden_states=True)


if __name__ == "__main__":
    main()
