"""Language models small enough to check by hand."""

import torch

from models.card import ModelCard
from models.errors import ModelError
from models.interfaces import LanguageModel
from models.tasks.card import TaskCard

LETTERS = "abcdef "
TASK_CARD = TaskCard(
    name="toy",
    title="Toy",
    family="lstm",
    corpus="",
    training="",
    licence="",
    source="",
    precision="",
    parameters=0,
    sha256="",
    held_out="",
    scores={},
    published={},
)


class LetterTokenizer:
    """Seven characters, a start and an end."""

    vocab_size = len(LETTERS) + 2
    start_id = len(LETTERS)
    end_id = len(LETTERS) + 1
    unk_id = None

    def encode(self, text):
        unknown = set(text) - set(LETTERS)
        if unknown:
            raise ModelError(f"{min(unknown)} is not in the vocabulary. Delete it.")
        return [LETTERS.index(character) for character in text]

    def decode(self, token_ids):
        return "".join(LETTERS[token_id] if token_id < len(LETTERS) else "" for token_id in token_ids)

    def tokens(self, token_ids):
        return [[*LETTERS[:-1], "␣", "<s>", "</s>"][token_id] for token_id in token_ids]

    def spans(self, text):
        return [(i, i + 1) for i in range(len(self.encode(text)))]


def _card(name):
    return ModelCard(
        name=name, title=name, family="toy", corpus="none", licence="none", source="none", precision="float32",
        vocab_size=LetterTokenizer.vocab_size, block_size=10_000,
    )  # fmt: skip


class UniformLM(LanguageModel):
    """Every token is equally probable."""

    def __init__(self):
        self.card, self.tokenizer = _card("uniform"), LetterTokenizer()

    def logits(self, token_ids, start=0):
        return torch.zeros(len(token_ids) + 1 - start, self.tokenizer.vocab_size)


class BigramLM(LanguageModel):
    """P(next | last token), from a fixed table of random logits."""

    def __init__(self, seed=0):
        self.card, self.tokenizer = _card("bigram"), LetterTokenizer()
        size = self.tokenizer.vocab_size
        self.table = torch.randn(size, size, generator=torch.Generator().manual_seed(seed)) * 2

    def logits(self, token_ids, start=0):
        history = [self.tokenizer.start_id, *token_ids]
        return self.table[history[start:]]
