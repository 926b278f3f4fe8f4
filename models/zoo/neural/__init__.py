"""The neural models that ship, of words and of characters. `python -m models.zoo.neural` rebuilds them."""

from pathlib import Path

from models.card import ModelCard
from models.mixers import neural_files
from models.mixers.neural_lm import NeuralLM
from models.tokens.words import CountedTokenizer
from models.zoo import spelling

FOLDER = Path(__file__).parent
CARDS = FOLDER / "cards.json"
LENGTH = 64  # tokens that a transformer read at once while it learned


def weights(name: str) -> Path:
    """The file of a model."""
    return FOLDER / f"{name}.safetensors"


def load(card: ModelCard) -> NeuralLM:
    """The model of a card."""
    return NeuralLM(neural_files.load(weights(card.name)), tokenizer(card.name), card)


def tokenizer(name: str) -> CountedTokenizer:
    """What a model of that name reads."""
    return spelling.characters() if name.startswith("char-") else spelling.tokenizer()
