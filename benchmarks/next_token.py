"""From a prompt to its next token's distribution: our own functions against bare `transformers`.

Both use the same weights, precision and threads. The peer is made as fast as it can be: it computes the last row of
logits alone, and keeps keys and values only to read on from them. Of the fresh prompts nothing but the start token was
read before.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence

import torch
import transformers

from benchmarks.pretrained import loaded, model_parser
from benchmarks.prompts import fresh_prompt
from benchmarks.report import Row, medians_in_alternation, show
from models.mixers.pretrained import PretrainedLM
from models.prediction import next_token, score

TOKENS = 20
FORWARD = "20 fresh tokens, next_token"
STEP = "1 token appended, next_token"


def main() -> None:
    """Measures, and prints."""
    arguments = model_parser(__doc__, turns=15).parse_args()
    show(rows(loaded(arguments), arguments.turns), as_json=arguments.json)


def rows(lm: PretrainedLM, turns: int) -> Iterator[Row]:
    """One result after the other."""
    numbers = itertools.count()
    added = lm.tokenizer.encode(" year")[0]

    def fresh() -> list[int]:
        # Of a tokenizer that needs more tokens for these words only the first are taken.
        return lm.tokenizer.encode(fresh_prompt(next(numbers), TOKENS))[:TOKENS]

    def our_forward(_turn: int) -> Callable[[], object]:
        token_ids = fresh()
        return lambda: next_token(lm, token_ids).probs

    def our_step(_turn: int) -> Callable[[], object]:
        prefix = fresh()
        next_token(lm, prefix)
        return lambda: next_token(lm, [*prefix, added]).probs

    def our_score(_turn: int) -> Callable[[], object]:
        token_ids = fresh()
        return lambda: score(lm, token_ids).next.probs

    def our_longer_score(_turn: int) -> Callable[[], object]:
        prefix = fresh()
        earlier = score(lm, prefix)
        return lambda: score(lm, [*prefix, added], after=earlier).next.probs

    def last_row(_turn: int) -> Callable[[], object]:
        token_ids = fresh()
        return lambda: _forward(lm, token_ids, use_cache=False, logits_to_keep=1)

    def all_rows(_turn: int) -> Callable[[], object]:
        token_ids = fresh()
        return lambda: _forward(lm, token_ids, use_cache=False)

    def cached_step(_turn: int) -> Callable[[], object]:
        past = transformers.DynamicCache()
        _forward(lm, fresh(), use_cache=True, past_key_values=past)
        return lambda: _rows_of(lm, [added], use_cache=True, past_key_values=past)

    for name, ours, peer, goal in (
        (FORWARD, our_forward, last_row, 1.15),
        (STEP, our_step, cached_step, 1.3),
        ("20 fresh tokens, score (the page's way) against all rows of logits", our_score, all_rows, None),
        ("1 token appended, score (the page's way)", our_longer_score, cached_step, 1.3),
    ):
        mine, theirs = medians_in_alternation(ours, peer, turns)
        yield Row(name, mine, "ms", peer=theirs, goal=goal)


def _forward(lm: PretrainedLM, token_ids: Sequence[int], **options: object) -> torch.Tensor:
    """Bare transformers on a whole history, the start token first."""
    return _rows_of(lm, [lm.tokenizer.start_id, *token_ids], **options)


def _rows_of(lm: PretrainedLM, idx: Sequence[int], **options: object) -> torch.Tensor:
    """Bare transformers, and softmax of the last row, in float32 on the CPU as ours is."""
    with torch.inference_mode():
        logits = lm.network(input_ids=torch.tensor([idx], device=lm.network.device), **options).logits
        probs: torch.Tensor = logits[0, -1].float().softmax(-1).cpu()
        return probs


if __name__ == "__main__":
    main()
