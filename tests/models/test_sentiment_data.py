"""Trees against nltk's, batches, how texts are cut, and what is measured against scikit-learn's."""

import lzma

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk import Tree
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss

from models.errors import TextTooLong
from models.tasks.sentiment_data import Phrase, PhraseBatches, distinct, padded, phrases_of, roots, trees
from models.tasks.sentiment_scores import calibration, confusion, scores_of
from models.tasks.sentiment_words import MOST_WORDS, cut, divided

TREE = (
    "(4 (2 The) (3 (3 (4 warm) (2 (2 ,) (3 (2 half-hearted) (2 film)))) (1 (0 (1 does) (2 n't)) (2 (2 -LRB-) (2 y)))))"
)
KNOWN = {"film", "half", "hearted", "half-hearted", "and/or", "'70s", "n't", "'s", "mr."}


def known(piece):
    return piece.lower() in KNOWN


def test_phrases_are_the_subtrees():
    expected = [
        (tuple("(" if leaf == "-LRB-" else leaf for leaf in one.leaves()), int(one.label()))
        for one in Tree.fromstring(TREE).subtrees()
    ]
    found = phrases_of(TREE)
    assert sorted((phrase.words, phrase.label) for phrase in found) == sorted(expected)
    assert found[-1].label == 4  # the sentence
    assert len(found[-1].words) == 9


def test_a_file_of_trees(tmp_path):
    text = f"{TREE}\n\n(1 (1 Bad) (2 film))\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (tmp_path / "a.txt.xz").write_bytes(lzma.compress(text.encode()))
    plain, compressed = trees(tmp_path / "a.txt"), trees(tmp_path / "a.txt.xz")
    assert plain == compressed
    assert [phrase.label for phrase in roots(plain)] == [4, 1]
    every = [phrase for phrases in plain for phrase in phrases]
    assert len(distinct(plain)) == len(set(every)) == len(every) - 1  # "film" stands twice


def test_every_phrase_is_in_one_batch_of_an_epoch():
    ids = [list(range(1, 1 + n % 7)) for n in range(50)]
    weights = [3.0 if n % 5 else 1.0 for n in range(50)]
    batches = PhraseBatches(ids, list(range(50)), weights, 8)
    seen = []
    for batch in batches.epoch(2):
        for row, length, label, weight in zip(batch.idx, batch.lengths, batch.labels, batch.weights, strict=True):
            assert row[:length].tolist() == ids[label]
            assert not row[length:].any()
            assert weight == pytest.approx(weights[label] / np.mean(weights))
            seen.append(int(label))
    assert sorted(seen) == list(range(50))
    assert len(batches) == 7
    order = [batch.labels.tolist() for batch in batches.epoch(2)]
    assert order == [batch.labels.tolist() for batch in batches.epoch(2)]
    assert order != [batch.labels.tolist() for batch in batches.epoch(3)]


def test_phrases_of_like_length_stand_together():
    ids = [[1] * (n % 40 + 1) for n in range(400)]
    batches = PhraseBatches(ids, [0] * 400, [1.0] * 400, 10)
    read = sum(batch.idx.numel() for batch in batches.epoch(0))
    assert read < 1.5 * sum(map(len, ids))


def test_no_texts_have_one_column():
    idx, lengths = padded([[], []])
    assert idx.shape == (2, 1)
    assert lengths.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("It isn't bad.", "It is n't bad ."),
        ("We can't, won’t, cannot!", "We ca n't , wo n't , can not !"),
        ("Half-hearted and/or soft-spoken film's", "Half-hearted and/or soft - spoken film 's"),
        ("the '70s … and 1.2 million-3", "the '70s ... and 1.2 million - 3"),
        ("“So—so” ?? !!!", '" So -- so " ? !'),
        ("Mr. No. U.S.A. end.", "Mr. No . U.S.A. end ."),
        ("<b>x</b>", "< b > x < / b >"),
        ("", ""),
        (" \n\t", ""),
    ],
)
def test_texts_are_cut_as_the_treebank_is(text, pieces):
    assert " ".join(cut(text, known).pieces) == pieces


def test_emoji_flags_and_other_scripts_stay_whole():
    text = "👩‍👩‍👧‍👦🏳️‍🌈 🇩🇪🇫🇷 👍🏽ok שלום привет café"
    assert cut(text, known).shown == ["👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🇫🇷", "👍🏽", "ok", "שלום", "привет", "café"]
    assert cut("cafe\u0301", known).pieces == ("café",)


@given(st.text(max_size=80))
def test_what_is_cut_is_the_text_but_for_its_spaces(text):
    words = cut(text, known)
    assert "".join(words.shown) == "".join(text.split()) or any(letter.isspace() for letter in "".join(words.shown))
    ends = [0, *(stop for _, stop in words.spans)]
    for (start, stop), before in zip(words.spans, ends):
        assert before <= start < stop
        assert not text[before:start].strip()
    assert not text[ends[-1] :].strip()


def test_a_word_of_the_treebank_is_divided_as_a_typed_one_is():
    for word in ("soft-spoken", "half-hearted", "n't", "'s", "film", "J.R.R.", "9/11", "co-writer/director"):
        assert [word[start:stop] for start, stop in divided(word, known)] == list(cut(word, known).shown)


def test_too_many_words_are_an_error_that_holds_the_first():
    with pytest.raises(TextTooLong, match=f"More than {MOST_WORDS} words") as caught:
        cut("film " * (MOST_WORDS + 1), known)
    assert len(cut(caught.value.kept, known).pieces) == MOST_WORDS


def test_scores_are_scikit_learns():
    random = np.random.default_rng(1)
    probs = random.dirichlet(np.ones(5), 300)
    labels = random.integers(0, 5, 300)
    probs[np.arange(300), labels] += 0.4
    probs /= probs.sum(axis=1, keepdims=True)
    verdicts = probs.argmax(axis=1)
    found = scores_of(labels, np.log(probs))
    assert found["accuracy"] == pytest.approx(accuracy_score(labels, verdicts))
    assert found["macro F1"] == pytest.approx(f1_score(labels, verdicts, average="macro"))
    assert found["loss"] == pytest.approx(log_loss(labels, probs))
    decided = labels != 2
    positive = probs[:, 3] + probs[:, 4] > probs[:, 0] + probs[:, 1]
    assert found["accuracy of two classes"] == pytest.approx(accuracy_score(labels[decided] > 2, positive[decided]))
    np.testing.assert_array_equal(confusion(labels, np.log(probs)), confusion_matrix(labels, verdicts))


def test_calibration_by_hand():
    probs = np.array([[0.92, 0.02, 0.02, 0.02, 0.02], [0.98, 0.005, 0.005, 0.005, 0.005], [0.2, 0.3, 0.3, 0.1, 0.1]])
    found = calibration(np.array([0, 1, 1]), np.log(probs))
    assert found.counts == [1, 2]
    np.testing.assert_allclose(found.confidence, [0.3, 0.95])
    np.testing.assert_allclose(found.right, [1, 0.5])
    assert found.error == pytest.approx((0.7 + 2 * 0.45) / 3)


def test_phrases_are_values():
    assert Phrase(("a",), 1) == Phrase(("a",), 1)
