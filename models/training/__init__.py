"""How networks learn: batches of a text, losses, and one loop for all."""
