from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.mixers.ngrams import count

VOCAB, START, END = 6, 4, 5
sentences = st.lists(st.lists(st.integers(0, 3), max_size=8), min_size=1, max_size=12)


def closed(texts):
    return [[START, *text, END] for text in texts]


def grams(texts, n):
    return Counter(tuple(text[i : i + n]) for text in closed(texts) for i in range(len(text) - n + 1))


@given(sentences, st.integers(1, 5))
def test_counts_are_those_of_a_counter(texts, order):
    counts = count(closed(texts), order, vocab_size=VOCAB, start_id=START)
    for n in range(1, order + 1):
        wanted = grams(texts, n)
        assert len(counts.ngrams[n - 1]) == len(wanted)
        assert (np.diff(counts.ngrams[n - 1]) > 0).all()
        for gram, times in wanted.items():
            assert counts.count(gram) == times
    assert counts.count([0] * order) == grams(texts, order)[(0,) * order]
    assert counts.count([]) == sum(len(text) + 1 for text in texts)


@given(sentences)
def test_what_follows_a_history_stands_side_by_side(texts):
    counts = count(closed(texts), 3, vocab_size=VOCAB, start_id=START)
    follows = defaultdict(dict)
    for gram, times in grams(texts, 3).items():
        follows[gram[:2]][gram[2]] = times
    for history in [(a, b) for a in range(VOCAB) for b in range(VOCAB)]:
        words, seen = counts.next_counts(history)
        assert dict(zip(words.tolist(), seen.tolist(), strict=True)) == follows.get(history, {})


@given(sentences)
def test_continuations_count_what_stands_before(texts):
    counts = count(closed(texts), 3, vocab_size=VOCAB, start_id=START)
    for n in (1, 2):
        before = Counter(gram[1:] for gram in grams(texts, n + 1))
        for gram, times in grams(texts, n).items():
            wanted = times if gram[0] == START else before[gram]
            assert counts.continuations[n - 1][counts.place(gram)] == wanted
    assert counts.continuations[2] is counts.counts[2]


def test_nothing_is_a_corpus_too():
    counts = count([], 3, vocab_size=VOCAB, start_id=START)
    assert counts.count([1, 2]) == 0
    assert counts.following([1]) == (0, 0)


@pytest.mark.parametrize("history", [[0], [3, 3], [START, 0, 1]])
def test_unseen_histories_have_no_followers(history):
    counts = count([[START, 1, END]], 4, vocab_size=VOCAB, start_id=START)
    assert counts.following(history) == (0, 0)
