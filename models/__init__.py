"""Language models for teaching, without any user interface.

>>> import models
>>> names = [card.name for card in models.catalog()]
>>> names[:4], "lstm" in names
(['smollm2-135m-q4', 'smollm2-135m', 'unigram', 'bigram'], True)
"""

from models.card import ModelCard
from models.errors import ModelError
from models.registry import catalog, load

__all__ = ["ModelCard", "ModelError", "catalog", "load"]
