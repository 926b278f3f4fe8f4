"""A look inside a pretrained transformer: our full trace of 64 tokens against a bare forward pass of `transformers`.

The peer gives its attention patterns and hidden states; the trace gives these, queries, keys, values, scores, what
each head and each MLP adds, and the norms' results. Same weights, same threads.
"""

import copy
import itertools
from collections.abc import Callable, Iterator

import torch

from benchmarks.pretrained import loaded, model_parser
from benchmarks.prompts import fresh_prompt
from benchmarks.report import Row, medians_in_alternation, show
from models.mixers.inside import opened
from models.mixers.pretrained import PretrainedLM

TOKENS = 64


def main() -> None:
    """Measures, and prints."""
    arguments = model_parser(__doc__, turns=11).parse_args()
    show(rows(loaded(arguments), arguments.turns), as_json=arguments.json)


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


@torch.no_grad()
def _forward(network: torch.nn.Module, idx: torch.Tensor) -> object:
    return network(idx, use_cache=False, output_attentions=True, output_hidden_states=True)


if __name__ == "__main__":
    main()
