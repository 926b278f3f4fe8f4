"""Many continuations at once against one after the other."""

import math

import pytest
import torch

from models.card import ModelCard
from models.mixers.feedforward import FeedForwardConfig, FeedForwardNetwork
from models.mixers.neural_lm import NeuralLM
from models.mixers.recurrent import CELLS, RecurrentConfig, RecurrentNetwork
from models.mixers.transformer import TransformerConfig, TransformerNetwork
from models.mixers.writing import _nucleus, written
from models.prediction import Decoding, generate
from models.prediction.variety import repetition
from models.tokens.words import WordTokenizer

_WORDS = ["happy", "new", "year", "people", "say", "the", "and", "on", "all"]
_WAYS = [
    Decoding(0.0),
    Decoding(0.5, seed=3),
    Decoding(1.0),
    Decoding(2.0),
    Decoding(1.0, top_p=0.6),
    Decoding(1.5, top_k=3),
]


def _small(cell):
    tokenizer = WordTokenizer(_WORDS)
    generator = torch.Generator().manual_seed(5)
    size = tokenizer.vocab_size
    if cell == "transformer":
        config = TransformerConfig(vocab_size=size, n_embd=8, n_layer=1, n_head=2, positions="rope")
        network = TransformerNetwork(config, generator)
    elif cell == "ffn":
        config = FeedForwardConfig(vocab_size=size, context=3, n_embd=5, n_hidden=7, start_id=tokenizer.start_id)
        network = FeedForwardNetwork(config, generator)
    else:
        network = RecurrentNetwork(
            RecurrentConfig(cell=cell, vocab_size=size, n_embd=5, n_hidden=7, n_layer=2), generator
        )
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(4)
    card = ModelCard(
        name="small", title="Small", family="recurrent", corpus="nothing", licence="none", source="none",
        precision="float32", vocab_size=size, start_token="<s>", end_token="</s>",
    )  # fmt: skip
    return NeuralLM(network, tokenizer, card)


@pytest.mark.parametrize("cell", [*CELLS, "ffn", "transformer"])
def test_each_text_is_the_one_that_is_generated_alone(cell):
    lm = _small(cell)
    before = lm.tokenizer.encode("happy new")
    found = written(lm, before, _WAYS, samples=3, length=12)
    lengths = set()
    for decoding, texts in zip(_WAYS, found, strict=True):
        for i, text in enumerate(texts):
            alone = Decoding(decoding.temperature, decoding.top_k, decoding.top_p, seed=decoding.seed + i)
            assert text == [step.token_id for step in generate(lm, before, alone, max_tokens=12)]
            lengths.add(len(text))
    assert len(lengths) > 1, "some texts should end before the others"


def test_any_model_can_write(tiny):
    before = tiny.tokenizer.encode("happy new year")
    way = Decoding(0.8, seed=4)
    found = written(tiny, before, [Decoding(0.0), way], samples=2, length=6)
    assert found[1][0] == [step.token_id for step in generate(tiny, before, way, max_tokens=6)]
    assert found[0][0] == found[0][1] == [step.token_id for step in generate(tiny, before, Decoding(0.0), max_tokens=6)]


def test_banned_tokens_are_never_written_and_progress_is_told():
    lm, told = _small("gru"), []
    banned = [lm.tokenizer.start_id, lm.tokenizer.end_id]
    found = written(lm, [], [Decoding(5.0)], 8, 20, banned, lambda *done: told.append(done))
    assert all(len(text) == 20 and not set(text) & set(banned) for text in found[0])
    assert told == [(i, 20) for i in range(1, 21)]


@pytest.mark.parametrize("top_p", [0.1, 0.5, 0.9, 0.99999])
def test_the_nucleus_is_that_of_decoding(top_p):
    logits = torch.randn(3, 3_000, generator=torch.Generator().manual_seed(1)) * torch.tensor([[0.1], [1.0], [8.0]])
    kept = _nucleus(logits.softmax(-1), top_p)
    for row, mine in zip(logits, kept, strict=True):
        decoded = Decoding(top_p=top_p).apply(row)
        assert abs(int((mine > 0).sum()) - int(decoded.kept.sum())) <= 1  # float32 sums from the other end
        torch.testing.assert_close(mine / mine.sum(), decoded.probs, atol=2e-3, rtol=0)


def test_repetition():
    assert repetition([[7] * 4, [1, 2, 3, 4]]) == pytest.approx(3 / 8)
    assert repetition([[1, *range(2, 22), 1]], window=20) == 0
    assert repetition([[1, *range(2, 22), 1]], window=21) == pytest.approx(1 / 22)
    assert math.isnan(repetition([[]]))
