"""Which of the recurrent networks the reader looks at, and what they computed of a text."""

from dataclasses import dataclass

import streamlit as st
import torch

from explorer import controls, loading
from explorer.asking import Reading
from explorer.panels import algorithm
from models.interfaces import LanguageModel
from models.mixers.neural_lm import NeuralLM
from models.mixers.recurrent import RecurrentNetwork, RecurrentTrace
from models.tokens.words import CharacterTokenizer

CELLS = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}
LEVELS = {"words": "Words", "characters": "Characters"}


@dataclass(frozen=True, eq=False)
class Read:
    """Every step of a network over a text that begins with the start token."""

    lm: NeuralLM
    ids: list[int]  # what is read, and, where the end counts, the end token
    trace: RecurrentTrace  # a step for each that is read

    @property
    def tokens(self) -> list[str]:
        """Visible forms of all."""
        return self.lm.tokenizer.tokens(self.ids)

    @property
    def log_probs(self) -> list[float]:
        """ln P of each token but the first."""
        return algorithm.log_probs_of(self.trace.logits, self.ids[1:])


def level_input(slug: str) -> str:
    """Words or characters."""
    return controls.choice(f"{slug}_level", "Tokens", list(LEVELS), LEVELS.__getitem__)


def cell_input(slug: str, *, characters: bool = False) -> str:
    """The cell; or only such as read characters."""
    titles = cells(characters=characters)
    return controls.choice(f"{slug}_cell", "Cell", list(titles), titles.__getitem__)


def cells(*, characters: bool = False) -> dict[str, str]:
    """The cells that ship, and the recurrent networks that this session's reader trained, by their titles."""
    own = [lm for lm in loading.kept() if lm.card.family == "recurrent"]
    return CELLS | {
        lm.card.name: lm.card.title for lm in own if not characters or isinstance(lm.tokenizer, CharacterTokenizer)
    }


def name_of(cell: str, level: str) -> str:
    """The name in the catalogue of the model with that cell."""
    return cell if level == "words" or cell not in CELLS else f"char-{cell}"


def level_of(lm: LanguageModel) -> str:
    """What its tokens are, of a model that ships."""
    return "characters" if lm.card.name.startswith("char-") else "words"


def recurrent(lm: LanguageModel) -> NeuralLM:
    """A model that must be recurrent."""
    if not isinstance(lm, NeuralLM):
        raise TypeError("this is another kind of model")
    return lm


def network_of(lm: LanguageModel) -> RecurrentNetwork:
    """The network of a model that must be recurrent."""
    network = recurrent(lm).network
    if not isinstance(network, RecurrentNetwork):
        raise TypeError("this is another kind of model")
    return network


def looked_into(reading: Reading, most: int, *, end: bool = False) -> Read:
    """The steps over the first `most` tokens of a text, its start token among them.

    Args:
        reading: of a recurrent model.
        most: tokens.
        end: whether the end token is to be predicted after the last.
    """
    lm = recurrent(reading.model)
    tokenizer = lm.tokenizer
    ids = [tokenizer.start_id, *reading.score.token_ids]
    if end and tokenizer.end_id is not None:
        ids = [*ids, tokenizer.end_id]
    ids = ids[: most + 1] if end else ids[:most]
    with torch.no_grad():
        trace = network_of(lm).trace(ids[:-1] if end else ids)
    return Read(lm, ids, trace)


def card_line(lm: NeuralLM) -> None:
    """What the model is, how it was trained, and how good it is."""
    card, config = lm.card, lm.network.config
    st.text(
        f"{card.title}: {config.n_embd} numbers an embedding, {config.n_hidden} hidden units, "
        f"{card.parameters:,} weights. Trained on {card.corpus}: {card.training}."
        + (f" Perplexity {card.perplexity} on {card.held_out}." if card.perplexity else "")
    )
