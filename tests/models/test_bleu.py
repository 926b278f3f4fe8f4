"""BLEU of a sentence, step by step, against sacrebleu's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from models.tasks.bleu import sentence_bleu

WORDS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=9)


@settings(max_examples=300, deadline=None)
@given(WORDS, st.lists(WORDS, min_size=1, max_size=3))
def test_it_is_sacrebleus(words, references):
    theirs = BLEU(tokenize="none", effective_order=True).sentence_score(
        " ".join(words), [" ".join(one) for one in references]
    )
    ours = sentence_bleu(words, references)
    assert 100 * ours.score == pytest.approx(theirs.score, abs=1e-9)
    assert list(ours.found) == theirs.counts
    assert list(ours.counts) == theirs.totals
    assert ours.brevity == pytest.approx(theirs.bp)
    assert (ours.length, ours.reference_length) == (theirs.sys_len, theirs.ref_len)


def test_nothing_is_worth_nothing():
    assert sentence_bleu([], [["a"]]).score == 0.0
    assert sentence_bleu(["b"], [["a"]]).score == 0.0
    assert sentence_bleu(list("abcd"), [list("abcd")]).score == 1.0
