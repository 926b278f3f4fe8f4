import numpy as np
import pytest

from models.errors import ModelError
from models.tokens.embedding import embedding_rows, embedding_space, single_token
from models.tokens.space import look_up
from tests.toys import BigramLM


def test_rows_are_what_the_network_makes_of_the_ids(tiny):
    import torch

    ids = [5, 0, 5]
    rows = embedding_rows(tiny, ids)
    with torch.no_grad():
        wanted = tiny.network.get_input_embeddings()(torch.tensor(ids))
    assert np.array_equal(rows, wanted.numpy())


def test_a_model_of_counts_has_no_such_rows():
    assert embedding_rows(BigramLM(), [3]) is None


def test_a_word_is_one_token_or_none(tiny):
    for word in ("happy", "new", "January", "zyzzyva", "\x04", "\ud800"):
        try:
            ids = tiny.tokenizer.encode(" " + word)
        except ValueError:
            ids = []
        assert single_token(tiny, word) == (ids[0] if len(ids) == 1 else None)


def test_the_whole_table_is_a_space_of_words(tiny):
    space = embedding_space(tiny)
    size = tiny.tokenizer.vocab_size
    assert len(space.words) == len(set(space.words)) == size
    np.testing.assert_array_equal(space.vectors, tiny.network.get_input_embeddings().weight[:size].detach().numpy())
    for word in ("happy", "new"):
        token_id = single_token(tiny, word)
        assert token_id is not None
        assert look_up(space, word) == token_id
    forms = tiny.tokenizer.tokens(range(size))
    for i, form in enumerate(forms):
        if form.isalpha():
            assert space.words[i].startswith("…" + form)


def test_a_model_without_a_table_is_no_space():
    with pytest.raises(ModelError, match="no table of embeddings"):
        embedding_space(BigramLM())
