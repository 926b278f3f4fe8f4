"""Paths of tokens after a text: those that were taken, the greedy one and those of beam search, as one tree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from models.interfaces import LanguageModel
from models.prediction.generating import Hypothesis, beam_search

_PATHS_AT_ONCE = 4  # whose rows of logits exist together


@dataclass(frozen=True)
class Found:
    """What a search has found so far."""

    greedy: Hypothesis
    beams: tuple[Hypothesis, ...] = ()  # best first


@dataclass(frozen=True)
class Node:
    """One token of a tree."""

    token_id: int
    parent: int  # index of the node before it; -1: the root
    log_prob: float  # ln P(token | all before it)
    total: float  # ln P(path from the root to here | root)


def walk(lm: LanguageModel, root: Sequence[int], paths: Sequence[Sequence[int]]) -> Iterator[Hypothesis]:
    """Paths of one token or more after the root, with the log-probability of each of their tokens."""
    for start in range(0, len(paths), _PATHS_AT_ONCE):
        some = paths[start : start + _PATHS_AT_ONCE]
        rows = lm.logits_batch([[*root, *path[:-1]] for path in some], [len(root)] * len(some))
        for row, path in zip(rows, some, strict=True):
            targets = torch.tensor(path, device=row.device)[:, None]
            log_probs = row.log_softmax(-1).gather(1, targets)[:, 0].tolist()
            yield Hypothesis(tuple(path), tuple(log_probs), path[-1] == lm.tokenizer.end_id)


def search(lm: LanguageModel, root: Sequence[int], width: int, max_tokens: int) -> Iterator[Found]:
    """The greedy path and then, if the width is above 1, those of the beam, a token deeper each time."""
    found = Found(Hypothesis((), (), ended=False))
    for hypotheses in beam_search(lm, root, 1, max_tokens):
        found = replace(found, greedy=hypotheses[0])
        yield found
    if width > 1:
        for hypotheses in beam_search(lm, root, width, max_tokens):
            found = replace(found, beams=tuple(hypotheses))
            yield found


def tree(paths: Sequence[Hypothesis]) -> tuple[list[Node], list[list[int]]]:
    """The prefix tree of several paths.

    Returns:
        The nodes, parents before their children, and for each path the indices of its nodes.
    """
    nodes: list[Node] = []
    known: dict[tuple[int, int], int] = {}
    walks = []
    for path in paths:
        at, total, walk = -1, 0.0, list[int]()
        for token_id, log_prob in zip(path.token_ids, path.log_probs, strict=True):
            total += log_prob
            if (at, token_id) not in known:
                known[at, token_id] = len(nodes)
                nodes.append(Node(token_id, at, log_prob, total))
            at = known[at, token_id]
            walk.append(at)
        walks.append(walk)
    return nodes, walks
