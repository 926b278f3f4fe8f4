"""What a language model says of a text: the next token's distribution, and the probability of what is there.

Source: the chain rule, P(S) = prod_t P(w_t | w_<t); Jurafsky and Martin, Speech and Language Processing, 3rd ed.,
chapter 3 (perplexity: equation 3.15).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.errors import ModelError
from models.interfaces import LanguageModel, Spells, Tokenizer
from models.tokens.prefixes import common_prefix

TOP = 10  # alternatives kept of each position
_CHUNK_BYTES = 16 * 2**20  # rows of logits of one text that exist at once
_BATCH_BYTES = 64 * 2**20  # of several


@dataclass(frozen=True, eq=False)
class NextToken:
    """The distribution over the whole vocabulary that follows a history."""

    tokenizer: Tokenizer
    logits: Float[Tensor, " vocab"]

    @cached_property
    def log_probs(self) -> Float[Tensor, " vocab"]:
        """Natural logarithms of `probs`."""
        return self.logits.log_softmax(-1)

    @cached_property
    def probs(self) -> Float[Tensor, " vocab"]:
        """Probabilities; they sum to 1, nothing is cut off."""
        return self.logits.softmax(-1)

    @property
    def log_normaliser(self) -> float:
        """ln of the sum of exp(logits): log_probs = logits - log_normaliser."""
        return float(self.logits.double().logsumexp(-1))

    @cached_property
    def entropy(self) -> float:
        """Entropy in bits: how many yes-no questions the next token is worth on average."""
        return float(torch.special.entr(self.probs.double()).sum()) / math.log(2)

    @property
    def perplexity(self) -> float:
        """2 to the entropy: among how many equally likely tokens the choice would be as hard."""
        return float(2.0**self.entropy)

    def rank(self, token_id: int) -> int:
        """1 for the most probable token; equals share the best rank."""
        return int((self.logits > self.logits[token_id]).sum()) + 1

    def top_ids(self, k: int) -> list[int]:
        """The k most probable token ids, most probable first; equals in the order of their ids."""
        least = self.logits.topk(min(k, len(self.logits))).values[-1]
        among = (self.logits >= least).nonzero()[:, 0]
        order = self.logits[among].sort(descending=True, stable=True).indices
        ids: list[int] = among[order][:k].tolist()
        return ids

    def top(self, k: int) -> list[tuple[str, float]]:
        """The k most probable tokens in their visible form, with probabilities."""
        ids = self.top_ids(k)
        return list(zip(self.tokenizer.tokens(ids), self.probs[ids].tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Score:
    """A text's probability, token by token.

    Position t holds what the model said of token t given those before it, and its `TOP` first choices there. A word
    that the vocabulary does not hold costs P(<unk>) times the probability of its spelling.
    """

    text: str
    token_ids: tuple[int, ...]
    tokens: tuple[str, ...]
    token_log_probs: Float[Tensor, " pos"]  # ln P(token | before), of an unknown word that of <unk>
    spelling: Float[Tensor, " pos"]  # ln P(spelling | <unk>); 0 where the vocabulary holds the token
    ranks: Int[Tensor, " pos"]  # 1: the model's first choice
    entropies: Float[Tensor, " pos"]  # bits
    top_ids: Int[Tensor, "pos top"]
    top_log_probs: Float[Tensor, "pos top"]
    next: NextToken  # what follows the whole text

    @cached_property
    def log_probs(self) -> Float[Tensor, " pos"]:
        """Natural logarithms of the factors of P(text)."""
        return self.token_log_probs + self.spelling

    @cached_property
    def total(self) -> float:
        """ln P(text): the sum of `log_probs`."""
        return float(self.log_probs.double().sum())

    @property
    def bits_per_character(self) -> float:
        """-log2 P(text) per character: comparable across tokenizers. NaN for an empty text."""
        return -self.total / math.log(2) / len(self.text) if self.text else math.nan

    @property
    def perplexity(self) -> float:
        """exp(-mean of `token_log_probs`): <unk> is one of the tokens here, however it is spelt. NaN without tokens."""
        return math.exp(-float(self.token_log_probs.double().mean())) if self.token_ids else math.nan


def next_token(lm: LanguageModel, history: str | Sequence[int]) -> NextToken:
    """The distribution of the token after `history`, a text or token ids."""
    token_ids = _ids(lm, history)
    return NextToken(lm.tokenizer, lm.logits(token_ids, start=len(token_ids))[-1].cpu().clone())


def score(
    lm: LanguageModel,
    text: str | Sequence[int],
    *,
    written: str | None = None,
    after: Score | None = None,
    end: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Score:
    """The probability of `text`, of every token given those before it, in one walk over it.

    Args:
        lm: any language model.
        text: a text, or its token ids.
        written: the text that these ids are of, where it is known: without it unknown words cost no spelling.
        after: an earlier score by the same model; only what differs from it is computed.
        end: whether the end of the text counts as a last token.
        progress: is told (positions done, positions in all); may raise to stop the walk.

    Raises:
        ModelError: the text is too long, or can't be written in the vocabulary, or has no end token to count.
    """
    token_ids = _with_end(lm, _ids(lm, text), end)
    known = 0 if after is None else common_prefix(after.token_ids, token_ids)
    parts = [] if after is None else [_kept(after, known)]
    start = known
    if after is not None and known == len(after.token_ids) < len(token_ids):
        # The first new token was predicted already: its row is `after.next`.
        parts.append(_summary(after.next.logits[None], token_ids[known : known + 1]))
        start = known + 1
    rows_at_once = max(1, _CHUNK_BYTES // (4 * lm.tokenizer.vocab_size))
    last = after.next.logits if after is not None and known == len(after.token_ids) == len(token_ids) else None
    while last is None:
        stop = min(start + rows_at_once, len(token_ids) + 1)
        rows = lm.logits(token_ids[: stop - 1], start=start)
        scored = token_ids[start:stop]
        parts.append(_summary(rows[: len(scored)], scored))
        progress(stop - 1, len(token_ids))
        if stop > len(token_ids):
            last = rows[-1].cpu().clone()  # a view would keep all rows
        start = stop
    return _score(lm.tokenizer, text if isinstance(text, str) else written, token_ids, parts, last)


def score_batch(lm: LanguageModel, texts: Sequence[str | Sequence[int]], *, end: bool = False) -> Iterator[list[Score]]:
    """The scores of several texts, in their order, a batch at a time; equal to those of `score`.

    Raises:
        ModelError: as `score`.
    """
    histories = [_with_end(lm, _ids(lm, text), end) for text in texts]
    most_rows = max(1, _BATCH_BYTES // (4 * lm.tokenizer.vocab_size))
    start = 0
    while start < len(texts):
        stop, longest = start, 0
        while stop < len(texts) and (
            stop == start or (stop + 1 - start) * max(longest, len(histories[stop])) < most_rows
        ):
            longest = max(longest, len(histories[stop]))
            stop += 1
        yield list(_scores(lm, texts[start:stop], histories[start:stop], end))
        start = stop


def _scores(
    lm: LanguageModel, texts: Sequence[str | Sequence[int]], histories: Sequence[list[int]], end: bool
) -> Iterator[Score]:
    if len(texts) == 1:
        yield score(lm, texts[0], end=end)  # which walks a long text in chunks
        return
    batch = lm.logits_batch(histories, [0] * len(histories))
    for text, token_ids, rows in zip(texts, histories, batch, strict=True):
        parts = [_summary(rows[: len(token_ids)], token_ids)]
        known = text if isinstance(text, str) else None
        yield _score(lm.tokenizer, known, token_ids, parts, rows[-1].cpu().clone())


def _score(
    tokenizer: Tokenizer,
    text: str | None,
    token_ids: list[int],
    parts: Sequence[tuple[Tensor, ...]],
    last: Float[Tensor, " vocab"],
) -> Score:
    log_probs, ranks, entropies, top_ids, top_log_probs = (torch.cat(column) for column in zip(*parts, strict=True))
    return Score(
        text=tokenizer.decode(token_ids) if text is None else text,
        token_ids=tuple(token_ids),
        tokens=tuple(tokenizer.tokens(token_ids)),
        token_log_probs=log_probs,
        # Of bare ids nobody knows how their unknown words are spelt.
        spelling=torch.zeros(len(token_ids)) if text is None else _spelling(tokenizer, text, token_ids),
        ranks=ranks,
        entropies=entropies,
        top_ids=top_ids,
        top_log_probs=top_log_probs,
        next=NextToken(tokenizer, last),
    )


def _spelling(tokenizer: Tokenizer, text: str, token_ids: Sequence[int]) -> Float[Tensor, " pos"]:
    spelling = torch.zeros(len(token_ids))
    if isinstance(tokenizer, Spells) and tokenizer.unk_id in token_ids:
        of_text = tokenizer.spelling(text)
        if tokenizer.encode(text) == list(token_ids[: len(of_text)]):  # else nobody knows how they are spelt
            spelling[: len(of_text)] = torch.tensor(of_text)
    return spelling


def _with_end(lm: LanguageModel, token_ids: list[int], end: bool) -> list[int]:
    if not end:
        return token_ids
    if lm.tokenizer.end_id is None:
        raise ModelError(f"{lm.card.title} has no end token, so the end of a text has no probability.")
    return [*token_ids, lm.tokenizer.end_id]


def _ids(lm: LanguageModel, text: str | Sequence[int]) -> list[int]:
    return lm.tokenizer.encode(text) if isinstance(text, str) else list(text)


def _kept(after: Score, known: int) -> tuple[Tensor, ...]:
    columns = (after.token_log_probs, after.ranks, after.entropies, after.top_ids, after.top_log_probs)
    return tuple(column[:known] for column in columns)


def _summary(rows: Float[Tensor, "pos vocab"], targets: Sequence[int]) -> tuple[Tensor, ...]:
    """Of each row, what is kept: the target's log-probability and rank, the entropy in bits, the first choices."""
    log_probs = rows.log_softmax(-1)
    target = torch.tensor(targets, dtype=torch.long, device=rows.device)[:, None]
    ranks = (rows > rows.gather(1, target)).sum(1) + 1
    # P = 0 counts as 0: the bound only keeps 0 times minus infinity from being NaN.
    entropies = -(log_probs.exp() * log_probs.clamp(min=-1e4)).sum(1) / math.log(2)
    top = log_probs.topk(min(TOP, rows.shape[1]), dim=1)
    columns = (log_probs.gather(1, target)[:, 0], ranks, entropies, top.indices, top.values)
    return tuple(column.cpu() for column in columns)
