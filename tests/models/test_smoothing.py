"""Against nltk.lm, and for modified Kneser-Ney against the formulas written out with dictionaries."""

import math
import random
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.lm import MLE, Laplace, Lidstone
from nltk.lm import StupidBackoff as NltkStupidBackoff
from nltk.util import everygrams

from models.mixers.ngrams import count
from models.mixers.smoothing import (
    FALLBACK,
    AddK,
    Interpolated,
    KneserNey,
    StupidBackoff,
    relative_frequencies,
    tuned,
)

VOCAB, START, END = 7, 5, 6
sentences = st.lists(st.lists(st.integers(0, 4), max_size=7), min_size=1, max_size=10)
histories = st.lists(st.integers(0, 4), max_size=5)


def closed(texts):
    return [[START, *text, END] for text in texts]


def counted(texts, order):
    return count(closed(texts), order, vocab_size=VOCAB, start_id=START)


def smoothings(counts):
    weights = np.full(counts.order + 1, 1 / (counts.order + 1)).tolist()
    return [AddK(counts), AddK(counts, 0.5), Interpolated(counts, weights), StupidBackoff(counts), KneserNey(counts)]


@given(sentences, histories, st.integers(1, 4))
def test_every_distribution_sums_to_1_and_never_gives_the_start(texts, history, order):
    for smoothing in smoothings(counted(texts, order)):
        probs = smoothing.probs([START, *history])
        assert probs.shape == (VOCAB,)
        assert probs.sum() == pytest.approx(1)
        assert (probs >= 0).all()
        assert probs[START] == 0


@settings(max_examples=30)
@given(sentences, st.integers(1, 3))
def test_equal_to_nltk(texts, order):
    """On n-grams within the sentences: nltk begins a sentence with several start tokens, or with none."""
    grams = [list(everygrams(map(str, text), max_len=order)) for text in texts]
    words = [str(word) for text in texts for word in text]
    counts = count(texts, order, vocab_size=VOCAB, start_id=START)
    models = [
        (MLE(order), AddK(counts)),
        (Lidstone(0.3, order), AddK(counts, 0.3)),
        (Laplace(order), AddK(counts, 1.0)),
        (NltkStupidBackoff(0.4, order), StupidBackoff(counts)),
    ]
    for theirs, ours in models:
        theirs.fit(grams, words)
        for text in texts:
            for i in range(order - 1, len(text)):
                history = text[i - order + 1 : i]
                wanted = np.array([theirs.score(str(word), list(map(str, history))) for word in range(5)])
                if isinstance(ours, StupidBackoff):
                    assert ours.scores(history)[:5] == pytest.approx(wanted)
                elif ours.k:  # nltk's vocabulary is the words seen and one for all others
                    size = len(set(words)) + 1
                    seen = [word for word in range(5) if str(word) in words]
                    _, times = counts.next_counts(history)
                    scale = (times.sum() + ours.k * size) / (times.sum() + ours.k * (VOCAB - 1))
                    assert ours.probs(history)[seen] == pytest.approx(wanted[seen] * scale)
                else:
                    assert ours.probs(history)[:5] == pytest.approx(wanted)


