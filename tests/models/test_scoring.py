import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ModelError
from models.prediction import next_token, score, score_batch, scoring
from tests.toys import LETTERS, BigramLM, UniformLM

texts = st.text(LETTERS, max_size=12)


@given(texts)
def test_the_chain_rule_by_hand(text):
    """A product over a bigram table, written as a loop."""
    lm = BigramLM()
    probs = lm.table.softmax(-1)
    product, last = 1.0, lm.tokenizer.start_id
    for token_id in lm.tokenizer.encode(text):
        product *= float(probs[last, token_id])
        last = token_id
    assert score(lm, text).total == pytest.approx(math.log(product), abs=1e-4)


@given(texts)
def test_a_factor_is_the_number_of_the_next_token_page(text):
    lm = BigramLM()
    one = score(lm, text)
    for position, token_id in enumerate(one.token_ids):
        there = next_token(lm, one.token_ids[:position])
        assert float(one.log_probs[position]) == pytest.approx(float(there.log_probs[token_id]), abs=1e-6)
        assert int(one.ranks[position]) == there.rank(token_id)
        assert float(one.entropies[position]) == pytest.approx(there.entropy, abs=1e-4)
        assert one.top_ids[position, 0] == there.top_ids(1)[0]


@given(texts, texts)
def test_extending_a_score_equals_scoring_anew(text, other):
    lm = BigramLM()
    anew, extended = score(lm, other), score(lm, other, after=score(lm, text))
    assert extended.token_ids == anew.token_ids
    for column in ("log_probs", "ranks", "entropies", "top_ids", "top_log_probs"):
        torch.testing.assert_close(getattr(extended, column), getattr(anew, column))
    torch.testing.assert_close(extended.next.logits, anew.next.logits)


def test_a_score_keeps_no_rows_of_logits(tiny):
    after = score(tiny, list(range(2, 90))).next.logits
    assert after.untyped_storage().nbytes() == after.nbytes
    alone = next_token(tiny, [3, 4]).logits
    assert alone.untyped_storage().nbytes() == alone.nbytes


def test_equals_come_in_the_order_of_their_ids():
    after = next_token(UniformLM(), "")
    assert after.top_ids(4) == [0, 1, 2, 3]


def test_an_appended_token_costs_one_row():
    lm = BigramLM()
    asked = []
    logits = lm.logits
    lm.logits = lambda token_ids, start=0: asked.append(len(token_ids) + 1 - start) or logits(token_ids, start)
    score(lm, "abcd", after=score(lm, "abc"))
    assert asked == [4, 1]


def test_long_texts_are_walked_in_chunks(monkeypatch):
    lm = BigramLM()
    text = "abc def " * 30
    whole = score(lm, text.strip())
    monkeypatch.setattr(scoring, "_CHUNK_BYTES", 4 * lm.tokenizer.vocab_size * 7)
    told = []
    chunked = score(lm, text.strip(), progress=lambda done, of: told.append((done, of)))
    torch.testing.assert_close(chunked.log_probs, whole.log_probs)
    torch.testing.assert_close(chunked.next.logits, whole.next.logits)
    assert told[-1] == (len(whole.token_ids), len(whole.token_ids))
    assert len(told) > 30


def test_the_end_counts_only_when_asked_for():
    lm = BigramLM()
    without, with_end = score(lm, "abc"), score(lm, "abc", end=True)
    last = float(lm.table.log_softmax(-1)[LETTERS.index("c"), lm.tokenizer.end_id])
    assert with_end.total == pytest.approx(without.total + last, abs=1e-5)
    assert with_end.text == without.text == "abc"
    lm.tokenizer.end_id = None
    with pytest.raises(ModelError, match="no end token"):
        score(lm, "abc", end=True)


def test_an_empty_text_is_certain():
    one = score(BigramLM(), "")
    assert one.total == 0
    assert one.log_probs.shape == (0,)
    assert math.isnan(one.perplexity)
    assert math.isnan(one.bits_per_character)


def test_a_uniform_model_is_as_surprised_as_its_vocabulary_is_large():
    lm = UniformLM()
    size = lm.tokenizer.vocab_size
    assert score(lm, "abc").perplexity == pytest.approx(size, rel=1e-5)
    assert score(lm, "abc").bits_per_character == pytest.approx(math.log2(size), rel=1e-5)
    assert next_token(lm, "").perplexity == pytest.approx(size, rel=1e-5)
    assert next_token(lm, "").rank(3) == 1


@given(token_ids=st.lists(st.integers(0, 300), max_size=12))
def test_probabilities_are_over_the_whole_vocabulary(tiny, token_ids):
    after = next_token(tiny, token_ids)
    assert after.probs.shape == (tiny.card.vocab_size,)
    assert float(after.probs.double().sum()) == pytest.approx(1, abs=1e-5)
    assert [p for _, p in after.top(5)] == pytest.approx(sorted(after.probs.tolist(), reverse=True)[:5])
    assert after.entropy == pytest.approx(-sum(p * math.log2(p) for p in after.probs.double().tolist() if p), abs=1e-4)
    assert float(after.logits[0]) - after.log_normaliser == pytest.approx(float(after.log_probs[0]), abs=1e-4)


@pytest.mark.parametrize("end", [False, True])
def test_a_batch_of_texts_equals_single_texts(end, tiny, monkeypatch):
    texts = ["happy new year", "", "happy", "the capital of France is Paris " * 20, "once upon", "a"]
    alone = [score(tiny, text, end=end) for text in texts]
    for most in (2**30, 4 * tiny.tokenizer.vocab_size * 12):
        monkeypatch.setattr(scoring, "_BATCH_BYTES", most)
        batches = list(score_batch(tiny, texts, end=end))
        together = [one for batch in batches for one in batch]
        assert (len(batches) == 1) == (most == 2**30)
        for one, other in zip(together, alone, strict=True):
            assert (one.text, one.token_ids, one.tokens) == (other.text, other.token_ids, other.tokens)
            torch.testing.assert_close(one.log_probs, other.log_probs, atol=1e-4, rtol=0)
            torch.testing.assert_close(one.entropies, other.entropies, atol=1e-3, rtol=0)
            torch.testing.assert_close(one.next.logits, other.next.logits, atol=1e-3, rtol=0)
