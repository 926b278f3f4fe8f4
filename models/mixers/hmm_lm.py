"""A hidden Markov model as a language model: a belief about the hidden state, and the next token that it expects."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from models.card import ModelCard
from models.interfaces import LanguageModel
from models.mixers.hmm import HMM
from models.mixers.markov import MarkovChain
from models.tokens.words import END_ID, WordTokenizer


class HMMLM(LanguageModel):
    """P(next token | history) = sum over h of P(h | history) P(next token | h).

    The symbols of the HMM are the token ids; the start token, which is never seen, has the probability 0 in each state.
    """

    def __init__(self, hmm: HMM, tokenizer: WordTokenizer, card: ModelCard) -> None:
        self.hmm = hmm
        self.tokenizer = tokenizer
        self.card = card
        self._emission = hmm.log_emission.exp()

    def logits(self, token_ids: Sequence[int], start: int = 0) -> Float[Tensor, "pos vocab"]:
        return (self.belief(token_ids)[start:] @ self._emission).log().float()

    def belief(self, token_ids: Sequence[int]) -> Float[Tensor, "pos state"]:
        """Row i: P(h | the first i tokens) of the state h from which the next token comes; rows sum to 1.

        Source: Rabiner 1989, the forward procedure, normalised at each step and carried one step on.
        """
        first = self.hmm.log_initial.softmax(-1)
        if not token_ids:
            return first[None]
        forward = self.hmm.forward(torch.tensor([list(token_ids)]))[0]
        return torch.cat([first[None], forward.softmax(-1) @ self.hmm.log_transition.exp()])

    def usage(self) -> Float[np.ndarray, " state"]:
        """How often each state is visited in sentences that the model makes; after the end token the next one begins.

        That is the stationary distribution of the chain whose way on from an end is where sentences begin.
        """
        ends = self._emission[:, END_ID, None]
        table = ((1 - ends) * self.hmm.log_transition.exp() + ends * self.hmm.log_initial.exp()).double().numpy()
        names = tuple(map(str, range(self.hmm.n_states)))
        return MarkovChain(names, table / table.sum(1, keepdims=True)).stationary()

    def top_words(self, state: int, k: int) -> list[tuple[str, float]]:
        """The k tokens that come most often from a state, with P(token | state)."""
        best = self._emission[state].topk(k)
        return list(zip(self.tokenizer.tokens(best.indices.tolist()), best.values.tolist(), strict=True))
