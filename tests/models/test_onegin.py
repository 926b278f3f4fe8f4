import numpy as np
import pytest

from models.mixers.markov import chain_of, dependence, pair_counts
from models.zoo import onegin


def test_the_table_is_markovs():
    """Within the few letters by which editions differ."""
    vowels = onegin.load()
    assert len(vowels) == onegin.LETTERS
    counts = pair_counts(vowels.astype(int), 2)
    assert vowels.sum() == pytest.approx(onegin.PUBLISHED["vowels"], abs=3)
    assert counts[1, 1] == pytest.approx(onegin.PUBLISHED["vowel pairs"], abs=5)
    chain = chain_of(counts, ("consonant", "vowel"))
    assert chain.transition[1, 1] == pytest.approx(onegin.PUBLISHED["vowel after vowel"], abs=0.0005)
    assert chain.transition[0, 1] == pytest.approx(onegin.PUBLISHED["vowel after consonant"], abs=0.0005)
    assert chain.stationary()[1] == pytest.approx(0.432, abs=0.0005)
    assert dependence(counts).chi_square > 1000


def test_headings_signs_and_accents_do_not_count():
    text = "Посвящение\n«Мой дя\u0301дя,\nXII\nГлава вторая\nобъём ё"
    letters = "мойдядяобёмё"
    assert onegin.vowels(text).tolist() == [letter in "аеёиоуыэюяй" for letter in letters]
    assert np.array_equal(np.unpackbits(np.packbits(onegin.vowels(text)))[: len(letters)], onegin.vowels(text))
