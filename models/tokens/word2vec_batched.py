"""Skip-gram on a GPU: thousands of centre words at once, and the negatives as matrix products.

The loss is that of `word2vec`, summed over a batch, with one saving: a group of neighbouring centre words shares its
drawn negatives, each of which stands for as many as were to be drawn for each pair; now and then one of them is the
positive itself. A step is the gradient of the whole batch (Ji, Satish, Li and Dubey 2016, Parallelizing Word2Vec in
Shared and Distributed Memory).
"""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import logsigmoid

from models import device
from models.errors import ModelError
from models.tokens.running_words import SENTENCE_END, RunningWords
from models.tokens.word2vec import Settings, Vectors, fresh, keep_probability, negative_probability
from models.tokens.word2vec_training import Followed, Pairs, Training, looked_at

_GROUP = 16  # centre words that share their negatives
_DRAWN = 64  # negatives of a group
_BATCH = 8_192  # centre words of a step at most
_WORTH = 512  # centre words of a step from which on a GPU is quicker
_A_WORD = 0.1  # so many centre words of a step a word of the vocabulary at most, or a step goes too far


class BatchedTraining(Followed):
    """Vectors that are being learned on a device; the shape of `word2vec_training.Training`."""

    def __init__(self, text: RunningWords, settings: Settings, on: torch.device) -> None:
        """Nothing is learned yet.

        Raises:
            ModelError: the method is CBOW, or the text too short.
        """
        if settings.method != "skip-gram":
            raise ModelError("In batches there is skip-gram only: train CBOW on the CPU.")
        self.text, self.settings, self._device = text, settings, on
        self._learned, held_out = text.split()
        self.done, self.of = 0, settings.epochs * len(self._learned.ids)
        if not self.of:
            raise ModelError("The text is too short to learn from: give a longer one.")
        begun = fresh(len(text.words), settings.n_embd, settings.seed)
        self._target, self._context = (torch.from_numpy(part).to(on) for part in (begun.target, begun.context))
        self._generator = torch.Generator(on).manual_seed(settings.seed)
        self._keep = torch.from_numpy(keep_probability(text.counts, settings.subsample)).to(on)
        self._negatives = torch.from_numpy(negative_probability(text.counts, settings.power)).to(on)
        self._seen, self._unseen = (
            Pairs(looked_at(part, settings), settings.method) for part in (self._learned, held_out)
        )

    @property
    def vectors(self) -> Vectors:
        """A copy of what is learned so far."""
        return Vectors(self._target.cpu().numpy().copy(), self._context.cpu().numpy().copy())

    def __iter__(self) -> Iterator[int]:
        """Works; gives how much is done of `of` after each step."""
        ids = torch.from_numpy(self._learned.ids).to(self._device).long()
        batch = max(_GROUP, min(_BATCH, int(_A_WORD * len(self.text.words))) // _GROUP * _GROUP)
        for _ in range(self.settings.epochs):
            before = self.done
            words = ids != SENTENCE_END
            keep = ~words | (self._random(len(ids)) < self._keep[ids.clamp(min=0)])
            kept, sentence = ids[keep], (~words).cumsum(0)[keep]
            centres = (kept != SENTENCE_END).nonzero().squeeze(1)
            for start in range(0, len(centres), batch):
                places = centres[start : start + batch]
                contexts, is_pair = self._neighbours(kept, sentence, places)
                groups = -(-len(places) // _GROUP)
                drawn = self._negatives.multinomial(groups * _DRAWN, replacement=True, generator=self._generator)
                self._step(kept[places], contexts, is_pair, drawn.view(groups, _DRAWN))
                self.done = before + round(min(1.0, (start + batch) / len(centres)) * len(ids))
                yield self.done
            self.done = before + len(ids)

    def _random(self, size: int) -> Float[Tensor, " size"]:
        return torch.rand(size, device=self._device, generator=self._generator)

    def _neighbours(
        self, kept: Int[Tensor, " kept"], sentence: Int[Tensor, " kept"], places: Int[Tensor, " centre"]
    ) -> tuple[Int[Tensor, "centre context"], Bool[Tensor, "centre context"]]:
        """The words around each place, and which of them are within its drawn window and its sentence."""
        window = self.settings.window
        offsets = torch.tensor([d for d in range(-window, window + 1) if d], device=self._device)
        reach = 1 + (self._random(len(places)) * window).long()
        around = places[:, None] + offsets
        inside = (around >= 0) & (around < len(kept))
        around = around.clamp(0, len(kept) - 1)
        near = inside & (offsets.abs() <= reach[:, None]) & (sentence[around] == sentence[places][:, None])
        return kept[around].clamp(min=0), near & (kept[around] != SENTENCE_END)

    def _step(
        self,
        centres: Int[Tensor, " centre"],
        contexts: Int[Tensor, "centre context"],
        is_pair: Bool[Tensor, "centre context"],
        drawn: Int[Tensor, "group drawn"],
    ) -> None:
        """Takes one step down the gradient of `batch_loss`, by hand: ∂(-log σ(x)) is σ - 1, ∂(-log σ(-x)) is σ."""
        rate, width = self.learning_rate, self._target.shape[1]
        rows = self._target[centres]
        positive = self._context[contexts]
        pull = torch.einsum("cd,cpd->cp", rows, positive).sigmoid().sub_(1).mul_(is_pair)
        change = torch.einsum("cp,cpd->cd", pull, positive)
        by_group, weight = _grouped(rows), _grouped(_weights(is_pair, self.settings.negatives)[:, None])
        negative = self._context[drawn]
        push = (by_group @ negative.transpose(1, 2)).sigmoid().mul_(weight)
        change += (push @ negative).view(-1, width)[: len(centres)]
        by_positive = (pull[:, :, None] * rows[:, None]).view(-1, width)
        by_negative = (push.transpose(1, 2) @ by_group).view(-1, width)
        self._context.index_add_(0, contexts.reshape(-1), by_positive, alpha=-rate)
        self._context.index_add_(0, drawn.reshape(-1), by_negative, alpha=-rate)
        self._target.index_add_(0, centres, change, alpha=-rate)


def begin(text: RunningWords, settings: Settings, threads: int = 1) -> Training | BatchedTraining:
    """Training where it is quickest: skip-gram on the GPU, if there is one and words enough for large batches."""
    chosen = device.pick()
    if chosen.type == "cuda" and settings.method == "skip-gram" and len(text.words) * _A_WORD >= _WORTH:
        return BatchedTraining(text, settings, chosen)
    return Training(text, settings, threads)


def batch_loss(
    target: Float[Tensor, "vocab n_embd"],
    context: Float[Tensor, "vocab n_embd"],
    centres: Int[Tensor, " centre"],
    contexts: Int[Tensor, "centre context"],
    is_pair: Bool[Tensor, "centre context"],
    drawn: Int[Tensor, "group drawn"],
    negatives: int,
) -> Float[Tensor, ""]:
    """The loss of a batch in nats: what the steps go down.

    Args:
        target: t_w of every word.
        context: c_w of every word.
        centres: the centre words.
        contexts: the words around each.
        is_pair: which of these are its neighbours.
        drawn: the negatives of each group of centre words.
        negatives: K, so many negatives a pair has.
    """
    positive = torch.einsum("cd,cpd->cp", target[centres], context[contexts])
    dots = _grouped(target[centres]) @ context[drawn].transpose(1, 2)
    weight = _grouped(_weights(is_pair, negatives)[:, None])
    return -(logsigmoid(positive) * is_pair).sum() - (logsigmoid(-dots) * weight).sum()


def _weights(is_pair: Bool[Tensor, "centre context"], negatives: int) -> Float[Tensor, " centre"]:
    """For how many negatives of its pairs each drawn word stands."""
    return is_pair.sum(1) * (negatives / _DRAWN)


def _grouped(rows: Float[Tensor, "centre width"]) -> Float[Tensor, "group centre_in_group width"]:
    """Rows in groups; the last is filled up with zeros."""
    missing = -len(rows) % _GROUP
    return torch.cat([rows, rows.new_zeros(missing, rows.shape[1])]).view(-1, _GROUP, rows.shape[1])
