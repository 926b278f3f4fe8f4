"""What training makes smaller: the cross-entropy of the next token, over all tokens or over some that are drawn."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from models.mixers.network import Network


def full(network: Network, hidden: Float[Tensor, "pos n_embd"], targets: Int[Tensor, " pos"]) -> Float[Tensor, " pos"]:
    """-ln P(target) of each position, in nats."""
    return cross_entropy(network.logits(hidden).float(), targets, reduction="none")


@dataclass(frozen=True, eq=False)
class Sampled:
    """The softmax over the target and tokens that are drawn, the same ones for a whole batch.

    Each score is lowered by the logarithm of how often its token is drawn, so that the scores that are learned are
    those of the full softmax. Source: Jean, Cho, Memisevic and Bengio 2015, On Using Very Large
    Target Vocabulary, section 3.
    """

    probability: Float[Tensor, " vocab"]  # from which tokens are drawn
    drawn: int

    def __call__(
        self,
        network: Network,
        hidden: Float[Tensor, "pos n_embd"],
        targets: Int[Tensor, " pos"],
        generator: torch.Generator,
    ) -> Float[Tensor, " pos"]:
        """-ln P(target) among itself and the drawn tokens, in nats.

        It compares only with itself: on a held-out text take `full`.
        """
        probability = self.probability.to(hidden.device)
        tokens = probability.multinomial(self.drawn, replacement=True, generator=generator)
        often = (self.drawn * probability).log()
        scores = network.logits(hidden, tokens).float() - often[tokens]
        scores = scores.masked_fill(tokens == targets[:, None], -torch.inf)
        right = network.score(hidden, targets).float() - often[targets]
        return torch.logaddexp(right, scores.logsumexp(-1)) - right
