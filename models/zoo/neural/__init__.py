"""The neural models of words that ship, all trained on the same text. `python -m models.zoo.neural` rebuilds them."""
