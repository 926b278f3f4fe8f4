"""The codes of places that a small transformer learned, where it ships."""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from explorer import controls, loading
from models import registry
from models.interfaces import LanguageModel
from models.mixers.neural_lm import NeuralLM
from models.mixers.transformer import TransformerNetwork

MODEL = "transformer-learned"


@dataclass(frozen=True, eq=False)
class Learned:
    """A table of codes and the model that it is a part of."""

    lm: NeuralLM
    codes: Tensor  # shape (place, n_embd)


def is_offered() -> bool:
    """Whether there is such a model."""
    return registry.card(MODEL) is not None


def learned() -> Learned | None:
    """The codes; None where the model can't be loaded, and the reader has been told."""
    place, found = st.empty(), None
    with controls.explained_errors(place, MODEL):
        found = learned_of(loading.model(MODEL, place))
    return found  # noqa: RET504 - after an error it is None


def learned_of(lm: LanguageModel) -> Learned:
    """The codes of a transformer that has learned some."""
    network = lm.network if isinstance(lm, NeuralLM) else None
    if not isinstance(lm, NeuralLM) or not isinstance(network, TransformerNetwork) or network.wpe is None:
        raise TypeError("this model has learned no codes of places")
    return Learned(lm, network.wpe.weight.detach())
