"""The dense vectors that a network has for its tokens: rows of its embedding table."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor

from models.errors import ModelError
from models.interfaces import LanguageModel
from models.tokens.space import WordVectors

CONTINUES = "…"  # before a piece that stands within a word


def embedding_rows(lm: LanguageModel, token_ids: Sequence[int]) -> Float[np.ndarray, "token n_embd"] | None:
    """The input embeddings of tokens, shape (token, n_embd); None for a model that has no such table."""
    table = _table(lm)
    return None if table is None else _array(table[list(token_ids)])


def single_token(lm: LanguageModel, word: str) -> int | None:
    """The id of a word inside a sentence, after a space, if it is one token there."""
    try:
        token_ids = lm.tokenizer.encode(" " + word)
    except ModelError:
        return None
    return token_ids[0] if len(token_ids) == 1 else None


def embedding_space(lm: LanguageModel) -> WordVectors:
    """The whole table of a network as a space of words, learned together with the model; in the order of the ids.

    A token that begins with a space has the name of the word after it. Where there are such tokens, what has no space
    continues a word, and begins with "…". All others have their visible form.

    Raises:
        ModelError: the model has no such table.
    """
    size = lm.tokenizer.vocab_size
    names: dict[str, int] = {}
    forms = lm.tokenizer.tokens(range(size))
    continues = CONTINUES if any(form[:1] == "␣" and form[1:2].isalnum() for form in forms) else ""
    for i, form in enumerate(forms):
        begins = form.startswith("␣") and form[1:2].isalnum()
        name = form[1:] if begins else continues + form if form[:1].isalnum() else form
        names[name if name not in names else f"{form} ({i})"] = i
    table = _table(lm)
    if table is None:
        raise ModelError(f"{lm.card.title} has no table of embeddings: choose another model, or other vectors.")
    return WordVectors(f"{lm.card.title}, {size:,} tokens", tuple(names), _array(table[:size]))


def _table(lm: LanguageModel) -> Float[Tensor, "vocab n_embd"] | None:
    """The weights themselves."""
    embedding = getattr(getattr(lm, "network", None), "get_input_embeddings", lambda: None)()
    if embedding is None:
        return None
    weight: Float[Tensor, "vocab n_embd"] = embedding.weight
    return weight


def _array(rows: Float[Tensor, "token n_embd"]) -> Float[np.ndarray, "token n_embd"]:
    """Rows for numpy, not copied where they are in main memory as float32."""
    array: Float[np.ndarray, "token n_embd"] = rows.detach().float().cpu().numpy()
    return array
