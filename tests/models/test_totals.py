import math

import pytest

from models.errors import ModelError
from models.prediction import score
from models.prediction.totals import totals
from models.prediction.variety import distinct_pairs, distinct_texts


@pytest.mark.parametrize("end", [False, True])
def test_totals_are_those_of_scores(end, tiny):
    texts = ["happy new year", "a", "once upon a time, happy"]
    found = [one for batch in totals(tiny, texts, end=end) for one in batch]
    for one, text in zip(found, texts, strict=True):
        alone = score(tiny, text, end=end)
        assert (one.text, one.tokens) == (text, len(alone.token_ids))
        assert one.log_prob == pytest.approx(alone.total, abs=1e-3)
        assert one.bits_per_character == pytest.approx(alone.bits_per_character, abs=1e-4)
        assert math.exp(-one.per_token) == pytest.approx(alone.perplexity, rel=1e-3)


def test_what_is_wrong_with_which_sentence_is_said(tiny):
    with pytest.raises(ModelError, match="Sentence 2"):
        list(totals(tiny, ["happy", "\x04"]))
    with pytest.raises(ModelError, match=r"Sentence 1 has .* tokens"):
        list(totals(tiny, ["happy " * 50, "new"], most=20))


def test_variety():
    assert distinct_texts([[1], [1], [2]]) == 2
    assert distinct_pairs([[1, 2, 1, 2]]) == pytest.approx(2 / 3)
    assert math.isnan(distinct_pairs([[1], []]))
