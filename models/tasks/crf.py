"""Linear-chain conditional random fields: a score for each tag of each word, and one for each step from tag to tag.

A path's score is the sum of both, P(path | sentence) = exp(score) / Z, and Z adds up all paths; so tags are chosen
together, not one by one. Batched, in log space; sentences of different lengths stand side by side.

Sources: Lafferty, McCallum and Pereira 2001, Conditional Random Fields; Lample et al. 2016, Neural Architectures for
Named Entity Recognition, section 2.2 (P: `unary`, A: `transition`, with its rows and columns for start and end:
`initial` and `final`).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Possible:
    """Which tags can begin a path, and which can follow each other."""

    begins: Bool[Tensor, " tag"]
    steps: Bool[Tensor, "tag tag"]  # from before to


@dataclass(frozen=True, eq=False)
class Best:
    """The path with the highest score, and how it was found."""

    path: list[int]
    score: float
    scores: Float[Tensor, "pos tag"]  # of the best path that ends in each tag
    pointers: Int[Tensor, "pos tag"]  # the tag before, on that path; -1 at first


class CRF(nn.Module):
    """What leads from tag to tag."""

    def __init__(self, n_tags: int) -> None:
        super().__init__()
        self.transition = nn.Parameter(torch.zeros(n_tags, n_tags))  # from before to
        self.initial = nn.Parameter(torch.zeros(n_tags))
        self.final = nn.Parameter(torch.zeros(n_tags))

    def path_score(
        self, unary: Float[Tensor, "batch pos tag"], tags: Int[Tensor, "batch pos"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """The score of a path through each sentence; what stands beyond its end does not count."""
        there = _there(lengths, tags.shape[1])
        of_words = unary.gather(2, tags[..., None])[..., 0]
        steps = self.transition[tags[:, :-1], tags[:, 1:]]
        last = tags.gather(1, lengths[:, None] - 1)[:, 0]
        return (
            self.initial[tags[:, 0]]
            + of_words.masked_fill(~there, 0).sum(1)
            + steps.masked_fill(~there[:, 1:], 0).sum(1)
            + self.final[last]
        )

    def forward_scores(
        self, unary: Float[Tensor, "batch pos tag"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch pos tag"]:
        """ln of the sum over all paths up to a word that end in each tag; beyond the end the last word's again."""
        there = _there(lengths, unary.shape[1])
        found = [self.initial + unary[:, 0]]
        for t in range(1, unary.shape[1]):
            after = (found[-1][:, :, None] + self.transition).logsumexp(1) + unary[:, t]
            found.append(torch.where(there[:, t, None], after, found[-1]))
        return torch.stack(found, 1)

    def backward_scores(
        self, unary: Float[Tensor, "batch pos tag"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch pos tag"]:
        """ln of the sum over all ways on from each tag of a word to the end; at the last word that is `final`."""
        there = _there(lengths, unary.shape[1])
        found = [self.final.expand(len(unary), -1)]
        for t in range(unary.shape[1] - 1, 0, -1):
            before = (self.transition + (unary[:, t] + found[-1])[:, None, :]).logsumexp(2)
            found.append(torch.where(there[:, t, None], before, found[-1]))
        return torch.stack(found[::-1], 1)

    def log_partition(
        self, unary: Float[Tensor, "batch pos tag"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """ln Z: of the sum of exp(score) over all paths."""
        return (self.forward_scores(unary, lengths)[:, -1] + self.final).logsumexp(1)

    def log_prob(
        self, unary: Float[Tensor, "batch pos tag"], tags: Int[Tensor, "batch pos"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """ln P(path | sentence), in nats."""
        return self.path_score(unary, tags, lengths) - self.log_partition(unary, lengths)

    def marginals(
        self, unary: Float[Tensor, "batch pos tag"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch pos tag"]:
        """P(tag of a word | sentence), added up over all paths; of no meaning beyond the end."""
        return (self.forward_scores(unary, lengths) + self.backward_scores(unary, lengths)).softmax(-1)

    @torch.no_grad()
    def viterbi(
        self,
        unary: Float[Tensor, "batch pos tag"],
        lengths: Int[Tensor, " batch"],
        possible: Possible | None = None,
    ) -> list[Best]:
        """The best path of each sentence, by Viterbi's algorithm.

        Args:
            unary: scores of each word's tags.
            lengths: words of each sentence.
            possible: paths with other steps are left out.
        """
        initial: Tensor = self.initial
        transition: Tensor = self.transition
        if possible is not None:
            initial = initial.masked_fill(~possible.begins, -math.inf)
            transition = transition.masked_fill(~possible.steps, -math.inf)
        scores = [initial + unary[:, 0]]
        pointers = [torch.full(unary.shape[::2], -1)]
        for t in range(1, unary.shape[1]):
            best = (scores[-1][:, :, None] + transition).max(1)
            scores.append(best.values + unary[:, t])
            pointers.append(best.indices)
        all_scores, all_pointers = torch.stack(scores, 1), torch.stack(pointers, 1)
        return [
            self._read_back(all_scores[i, :length], all_pointers[i, :length])
            for i, length in enumerate(lengths.tolist())
        ]

    def _read_back(self, scores: Float[Tensor, "pos tag"], pointers: Int[Tensor, "pos tag"]) -> Best:
        whole = scores[-1] + self.final
        path, before = [int(whole.argmax())], pointers.tolist()
        for row in before[:0:-1]:
            path.append(row[path[-1]])
        return Best(path[::-1], float(whole.max()), scores, pointers)


def _there(lengths: Int[Tensor, " batch"], longest: int) -> Bool[Tensor, "batch pos"]:
    return torch.arange(longest) < lengths[:, None]
