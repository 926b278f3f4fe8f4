"""What every language model obeys: probability, causality, and the tokenizer's contract."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import models
from models.prediction import next_token, score
from tests.toys import BigramLM, UniformLM

TOYS = {"toy uniform": UniformLM, "toy bigram": BigramLM}
PRETRAINED = ("smollm2-135m-q4", "smollm2-135m")
SHIPPED = [card.name for card in models.catalog() if card.name not in PRETRAINED]


@pytest.fixture(params=[*TOYS, "tiny", *SHIPPED, pytest.param("smollm2", marks=pytest.mark.slow)])
def lm(request):
    if request.param in TOYS:
        return TOYS[request.param]()
    return models.load(request.param) if request.param in SHIPPED else request.getfixturevalue(request.param)


TEXTS = ["", "a", "abc", "a cab", "face the bad", "bed bed bed"]


def ids(lm, text):
    return lm.tokenizer.encode(text if lm.card.family != "toy" else "".join(c for c in text if c in "abcdef "))


@pytest.mark.parametrize("text", TEXTS)
def test_probabilities_sum_to_1_everywhere(lm, text):
    token_ids = ids(lm, text)
    rows = lm.logits(token_ids)
    assert rows.shape == (len(token_ids) + 1, lm.tokenizer.vocab_size)
    torch.testing.assert_close(rows.softmax(-1).sum(-1), torch.ones(len(rows)), atol=1e-4, rtol=0)


@pytest.mark.parametrize("text", TEXTS)
def test_later_tokens_never_change_earlier_rows(lm, text):
    token_ids = ids(lm, text)
    for length in range(len(token_ids) + 1):
        rows = lm.logits(token_ids[:length]).log_softmax(-1)
        torch.testing.assert_close(rows, lm.logits(token_ids).log_softmax(-1)[: length + 1], atol=1e-3, rtol=0)


@pytest.mark.parametrize("text", TEXTS)
def test_start_only_drops_rows(lm, text):
    token_ids = ids(lm, text)
    for start in range(len(token_ids) + 1):
        rows = lm.logits(token_ids, start=start).log_softmax(-1)
        torch.testing.assert_close(rows, lm.logits(token_ids).log_softmax(-1)[start:], atol=1e-3, rtol=0)


def test_a_batch_equals_single_calls(lm):
    histories = [ids(lm, text) for text in TEXTS]
    starts = [len(history) // 2 for history in histories]
    for batched, history, start in zip(lm.logits_batch(histories, starts), histories, starts):
        torch.testing.assert_close(
            batched.log_softmax(-1), lm.logits(history, start).log_softmax(-1), atol=1e-3, rtol=0
        )


@pytest.mark.parametrize("text", TEXTS)
def test_the_chain_rule_uses_the_next_token_pages_numbers(lm, text):
    one = score(lm, ids(lm, text))
    for position, token_id in enumerate(one.token_ids):
        there = next_token(lm, one.token_ids[:position])
        assert float(one.log_probs[position]) == pytest.approx(float(there.log_probs[token_id]), abs=1e-3)


@given(token_ids=st.lists(st.integers(0, 6), max_size=8))
def test_tokens_are_visible_and_one_each(lm_of_toys, token_ids):
    for lm in lm_of_toys:
        forms = lm.tokenizer.tokens(token_ids)
        assert len(forms) == len(token_ids)
        assert all(form and form == "".join(form.split()) and form.isprintable() for form in forms)


@pytest.fixture(scope="module")
def lm_of_toys(tiny):
    return [UniformLM(), BigramLM(), tiny]


def test_start_and_end_are_in_the_vocabulary(lm):
    assert 0 <= lm.tokenizer.start_id < lm.tokenizer.vocab_size
    assert lm.tokenizer.end_id is None or 0 <= lm.tokenizer.end_id < lm.tokenizer.vocab_size
