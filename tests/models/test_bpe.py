import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from models.tokens.bpe import PairTokenizer, cut, joins, learn

texts = st.text("ab c", min_size=1, max_size=80)


def reference(text, most):
    """The merges that the tokenizers library learns, and its tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    alphabet = len(set(text) - {" "})
    tokenizer.train_from_iterator([text], trainers.BpeTrainer(vocab_size=alphabet + most, show_progress=False))
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]], tokenizer


@settings(max_examples=60)
@given(texts, st.integers(0, 12))
def test_equal_to_the_tokenizers_library(text, most):
    merges, tokenizer = reference(text, most)
    ours = list(learn(text, most))
    assert [one.pair for one in ours][: len(merges)] == merges
    for word in text.split():
        assert list(cut(word, merges)) == tokenizer.encode(word).tokens


@given(texts)
def test_counts_are_those_of_the_text_so_far_and_never_rise(text):
    merges = list(learn(text, 20))
    for i, one in enumerate(merges):
        words = [cut(word, [before.pair for before in merges[:i]]) for word in text.split()]
        assert one.count == sum(pair == one.pair for word in words for pair in pairwise(word))
        assert all(count <= one.count for _, count in one.runners_up)
    assert all("".join(cut(word, [one.pair for one in merges])) == word for word in text.split())
    assert all(len(cut(word, [one.pair for one in merges])) == 1 for word in text.split()) or len(merges) == 20


def test_the_example_of_the_paper():
    text = "low " * 5 + "lower " * 2 + "newest " * 6 + "widest " * 3
    assert [one.pair for one in learn(text, 3)] == [("e", "s"), ("es", "t"), ("l", "o")]
    assert cut("lowest", [("e", "s"), ("es", "t"), ("l", "o")]) == ("lo", "w", "est")


@settings(max_examples=60)
@given(st.text("abé 1\x1c\u00a0\u2003", min_size=1, max_size=60))
def test_ids_are_those_of_the_tokenizers_library(text):
    """The three special tokens come first, then the alphabet in order, then the merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=1_000, special_tokens=["<s>", "</s>", "<unk>"], show_progress=False, min_frequency=0
    )
    tokenizer.train_from_iterator([text], trainer)
    merges = [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    ours = [one.pair for one in learn(text, 1_000)]
    assert ours == merges
    found = PairTokenizer(text, ours)
    assert found.encode(text) == tokenizer.encode(text).ids
    assert found.spans(text) == tokenizer.encode(text).offsets


@given(texts, st.text("abc d", max_size=40), st.integers(0, 8))
def test_what_was_never_seen_is_unknown_and_the_rest_is_whole(corpus, text, most):
    found = PairTokenizer(corpus, [one.pair for one in learn(corpus, most)])
    seen = set(corpus)
    for (start, stop), token_id in zip(found.spans(text), found.encode(text), strict=True):
        assert (token_id == found.unk_id) == (text[start:stop] not in seen and stop - start == 1)
        if token_id != found.unk_id:
            assert found.tokens([token_id]) == [text[start:stop]]
    assert "".join(text[start:stop] for start, stop in found.spans(text)) == text.replace(" ", "")


@given(texts, st.integers(0, 8))
def test_gaps_that_are_closed_so_far_leave_the_pieces_of_the_cut(text, at):
    merges = [one.pair for one in learn(text, 12)]
    for word, closed in joins(text, merges):
        pieces = word[0]
        for letter, number in zip(word[1:], closed, strict=True):
            pieces += letter if number is not None and number <= at else "|" + letter
        assert tuple(pieces.split("|")) == cut(word, merges[:at])
    assert [word for word, _ in joins(text, merges)] == text.split()
