"""The neural models of words that ship, all trained on the same text. `python -m models.zoo.neural` rebuilds them."""

from pathlib import Path

from models.card import ModelCard
from models.mixers import neural_files
from models.mixers.neural_lm import NeuralLM
from models.zoo import spelling

FOLDER = Path(__file__).parent
CARDS = FOLDER / "cards.json"


def weights(name: str) -> Path:
    """The file of a model."""
    return FOLDER / f"{name}.safetensors"


def load(card: ModelCard) -> NeuralLM:
    """The model of a card."""
    return NeuralLM(neural_files.load(weights(card.name)), spelling.tokenizer(), card)
