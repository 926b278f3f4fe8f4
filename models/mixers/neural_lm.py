"""A trained network as a language model."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from models.card import ModelCard
from models.errors import ModelError
from models.interfaces import LanguageModel, Tokenizer
from models.mixers.inside import Inside
from models.mixers.keys_values import Known
from models.mixers.network import Network
from models.mixers.transformer import TransformerNetwork


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

    @torch.no_grad()
    def read_on(self, token_ids: Sequence[int], known: Known = ()) -> tuple[Float[Tensor, " vocab"], Known]:
        """As `caching.ReadsOn`.

        Raises:
            ModelError: it is no transformer.
        """
        if not isinstance(self.network, TransformerNetwork):
            raise ModelError(f"{self.card.title} is no transformer: it keeps no keys and values.")
        return self.network.read_on(token_ids, known)

    def inside(self) -> Inside:
        """The network, opened.

        Raises:
            ModelError: it is no transformer.
        """
        if not isinstance(self.network, TransformerNetwork):
            raise ModelError(f"{self.card.title} is no transformer: choose one to look inside.")
        return self.network.inside()
