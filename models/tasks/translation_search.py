"""Greedy and beam search for a translation, as the tree of words that they looked at.

A hypothesis is worth ln P(y_1 … y_n | source) = Σ ln P(y_i | y_1 … y_{i-1}, source); of those that have ended, long
ones can be helped by ln P / n^α.

Source: Graves 2012, Sequence Transduction (beam search); Sutskever, Vinyals and Le 2014, section 3.2; Wu et al. 2016,
Google's Neural Machine Translation System, section 7, on the length (with n in place of their (5 + n) / 6).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from models.tasks.translation import Source, Translator


@dataclass(frozen=True)
class SearchNode:
    """A word that a search looked at closely."""

    word: int
    parent: int  # index of the node before it; -1: the beginning
    log_prob: float  # ln P(word | all before it)
    total: float  # ln P of all words from the beginning to here
    rank: int  # among all candidates of this step, from 1; 0: it was forced
    kept: bool  # the search went on from it
    ended: bool  # it is the end of a sentence, and one of the best of its step


@dataclass(frozen=True)
class Hypothesis:
    """A translation, as the search holds it."""

    nodes: tuple[int, ...]  # indices of its words, the end among them where it has ended
    words: tuple[int, ...]
    log_probs: tuple[float, ...]
    ended: bool

    @property
    def total(self) -> float:
        """ln P of the words, given the source."""
        return math.fsum(self.log_probs)

    def normalised(self, exponent: float) -> float:
        """ln P / n^α, n words, the end counted."""
        return self.total / float(max(1, len(self.words)) ** exponent)


@dataclass(frozen=True)
class Search:
    """What a search looked at, and what it found."""

    nodes: tuple[SearchNode, ...]  # parents before their children
    hypotheses: tuple[Hypothesis, ...]  # best first by ln P; those that have ended, or where none has, the beam

    def best(self, exponent: float = 0.0) -> Hypothesis:
        """The one that is worth most."""
        return max(self.hypotheses, key=lambda one: one.normalised(exponent))

    def left(self) -> list[Hypothesis]:
        """The paths that the beam held and left, best first."""
        held = {i for one in self.hypotheses for i in one.nodes}
        parents = {node.parent for node in self.nodes if node.kept or node.ended}
        ends = [i for i, node in enumerate(self.nodes) if (node.kept or node.ended) and i not in held | parents]
        return [_hypothesis(self.nodes, i) for i in sorted(ends, key=lambda i: -self.nodes[i].total)]


class Beam:
    """One search, as far as it has come."""

    def __init__(self, width: int, end_id: int, nodes: Sequence[SearchNode]) -> None:
        """From the words of a prefix on."""
        self._width, self._end_id = width, end_id
        self._nodes, self._ended = list(nodes), list[int]()
        self._beam = [len(nodes) - 1]

    def grow(self, log_probs: Float[Tensor, "beam vocab"]) -> list[tuple[int, int]]:
        """Looks at what may follow each hypothesis; gives the row and the word of each that is kept, until it is over.

        Args:
            log_probs: ln P of every word after each hypothesis.
        """
        width, nodes = self._width, self._nodes
        # Twice the width: even if half of the candidates end, the beam stays full.
        best = log_probs.topk(min(2 * width, log_probs.shape[1]))
        candidates = [
            ((nodes[i].total if i >= 0 else 0.0) + log_prob, row, word, log_prob)
            for row, (i, *found) in enumerate(zip(self._beam, best.indices.tolist(), best.values.tolist(), strict=True))
            for word, log_prob in zip(*found, strict=True)
        ]
        candidates.sort(key=lambda candidate: -candidate[0])
        kept, places = list[tuple[int, int]](), list[int]()
        for rank, (total, row, word, log_prob) in enumerate(candidates[: 2 * width], 1):
            if total == -math.inf:
                break  # the rest is impossible
            ends = word == self._end_id
            is_kept = not ends and len(places) < width
            nodes.append(SearchNode(word, self._beam[row], log_prob, total, rank, is_kept, ends and rank <= width))
            if is_kept:
                kept.append((row, word))
                places.append(len(nodes) - 1)
            elif nodes[-1].ended:
                self._ended.append(len(nodes) - 1)
        self._beam = places
        self._ended = ended = sorted(self._ended, key=lambda i: -nodes[i].total)[:width]
        is_over = not places or (len(ended) == width and nodes[ended[-1]].total >= nodes[places[0]].total)
        return [] if is_over else kept

    def found(self) -> Search:
        """What it has found."""
        return Search(tuple(self._nodes), tuple(_hypothesis(self._nodes, i) for i in self._ended or self._beam))


@torch.no_grad()
def searches(
    network: Translator,
    source: Source,
    widths: Sequence[int],
    start_id: int,
    end_id: int,
    prefix: Sequence[int] = (),
    most: int = 50,
) -> list[Search]:
    """Searches side by side, each of which keeps its `width` best hypotheses, and continues each by every word.

    Width 1 is greedy search; a width that keeps everything is exhaustive. What has ended waits beside the beam, which
    stops when it can't overtake the `width` best of them any more.

    Args:
        network: gives the probabilities.
        source: one sentence.
        widths: of the beams.
        start_id: stands before the first word.
        end_id: is written after the last.
        prefix: words that the translation must begin with.
        most: words of a translation, those of the prefix and the end among them.
    """
    forced = list[SearchNode]()
    s, total = network.first_state(source), 0.0
    step = network.step(source, torch.tensor([start_id], device=s.device), s)
    for i, word in enumerate(prefix[:most]):
        log_prob = float(step.log_probs[0, word])
        total += log_prob
        forced.append(SearchNode(word, i - 1, log_prob, total, 0, word != end_id, word == end_id))
        if word == end_id:
            return [Search(tuple(forced), (_hypothesis(forced, i),)) for _ in widths]
        step = network.step(source, torch.tensor([word], device=s.device), step.s)
    beams = [Beam(width, end_id, forced) for width in widths]
    going = [(beam, [0]) for beam in beams]  # and its rows of the step
    for _ in range(len(prefix), most):
        kept = [(beam, rows, beam.grow(step.log_probs[rows])) for beam, rows in going]
        pairs = [(rows[row], word) for _, rows, found in kept for row, word in found]
        if not pairs:
            break
        last = iter(range(len(pairs)))
        going = [(beam, [next(last) for _ in found]) for beam, _, found in kept if found]
        before, words = zip(*pairs, strict=True)
        step = network.step(source.repeated(len(pairs)), torch.tensor(words, device=s.device), step.s[list(before)])
    return [beam.found() for beam in beams]


def _hypothesis(nodes: Sequence[SearchNode], last: int) -> Hypothesis:
    """The path to a node."""
    path = list[int]()
    at = last
    while at >= 0:
        path.append(at)
        at = nodes[at].parent
    path.reverse()
    return Hypothesis(
        tuple(path),
        tuple(nodes[i].word for i in path),
        tuple(nodes[i].log_prob for i in path),
        bool(path) and nodes[path[-1]].ended,
    )
