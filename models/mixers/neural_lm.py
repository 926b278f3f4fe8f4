"""A trained network as a language model."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from models.card import ModelCard
from models.interfaces import LanguageModel, Tokenizer
from models.mixers.network import Network


class NeuralLM(LanguageModel):
    """P(next token | history) from a network that reads the start token and then the history."""

    def __init__(self, network: Network, tokenizer: Tokenizer, card: ModelCard) -> None:
        """Without gradients, whoever else trains the network."""
        self.network = network
        self.tokenizer = tokenizer
        self.card = card

    @torch.no_grad()
    def logits(self, token_ids: Sequence[int], start: int = 0) -> Float[Tensor, "pos vocab"]:
        read = torch.tensor([[self.tokenizer.start_id, *token_ids]], device=self.network.bias.device)
        hidden, _ = self.network(read, self.network.start(1))
        return self.network.logits(hidden[0, start:]).float().cpu()
