"""Pruned counts: what is kept, how it is packed, and that what is left is a model."""

import math
import random
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.mixers.ngram_table import cut, discounts_of, losses, packed, pruned, unpacked
from models.mixers.ngrams import Counts, count
from models.mixers.smoothing import Discounted

VOCAB, START, END = 7, 5, 6
sentences = st.lists(st.lists(st.integers(0, 4), max_size=7), min_size=2, max_size=30)


def closed(texts):
    return [[START, *text, END] for text in texts]


def counted(texts, order=3):
    return count(closed(texts), order, vocab_size=VOCAB, start_id=START)


def some(seed=0, many=300):
    """Sentences in which a token mostly says what comes next."""
    draw = random.Random(seed)

    def sentence():
        token = draw.randrange(5)
        for _ in range(draw.randint(1, 9)):
            yield token
            token = (2 * token + 1) % 5 if draw.random() < 0.8 else draw.randrange(5)

    return [list(sentence()) for _ in range(many)]


def by_hand(texts, order, discounts):
    """P(w | h) of interpolated absolute discounting, with dictionaries."""
    grams = Counter(
        tuple(text[i : i + n]) for text in closed(texts) for n in range(1, order + 1) for i in range(len(text) - n + 1)
    )
    follow = defaultdict(dict)
    for gram, times in grams.items():
        if gram[-1] != START:
            follow[gram[:-1]][gram[-1]] = times

    def probability(word, history):
        shorter = probability(word, history[1:]) if history else 1 / (VOCAB - 1)
        after, own = follow[tuple(history)], discounts[len(history)]
        total = sum(after.values())
        if not total:
            return shorter
        taken = {w: own[min(c, 3) - 1] for w, c in after.items()}
        return (after.get(word, 0) - taken.get(word, 0)) / total + sum(taken.values()) / total * shorter

    return probability


@given(sentences, st.lists(st.integers(0, 4), max_size=4))
def test_discounting_is_the_formula_written_out(texts, history):
    counts = counted(texts)
    discounts = discounts_of(counts)
    probability, probs = by_hand(texts, 3, discounts), Discounted(counts, discounts).probs([START, *history])
    context = [START, *history][-2:]
    assert probs[:5].tolist() == pytest.approx([probability(word, context) for word in range(5)])
    assert probs.sum() == pytest.approx(1)
    assert probs[START] == 0


@given(sentences, st.integers(8, 60), st.lists(st.integers(0, 4), max_size=4))
def test_what_is_left_is_a_distribution(texts, most, history):
    counts = counted(texts)
    left = pruned(counts, discounts_of(counts), most)
    probs = Discounted(left, discounts_of(counts)).probs([START, *history])
    assert probs.sum() == pytest.approx(1)
    assert (probs >= 0).all()


@given(sentences, st.integers(8, 60))
def test_pruning_keeps_counts_and_the_histories_of_what_is_kept(texts, most):
    counts = counted(texts)
    left = pruned(counts, discounts_of(counts), most)
    for n in (1, 2, 3):
        assert (np.diff(left.ngrams[n - 1]) > 0).all()
    every = grams_of(left)
    for gram, times in every.items():
        assert counts.count(gram) == times
        assert len(gram) == 1 or gram[:-1] in every
    assert len(left.ngrams[0]) == len(counts.ngrams[0])


def grams_of(counts: Counts):
    found, before = {}, [()]
    for ngrams, times in zip(counts.ngrams, counts.counts):
        here = [(*before[number // VOCAB], number % VOCAB) for number in ngrams.tolist()]
        found |= dict(zip(here, times.tolist()))
        before = here
    return found


def test_what_is_left_out_would_have_changed_little():
    texts = some()
    counts = counted(texts)
    discounts, held_out = discounts_of(counts), closed(some(seed=1))
    sizes = [sum(map(len, counts.ngrams)), 60, 30, 8]

    def nats(model):
        every = [(text[:i], text[i]) for text in held_out for i in range(1, len(text))]
        return -sum(math.log(model.probs(history)[word]) for history, word in every) / len(every)

    left = [pruned(counts, discounts, most) for most in sizes[1:]]
    assert all(sum(map(len, one.ngrams)) <= most for one, most in zip(left, sizes[1:]))
    of = [nats(Discounted(one, discounts)) for one in (counts, *left)]
    assert of[1] < of[2] < of[3]
    assert of[1] - of[0] < (of[3] - of[0]) / 3  # a third of the n-grams says most of it
    assert losses(counts, discounts)[0].min() == math.inf  # single tokens always stay


def test_a_loss_is_what_the_corpus_loses_without_the_ngram():
    texts = some(many=400)
    counts = counted(texts, order=2)
    discounts = discounts_of(counts)
    of, text = losses(counts, discounts)[1], closed(texts)

    def nats(smoothing):
        return -sum(math.log(smoothing.probs(one[:i])[one[i]]) for one in text for i in range(1, len(one)))

    every = nats(Discounted(counts, discounts))
    for place in np.argsort(-of)[[0, 3, 8, 15]]:
        left = np.arange(len(of)) != place
        without = Counts(
            VOCAB, START, (counts.ngrams[0], counts.ngrams[1][left]), (counts.counts[0], counts.counts[1][left])
        )
        assert nats(Discounted(without, discounts)) - every == pytest.approx(of[place], rel=0.35, abs=2)


@given(sentences)
def test_packing_gives_small_counts_back(texts):
    counts = counted(texts, order=4)
    again = unpacked(packed(counts), vocab_size=VOCAB, start_id=START)
    assert grams_of(again) == grams_of(counts)


def test_large_counts_are_rounded_to_a_few_per_cent():
    rows = [[START, 0, word, END] for word, times in ((1, 90), (2, 5_000), (3, 64)) for _ in range(times)]
    again = unpacked(packed(count(rows, 3, vocab_size=VOCAB, start_id=START)), vocab_size=VOCAB, start_id=START)
    assert again.count([0]) == 5_154  # single tokens are exact
    assert again.count([0, 3]) == 64
    assert again.count([0, 1]) == pytest.approx(90, rel=0.03)
    assert again.count([0, 2]) == pytest.approx(5_000, rel=0.03)


def test_cut_is_the_table_of_a_smaller_n():
    texts = some(many=20)
    assert grams_of(cut(counted(texts, 4), 2)) == grams_of(counted(texts, 2))


def test_a_vocabulary_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="14 bits"):
        packed(count([[0, 1]], 1, vocab_size=20_000, start_id=0))
