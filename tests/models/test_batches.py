"""Batches hold every token once, and what follows it."""

from collections import Counter

import numpy as np
import pytest

from models.training.batches import IGNORED, Sentences, Stream, cut


def _sentences(count: int = 23) -> list[np.ndarray]:
    random = np.random.default_rng(1)
    return [np.array([0, *random.integers(3, 50, random.integers(1, 9)), 1], np.uint16) for _ in range(count)]


def test_each_sentence_stands_once_in_an_epoch_with_what_follows() -> None:
    sentences = _sentences()
    batches = Sentences(sentences, 4)
    found = Counter()
    for batch in batches.epoch(0):
        assert batch.fresh
        for inputs, targets in zip(batch.inputs.tolist(), batch.targets.tolist()):
            stop = sum(one != IGNORED for one in targets)
            assert targets[: stop - 1] == inputs[1:stop]
            assert set(targets[stop:]) <= {IGNORED}
            found[(*inputs[:stop], targets[stop - 1])] += 1
    assert found == Counter(tuple(one.tolist()) for one in sentences)
    assert len(list(batches.epoch(0))) == len(batches) == 6
    assert batches.tokens == sum(len(one) - 1 for one in sentences)


def test_an_epoch_is_the_same_again_and_another_is_not() -> None:
    batches = Sentences(_sentences(), 4)
    first, again, second = ([batch.inputs.tolist() for batch in batches.epoch(i)] for i in (0, 0, 1))
    assert first == again
    assert first != second


def test_sentences_of_a_batch_are_of_about_one_length() -> None:
    sentences = [np.zeros(length, np.uint16) for length in [*range(2, 42)] * 10]
    batches = Sentences(sentences, 10)
    padded = sum(int((batch.targets == IGNORED).sum()) for batch in batches.epoch(0))
    assert padded < 0.03 * batches.tokens


@pytest.mark.parametrize("length", [3, 5, 100])
def test_rows_of_a_stream_go_on_from_batch_to_batch(length: int) -> None:
    ids = np.arange(50)
    stream = Stream(ids, 4, length)
    batches = list(stream.epoch(0))
    assert [batch.fresh for batch in batches] == [True, *[False] * (len(batches) - 1)]
    rows = np.concatenate([batch.inputs.numpy() for batch in batches], axis=1)
    np.testing.assert_array_equal(rows.ravel(), ids[:48])
    targets = np.concatenate([batch.targets.numpy() for batch in batches], axis=1)
    np.testing.assert_array_equal(targets.ravel(), ids[1:49])
    assert len(batches) == len(stream)
    assert stream.tokens == 48


def test_a_text_is_cut_before_each_start() -> None:
    found = cut(np.array([0, 5, 1, 0, 6, 7, 1]), start_id=0)
    assert [one.tolist() for one in found] == [[0, 5, 1], [0, 6, 7, 1]]
