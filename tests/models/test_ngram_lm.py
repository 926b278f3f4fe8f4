import math

import pytest
import torch

from models.errors import ModelError
from models.mixers.counted_text import UNITS, read
from models.mixers.ngram_lm import METHODS, perplexity, train
from models.mixers.ngram_orders import by_order
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
    lm = train(read(TEXT, unit), order=order, method=method)
    for text in ("", "happy new", "unseen words here", "say happy"):
        rows = lm.logits(lm.tokenizer.encode(text))
        assert rows.shape == (len(lm.tokenizer.encode(text)) + 1, lm.tokenizer.vocab_size)
        torch.testing.assert_close(rows.exp().sum(-1), torch.ones(len(rows)), atol=1e-5, rtol=0)
        assert (rows[:, lm.tokenizer.start_id] == -math.inf).all()


def test_relative_frequencies_are_the_fractions_of_the_lecture():
    lm = train(read(TEXT, "words"), order=3, method="frequency")
    after = next_token(lm, "happy new")
    [year], [years] = lm.tokenizer.encode("year"), lm.tokenizer.encode("years")
    assert lm.counts.count(lm.tokenizer.encode("happy new year")) == 10
    assert lm.counts.count(lm.tokenizer.encode("happy new")) == 15
    assert float(after.probs[year]) == pytest.approx(10 / 15)
    assert float(after.probs[years]) == pytest.approx(5 / 15)


def test_an_unseen_word_makes_the_sentence_impossible_unless_smoothed():
    for method in METHODS:
        total = score(train(read(TEXT, "words"), order=2, method=method), "happy year").total
        assert (total == -math.inf) == (method in {"frequency", "history"}), method


def test_the_whole_history_is_counted_wherever_it_stands():
    text = read(TEXT, "words")
    lm = train(text, order=1, method="history")
    [year], [years] = lm.tokenizer.encode("year"), lm.tokenizer.encode("years")
    after = next_token(lm, "happy new")
    assert (float(after.probs[year]), float(after.probs[years])) == pytest.approx((10 / 15, 5 / 15))
    assert float(next_token(lm, "On January 1 people say happy new").probs[year]) == 1
    never = next_token(lm, "On January 1 they say happy new")  # each word is known, the history is not
    assert float(never.probs.max()) == pytest.approx(1 / (lm.tokenizer.vocab_size - 1))
    assert lm.context(lm.tokenizer.encode("happy new")) == lm.tokenizer.encode("happy new")
    assert [int(n) for n in lm.followers(lm.tokenizer.encode("happy new"))[1]] == [10, 5]


def test_followers_are_counted_most_frequent_first():
    lm = train(read(TEXT, "words"), order=3, method="kneser-ney")
    words, seen = lm.followers(lm.tokenizer.encode("happy new"))
    assert list(zip(lm.tokenizer.tokens(words.tolist()), seen.tolist())) == [("year", 10), ("years", 5)]
    assert lm.context(lm.tokenizer.encode("say happy new")) == lm.tokenizer.encode("happy new")
    assert lm.context([]) == [lm.tokenizer.start_id]


def test_k_is_added_to_each_count():
    lm = train(read(TEXT, "words"), order=3, method="add-k", k=0.5)
    [year] = lm.tokenizer.encode("year")
    wanted = (10 + 0.5) / (15 + 0.5 * (lm.tokenizer.vocab_size - 1))
    assert float(next_token(lm, "happy new").probs[year]) == pytest.approx(wanted)


def test_perplexity_falls_where_more_is_looked_back_on():
    text = read(TEXT, "words")
    sentences = [text.sentence(i) for i in range(len(text.begins))]
    of = [perplexity(train(text, order=n, method="frequency"), sentences) for n in (1, 2, 3)]
    assert of[0] > of[1] > of[2] >= 1
    year_happy = [0, *text.tokenizer.encode("year happy"), 1]
    assert perplexity(train(text, order=2, method="frequency"), [year_happy]) == math.inf
    lm = train(text, order=2, method="kneser-ney")
    one = score(lm, "happy new year", end=True)
    assert perplexity(lm, [[0, *one.token_ids]]) == pytest.approx(one.perplexity, rel=1e-5)


def test_it_generates_from_the_start_to_the_end():
    lm = train(read(TEXT, "words"), order=2, method="frequency")
    steps = list(generate(lm, "", Decoding(seed=1), 60))
    assert steps[-1].token_id == lm.tokenizer.end_id
    pairs = zip([lm.tokenizer.start_id, *(step.token_id for step in steps)], (step.token_id for step in steps))
    assert all(lm.counts.count(pair) for pair in pairs)


def test_interpolation_weights_are_tuned():
    lm = train(read(TEXT, "words"), order=3, method="interpolation")
    assert isinstance(lm.smoothing, Interpolated)
    assert sum(lm.smoothing.weights) == pytest.approx(1)


def test_every_n_is_measured_on_sentences_that_were_not_counted():
    text = read(TEXT, "words")
    reports = list(by_order(text, method="kneser-ney", k=1.0, seed=3))
    numbers = range(len(text.begins))
    kept, held_out = [i for i in numbers if i % 5 != 4], numbers[4::5]
    assert [one.order for one in reports] == [1, 2, 3, 4, 5, 6]
    second = train(text.part(kept), order=2, method="kneser-ney")
    assert reports[1].train == pytest.approx(perplexity(second, [text.sentence(i) for i in kept]))
    assert reports[1].held_out == pytest.approx(perplexity(second, [text.sentence(i) for i in held_out]))
    assert reports[1].ngrams == sum(map(len, second.counts.ngrams))
    assert all(0 <= one.unseen <= 1 for one in reports)
    assert [one.ngrams for one in reports] == sorted(one.ngrams for one in reports)
    assert list(reports[1].generated) == [step.token_id for step in generate(second, [], Decoding(seed=3), 25)]
    with pytest.raises(ModelError, match="fewer than five"):
        next(by_order(read("a\nb", "words"), method="frequency", k=1.0, seed=0))


def test_what_was_never_seen_is_counted():
    text = read("\n".join(["a b c", "a b d", "a b c", "a c d", "a d x"]), "words")
    reports = list(by_order(text, method="frequency", k=1.0, seed=0, most=2))
    assert reports[0].unseen == pytest.approx(1 / 5)  # x of <s> a d x </s>
    assert reports[1].unseen == pytest.approx(3 / 4)  # a d, d x, x </s>
    assert reports[1].held_out == math.inf
