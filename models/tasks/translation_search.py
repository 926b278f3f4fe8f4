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


@torch.no_grad()
def search(
    network: Translator,
    source: Source,
    width: int,
    start_id: int,
    end_id: int,
    prefix: Sequence[int] = (),
    most: int = 50,
) -> Search:
    """Keeps the `width` best hypotheses, and continues each by every word.

    Width 1 is greedy search; a width that keeps everything is exhaustive. What has ended waits beside the beam, which
    stops when it can't overtake the `width` best of them any more.

    Args:
        network: gives the probabilities.
        source: one sentence.
        width: of the beam.
        start_id: stands before the first word.
        end_id: is written after the last.
        prefix: words that the translation must begin with.
        most: words of a translation, those of the prefix and the end among them.
    """
    nodes = list[SearchNode]()
    s, at, total = network.first_state(source), -1, 0.0
    step = network.step(source, torch.tensor([start_id], device=s.device), s)
    for word in prefix[:most]:
        log_prob = float(step.log_probs[0, word])
        total += log_prob
        nodes.append(SearchNode(word, at, log_prob, total, 0, word != end_id, word == end_id))
        at = len(nodes) - 1
        if word == end_id:
            return Search(tuple(nodes), (_hypothesis(nodes, at),))
        step = network.step(source, torch.tensor([word], device=s.device), step.s)
    beam, ended = [at], list[int]()
    for _ in range(len(prefix), most):
        before = [nodes[i].total if i >= 0 else 0.0 for i in beam]
        totals = step.log_probs.double() + torch.tensor(before, dtype=torch.double, device=s.device)[:, None]
        # Twice the width: even if half of the candidates end, the beam stays full.
        best = totals.flatten().topk(min(2 * width, totals.numel()))
        rows, places = list[int](), list[int]()
        for rank, (total, candidate) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True), 1):
            row, word = divmod(candidate, totals.shape[1])
            if total == -math.inf:
                break  # the rest is impossible
            ends = word == end_id
            kept = not ends and len(places) < width
            nodes.append(
                SearchNode(word, beam[row], float(step.log_probs[row, word]), total, rank, kept, ends and rank <= width)
            )
            if kept:
                rows.append(row)
                places.append(len(nodes) - 1)
            elif nodes[-1].ended:
                ended.append(len(nodes) - 1)
        beam = places
        ended = sorted(ended, key=lambda i: -nodes[i].total)[:width]
        if not beam or (len(ended) == width and nodes[ended[-1]].total >= nodes[beam[0]].total):
            break
        words = torch.tensor([nodes[i].word for i in beam], device=s.device)
        step = network.step(source.repeated(len(beam)), words, step.s[rows])
    return Search(tuple(nodes), tuple(_hypothesis(nodes, i) for i in ended or beam))


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
