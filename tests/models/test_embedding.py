import numpy as np

from models.tokens.embedding import embedding_rows, single_token
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
