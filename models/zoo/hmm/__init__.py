"""The word-level hidden Markov model that ships. `python -m models.zoo.hmm` rebuilds it."""

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from models.card import ModelCard
from models.mixers.hmm import HMM
from models.mixers.hmm_lm import HMMLM
from models.tokens.words import START_ID
from models.zoo import spelling

WEIGHTS = Path(__file__).parent / "weights.safetensors"
_LEVELS = 255
_WIDEST = 18.0  # nats between the likeliest word of a state and the unlikeliest


def load(card: ModelCard) -> HMMLM:
    """The trained model."""
    return HMMLM(unpacked(load_file(WEIGHTS)), spelling.tokenizer(), card)


def packed(hmm: HMM) -> dict[str, Tensor]:
    """The emissions in 256 steps of each state's range of log-probabilities, the rest as float16.

    What is over `_WIDEST` nats below a state's likeliest word is kept at that.
    """
    emission = hmm.log_emission.float()
    most = emission.amax(1)
    levels = ((most[:, None] - emission).clamp(max=_WIDEST) / _WIDEST * _LEVELS).round().to(torch.uint8)
    return {
        "log_initial": hmm.log_initial.half(),
        "log_transition": hmm.log_transition.half(),
        "emission_levels": levels.contiguous(),
    }


def unpacked(tensors: Mapping[str, Tensor]) -> HMM:
    """The model of a file."""
    emission = -tensors["emission_levels"].double() / _LEVELS * _WIDEST
    emission[:, START_ID] = -math.inf
    return HMM(
        tensors["log_initial"].double().log_softmax(-1),
        tensors["log_transition"].double().log_softmax(-1),
        emission.log_softmax(-1),
    )
