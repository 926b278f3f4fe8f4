import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ModelError
from models.mixers.counted_text import UNITS, read

TEXT = "On January 1 people say happy new year.\n\n  On January 1 they say happy new year!  \nhappy new years\n"
words = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=8)


@pytest.mark.parametrize("unit", UNITS)
def test_a_text_is_cut_into_its_sentences(unit):
    text = read(TEXT, unit)
    lines = ["On January 1 people say happy new year.", "On January 1 they say happy new year!", "happy new years"]
    assert len(text.begins) == 3
    for number, line in enumerate(lines):
        first, *ids, last = text.sentence(number)
        assert (first, last) == (text.tokenizer.start_id, text.tokenizer.end_id)
        assert text.tokenizer.decode(ids) == line
    assert text.tokens == sum(len(text.sentence(i)) - 1 for i in range(3))
    assert text.part([2, 0]).sentence(1) == text.sentence(0)


@given(st.lists(words, min_size=1, max_size=5), words)
def test_occurrences_are_those_of_a_search_by_hand(sentences, phrase):
    text = read("\n".join(" ".join(sentence) for sentence in sentences), "words")
    ids = text.tokenizer.encode(" ".join(phrase))
    found = text.occurrences(ids).tolist()
    flat = text.ids.tolist()
    assert found == [i for i in range(len(flat)) if flat[i : i + len(ids)] == ids and text.tokenizer.unk_id not in ids]
    followers = Counter(flat[i + len(ids)] for i in found)
    assert {i: int(n) for i, n in enumerate(text.followers(ids)) if n} == followers


def test_what_stands_around_a_place_stays_in_its_sentence():
    text = read("a b c d\ne f", "words")
    [place] = text.occurrences(text.tokenizer.encode("b c"))
    before, after = text.around(int(place), 2, 5)
    assert text.tokenizer.tokens(before) == ["<s>", "a"]
    assert text.tokenizer.tokens(after) == ["d", "</s>"]
    [place] = text.occurrences(text.tokenizer.encode("f"))
    assert text.tokenizer.tokens(text.around(int(place), 1, 9)[0]) == ["<s>", "e"]


def test_progress_is_told_and_can_stop_it():
    told = []
    read("a\n" * 12_000, "words", lambda done, of: told.append((done, of)))
    assert told == [(0, 12_000), (5_000, 12_000), (10_000, 12_000)]

    def stop(_done, _of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read("a", "words", stop)


def test_nothing_to_count_is_explained():
    with pytest.raises(ModelError, match="no text"):
        read(" \n\t\n", "words")


def test_pieces_are_byte_pairs_learnt_on_the_text():
    text = read("low lower lowest " * 20, "pieces")
    tokens = text.tokenizer.tokens(text.sentence(0)[1:-1])
    assert re.fullmatch(r"(␣?low|er|est|␣|␣?lower|␣?lowest)+", "".join(tokens))
    assert len(tokens) <= 60
    assert text.tokenizer.decode(text.tokenizer.encode("ünïcode 日本")) == "ünïcode 日本"
