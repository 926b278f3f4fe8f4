import math

import pytest
import torch

from models.errors import ModelError
from models.mixers.ngram_lm import METHODS, UNITS, by_order, perplexity, sentences_of, train
from models.mixers.smoothing import Interpolated
from models.prediction import Decoding, generate, next_token, score

TEXT = "\n".join(
    ["On January 1 people say happy new year .", "They say happy new year !", "She has a new job .", "happy new years"]
    * 5
)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("order", [1, 2, 4])
def test_every_model_is_a_distribution_after_every_history(unit, method, order):
    lm = train(TEXT, unit=unit, order=order, method=method)
    for text in ("", "happy new", "unseen words here", "say happy"):
        rows = lm.logits(lm.tokenizer.encode(text))
        assert rows.shape == (len(lm.tokenizer.encode(text)) + 1, lm.tokenizer.vocab_size)
        torch.testing.assert_close(rows.exp().sum(-1), torch.ones(len(rows)), atol=1e-5, rtol=0)
        assert (rows[:, lm.tokenizer.start_id] == -math.inf).all()


def test_relative_frequencies_are_the_fractions_of_the_lecture():
    lm = train(TEXT, unit="words", order=3, method="frequency")
    after = next_token(lm, "happy new")
    [year], [years] = lm.tokenizer.encode("year"), lm.tokenizer.encode("years")
    assert lm.counts.count(lm.tokenizer.encode("happy new year")) == 10
    assert lm.counts.count(lm.tokenizer.encode("happy new")) == 15
    assert float(after.probs[year]) == pytest.approx(10 / 15)
    assert float(after.probs[years]) == pytest.approx(5 / 15)


def test_an_unseen_word_makes_the_sentence_impossible_unless_smoothed():
    for method in METHODS:
        total = score(train(TEXT, unit="words", order=2, method=method), "happy year").total
        assert (total == -math.inf) == (method in {"frequency"}), method


def test_perplexity_falls_where_more_is_looked_back_on():
    sentences = sentences_of(TEXT)
    of = [perplexity(train(TEXT, unit="words", order=n, method="frequency"), sentences) for n in (1, 2, 3)]
    assert of[0] > of[1] > of[2] >= 1
    assert perplexity(train(TEXT, unit="words", order=2, method="frequency"), ["year happy"]) == math.inf
    lm = train(TEXT, unit="words", order=2, method="kneser-ney")
    one = score(lm, "happy new year", end=True)
    assert perplexity(lm, ["happy new year"]) == pytest.approx(one.perplexity, rel=1e-5)


def test_it_generates_from_the_start_to_the_end():
    lm = train(TEXT, unit="words", order=2, method="frequency")
    steps = list(generate(lm, "", Decoding(seed=1), 60))
    assert steps[-1].token_id == lm.tokenizer.end_id
    pairs = zip([lm.tokenizer.start_id, *(step.token_id for step in steps)], (step.token_id for step in steps))
    assert all(lm.counts.count(pair) for pair in pairs)


def test_interpolation_weights_are_tuned_and_nothing_is_an_error():
    lm = train(TEXT, unit="words", order=3, method="interpolation")
    assert isinstance(lm.smoothing, Interpolated)
    assert sum(lm.smoothing.weights) == pytest.approx(1)
    with pytest.raises(ModelError, match="no text"):
        train(" \n ", unit="words", order=2, method="frequency")


def test_every_n_is_measured_on_sentences_that_were_not_counted():
    reports = by_order(TEXT, unit="words", method="kneser-ney")
    kept = [sentence for i, sentence in enumerate(sentences_of(TEXT)) if i % 5 != 4]
    held_out = sentences_of(TEXT)[4::5]
    assert [one.order for one in reports] == [1, 2, 3, 4, 5, 6]
    second = train("\n".join(kept), unit="words", order=2, method="kneser-ney")
    assert reports[1].train == pytest.approx(perplexity(second, kept))
    assert reports[1].held_out == pytest.approx(perplexity(second, held_out))
    assert reports[1].ngrams == sum(map(len, second.counts.ngrams))
    assert all(0 <= one.unseen <= 1 for one in reports)
    assert [one.ngrams for one in reports] == sorted(one.ngrams for one in reports)
    with pytest.raises(ModelError, match="fewer than five"):
        by_order("a\nb", unit="words", method="frequency")


def test_what_was_never_seen_is_counted():
    text = "\n".join(["a b c", "a b d", "a b c", "a c d", "a d x"])
    unseen = [one.unseen for one in by_order(text, unit="words", method="frequency")]
    assert unseen[0] == pytest.approx(1 / 5)  # x of <s> a d x </s>
    assert unseen[1] == pytest.approx(3 / 4)  # a d, d x, x </s>
    assert by_order(text, unit="words", method="frequency")[1].held_out == math.inf
