import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from models.tokens.bpe import cut, learn

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
