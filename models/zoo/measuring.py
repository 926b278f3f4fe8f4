"""The numbers on the cards of the zoo's models."""

import math
from collections.abc import Sequence
from dataclasses import replace

from models.card import ModelCard
from models.interfaces import LanguageModel
from models.prediction.scoring import score

HELD_OUT = "held-out sentences of the corpus"


def measured(lm: LanguageModel, sentences: Sequence[str]) -> ModelCard:
    """The model's card with its perplexity and its bits per character on sentences that it was not trained on.

    Perplexity is per token, the end of a sentence counted, an unknown word as the token that it is. Bits per character
    count how unknown words are spelt, and a character for the end of each line.
    """
    log_prob = token_log_prob = 0.0
    tokens = characters = 0
    for sentence in sentences:
        one = score(lm, sentence, end=True)
        log_prob += one.total
        token_log_prob += float(one.token_log_probs.double().sum())
        tokens += len(one.token_ids)
        characters += len(sentence) + 1
    return replace(
        lm.card,
        perplexity=round(math.exp(-token_log_prob / tokens), 1),
        bits_per_character=round(-log_prob / math.log(2) / characters, 3),
        held_out=f"{HELD_OUT}: {len(sentences):,} sentences, {tokens:,} tokens",
    )