class ByHand:
    """Interpolated modified Kneser-Ney as the papers write it, one probability at a time."""

    def __init__(self, closed, order, vocab_size):
        self.order, self.vocab_size, start = order, vocab_size, closed[0][0]
        plain = [
            Counter(tuple(text[i : i + n]) for text in closed for i in range(len(text) - n + 1))
            for n in range(1, order + 1)
        ]
        self.a = []
        for n in range(1, order + 1):
            if n == order:
                self.a.append(plain[n - 1])
                continue
            before = Counter(gram[1:] for gram in plain[n])
            self.a.append({gram: c if gram[0] == start else before[gram] for gram, c in plain[n - 1].items()})
        self.d = []
        for a in self.a:
            t = Counter(a.values())
            if not all(t[i] for i in (1, 2, 3, 4)):
                self.d.append(FALLBACK)
                continue
            y = t[1] / (t[1] + 2 * t[2])
            found = (1 - 2 * y * t[2] / t[1], 2 - 3 * y * t[3] / t[2], 3 - 4 * y * t[4] / t[3])
            self.d.append(found if all(0 <= d <= k for k, d in enumerate(found, 1)) else FALLBACK)
        self.by_history = [defaultdict(dict) for _ in range(order)]
        for n, a in enumerate(self.a):
            for gram, times in a.items():
                if gram != (start,):
                    self.by_history[n][gram[:-1]][gram[-1]] = times

    def discount(self, n, times):
        return 0.0 if times == 0 else self.d[n - 1][min(times, 3) - 1]

    def p(self, word, history):
        history = tuple(history[max(0, len(history) - self.order + 1) :])
        n = len(history) + 1
        seen = self.by_history[n - 1].get(history)
        lower = 1 / (self.vocab_size - 1) if n == 1 else None
        if not seen:
            return lower if n == 1 else self.p(word, history[1:])
        total = sum(seen.values())
        gamma = sum(self.discount(n, times) for times in seen.values()) / total
        lower = lower if n == 1 else self.p(word, history[1:])
        times = seen.get(word, 0)
        return (times - self.discount(n, times)) / total + gamma * lower


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [3, 400])
def test_kneser_ney_equals_the_formulas_written_out(order, size):
    random.seed(order)
    words, start, end = 60, 60, 61
    texts = [[min(int(random.expovariate(0.12)), words - 1) for _ in range(random.randrange(12))] for _ in range(size)]
    closed = [[start, *text, end] for text in texts]
    ours = KneserNey(count(closed, order, vocab_size=words + 2, start_id=start))
    by_hand = ByHand(closed, order, words + 2)
    assert (size == 400 and order > 1) == any(discounts != FALLBACK for discounts in ours.discounts)
    for text in [*texts[:8], [0, 1, 2, 3, 4, 4, 3]]:
        for i in range(len(text) + 1):
            probs = ours.probs([start, *text[:i]])
            for word in (0, 1, 2, 3, 4, 59, end):
                assert probs[word] == pytest.approx(by_hand.p(word, [start, *text[:i]]), abs=1e-12)


def test_relative_frequencies_are_fractions_of_counts():
    counts = counted([[0, 1], [0, 2], [0, 1]], 2)
    assert AddK(counts).probs([START, 0])[[1, 2]] == pytest.approx([2 / 3, 1 / 3])
    assert AddK(counts).probs([START])[0] == 1
    assert AddK(counts).probs([START, 4]) == pytest.approx([1 / 6] * 5 + [0, 1 / 6])  # 0 / 0
    assert len(relative_frequencies(counts, [START, 4], 2)) == 2


def test_backing_off_costs_a_factor_for_each_token_left_out():
    counts = counted([[0, 1, 2], [3, 1, 0]], 3)
    assert StupidBackoff(counts).scores([START, 0, 1])[2] == pytest.approx(1.0)
    assert StupidBackoff(counts).scores([START, 0, 1])[0] == pytest.approx(0.4 / 2)
    assert StupidBackoff(counts).scores([START, 0, 1])[3] == pytest.approx(0.16 / 8)
    assert StupidBackoff(counts).scores([START, 0, 1])[4] == 0


def test_tuned_weights_make_the_held_out_text_more_probable_than_others():
    random.seed(0)
    texts = [[random.choice((0, 0, 1)), random.choice((1, 2)), 3] for _ in range(40)]
    counts, held_out = counted(texts[:30], 3), closed(texts[30:])

    def log_likelihood(smoothing):
        return sum(
            math.log(max(smoothing.probs(text[:i])[text[i]], 1e-300)) for text in held_out for i in range(1, len(text))
        )

    best = tuned(counts, held_out)
    assert sum(best.weights) == pytest.approx(1)
    for weights in ([0.25] * 4, [0.1, 0.1, 0.1, 0.7], [0.1, 0.6, 0.2, 0.1]):
        assert log_likelihood(best) >= log_likelihood(Interpolated(counts, weights)) - 1e-6
