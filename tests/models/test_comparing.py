import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.mixers.counted_text import read
from models.mixers.ngram_lm import train
from models.prediction import next_token, score
from models.prediction.comparing import agreement, compare
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


def test_agreement_is_1_minus_the_total_variation_distance():
    a, b = next_token(BigramLM(0), "a"), next_token(BigramLM(1), "a")
    agreed = agreement(a, b)
    assert agreed.shared == pytest.approx(1 - float((a.probs - b.probs).abs().sum()) / 2, abs=1e-6)
    assert agreed.b_ids == {i: i for i in range(len(a.probs))}
    assert agreement(a, a).shared == pytest.approx(1)


def test_a_word_says_the_same_as_a_piece_with_its_space(tiny):
    words, subwords = (
        train(read("happy new year, happy new years", "words"), order=2, method="add-k"),
        next_token(tiny, "happy new"),
    )
    after = next_token(words, "happy new")
    agreed = agreement(after, subwords)
    said = {words.tokenizer.tokens([a])[0]: tiny.tokenizer.tokens([b])[0] for a, b in agreed.b_ids.items()}
    assert said["year"] == "␣year"
    assert said[","] == ","


def test_tokens_of_other_vocabularies_are_matched_by_what_they_say(tiny):
    letters, subwords = next_token(BigramLM(), "a"), next_token(tiny, "a")
    agreed = agreement(letters, subwords)
    mine, its = letters.tokenizer, subwords.tokenizer
    assert agreed.b_ids
    assert all(mine.tokens([a]) == its.tokens([b]) for a, b in agreed.b_ids.items())
    wanted = sum(min(float(letters.probs[a]), float(subwords.probs[b])) for a, b in agreed.b_ids.items())
    assert agreed.shared == pytest.approx(wanted, abs=1e-6)
    assert agreement(subwords, letters).shared == pytest.approx(wanted, abs=1e-6)
