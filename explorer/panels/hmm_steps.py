"""The steps of the forward, the posterior and the Viterbi computation, each number with the sum it comes from."""

import math
from collections.abc import Sequence

from explorer.components.trellis import Cell, Sum, Trellis
from explorer.numbers import power_of_ten
from explorer.panels.hmm_model import Observation

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def forward(seen: Observation) -> Trellis:
    """alpha_t(j): all paths that end in a state, added up."""
    end: Sum = {
        "formula": "P(w) = Σⱼ α(j), over the states at the last word",
        "head": ["state", f"α{_sub(len(seen.words))}"],
        "rows": [[state, number(value)] for state, value in zip(seen.model.states, seen.forward[-1], strict=True)],
        "marked": -1,
        "total": f"P(w) = {number(seen.log_prob)}",
    }
    return _trellis(seen, seen.forward, "α", best=False, end=end)


def viterbi(seen: Observation) -> Trellis:
    """delta_t(j): the best of the paths that end in a state."""
    scores: list[list[float]] = seen.viterbi.scores.tolist()
    path = seen.viterbi.path
    names = " → ".join(seen.model.states[state] for state in path)
    share = math.exp(seen.viterbi.log_prob - seen.log_prob)
    end: Sum = {
        "formula": f"maxⱼ δ(j), over the states at the last word, and back along the pointers: {names}",
        "head": ["state", f"δ{_sub(len(seen.words))}"],
        "rows": [[state, number(value)] for state, value in zip(seen.model.states, scores[-1], strict=True)],
        "marked": path[-1],
        "total": f"P(path, w) = {number(seen.viterbi.log_prob)}: {share * 100:.3g} % of P(w)",
    }
    data = _trellis(seen, scores, "δ", best=True, end=end)
    data["pointers"] = [
        [before if score > -math.inf else -1 for before, score in zip(pointers, row, strict=True)]
        for pointers, row in zip(seen.viterbi.pointers.tolist()[1:], scores[1:], strict=True)
    ]
    data["path"] = list(path)
    return data


def posterior(seen: Observation) -> Trellis:
    """gamma_t(j): the share of all paths that go through a state."""
    states = range(len(seen.model.states))
    cells = [[_posterior_cell(seen, t, j) for j in states] for t in range(len(seen.words))]
    return {
        "states": list(seen.model.states),
        "words": list(seen.words),
        "cells": cells,
        "steps": _steps(seen),
        "pointers": [],
        "path": [],
        "begins": seen.best_alone(),
        "read_back": True,
        "end": None,
    }


def number(log_value: float) -> str:
    """exp(log_value) to three digits.

    >>> number(math.log(0.02016)), number(math.log(3e-7)), number(-math.inf), number(0.0)
    ('0.0202', '3.00 × 10⁻⁷', '0', '1')
    """
    return f"{math.exp(log_value):.3g}" if log_value > math.log(1e-3) else power_of_ten(log_value)


def brief(log_value: float) -> str:
    """The same in a circle.

    >>> brief(math.log(0.02016)), brief(math.log(3.4e-7)), brief(-math.inf), brief(math.log(0.168))
    ('.020', '3·10⁻⁷', '0', '.17')
    """
    if log_value <= math.log(1e-3):
        return power_of_ten(log_value, digits=0).replace(" × ", "·")
    value = math.exp(log_value)
    return f"{value:.2f}".removeprefix("0") if value >= 0.095 else f"{value:.3f}".removeprefix("0")


def _trellis(seen: Observation, values: list[list[float]], sign: str, *, best: bool, end: Sum) -> Trellis:
    """The steps of a recursion from left to right, by sum or by maximum."""
    states = range(len(seen.model.states))
    cells = [[_cell(seen, values, t, j, sign, best=best) for j in states] for t in range(len(seen.words))]
    return {
        "states": list(seen.model.states),
        "words": list(seen.words),
        "cells": cells,
        "steps": _steps(seen),
        "pointers": [],
        "path": [],
        "begins": [max(states, key=row.__getitem__) for row in values],
        "read_back": False,
        "end": end,
    }


def _steps(seen: Observation) -> list[list[bool]]:
    steps: list[list[bool]] = (seen.model.hmm.log_transition > -math.inf).tolist()
    return steps


def _cell(seen: Observation, values: list[list[float]], t: int, j: int, sign: str, *, best: bool) -> Cell:
    model, word = seen.model, seen.words[t]
    name, here = model.states[j], f"{sign}{_sub(t + 1)}"
    emission = float(model.hmm.log_emission[j, seen.symbols[t]])
    if t == 0:
        formula = f"{here}(j) = π(j) · P(w{_sub(1)} | j)"
        parts = [float(model.hmm.log_initial[j])]
        head, rows = [f"π({name})"], [[number(parts[0])]]
    else:
        before = values[t - 1]
        moves: list[float] = model.hmm.log_transition[:, j].tolist()
        parts = [value + move for value, move in zip(before, moves, strict=True)]
        gathered = "maxᵢ" if best else "Σᵢ"
        formula = f"{here}(j) = ({gathered} {sign}{_sub(t)}(i) · P(j | i)) × P(w{_sub(t + 1)} | j)"
        head = ["i", f"{sign}{_sub(t)}(i)", f"· P({name} | i)", "="]
        rows = [
            [state, number(value), number(move), number(part)]
            for state, value, move, part in zip(model.states, before, moves, parts, strict=True)
        ]
    most, value = max(parts), values[t][j]
    marked = parts.index(most) if best and t > 0 and most > -math.inf else -1
    if t == 0 or value == -math.inf:
        comes_from = [0.0] * len(parts)
    else:
        comes_from = [0.5 * (i == marked) for i in range(len(parts))] if best else _shares(parts)
    gathered_value = most if best else _log_sum(parts)
    return {
        "value": brief(value),
        "share": _shares(values[t])[j],
        "comes_from": comes_from,
        "sum": {
            "formula": formula,
            "head": head,
            "rows": rows,
            "marked": marked,
            "total": f"{number(gathered_value)} × P({word} | {name}) = "
            f"{number(gathered_value)} × {number(emission)} = {number(value)}",
        },
    }


def _posterior_cell(seen: Observation, t: int, j: int) -> Cell:
    step, states = _sub(t + 1), seen.model.states
    alpha, beta = seen.forward[t], seen.backward[t]
    gamma = [a + b - seen.log_prob for a, b in zip(alpha, beta, strict=True)]
    return {
        "value": brief(gamma[j]),
        "share": math.exp(gamma[j]),
        "comes_from": [0.0] * len(states),
        "sum": {
            "formula": f"γ{step}(j) = α{step}(j) · β{step}(j) / P(w),  P(w) = {number(seen.log_prob)}",
            "head": ["j", f"α{step}(j)", f"× β{step}(j)", f"/ P(w) = γ{step}(j)"],
            "rows": [
                [state, number(a), number(b), number(g)]
                for state, a, b, g in zip(states, alpha, beta, gamma, strict=True)
            ],
            "marked": j,
            "total": f"γ{step}({states[j]}) = {number(gamma[j])}",
        },
    }


def _shares(log_values: Sequence[float]) -> list[float]:
    most = max(log_values)
    if most == -math.inf:
        return [0.0] * len(log_values)
    values = [math.exp(value - most) for value in log_values]
    return [value / sum(values) for value in values]


def _log_sum(log_values: Sequence[float]) -> float:
    most = max(log_values)
    return most if most == -math.inf else most + math.log(sum(math.exp(value - most) for value in log_values))


def _sub(number: int) -> str:
    return str(number).translate(_SUBSCRIPTS)
