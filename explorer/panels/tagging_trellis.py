"""Viterbi's algorithm on a CRF's scores as a trellis, each number with the maximum that it comes from."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from explorer.components.trellis import Cell, Sum, Trellis
from explorer.numbers import minus
from explorer.panels.tagging_text import in_words
from models.tasks.crf import CRF, Possible
from models.tasks.tagging_models import PathTrace

_STATES = 6  # tags that are drawn
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def shown_tags(trace: PathTrace) -> list[int]:
    """The tags of both paths, and those that are most probable anywhere; in their own order."""
    marginals = (trace.forward + trace.backward).softmax(-1)
    likely = marginals.amax(0).argsort(descending=True).tolist()
    wanted = dict.fromkeys([*trace.best.path, *trace.alone])
    return sorted([*wanted, *(tag for tag in likely if tag not in wanted)][: max(_STATES, len(wanted))])


def trellis_of(words: Sequence[str], trace: PathTrace, crf: CRF, possible: Possible | None) -> Trellis:
    """The steps of Viterbi's algorithm.

    Args:
        words: of the sentence.
        trace: of it.
        crf: whose scores these are.
        possible: steps that may be taken; None: all.
    """
    initial: Tensor = crf.initial
    transition: Tensor = crf.transition
    if possible is not None:
        initial = initial.masked_fill(~possible.begins, -math.inf)
        transition = transition.masked_fill(~possible.steps, -math.inf)
    best = trace.best
    numbers = _Numbers(
        initial.tolist(),
        transition.T.tolist(),
        crf.final.tolist(),
        trace.unary.tolist(),
        best.scores.tolist(),
        best.scores.softmax(-1).tolist(),
    )
    tags = shown_tags(trace)
    places = {tag: i for i, tag in enumerate(tags)}
    return {
        "states": [in_words(tag) for tag in tags],
        "words": list(words),
        "cells": [[_cell(words[t], numbers, tags, t, tag) for tag in tags] for t in range(len(words))],
        "steps": (transition[tags][:, tags] > -math.inf).tolist(),
        "pointers": [[places.get(row[tag], -1) for tag in tags] for row in best.pointers.tolist()[1:]],
        "path": [places[tag] for tag in best.path],
        "begins": best.scores[:, tags].argmax(1).tolist(),
        "read_back": False,
        "end": _end(trace, numbers, tags),
    }


def score(value: float) -> str:
    """A score to two digits after the point.

    >>> score(-1.5), score(-math.inf)
    ('−1.50', '−∞')
    """
    return "−∞" if value == -math.inf else minus(f"{value:.2f}")


class _Numbers(NamedTuple):
    """All scores as plain numbers: looked up thousands of times."""

    initial: list[float]
    into: list[list[float]]  # the transitions: to, from
    final: list[float]
    unary: list[list[float]]
    best: list[list[float]]  # of the best path that ends in each tag
    shares: list[list[float]]


def _cell(word: str, numbers: _Numbers, tags: Sequence[int], t: int, tag: int) -> Cell:
    value, here = numbers.best[t][tag], f"δ{_sub(t + 1)}"
    comes_from, marked = [0.0] * len(tags), -1
    if t == 0:
        gathered, formula = numbers.initial[tag], f"{here}(j) = T(start, j) + s{_sub(1)}(j)"
        head, rows = [f"T(start, {in_words(tag)})"], [[score(gathered)]]
    else:
        before, moves = numbers.best[t - 1], numbers.into[tag]
        parts = [one + move for one, move in zip(before, moves, strict=True)]
        gathered = max(parts)
        first = parts.index(gathered)
        listed = [*tags, *([first] if first not in tags else [])]
        formula = f"{here}(j) = maxᵢ (δ{_sub(t)}(i) + T(i, j)) + s{_sub(t + 1)}(j)"
        head = ["i", f"δ{_sub(t)}(i)", f"+ T(i, {in_words(tag)})", "="]
        rows = [[in_words(i), score(before[i]), score(moves[i]), score(parts[i])] for i in listed]
        if gathered > -math.inf:
            marked = listed.index(first)
            comes_from = [0.5 * (i == first) for i in tags]
    unary = numbers.unary[t][tag]
    found: Sum = {
        "formula": formula,
        "head": head,
        "rows": rows,
        "marked": marked,
        "total": f"{score(gathered)} + s({word}, {in_words(tag)}) ="
        f" {score(gathered)} + {score(unary)} = {score(value)}",
    }
    return {"value": _brief(value), "share": numbers.shares[t][tag], "comes_from": comes_from, "sum": found}


def _end(trace: PathTrace, numbers: _Numbers, tags: Sequence[int]) -> Sum:
    last, final, best = numbers.best[-1], numbers.final, score(trace.best.score)
    return {
        "formula": "maxⱼ (δ(j) + T(j, end)), and back along the pointers",
        "head": ["j", "δ(j)", "+ T(j, end)", "="],
        "rows": [[in_words(j), score(last[j]), score(final[j]), score(last[j] + final[j])] for j in tags],
        "marked": tags.index(trace.best.path[-1]),
        "total": f"ln P(path) = score − ln Z = {best} − {score(trace.log_partition)} = "
        f"{score(trace.best.score - trace.log_partition)}",
    }


def _brief(value: float) -> str:
    """In a circle."""
    return "−∞" if value == -math.inf else minus(f"{value:.1f}" if abs(value) < 1000 else f"{value:.0f}")


def _sub(number: int) -> str:
    return str(number).translate(_SUBSCRIPTS)
