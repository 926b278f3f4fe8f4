import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import pre_tokenizers

from models.errors import ModelError
from models.tokens.tokenizers import byte_alphabet

GOLDEN = {"a  2023": [81, 256, 34, 32, 34, 35], "\t\t7": [1656, 39], "x\n\n1.": [104, 1116, 33, 30], "    1": [289, 33]}


def test_byte_alphabet_is_that_of_the_library():
    assert set(byte_alphabet()) == set(pre_tokenizers.ByteLevel.alphabet())
    assert sorted(byte_alphabet().values()) == list(range(256))


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x04"), max_size=40))
def test_decoding_gives_the_text_back(tiny, text):
    token_ids = tiny.tokenizer.encode(text)
    assert tiny.tokenizer.decode(token_ids) == text
    assert len(tiny.tokenizer.tokens(token_ids)) == len(token_ids)


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x04"), max_size=40))
def test_spans_cover_the_text_in_order(tiny, text):
    spans = tiny.tokenizer.spans(text)
    assert len(spans) == len(tiny.tokenizer.encode(text))
    assert all(start < stop for start, stop in spans)
    assert set().union(*(range(start, stop) for start, stop in spans)) == set(range(len(text)))


def test_special_tokens_typed_as_text_are_text(tiny):
    token_ids = tiny.tokenizer.encode("<|endoftext|>")
    assert tiny.tokenizer.start_id not in token_ids
    assert tiny.tokenizer.decode(token_ids) == "<|endoftext|>"


def test_a_special_token_is_shown_by_its_name(tiny):
    assert tiny.tokenizer.tokens([0, 1]) == ["<|endoftext|>", "<|im_end|>"]


def test_a_row_without_token_is_shown_by_its_id(tiny):
    last = tiny.tokenizer.vocab_size - 1
    assert tiny.tokenizer.tokens([last]) == [f"⟨id {last}⟩"]


@pytest.mark.parametrize(("text", "named"), [("a\x04b", "U+0004"), ("a\ud83d", "U+D83D")])
def test_what_can_not_be_encoded_is_named(tiny, text, named):
    with pytest.raises(ModelError, match=named.replace("+", r"\+")):
        tiny.tokenizer.encode(text)
    with pytest.raises(ModelError):
        tiny.tokenizer.spans(text)


@pytest.mark.slow
@pytest.mark.parametrize(("text", "token_ids"), GOLDEN.items())
def test_golden_ids(smollm2, text, token_ids):
    assert smollm2.tokenizer.encode(text) == token_ids


@pytest.mark.slow
def test_bytes_that_smollm2_lacks(smollm2):
    assert len(smollm2.tokenizer._missing) == 21
    with pytest.raises(ModelError, match=r"U\+0004"):
        smollm2.tokenizer.encode("\x04")


@pytest.mark.slow
def test_every_token_of_smollm2_has_its_own_form(smollm2):
    forms = smollm2.tokenizer.tokens(range(smollm2.tokenizer.vocab_size))
    assert len(set(forms)) == smollm2.tokenizer.vocab_size
