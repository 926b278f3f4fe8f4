import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tokens.words import CharacterTokenizer, WordTokenizer

CORPUS = "happy new year, happy new years! The 1st of January (a holiday): 3.14 % of it's all."


@given(st.text(max_size=40))
def test_characters_give_the_text_back(text):
    tokenizer = CharacterTokenizer.of(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.spans(text) == [(i, i + 1) for i in range(len(text))]
    assert len(set(tokenizer.tokens(range(tokenizer.vocab_size)))) == tokenizer.vocab_size


@given(st.text(max_size=40))
def test_words_give_their_tokens_back(text):
    tokenizer = WordTokenizer.of(text)
    ids = tokenizer.encode(text)
    assert tokenizer.unk_id not in ids
    assert tokenizer.encode(tokenizer.decode(ids)) == ids
    assert "".join(text[a:b] for a, b in tokenizer.spans(text)) == "".join(text.split())
    assert len(set(tokenizer.tokens(range(tokenizer.vocab_size)))) == tokenizer.vocab_size


def test_words_signs_and_what_is_unknown():
    tokenizer = WordTokenizer.of(CORPUS)
    assert tokenizer.tokens(tokenizer.encode("Happy new year!")) == ["<unk>", "new", "year", "!"]
    assert tokenizer.decode(tokenizer.encode("happy new year!")) == "happy new year!"
    assert tokenizer.decode(tokenizer.encode("of January (a holiday)")) == "of January (a holiday)"
    assert tokenizer.tokens([tokenizer.start_id, tokenizer.end_id]) == ["<s>", "</s>"]


@pytest.mark.parametrize("kind", [CharacterTokenizer, WordTokenizer])
def test_the_most_frequent_come_first_and_the_rest_is_unknown(kind):
    text = "b b b a a c" if kind is WordTokenizer else "bbbaac"
    tokenizer = kind.of(text, most=2)
    assert tokenizer.tokens(range(3, tokenizer.vocab_size)) == ["b", "a"]
    assert tokenizer.encode("c") == [tokenizer.unk_id]
