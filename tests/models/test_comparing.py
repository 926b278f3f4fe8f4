import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.prediction import score
from models.prediction.comparing import compare
from tests.toys import LETTERS, BigramLM

texts = st.text(LETTERS, max_size=10)


@given(texts, texts)
def test_segments_cover_both_texts_and_sum_to_the_ratio(a, b):
    one, other = score(BigramLM(), a), score(BigramLM(), b)
    comparison = compare(one, other)
    assert [i for segment in comparison.segments for i in segment.a] == list(range(len(a)))
    assert [i for segment in comparison.segments for i in segment.b] == list(range(len(b)))
    assert sum(segment.log_ratio for segment in comparison.segments) == pytest.approx(comparison.log_ratio, abs=1e-4)
    assert comparison.log_ratio == pytest.approx(one.total - other.total)


def test_the_one_different_token_decides():
    lm = BigramLM()
    one, other = score(lm, "abca"), score(lm, "abcf")
    comparison = compare(one, other)
    assert (list(comparison.decides.a), list(comparison.decides.b)) == ([3], [3])
    assert comparison.decides.log_ratio == pytest.approx(comparison.log_ratio)


def test_swapping_the_texts_turns_the_verdict():
    one, other = score(BigramLM(), "abc de"), score(BigramLM(), "fab e")
    forth, back = compare(one, other), compare(other, one)
    assert forth.log_ratio == pytest.approx(-back.log_ratio)
    assert forth.decides.log_ratio * forth.log_ratio > 0


def test_equal_texts_have_no_winner():
    one = score(BigramLM(), "abc")
    assert compare(one, one).decides is None
