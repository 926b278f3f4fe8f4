"""The dense vectors that a network has for its tokens: rows of its embedding table."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from models.errors import ModelError
from models.interfaces import LanguageModel


def embedding_rows(lm: LanguageModel, token_ids: Sequence[int]) -> Float[np.ndarray, "token n_embd"] | None:
    """The input embeddings of tokens, shape (token, n_embd); None for a model that has no such table."""
    table = getattr(getattr(lm, "network", None), "get_input_embeddings", lambda: None)()
    if table is None:
        return None
    rows: Float[np.ndarray, "token n_embd"] = table.weight[list(token_ids)].detach().float().cpu().numpy()
    return rows


def single_token(lm: LanguageModel, word: str) -> int | None:
    """The id of a word inside a sentence, after a space, if it is one token there."""
    try:
        token_ids = lm.tokenizer.encode(" " + word)
    except ModelError:
        return None
    return token_ids[0] if len(token_ids) == 1 else None
