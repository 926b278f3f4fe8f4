"""Language models for teaching, without any user interface.

>>> import models
>>> [card.name for card in models.catalog()]
['smollm2-135m-q4', 'smollm2-135m', 'unigram', 'bigram', 'trigram', '4-gram', '5-gram', 'hmm']
"""

from models.card import ModelCard
from models.errors import ModelError
from models.registry import catalog, load

__all__ = ["ModelCard", "ModelError", "catalog", "load"]
