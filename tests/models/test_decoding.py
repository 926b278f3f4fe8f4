import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from models.errors import ModelError
from models.prediction import Decoding, generate
from tests.toys import BigramLM


def warped(logits, decoding):
    """The distribution that transformers' own processors leave, in transformers' order."""
    processors = LogitsProcessorList([TemperatureLogitsWarper(decoding.temperature)])
    if decoding.top_k:
        processors.append(TopKLogitsWarper(decoding.top_k))
    if decoding.top_p < 1:
        processors.append(TopPLogitsWarper(decoding.top_p))
    if decoding.min_p:
        processors.append(MinPLogitsWarper(decoding.min_p))
    return processors(torch.zeros(1, 1, dtype=torch.long), logits[None])[0]


@settings(max_examples=200)
@given(
    seed=st.integers(0, 10**6),
    size=st.integers(1, 60),
    coarse=st.booleans(),
    temperature=st.floats(0.05, 5),
    top_k=st.integers(0, 70),
    top_p=st.floats(0.01, 1),
    min_p=st.floats(0, 1),
)
def test_equals_transformers(seed, size, coarse, temperature, top_k, top_p, min_p):
    logits = torch.randn(size, generator=torch.Generator().manual_seed(seed)) * 3
    if coarse:
        logits = logits.round()  # ties
    decoding = Decoding(temperature, top_k, top_p, min_p)
    decoded = decoding.apply(logits)
    scores = warped(logits, decoding)
    torch.testing.assert_close(decoded.probs, scores.softmax(-1), atol=1e-6, rtol=0)
    assert torch.equal(decoded.kept, scores > -math.inf)
    gone = float(decoded.tempered[~decoded.kept].double().sum())
    assert sum(decoded.removed.values()) == pytest.approx(gone, abs=1e-5)


def test_the_defaults_change_nothing():
    logits = torch.tensor([1.0, 2.0, 3.0])
    torch.testing.assert_close(Decoding().apply(logits).probs, logits.softmax(-1))
    assert Decoding().apply(logits).kept.all()


def test_temperature_0_and_top_k_1_are_greedy():
    logits = torch.tensor([1.0, 5.0, 3.0])
    for decoding in (Decoding(temperature=0.0), Decoding(top_k=1)):
        assert decoding.apply(logits).probs.tolist() == [0, 1, 0]
    lm = BigramLM()
    greedy = [step.token_id for step in generate(lm, "ab", Decoding(temperature=0.0), 20)]
    assert greedy == [step.token_id for step in generate(lm, "ab", Decoding(top_k=1, seed=3), 20)]
    by_hand, last = [], lm.tokenizer.encode("ab")[-1]
    for _ in range(len(greedy)):
        last = int(lm.table[last].argmax())
        by_hand.append(last)
    assert greedy == by_hand


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": -1.0}, {"temperature": math.nan}, {"temperature": math.inf}, {"top_k": -1}, {"top_p": 0.0},
     {"top_p": 1.1}, {"min_p": -0.1}, {"min_p": 2.0}],
)  # fmt: skip
def test_senseless_settings_are_explained(wrong):
    with pytest.raises(ModelError):
        Decoding(**wrong)


@pytest.mark.parametrize("temperature", [1e-320, 1e-40, 1e-7, 1e-5, 1e30])
def test_extreme_temperatures_stay_distributions(temperature):
    probs = Decoding(temperature).apply(torch.tensor([1.0, 30.0, -5.0])).probs
    assert float(probs.sum()) == pytest.approx(1)
    assert probs.isfinite().all()
